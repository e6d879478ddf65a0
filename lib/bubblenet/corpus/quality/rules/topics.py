"""Rules about what a text sells: pornography and gambling, by word lists in twenty languages (bubblenet/corpus/quality/topics.toml).

One word is never enough: different words that such pages use and others hardly do, and a share of all words. Texts of medicine, law and
literature say some of these words, and are about something else in the rest.
"""

from __future__ import annotations

from pydantic import Field

from bubblenet.corpus.quality import topics
from bubblenet.corpus.quality.declaration import OURS, rule
from bubblenet.corpus.quality.passage import Passage
from bubblenet.section import Section, Share


class TopicLimits(Section):
    """Limits of the rules about topics."""

    max_topic_words: int = Field(2, ge=0, description="different words of a list that decide; ours")
    max_adult_share: Share = Field(0.05, description="of all words, those of the lists about pornography; ours")
    max_gambling_share: Share = Field(0.08, description="of all words, those of the lists about gambling; ours")


@rule(OURS, "max_topic_words", "max_adult_share", spreads=True)
def adult(passage: Passage, limits: TopicLimits) -> bool:
    """Too many of its words, and enough different ones, are those of pages that sell pornography or sexual services."""
    return _exceeds(passage, "adult", limits.max_topic_words, limits.max_adult_share)


@rule(OURS, "max_topic_words", "max_gambling_share", spreads=True)
def gambling(passage: Passage, limits: TopicLimits) -> bool:
    """Too many of its words, and enough different ones, are those of pages that advertise gambling."""
    return _exceeds(passage, "gambling", limits.max_topic_words, limits.max_gambling_share)


def _exceeds(passage: Passage, topic: topics.Topic, most_words: int, most_share: float) -> bool:
    vocabulary = passage.titled_vocabulary
    if topics.most_entries(topic, passage.language, vocabulary) <= most_words:
        return False
    if topics.num_sure(topic, passage.language, vocabulary, passage.titled_text) <= most_words:
        return False
    words = passage.titled_words
    num_hits = topics.num_hits(topic, passage.language, words, passage.titled_text)
    return num_hits * passage.characters_of_a_word > most_share * len(words)

"""Rules about who speaks and what for. The paper names the kinds in its curation prompt, where rating 1 is for text that is promotional,
from a forum, or in somebody's personal voice.
"""

from __future__ import annotations

from pydantic import Field

from bubblenet.corpus.quality import word_lists
from bubblenet.corpus.quality.declaration import HUMPBACK_RATING, rule
from bubblenet.corpus.quality.passage import MIN_WORDS, Passage
from bubblenet.section import Section, Share


class VoiceLimits(Section):
    """Limits of the rules about who speaks."""

    max_promotional_phrases: int = Field(2, ge=0, description="different phrases of advertising in a passage; ours")
    max_forum_phrases: int = Field(1, ge=0, description="different phrases of forums in a passage; ours")
    max_first_person_share: Share = Field(0.05, description="of all words, those like I and my; ours")


@rule(HUMPBACK_RATING, "max_promotional_phrases", ours="lists, limit", languages=word_lists.PROMOTION)
def promotion(passage: Passage, limits: VoiceLimits) -> bool:
    """It sells: it holds several different phrases of advertising."""
    return _num_phrases(passage, word_lists.PROMOTION) > limits.max_promotional_phrases


@rule(HUMPBACK_RATING, "max_forum_phrases", "max_first_person_share", ours="lists, limits", languages=word_lists.FIRST_PERSON)
def personal_voice(passage: Passage, limits: VoiceLimits) -> bool:
    """It is personal: too many of its words are `I`, `my`, `me`, or it holds several phrases that only forums know."""
    if _num_phrases(passage, word_lists.FORUM_PHRASES) > limits.max_forum_phrases:
        return True
    personal = word_lists.FIRST_PERSON[passage.language]
    if len(passage.words) < MIN_WORDS or passage.vocabulary.isdisjoint(personal):
        return False
    return sum(map(personal.__contains__, passage.words)) > limits.max_first_person_share * len(passage.words)


def _num_phrases(passage: Passage, lists: word_lists.Phrases) -> int:
    """How many different phrases it holds. Most are ruled out by their first word."""
    vocabulary, prose = passage.vocabulary, passage.folded_prose
    return sum(first in vocabulary and phrase in prose for first, phrase in lists[passage.language])

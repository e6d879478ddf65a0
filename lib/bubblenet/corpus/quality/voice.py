"""Rules about who speaks and what for. Source of the kinds: Li et al. 2023 (arXiv:2308.06259), curation prompt, where rating 1 is for text
that is promotional, from a forum, or in somebody's personal voice. The word lists and limits are ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bubblenet.corpus.quality import words
from bubblenet.corpus.quality.passage import MIN_WORDS, Passage

if TYPE_CHECKING:
    from bubblenet.settings import Segmentation


def personal_voice(passage: Passage, limits: Segmentation) -> bool:
    """Somebody tells of himself: too many of its words are `I`, `my`, `me`; or several phrases that only forums know."""
    if _num_phrases(passage, words.FORUM_PHRASES) > limits.max_forum_phrases:
        return True
    personal = words.FIRST_PERSON[passage.language]
    if len(passage.words) < MIN_WORDS or passage.vocabulary.isdisjoint(personal):
        return False
    return sum(map(personal.__contains__, passage.words)) > limits.max_first_person_share * len(passage.words)


def promotion(passage: Passage, limits: Segmentation) -> bool:
    """It sells: several different phrases of advertising in one passage."""
    return _num_phrases(passage, words.PROMOTION) > limits.max_promotional_phrases


def _num_phrases(passage: Passage, lists: words.Phrases) -> int:
    """How many different phrases it holds. Most are ruled out by their first word."""
    vocabulary, prose = passage.vocabulary, passage.folded_prose
    return sum(first in vocabulary and phrase in prose for first, phrase in lists[passage.language])

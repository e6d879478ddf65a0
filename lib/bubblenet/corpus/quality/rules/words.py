"""Rules about words: how many, how long, and what they are made of.

Adapted to passages: words and lines are those of prose, so that a program, a table or a log is not measured as text.
"""

from __future__ import annotations

from pydantic import Field

from bubblenet.corpus.quality import word_lists
from bubblenet.corpus.quality.declaration import GOPHER, rule
from bubblenet.corpus.quality.passage import ELLIPSES, MIN_WORDS, Passage
from bubblenet.section import Section, Share


class WordLimits(Section):
    """Limits of the rules about words."""

    min_words: int = Field(50, ge=0, description="parts between white space, code and tables included; Gopher, section A1.1")
    min_mean_word_length: float = Field(3.0, ge=0.0, description="characters; Gopher, section A1.1")
    max_mean_word_length: float = Field(10.0, ge=0.0, description="characters; Gopher, section A1.1")
    max_symbol_ratio: Share = Field(0.1, description="hash signs, or ellipses, to a word; Gopher, section A1.1")
    min_alphabetic_share: Share = Field(0.8, description="of all words, those with a letter; Gopher, section A1.1")
    min_stop_words: int = Field(2, ge=0, description="occurrences of the language's commonest words; Gopher, section A1.1")


@rule(GOPHER, "min_words")
def too_few_words(passage: Passage, limits: WordLimits) -> bool:
    """It has too few words. Adapted: those of code and tables count too, or a passage that shows a program would have none; text without
    spaces is not counted.
    """
    if len(passage.words) >= limits.min_words or passage.is_unspaced:
        return False
    return len(passage.text.split()) < limits.min_words


@rule(GOPHER, "min_mean_word_length", "max_mean_word_length")
def mean_word_length(passage: Passage, limits: WordLimits) -> bool:
    """Its words are too short or too long on average. Adapted: scripts without vowels or of syllables have shorter words and are not asked
    for the lower limit; those without spaces for neither.
    """
    words = passage.words
    if len(words) < MIN_WORDS or passage.is_unspaced:
        return False
    mean = sum(map(len, words)) / len(words)
    return mean > limits.max_mean_word_length or (mean < limits.min_mean_word_length and passage.language not in word_lists.DENSE_LANGUAGES)


@rule(GOPHER, "max_symbol_ratio")
def symbols(passage: Passage, limits: WordLimits) -> bool:
    """It has too many hash signs or ellipses to a word."""
    allowed = limits.max_symbol_ratio * max(1, len(passage.words))
    prose = passage.prose_without_code
    return prose.count("#") > allowed or sum(map(prose.count, ELLIPSES)) > allowed


@rule(GOPHER, "min_alphabetic_share")
def few_letters(passage: Passage, limits: WordLimits) -> bool:
    """Too few of its words hold a letter."""
    words = passage.words
    return len(words) >= MIN_WORDS and sum(map(str.isdigit, words)) > (1 - limits.min_alphabetic_share) * len(words)


@rule(GOPHER, "min_stop_words", ours="lists but the English one", languages=word_lists.STOP_WORDS)
def stop_words(passage: Passage, limits: WordLimits) -> bool:
    """It has too few of the commonest words of its language. Not asked in scripts without spaces."""
    found = word_lists.STOP_WORDS[passage.language]
    return (
        len(passage.words) >= MIN_WORDS and not passage.is_unspaced and sum(map(found.__contains__, passage.words)) < limits.min_stop_words
    )

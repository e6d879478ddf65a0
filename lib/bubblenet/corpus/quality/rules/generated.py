"""Rules about text that no person wrote for a reader: made of keywords, of one sentence with other names, or by a wrong decoding.

What spam looks like is from Ntoulas et al. 2006 (WWW, "Detecting spam web pages through content analysis"), sections 4.2 and 4.5: words of
the title repeated, few different words; limits are ours, and looser, since a passage is about one thing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import chain, combinations, pairwise

from pydantic import Field

from bubblenet.corpus.quality import mojibake as decoding
from bubblenet.corpus.quality.declaration import OURS, WEB_SPAM, rule
from bubblenet.corpus.quality.passage import MIN_WORDS, Passage
from bubblenet.corpus.similarity.shingles import tokens
from bubblenet.section import Section, Share

MIN_KEYWORD_LETTERS = 4
"""Shorter words are mostly articles, prepositions and pronouns."""

UNSPACED_KEYWORD = 4
"""Characters of a keyword in scripts without spaces."""

MIN_SENTENCE_WORDS = 7
MIN_TWINS = 5
"""Sentences with exchanged names: this long, and so many."""

MIN_REPEATED_SHARE = 0.35
"""Of characters, those in word trigrams that occur twice: with less, hardly any sentence can be another one with names exchanged."""

MIN_TITLE_LETTERS = 6
MIN_TITLE_SHARE, MAX_BODY_SHARE = 0.8, 0.02
"""Of letters, those in the alphabet of the title: in the title at least, in the body at most."""

MIN_DAMAGED = 12
"""Characters beyond ASCII without which a wrong decoding cannot be told from a typing error."""

_SCRIPTS = {
    "cyrillic": "\u0400-\u052f",
    "greek": "\u0370-\u03ff",
    "hebrew": "\u0590-\u05ff",
    "arabic": "\u0600-\u06ff\u0750-\u077f",
    "indic": "\u0900-\u0dff",
    "thai": "\u0e00-\u0e7f",
    "hangul": "\uac00-\ud7a3\u1100-\u11ff",
    "han_and_kana": "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff",
}
_LETTERS_OF = {name: re.compile(f"[{span}]") for name, span in _SCRIPTS.items()}
_LETTER = re.compile(r"[^\W\d_]")


class GeneratedLimits(Section):
    """Limits of the rules about generated text."""

    max_keyword_share: Share = Field(0.12, description="of the words of paragraphs, those that are one and the same, of 4 letters; ours")
    max_title_phrase_share: Share = Field(
        0.15, description="of the words of paragraphs, those that are one pair of the headings' words of 4 letters; ours"
    )
    max_exchanged_share: Share = Field(
        0.5, description="of the words of paragraphs, those in sentences that are another one with names exchanged; ours"
    )
    min_exchanged_similarity: float = Field(0.6, gt=0.0, le=1.0, description="Jaccard similarity of the words of such sentences; ours")
    max_damaged_share: Share = Field(0.5, description="of the characters beyond ASCII, those that were decoded wrongly; ours")


@rule(WEB_SPAM, "max_keyword_share", "max_title_phrase_share", ours="limits", spreads=True)
def keyword_stuffing(passage: Passage, limits: GeneratedLimits) -> bool:
    """Too many of the words of its paragraphs, outside inline code, are one keyword, or one pair of words of its headings; in scripts
    without spaces, one phrase of four characters.
    """
    if len(passage.running_words) < MIN_WORDS or not passage.is_running_text:
        return False
    if passage.is_unspaced:
        size = UNSPACED_KEYWORD
        return size * passage.repeated_ngrams.of(size).most() > limits.max_keyword_share * len(passage.running_words)
    has_code, least = "`" in passage.prose, min(limits.max_keyword_share, limits.max_title_phrase_share / 2)
    if not has_code and passage.repeated_ngrams.of(1).most() <= least * len(passage.running_words):
        return False  # nor does the commonest word of all
    words = tokens(passage.prose_without_code) if has_code else passage.running_words
    keywords = [word for word in words if len(word) >= MIN_KEYWORD_LETTERS]
    most = Counter(keywords).most_common(1)
    if most and most[0][1] > limits.max_keyword_share * len(words):
        return True
    titled = [word for word in passage.heading_words if len(word) >= MIN_KEYWORD_LETTERS]
    return 2 * _num_pairs(keywords, set(pairwise(titled))) > limits.max_title_phrase_share * len(words)


@rule(OURS, "min_exchanged_similarity", "max_exchanged_share", spreads=True)
def exchanged_names(passage: Passage, limits: GeneratedLimits) -> bool:
    """Too many of its sentences are another one with names exchanged: most of their words are the same.

    Looser on two sentences than `repeated_sentences`, which compares trigrams, and stricter on their number. Equal ones are one.
    """
    size = 3 * passage.characters_of_a_word
    if not passage.is_running_text or len(passage.sentences) < MIN_TWINS:
        return False
    if passage.repeated_ngrams.covered_characters(size) < MIN_REPEATED_SHARE * passage.num_running_characters:
        return False
    sentences = [words for words in passage.sentences if len(words) >= MIN_SENTENCE_WORDS * passage.characters_of_a_word]
    lengths: dict[frozenset[object], int] = {
        frozenset(pairwise(words) if passage.is_unspaced else words): len(words) for words in sentences
    }
    twins = _with_twin(list(lengths), limits.min_exchanged_similarity)
    num_words = sum(map(lengths.__getitem__, twins))
    return len(twins) >= MIN_TWINS and num_words > limits.max_exchanged_share * len(passage.running_words)


@rule(OURS, spreads=True)
def other_alphabet(passage: Passage, _limits: Section) -> bool:
    """Its first heading is in an alphabet that the text does not have; a heading in Latin letters may stand above any text."""
    title = passage.headings[0] if passage.headings else ""
    letters = _LETTER.findall(title) if not title.isascii() else []
    if len(letters) < MIN_TITLE_LETTERS or len(passage.words) < MIN_WORDS:
        return False
    pattern = next((found for found in _LETTERS_OF.values() if len(found.findall(title)) >= MIN_TITLE_SHARE * len(letters)), None)
    return pattern is not None and len(pattern.findall(passage.prose)) < MAX_BODY_SHARE * len(_LETTER.findall(passage.prose))


@rule(OURS, "max_damaged_share", spreads=True)
def mojibake(passage: Passage, limits: GeneratedLimits) -> bool:
    """Too many of its characters beyond ASCII are letters that a wrong decoding made of others."""
    prose = passage.prose
    if prose.isascii() or len(prose.encode("ascii", "ignore")) > len(prose) - MIN_DAMAGED:
        return False
    return decoding.damaged_share(prose) > limits.max_damaged_share


def _num_pairs(words: Sequence[str], pairs: set[tuple[str, str]]) -> int:
    """Occurrences of the commonest of these pairs of neighbours."""
    found = Counter(pair for pair in pairwise(words) if pair in pairs) if pairs else Counter[tuple[str, str]]()
    return max(found.values(), default=0)


def _with_twin(parts: Sequence[frozenset[object]], min_similarity: float) -> set[frozenset[object]]:
    """The sets that are similar to another one."""
    frequent = Counter(chain.from_iterable(parts))
    shared = [part for part in parts if sum(frequent[one] > 1 for one in part) >= min_similarity * len(part)]
    twins: set[frozenset[object]] = set()
    for one, other in combinations(shared, 2):
        common = len(one & other)
        if common >= min_similarity * (len(one) + len(other) - common):
            twins |= {one, other}
    return twins

"""Word n-grams (shingles) of a text as 64-bit hashes, shared by near-duplicate detection and decontamination.

A token is a word, or one character in scripts written without spaces, so that one rule gives word n-grams for English and
character n-grams for Chinese, also within one text. Combining marks of Indic and other scripts are part of their word
(Unicode UAX #29, rule WB4).
"""

from __future__ import annotations

import functools
import hashlib
import re
import unicodedata
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

SHINGLES_VERSION = 2
"""Raise whenever the same text would give different hashes."""

UNSPACED_SHARE = 0.2
"""Threshold: a text in which a larger share of words are characters of a script without spaces counts as being in such a script.
The identified language is no substitute: a Chinese page about software may be identified as English.
"""

FIRST_UNSPACED = "\u0e00"
"""Thai, the first of the scripts below."""

# Thai, Lao, Tibetan, Myanmar, Khmer, kana, CJK ideographs with their extensions.
_UNSPACED = "\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(r"\w+")
_UNSPACED_SCRIPT = re.compile(f"[{_UNSPACED}]")
# Unicode blocks with those scripts, or combining marks, and neighbouring scripts; matching few ranges is fast.
_MAY_BE_SPECIAL = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u1dff\u20d0-\u20ff\u2de0-\u2dff\u3000-\uabff\uf900-\ufe2f\U00010000-\U0003ffff]"
)
_MAX_KNOWN = 1 << 18  # tokens
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # odd, well-mixed bits: Knuth, TAOCP 6.4, Fibonacci hashing


def tokens(text: str) -> list[str]:
    """The case-folded words of a text without punctuation; single characters where no spaces are written."""
    folded = text.casefold()
    return tokenizer(folded)(folded)


def tokenizer(text: str) -> Callable[[str], list[str]]:
    """The tokenizer for case-folded text in the scripts of this one. The one for words of plain letters is three times as fast."""
    return _special_token().findall if not text.isascii() and _MAY_BE_SPECIAL.search(text) else _words


def tokens_of_a_word(words: list[str]) -> int:
    """Number of tokens per word: 2 if more than UNSPACED_SHARE of them are characters of a script without spaces, else 1."""
    num_unspaced = sum(len(word) == 1 and word >= FIRST_UNSPACED for word in words)
    return 2 if num_unspaced > UNSPACED_SHARE * len(words) else 1


def has_unspaced_script(text: str) -> bool:
    """Whether a text contains a character of a script that is written without spaces."""
    return not text.isascii() and bool(_UNSPACED_SCRIPT.search(text))


def num_unspaced(text: str) -> int:
    """The number of characters of scripts that are written without spaces."""
    return 0 if text.isascii() else len(_UNSPACED_SCRIPT.findall(text))


def token_hashes(words: list[str]) -> NDArray[np.uint64]:
    """One stable 64-bit hash per token."""
    if len(_known) > _MAX_KNOWN:
        _known.clear()
    return np.fromiter(map(_known.__getitem__, words), dtype=np.uint64, count=len(words))


def ngram_hashes(hashes: NDArray[np.uint64], n: int) -> NDArray[np.uint64]:
    """One 64-bit hash per n-gram, in order; one for the whole text if it is shorter than n; none for no tokens.

    hashes: of shingles.token_hashes. Arithmetic modulo 2^64 is intended.
    """
    n = min(n, len(hashes))
    if n == 0:
        return np.empty(0, dtype=np.uint64)
    sums = np.zeros(len(hashes) - n + 1, dtype=np.uint64)
    for offset in range(n):  # Horner's rule over windows: order counts
        sums *= _MULTIPLIER
        sums += hashes[offset : offset + len(sums)]
    return mix(sums)


def mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Bijective mixing of the bits of each number. Source: the finalizer of SplitMix64 (Steele et al. 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.replace("_", " "))  # a quarter faster than a character class without it


@functools.cache
def _special_token() -> re.Pattern[str]:
    """Pattern of a token, for text with unspaced characters or combining marks."""
    marks = (chr(point) for point in range(0x300, 0x10000) if unicodedata.category(chr(point)) in ("Mn", "Mc"))
    spaced = "".join(mark for mark in marks if not _UNSPACED_SCRIPT.match(mark)) + "\u200c\u200d"
    letters = f"[^\\W_{_UNSPACED}]"
    return re.compile(f"[{_UNSPACED}]|{letters}+(?:[{spaced}]+{letters}*)*")


class _Known(dict[str, int]):
    """Cache of token hashes: words repeat. Python's own hash differs between processes; this one does not."""

    def __missing__(self, token: str) -> int:
        digest = hashlib.blake2b(token.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        self[token] = number = int.from_bytes(digest, "little")
        return number


_known = _Known()

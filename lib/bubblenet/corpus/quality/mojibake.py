"""Text that was decoded with a wrong character set, and still consists of letters: how much of it becomes UTF-8 when that is undone.

Decoding at ingest (bubblenet.corpus.reading.encodings) reads the bytes of a page rightly; this finds what the page itself has wrong.
"""

from __future__ import annotations

import re

MAX_RUNS = 80
"""Runs of characters beyond ASCII that are tried: a passage that is damaged is so everywhere."""

MIN_SWAPPED = 2
"""Words with all but their first letter in capitals, of which one is a typing error."""

FEW = 0.2
"""Of all characters, accented letters: with less they are no half of the letters."""

SHORT, LONG = "\u0080", "\u0800"
"""The first characters of two and of three bytes in UTF-8."""

_TWO_BYTES = frozenset(("gb18030", "shift_jis"))
_RUN = re.compile(r"[^\x00-\x7f]{2,}")
_LATIN = re.compile("[\u00c0-\u00ff]")
_LETTER = re.compile(r"[^\W\d_]")
_SWAPPED = re.compile("[\u0430-\u044f][\u0410-\u042f]{2,}")
_CYRILLIC_WORD = re.compile("(?<!\\w)[\u0410-\u044f]{3,}(?!\\w)")
_CODECS = (
    (re.compile("[\u00c2-\u00ef][\u0080-\u00bf\u0152-\u0192\u02c6-\u02dc\u2013-\u203a\u20ac\u2122]"), ("cp1252", "latin-1")),
    (re.compile("[\u0420\u0421\u0413\u0432][\u00a0-\u00bb\u0401-\u045f\u2013-\u203a\u20ac\u2116\u2122]"), ("cp1251",)),
    (re.compile("[\u4e00-\u9fff\uff61-\uff9f]"), ("gb18030", "shift_jis")),
    (re.compile("[\u0e00-\u0e7f]"), ("cp874",)),
    (re.compile("[\u0600-\u06ff]"), ("cp1256",)),
)
"""What a run of UTF-8 looks like in a character set, and its names."""


def damaged_share(text: str) -> float:
    """Share of the runs of characters beyond ASCII that were decoded wrongly, by characters; 0 for a text without them."""
    if text.isascii():
        return 0.0
    return max(_undone_share(_RUN.findall(text)[:MAX_RUNS]), _accented_share(text), _swapped_share(text))


def _undone_share(runs: list[str]) -> float:
    """Of bytes, those that are UTF-8 when the likeliest wrong decoding is undone."""
    joined = " ".join(runs)
    codecs = [codec for looks, names in _CODECS if looks.search(joined) for codec in names]
    return max((_utf8_share(joined.encode(codec, "replace"), codec) for codec in codecs), default=0.0)


def _utf8_share(data: bytes, codec: str) -> float:
    """Of the bytes of characters beyond ASCII, those that are part of a sound sequence.

    Where characters have two bytes, so has chance: every fifth of them is UTF-8 of two bytes. There only longer sequences count.
    """
    high = len(data) - len(data.decode("ascii", "ignore"))
    least = LONG if codec in _TWO_BYTES else SHORT
    sound = sum(len(letter.encode()) for letter in data.decode("utf-8", "ignore") if letter >= least)
    return sound / high if high else 0.0


def _accented_share(text: str) -> float:
    """Of letters, accented ones of Latin-1: no language writes a half of its letters so, Cyrillic that was read as Latin does."""
    num_accented = len(_LATIN.findall(text))
    if num_accented < FEW * len(text):
        return 0.0
    return num_accented / len(_LETTER.findall(text))


def _swapped_share(text: str) -> float:
    """Of Cyrillic words, those in capitals, where some have all but the first: KOI8-R read as Windows-1251."""
    if not _SWAPPED.search(text):
        return 0.0
    words = _CYRILLIC_WORD.findall(text)
    swapped = sum(bool(_SWAPPED.fullmatch(word)) for word in words)
    return (swapped + sum(map(str.isupper, words))) / len(words) if swapped >= MIN_SWAPPED else 0.0

"""Content-addressed ids: the same text has the same id everywhere, independent of row order."""

from __future__ import annotations

import functools
import hashlib
import re
import unicodedata

_WITHOUT_MEANING = "\u034f\u180b-\u180f\ufe00-\ufe0f"
"""Combining marks by their category only: the joiner of graphemes, selectors of variants."""

# Unicode blocks with combining marks, and neighbours: matching few ranges is fast.
_MAY_HAVE_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u1dff\u20d0-\u20ff\u2de0-\u2dff\u302a-\u302f\u3099\u309a\ua66f-\uabff\ufb1e\ufe20-\ufe2f\U00010000-\U0001ffff]"
)
_NOT_WORD = re.compile(r"[\W_]+")


def content_id(*parts: str) -> str:
    """Hash of the parts, 32 hexadecimal digits (128 bits: collisions are negligible up to 10^15 rows)."""
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", errors="surrogatepass")).hexdigest()[:32]


def normalised_hash(text: str) -> str:
    """Hash of the text normalised for case, space, punctuation and spelling in Unicode; equal for passages with the same words."""
    return content_id(folded(text))


def folded(text: str) -> str:
    """The words of a text, case-folded, without punctuation and extra space; with their combining marks, which are vowels in Indic scripts.

    Equal for all spellings of one text (NFC, NFD): Unicode, section 3.13, canonical caseless matching.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFD", text)
    text = unicodedata.normalize("NFC", text.casefold())
    if text.isascii() or not _MAY_HAVE_MARKS.search(text):
        return _NOT_WORD.sub(" ", text).strip()
    return " ".join(_marked_word().findall(text))


@functools.cache
def _marked_word() -> re.Pattern[str]:
    """Letters and digits, each with its marks. Those of the rarer planes apart, since a set with them is tried range by range."""
    without_meaning = re.compile(f"[{_WITHOUT_MEANING}]")
    points = (chr(point) for point in range(0x300, 0x20000))
    marks = "".join(point for point in points if unicodedata.category(point) in ("Mn", "Mc") and not without_meaning.match(point))
    rarer = marks.index(next(mark for mark in marks if mark > "\uffff"))
    return re.compile(f"[^\\W_]+(?:(?:[{marks[:rarer]}]+|(?=[\U00010000-\U0001ffff])[{marks[rarer:]}]+)[^\\W_]*)*")


def row_seed(*parts: str | int) -> int:
    """A 63-bit seed that depends only on the row, not on a partition or task."""
    return int(content_id(*(str(part) for part in parts))[:16], 16) >> 1

"""Content-addressed ids: the same text has the same id everywhere, independent of row order."""

from __future__ import annotations

import hashlib
import re

_NOT_WORD = re.compile(r"[\W_]+", re.UNICODE)


def content_id(*parts: str) -> str:
    """Hash of the parts, 32 hexadecimal digits (128 bits: collisions are negligible up to 10^15 rows)."""
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", errors="surrogatepass")).hexdigest()[:32]


def normalised_hash(text: str) -> str:
    """Hash of the text normalised for case, space and punctuation; equal for passages with the same words."""
    return content_id(folded(text))


def folded(text: str) -> str:
    """The words of a text, case-folded, without punctuation and extra space."""
    return _NOT_WORD.sub(" ", text.casefold()).strip()


def row_seed(*parts: str | int) -> int:
    """A 63-bit seed that depends only on the row, not on a partition or task."""
    return int(content_id(*(str(part) for part in parts))[:16], 16) >> 1

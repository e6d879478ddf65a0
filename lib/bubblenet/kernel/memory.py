"""The memory of a worker: freed pages go back to the system.

Pages and passages are strings of all sizes. The C library keeps what they leave behind, in pieces that the next ones do not fit, so a
worker grew with the number of pages that it had read (docs/corpus.md).
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable


def give_back() -> None:
    """Return freed memory to the system: some milliseconds. Does nothing where the C library cannot (not glibc)."""
    if trim := _trim():
        trim(0)


@functools.cache
def _trim() -> Callable[[int], int] | None:
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return None

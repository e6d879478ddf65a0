"""What the digests that an archive states for a record prove.

Writers disagree on what WARC-Payload-Digest covers (WARC 1.1, section 5.9, leaves transfer encoding open): the body as stored, without
transfer encoding, without content encoding, and, in ClueWeb09, the whole block are all known here. There are other conventions, under
which no digest of a file fits. The first records of a file tell: they are the same for every part of it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

PROBE_BYTES = 64 * 1024 * 1024
PROBE_RECORDS = 32
"""The records that decide: so many that state a payload digest, among those that begin in so many bytes."""

MIN_STRANGE = 2
"""Digests that do not fit, from which on they are another convention if none fits; a single one is damage."""

_ALGORITHMS = ("sha1", "sha256", "sha512", "md5")


@dataclass(slots=True)
class Census:
    """How many payload digests were found that fit, and that do not."""

    num_fitting: int = 0
    num_strange: int = 0

    @property
    def is_complete(self) -> bool:
        """Whether more records would change nothing."""
        return self.num_fitting > 0 or self.num_strange >= PROBE_RECORDS

    @property
    def is_known(self) -> bool:
        """Whether they are of a convention known here, as far as can be told."""
        return self.num_fitting > 0 or self.num_strange < MIN_STRANGE

    def refuses(self, fits: bool | None) -> bool:
        """Count a digest, and refuse none: while these are counted, nothing is decided."""
        self.num_fitting += fits is True
        self.num_strange += fits is False
        return False


class Verdict:
    """Decides whether a payload digest that does not fit refuses its record. The file is probed only when one does not."""

    def __init__(self, probe: Callable[[], Census]) -> None:
        self._probe = probe
        self._is_known: bool | None = None

    def refuses(self, fits: bool | None) -> bool:
        """Whether this result for a record refuses it."""
        if fits is False and self._is_known is None:
            self._is_known = self._probe().is_known
        return fits is False and bool(self._is_known)


def fits(labelled: str | None, *candidates: bytes) -> bool | None:
    """Whether a digest `algorithm:value` (base 32, as WARC writers do, or hex) matches a candidate; None if it cannot be checked.

    An unknown algorithm or a value of another length proves nothing.
    """
    algorithm, _, value = (labelled or "").strip().lower().partition(":")
    value = value.upper().rstrip("=")
    if algorithm not in _ALGORITHMS:
        return None
    for candidate in dict.fromkeys(candidates):
        digest = hashlib.new(algorithm, candidate, usedforsecurity=False).digest()
        spellings = (base64.b32encode(digest).decode().rstrip("="), digest.hex().upper())
        if len(value) not in map(len, spellings):
            return None
        if value in spellings:
            return True
    return False

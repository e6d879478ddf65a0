"""Fingerprints: the part of a row's key that changes with the model, prompt, settings or code behind a stage's result."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Everything that affects a stage's result, and its hash."""

    parts: dict[str, Any]

    @property
    def id(self) -> str:
        """16 hexadecimal digits."""
        return hashlib.sha256(json.dumps(self.parts, sort_keys=True).encode()).hexdigest()[:16]


def raised(**versions: int) -> dict[str, int]:
    """Those of the versions that are above 1: a version that was introduced later changes no fingerprint until it is raised."""
    return {name: version for name, version in versions.items() if version > 1}

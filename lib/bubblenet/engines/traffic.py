"""What a server is made to read: prompt tokens sent, over those that are needed where prompts that begin alike are read once."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figures:
    """Prompt tokens of one call. sent: as the server counted them. cached: those of them that it says it did not read again.

    needed: each token once for all prompts of the call that are the same up to there.
    """

    sent: int
    cached: int
    needed: int

    @property
    def ratio(self) -> float:
        """Tokens sent over tokens needed; 1: no prompt shares a beginning with another."""
        return self.sent / self.needed if self.needed else 1.0


class Traffic:
    """Counts the requests of a call. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._prompts: list[Sequence[int]] = []
        self._sent = self._cached = 0

    def add(self, prompt: Sequence[int], answer: dict[str, Any]) -> None:
        """Count one answered request. A server that reports no usage has read the prompt once."""
        usage = answer.get("usage") or {}
        details = usage.get("prompt_tokens_details") or {}
        with self._lock:
            self._prompts.append(prompt)
            self._sent += int(usage.get("prompt_tokens") or len(prompt))
            self._cached += int(details.get("cached_tokens") or 0)

    def figures(self) -> Figures:
        """What was counted so far."""
        with self._lock:
            return Figures(self._sent, self._cached, num_needed(self._prompts))


def num_needed(prompts: Iterable[Sequence[int]]) -> int:
    """Tokens of the prompts, each common beginning counted once."""
    total, before = 0, tuple[int, ...]()
    for prompt in sorted(map(tuple, prompts)):
        shared = next((place for place, (a, b) in enumerate(zip(before, prompt, strict=False)) if a != b), min(len(before), len(prompt)))
        total += len(prompt) - shared
        before = prompt
    return total

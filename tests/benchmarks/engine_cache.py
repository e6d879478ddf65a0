"""An engine that asks a model only what it was not asked before: answers lie on disk, by what is asked and of whom.

So a benchmark is measured once, a run that was stopped goes on, and a signal that is computed in another way costs no model call.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, TypeVar

from bubblenet.engines.protocol import (
    EngineSpec,
    Generation,
    GenerationRequest,
    LabelDistribution,
    LabelRequest,
    Likelihood,
    LikelihoodRequest,
    TextEngine,
)
from bubblenet.engines.registry import get_engine

Request = TypeVar("Request", GenerationRequest, LabelRequest, LikelihoodRequest)
Answer = TypeVar("Answer", Generation, LabelDistribution, Likelihood)


class CachedEngine:
    """Implements the engine protocol. The model is loaded when the first question is new; failures are not kept."""

    def __init__(self, spec: EngineSpec, folder: Path) -> None:
        identity = hashlib.sha256(json.dumps(spec.fingerprint_parts(), sort_keys=True).encode()).hexdigest()[:16]
        folder.mkdir(parents=True, exist_ok=True)
        self._spec = spec
        self._known = sqlite3.connect(folder / f"{identity}.sqlite")
        self._known.execute("CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, answer TEXT)")

    def generate(self, requests: list[GenerationRequest]) -> list[Generation]:
        """Write text for each request."""
        return self._answer(requests, lambda engine, new: engine.generate(new), Generation)

    def label_distribution(self, requests: list[LabelRequest]) -> list[LabelDistribution]:
        """Read label probabilities."""
        return self._answer(requests, lambda engine, new: engine.label_distribution(new), LabelDistribution)

    def log_likelihood(self, requests: list[LikelihoodRequest]) -> list[Likelihood]:
        """Sum log-probabilities."""
        return self._answer(requests, lambda engine, new: engine.log_likelihood(new), Likelihood)

    def truncate(self, text: str, max_tokens: int) -> str:
        """A token has at least one character, so short texts need no tokenizer."""
        return (
            text
            if len(text) <= max_tokens
            else self._text(f"truncate {max_tokens} {text}", lambda: self._engine.truncate(text, max_tokens))
        )

    def close(self) -> None:
        """Close the file."""
        self._known.close()

    @property
    def _engine(self) -> TextEngine:
        return get_engine(self._spec)

    def _answer(
        self, requests: list[Request], ask: Callable[[TextEngine, list[Request]], list[Answer]], kind: type[Answer]
    ) -> list[Answer]:
        keys = [_key(request) for request in requests]
        found = {key: self._read(key) for key in dict.fromkeys(keys)}
        new = {key: request for key, request in zip(keys, requests, strict=True) if found[key] is None}
        if new:
            answers = dict(zip(new, ask(self._engine, list(new.values())), strict=True))
            rows = [(key, json.dumps(asdict(answer))) for key, answer in answers.items() if answer.error is None]
            self._write(rows)
            found |= {key: asdict(answer) for key, answer in answers.items()}
        return [_restored(kind, found[key], request.key) for key, request in zip(keys, requests, strict=True)]

    def _text(self, name: str, make: Callable[[], str]) -> str:
        key = hashlib.sha256(name.encode()).hexdigest()
        known = self._read(key)
        if known is None:
            known = make()
            self._write([(key, json.dumps(known))])
        return str(known)

    def _read(self, key: str) -> Any:
        row = self._known.execute("SELECT answer FROM answers WHERE key = ?", (key,)).fetchone()
        return None if row is None else json.loads(row[0])

    def _write(self, rows: Sequence[tuple[str, str]]) -> None:
        with self._known:
            self._known.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?)", rows)


def _key(request: GenerationRequest | LabelRequest | LikelihoodRequest) -> str:
    """What is asked, without the name that the row has."""
    return hashlib.sha256(f"{type(request).__name__} {replace(request, key='')!r}".encode()).hexdigest()


def _restored(kind: type[Answer], values: dict[str, Any], key: str) -> Answer:
    lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return kind(**(values | lists | {"key": key}))

"""The kinds of engine. To add one, write its module and declare it in KINDS, from which settings, help and docs are generated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from bubblenet.engines.protocol import EngineSpec, ServerSpec, TextEngine
from bubblenet.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of engine.

    meaning: one line for the settings. load: loads the engine of a spec in this process. identify: identifies the weights in a
    fingerprint, given the names of the model and the server. has_dtype: whether it computes here, in the dtype of the settings.
    has_device: whether it occupies a device of this process. runs_any_model: whether one process can run several models one after
    another; a server runs only the one it was started with.
    """

    name: str
    meaning: str
    load: Callable[[EngineSpec], TextEngine]
    identify: Callable[[str, ServerSpec | None], str]
    has_dtype: bool = False
    has_device: bool = True
    runs_any_model: bool = True


def _transformers(spec: EngineSpec) -> TextEngine:
    from bubblenet.engines.transformers import TransformersEngine

    return TransformersEngine.load(spec)


def _weights(model: str, server: ServerSpec | None) -> str:
    from bubblenet.engines.weights import digest_of

    return digest_of(model)


def _server(spec: EngineSpec) -> TextEngine:
    from bubblenet.engines.server import ServerEngine

    return ServerEngine.load(spec)


def _served(model: str, server: ServerSpec | None) -> str:
    from bubblenet.engines.server import identify
    from bubblenet.engines.weights import find_tokenizer

    if server is None:
        raise TypeError("an engine of kind server has no server")
    return identify(server, find_tokenizer(model).digest)


def _scripted(spec: EngineSpec) -> TextEngine:
    from bubblenet.engines.scripted import ScriptedEngine

    return ScriptedEngine()


KINDS = {
    kind.name: kind
    for kind in (
        Kind("transformers", "in the workers' own processes", _transformers, _weights, has_dtype=True),
        Kind("server", "an OpenAI-compatible server", _server, _served, runs_any_model=False),
        Kind("scripted", "for tests: it has no model", _scripted, lambda model, server: "scripted", has_device=False),
    )
}
"""Every kind by name; the first is the default."""

if TYPE_CHECKING:
    KindName = str
    KindOrNone = str
else:
    KindName = Literal[tuple(KINDS)]
    KindOrNone = Literal[("", *KINDS)]


def kind_of(spec: EngineSpec) -> Kind:
    """The kind of a spec. Raises SettingsError for an unknown one."""
    if spec.kind not in KINDS:
        raise SettingsError(f"engine.kind {', '.join(KINDS)}", repr(spec.kind), "Set engine.kind in the settings file.")
    return KINDS[spec.kind]


def in_words() -> str:
    """The kinds with their meanings, for a setting."""
    return "; ".join(f"{kind.name}: {kind.meaning}" for kind in KINDS.values())

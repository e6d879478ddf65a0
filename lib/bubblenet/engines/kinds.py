"""The kinds of engine. To add one, write its module and declare it in KINDS, from which settings, help and docs are generated."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from bubblenet.engines.protocol import Ability, EngineSpec, Options, TextEngine
from bubblenet.errors import SettingsError

if TYPE_CHECKING:
    from bubblenet.engines.adapters import Adapter
    from bubblenet.engines.profile import Arguments, Profile
    from bubblenet.settings import Engine, RoleEngine


def _no_options(engine: Engine, role: RoleEngine) -> Options | None:
    return None


def _no_profile(model: str, arguments: Arguments) -> Profile | None:
    return None


def _nothing_to_check(spec: EngineSpec, abilities: Collection[Ability]) -> None:
    """Its weights are found when it is identified, and it has every ability."""


def _nothing_of_adapters(spec: EngineSpec, adapter: Adapter) -> None:
    """An engine without weights answers with any adapter."""


def _own_device(spec: EngineSpec) -> str:
    from bubblenet.engines.devices import pick_device

    return pick_device()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of engine.

    meaning: one line for the settings. load: loads the engine of a spec in this process. identify: identifies the weights in a
    fingerprint, given the names of the model and the options.
    profile: of the model, with the arguments for its chat template; None where there is no tokenizer.
    options: what workers are told beside the model, from the sections of the settings; raises SettingsError where something is missing.
    check: raises EndpointError if the engine cannot be had or lacks an ability; `bubblenet run` calls it before any work, so an engine
    must say so itself, too, where it is asked.
    check_adapter: raises ModelError or EndpointError if the engine of a spec cannot read labels with an adapter.
    device: what it occupies in this process; an engine on the same device is closed before another one is loaded.
    has_dtype: whether it computes here, in the dtype of the settings. runs_any_model: whether one process can run several models one after
    another; a server runs only the one it was started with, unless a command starts it for the model.
    """

    name: str
    meaning: str
    load: Callable[[EngineSpec], TextEngine]
    identify: Callable[[str, Options | None], str]
    profile: Callable[[str, Arguments], Profile | None] = _no_profile
    options: Callable[[Engine, RoleEngine], Options | None] = _no_options
    check: Callable[[EngineSpec, Collection[Ability]], None] = _nothing_to_check
    check_adapter: Callable[[EngineSpec, Adapter], None] = _nothing_of_adapters
    device: Callable[[EngineSpec], str] = _own_device
    has_dtype: bool = False
    runs_any_model: bool = True


def _transformers(spec: EngineSpec) -> TextEngine:
    from bubblenet.engines.transformers import TransformersEngine

    return TransformersEngine.load(spec)


def _check_base(spec: EngineSpec, adapter: Adapter) -> None:
    adapter.check_base(spec.weights_digest)


def _weights(model: str, options: Options | None) -> str:
    from bubblenet.engines.weights import digest_of

    return digest_of(model)


def _profile_here(model: str, arguments: Arguments) -> Profile:
    from bubblenet.engines.finding import find_profile

    return find_profile(model, arguments, runs_here=True)


def _profile_there(model: str, arguments: Arguments) -> Profile:
    from bubblenet.engines.finding import find_profile

    return find_profile(model, arguments, runs_here=False)


def _server(spec: EngineSpec) -> TextEngine:
    from bubblenet.engines.server import ServerEngine

    return ServerEngine.load(spec)


def _served(model: str, options: Options | None) -> str:
    from bubblenet.engines.served import identify, identify_own, server_of
    from bubblenet.engines.weights import find_tokenizer

    server = server_of(options)
    return identify_own(server, model) if server.runs_any_model else identify(server, find_tokenizer(model).digest)


def _server_options(engine: Engine, role: RoleEngine) -> Options:
    from bubblenet.engines.served import options_of

    return options_of(engine, role)


def _check_server(spec: EngineSpec, abilities: Collection[Ability]) -> None:
    from bubblenet.engines.server import check_server

    check_server(spec, abilities)


def _refuse_adapter(spec: EngineSpec, adapter: Adapter) -> None:
    from bubblenet.engines.server import refuse_adapter

    refuse_adapter(spec.model)


def _server_device(spec: EngineSpec) -> str:
    """A server not started here occupies none of this process's devices."""
    from bubblenet.engines.served import server_of

    return _own_device(spec) if server_of(spec.options).command else "server"


def _scripted(spec: EngineSpec) -> TextEngine:
    from bubblenet.engines.scripted import ScriptedEngine

    return ScriptedEngine()


_DECLARED = (
    Kind(
        "transformers",
        "in the workers' own processes",
        _transformers,
        _weights,
        profile=_profile_here,
        check_adapter=_check_base,
        has_dtype=True,
    ),
    Kind(
        "server",
        "an OpenAI-compatible server",
        _server,
        _served,
        profile=_profile_there,
        options=_server_options,
        check=_check_server,
        check_adapter=_refuse_adapter,
        device=_server_device,
        runs_any_model=False,
    ),
    Kind("scripted", "for tests: it has no model", _scripted, lambda model, options: "scripted", device=lambda spec: "none"),
)

KINDS = {kind.name: kind for kind in _DECLARED}
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


def can_run_any_model(engine: Engine, role: RoleEngine) -> bool:
    """Whether engines of a role can be had for several models one after another, as the settings have it; no model is looked for."""
    kind = KINDS[role.kind or engine.kind]
    options = kind.options(engine, role)
    return kind.runs_any_model or (options is not None and options.runs_any_model)


def runs_any_model(spec: EngineSpec) -> bool:
    """Whether engines like this one can be had for several models one after another."""
    return kind_of(spec).runs_any_model or (spec.options is not None and spec.options.runs_any_model)


def in_words() -> str:
    """The kinds with their meanings, for a setting."""
    return "; ".join(f"{kind.name}: {kind.meaning}" for kind in KINDS.values())

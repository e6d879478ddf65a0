"""Engines by role (backward, forward): from the settings to the specification from which workers load an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bubblenet.engines.devices import resolve_dtype
from bubblenet.engines.kinds import KINDS, can_run_any_model
from bubblenet.engines.protocol import NO_DTYPE, EngineSpec
from bubblenet.errors import SettingsError

if TYPE_CHECKING:
    from bubblenet.engines.profile import Arguments
    from bubblenet.settings import Engine, RoleEngine, Settings

# Windows that a worker asks a server about at once: while one waits for its slowest request, those of the others keep the server busy.
WINDOWS_AT_ONCE = 4


def backward_engine(settings: Settings) -> EngineSpec:
    """The engine that writes instructions."""
    return _engine(settings, settings.models.backward, settings.engine.backward)


def forward_engine(settings: Settings) -> EngineSpec:
    """The engine that rates pairs."""
    return _engine(settings, settings.models.forward, settings.engine.forward)


def as_start(settings: Settings) -> Settings:
    """The settings with the starting model as the judge, run as [engine.start] says, or else as the judge is.

    Raises SettingsError where that is a server of one model.
    """
    engine, is_another = settings.engine, settings.models.start != settings.models.forward
    role = engine.forward if engine.start == type(engine.start)() else engine.start
    if is_another and role == engine.forward and not can_run_any_model(engine, role):
        todo = "Say where models.start is run: engine.start.url=... of its own server, or engine.start.kind=transformers."
        raise SettingsError("an engine for the starting model, too, to compare the judge with", "one server for both", todo)
    models = settings.models.model_copy(update={"forward": settings.models.start})
    return settings.model_copy(update={"models": models, "engine": engine.model_copy(update={"forward": role})})


def _engine(settings: Settings, model: str, role: RoleEngine) -> EngineSpec:
    engine = settings.engine
    kind = KINDS[role.kind or engine.kind]
    options = kind.options(engine, role)
    return EngineSpec(
        kind=kind.name,
        model=model,
        weights_digest=kind.identify(model, options),
        dtype=resolve_dtype(engine.dtype) if kind.has_dtype else NO_DTYPE,
        threads=engine.threads,
        token_budget=engine.token_budget,
        window_rows=max(engine.window_rows, options.concurrency) if options else engine.window_rows,
        windows_at_once=WINDOWS_AT_ONCE if options else 1,
        call_log=engine.call_log,
        options=options,
        profile=kind.profile(model, template_arguments(engine, role)),
    )


def template_arguments(engine: Engine, role: RoleEngine) -> Arguments:
    """What the chat template of a role's model is told: the arguments of both models, and above them the role's own."""
    return engine.template_arguments | role.template_arguments

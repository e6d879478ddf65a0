"""Engines by role (backward, forward): from the settings to the specification from which workers load an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bubblenet.engines.kinds import KINDS
from bubblenet.engines.protocol import NO_DTYPE, EngineSpec, ServerSpec
from bubblenet.errors import SettingsError

if TYPE_CHECKING:
    from bubblenet.settings import Engine, RoleEngine, Settings

# Window of a server engine, in multiples of the requests in flight: a window ends with its slowest requests, when most slots are idle.
WINDOWS_IN_FLIGHT = 4


def backward_engine(settings: Settings) -> EngineSpec:
    """The engine that writes instructions."""
    return _engine(settings, settings.models.backward, settings.engine.backward)


def forward_engine(settings: Settings) -> EngineSpec:
    """The engine that rates pairs."""
    return _engine(settings, settings.models.forward, settings.engine.forward)


def _engine(settings: Settings, model: str, role: RoleEngine) -> EngineSpec:
    engine = settings.engine
    kind = role.kind or engine.kind
    server = _server(engine, role) if kind == "server" else None
    return EngineSpec(
        kind=kind,
        model=model,
        weights_digest=KINDS[kind].identify(model, server),
        dtype=engine.dtype if KINDS[kind].has_dtype else NO_DTYPE,
        threads=engine.threads,
        token_budget=engine.token_budget,
        window_rows=max(engine.window_rows, WINDOWS_IN_FLIGHT * server.concurrency) if server else engine.window_rows,
        call_log=engine.call_log,
        server=server,
    )


def _server(engine: Engine, role: RoleEngine) -> ServerSpec:
    url, command = role.url or engine.url, role.command or ("" if role.url else engine.command)
    if not url and not command:
        raise SettingsError(
            "engine.url (or engine.command) with engine.kind = server", "neither", "For example: engine.url=http://HOST:8000/v1"
        )
    return ServerSpec(
        url=url,
        model=role.model or engine.model,
        version=role.model_version or engine.model_version,
        command=command,
        startup_seconds=engine.startup_seconds,
        concurrency=engine.concurrency,
        timeout_seconds=engine.request_timeout_seconds,
        max_retries=engine.max_retries,
        top_logprobs=engine.top_logprobs,
    )

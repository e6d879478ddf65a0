"""One loaded engine per device and process. Engines live here and are never pickled; workers look theirs up by spec."""

from __future__ import annotations

import json
import threading

from bubblenet.engines.call_log import LoggedEngine, log_load
from bubblenet.engines.kinds import kind_of
from bubblenet.engines.protocol import EngineSpec, TextEngine

_lock = threading.Lock()
_engines: dict[str, tuple[str, TextEngine]] = {}


def get_engine(spec: EngineSpec) -> TextEngine:
    """The engine of this spec, loaded unless this process already has it. Another engine on the same device is closed first.

    Raises ModelError if the weights are missing or do not match the spec, SettingsError for an unknown kind.
    """
    device = kind_of(spec).device(spec)
    own = [spec.token_budget, spec.window_rows, spec.threads, spec.call_log, repr(spec.options)]
    identity = json.dumps([spec.fingerprint_parts(), *own], sort_keys=True)
    with _lock:
        loaded = _engines.get(device)
        if loaded is not None and loaded[0] == identity:
            return loaded[1]
        _close(device)
        engine = _load(spec)
        _engines[device] = (identity, engine)
        return engine


def close_all() -> None:
    """Close every engine of this process."""
    with _lock:
        for device in list(_engines):
            _close(device)


def _close(device: str) -> None:
    if device in _engines:
        _engines.pop(device)[1].close()


def _load(spec: EngineSpec) -> TextEngine:
    engine = kind_of(spec).load(spec)
    if not spec.call_log:
        return engine
    log_load(spec.call_log, spec.model)
    return LoggedEngine(engine, spec.call_log)

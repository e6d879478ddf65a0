"""Changes in the code of a module while a test runs, as if its source had been edited: functions get the code of the changed source."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from tests.golden import Plant

Undo = list[Callable[[], None]]


@contextmanager
def planted(plant: Plant) -> Iterator[None]:
    """The module with the changed text, inside the block. Raises LookupError where the text does not stand exactly once in the package."""
    module = _module_of(plant)
    changed = ModuleType(module.__name__)
    vars(changed).update(__file__=module.__file__, __package__=module.__package__, __path__=getattr(module, "__path__", []))
    source = Path(str(module.__file__)).read_text(encoding="utf-8").replace(plant.old, plant.new)
    exec(compile(source, str(module.__file__), "exec"), vars(changed))
    undo: Undo = []
    try:
        for name, value in vars(changed).items():
            if not name.startswith("__"):
                _graft(module, name, value, undo)
        _forget(module)
        yield
    finally:
        for restore in reversed(undo):
            restore()
        _forget(module)


def _module_of(plant: Plant) -> ModuleType:
    package = importlib.import_module(plant.package)
    names = [one.name for one in pkgutil.walk_packages(getattr(package, "__path__", []), f"{plant.package}.")]
    modules = [package, *(importlib.import_module(name) for name in names)]
    found = [one for one in modules for _ in range(Path(str(one.__file__)).read_text(encoding="utf-8").count(plant.old))]
    if len(found) != 1:
        raise LookupError(f"{plant.old!r} stands {len(found)} times in {plant.package}, not once: plant another change there")
    return found[0]


def _graft(owner: Any, name: str, changed: Any, undo: Undo) -> None:
    """Give what is there under a name the changed code; give plain values that differ their place."""
    live = vars(owner).get(name)
    function, other = _function(live), _function(changed)
    if function and other:
        if _swap(function, other, undo) and hasattr(live, "cache_clear"):
            live.cache_clear()
            undo.append(live.cache_clear)
    elif isinstance(live, type) and isinstance(changed, type):
        if live.__module__ == changed.__module__:
            for member, value in list(vars(changed).items()):
                _graft(live, member, value, undo)
    elif isinstance(owner, ModuleType) and not isinstance(changed, ModuleType) and _is_other(live, changed):
        setattr(owner, name, changed)
        undo.append(lambda: setattr(owner, name, live))


def _function(value: Any) -> FunctionType | None:
    """The function in a property, a class method, a cache, a decorator that keeps what it wraps, or a declaration."""
    if isinstance(value, property):
        value = value.fget
    elif isinstance(value, cached_property):
        value = value.func
    while hasattr(value, "__wrapped__") or isinstance(value, (classmethod, staticmethod)):
        value = value.__wrapped__ if hasattr(value, "__wrapped__") else value.__func__
    if dataclasses.is_dataclass(value) and not isinstance(value, type):  # a declaration around its function
        functions = [part for part in (getattr(value, one.name) for one in dataclasses.fields(value)) if isinstance(part, FunctionType)]
        value = functions[0] if len(functions) == 1 else value
    return value if isinstance(value, FunctionType) else None


def _swap(live: FunctionType, changed: FunctionType, undo: Undo) -> bool:
    """Whether there was anything to change."""
    code = live.__code__
    if code == changed.__code__ or code.co_freevars != changed.__code__.co_freevars:
        return False
    live.__code__ = changed.__code__
    undo.append(lambda: setattr(live, "__code__", code))
    return True


def _is_other(live: Any, changed: Any) -> bool:
    """Whether two values read differently. One that holds functions does always, and its functions were changed where they stand."""
    return repr(live) != repr(changed) and " at 0x" not in repr(changed)


def _forget(module: ModuleType) -> None:
    """Empty the caches of a module, and that of what is remembered of passages; not what takes no argument: it loads a model."""
    from bubblenet.corpus import shape

    names = (module.__name__, shape.__name__)
    caches = (value for value in [*vars(module).values(), shape.shape_of] if hasattr(value, "cache_clear") and value.__module__ in names)
    for cache in caches:
        if cache.__wrapped__.__code__.co_argcount:
            cache.cache_clear()

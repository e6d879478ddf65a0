"""The modes that measure a pair. Each has its own rows in `scores` under its own fingerprint, so that modes are independent.

A module of this folder declares one or more modes as its `MODES` (bubblenet.judging.declaration); nothing else has to name them.
`scoring.modes` selects those that run; the cost of each is the number of tokens in its rows. A calibration computes `quality` from the
signals of all modes (bubblenet.judging.calibration).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from bubblenet.errors import SettingsError, UndeclaredSignalError, nearest
from bubblenet.judging.declaration import Mode, Signal

if TYPE_CHECKING:
    from bubblenet.engines.protocol import EngineSpec
    from bubblenet.settings import Scoring

_DEAREST_LAST = ("likelihood", "labels", "adapter", "generate")


def table_of(modes: Iterable[Mode]) -> dict[str, Mode]:
    """Modes by name, cheapest first. Raises ValueError if two share a name or a signal, or if not exactly one ranks."""
    ordered = sorted(modes, key=_price)
    for what, names in (
        ("mode", [mode.name for mode in ordered]),
        ("signal", [signal.name for mode in ordered for signal in mode.signals]),
    ):
        if shared := [name for name, number in Counter(names).items() if number > 1]:
            raise ValueError(f"each {what} must be declared once; declared again: {', '.join(shared)}")
    if len(ranking := [mode.name for mode in ordered if mode.ranks_by]) != 1:
        raise ValueError(f"one mode must rank the candidates of a passage; these say that they do: {', '.join(ranking) or 'none'}")
    return {mode.name: mode for mode in ordered}


def _price(mode: Mode) -> tuple[bool, int, bool, bool]:
    return bool(mode.compares), max(map(_DEAREST_LAST.index, mode.asks), default=-1), mode.needs_neighbours, mode.needs_alone


def _declared() -> Iterator[Mode]:
    for module in iter_modules(__path__, f"{__name__}."):
        yield from import_module(module.name).MODES


MODES = table_of(_declared())
"""Every mode by name, cheapest first."""

RANKING = next(mode for mode in MODES.values() if mode.ranks_by)
"""The mode that ranks the candidates of a passage. It measures all candidates; the other modes measure only the best."""

FREE = tuple(mode.name for mode in MODES.values() if not (mode.asks or mode.needs_neighbours or mode.compares))
"""The modes that need the pair alone. They measure all candidates before any other does, so that the hopeless ones can be set aside."""

DEFAULT_RATING = next(mode.name for mode in MODES.values() if mode.rating)
"""The cheapest mode that gives an expected score."""


def rating_mode(names: Iterable[str]) -> str | None:
    """The first of the modes that gives an expected score; None if none does."""
    return next((name for name in names if MODES[name].rating), None)


def check(spec: EngineSpec, scoring: Scoring, *, has_tables: bool = True) -> None:
    """Raises ModelError or EndpointError if a mode of the settings cannot work with the engine of a spec.

    Raises SettingsError for a mode that needs what tables hold where there are none.
    """
    if comparing := [name for name in scoring.modes if MODES[name].compares and not has_tables]:
        todo = "Leave it out of scoring.modes; `bubblenet score` measures it, of pairs in a warehouse."
        raise SettingsError("modes that one model gives", f"{comparing[0]}, which compares two", todo)
    for name in scoring.modes:
        MODES[name].check(spec, scoring)


def describe() -> dict[str, str]:
    """The meaning of each mode, in a line."""
    return {name: mode.meaning for name, mode in MODES.items()}


def signals() -> dict[str, Signal]:
    """Every declared signal by name."""
    return {signal.name: signal for mode in MODES.values() for signal in mode.signals}


def signal(name: str) -> Signal:
    """The signal as declared. Raises UndeclaredSignalError, which suggests the nearest name."""
    known = signals()
    if name not in known:
        raise UndeclaredSignalError("a signal that a mode declares", name, f"The nearest is {nearest(name, known)}.")
    return known[name]


def modes_of(names: Iterable[str]) -> list[str]:
    """The modes that give these signals, by name."""
    wanted = set(names)
    return sorted(mode.name for mode in MODES.values() if wanted.intersection(one.name for one in mode.signals))

"""The tables of docs/judging.md, generated from the declarations of the modes (written by bubblenet.viewing.declarations)."""

from __future__ import annotations

from bubblenet.judging.declaration import Mode, Signal
from bubblenet.judging.modes import MODES, RANKING

_MORE_IS = {"rising": "better", "falling": "worse", "free": "either"}


def modes_table() -> str:
    """Every mode: its meaning, what it uses of an engine, its number of signals, its other uses."""
    rows = "".join(f"| `{mode.name}` | {_cell(mode.meaning)} | {_uses(mode)} | {_purpose(mode)} |\n" for mode in MODES.values())
    return f"| mode | what it asks | uses of the engine | also |\n|---|---|---|---|\n{rows}"


def signals_table() -> str:
    """Every signal, and the direction of its curve."""
    rows = "".join(
        f"| `{signal.name}` | `{mode.name}` | {_more_is(signal)} | {_cell(signal.meaning)} |\n"
        for mode in MODES.values()
        for signal in mode.signals
    )
    return f"| signal | mode | more is | what it is |\n|---|---|---|---|\n{rows}"


def _uses(mode: Mode) -> str:
    return ", ".join(mode.asks) or "nothing"


def _purpose(mode: Mode) -> str:
    purposes = {
        f"chooses the best candidate of a passage, by `{mode.ranks_by}`": mode.ranks_by,
        f"fills `expected_score` with `{mode.rating}`": mode.rating,
        "needs the passage scores": mode.needs_alone,
        f"needs mode `{mode.compares}` by `models.forward` and by `models.start`": mode.compares,
        f"needs the neighbours, and what `{RANKING.name}` measured": mode.needs_neighbours,
    }
    return "; ".join(text for text, applies in purposes.items() if applies)


def _more_is(signal: Signal) -> str:
    return _MORE_IS[signal.direction] + (" (fault)" if signal.is_fault else "")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")

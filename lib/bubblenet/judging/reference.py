"""The tables of docs/judging.md, made from what the modes declare so that they cannot drift.

python -m bubblenet.judging.reference docs/judging.md
"""

from __future__ import annotations

import sys
from pathlib import Path

from bubblenet.errors import InputError
from bubblenet.judging.declaration import Mode, Signal
from bubblenet.judging.modes import MODES, RANKING

_MORE_IS = {"rising": "better", "falling": "worse", "free": "either"}


def with_tables(page: str) -> str:
    """The page with its two tables made anew. Raises InputError where a marker of one is missing."""
    return _between(_between(page, "modes", modes_table()), "signals", signals_table())


def _between(page: str, name: str, table: str) -> str:
    """The page with the table in place of what stands between the markers of this name."""
    begin, end = f"<!-- {name}: begin; made by python -m bubblenet.judging.reference -->\n", f"<!-- {name}: end -->\n"
    before, has_begin, rest = page.partition(begin)
    _, has_end, after = rest.partition(end)
    if not has_begin or not has_end:
        raise InputError(f"{begin.strip()} and after it {end.strip()}", "a page without them", "Put them where the table belongs.")
    return f"{before}{begin}{table}{end}{after}"


def modes_table() -> str:
    """Every mode: what it asks, what it uses, how many signals it gives, what else it is for."""
    rows = "".join(f"| `{mode.name}` | {_cell(mode.meaning)} | {_uses(mode)} | {_purpose(mode)} |\n" for mode in MODES.values())
    return f"| mode | what it asks | uses of the engine | also |\n|---|---|---|---|\n{rows}"


def signals_table() -> str:
    """Every signal, and which way its curve may go."""
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
        f"needs the neighbours, and what `{RANKING.name}` measured": mode.needs_neighbours,
    }
    return "; ".join(text for text, applies in purposes.items() if applies)


def _more_is(signal: Signal) -> str:
    return _MORE_IS[signal.direction] + (" (fault)" if signal.is_fault else "")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main(argv: list[str] | None = None) -> int:
    """Bring the page at the path given as the only argument up to date."""
    path = Path(*(sys.argv[1:] if argv is None else argv))
    path.write_text(with_tables(path.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What a run prints about rights."""

from __future__ import annotations

import io

from rich.console import Console

from bubblenet.viewing.charts import bars
from bubblenet.viewing.rights import OptOuts, print_opt_outs


def printed(found: OptOuts) -> str:
    screen = io.StringIO()
    print_opt_outs(Console(file=screen, width=200, color_system=None), found)
    return screen.getvalue().strip()


def test_pages_are_counted_by_reason_and_signal():
    signals = bars([("disallow in robots.txt", 1200, ""), ("noai in headers", 3, "")])

    text = printed(OptOuts("respect", 1202, {"opted_out": 1202}, signals))

    assert text == (
        "Rights (policy respect): left out: opted_out 1,202 pages; 1,202 pages opt out (disallow in robots.txt 1,200, noai in headers 3)"
    )


def test_what_is_only_recorded_leaves_nothing_out():
    found = OptOuts("record", 2, {}, bars([("noai in headers", 2, "")]))

    assert printed(found) == "Rights (policy record): nothing is left out; 2 pages opt out (noai in headers 2)"


def test_pages_without_a_licence_need_no_signal():
    assert printed(OptOuts("licensed_only", 0, {"unlicensed": 5}, ())) == "Rights (policy licensed_only): left out: unlicensed 5 pages"

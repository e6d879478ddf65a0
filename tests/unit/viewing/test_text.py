"""Web text on a terminal."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from bubblenet.terminal import by_count, cell, elide, one_line, print_text


def test_white_space_is_folded_and_control_characters_are_shown_not_obeyed():
    assert one_line("a\n\tb  c") == "a b c"
    assert one_line("\x1b[31mred\x07") == "\ufffd[31mred\ufffd"


@given(st.text(), st.integers(4, 60))
def test_elided_text_fits_and_is_printable(text, limit):
    shown = elide(text, limit)
    assert len(shown) <= limit
    assert shown.isprintable() or shown == ""


def test_short_text_is_not_cut():
    assert elide("twelve words", 12) == "twelve words"
    assert elide("twelve words!", 12) == "twelve wo..."


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "null"),
        (0.123456789, "0.1235"),
        (12, "12"),
        (True, "True"),
        (["a\nb", None], "[a b, null]"),
        ({"low": 1, "high": None}, "{low: 1, high: null}"),
    ],
)
def test_values_are_shown_on_one_line(value, shown):
    assert cell(value) == shown


def test_counts_come_most_frequent_first_and_ties_by_name():
    assert by_count({"b": 1, "a": 1, "c": 1200}) == "c 1,200, a 1, b 1"
    assert by_count({}) == "-"


def test_no_naughty_string_reaches_the_terminal_unprintable(suites):
    strings = json.loads((suites / "strings" / "blns.json").read_text(encoding="utf-8"))
    assert len(strings) > 500
    assert all(one_line(text).isprintable() for text in strings)


@pytest.mark.parametrize(("is_terminal", "expected"), [(True, ["    one two", "    three"]), (False, ["    one two three"])])
def test_lines_wrap_under_their_indent_on_a_terminal_and_stay_whole_elsewhere(is_terminal, expected):
    screen = io.StringIO()
    print_text(Console(file=screen, force_terminal=is_terminal, width=12, color_system=None), Text("one two three"), 4)
    assert [line.rstrip() for line in screen.getvalue().splitlines()] == expected

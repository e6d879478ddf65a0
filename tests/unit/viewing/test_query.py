"""Result tables and named errors of `bubblenet sql`, without Spark: the session is a stand-in that returns or raises."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pytest
from pyspark.errors import AnalysisException, PythonException
from rich.console import Console

from bubblenet.errors import QueryError
from bubblenet.settings import Settings
from bubblenet.viewing import query

LONG = "word " * 200


class Session:
    """Answers every statement with the same rows, or with an error."""

    def __init__(self, rows=(), columns=("a",), error=None):
        self.rows, self.columns, self.error = list(rows), list(columns), error

    def sql(self, statement):
        if statement.lstrip().startswith(("--", "CREATE")):
            return None
        if self.error:
            raise self.error
        limited = SimpleNamespace(collect=lambda: self.rows)
        return SimpleNamespace(columns=self.columns, limit=lambda number: SimpleNamespace(collect=lambda: limited.collect()[:number]))


def show(session, rows=20, *, is_terminal=False, width=80):
    readable = SimpleNamespace(createOrReplaceTempView=lambda name: None)
    warehouse = SimpleNamespace(spark=session, read=lambda table: readable)
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=is_terminal, width=width, highlight=False, color_system=None)
    query.print_query(Settings(), warehouse, "SELECT a", rows, console)
    return screen.getvalue()


def test_piped_result_keeps_whole_values_on_one_line_a_row():
    lines = show(Session([(LONG, 1), ("x\ny", 2)], ("text", "number"))).splitlines()
    assert any(LONG.strip() in line and line.rstrip().endswith("1") for line in lines)
    assert any(line.startswith("x y") for line in lines)
    assert lines[-1] == "2 rows"


def test_result_on_a_terminal_fits_its_width():
    shown = show(Session([(LONG,)]), is_terminal=True, width=60)
    assert max(len(line) for line in shown.splitlines()) <= 60
    assert "..." in shown


def test_cut_result_says_so_and_how_to_see_more():
    assert "the first 2 rows; there are more: --rows N shows N" in show(Session([(1,), (2,), (3,)]), rows=2)
    assert "3 rows" in show(Session([(1,), (2,), (3,)]), rows=3)


def test_markup_in_a_value_is_shown_not_obeyed():
    assert "[bold]x[/bold] [/]" in show(Session([("[bold]x[/bold] [/]",)]))


def test_unknown_table_lists_what_there_is():
    error = AnalysisException(
        "[TABLE_OR_VIEW_NOT_FOUND] The table `x` cannot be found.\nmore\n", errorClass="TABLE_OR_VIEW_NOT_FOUND", messageParameters={}
    )
    error.getCondition = lambda: "TABLE_OR_VIEW_NOT_FOUND"
    with pytest.raises(QueryError, match=r"`x` cannot be found\..* There are files, documents, .*curated_occurrences") as found:
        show(Session(error=error))
    assert "more" not in str(found.value)


def test_error_of_a_python_worker_is_its_last_line():
    lines = (
        "An exception was thrown",
        "Traceback (most recent call last):",
        "  File x",
        "bubblenet.errors.ModelError: wanted weights; got none.",
    )
    trace = "\n".join(lines)
    with pytest.raises(QueryError, match="ModelError: wanted weights") as found:
        show(Session(error=PythonException(trace)))
    assert "Traceback" not in str(found.value)

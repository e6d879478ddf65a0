"""`bubblenet sql`: runs one query over the plain table names, and prints its result as a table or its error in plain words."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from bubblenet.errors import BubblenetError, QueryError
from bubblenet.terminal import cell, print_table
from bubblenet.viewing.views import names, register_views

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from rich.console import Console

    from bubblenet.kernel.warehouse import Warehouse
    from bubblenet.settings import Settings

_CELL_CHARACTERS = 400  # in a terminal; enough to read, short enough for several rows per screen
_FUNCTIONS = re.compile(r"\b(backtranslate|self_score)\s*\(", re.IGNORECASE)
_SPARK_ERROR_LOG = "SQLQueryContextLogger"
_UNKNOWN_TABLE = "TABLE_OR_VIEW_NOT_FOUND"


def print_query(settings: Settings, warehouse: Warehouse, query: str, rows: int, console: Console | None = None) -> None:
    """Run one query and print at most `rows` rows.

    Raises QueryError if Spark rejects the query, ModelError if it calls a model that is not installed.
    """
    from rich.console import Console

    console = console or Console(highlight=False)
    register_views(warehouse, as_of_now=True)
    if _FUNCTIONS.search(query):
        from bubblenet.udfs import sql

        sql.register(warehouse.spark, settings)
    columns, found = _run(warehouse.spark, query, rows + 1)
    _print(console, columns, found[:rows])
    console.print(_footer(len(found), rows), style="dim")


def _run(spark: SparkSession, query: str, limit: int) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Column names and at most `limit` rows."""
    from py4j.protocol import Py4JJavaError
    from pyspark.errors import PySparkException
    from pyspark.logger import PySparkLogger

    PySparkLogger.getLogger(_SPARK_ERROR_LOG).setLevel(logging.CRITICAL)  # otherwise it prints the error as JSON before ours
    try:
        frame: DataFrame = spark.sql(query)
        return frame.columns, [tuple(row) for row in frame.limit(limit).collect()]
    except (PySparkException, Py4JJavaError) as error:
        raise explain(error) from None


def explain(error: Exception) -> BubblenetError:
    """The named error for an error of Spark: its first line, and the known table names if one is unknown."""
    condition = getattr(error, "getCondition", lambda: None)() or ""
    todo = "Mend the query; `DESCRIBE documents` shows the columns of a table."
    if _UNKNOWN_TABLE in condition:
        todo = f"There are {', '.join(names())}."
    return QueryError("a query that Spark can run", _first_line(str(error)).rstrip("."), todo)


def _first_line(message: str) -> str:
    """The error in one line: the last line of a Python worker's traceback, otherwise the first line."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    if any(line.startswith("Traceback") for line in lines):
        raised = [line for line in lines if re.match(r"[\w.]+(Error|Exception|Problem): ", line)]
        lines = raised[-1:] or lines
    return re.sub(r"\s*SQLSTATE: \w+", "", lines[0]) if lines else "no message"


def _print(console: Console, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    is_screen = console.is_terminal
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for index, name in enumerate(columns):
        values = [row[index] for row in rows if row[index] is not None]
        is_number = bool(values) and all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
        table.add_column(Text(name), justify="right" if is_number else "left", overflow="fold", no_wrap=not is_screen)
    for row in rows:
        table.add_row(*(Text(cell(value, _CELL_CHARACTERS if is_screen else None), style="dim" if value is None else "") for value in row))
    print_table(console, table)


def _footer(num_found: int, rows: int) -> str:
    if num_found > rows:
        return f"the first {rows:,} rows; there are more: --rows N shows N"
    return "1 row" if num_found == 1 else f"{num_found:,} rows"

"""Plain table names for SQL: every table of the warehouse and the views of views.sql, as temporary views of the session."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from bubblenet.tables import TABLES

if TYPE_CHECKING:
    from bubblenet.kernel.warehouse import Warehouse

_HEAD = re.compile(r"CREATE OR REPLACE TEMPORARY VIEW (?P<name>\w+)\s+COMMENT '(?P<comment>[^']+)'")


@dataclass(frozen=True, slots=True)
class View:
    """One view: its name, its purpose, and the statement that creates it."""

    name: str
    comment: str
    statement: str


def views() -> tuple[View, ...]:
    """The views of views.sql, in order of creation."""
    text = files("bubblenet.viewing").joinpath("views.sql").read_text(encoding="utf-8")
    statements = re.split(r";\s*(?:\n|$)", text)
    return tuple(_parse(statement) for statement in statements if statement.strip())


def _parse(statement: str) -> View:
    head = _HEAD.search(statement)
    if head is None:
        raise ValueError(f"a statement of views.sql makes no commented view: {statement.strip()[:80]}")
    return View(head["name"], head["comment"], statement)


def register_views(warehouse: Warehouse, *, as_of_now: bool = False) -> None:
    """Register tables and views for SQL in the warehouse's session. Each query sees the newest version of the tables.

    as_of_now: it sees the newest one of now instead: cheaper, since a small table is then read without Delta's own queries.
    """
    for table in TABLES:
        (warehouse.read(table) if as_of_now else warehouse.live(table)).createOrReplaceTempView(table.name)
    for view in views():
        warehouse.spark.sql(view.statement)


def names() -> list[str]:
    """All names usable in a query: tables first, then views."""
    return [table.name for table in TABLES] + [view.name for view in views()]

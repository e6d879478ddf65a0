"""The context of a job: the session, the settings, the warehouse, and the names of snapshot and run."""

from __future__ import annotations

import re
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bubblenet.errors import InputError
from bubblenet.kernel.budget import Spent
from bubblenet.kernel.ledger import Ledger
from bubblenet.kernel.placement import has_local_gpu

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyspark.sql import SparkSession
    from rich.console import Console

    from bubblenet.kernel.warehouse import Warehouse
    from bubblenet.settings import Settings
    from bubblenet.tables import Table

_DESCRIPTION = "spark.job.description"
_SUSPECT_SHARE = 0.125
_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}
_SNAPSHOT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def new_run_id() -> str:
    """A name that sorts by time."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"


@dataclass(frozen=True, slots=True)
class Context:
    """Everything a job needs besides its own declaration.

    limit: most passages that go through the models, the same ones on every start; 0: all.
    pins: table name -> the version that is read; other tables are read at their newest one.
    Raises InputError for a snapshot name that is unsuitable as a partition value.
    """

    spark: SparkSession
    settings: Settings
    warehouse: Warehouse
    snapshot: str
    console: Console
    inputs: tuple[str, ...] = ()
    limit: int = 0
    run_id: str = field(default_factory=new_run_id)
    ledger: Ledger = field(default_factory=Ledger)
    spent: Spent = field(default_factory=Spent)
    pins: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not _SNAPSHOT.fullmatch(self.snapshot):
            raise InputError("a snapshot name of letters, digits, `.`, `_`, `-`", repr(self.snapshot), "For example: --snapshot 2026-11")

    def pinned(self, *tables: Table) -> Context:
        """The same context with the tables at the versions that they have now: what others commit meanwhile is not seen."""
        return replace(self, pins={table.name: self.version(table) for table in tables})

    def version(self, table: Table) -> int:
        """The version at which a table is read."""
        return self.pins[table.name] if table.name in self.pins else self.warehouse.version(table)

    @contextmanager
    def described(self, name: str) -> Iterator[None]:
        """Let Spark's web page and its event log show the queries in this block under a name."""
        session = self.spark.sparkContext
        before = session.getLocalProperty(_DESCRIPTION)
        session.setJobDescription(name)
        try:
            yield
        finally:
            session.setLocalProperty(_DESCRIPTION, before)  # type: ignore[arg-type] # None removes it

    @property
    def concurrent_tasks(self) -> int:
        """Tasks of a stage that run at the same time."""
        return self.settings.execution.model_tasks or self.spark.sparkContext.defaultParallelism

    @property
    def suspect_seconds(self) -> float:
        """A fraction of Spark's idle timeout for workers, since suspects run in small sets. 0 without a timeout."""
        timeout = self.spark.conf.get("spark.sql.execution.pyspark.udf.idleTimeoutSeconds", None) or "0"
        found = re.fullmatch(r"(\d+)(s|m|min|h|d)?", timeout.strip())
        return int(found[1]) * _UNITS[found[2] or "s"] * _SUSPECT_SHARE if found else 0.0

    @property
    def concurrent_model_tasks(self) -> int:
        """The same of a stage with a model: one where a machine has one GPU for all of them."""
        return 1 if has_local_gpu(self.spark) else self.concurrent_tasks

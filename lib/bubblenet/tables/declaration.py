"""The declaration of a table, and the columns that all stage tables share.

The verdict columns at the end of a stage table are the same everywhere: `status` says whether the request could be processed, `kept` and
`reason` give the result, `attempts`, `run_id` and `unit` the run that produced it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """One column: Spark SQL type and the comment that SQL users read."""

    name: str
    type: str
    comment: str


@dataclass(frozen=True, slots=True)
class Table:
    """One Delta table: its columns, its partition columns, and the columns with file statistics.

    Every column is nullable. A new column may be declared in any position and does not raise schema_version: existing tables get it when
    opened, null in existing rows. Any other change does (a column that is removed, renamed, of another type or meaning, another
    partition column): the previous release cannot use the new tables, and this one refuses the old ones.
    """

    name: str
    comment: str
    columns: tuple[Column, ...]
    partitioned_by: tuple[str, ...] = ()
    statistics: tuple[str, ...] = ()
    schema_version: int = 6  # of all tables created by release 0.1.0

    @property
    def column_names(self) -> list[str]:
        """All column names in table order."""
        return [column.name for column in self.columns]

    @property
    def ddl(self) -> str:
        """The schema as Spark DDL."""
        return ", ".join(f"`{column.name}` {column.type}" for column in self.columns)

    @property
    def answers_requests(self) -> bool:
        """Whether its rows answer requests, each of them once; those of other tables follow from whole tables, or are the driver's."""
        return "request_id" in self.column_names

    def of_round(self, number: int, policy: str) -> str:
        """The SQL condition for the rows of one round and curation policy. Raises ValueError for a table without these columns."""
        if not {"round", "policy"} <= set(self.column_names):
            raise ValueError(f"wanted a table with columns round and policy; got {self.name}")
        return f"round = {number} AND policy = '{policy}'"  # the settings allow no policy that would need quoting


def columns(text: str) -> tuple[Column, ...]:
    """Parse `name TYPE comment` lines."""
    return tuple(Column(*line.split(maxsplit=2)) for line in text.strip().splitlines())


VERDICT = columns(
    """
    status STRING ok, or quarantined: the request could not be read or its engine call failed
    kept BOOLEAN whether the row goes on to the next stage
    reason STRING why it was filtered or quarantined; null for a kept row
    request_id STRING hash of the stage's request key; equal for all rows that answer one request
    fingerprint STRING hash of everything that changes this result: weights, prompt, decoding, rules, code version
    attempts INT attempts of the task that wrote the row; above 1, earlier workers of the task had died
    run_id STRING the run that wrote the row; see table runs
    unit INT the unit of work within the run
    """
)

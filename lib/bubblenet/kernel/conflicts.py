"""What Delta says when two drivers write at once, as an error of ours."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from bubblenet.errors import ConcurrentRunError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bubblenet.tables import Table

_CONFLICTS = ("DELTA_CONCURRENT", "ConcurrentTransactionException", "DELTA_METADATA_CHANGED")


@contextmanager
def conflicts_named(table: Table) -> Iterator[None]:
    """Raise ConcurrentRunError for what Delta says when another driver's commit was first."""
    try:
        yield
    except Exception as error:
        if any(conflict in str(error) for conflict in _CONFLICTS):
            raise concurrent(table) from None
        raise


def concurrent(table: Table) -> ConcurrentRunError:
    """The error of the driver that was slower."""
    return ConcurrentRunError(
        f"to be the only writer of this stage of {table.name}",
        "a commit of another driver",
        "Wait for the other run, then start this one again.",
    )

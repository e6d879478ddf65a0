"""The notes of curations: what the newest commit of a round and policy was made from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bubblenet.kernel import ledger
from bubblenet.tables import JUDGEMENTS

if TYPE_CHECKING:
    from bubblenet.kernel.context import Context
    from bubblenet.kernel.warehouse import Warehouse
    from bubblenet.settings import Curation
    from bubblenet.tables import Table


def where(curation: Curation) -> str:
    """The predicate that selects the rows of a round and policy in `judgements` and `curated`, and that identifies their commits."""
    return JUDGEMENTS.of_round(curation.round, curation.policy)


def key_of(curation: Curation) -> dict[str, Any]:
    """The same as values of columns."""
    return {"round": curation.round, "policy": curation.policy}


def note_of(context: Context, extra: dict[str, Any]) -> dict[str, Any]:
    """The note of a commit."""
    scope = where(context.settings.curation)
    return {"run_id": context.run_id, "stage": "curate", "scope": scope, "versions": ledger.versions()} | extra


def last_note(warehouse: Warehouse, table: Table, curation: Curation) -> dict[str, Any]:
    """The note of the newest commit; empty if there is none."""
    notes = notes_since(warehouse, table, 0, curation)
    return notes[-1] if notes else {}


def notes_since(warehouse: Warehouse, table: Table, version: int, curation: Curation, until: int | None = None) -> list[dict[str, Any]]:
    """The notes of the commits after a version, up to another one; oldest first."""
    commits = (commit for commit in warehouse.commits_since(table, version) if until is None or commit.version <= until)
    return [commit.note for commit in commits if commit.note.get("scope") == where(curation)]

"""Decontamination: an index of the evaluation items that must not enter the training data, readable by all workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bubblenet.corpus.similarity.contamination import build_index, read_items, source_digest
from bubblenet.identity import content_id
from bubblenet.kernel.scratch import Scratch

if TYPE_CHECKING:
    from bubblenet.kernel.context import Context


def index_location(context: Context) -> str:
    """Where the index of all evaluation files lies; empty if there are none."""
    sources = context.settings.decontamination.evaluations
    return f"{_folder(context)}/{content_id(*map(source_digest, sources))}.npz" if sources else ""


def publish_index(context: Context) -> None:
    """Index the items of all evaluation files, and write the index beside the tables. Raises InputError for an unreadable file."""
    sources = context.settings.decontamination.evaluations
    if not sources:
        return
    index = build_index(item for source in sources for item in read_items(source))
    Scratch(_folder(context)).write(index_location(context).rpartition("/")[2], index.to_bytes())
    too_short = f"; {index.num_too_short:,} of fewer than 8 words cannot be looked for" if index.num_too_short else ""
    context.console.print(f"Looking for {len(index.items):,} evaluation items of {len(sources)} files{too_short}.")


def _folder(context: Context) -> str:
    return f"{context.warehouse.location}/_evaluations"

"""Decontamination: an index of the evaluation items that must not enter the training data, readable by all workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bubblenet.corpus.similarity.contamination import build_index, read_items, source_digest
from bubblenet.identity import content_id
from bubblenet.kernel.scratch import Scratch

if TYPE_CHECKING:
    from bubblenet.kernel.context import Context


def publish_index(context: Context) -> str:
    """Index the items of all evaluation files, write the index beside the tables, and return its location; empty if there are none.

    Raises InputError for an unreadable file.
    """
    sources = context.settings.decontamination.evaluations
    if not sources:
        return ""
    index = build_index(item for source in sources for item in read_items(source))
    name = f"{content_id(*map(source_digest, sources))}.npz"
    folder = f"{context.warehouse.location}/_evaluations"
    Scratch(folder).write(name, index.to_bytes())
    too_short = f"; {index.num_too_short:,} of fewer than 8 words cannot be looked for" if index.num_too_short else ""
    context.console.print(f"Looking for {len(index.items):,} evaluation items of {len(sources)} files{too_short}.")
    return f"{folder}/{name}"

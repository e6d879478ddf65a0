"""Decontamination: indexes of the texts that must not enter the training data, readable by all workers."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from bubblenet.corpus.similarity.contamination import build_index, read_items, source_digest
from bubblenet.identity import content_id
from bubblenet.kernel.scratch import Scratch
from bubblenet.method.seeds import seeds_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bubblenet.corpus.similarity.contamination import EvaluationIndex
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
    _say(context, index, f"evaluation items of {len(sources)} files")
    Scratch(_folder(context)).write(index_location(context).rpartition("/")[2], index.to_bytes())


def publish_texts(context: Context, items: Iterable[tuple[str, str]], what: str) -> str:
    """Index texts, given as (name, text), write the index beside the tables, and return its location. what: for the message."""
    index = build_index(items)
    _say(context, index, what)
    content = index.to_bytes()
    return _write(context, content, hashlib.sha256(content).hexdigest()[:32])


def held_out_texts(context: Context, seeds_version: int) -> Iterator[tuple[str, str]]:
    """Instruction and response of every held-out seed, partition by partition: the driver keeps their n-grams, not their texts."""
    held_out = seeds_at(context, seeds_version).where("split = 'held_out'").select("seed_id", "instruction", "response")
    for row in held_out.toLocalIterator():
        yield row["seed_id"], row["instruction"]
        yield row["seed_id"], row["response"]


def _say(context: Context, index: EvaluationIndex, what: str) -> None:
    too_short = f"; {index.num_too_short:,} of fewer than 8 words cannot be looked for" if index.num_too_short else ""
    context.console.print(f"Looking for {len(index.items):,} {what}{too_short}.")


def _write(context: Context, content: bytes, name: str) -> str:
    Scratch(_folder(context)).write(f"{name}.npz", content)
    return f"{_folder(context)}/{name}.npz"


def _folder(context: Context) -> str:
    return f"{context.warehouse.location}/_evaluations"

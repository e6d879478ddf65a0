"""Curated pairs that must not be trained on: those that share text with held-out seeds, and those of pages that calibrate the judge.

A model that has read its examination, or a judge that has chosen the pages it was fitted on, measures nothing. Both are found here, last,
so that no order of import, curation and export lets one through, and no file has to be named for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet.errors import InputError
from bubblenet.identity import content_id
from bubblenet.judging.pair_files import read_labelled
from bubblenet.kernel.checkpointing import checkpoint_under
from bubblenet.kernel.scans import few_rows
from bubblenet.method.decontamination import held_out_texts, publish_texts
from bubblenet.tables import SEGMENTS
from bubblenet.udfs.overlaps import OVERLAPS, FindOverlaps

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from bubblenet.judging.pair_files import LabelledPair
    from bubblenet.kernel.context import Context

HELD_OUT, LABELLED = "held_out_seed", "labelled_page"
"""Reasons, in the order in which they are tried."""

_COLUMNS = ("instruction_id", "document_id", "instruction", "response")


def labels_digest(context: Context) -> str | None:
    """Digest of the file of labelled pairs that the settings name; None if they name none. Raises InputError if it is missing."""
    if not context.settings.rounds.labels:
        return None
    file = Path(context.settings.rounds.labels)
    if not file.is_file():
        raise InputError("a file of labelled pairs", f"nothing at {file}", "Mend rounds.labels (docs/labels.md).")
    return hashlib.sha256(file.read_bytes()).hexdigest()


def left_out(context: Context, pairs: DataFrame, seeds_version: int, scratch: str) -> DataFrame:
    """instruction_id, reason of the pairs that must not be trained on, each once.

    pairs: rows of `curated`. scratch: a folder for intermediate results.
    """
    labelled = read_labelled(Path(context.settings.rounds.labels)) if context.settings.rounds.labels else []
    indexes = [(HELD_OUT, publish_texts(context, held_out_texts(context, seeds_version), "texts of held-out seeds"))]
    if labelled:
        indexes.append((LABELLED, publish_texts(context, _texts(labelled), "texts of labelled pages")))
    find = FindOverlaps(tuple(indexes), context.settings.decontamination.min_share)
    found = checkpoint_under(scratch)(pairs.select(*_COLUMNS).mapInArrow(find, OVERLAPS))
    reasons = found.select("instruction_id", "reason")
    if labelled:
        of_pages = pairs.join(_labelled_pages(context, labelled, found), on="document_id", how="left_semi")
        reasons = reasons.unionByName(of_pages.select("instruction_id", F.lit(LABELLED).alias("reason")))
    return reasons.groupBy("instruction_id").agg(F.min("reason").alias("reason"))  # in the order of the alphabet, too


def _texts(labelled: list[LabelledPair]) -> Iterator[tuple[str, str]]:
    """The passages of labelled pairs, and their neighbours on the page."""
    for known in labelled:
        yield from ((known.page, text) for text in (known.pair.response, *known.pair.neighbours))


def _labelled_pages(context: Context, labelled: list[LabelledPair], found: DataFrame) -> DataFrame:
    """document_id of the pages on which one of these passages stands, whether it was curated or not."""
    ids = sorted({content_id(text) for _, text in _texts(labelled)})
    passages = few_rows(context.spark, ((segment_id,) for segment_id in ids), "segment_id STRING")
    standing = context.warehouse.read(SEGMENTS).join(F.broadcast(passages), on="segment_id", how="left_semi")
    overlapping = found.where(F.col("reason") == LABELLED)
    return standing.select("document_id").unionByName(overlapping.select("document_id")).distinct()

"""Pairs that contain what a model is assessed with, or what its judge was fitted on."""

from __future__ import annotations

import pyarrow as pa

from bubblenet.corpus.similarity.contamination import build_index
from bubblenet.udfs.overlaps import FindOverlaps

HELD_OUT = "a held out answer of exactly ten words stands here now"
LABELLED = "another passage that a reader has labelled with great care today"


def test_the_first_index_that_finds_an_item_gives_the_reason(tmp_path):
    indexes = []
    for reason, text in (("held_out_seed", HELD_OUT), ("labelled_page", LABELLED)):
        (tmp_path / reason).write_bytes(build_index([("item", text)]).to_bytes())
        indexes.append((reason, str(tmp_path / reason)))
    texts = {
        "clean": ("What is it?", "Nothing of this is anywhere else, as far as anybody who wrote it knows."),
        "response": ("What is it?", f"Before it. {HELD_OUT.title()} After it."),
        "instruction": (f"Explain: {HELD_OUT}", "Because."),
        "labelled": ("Why?", f"So {LABELLED}."),
        "both": (f"Explain: {LABELLED}", f"So {HELD_OUT}."),
        "half": ("Why?", " ".join(HELD_OUT.split()[:6]) + " and no more of it"),
    }
    rows = [
        {"instruction_id": name, "document_id": f"page of {name}", "instruction": asked, "response": answer}
        for name, (asked, answer) in texts.items()
    ]

    [found] = FindOverlaps(tuple(indexes), 0.7)(iter([pa.RecordBatch.from_pylist(rows)]))

    reasons = {row["instruction_id"]: row["reason"] for row in found.to_pylist()}
    assert reasons == {"response": "held_out_seed", "instruction": "held_out_seed", "labelled": "labelled_page", "both": "held_out_seed"}
    assert {row["document_id"] for row in found.to_pylist()} == {f"page of {name}" for name in reasons}

"""What `make bench-curation` reads of a warehouse, and how it asks the product's judge."""

from __future__ import annotations

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from bubblenet import settings
from bubblenet.errors import InputError
from tests.benchmarks.curation_judge import ProductJudge
from tests.benchmarks.curation_warehouse import LOSS_REDUCTION, read_pool
from tests.conftest import SCRIPTED
from tests.curation_pools import made_pairs

JUDGED = pa.schema(
    [("instruction_id", pa.string()), ("segment_id", pa.string()), ("origin", pa.string()), ("kept", pa.bool_()), ("reason", pa.string()),
     ("quality", pa.float64()), ("reverse_gain", pa.float64()), ("instruction_following_difficulty", pa.float64()), ("round", pa.int32()),
     ("policy", pa.string()), ("recipe_id", pa.string())]
)  # fmt: skip


@pytest.fixture
def warehouse(tmp_path) -> str:
    """Three passages with two candidates each: one accepted, one refused by a gate; and a passage that was refused as a list."""
    judged, asked, scored = [], [], []
    for number in range(3):
        for name, kept, reason, quality in (("good", True, None, 0.9), ("bad", False, "echo", None)):
            key = f"{name}{number}"
            judged.append(
                (key, f"s{number}", "generated", kept, reason, quality, 0.5 if kept else None, 0.8 if kept else None, 0, "default", "r0")
            )
            asked.append({"instruction_id": key, "segment_id": f"s{number}", "instruction": f"What is {key}?"})
            about = {"instruction_id": key, "segment_id": f"s{number}"}
            scored.append(about | {"fingerprint": "f0", "signals": [(LOSS_REDUCTION, 0.1)] if kept else None})
            scored.append(about | {"fingerprint": "f1", "signals": [(LOSS_REDUCTION, 9.9)]})  # by the judge of another round
    judged.append(("other", "s0", "generated", True, None, 0.9, 0.1, 0.1, 1, "default", "r1"))  # of another round
    asked += asked[:1]  # proposed under an older fingerprint as well
    places = [
        {"segment_id": f"s{number}", "document_id": "d", "position": number, "text": f"text {number}", "reason": None}
        for number in range(3)
    ]
    places += [{"segment_id": "l", "document_id": "d", "position": 3, "text": "* a\n* b", "reason": "bare_list"}]
    tables = {
        "judgements": pa.Table.from_pylist([dict(zip(JUDGED.names, row, strict=True)) for row in judged], JUDGED),
        "instructions": pa.Table.from_pylist(asked),
        "segments": pa.Table.from_pylist(places),
        "scores": pa.table(
            {name: pa.array([row[name] for row in scored]) for name in ("instruction_id", "segment_id", "fingerprint")}
            | {"signals": pa.array([row["signals"] for row in scored], pa.map_(pa.string(), pa.float64()))}
        ),
    }
    recipes = [{"recipe_id": f"r{n}", "stage": f"score/{LOSS_REDUCTION}", "fingerprint": f"f{n}"} for n in range(2)]
    tables["recipes"] = pa.Table.from_pylist(recipes)
    for name, table in tables.items():
        write_deltalake(str(tmp_path / name), table)
    return str(tmp_path)


def test_a_pool_has_every_candidate_of_a_round_once_with_its_signals(warehouse):
    pool = read_pool(warehouse)
    assert [one.pair.id for one in pool.candidates] == ["bad0", "bad1", "bad2", "good0", "good1", "good2"]
    bad, good = pool.candidates[0], pool.candidates[3]
    assert (good.kept, good.passed, good.pair.instruction, good.pair.response) == (True, True, "What is good0?", "text 0")
    assert good.signals == {"quality": 0.9, "reverse_gain": 0.5, "ifd": 0.8, LOSS_REDUCTION: 0.1}
    assert (bad.kept, bad.passed, bad.signals) == (False, False, {})
    assert pool.lists == ("* a\n* b",)
    assert pool.digest == read_pool(warehouse).digest
    assert len(read_pool(warehouse, most_passages=2).candidates) == 4


def test_a_warehouse_without_judged_pairs_is_refused(warehouse, tmp_path):
    with pytest.raises(InputError, match="judged pairs of round 7"):
        read_pool(warehouse, number=7)
    with pytest.raises(InputError, match="table judgements"):
        read_pool(str(tmp_path / "none"))


def test_the_judge_grades_planted_pairs_as_the_product_does(tmp_path):
    judge = ProductJudge(settings.load(None, list(SCRIPTED)), tmp_path)
    pairs = made_pairs(4)
    verdicts = judge.judged(pairs, [()] * len(pairs))
    assert all(quality is not None and 0 <= quality <= 1 for quality, _ in verdicts)
    assert ProductJudge(settings.load(None, list(SCRIPTED)), tmp_path).judged(pairs, [()] * len(pairs)) == verdicts
    empty = [made_pairs(1)[0].__class__("x", "p", "s", "I cannot help with that.", pairs[0].response)]
    assert judge.judged(empty, [()]) == [(None, False)]  # a gate stops a refusal
    assert len(judge.reverse_gains(pairs)) == 4

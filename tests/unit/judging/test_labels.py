"""The labelled pairs: whole, described by their rubric and their page of docs, and joined with nothing but their own passage."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from dataclasses import replace
from importlib.resources import files

import pytest

from bubblenet import settings
from bubblenet.errors import InputError
from bubblenet.judging.labels import pairs
from bubblenet.judging.labels.pairs import FAULTS, GRADES, LabelRow, join, read_labels, read_produced, read_sample, segments, sha256
from tests.benchmarks import planted_sources
from tests.conftest import ROOT
from tools import label_pairs, mined_sources, sample_pages
from tools.label_pairs import agreement, summary

RULES = settings.load().segmentation
PAGES = ROOT / ".demo" / "pages"
PROSE = "The daemon reads its settings when it starts, and again when it is told to by a signal from the administrator of the machine. " * 2
PARTS = ("Nothing is lost while it does so.", "A setting that it does not know stops it.", "The journal says which one it was.")
PAGE = f"<html lang=en><body><h1>Settings</h1>{''.join(f'<p>{PROSE}{part}</p>' for part in PARTS)}</body></html>"


def labelled(**changes: object) -> LabelRow:
    pair = LabelRow("1-0", "a-doc", "1", "usr/a.html", 0, "", "When?", "good", 1, None, None, None, "reader", "2026-11-25")
    return replace(pair, **changes)


@pytest.mark.parametrize("read", [read_labels, read_produced, read_sample])
def test_every_row_keeps_to_the_rubric(read):
    labels = read()

    assert len(labels) >= 300
    assert len({label.id for label in labels}) == len(labels)
    assert len({(label.text_sha256, label.instruction) for label in labels}) == len(labels)
    for label in labels:
        assert label.grade in GRADES
        assert label.label == int(label.grade == "good")
        assert (label.fault is None) if label.label else (label.fault in FAULTS)
        assert (label.second_sample is None) == (label.second_grade is None)
        assert label.id.startswith(label.text_sha256[:16]) or read is not read_labels


def test_the_rubric_explains_every_grade_and_fault_and_gives_examples():
    rubric = files("bubblenet.judging.labels").joinpath("RUBRIC.md").read_text(encoding="utf-8")

    assert [name for name in (*GRADES, *FAULTS) if f"| `{name}` |" not in rubric] == []
    assert [f"\n{number}. *" in rubric for number in range(1, 6)] == [True] * 5


def test_labels_with_another_digest_are_refused(monkeypatch):
    monkeypatch.setattr(pairs, "LABELS_SHA256", "0" * 64)

    with pytest.raises(InputError, match="wanted labels with SHA-256 0000"):
        read_labels()


def test_a_pair_gets_its_own_passage_and_the_others_are_reported(tmp_path):
    (tmp_path / "a-doc/usr").mkdir(parents=True)
    (tmp_path / "a-doc/usr/a.html").write_text(PAGE, encoding="utf-8")
    text = segments(tmp_path / "a-doc/usr/a.html", RULES)[0].text
    label = labelled(text_sha256=sha256(text))

    joined = join([label, replace(label, id="2-0", path="usr/b.html"), replace(label, id="3-0", text_sha256="f" * 64)], tmp_path, RULES)

    assert [(pair.id, pair.response, pair.label, pair.page) for pair in joined.pairs] == [("1-0", text, 1, "a-doc/usr/a.html")]
    assert joined.missing == {"no_page": ["2-0"], "no_such_passage": ["3-0"]}


@pytest.mark.skipif(not PAGES.is_dir(), reason="needs the sample pages: make setup")
def test_the_passages_of_the_sample_pages_are_still_cut_as_they_were_labelled(tmp_path):
    labels = [label for label in read_labels() if (PAGES / label.package / label.path.rpartition("/")[2]).is_file()]
    sources = (PAGES / "_SOURCES.md").read_text(encoding="utf-8")
    labels = [label for label in labels if f"| {label.package} | {label.version} |" in sources]
    if not labels:
        pytest.skip("the sample pages are not those that were labelled")
    for label in labels:
        page = tmp_path / label.page
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_bytes((PAGES / label.package / page.name).read_bytes())

    assert join(labels, tmp_path, RULES).missing == {}


def test_the_docs_state_the_counts_of_the_file():
    labels, docs = read_labels(), (ROOT / "docs/labels.md").read_text(encoding="utf-8")
    rate = sum(label.label for label in labels) / len(labels)

    assert (
        f"{sum(label.label for label in labels)} of {len(labels)} pairs are good: a base rate of **{rate:.1%}**".replace("%", " %") in docs
    )
    for package in {label.package for label in labels}:
        own = [label for label in labels if label.package == package]
        grades = Counter(label.grade for label in own)
        numbers = [len({label.path for label in own}), len(own), *(grades[grade] for grade in GRADES)]
        assert f"| {package} | {own[0].version} | {' | '.join(map(str, numbers))} |" in docs
    for fault in FAULTS:
        grades = Counter(label.grade for label in labels if label.fault == fault)
        assert f"| `{fault}` | {grades['partly']} | {grades['bad']} |" in docs


def test_pairs_of_production_are_of_pages_that_nothing_else_uses_and_a_part_is_held_out():
    labels = read_produced()
    evaluated = {source.package for sources in planted_sources.SETS.values() for source in sources}
    used = evaluated | {source.package for source in (*mined_sources.SOURCES, *label_pairs.SOURCES)}
    assert not used & {label.package for label in labels}
    assert len({label.package for label in labels}) >= 10
    assert {label.origin for label in labels} == {"generated", "extracted"}
    held_out = {label.page for label in labels if label.is_held_out}
    assert not held_out & {label.page for label in labels if not label.is_held_out}
    assert 0.2 < sum(label.is_held_out for label in labels) / len(labels) < 0.4


def test_the_sample_is_of_pages_that_are_only_measured_on():
    of_sample = {label.package for label in read_sample()}
    assert of_sample == {sample_pages.FAQ, sample_pages.HANDBOOK}
    assert not of_sample & {label.package for label in read_produced()}
    assert not of_sample & {source.package for source in planted_sources.SETS["fit"]}


@pytest.mark.parametrize("read", [read_produced, read_sample])
def test_the_docs_state_the_counts_of_production(read):
    labels, docs = read(), (ROOT / "docs/labels.md").read_text(encoding="utf-8")
    for origin in ("generated", "extracted"):
        own = [label.label for label in labels if label.origin == origin]
        assert f"| {origin} | {len(own)} | {sum(own)} ({sum(own) / len(own):.1%}) |".replace("%", " %") in docs
    again = [(label.grade == "good", label.second_grade == "good") for label in labels if label.second_grade]
    assert f"in {sum(first == second for first, second in again)} of {len(again)} pairs (kappa {agreement(again)[-4:]})" in docs


def test_a_page_may_be_compressed_and_lie_elsewhere_and_is_cut_after_masking(tmp_path):
    page = PAGE.replace(PARTS[1], "Write to jo.smith@holloway-print.com.")
    (tmp_path / "1.html.gz").write_bytes(gzip.compress(page.encode()))
    text = segments(tmp_path / "1.html.gz", RULES, settings.load().privacy)[0].text
    assert "jo.smith" not in text
    assert "Write to [email address]." in text  # as in the product's passages, not as in its stored pages
    label = labelled(package="web", path="1.html.gz", text_sha256=sha256(text), origin="extracted")
    (pair,) = join([label], tmp_path / "none", RULES, {"web": tmp_path}, settings.load().privacy).pairs
    assert (pair.response, pair.origin) == (text, "extracted")
    assert join([label], tmp_path / "none", RULES, {"web": tmp_path}).missing == {"no_such_passage": ["1-0"]}


def test_the_summary_counts_what_was_read_twice():
    lines = list(summary(read_labels()))

    assert lines[-2].startswith("second reading, random 40: label 1.000")
    assert lines[-1].startswith("second reading, balanced 40: label 0.875, kappa 0.75")


def test_kappa_as_worked_out_by_hand():
    """Twenty and fifteen agreements of fifty: 0.7 observed, 0.5 by chance."""
    pairs_of_two = [(True, True)] * 20 + [(True, False)] * 5 + [(False, True)] * 10 + [(False, False)] * 15

    assert agreement(pairs_of_two) == "0.700, kappa 0.40"


@pytest.mark.parametrize("name", ["generated_pairs.jsonl", "produced_pairs.jsonl"])
def test_no_row_carries_a_passage(name):
    content = files("bubblenet.judging.labels").joinpath(name).read_text(encoding="utf-8")

    assert max(len(value) for line in content.splitlines() for value in json.loads(line).values() if isinstance(value, str)) < 250

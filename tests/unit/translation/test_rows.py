"""Rows that the stages write: closings stay, evaluation items are looked for before and after, what fails is quarantined."""

from __future__ import annotations

import pytest

from bubblenet.corpus.similarity.contamination import build_index
from bubblenet.engines.protocol import EngineSpec
from bubblenet.settings import Backtranslation, Paraphrasing
from bubblenet.translation.protocol import Direction
from bubblenet.translation.registry import TranslatorSpec
from bubblenet.translation.scripted import ScriptedTranslator
from bubblenet.udfs import instructions
from bubblenet.udfs.paraphrases import ParaphraseInstruction
from tests.unit.translation.test_paraphrasing import calibrated

PASSAGE = "The shell reads a line, splits it into words, and looks for a program of that name in the folders of its path. " * 3
TEXT = "Explain how a shell uses the path to find programs."


def rows_of(instruction: str = TEXT, *, closing: str | None = None, evaluations: str = "", **changes) -> list[dict]:
    transform = ParaphraseInstruction(
        TranslatorSpec("scripted", "scripted"),
        Paraphrasing(pivots=("xx", "yy"), min_difference=0.02),
        calibrated("en-xx-en", "en-yy-en"),
        evaluations,
        0.7,
    )
    request = {"parent_id": "p", "segment_id": "s", "instruction": instruction, "closing": closing, "style": "command", "language": "en"}
    return [row for _, row in transform([request | {"text": PASSAGE} | changes])]


def test_at_most_one_row_is_kept_and_names_its_parent():
    rows = rows_of()
    assert [row["sample_index"] for row in rows] == [0, 1]
    assert {row["parent_id"] for row in rows} == {"p"}
    assert [row["reason"] for row in rows if not row["kept"]] == ["less_different"]
    [kept] = [row for row in rows if row["kept"]]
    assert kept["instruction"] == "Describe how a shell employs the path to find programs."
    assert kept["origin"] == "paraphrase"


def test_a_closing_comes_back_word_for_word():
    closing = "Explain it in at most 50 words."
    rows = rows_of(f"{TEXT} {closing}", closing=closing)
    assert all(row["instruction"].endswith(f"programs. {closing}") for row in rows)
    assert all(row["instruction"].count(closing) == 1 for row in rows)


def test_evaluation_items_are_looked_for_in_both_texts(tmp_path):
    for held in (TEXT, "Describe how a shell employs the path to find programs."):
        index = tmp_path / "index.npz"
        index.write_bytes(build_index([("item", held)]).to_bytes())
        reasons = {row["chain"]: row["reason"] for row in rows_of(evaluations=f"{index}")}
        assert reasons["en-xx-en"] == "contaminated"
        from bubblenet.corpus.similarity.contamination import load_index

        load_index.cache_clear()


@pytest.mark.parametrize(("instruction", "status"), [("Explain BUBBLENET-FAIL to a friend.", "quarantined"), (TEXT, None)])
def test_what_the_translator_fails_on_is_quarantined(instruction, status):
    assert {row.get("status") for row in rows_of(instruction)} == {status}


def test_a_language_without_chains_has_one_row_that_says_so():
    [row] = rows_of(language="de")
    assert (row["kept"], row["reason"], row["chain"]) == (False, "no_translator", None)


def test_no_model_is_asked_where_its_answer_could_not_come_back(monkeypatch):
    one_way = Direction("es", "en")
    monkeypatch.setattr(ScriptedTranslator, "directions", lambda self: frozenset([one_way]))
    monkeypatch.setattr(instructions, "propose", lambda *asked: pytest.fail("the model was asked"))
    asking = instructions.Backtranslate(EngineSpec("scripted", "", "scripted"), Backtranslation())
    transform = instructions.BacktranslateInTranslation(asking, TranslatorSpec("scripted", "scripted"), "en", None)
    request = {"request_id": "r", "segment_id": "s", "sample_index": 0, "origin": "translated", "text": PASSAGE, "language": "es"}
    assert [row["reason"] for _, row in transform([request])] == ["no_translator"]


def test_candidates_that_ask_the_same_in_another_language_are_a_row_each_with_what_they_were_asked_with():
    asked = {"segment_id": "s", "text": PASSAGE, "language": "es", "style": "command", "asked_instruction": TEXT}
    requests = [asked | {"sample_index": 0, "closing": "Be brief."}, asked | {"sample_index": 1, "closing": None}]
    transform = instructions.KeepAsked("en")
    rows = [request | row for request, row in transform(requests)]
    assert [(row["sample_index"], row["closing"], row["instruction"], row["kept"]) for row in rows] == [
        (0, "Be brief.", TEXT, True),
        (1, None, TEXT, True),
    ]
    assert {"sample_index", "style", "closing"} <= set(transform.identity)

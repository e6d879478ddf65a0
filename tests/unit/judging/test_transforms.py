"""The rows that the model stages write, over the scripted engine and without Spark."""

from __future__ import annotations

import pytest

from bubblenet.engines.protocol import EngineSpec
from bubblenet.engines.registry import close_all
from bubblenet.settings import Backtranslation, Scoring
from bubblenet.tables import INSTRUCTIONS
from bubblenet.udfs.instructions import Backtranslate, TakeQuestion
from bubblenet.udfs.scoring import MeasurePair

SPEC = EngineSpec("scripted", "none", "scripted")
PASSAGE = "Debian packages are installed with tools which resolve their dependencies and fetch archives from mirrors."


@pytest.fixture(autouse=True)
def no_engines():
    yield
    close_all()


def pair(name: str, instruction: str, closing: str | None = None) -> dict:
    return {"request_id": name, "instruction": instruction, "closing": closing, "text": PASSAGE}


def test_a_closing_does_not_change_the_reverse_gain():
    plain, constrained, command = (
        row
        for _, row in MeasurePair(SPEC, Scoring(), "reverse_gain")(
            [
                pair("a", "How are packages installed?"),
                pair("b", "How are packages installed? Answer with a list.", "Answer with a list."),
                pair("c", "Answer with a list."),
            ]
        )
    )
    assert constrained == plain
    assert command["num_tokens"] == 4


def candidate(number: int, text: str = PASSAGE, language: str = "en") -> dict:
    return {
        "request_id": f"r{number}",
        "segment_id": "s",
        "sample_index": number,
        "text": text,
        "language": language,
        "origin": "generated",
    }


def test_a_candidate_says_how_it_was_asked_for():
    transform = Backtranslate(SPEC, Backtranslation())
    rows = [row for _, row in transform([candidate(number) for number in range(60)])]

    assert {row["style"] for row in rows} == {"question", "command", "search_query"}
    assert {row["complexity"] for row in rows} == {"single", "constrained"}
    for row in rows:
        assert row["asked_language"] == "en"
        assert row.keys() - {"status"} <= set(INSTRUCTIONS.column_names)
        if row["kept"]:
            assert row["instruction"].startswith(row["opening"] or "")
            assert row["instruction"].endswith(row["closing"] or "")


def test_another_language_is_asked_for_where_the_settings_say_so():
    transform = Backtranslate(SPEC, Backtranslation(instruction_language="de"))
    rows = [row for _, row in transform([candidate(number) for number in range(8)])]
    assert {row["asked_language"] for row in rows} == {"de"}


def test_a_failed_candidate_says_how_it_was_asked_for_too():
    ((_, row),) = Backtranslate(SPEC, Backtranslation())([candidate(0, "BUBBLENET-FAIL")])
    assert (row["status"], row["reason"], row["instruction"]) == ("quarantined", "engine_error", None)
    assert row["template"]


def test_a_question_from_the_page_passes_the_same_gates():
    request = {"segment_id": "s", "question": "How are packages installed?", "text": PASSAGE, "language": "en"}
    ((_, row),) = TakeQuestion()([request])
    assert (row["kept"], row["instruction"], row["origin"]) == (True, "How are packages installed?", "extracted")
    ((_, row),) = TakeQuestion()([request | {"question": "Wie werden denn alle diese Pakete auf dem Rechner installiert?"}])
    assert (row["kept"], row["reason"]) == (False, "wrong_language")

"""The functions that the model stages call, over the scripted engine."""

from __future__ import annotations

import pytest

from bubblenet.engines.protocol import Generation
from bubblenet.engines.scripted import ScriptedEngine
from bubblenet.judging.contrast import ContrastMeasurement, measure_contrast
from bubblenet.judging.measure import (
    Pair,
    ProposalRequest,
    measure_criteria,
    measure_forward,
    measure_passage,
    measure_rating,
    measure_reverse,
    propose,
)
from bubblenet.judging.written import measure_cycle, measure_rationale
from bubblenet.prompts import CRITERIA, RATIONALES, Choice, get_rating, get_reverse_gain
from bubblenet.settings import Backtranslation

PASSAGE = "Debian packages are installed with tools which resolve their dependencies and fetch archives from mirrors."
BAD = "This one breaks: BUBBLENET-FAIL"
REVERSE_GAIN = get_reverse_gain("question_v1")
RUBRIC = get_rating("five_level_v1")


def choice(style: str = "question", opening: str = "", closing: str = "", language: str = "en") -> Choice:
    request = "Write one question that this text answers."
    return Choice("varied_v1", "t", style, "short", "single", "prose", language, request, "Question:", opening, closing)


def test_every_request_gives_one_proposal_in_order():
    requests = [ProposalRequest(f"{seed}", PASSAGE, "en", choice(), seed) for seed in range(20)]
    proposals = propose(ScriptedEngine(), requests, Backtranslation())
    assert [proposal.key for proposal in proposals] == [request.key for request in requests]
    assert all(proposal.error is None and proposal.kept == (proposal.reason is None) for proposal in proposals)
    assert {proposal.kept for proposal in proposals} == {True, False}
    assert all(proposal.prompt_tokens > 0 and proposal.output_tokens > 0 for proposal in proposals)


def test_a_failed_row_carries_its_error_and_no_verdict():
    requests = [ProposalRequest("b", BAD, "en", choice(), 1), ProposalRequest("g", PASSAGE, "en", choice(), 1)]
    bad, good = propose(ScriptedEngine(), requests, Backtranslation())
    assert (bad.instruction, bad.kept, bad.reason) == (None, False, None)
    assert bad.error
    assert bad.error.startswith("ScriptedFailure")
    assert good.error is None


def test_an_instruction_is_the_opening_what_was_written_and_the_closing():
    asked = choice("command", "Explain how to", "Answer with a list.")
    proposals = propose(ScriptedEngine(), [ProposalRequest(f"{seed}", PASSAGE, "en", asked, seed) for seed in range(20)], Backtranslation())
    kept = [proposal for proposal in proposals if proposal.kept]
    assert kept
    for proposal in kept:
        assert proposal.instruction == f"Explain how to{proposal.raw_output} Answer with a list."


def test_the_language_asked_for_is_the_one_that_counts():
    asked = choice(language="de")
    proposals = propose(ScriptedEngine(), [ProposalRequest(f"{seed}", PASSAGE, "en", asked, seed) for seed in range(20)], Backtranslation())
    assert "wrong_language" in {proposal.reason for proposal in proposals}
    assert not any(proposal.kept and proposal.instruction.startswith("What") for proposal in proposals)


def test_the_model_sees_a_limited_beginning_of_the_passage():
    passage = PASSAGE + " word" * 500 + " BUBBLENET-FAIL"
    settings = Backtranslation(max_passage_tokens=64)
    assert propose(ScriptedEngine(), [ProposalRequest("a", passage, "en", choice(), 1)], settings)[0].error is None


def test_pairs_are_measured_both_ways():
    pairs = [Pair("a", "How are packages installed?", PASSAGE), Pair("b", "Who?", BAD)]
    reverse = measure_reverse(ScriptedEngine(), pairs, 1024, REVERSE_GAIN)
    assert reverse[0].log_probability > reverse[0].log_probability_alone
    assert reverse[0].num_tokens == 4
    assert reverse[1].error
    assert reverse[1].log_probability is None
    forward = measure_forward(ScriptedEngine(), pairs, 1024)
    assert forward[0].num_tokens == len(PASSAGE.split())
    assert forward[1].error
    assert forward[1].log_probability is None


def test_a_rating_is_a_distribution_with_its_mean():
    good, bad = measure_rating(ScriptedEngine(), [Pair("a", "How are packages installed?", PASSAGE), Pair("b", "Who?", BAD)], 1024, RUBRIC)
    assert len(good.probabilities) == 5
    assert 1 <= good.expected_score <= 5
    assert good.error is None
    assert (bad.probabilities, bad.expected_score) == (None, None)
    assert bad.error


def test_passages_are_measured_alone():
    good, bad = measure_passage(ScriptedEngine(), [("a", PASSAGE), ("b", BAD)], 1024)
    assert good.log_probability < 0
    assert good.num_tokens == len(PASSAGE.split())
    assert bad.error
    assert bad.key == "b"


def contrast(pairs: list[Pair]) -> list[ContrastMeasurement]:
    own = {found.key: found for found in measure_reverse(ScriptedEngine(), pairs, 1024, REVERSE_GAIN)}
    return measure_contrast(ScriptedEngine(), pairs, own, 1024, REVERSE_GAIN)


def test_contrast_measures_each_neighbour_beside_the_response():
    question = "How are packages installed?"
    pairs = [
        Pair("a", question, PASSAGE, ("Rain falls.", "How are packages installed? So.")),
        Pair("b", question, PASSAGE),
        Pair("c", question, BAD),
    ]
    beside, alone, bad = contrast(pairs)
    assert beside.gains[2] > beside.gains[0] == alone.gains[0] > beside.gains[1] == 0.0
    assert beside.surprise > beside.gains[0]
    assert (len(alone.gains), bad.gains) == (1, None)
    assert bad.error
    assert beside.prompt_tokens > alone.prompt_tokens == bad.prompt_tokens == 0


def test_a_neighbour_that_fails_is_left_out_and_costs_nobody_else():
    question = "How are packages installed?"
    pairs = [Pair("a", question, PASSAGE, (BAD, "Rain falls.")), Pair("b", question, PASSAGE)]
    beside, alone = contrast(pairs)
    assert (len(beside.gains), beside.error) == (2, None)
    assert beside.gains[0] == alone.gains[0]


def test_criteria_give_a_point_each():
    good, bad = measure_criteria(ScriptedEngine(), [Pair("a", "Why?", PASSAGE), Pair("b", "Why?", BAD)], 1024, CRITERIA["additive_v1"])
    assert len(good.points) == 5
    assert all(0 < point < 1 for point in good.points)
    assert bad.points is None
    assert bad.error


class Writing(ScriptedEngine):
    """Writes what a test wants."""

    def __init__(self, text: str, is_finished: bool = True) -> None:
        self.text, self.is_finished, self.num_asked = text, is_finished, 0
        self.decoding: set[tuple[float, float, int, int]] = set()

    def generate(self, requests):
        self.num_asked += len(requests)
        self.decoding |= {(one.temperature, one.top_p, one.seed, one.max_new_tokens) for one in requests}
        return [Generation(request.key, self.text, self.is_finished, 10, 5) for request in requests]


@pytest.mark.parametrize(
    ("engine", "score"),
    [(Writing("It fits.\nScore: 4"), 4), (Writing("It fits."), None), (Writing("It fits.\nScore: 4", is_finished=False), None)],
)
def test_a_rationale_has_the_score_of_its_last_line_or_none(engine, score):
    found = measure_rationale(engine, [Pair("a", "Why?", PASSAGE)], 1024, RATIONALES["rationale_v1"], 64)[0]
    assert (found.score, found.text, found.error) == (score, engine.text, None)
    assert engine.decoding == {(0.0, 1.0, 0, 64)}  # greedy


def test_cycle_writes_once_a_response_and_compares_with_each_pair():
    engine = Writing("How are packages installed?")
    pairs = [Pair("a", "How are packages installed?", PASSAGE), Pair("b", "Who made the world?", PASSAGE)]
    same, other = measure_cycle(engine, pairs, 1024, REVERSE_GAIN, 32)
    assert (same.score, engine.num_asked) == (1.0, 1)
    assert other.score < 0.3
    assert engine.decoding == {(0.0, 1.0, 0, 32)}
    assert (same.output_tokens, other.output_tokens) == (5, 0)

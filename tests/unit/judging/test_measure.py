"""The functions that the model stages call, over the scripted engine."""

from __future__ import annotations

from bubblenet.engines.scripted import ScriptedEngine
from bubblenet.judging.measure import (
    Pair,
    ProposalRequest,
    measure_forward,
    measure_passage,
    measure_rating,
    measure_reverse,
    propose,
)
from bubblenet.prompts import get_backtranslation, get_rating
from bubblenet.settings import Backtranslation

PASSAGE = "Debian packages are installed with tools which resolve their dependencies and fetch archives from mirrors."
BAD = "This one breaks: BUBBLENET-FAIL"
QUESTION = get_backtranslation("question_v1")
RUBRIC = get_rating("five_level_v1")


def test_every_request_gives_one_proposal_in_order():
    requests = [ProposalRequest(f"{seed}", PASSAGE, "en", seed) for seed in range(20)]
    proposals = propose(ScriptedEngine(), requests, Backtranslation())
    assert [proposal.key for proposal in proposals] == [request.key for request in requests]
    assert all(proposal.error is None and proposal.kept == (proposal.reason is None) for proposal in proposals)
    assert {proposal.kept for proposal in proposals} == {True, False}
    assert all(proposal.prompt_tokens > 0 and proposal.output_tokens > 0 for proposal in proposals)


def test_a_failed_row_carries_its_error_and_no_verdict():
    bad, good = propose(ScriptedEngine(), [ProposalRequest("b", BAD, "en", 1), ProposalRequest("g", PASSAGE, "en", 1)], Backtranslation())
    assert (bad.instruction, bad.kept, bad.reason) == (None, False, None)
    assert bad.error
    assert bad.error.startswith("ScriptedFailure")
    assert good.error is None


def test_the_model_sees_a_limited_beginning_of_the_passage():
    passage = PASSAGE + " word" * 500 + " BUBBLENET-FAIL"
    settings = Backtranslation(max_passage_tokens=64)
    assert propose(ScriptedEngine(), [ProposalRequest("a", passage, "en", 1)], settings)[0].error is None


def test_pairs_are_measured_both_ways():
    pairs = [Pair("a", "How are packages installed?", PASSAGE), Pair("b", "Who?", BAD)]
    reverse = measure_reverse(ScriptedEngine(), pairs, 1024, QUESTION)
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

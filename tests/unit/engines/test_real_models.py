"""Real models that are not the embedded one (tools/real_models.py): what the families' tiny stand-ins show of them."""

from __future__ import annotations

import pytest
import torch
from transformers import AutoModelForCausalLM

from bubblenet.engines.protocol import EngineSpec, GenerationRequest, LabelRequest, LikelihoodRequest, Prompt
from bubblenet.engines.transformers import TransformersEngine
from bubblenet.engines.weights import describe
from tools.real_models import MODELS, fetch

pytestmark = [pytest.mark.model, pytest.mark.nightly]

PROMPTS = {
    "qwen2.5-coder-0.5b": (
        "<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\n"
        "<|im_start|>user\nName a colour.<|im_end|>\n<|im_start|>assistant\n"
    ),
    "gemma-3-270m": "<bos>Name a colour.\n\n",
}
QUESTION = Prompt("Name a colour.")
TEXTS = ("Blue.", "The sky of a clear evening.", "blau, \u84dd\u8272")


@pytest.fixture(scope="module", params=sorted(MODELS))
def loaded(request):
    """The name of a model, its engine, and the same weights as transformers runs them."""
    source = describe(str(fetch(request.param)))
    engine = TransformersEngine.load(EngineSpec("transformers", source.source, source.digest, dtype="float32"))
    return request.param, engine, AutoModelForCausalLM.from_pretrained(source.folder, dtype=torch.float32, attn_implementation="eager")


def test_a_prompt_is_that_of_the_models_own_template(loaded):
    name, engine, _ = loaded
    assert engine._codec._tokenizer.decode(engine._codec.encode_prompt(QUESTION)) == PROMPTS[name]


def test_likelihoods_are_those_of_a_plain_forward_pass(loaded):
    _, engine, plain = loaded
    prompt = engine._codec.encode_prompt(QUESTION)
    for text, answer in zip(TEXTS, engine.log_likelihood([LikelihoodRequest(text, QUESTION, text) for text in TEXTS]), strict=True):
        ids = prompt + engine._codec.encode_text(text)
        with torch.inference_mode():
            wanted = plain(torch.tensor([ids])).logits[0].double().log_softmax(-1)
        tokens = wanted[range(len(prompt) - 1, len(ids) - 1), ids[len(prompt) :]].tolist()
        assert answer.token_log_probabilities == pytest.approx(tokens, abs=1e-4)


def test_labels_are_read_as_a_plain_forward_pass_has_them(loaded):
    _, engine, plain = loaded
    prompt = Prompt("How good is this sentence, from 1 to 5: tea is tea?", None, "Level: ")
    found = engine.label_distribution([LabelRequest("a", prompt, tuple("12345"))])[0]
    with torch.inference_mode():
        probabilities = plain(torch.tensor([engine._codec.encode_prompt(prompt)])).logits[0, -1].double().softmax(-1)
    wanted = [float(probabilities[engine._codec.label_ids(label)].sum()) for label in "12345"]
    assert found.probabilities == pytest.approx([value / sum(wanted) for value in wanted], abs=1e-4)


def test_an_instruct_model_ends_its_answer(loaded):
    name, engine, _ = loaded
    written = engine.generate([GenerationRequest("a", Prompt("What is 2 + 3? Answer with the number alone."), 64, 0.0, 1.0, 0)])[0]
    assert written.is_finished == MODELS[name].is_instruct
    if MODELS[name].is_instruct:
        assert "5" in written.text

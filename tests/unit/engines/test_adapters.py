"""An adapter beside a model: what it computes is what merged weights compute, and the model without it stays what it was."""

from __future__ import annotations

import json

import pytest
import torch

from bubblenet.engines.adapters import CARD, CONFIG, WEIGHTS, Adapter
from bubblenet.engines.endpoint import Endpoint
from bubblenet.engines.kinds import kind_of
from bubblenet.engines.language_model import LanguageModel
from bubblenet.engines.protocol import EngineSpec, LabelRequest, Prompt, ServerSpec
from bubblenet.engines.server import ServerEngine
from bubblenet.engines.tokens import Codec
from bubblenet.engines.transformers import TransformersEngine
from bubblenet.errors import EndpointError, ModelError
from tests.tiny_models import save_model

BASE = "b" * 64
PASSAGES = ("Honey keeps for years in a closed jar.", "Rain falls.")
QUESTIONS = ("How long does it keep?", "What falls?", "Why?")
LABELS = ("Y", "N")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_model(tmp_path_factory.mktemp("base"), initializer_range=0.3)


def _write_adapter(base, out, seed=3, layers=None) -> Adapter:
    """A random adapter, as peft itself writes one, with a card."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_pretrained(base)
    names = ["q_proj", "v_proj", "down_proj"]
    adapted = get_peft_model(
        model, LoraConfig(r=4, lora_alpha=8, target_modules=names, layers_to_transform=layers, init_lora_weights=False)
    )
    adapted.save_pretrained(out)
    (out / CARD).write_text(json.dumps({"base_digest": BASE}))
    return Adapter.read(out)


@pytest.fixture(scope="module")
def adapter(folder, tmp_path_factory):
    return _write_adapter(folder, tmp_path_factory.mktemp("adapter"))


@pytest.fixture(scope="module")
def engine(folder):
    return TransformersEngine(LanguageModel.load(folder, "float32", "cpu"), Codec.load(folder), 4096, 256, weights_digest=BASE)


def _requests(adapter=None) -> list[LabelRequest]:
    prompts = [f"{passage}\n\n{question}" for passage in PASSAGES for question in QUESTIONS]
    return [LabelRequest(str(number), Prompt(prompt), LABELS, adapter) for number, prompt in enumerate(prompts)]


def _merged_answers(folder, adapter_folder, requests) -> list[float]:
    """p(first label) of each by a plain forward pass of transformers over merged weights, one prompt at a time."""
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(folder), adapter_folder).merge_and_unload().eval()
    codec, found = Codec.load(folder), []
    for request in requests:
        with torch.inference_mode():
            logits = model(torch.tensor([codec.encode_prompt(request.prompt)])).logits[0, -1].double()
        sums = [sum(logits.softmax(-1)[token].item() for token in ids) for ids in codec.encode_labels(request)]
        found.append(sums[0] / sum(sums))
    return found


@pytest.mark.parametrize("layers", [None, [1]])
def test_answers_are_those_of_merged_weights(folder, engine, tmp_path, layers):
    adapter = _write_adapter(folder, tmp_path, layers=layers)
    answers = engine.label_distribution(_requests(adapter))
    wanted = _merged_answers(folder, tmp_path, _requests())
    assert [answer.probabilities[0] for answer in answers] == pytest.approx(wanted, abs=1e-4)
    plain = [answer.probabilities[0] for answer in engine.label_distribution(_requests())]
    assert max(abs(one - other) for one, other in zip(plain, wanted, strict=True)) > 0.01  # it does something


def test_the_model_without_it_stays_what_it_was(folder, engine, adapter):
    before = LanguageModel.load(folder, "float32", "cpu")
    untouched = TransformersEngine(before, Codec.load(folder), 4096, 256)
    engine.label_distribution(_requests(adapter))
    assert engine.label_distribution(_requests()) == untouched.label_distribution(_requests())


def test_requests_with_several_adapters_and_none_are_answered_in_order(folder, engine, adapter, tmp_path):
    other = _write_adapter(folder, tmp_path, seed=4)
    mixed = [request for several in zip(_requests(adapter), _requests(), _requests(other), strict=True) for request in several]
    answers = engine.label_distribution(mixed)
    for offset, one in enumerate((adapter, None, other)):
        wanted = [answer.probabilities for answer in engine.label_distribution(_requests(one))]
        assert [answer.probabilities for answer in answers[offset::3]] == [pytest.approx(value, abs=1e-6) for value in wanted]
    assert [answer.key for answer in answers] == [request.key for request in mixed]


def test_its_passage_is_read_once_for_all_instructions(engine, adapter, monkeypatch):
    read, lengths = engine._model.read_prefixes, []
    monkeypatch.setattr(engine._model, "read_prefixes", lambda rows, root=(): lengths.append(sum(map(len, rows))) or read(rows, root))
    long = [LabelRequest(str(n), Prompt(f"{PASSAGES[0] * 8}\n\n{question}"), LABELS, adapter) for n, question in enumerate(QUESTIONS)]
    engine.label_distribution(long)
    assert sum(lengths) < 1.2 * len(PASSAGES[0]) * 8 + 60  # a token is a byte


def test_other_weights_are_refused_by_name(folder, adapter):
    engine = TransformersEngine(LanguageModel.load(folder, "float32", "cpu"), Codec.load(folder), 4096, 256, weights_digest="c" * 64)
    with pytest.raises(ModelError, match=r"wanted the weights b{16}.*got weights c{16}.*bubblenet train-reader"):
        engine.label_distribution(_requests(adapter))
    spec = EngineSpec("transformers", "", "c" * 64)
    with pytest.raises(ModelError, match="train-reader"):
        kind_of(spec).check_adapter(spec, adapter)


def test_a_server_is_refused_by_name(adapter):
    spec = EngineSpec("server", "some-model", BASE, options=ServerSpec(url="http://127.0.0.1:9/v1"))
    with pytest.raises(EndpointError, match=r"labels read with an adapter.*engine.forward.kind = transformers"):
        kind_of(spec).check_adapter(spec, adapter)


def test_a_server_that_is_asked_all_the_same_does_not_answer_without_it(adapter, codec):
    engine = ServerEngine(codec, Endpoint("http://127.0.0.1:9/v1"), ServerSpec(url="http://127.0.0.1:9/v1"))
    with pytest.raises(EndpointError, match="labels read with an adapter"):
        engine.label_distribution(_requests(adapter))


def test_matrices_of_another_model_do_not_fit(engine, tmp_path):
    wider = save_model(tmp_path / "wider", hidden_size=64, num_attention_heads=8)
    foreign = _write_adapter(wider, tmp_path / "adapter")
    before = engine.label_distribution(_requests())
    for _ in range(2):  # nothing of it is left in the model
        with pytest.raises(ModelError, match="a matrix for each of its layers"):
            engine.label_distribution(_requests(foreign))
    assert engine.label_distribution(_requests()) == before


def test_an_adapter_that_lacks_a_matrix_is_refused(engine, folder, tmp_path):
    from safetensors.torch import load_file, save_file

    _write_adapter(folder, tmp_path, seed=5)
    matrices = load_file(tmp_path / WEIGHTS)
    matrices.pop(next(name for name in matrices if "lora_B" in name))
    save_file(matrices, tmp_path / WEIGHTS)
    with pytest.raises(ModelError, match="lora_B"):
        engine.label_distribution(_requests(Adapter.read(tmp_path)))


@pytest.mark.parametrize("name", [WEIGHTS, CONFIG, CARD])
def test_a_folder_that_lacks_a_file_is_named(folder, tmp_path, name):
    _write_adapter(folder, tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(ModelError, match=f"{name}.*bubblenet train-reader"):
        Adapter.read(tmp_path)


def test_its_digest_covers_matrices_and_configuration(folder, adapter, tmp_path):
    again = _write_adapter(folder, tmp_path)
    assert again == adapter
    config = json.loads((tmp_path / CONFIG).read_text())
    (tmp_path / CONFIG).write_text(json.dumps(config | {"lora_alpha": 16}))
    assert Adapter.read(tmp_path).digest != adapter.digest
    (tmp_path / CONFIG).write_text(json.dumps(config))
    assert _write_adapter(folder, tmp_path, seed=4).digest != adapter.digest

"""Training a reader, on a tiny model: it learns, what is written is what was trained, and the mode reads with it."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest
import torch
from peft import LoraConfig
from peft.tuners.lora import LoraLayer

from bubblenet.engines import adapters
from bubblenet.engines.language_model import LanguageModel
from bubblenet.engines.protocol import EngineSpec, LabelRequest
from bubblenet.engines.tokens import Codec
from bubblenet.engines.transformers import TransformersEngine
from bubblenet.engines.weights import digest_of
from bubblenet.errors import InputError, ModelError
from bubblenet.judging import modes
from bubblenet.judging.declaration import Known
from bubblenet.judging.measure import Pair
from bubblenet.judging.modes import MODES
from bubblenet.judging.reading import find_reader
from bubblenet.prompts.match import MATCH
from bubblenet.settings import load
from bubblenet.training.reader import Reader, ReaderTraining, ReadingTask, assess, loss_of, read_tasks
from bubblenet.training.reader_files import train_reader
from tests.tiny_models import make_model, make_tokenizer

WORDS = ("honey", "rain", "tyre", "bees", "jar", "wheel")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A tiny model whose tokenizer has Yes and No."""
    folder = tmp_path_factory.mktemp("model")
    make_model(bos_token_id=259, eos_token_id=260, pad_token_id=261, initializer_range=0.2).save_pretrained(folder)
    make_tokenizer(merges=[("Y", "e"), ("Ye", "s"), ("N", "o")]).save_pretrained(folder)
    return folder


def _row(number: int, held_out: bool) -> dict[str, object]:
    own, *others = random.Random(number).sample(WORDS, 4)
    asked = [{"text": f"{own}?", "label": 1, "kind": "heading"}, *({"text": f"{word}?", "label": 0, "kind": "beside"} for word in others)]
    return {"package": "p", "page": str(number), "language": "en", "held_out": held_out, "passage": f"{own} {own}", "instructions": asked}


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    file = tmp_path_factory.mktemp("pairs") / "pairs.jsonl"
    file.write_text("".join(json.dumps(_row(number, number >= 120)) + "\n" for number in range(136)))
    return file


@pytest.fixture(scope="module")
def trained(model, pairs, tmp_path_factory):
    out = tmp_path_factory.mktemp("reader")
    train_reader(str(model), pairs, out, ReaderTraining(learning_rate=2e-2, rank=8, max_tokens=64))
    return out


def _engine(model) -> TransformersEngine:
    loaded = LanguageModel.load(model, "float32", "cpu")
    return TransformersEngine(loaded, Codec.load(model), 4096, 256, weights_digest=digest_of(str(model)))


def _settings(trained):
    return load(None, [f"scoring.reader={trained}", 'scoring.modes=["reverse_gain", "match_v1"]']).scoring


def test_the_card_says_of_which_weights_it_is_and_how_well_it_reads(model, pairs, trained):
    card = json.loads((trained / "card.json").read_text())
    assert card["base_digest"] == digest_of(str(model)) == find_reader(str(trained)).base
    assert card["digest"] == find_reader(str(trained)).digest
    assert card["curve"][-1]["pairs"] == 120 * 4
    assert card["curve"][-1]["loss"] < card["curve"][0]["loss"] or len(card["curve"]) == 1
    assert set(card["auc_held_out"]) == {"all", "beside"}


def test_training_lowers_the_loss(model, pairs, trained):
    """Beside the same model without an adapter, on passages that are held out."""
    _, held_out = read_tasks(pairs)
    fresh = Reader(model, "cpu", ReaderTraining(max_tokens=64))

    def loss(task: ReadingTask, logits: list[float]) -> float:
        return float(loss_of(torch.tensor(logits), torch.tensor(task.labels)))

    with torch.inference_mode():
        before = [loss(task, fresh.logits([task])[0].tolist()) for task in held_out]
    scoring, engine = _settings(trained), _engine(model)
    after = []
    for task in held_out:
        asked = [Pair(str(n), text, task.passage) for n, text in enumerate(task.instructions)]
        found = MODES["match_v1"].measure(engine, asked, scoring, Known())
        after.append(loss(task, [one.signals["match_v1_logit"] for one in found]))
    assert sum(after) < 0.9 * sum(before)


def test_what_is_trained_is_what_the_engine_reads(model, pairs, monkeypatch):
    """The passage once and its instructions after it, in training; through the engine without sharing, and without an adapter's effect."""
    # In bfloat16, where the processor has it, numbers are rounded by more.
    monkeypatch.setattr("bubblenet.training.reader.resolve_dtype", lambda *_: "float32")
    task = read_tasks(pairs)[0][0]
    fresh = Reader(model, "cpu", ReaderTraining(max_tokens=64))  # a new adapter adds nothing
    engine = TransformersEngine(LanguageModel.load(model, "float32", "cpu"), Codec.load(model), 4096, 256, is_shared=False)
    answers = engine.label_distribution([LabelRequest(text, MATCH.build(text, task.passage), MATCH.labels) for text in task.instructions])
    with torch.inference_mode():
        found = fresh.logits([task])[0].sigmoid().tolist()
    assert found == pytest.approx([answer.probabilities[0] for answer in answers], abs=1e-4)


def test_passages_read_together_are_read_as_each_alone(model, pairs, monkeypatch):
    monkeypatch.setattr("bubblenet.training.reader.resolve_dtype", lambda *_: "float32")
    first, second, *_ = read_tasks(pairs)[0]
    longer = replace(first, passage=first.passage * 4)
    fewer = replace(second, instructions=second.instructions[:2], labels=second.labels[:2], kinds=second.kinds[:2])
    reader = Reader(model, "cpu", ReaderTraining(max_tokens=64))
    with torch.inference_mode():
        together = [logits.tolist() for logits in reader.logits([longer, fewer])]
        assert together == [pytest.approx(reader.logits([task])[0].tolist(), abs=1e-4) for task in (longer, fewer)]
    assert [len(logits) for logits in together] == [4, 2]


@pytest.mark.parametrize(("dtype", "expected"), [("float32", False), ("bfloat16", True)])
def test_matrices_compute_in_the_bfloat16_of_their_model_and_stay_float32(model, dtype, expected):
    """What they add is the same but for rounding, and a model of another dtype is left alone."""
    loaded = LanguageModel.load(model, dtype, "cpu").model
    adapters.add_layers(loaded, LoraConfig(r=4, target_modules=adapters.linear_layers(loaded), init_lora_weights=False), "reader")
    matrices = adapters.trained_parameters(loaded)
    for matrix in matrices:
        matrix.data = matrix.data.float()
    layer = next(module for module in loaded.modules() if isinstance(module, LoraLayer))
    values = torch.linspace(-1, 1, layer.in_features).to(loaded.dtype)[None]
    plain = layer(values)
    with adapters.mixed_precision(loaded):
        assert torch.is_autocast_enabled("cpu") is expected
        mixed = layer(values)
    torch.testing.assert_close(mixed.float(), plain.float(), rtol=0.05, atol=0.05)
    mixed.float().sum().backward()
    assert {matrix.dtype for matrix in matrices} == {torch.float32}
    assert any(matrix.grad is not None and matrix.grad.abs().sum() > 0 for matrix in matrices)


def test_the_mode_holds_the_reader_in_its_fingerprint(trained):
    scoring = _settings(trained)
    parts = MODES["match_v1"].parts(scoring)
    assert parts["reader"] == find_reader(str(trained)).digest
    assert "match_v1" not in load(None, []).scoring.modes  # until a calibration uses it


def test_a_reader_of_other_weights_is_refused_before_any_work(trained):
    with pytest.raises(ModelError, match=r"got weights c{16}.*bubblenet train-reader"):
        modes.check(EngineSpec("transformers", "other", "c" * 64), _settings(trained))


def test_a_reader_that_was_asked_another_question_is_refused(trained, tmp_path):
    for file in trained.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    card = json.loads((tmp_path / "card.json").read_text())
    (tmp_path / "card.json").write_text(json.dumps(card | {"prompt": "another"}))
    with pytest.raises(ModelError, match="Train it anew"):
        find_reader(str(tmp_path))


def test_a_bad_line_and_a_missing_side_are_named(tmp_path):
    file = tmp_path / "pairs.jsonl"
    file.write_text(json.dumps(_row(1, False)) + "\n" + '{"passage": "x"}\n')
    with pytest.raises(InputError, match="line 2"):
        read_tasks(file)
    file.write_text(json.dumps(_row(1, False)) + "\n")
    with pytest.raises(InputError, match="1 and 0"):
        read_tasks(file)
    with pytest.raises(InputError, match="mine_pairs"):
        read_tasks(tmp_path / "none.jsonl")


def test_figures_are_by_kind(model):
    class Sure:
        def logits(self, tasks):
            return [torch.tensor([{"heading": 1.0, "hard": 2.0, "easy": 0.0}[kind] for kind in task.kinds]) for task in tasks]

    tasks = [ReadingTask("p", ("a", "b", "c"), (1, 0, 0), ("heading", "hard", "easy"), "p", "en")] * 3
    assert assess(Sure(), tasks) == {"all": 0.5, "easy": 1.0, "hard": 0.0}

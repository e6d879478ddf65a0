"""A model is trained on the prompts of its profile: what decides them is in its id, and reaches the training processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from bubblenet.engines.tokens import Codec
from bubblenet.export.shards import Folder
from bubblenet.settings import load
from bubblenet.training.description import TrainingJob
from bubblenet.training.planning import TrainingPlan, plan_training
from bubblenet.training.tokenised import encode
from tests.families import FAMILIES
from tests.tiny_models import save_model

QWEN_3 = FAMILIES["Qwen 3"]


@pytest.fixture
def plan(tmp_path, monkeypatch):
    """A function that plans a training of a folder; the export is told of, not made."""
    monkeypatch.setenv("BUBBLENET_CACHE", str(tmp_path / "cache"))

    def make(folder: Path, *overrides: str, direction: str = "forward") -> TrainingPlan:
        manifest = {"made_from": {"settings": {"direction": direction}}, "data_sha256": "0" * 64, "shards": []}
        monkeypatch.setattr(Folder, "manifest", lambda self: manifest)
        return plan_training(load(None, [f"models.start={folder}", *overrides]), str(tmp_path / "export"), str(tmp_path))

    return make


def test_the_arguments_of_the_direction_decide_the_id_and_the_prompts(plan, tmp_path):
    folder = tmp_path / "model"
    QWEN_3.model().save_pretrained(folder)
    QWEN_3.save_tokenizer(folder)
    thinking = "engine.forward.template_arguments={enable_thinking = true}"
    silent, loud, backward = plan(folder), plan(folder, thinking), plan(folder, thinking, direction="backward")
    row = {"prompt": [{"role": "user", "content": "U"}], "completion": [{"role": "assistant", "content": "A"}]}

    assert silent.model_id == backward.model_id != loud.model_id
    texts = []
    for planned in (silent, loud):
        codec = Codec.load(folder, arguments=TrainingJob.read(planned.job.write()).template_arguments)
        texts.append(codec._tokenizer.decode(encode(row, codec, 99)["input_ids"]))
    assert texts == [f"{QWEN_3.prompt}A<|im_end|>", f"{QWEN_3.prompt.partition('<think>')[0]}A<|im_end|>"]


def test_a_plain_profile_leaves_the_id_of_a_training_as_it_was(plan, tmp_path):
    planned = plan(save_model(tmp_path / "model"))
    assert "profile" not in planned.deciding
    assert planned.job.template_arguments == {}

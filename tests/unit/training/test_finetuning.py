"""Training of a tiny model: what is learnt is what the engine asks, kills lose nothing, and the number of processes changes nothing."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from transformers import AutoModelForCausalLM

from bubblenet.engines.protocol import EngineSpec, LikelihoodRequest, Prompt
from bubblenet.engines.tokens import Codec
from bubblenet.engines.transformers import TransformersEngine
from bubblenet.engines.weights import digest_of
from bubblenet.errors import InputError, SettingsError
from bubblenet.settings.training import Training
from bubblenet.training import finetuning
from bubblenet.training.description import DESCRIPTION, PROGRESS, TrainingJob, TrainingResult
from bubblenet.training.finetuning import finetune, global_batch
from bubblenet.training.tokenised import NOT_TRAINED, encode, tokenised
from tests.tiny_models import save_model

pytestmark = pytest.mark.slow

SETTINGS = {
    "method": "full", "learning_rate": 0.01, "epochs": 4.0, "batch_examples": 4, "max_tokens": 256, "dtype": "float32",
    "checkpoint_steps": 2,
}  # fmt: skip
COUNTED = [f"Count to {number}." for number in range(3, 27)]


def row(question: str, answer: str, system: str | None = "Be brief.") -> dict:
    turns = [{"role": "system", "content": system}] if system else []
    return {"prompt": [*turns, {"role": "user", "content": question}], "completion": [{"role": "assistant", "content": answer}]}


ROWS = [row(question, " ".join(map(str, range(1, 3 + place % 5)))) for place, question in enumerate(COUNTED)]


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    return save_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def shards(tmp_path_factory) -> tuple[Path, list[dict]]:
    """An export of two training files and one for validation, as its manifest lists them."""
    folder, described = tmp_path_factory.mktemp("export"), []
    for name, split, rows in (("0", "train", ROWS[:20:2]), ("1", "train", ROWS[1:20:2]), ("2", "validation", ROWS[20:])):
        pq.write_table(pa.Table.from_pylist(rows), folder / name)
        described.append({"path": name, "split": split, "sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest()})
    return folder, described


@pytest.fixture
def job(model, shards, tmp_path):
    """A function that describes a training with some settings changed."""

    def make(name: str, **changes) -> TrainingJob:
        settings = Training.model_validate(SETTINGS | changes).model_dump(mode="json")
        return TrainingJob(str(tmp_path / name), str(model), digest_of(str(model)), str(shards[0]), shards[1], settings)

    return make


def start(job: TrainingJob, num_processes: int = 1) -> subprocess.Popen:
    """The training in processes of its own, as torchrun starts it."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(num_processes)]
    module = ["-m", "bubblenet.training.finetuning", str(job.write())]
    return subprocess.Popen([*command, *module], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def trained(job: TrainingJob, num_processes: int = 1, *, is_apart: bool = False) -> TrainingResult:
    """What a training comes to. is_apart: also one of a single process in a process of its own, which takes 15 s of CPU to start."""
    if num_processes == 1 and not is_apart:
        finetune(job)
        return TrainingResult.of(job.folder)
    process = start(job, num_processes)
    output, _ = process.communicate()
    assert process.returncode == 0, output
    return TrainingResult.of(job.folder)


def loss_of_weights(folder: Path, rows: list[dict]) -> float:
    """Mean over rows of the loss a token of the completion with its end, by transformers alone."""
    model, codec = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32), Codec.load(folder)
    examples = [encode(given, codec, 256) for given in rows]
    with torch.no_grad():
        losses = [model(**{name: torch.tensor([ids]) for name, ids in example.items()}).loss.item() for example in examples]
    return sum(losses) / len(losses)


def loss_of_engine(folder: str, rows: list[dict]) -> float:
    """Mean over rows of the loss a token of the completion with its end, by the engine that stages use."""
    engine = TransformersEngine.load(EngineSpec("transformers", folder, digest_of(folder), "float32"))
    requests = [
        LikelihoodRequest(
            str(number), Prompt(given["prompt"][-1]["content"], given["prompt"][0]["content"]), given["completion"][0]["content"]
        )
        for number, given in enumerate(rows)
    ]
    answers = engine.log_likelihood(requests)
    return -sum((answer.log_probability + answer.end_log_probability) / (answer.num_tokens + 1) for answer in answers) / len(answers)


@pytest.mark.parametrize("method", ["full", "lora"])
def test_the_trained_model_is_what_the_trainer_measured(job, model, method):
    trained_job = job(method, method=method, epochs=8.0, lora_rank=32, learning_rate=0.01)
    finetune(trained_job)
    result = TrainingResult.of(trained_job.folder)
    assert result.validation_loss < result.validation_loss_before - 0.3
    assert loss_of_weights(model, ROWS[20:]) == pytest.approx(result.validation_loss_before, abs=1e-3)
    assert loss_of_weights(Path(trained_job.folder, "weights"), ROWS[20:]) == pytest.approx(result.validation_loss, abs=1e-3)
    assert [step for step, _, _ in result.losses] == list(range(1, 41))


def test_the_engine_is_asked_for_what_was_learnt(job):
    """It counts every token that could end an answer; after training, the one that was trained has nearly all the probability."""
    learnt = job("learnt", epochs=8.0)
    finetune(learnt)
    assert loss_of_engine(f"{learnt.folder}/weights", ROWS[20:]) == pytest.approx(
        TrainingResult.of(learnt.folder).validation_loss, abs=0.02
    )


def test_a_training_that_ended_is_not_run_again(job):
    described = job("once", tokens=1)
    finetune(described)
    before = (Path(described.folder) / PROGRESS).read_text()
    finetune(described)
    assert (Path(described.folder) / PROGRESS).read_text() == before
    assert TrainingResult.of(described.folder).num_steps == 1


def test_two_processes_learn_what_one_learns(job):
    alone, together = trained(job("one")), trained(job("two"), 2)
    assert (alone.num_processes, together.num_processes) == (1, 2)
    assert together.num_tokens == alone.num_tokens
    assert [point[:2] for point in together.losses] == [point[:2] for point in alone.losses]
    assert [loss for *_, loss in together.losses] == pytest.approx([loss for *_, loss in alone.losses], abs=1e-3)


@pytest.mark.parametrize("num_examples", [pytest.param(1, marks=pytest.mark.nightly), 3])
def test_two_processes_validate_on_all_examples_that_one_has(job, num_examples):
    few = {"epochs": 1.0, "validation_examples": num_examples}
    alone, together = trained(job("one", **few)), trained(job("two", **few), 2)
    assert together.validation_loss_before == pytest.approx(alone.validation_loss_before, abs=1e-4)
    assert together.validation_loss == pytest.approx(alone.validation_loss, abs=1e-3)


@pytest.mark.parametrize(("method", "num_processes"), [("full", 1), pytest.param("lora", 2, marks=pytest.mark.nightly)])
def test_a_killed_training_ends_as_an_undisturbed_one(job, method, num_processes):
    long = {"epochs": 12.0, "checkpoint_steps": 10, "method": method}
    undisturbed, killed = job("undisturbed", **long), job("killed", **long)
    process, progress = start(killed, num_processes), Path(killed.folder) / PROGRESS
    while not progress.is_file() or len(progress.read_text().splitlines()) < 15:
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)  # torchrun; its processes end with it
    process.wait()
    assert TrainingResult.of(killed.folder) is None
    resumed, whole = trained(killed, num_processes, is_apart=True), trained(undisturbed, num_processes)
    assert (resumed.num_steps, resumed.num_tokens) == (whole.num_steps, whole.num_tokens)
    assert [loss for *_, loss in resumed.losses] == pytest.approx([loss for *_, loss in whole.losses], abs=1e-3)
    lines = [json.loads(line)["step"] for line in progress.read_text().splitlines()]
    assert lines.count(1) == 1  # it did not begin again


def test_a_training_that_was_killed_after_its_last_step_trains_no_step_more(job, monkeypatch):
    """Nine steps an epoch, and one example over; the budget of tokens ends in the middle of an epoch."""
    described = job("unsaved", batch_examples=2, epochs=1.6, checkpoint_steps=4)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(finetuning, "save", killed)
    with pytest.raises(KeyboardInterrupt):
        finetune(described)
    monkeypatch.undo()
    finetune(described)
    result = TrainingResult.of(described.folder)
    assert result.num_steps == 16
    assert [step for step, *_ in result.losses] == list(range(1, 17))


@pytest.mark.parametrize("device_examples", [1, 2, 8])
def test_what_is_over_after_the_last_whole_step_is_left_out(job, device_examples):
    described = job(f"over{device_examples}", batch_examples=8, epochs=2.0, device_examples=device_examples)
    finetune(described)
    result = TrainingResult.of(described.folder)
    assert (result.num_examples, result.num_steps) == (16, 4)  # of 20
    steps = [tokens for _, tokens, _ in result.losses]
    assert [after - before for before, after in pairwise([0, *steps])] == pytest.approx([steps[0]] * 4, rel=0.2)


def test_packed_examples_do_not_see_each_other(job):
    """With every sequence in one step, a step of packed examples is a step of all examples: the loss is the same."""
    apart = job("apart", batch_examples=20, device_examples=20, epochs=1.0)
    finetune(apart)
    wide = job("packed", packing=True, batch_examples=1, max_tokens=2048, epochs=1.0)
    finetune(wide)
    packed = TrainingResult.of(wide.folder)
    assert packed.num_examples == 1
    assert packed.losses[0][2] == pytest.approx(TrainingResult.of(apart.folder).losses[0][2], abs=1e-3)


def test_files_that_were_changed_after_the_export_are_refused(job):
    described = job("changed")
    shards = [shard | {"sha256": "0" * 64} for shard in described.shards]
    with pytest.raises(InputError, match="digest"):
        finetune(replace(described, shards=shards))


def test_too_few_examples_for_one_step_are_named(job):
    with pytest.raises(InputError, match="one step of 64"):
        finetune(job("few", batch_examples=64))


@pytest.mark.parametrize(("batch", "device", "processes", "expected"), [(16, 2, 1, (2, 8)), (16, 3, 2, (2, 4)), (6, 4, 2, (3, 1))])
def test_a_step_is_divided_evenly(batch, device, processes, expected):
    assert global_batch(Training(batch_examples=batch, device_examples=device), processes) == expected


def test_a_step_that_cannot_be_divided_is_refused():
    with pytest.raises(SettingsError, match="multiple"):
        global_batch(Training(batch_examples=5), 2)


def test_the_prompt_is_not_trained_and_the_end_is(model):
    codec = Codec.load(model)
    encoded = encode(row("Why?", "So.<|im_end|>"), codec, 256)
    labels = [label for label in encoded["labels"] if label != NOT_TRAINED]
    assert codec.decode(labels) == "So.< |im_end|>"
    assert labels[-1] == codec.end_ids[-1]
    assert labels.count(codec.end_ids[-1]) == 1
    assert len(encoded["labels"]) == len(encoded["input_ids"])


def test_a_long_answer_is_cut_and_a_long_prompt_left_out(model):
    codec = Codec.load(model)
    cut = encode(row("Why?", "a" * 300), codec, 128)
    assert len(cut["input_ids"]) == 128
    assert cut["labels"][-1] not in codec.stop_ids
    assert encode(row("a" * 300, "So."), codec, 128) == {"input_ids": [], "labels": []}


@pytest.mark.parametrize("keeps_cut", [True, False])
def test_completions_beyond_the_limit_are_counted_and_cut_without_an_end_or_left_out(job, model, keeps_cut):
    codec = Codec.load(model)
    limit = len(encode(ROWS[1], codec, 256)["input_ids"])  # "1 2 3 4"; longer answers go beyond it
    sets, too_long = tokenised(job(f"limit{keeps_cut}", max_tokens=limit), model, limit, keeps_cut=keeps_cut)
    ends = [example["labels"][-1] == codec.end_ids[-1] for examples in sets.values() for example in examples]
    num_long = sum(len(encode(given, codec, 256)["input_ids"]) > limit for given in ROWS)
    assert (too_long.num_left_out, too_long.num_cut) == (0, num_long)
    assert ends.count(False) == (num_long if keeps_cut else 0)
    assert ends.count(True) == len(ROWS) - num_long > 0
    assert num_long > 0


def test_other_turns_are_refused(model):
    with pytest.raises(InputError, match="one exchange"):
        encode(row("Why?", "So.") | {"completion": []}, Codec.load(model), 128)


def test_a_description_is_read_as_it_was_written(job, tmp_path):
    described = job("written")
    assert asdict(TrainingJob.read(described.write())) == asdict(described)
    with pytest.raises(InputError, match=DESCRIPTION):
        TrainingJob.read(tmp_path / DESCRIPTION)

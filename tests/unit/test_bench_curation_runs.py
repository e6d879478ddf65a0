"""Trainings of `make bench-curation`: equal tokens and steps, made once, and a control that can stop the rest."""

from __future__ import annotations

import io
import json
import random
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from bubblenet.errors import InputError
from tests.benchmarks import curation, curation_models
from tests.benchmarks.curation_analysis import START
from tests.benchmarks.curation_models import Example, Learner, steps_of
from tests.benchmarks.curation_pairs import held_out
from tests.benchmarks.curation_plan import read_plan
from tests.benchmarks.curation_report import as_html, as_json, print_report
from tests.benchmarks.curation_runs import CONTROL, Bench, Store
from tests.curation_pools import FakeJudge, made_pairs, made_pool
from tests.tiny_models import save_model

PLANNED = read_plan(committed=False)


def test_steps_read_alike_whatever_the_length_of_an_example():
    short, long = ([Example(tuple(range(length)), 2) for _ in range(9)] for length in (20, 47))
    for examples in (short, long):
        batches = list(steps_of(examples, 12, 100, random.Random(0)))
        read = np.cumsum([sum(len(example.ids) for example in batch) for batch in batches])
        assert len(batches) == 12
        assert all(0 <= total - 100 * step < len(examples[0].ids) for step, total in enumerate(read, 1))
    with pytest.raises(InputError, match="tokens of a step"):
        next(steps_of(long, 1, 40, random.Random(0)))


@pytest.fixture(scope="module")
def learner(tmp_path_factory) -> Learner:
    rule = PLANNED.plan.training.model_copy(update={"learning_rate": 0.02, "passage_tokens": 60, "answer_tokens": 20})
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(curation_models, "resolve_dtype", lambda *_: "float32")  # bfloat16, where the processor has it, rounds by more
        return Learner(str(save_model(tmp_path_factory.mktemp("start"))), rule)


def test_scores_are_those_of_the_whole_sequence_and_training_starts_anew(learner):
    import torch

    examples = [
        learner.write.backward(pair.instruction[:n], pair.response, ends=False) for n, pair in zip((9, 14, 22), made_pairs(3), strict=True)
    ]
    learner.begin(0)
    before = learner.score(examples)
    for example, found in zip(examples, before, strict=True):
        ids = torch.tensor([example.ids])
        with torch.inference_mode():
            logits = learner._model(input_ids=ids).logits[0, example.num_prompt - 1 : -1].log_softmax(-1)
        wanted = logits.gather(1, ids[0, example.num_prompt :, None]).mean()
        assert found == pytest.approx(float(wanted), abs=1e-4)
    first = learner.train(examples, 8, 200, seed=1)
    after = learner.score(examples)
    assert sum(after) > sum(before) + 0.1
    assert first.last_loss < first.first_loss
    assert learner.train(examples, 8, 200, seed=1).last_loss == pytest.approx(first.last_loss, abs=1e-4)
    learner.begin(5)
    assert learner.score(examples) == pytest.approx(before, abs=1e-5)


def small_run(tmp_path, learner: Learner, planned=PLANNED) -> curation.Experiment:
    profile = planned.plan.profiles[-1].model_copy(
        update={"repeats": 2, "steps": 2, "step_tokens": 150, "pairs": 8, "items": {"backward": 10, "forward": 4}}
    )
    asked = [replace(pair, page=f"held{pair.page}", passage=f"held{pair.passage}") for pair in made_pairs(40)]
    items = {metric: held_out(asked, number) for metric, number in profile.items.items()}
    store = Store.of(tmp_path, planned, profile, "tiny", learner.digest, items["backward"])
    return curation.Experiment(planned, profile, Bench(learner, items), store, Console(quiet=True))


def test_a_result_is_made_once_and_a_run_goes_on(tmp_path, learner, monkeypatch):
    control, arms = made_pairs(40), tuple(PLANNED.plan.arms.control)
    experiment = small_run(tmp_path, learner)
    experiment.control("backward", control, arms[:2])
    files = {file: file.stat().st_mtime_ns for file in (experiment.store.folder / CONTROL).iterdir()}
    assert len(files) == 1 + 2 * 2
    trained = []
    train = Learner.train
    monkeypatch.setattr(Learner, "train", lambda self, *rest, seed: trained.append(seed) or train(self, *rest, seed=seed))
    again = small_run(tmp_path, learner)
    again.control("backward", control, arms)
    assert len(trained) == 2 * 2  # the two arms that were not there
    assert all(file.stat().st_mtime_ns == written for file, written in files.items())
    results = again.store.results([CONTROL])
    assert {(one.arm, one.repeat) for one in results} == {(START, 0)} | {(name, repeat) for name in arms for repeat in (0, 1)}
    trainings = [one.training for one in results if one.training]
    assert {one["num_steps"] for one in trainings} == {2}
    assert max(one["tokens_read"] for one in trainings) - min(one["tokens_read"] for one in trainings) < 120
    other = replace(PLANNED, digest="another")
    assert not small_run(tmp_path, learner, other).store.results([CONTROL])


def test_a_control_that_does_not_separate_stops_the_rest(tmp_path, learner, monkeypatch):
    experiment = small_run(tmp_path, learner)
    monkeypatch.setattr(curation.Experiment, "warehouse", lambda *_: pytest.fail("an arm was trained"))
    chosen = curation.choose(PLANNED, [], ["forward"], [])

    shown = list(curation.measured(experiment, chosen, made_pairs(40), made_pool(), FakeJudge()))

    assert [one.metric.name for one in shown] == ["forward", "forward_rank"]
    assert any("true - all shuffled: wanted better" in reason for reason in shown[0].stopped)  # a random model learns nothing in two steps
    assert {row.name for row in shown[0].comparisons} == {one.name for one in PLANNED.plan.analyses if one.control != "no"}
    report = curation.Report(PLANNED, experiment.profile, "tiny", shown, {"oracle": "none"}, experiment.store.results([CONTROL]))
    assert PLANNED.digest in as_html(report)
    assert json.loads(as_json(report))["plan"] == PLANNED.digest
    assert json.loads(as_json(report))["stopped"]["forward"]
    console = Console(record=True, width=250, file=io.StringIO())
    print_report(console, report)
    said = console.export_text()
    assert PLANNED.digest in said
    assert "STOPPED: the positive control does not separate: forward, true - all shuffled" in said
    assert "left out: oracle: none" in said

    arguments = curation.parsed(["--analyse", "--folder", str(experiment.store.folder)])
    again = curation.analyse(arguments, PLANNED, chosen)  # of the files alone
    assert [row.as_row() for one in again.shown for row in one.comparisons] == [row.as_row() for one in shown for row in one.comparisons]
    with pytest.raises(InputError, match="results of plan another"):
        curation.analyse(arguments, replace(PLANNED, digest="another"), chosen)

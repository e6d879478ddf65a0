"""The loop asks for its steps in order, with the settings of each round, whoever runs them; and each may be an application."""

from __future__ import annotations

import json
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from bubblenet import settings
from bubblenet.app import applications
from bubblenet.app.applications import overrides_of, write_result
from bubblenet.app.looping import by_applications
from bubblenet.errors import SettingsError, StepError
from bubblenet.jobs import iterate as job
from bubblenet.rounds import loop
from bubblenet.rounds.steps import check_engines
from bubblenet.settings.steps import engine_of_step

PROMOTED = {"decision": "promoted", "reason": None}
MEASURED = {
    "num_curated": 1, "num_left_out": 0, "bound_on_start": 0.1, "bound_on_parent": 0.1, "gain_on_start": 0.1, "gain_on_parent": 0.1,
    "num_deciding": 9, "num_reporting": 9, "num_tokens": 100, "num_steps": 4, "parent_tokens": 100, "agreement": None, "length_ratio": 1.0,
}  # fmt: skip


class Steps:
    """Answers every step; a comparison refuses the round of that number."""

    def __init__(self, refused: int = 99) -> None:
        self.asked: list[tuple[str, dict, dict]] = []
        self.refused = refused

    def __call__(self, name: str, arguments: dict, changes: dict) -> dict:
        self.asked.append((name, arguments, json.loads(json.dumps(changes))))
        verdict = {"decision": "refused", "reason": "unproven_gain_on_parent"} if arguments.get("number") == self.refused else PROMOTED
        return {
            "prepare": {"longest_instruction": 17},
            "export": {"folder": f"exports/{arguments.get('name')}", "data_sha256": "d", "num_curated": 3, "num_left_out": 1},
            "finetune": {"model": f"model:{arguments.get('folder')}", "num_tokens": 9000, "num_steps": 12},
            "compare": {"measured": MEASURED, "decision": verdict, "estimates": []},
            "calibrate": {"curation": {"calibration": f"of {arguments.get('judge')}"}},
        }.get(name, {})


def test_steps_follow_one_another_until_a_round_is_refused():
    steps = Steps(refused=2)

    rounds = loop.iterate(steps, settings.Settings(), 5)

    assert [found.decision.decision for found in rounds] == ["promoted", "promoted", "refused"]
    training = ["export", "finetune"]
    judging = ["score", "curate", *training, "compare"]
    names = ["prepare", *training, "assess", *training, "compare", "corpus", "backtranslate", *judging, *judging]
    assert [name for name, _, _ in steps.asked] == names


def test_a_round_is_judged_by_its_parent_and_reads_as_many_tokens_as_the_first():
    steps = Steps()

    loop.iterate(steps, settings.load(None, ["rounds.labels=l.jsonl", 'paraphrasing.pivots=["es"]']), 1)

    scored = next(changes for name, _, changes in steps.asked if name == "score")
    assert scored["models"] == {"backward": "model:exports/backward", "forward": "model:exports/round0"}
    assert scored["curation"] == {"round": 1, "calibration": "of model:exports/round0"}
    assert scored["backtranslation"]["max_new_tokens"] == 17
    trained = [changes for name, arguments, changes in steps.asked if name == "finetune"]
    assert "training" not in trained[0] | trained[1]  # the backward model and M0 read what the settings say
    assert trained[2]["training"]["tokens"] == 9000
    _, about, _ = steps.asked[-1]
    assert (about["parent"], about["parent_tokens"], about["num_left_out"]) == ("model:exports/round0", 9000, 1)
    assert "paraphrase" in [name for name, _, _ in steps.asked]
    backward = next(changes for name, arguments, changes in steps.asked if name == "export")
    assert backward["export"] == {"direction": "backward", "curated_weight": 0.0}


@pytest.fixture
def submitted(monkeypatch) -> list[dict]:
    """Applications that are not started: they leave what Steps answers; a step of that name fails."""
    commands: list[dict] = []
    steps = Steps()

    def run(command: list[str], stderr, **others) -> subprocess.CompletedProcess:
        given = dict(pairwise(command))
        asked = json.loads(given["--only"])
        commands.append({"step": asked["step"], "command": command, "conf": Path(given["--properties-file"]).name})
        if asked["step"] == "finetune" and "fails" in given["--warehouse"]:
            stderr.write("Caused by: java.lang.OutOfMemoryError\n")
            return subprocess.CompletedProcess(command, 1)
        write_result(given["--warehouse"], given["--only"], steps(asked["step"], asked["arguments"], {}))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(applications.subprocess, "run", run)
    monkeypatch.setattr(applications.session, "check_java", lambda: None)
    monkeypatch.setattr("bubblenet.app.looping.print_rounds", lambda rounds, console: None)
    return commands


ARGUMENTS = ["--rounds", "1", "--snapshot", "A", "--input", "pages", "--limit", "2", "--set", "steps.finetune.spark_conf=train"]


def loop_of_applications(warehouse: Path, *more: str) -> int:
    """As `spark-submit jobs/iterate.py` and `bubblenet iterate` begin."""
    return job.JOB.main([*ARGUMENTS, "--warehouse", str(warehouse), *more])


def test_each_step_is_an_application_with_its_own_configuration_and_engine(submitted, tmp_path, capsys):
    engine = ["--set", "steps.backtranslate.engine.kind=server", "--set", "steps.backtranslate.engine.command=serve {model} --port {port}"]

    assert loop_of_applications(tmp_path, *engine) == 0

    confs = {row["step"]: row["conf"] for row in submitted}
    assert confs.pop("finetune") == "train.conf"
    assert set(confs.values()) == {"local.conf"}
    by_step = {row["step"]: row["command"] for row in submitted}
    assert 'engine.kind="server"' in by_step["backtranslate"]
    assert 'engine.command="serve {model} --port {port}"' in by_step["backtranslate"]
    assert not [word for word in by_step["score"] if word.startswith("engine.")]
    assert 'models.forward="model:' in " ".join(by_step["score"])
    assert ("--limit", "2") in pairwise(by_step["corpus"])
    assert "[finetune] by train; log: " in capsys.readouterr().out


def test_a_step_that_fails_is_named_with_its_log_and_what_to_do(submitted, tmp_path, capsys):
    assert loop_of_applications(tmp_path / "fails") == 2

    said = capsys.readouterr().err
    assert "StepError: wanted step finetune to end well, as an application by train; got exit code 1." in said
    assert "start the same command again: it goes on with this step" in said
    assert "OutOfMemoryError" in said
    [log] = [word.rstrip(".") for word in said.split() if word.startswith(str(tmp_path)) and "_logs" in word][-1:]
    assert "OutOfMemoryError" in Path(log).read_text()


def test_a_configuration_that_is_missing_is_named_before_any_step(submitted, tmp_path, capsys):
    assert loop_of_applications(tmp_path, "--set", "steps.assess.spark_conf=nowhere") == 2
    assert loop_of_applications(tmp_path, "--set", "steps.assess.engine.kimd=server") == 2

    said = capsys.readouterr().err
    assert "wanted a Spark configuration; got execution.spark_conf = 'nowhere'" in said
    assert "`steps.assess.engine.kimd`" in said
    assert submitted == []


def test_a_path_is_a_configuration(submitted, tmp_path):
    own = tmp_path / "own.conf"
    own.write_text("spark.master spark://host:7077\n")

    assert loop_of_applications(tmp_path / "w", "--set", f"steps.curate.spark_conf={own}") == 0

    assert {row["conf"] for row in submitted if row["step"] == "curate"} == {"own.conf"}


def test_without_keys_of_steps_there_is_one_application():
    assert not by_applications({"warehouse": "w", "config": None, "overrides": [], "only": ""})
    assert not by_applications({"warehouse": "w", "config": None, "overrides": ["steps.finetune.spark_conf=train"], "only": "{}"})


def test_an_engine_of_one_model_is_refused_and_one_for_each_is_not():
    chosen = settings.load(None, ["engine.kind=server", "engine.url=http://h/v1"])
    with pytest.raises(SettingsError, match="a loop has many; got a server with one"):
        check_engines(chosen.engine, chosen.engine)
    own = settings.load(None, ["steps.score.engine.kind=server", "steps.score.engine.command=serve {adapter} --port {port}"])
    check_engines(own.engine, engine_of_step(own, "score"))


def test_keys_of_a_role_are_merged_with_those_of_the_engine():
    chosen = settings.load(
        None, ["engine.forward.url=http://h/v1", "steps.score.engine.forward.kind=server", "steps.score.engine.concurrency=3"]
    )
    engine = engine_of_step(chosen, "score")
    assert (engine.forward.kind, engine.forward.url, engine.concurrency) == ("server", "http://h/v1", 3)
    assert engine_of_step(chosen, "assess").forward.kind == ""
    assert overrides_of({"engine": chosen.steps.score.engine}) == ['engine.forward.kind="server"', "engine.concurrency=3"]


def test_a_step_without_a_result_is_no_silent_success(tmp_path):
    with pytest.raises(StepError, match="the result of a step"):
        applications.read_result(str(tmp_path), "{}")

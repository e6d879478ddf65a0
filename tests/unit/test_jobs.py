"""Jobs are declared once, in jobs/: what the command makes of the declarations, before a session is started."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bubblenet import jobs
from bubblenet.app import session
from bubblenet.app.command_line import exit_code
from bubblenet.cli import main as cli
from bubblenet.cli import submitting
from bubblenet.cli.verbs import declared_jobs
from bubblenet.jobs import backtranslate, iterate, pipeline

ROOT = Path(__file__).resolve().parents[2]
JOBS = declared_jobs()
OWN = {
    "export": ["--out", "out"],
    "finetune": ["--export", "out"],
    "assess": ["--model", "model:abcd"],
    "seeds import": ["starter"],
    "retry": ["--stage", "ingest"],
    "run": ["--input", "pages"],
    "ingest": ["--input", "pages"],
}


def bubblenet(*argv: str) -> int:
    return exit_code(lambda: cli.app(list(argv)))


def arguments(script: str, warehouse: Path) -> list[str]:
    """A command line that the job's parser takes."""
    job = JOBS[script]
    return [*OWN.get(job.verb, []), *(["--snapshot", "A"] if job.on_snapshot else []), "--warehouse", str(warehouse)]


@pytest.fixture
def submitted(monkeypatch) -> list[list[str]]:
    """The command lines that would be run."""
    commands: list[list[str]] = []

    def run(command, **_):
        commands.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(submitting.subprocess, "run", run)
    monkeypatch.setattr(session, "check_java", lambda: None)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # typer sets its own
    return commands


def test_rounds_propose_as_a_run_does():
    named = pipeline.STEPS[1 : pipeline.STEPS.index(backtranslate.run) + 1]

    assert (*iterate.JOBS["corpus"], *iterate.JOBS["backtranslate"]) == tuple(named)


def test_every_script_declares_a_job_of_another_verb():
    scripts = {path.stem for path in Path(jobs.__path__[0]).glob("*.py")} - {"__init__"}

    assert set(JOBS) == scripts, "a job that follows an unknown verb is not listed"
    assert len({job.verb for job in JOBS.values()}) == len(JOBS)
    assert all(job.help.endswith(".") for job in JOBS.values())


def test_the_help_lists_the_jobs_in_the_order_of_the_method(capsys):
    assert bubblenet("--help") == 0
    printed = capsys.readouterr().out

    places = [printed.index(f" {job.verb.split()[0]}  ") for job in JOBS.values()]

    assert places == sorted(places)
    assert next(iter(JOBS)) == "pipeline"
    assert places[-1] < printed.index(" sql  ")


@pytest.mark.parametrize("script", JOBS)
def test_what_was_typed_is_submitted_as_it_was_typed(script, submitted, tmp_path):
    argv = [*arguments(script, tmp_path), "--set=budget.rows=1", "--set", "curation.grade_4=0.5"]

    assert bubblenet(*JOBS[script].verb.split(), *argv) == 0

    [command] = submitted
    [place] = [number for number, part in enumerate(command) if ROOT / part == ROOT / "jobs" / f"{script}.py"]
    assert set(command[3:place]) <= {"--conf", "spark.jars.packages="}  # where the jars are at hand
    assert command[place + 1 :] == argv


@pytest.mark.parametrize("script", [script for script in JOBS if not JOBS[script].makes_warehouse])
def test_a_mistyped_warehouse_is_named_and_not_made(script, submitted, tmp_path, capsys):
    missing = tmp_path / "warehose"

    assert bubblenet(*JOBS[script].verb.split(), *arguments(script, missing)) == 2
    assert JOBS[script].main(arguments(script, missing)) == 2

    assert capsys.readouterr().err.count(f"WarehouseError: wanted a warehouse; got no folder at {missing}") == 2
    assert not missing.exists()
    assert submitted == []


@pytest.mark.parametrize("script", [script for script in JOBS if JOBS[script].makes_warehouse])
def test_a_first_job_makes_the_warehouse(script, submitted, tmp_path):
    assert bubblenet(*JOBS[script].verb.split(), *arguments(script, tmp_path / "new")) == 0
    assert (tmp_path / "new" / "_logs").is_dir()
    assert len(submitted) == 1


def test_an_unknown_verb_names_the_nearest(capsys):
    assert bubblenet("deduplicat", "--snapshot", "A") == 2
    assert "Did you mean 'deduplicate'" in capsys.readouterr().err


def test_a_script_is_no_verb_unless_it_says_so(capsys):
    assert bubblenet("pipeline") == 2
    assert "No such command 'pipeline'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["run", "--snapshot", "A", "--warehouse", "w"], "got no --input"),
        (["run", "--snapshot", "all", "--input", "pages", "--warehouse", "w"], "wanted no --input with --snapshot all; got pages"),
        (["iterate", "--snapshot", "all", "--warehouse", "w"], "wanted one snapshot for iterate; got --snapshot all"),
        (["segment", "--snapshot", "A"], "Missing option '--warehouse'"),
        (["segment", "--snapsho", "A", "--warehouse", "w"], "No such option: --snapsho"),
        (["seeds", "import", "seeds.jsonl", "--warehouse", "w"], "InputError: wanted the licence of the pairs"),
        (["export", "--out", "o", "--warehouse", "w", "--set", "export.shard=2"], "`export.shards`"),
    ],
)
def test_wrong_arguments_are_named_before_anything_is_submitted(argv, message, submitted, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    assert bubblenet(*argv) == 2

    assert message in capsys.readouterr().err
    assert submitted == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("argv", "spared"), [(["version"], "pyspark"), (["segment", "--help"], "bubblenet.jobs.score"), (["version"], "bubblenet.settings")]
)
def test_a_command_imports_no_job_but_its_own(argv, spared):
    code = f"import sys\nfrom bubblenet.cli.main import app\ntry:\n    app({argv})\nfinally:\n    assert {spared!r} not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr

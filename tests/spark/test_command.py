"""The `bubblenet` command as a user types it: processes of their own, what they print, and the errors they name."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from bubblenet.app import job
from bubblenet.app.command_line import exit_code
from bubblenet.cli import main as cli
from bubblenet.jobs import ingest, pipeline
from bubblenet.kernel.context import Context
from bubblenet.settings import load
from tests.conftest import ROOT, SCRIPTED
from tests.corpora import page, write_pages

pytestmark = [pytest.mark.spark, pytest.mark.timeout(600)]

UNREACHABLE = " ".join(f"-D{scheme}.proxyHost=127.0.0.1 -D{scheme}.proxyPort=9" for scheme in ("http", "https"))


def bubblenet(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "bubblenet.cli.main", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env={**os.environ, **environment}, check=False)


def settings() -> list[str]:
    return [part for setting in SCRIPTED for part in ("--set", setting)]


def run(pages: Path, warehouse: Path, *more: str, **environment: str) -> subprocess.CompletedProcess:
    return bubblenet("run", "--input", str(pages), "--snapshot", "A", "--warehouse", str(warehouse), *more, **environment)


@pytest.fixture
def pages(tmp_path) -> Path:
    return write_pages(tmp_path / "pages", {f"page{n}": page(f"page{n}") for n in range(3)})


def test_run_then_look(pages, tmp_path):
    warehouse, report = tmp_path / "warehouse", tmp_path / "report.html"

    done = run(pages, warehouse, "--report", str(report), *settings())

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"spark-submit --properties-file conf/spark/local.conf (--conf spark.jars.packages= )?jobs/pipeline.py", done.stdout)
    assert "3 seen = 3 kept" in done.stdout
    assert "bubblenet sql" in done.stdout
    assert done.stdout.count("grade 5 from quality 0.75, grade 4 from quality 0.50") == 2
    assert not done.stderr
    assert not any(noise in done.stdout for noise in ("WARN", "Ivy", "log4j", "FutureWarning", "Traceback"))
    assert "<script src" not in report.read_text()
    assert str(warehouse) in done.stdout

    again = run(pages, warehouse, "--report", str(report), *settings(), PATH=str(Path(sys.executable).parent), JAVA_HOME="")
    assert again.returncode == 0, again.stdout + again.stderr
    assert "Nothing to do: 0 model calls" in again.stdout  # without Java
    assert "3 seen = 3 kept" in again.stdout
    assert str(report) in again.stdout
    changed = run(pages, warehouse, *settings(), "--set", "curation.grade_4=0.4", PATH=str(Path(sys.executable).parent), JAVA_HOME="")
    assert "EnvironmentProblem: wanted Java 17" in changed.stderr

    guessed = bubblenet("sql", "SELECT backtranslate(text) AS guess FROM segments LIMIT 2", "--warehouse", str(warehouse), *settings())
    assert guessed.returncode == 0, guessed.stderr
    assert "2 rows" in guessed.stdout


def test_no_java_is_named(pages, tmp_path):
    done = run(pages, tmp_path / "warehouse", PATH=str(Path(sys.executable).parent), JAVA_HOME="")
    assert done.returncode == 2
    assert "EnvironmentProblem: wanted Java 17" in done.stderr


def test_no_jar_is_named(pages, tmp_path):
    options, conf = f"-Duser.home={tmp_path} {UNREACHABLE}", tmp_path / "another_release.conf"
    conf.write_text((ROOT / "conf" / "spark" / "local.conf").read_text().replace(":4.4.0", ":4.3.9"))  # not that which setup has prepared
    done = run(pages, tmp_path / "warehouse", *settings(), "--set", f"execution.spark_conf={conf}", SPARK_SUBMIT_OPTS=options)
    assert done.returncode != 0
    assert "EnvironmentProblem: wanted the Delta jar" in done.stderr
    assert "docs/install.md" in done.stderr


def test_a_bad_model_folder_is_named_before_any_work(pages, tmp_path):
    model = tmp_path / "model"
    model.mkdir()
    (model / "pytorch_model.bin").write_bytes(b"x")
    (model / "config.json").write_text("{}")

    done = run(pages, tmp_path / "warehouse", "--set", f"models.backward={model}")

    assert done.returncode == 2
    assert "ModelError" in done.stdout
    assert "pickle" in done.stdout
    assert "seen =" not in done.stdout


def test_wrong_arguments_are_named_without_a_session(pages, tmp_path):
    wrong = run(pages, tmp_path / "warehouse", "--set", "engine.knd=scripted")
    assert wrong.returncode == 2
    assert "`engine.kind`" in wrong.stderr
    assert bubblenet("status", "--warehouse", str(tmp_path / "none")).returncode == 2


@pytest.fixture
def in_this_process(make_context, monkeypatch) -> Context:
    """The session of the test in place of a new one, for jobs and for the commands that look."""
    context = make_context()

    @contextmanager
    def opened(config, overrides, _location, _snapshot, *, create):
        yield replace(context, console=Console(width=200), settings=load(config, overrides))

    @contextmanager
    def open_for_reading(config, overrides, _location):
        yield load(config, overrides or []), context.warehouse

    monkeypatch.setattr(job, "opened", opened)
    monkeypatch.setattr(cli, "open_for_reading", open_for_reading)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # typer sets its own
    return context


def test_what_a_job_wants_is_named_before_any_work(in_this_process, pages, tmp_path, capsys):
    (tmp_path / "model").mkdir()
    arguments = ["--snapshot", "A", "--warehouse", str(tmp_path / "warehouse")]

    for given, words in (
        (["--input", str(tmp_path / "nowhere"), *settings()], "InputError: wanted an existing file or folder; got no such path"),
        (["--input", str(pages), "--set", f"models.backward={tmp_path / 'model'}"], "weights"),
    ):
        assert pipeline.JOB.main([*given, *arguments]) == 2
        printed = capsys.readouterr()
        assert words in printed.err
        assert "seen =" not in printed.out


def test_a_query_is_answered_and_a_wrong_one_is_named(in_this_process, capsys):
    def ask(query: str) -> int:
        return exit_code(lambda: cli.app(["sql", query, "--warehouse", in_this_process.warehouse.location]))

    assert ask("SELECT count(*) + 41 AS num FROM segments WHERE kept") == 0
    assert "41" in capsys.readouterr().out
    assert ask("SELECT * FROM segmnts") == 2
    assert "QueryError" in capsys.readouterr().err


def test_status_shows_every_stage_that_has_run(in_this_process, pages, capsys):
    warehouse = in_this_process.warehouse.location
    arguments = ["--snapshot", "A", "--warehouse", warehouse, "--input", str(pages), *settings()]
    assert ingest.JOB.main(arguments) == 0
    capsys.readouterr()

    assert exit_code(lambda: cli.app(["status", "--warehouse", warehouse, *settings()])) == 0
    assert "ingest" in capsys.readouterr().out

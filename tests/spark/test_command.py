"""The `bubblenet` command as a user types it: processes of their own, what they print, and the errors they name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, SCRIPTED
from tests.corpora import page, write_pages

pytestmark = [pytest.mark.spark, pytest.mark.timeout(600)]

UNREACHABLE = " ".join(f"-D{scheme}.proxyHost=127.0.0.1 -D{scheme}.proxyPort=9" for scheme in ("http", "https"))


def bubblenet(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "bubblenet.cli", *arguments]
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
    assert "spark-submit --properties-file conf/spark/local.conf jobs/pipeline.py" in done.stdout
    assert "3 seen = 3 kept" in done.stdout
    assert "bubblenet sql" in done.stdout
    assert done.stdout.count("grade 5 from quality 0.75, grade 4 from quality 0.50") == 2
    assert not done.stderr
    assert not any(noise in done.stdout for noise in ("WARN", "Ivy", "log4j", "FutureWarning", "Traceback"))
    assert "<script src" not in report.read_text()
    assert str(warehouse) in done.stdout

    found = bubblenet("sql", "SELECT count(*) AS num, min(snapshot) AS s FROM segments WHERE kept", "--warehouse", str(warehouse))
    assert found.returncode == 0, found.stderr
    assert "6" in found.stdout
    guessed = bubblenet("sql", "SELECT backtranslate(text) AS guess FROM segments LIMIT 2", "--warehouse", str(warehouse), *settings())
    assert guessed.returncode == 0, guessed.stderr
    assert "2 rows" in guessed.stdout
    status = bubblenet("status", "--warehouse", str(warehouse), *settings())
    assert status.returncode == 0, status.stderr
    assert "backtranslate" in status.stdout
    wrong = bubblenet("sql", "SELECT * FROM segmnts", "--warehouse", str(warehouse))
    assert wrong.returncode == 2
    assert "QueryError" in wrong.stderr
    assert "Traceback" not in wrong.stderr


def test_no_java_is_named(pages, tmp_path):
    done = run(pages, tmp_path / "warehouse", PATH=str(Path(sys.executable).parent), JAVA_HOME="")
    assert done.returncode == 2
    assert "EnvironmentProblem: wanted Java 17" in done.stderr


def test_no_jar_is_named(pages, tmp_path):
    options = f"-Duser.home={tmp_path} {UNREACHABLE}"
    done = run(pages, tmp_path / "warehouse", *settings(), SPARK_SUBMIT_OPTS=options)
    assert done.returncode != 0
    assert "EnvironmentProblem: wanted the Delta jar" in done.stderr
    assert "docs/install.md" in done.stderr


@pytest.mark.parametrize(
    ("files", "words"),
    [({}, "weights"), ({"pytorch_model.bin": b"x", "config.json": b"{}"}, "pickle")],
    ids=["no weights", "pickle"],
)
def test_a_bad_model_folder_is_named_before_any_work(pages, tmp_path, files, words):
    model = tmp_path / "model"
    model.mkdir()
    for name, content in files.items():
        (model / name).write_bytes(content)

    done = run(pages, tmp_path / "warehouse", "--set", f"models.backward={model}")

    assert done.returncode == 2
    assert "ModelError" in done.stdout
    assert words in done.stdout
    assert "seen =" not in done.stdout


def test_a_missing_input_and_a_wrong_setting_are_named(pages, tmp_path):
    missing = run(tmp_path / "nowhere", tmp_path / "warehouse", *settings())
    assert missing.returncode == 2
    assert "InputError: wanted an existing file or folder; got no such path" in missing.stdout
    wrong = run(pages, tmp_path / "warehouse", "--set", "engine.knd=scripted")
    assert wrong.returncode == 2
    assert "`engine.kind`" in wrong.stderr
    assert bubblenet("status", "--warehouse", str(tmp_path / "none")).returncode == 2

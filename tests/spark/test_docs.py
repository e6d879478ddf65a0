"""Every command of README and docs/ is run as it is printed, on two pages instead of the sample; `make` targets are looked up."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.corpora import page, passage, write_pages

pytestmark = [pytest.mark.nightly, pytest.mark.spark, pytest.mark.model, pytest.mark.timeout(2400)]

ELSEWHERE = {
    "spark://HOST": "tests/spark/test_cluster.py submits to a real cluster",
    "loopback_cluster.sh --": "tests/spark/test_cluster.py runs it, on a cluster of this machine",
}


def commands() -> list[str]:
    """The lines of all `sh` blocks, README first."""
    files = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    texts = [file.read_text(encoding="utf-8") for file in files]
    blocks = [block for text in texts for block in re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)]
    lines = [line.split("    #")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line]


def write_labels(path: Path) -> None:
    """Just enough labelled pairs for a calibration: the question of a text, and that of another one."""
    names = [f"device{number}" for number in range(20)]
    rows = [
        {
            "instruction": f"What is the purpose of {asked}?",
            "response": passage(name, "purpose"),
            "label": label,
            "page": f"page{number % 5}",
        }
        for number, name in enumerate(names)
        for label, asked in ((1, name), (0, names[number - 1]))
    ]
    path.write_text("\n".join(json.dumps(row | {"id": number}) for number, row in enumerate(rows)))


def write_reader_pairs(path: Path) -> None:
    """A passage to train a reader on, and one that is held out."""
    asked = [
        {"text": f"What is the purpose of {name}?", "label": label, "kind": "heading"} for name, label in (("device1", 1), ("rain", 0))
    ]
    row = {"package": "a-doc", "language": "en", "passage": passage("device1", "purpose"), "instructions": asked}
    path.write_text("\n".join(json.dumps(row | {"held_out": held_out}) for held_out in (False, True)))


def test_every_printed_command_works(tmp_path):
    for name in ("conf", "jobs", "tools"):
        (tmp_path / name).symlink_to(ROOT / name)
    write_pages(tmp_path / ".demo" / "pages", {"page1": page("page1"), "page2": page("page2")})
    write_labels(tmp_path / "labels.jsonl")
    write_reader_pairs(tmp_path / "reader_pairs.jsonl")
    for name in ("pairs", "seeds"):
        (tmp_path / f"{name}.jsonl").write_text((tmp_path / "labels.jsonl").read_text().split("\n")[0])
    bin_folder = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}", "PYSPARK_PYTHON": sys.executable}
    ran = []
    for line in commands():
        if any(mark in line for mark in ELSEWHERE):
            continue
        words = shlex.split(line)
        is_make = words[0] == "make"
        command = ["make", "--dry-run", *words[1:]] if is_make else words
        started = time.monotonic()
        done = subprocess.run(command, cwd=ROOT if is_make else tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{line}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        print(f"{time.monotonic() - started:6.1f} s  {line}")  # shown where one of them takes too long
        ran.append(words[0])
    assert {"make", "spark-submit", "bubblenet"} <= set(ran)

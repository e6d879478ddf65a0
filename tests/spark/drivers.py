"""Drivers that tests start as processes of their own, to be killed at a named point: python -m tests.spark.drivers JOB POINT ARGUMENTS...

The points are put in from outside; the code under test knows nothing of them.
"""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from tests.conftest import ROOT


def start(job: str, point: str, *arguments: str) -> subprocess.Popen:
    """Start a driver of a job (`pipeline`: of all); its output is kept for the test's message."""
    environment = {**os.environ, "PYSPARK_PYTHON": sys.executable}
    command = [sys.executable, "-m", "tests.spark.drivers", job, point, *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def die() -> None:
    """As the kernel's out-of-memory killer would do it."""
    os.kill(os.getpid(), signal.SIGKILL)


def between_units() -> None:
    """Die after the second unit of backtranslation, ledger row included."""
    from bubblenet.kernel import stage

    real, count = stage._append_unit, []

    def append(declared, *rest):
        entry = real(declared, *rest)
        count.append(declared.name)
        if count.count("backtranslate") == 2:
            die()
        return entry

    stage._append_unit = append


def before_the_ledger() -> None:
    """Die after the first unit of backtranslation is committed and before the ledger has it."""
    from bubblenet.kernel.ledger import Ledger

    real = Ledger.record

    def record(ledger, entry, warehouse):
        if entry.stage == "backtranslate":
            die()
        real(ledger, entry, warehouse)

    Ledger.record = record


def inside_a_unit() -> None:
    """Die when the first engine call of the second unit of backtranslation is logged: the unit is not committed then."""
    from bubblenet.kernel import stage

    real, count = stage._append_unit, []

    def append(declared, context, *rest):
        count.append(declared.name)
        if count.count("backtranslate") == 2:
            folder = Path(context.settings.engine.call_log)
            threading.Thread(target=_die_when_it_grows, args=(folder,), daemon=True).start()
        return real(declared, context, *rest)

    stage._append_unit = append


def _die_when_it_grows(folder: Path) -> None:
    def size() -> int:
        return sum(file.stat().st_size for file in folder.glob("*.jsonl"))

    before = size()
    while size() == before:
        time.sleep(0.001)
    die()


def undisturbed() -> None:
    """Do nothing."""


if __name__ == "__main__":
    globals()[sys.argv[2]]()
    raise SystemExit(importlib.import_module(f"bubblenet.jobs.{sys.argv[1]}").JOB.main(sys.argv[3:]))

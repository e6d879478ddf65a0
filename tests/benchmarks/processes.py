"""Run a program as a user would, and tell what it took: seconds of the whole process, and the peak memory of each of its workers."""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

_LOOK_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Run:
    """What a process took.

    seconds: of the whole process. worker_megabytes: the highest resident memory (VmHWM) of one worker. result: the JSON of its last line.
    """

    seconds: float
    worker_megabytes: float
    result: dict[str, Any]


def measure(command: list[str], worker: str, cores: int, log: IO[str]) -> Run:
    """Run a command on the first `cores` cores. worker: what the command line of a worker process holds.

    Raises SystemExit when the command fails; its output is in the log.
    """
    started = time.perf_counter()
    allowed = sorted(os.sched_getaffinity(0))[:cores]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, preexec_fn=lambda: os.sched_setaffinity(0, allowed))
    peaks: dict[int, float] = {}
    while process.poll() is None:
        peaks |= {pid: _peak_megabytes(pid) for pid in _descendants(process.pid) if worker in _command_line(pid)}
        time.sleep(_LOOK_SECONDS)
    seconds = time.perf_counter() - started
    output = process.stdout.read() if process.stdout else ""
    log.write(output)
    if process.returncode:
        raise SystemExit(f"bench-corpus: {command[0]} ended with {process.returncode}; see {log.name}")
    return Run(seconds, max(peaks.values(), default=0.0), json.loads(output.strip().splitlines()[-1]))


def _descendants(pid: int) -> list[int]:
    """All processes that a process started, directly or not."""
    try:
        children = [int(child) for thread in Path(f"/proc/{pid}/task").iterdir() for child in (thread / "children").read_text().split()]
    except OSError:
        return []
    return children + [below for child in children for below in _descendants(child)]


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def _peak_megabytes(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)

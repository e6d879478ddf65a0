"""Progress of a training: its first process writes a line per logged step to the shared folder; the driver shows the last one."""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from bubblenet.kernel.progress import progress_bar
from bubblenet.training.description import read_lines

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from rich.console import Console

_LOOK_SECONDS = 1.0
_LOG_SECONDS = 15.0


class TrainingProgress:
    """A progress bar in a terminal, JSON lines elsewhere: steps, loss, tokens per second, time left. Use as a context manager."""

    def __init__(self, console: Console, file: Path) -> None:
        self._console, self._file, self._screen = console, file, sys.stdout
        self._seen = len(read_lines(file))
        self._logged = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._bar: Any = None

    def __enter__(self) -> TrainingProgress:
        if self._console.is_terminal:
            self._console.file = self._screen  # even if standard output is redirected meanwhile
            self._bar = progress_bar(self._console)
            self._bar.start()
            self._task = self._bar.add_task("finetune", total=None, note="starting")
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()
        if self._bar is not None:
            self._bar.stop()

    def _watch(self) -> None:
        while not self._stop.wait(_LOOK_SECONDS):
            lines = read_lines(self._file)[self._seen :]
            if lines:
                self._show(lines[0], lines[-1])

    def _show(self, first: dict[str, Any], last: dict[str, Any]) -> None:
        """Show the newest line, and the speed since this start."""
        seconds = last["seconds"] - first["seconds"]
        speed = (last["tokens"] - first["tokens"]) / seconds if seconds else 0.0
        if self._bar is not None:
            note = f"loss {last['loss']:.3f}" + (f", {speed:,.0f} tokens/s" if speed else "")
            self._bar.update(self._task, completed=last["step"], total=last["of"], note=note)
        elif time.monotonic() - self._logged > _LOG_SECONDS:
            self._logged = time.monotonic()
            eta = round(seconds / (last["step"] - first["step"]) * (last["of"] - last["step"])) if last["step"] > first["step"] else None
            line = {"stage": "finetune", "step": last["step"], "of": last["of"], "loss": round(last["loss"], 4)}
            self._screen.write(json.dumps(line | {"tokens_per_second": round(speed), "eta_seconds": eta}) + "\n")
            self._screen.flush()

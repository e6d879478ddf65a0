"""The engine of a Python worker, configured for the Spark task it runs in, and what all transforms share that ask one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bubblenet.engines.registry import get_engine

if TYPE_CHECKING:
    from bubblenet.engines.protocol import EngineSpec, TextEngine


def engine_of_task(spec: EngineSpec) -> TextEngine:
    """The engine of this process, loaded at the first call; without a configured number of threads it gets the task's cores."""
    from pyspark import TaskContext

    context = TaskContext.get()
    threads = spec.threads or (context.cpus() if context else 0)
    return get_engine(replace(spec, threads=threads))


class AsksEngine:
    """A row transform with an engine: its windows are those of the engine, which is loaded before any request is in flight."""

    __slots__ = ()
    spec: EngineSpec

    @property
    def window_rows(self) -> int:
        """The window in which the engine sorts and batches rows."""
        return self.spec.window_rows

    @property
    def windows_at_once(self) -> int:
        """The windows that the engine may be asked about at once."""
        return self.spec.windows_at_once

    def prepare(self) -> None:
        """Load the engine."""
        engine_of_task(self.spec)

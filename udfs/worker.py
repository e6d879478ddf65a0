"""The engine of a Python worker, configured for the Spark task it runs in."""

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

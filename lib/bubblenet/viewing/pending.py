"""The remaining work for a snapshot under the given settings: open requests of the very stages that the jobs would run, by id."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

from bubblenet.kernel.planning import open_requests

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bubblenet.kernel.context import Context
    from bubblenet.kernel.stages import StagesOf


@dataclass(frozen=True, slots=True)
class Pending:
    """The number of requests of a snapshot that the next run of a stage asks; those that follow from their answers are not known yet."""

    stage: str
    job: str
    count: int


def pending_work(context: Context, jobs: Mapping[str, StagesOf]) -> list[Pending]:
    """All pending work, in the order of the jobs; empty if the snapshot is complete. jobs: verb -> its stages."""
    found = []
    for verb, stages_of in jobs.items():
        with closing(stages_of(context)) as stages:
            found += [Pending(stage.name, verb, open_requests(stage, context).count()) for stage in stages]
    return [pending for pending in found if pending.count]


def pending_passages(context: Context, stages_of: StagesOf) -> int:
    """The number of distinct passages of the snapshot that stages about passages still ask about."""
    with closing(stages_of(context)) as stages:
        asked = [open_requests(stage, context).select("segment_id") for stage in stages]
        return reduce(lambda left, right: left.unionByName(right), asked).distinct().count()

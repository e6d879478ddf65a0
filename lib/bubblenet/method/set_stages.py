"""The set stages: judge the pairs of a round and policy, publish the accepted ones, select among these."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bubblenet.kernel.set_stage import SetStage
from bubblenet.tables import CURATED, JUDGEMENTS, SELECTIONS

if TYPE_CHECKING:
    from bubblenet.settings import Curation


def part_of(curation: Curation) -> dict[str, Any]:
    """The round and policy as values of columns."""
    return {"round": curation.round, "policy": curation.policy}


def judging(curation: Curation) -> SetStage:
    """The verdicts on the pairs of all snapshots."""
    return SetStage("curate", JUDGEMENTS, part_of(curation))


def publishing(curation: Curation) -> SetStage:
    """The accepted pairs, as of a version of `judgements`."""
    return SetStage("publish", CURATED, part_of(curation), mark="judgements_version")


def selecting(curation: Curation, name: str) -> SetStage:
    """A selection among the accepted pairs."""
    return SetStage("select", SELECTIONS, part_of(curation) | {"selection": name})

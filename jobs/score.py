"""Measure the proposed pairs of the snapshot, in every mode of `scoring.modes`: passage_scores, scores.

Modes that ask no model measure all candidates that passed the gates, and a calibration may set hopeless ones aside by them. The ranking
mode measures the others; only the best of each passage, and every extracted question, goes on to the other modes. Each mode is a stage with
its own fingerprint. A mode that compares the judge with the starting model has both of them measure, where they are two.

spark-submit --properties-file conf/spark/local.conf jobs/score.py --snapshot 2026-11 --warehouse warehouse
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from bubblenet.app.job import job_of_steps
from bubblenet.engines.roles import forward_engine
from bubblenet.judging.modes import FREE, MODES, RANKING, check
from bubblenet.kernel.stages import Stages, run_stages
from bubblenet.method import measuring, passages
from bubblenet.method.measuring import pair_stage
from bubblenet.method.recipe import full_recipe
from bubblenet.method.rows import holding
from bubblenet.tables import SCORES

if TYPE_CHECKING:
    from bubblenet.kernel.context import Context
    from bubblenet.kernel.stage import StageReport


def stages(context: Context) -> Stages:
    """The modes that ask no model, the ranking mode, passages alone where a mode wants them, and the other modes. Pairs are held by id."""
    modes, recipe = context.settings.scoring.modes, full_recipe(context.settings)
    with holding(context) as hold:
        pairs = hold(passages.proposed_pairs(passages.represented(context, recipe, hold), context, recipe), SCORES)
        for name in (name for name in modes if name in FREE):
            yield pair_stage(context, recipe, name, pairs)
        hopeful = hold(measuring.hopeful(pairs, context, recipe), SCORES)
        yield pair_stage(context, recipe, RANKING.name, hopeful)
        best = hold(passages.best_candidates(hopeful, passages.ranks(context, recipe)), SCORES)
        others = [MODES[name] for name in modes if name not in (RANKING.name, *FREE)]
        if any(mode.needs_alone for mode in others):
            yield measuring.passage_stage(context, recipe, best)
        for mode in (mode for mode in others if not mode.compares):
            yield pair_stage(context, recipe, mode.name, best)
        for mode in (mode for mode in others if mode.compares and measuring.compares_two(context.settings)):
            yield from measuring.stages_by_start(context, mode, best)
            yield pair_stage(context, recipe, mode.name, best)


def run(context: Context) -> list[StageReport]:
    """Bring all scores up to date with the instructions of the snapshot. Raises ModelError for a reader of other weights."""
    check(forward_engine(context.settings), context.settings.scoring)
    return run_stages(stages, context, verb="score")


JOB = job_of_steps("score", __doc__, [run], follows="backtranslate")


if __name__ == "__main__":
    sys.exit(JOB.main())

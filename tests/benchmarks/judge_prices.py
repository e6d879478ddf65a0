"""The price list of `make bench-judge`: what sets of modes, and further candidates of a passage, give and cost."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.stats import binomtest

from bubblenet.corpus.shape import shape_of
from bubblenet.engines.registry import get_engine
from bubblenet.engines.roles import forward_engine
from bubblenet.judging import fitting
from bubblenet.judging.labels.pairs import JoinedPair
from bubblenet.judging.measure import Pair, ProposalRequest, propose
from bubblenet.judging.modes import MODES as MODE_TABLE
from bubblenet.judging.modes import RANKING
from bubblenet.judging.pair_files import measure_pairs
from bubblenet.prompts import get_prompts
from bubblenet.prompts.drawing import Ticket, draw, shares_of
from bubblenet.settings import Settings
from tests.benchmarks.judge_sets import KS, MODES, Candidates, Measured, grade_out_of_fold, qualities, wanted_precision, with_modes

PRICE_LIST = (
    ("text",),
    ("reverse_gain",),
    ("likelihood",),
    ("contrast",),
    ("text", "reverse_gain"),
    ("text", "reverse_gain", "contrast"),
    ("text", "reverse_gain", "likelihood"),
    MODES,
)


def print_prices(
    planted: fitting.SignalTable, bench: Measured, labelled: fitting.SignalTable, seconds: dict[str, float], console: Console
) -> None:
    """What each set of modes gives, fitted anew, and what it costs: a good pair is one of those among the best fifth of the labelled."""
    table = table_of("Price list: AUC, and processor seconds", "modes", "another page", "neighbour", "labelled", "s/pair", "s/good pair")
    labels = np.array(labelled.labels)
    for modes in PRICE_LIST:
        given = {signal.name for mode in modes for signal in MODE_TABLE[mode].signals}
        names = [name for name in planted.choose([]) if name in given]
        model = fitting.fit(planted, names, wanted_precision("extracted"))
        planted_quality = qualities(model, bench.table)
        signals = fitting.matrix(labelled.signals, names)
        settled = fitting.best_settings(signals, labels, labelled.pages, names)
        quality = fitting.out_of_fold(signals, labels, labelled.pages, names, *settled)
        good = labels[np.argsort(-quality, kind="stable")[: len(labels) // 5]].sum()
        cost = sum(seconds[mode] for mode in modes)
        table.add_row(
            " + ".join(modes),
            f"{bench.auc(planted_quality, 'other'):.3f}",
            f"{bench.auc(planted_quality, 'neighbour'):.3f}",
            f"{fitting.auc(quality, labels):.3f}",
            f"{cost:.2f}",
            f"{cost * len(labels) / good:.1f}",
        )
    console.print(table)


def print_candidates(asked: Candidates, seconds_of: dict[int, float], seconds: dict[str, float], console: Console) -> None:
    """What k candidates of a passage give and cost."""
    columns = ("good", "95 %", "accepted", "good of these", "s/passage", "s/good accepted pair")
    table = table_of(f"Candidates: the best of k by reverse gain, {len(asked.passages)} passages", "k", *columns)
    _, grades = grade_out_of_fold(asked.table)
    for k in KS:
        best = asked.best_of(k)
        labels, kept = np.array(asked.table.labels)[best], grades[best] >= 4
        low, high = binomtest(int(labels.sum()), len(labels)).proportion_ci(method="wilson")
        cost = seconds_of[k] + sum(seconds[mode] for mode in MODES if mode != RANKING.name)
        good = int(labels[kept].sum())
        shares = (f"{labels.mean():.1%}", f"{low:.1%} to {high:.1%}", f"{kept.sum()}", f"{good}")
        table.add_row(f"{k}", *shares, f"{cost:.2f}", f"{cost * len(labels) / good:.1f}" if good else "none")
    console.print(table)


def seconds_of_modes(chosen: Settings, joined: Sequence[JoinedPair]) -> dict[str, float]:
    """Processor seconds of a pair in each mode, one pair a passage, without the cache, the model warm.

    The passage alone counts for the mode that needs it; mode contrast comes after reverse gain, whose price is taken off.
    """
    engine = get_engine(forward_engine(chosen))
    pairs = [Pair(one.id, one.instruction, one.response, one.neighbours) for one in joined]

    def timed(*modes: str) -> float:
        started = time.process_time()
        for found in measure_pairs(engine, pairs, with_modes(chosen, modes).scoring):
            if reasons := {one.detail for one in found.values() if one.reason}:
                raise SystemExit(f"bench-judge: {', '.join(modes)} failed: {reasons}")
        return (time.process_time() - started) / len(pairs)

    timed(*MODES)
    seconds = {mode: timed(mode) for mode in MODES if not MODE_TABLE[mode].needs_neighbours}
    return seconds | {mode: timed(RANKING.name, mode) - seconds[RANKING.name] for mode in MODES if mode not in seconds}


def seconds_of_candidates(chosen: Settings, asked: Candidates, passages: Sequence[str], k: int) -> float:
    """Processor seconds a passage for writing k instructions under the default prompt and measuring their reverse gain."""
    engine, scoring = get_engine(forward_engine(chosen)), with_modes(chosen, (RANKING.name,)).scoring
    prompts, shares = get_prompts(chosen.backtranslation.prompt), shares_of(chosen.backtranslation)
    requests, pairs = [], []
    for passage in passages:
        for number, row in enumerate(asked.rows[passage][:k]):
            one = asked.joined[row]
            ticket = Ticket(passage, number, chosen.backtranslation.prompt)
            choice = draw(prompts, shares, ticket, shape_of(one.response), "en")
            requests.append(ProposalRequest(one.id, one.response, "en", choice, ticket.seed))
            pairs.append(Pair(one.id, one.instruction, one.response))
    started = time.process_time()
    propose(engine, requests, chosen.backtranslation)
    measure_pairs(engine, pairs, scoring)
    return (time.process_time() - started) / len(passages)


def table_of(title: str, first: str, *columns: str) -> Table:
    table = Table(title=title)
    table.add_column(first)
    for column in columns:
        table.add_column(column, justify="right")
    return table

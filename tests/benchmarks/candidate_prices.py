"""What k candidates of a passage give and cost under the calibration that ships with the reader. `make bench-candidates`.

Passages and candidates are those of a warehouse that `bubblenet run` has made with the most candidates. Of the first k of a passage that
the gates let pass, the best by reverse gain is judged as the product judges it; the others never were. How many of the accepted pairs are
good is what their qualities say together: qualities are calibrated (docs/judging.md), and nobody has read these pairs. Seconds are those
of the processor on one core, measured afresh: writing k instructions, their reverse gains, and the other modes for one pair.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import torch
from deltalake import DeltaTable
from rich.console import Console

from bubblenet import settings
from bubblenet.corpus.shape import shape_of
from bubblenet.engines.registry import get_engine
from bubblenet.engines.roles import backward_engine, forward_engine
from bubblenet.judging.labels.pairs import REACH
from bubblenet.judging.measure import Pair, ProposalRequest, propose
from bubblenet.judging.modes import RANKING
from bubblenet.judging.pair_files import measure_pairs
from bubblenet.prompts import get_prompts
from bubblenet.prompts.drawing import Ticket, draw, shares_of
from bubblenet.settings import Settings
from tests.benchmarks.curation_judge import ProductJudge
from tests.benchmarks.curation_pairs import Pair as Judged
from tests.benchmarks.curation_warehouse import PASSED
from tests.benchmarks.judge_prices import table_of
from tests.benchmarks.judge_sets import with_modes

MODES = ("text", "page", "reverse_gain", "match_v1")


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage with its candidates in the order of their numbers: id, instruction, reverse gain; None where a gate stopped it.

    neighbours: the passages beside it on its page.
    """

    id: str
    page: str
    text: str
    neighbours: tuple[str, ...]
    candidates: tuple[tuple[str, str, float] | None, ...]

    def best(self, k: int) -> tuple[str, str, float] | None:
        """Of the first k, by reverse gain."""
        return max((one for one in self.candidates[:k] if one), key=lambda one: one[2], default=None)


@dataclass(frozen=True, slots=True)
class Seconds:
    """Of the processor, a passage: writing its candidates, their reverse gains, the other modes of the pair that is judged."""

    write: float
    gain: float
    judge: float

    @property
    def all(self) -> float:
        """Of a passage."""
        return self.write + self.gain + self.judge


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--warehouse", required=True, help="of a run with the most candidates")
    parser.add_argument("--candidates", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--answers", type=Path, default=Path(".cache/bench-judge"), help="folder of the judge's answers")
    parser.add_argument("--timed", type=int, default=16, help="passages on which seconds are measured")
    arguments = parser.parse_args()
    chosen = with_modes(settings.load(), MODES)
    passages = read_passages(arguments.warehouse, max(arguments.candidates))
    timed = passages[:: max(1, len(passages) // arguments.timed)][: arguments.timed]
    torch.set_num_threads(1)  # processor time must not count threads that wait for each other
    quality = judged(ProductJudge(chosen, arguments.answers), passages, arguments.candidates)
    table = table_of(
        f"Candidates: {len(passages)} passages that state no question, the best of k by reverse gain",
        "k", "accepted", "of 1,000 passages", "good of these", "s to write", "s of gains", "s of other modes", "s/good accepted pair",
    )  # fmt: skip
    for k in arguments.candidates:
        own = [quality[best[0]] for one in passages if (best := one.best(k))]
        accepted = [value for value, is_accepted in own if is_accepted and value is not None]
        cost = seconds_of(chosen, timed, k)
        good, share = sum(accepted), len(accepted) / len(passages)
        parts = (f"{cost.write:.2f}", f"{cost.gain:.2f}", f"{cost.judge:.2f}", f"{cost.all * len(passages) / good:.1f}" if good else "none")
        table.add_row(f"{k}", f"{len(accepted)}", f"{1000 * share:.0f}", f"{good:.1f}", *parts)
    Console(width=180).print(table)


def read_passages(warehouse: str, most: int) -> list[Passage]:
    """Passages of which `most` candidates were asked for, by page."""

    def rows(name: str, columns: Sequence[str]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = DeltaTable(f"{warehouse}/{name}").to_pyarrow_table(columns=list(columns)).to_pylist()
        return found

    judgements = {row["instruction_id"]: row for row in rows("judgements", ("instruction_id", "reason", "reverse_gain"))}
    asked: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows("instructions", ("instruction_id", "segment_id", "sample_index", "instruction", "origin")):
        if row["origin"] == "generated":
            asked[row["segment_id"]].append(row)
    kept = DeltaTable(f"{warehouse}/segments").to_pyarrow_dataset().to_table(
        columns=["segment_id", "document_id", "position", "text"], filter=pc.field("kept")
    )  # fmt: skip
    of_page: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in sorted(kept.to_pylist(), key=lambda row: row["position"]):
        of_page[row["document_id"]].append(row)
    return [
        Passage(own["segment_id"], page, own["text"], _beside(beside, place), _candidates(asked[own["segment_id"]], judgements))
        for page, beside in sorted(of_page.items())
        for place, own in enumerate(beside)
        if len(asked.get(own["segment_id"], ())) >= most
    ]


def _beside(passages: Sequence[dict[str, Any]], place: int) -> tuple[str, ...]:
    return tuple(row["text"] for row in (*passages[max(0, place - REACH) : place], *passages[place + 1 : place + 1 + REACH]))


def _candidates(rows: Sequence[dict[str, Any]], judgements: dict[str, Any]) -> tuple[tuple[str, str, float] | None, ...]:
    found = []
    for row in sorted(rows, key=lambda row: row["sample_index"]):
        known = judgements.get(row["instruction_id"])
        is_there = known is not None and known["reason"] in PASSED and known["reverse_gain"] is not None
        found.append((row["instruction_id"], row["instruction"], known["reverse_gain"]) if known and is_there else None)
    return tuple(found)


def judged(judge: ProductJudge, passages: Sequence[Passage], numbers: Sequence[int]) -> dict[str, tuple[float | None, bool]]:
    """Quality and verdict of every pair that is the best of some k, by id."""
    pairs = {best[0]: (best[1], one) for one in passages for k in numbers if (best := one.best(k))}
    asked = [Judged(key, one.page, one.id, instruction, one.text) for key, (instruction, one) in pairs.items()]
    verdicts = judge.judged(asked, [one.neighbours for _, one in pairs.values()])
    return dict(zip(pairs, verdicts, strict=True))


def seconds_of(chosen: Settings, passages: Sequence[Passage], k: int) -> Seconds:
    """Processor seconds a passage, the models warm."""
    writer, judge = get_engine(backward_engine(chosen)), get_engine(forward_engine(chosen))
    prompts, shares = get_prompts(chosen.backtranslation.prompt), shares_of(chosen.backtranslation)
    requests = []
    for one in passages:
        for number in range(k):
            ticket = Ticket(one.id, number, chosen.backtranslation.prompt)
            choice = draw(prompts, shares, ticket, shape_of(one.text), "en")
            requests.append(ProposalRequest(f"{one.id}-{number}", one.text, "en", choice, ticket.seed))
    propose(writer, requests[:1], chosen.backtranslation)
    started = [time.process_time()]
    answers = propose(writer, requests, chosen.backtranslation)
    started.append(time.process_time())
    texts = {one.id: one for one in passages}
    pairs = [
        Pair(answer.key, answer.instruction, texts[answer.key.rsplit("-", 1)[0]].text)
        for answer in answers
        if answer.kept and answer.instruction is not None
    ]
    measure_pairs(judge, pairs, with_modes(chosen, (RANKING.name,)).scoring)
    started.append(time.process_time())
    first = {pair.response: pair for pair in pairs}.values()
    others = tuple(mode for mode in MODES if mode not in (RANKING.name, "page"))
    measure_pairs(judge, list(first), with_modes(chosen, others).scoring)
    started.append(time.process_time())
    write, gain, rest = (after - before for before, after in itertools.pairwise(started))
    return Seconds(write / len(passages), gain / len(passages), rest / len(passages))


if __name__ == "__main__":
    main()

"""Pairs, a pool and a judge for tests of `make bench-curation`, of which everything is known."""

from __future__ import annotations

from dataclasses import replace

from tests.benchmarks.curation_pairs import Pair
from tests.benchmarks.curation_warehouse import Candidate, Pool
from tests.corpora import passage


def made_pairs(number: int, of_page: int = 4) -> list[Pair]:
    return [
        Pair(f"{n}", f"page{n // of_page}", f"passage{n}", f"What does device{n} do?", passage(f"device{n}", "purpose"))
        for n in range(number)
    ]


class FakeJudge:
    """Accepts no planted pair; the gain of a candidate is its number."""

    def judged(self, pairs, neighbours):
        return [(0.01, False) for _ in pairs]

    def reverse_gains(self, pairs):
        return [float(pair.id.rsplit("-", 1)[1]) for pair in pairs]


def made_pool(passages: int = 120, candidates: int = 8) -> Pool:
    found = []
    for pair in made_pairs(passages):
        for number in range(candidates):
            one = replace(pair, id=f"{pair.id}-{number}", instruction=f"{pair.instruction} {'really ' * number}")
            signals = {"quality": number / candidates, "ifd": 1 - number / 10}
            found.append(Candidate(one, "generated", int(pair.id), number == candidates - 1, number > 1, signals))
    return Pool(tuple(found), ("* one\n* two",))

"""The arms of `make bench-curation`: which pairs a model is trained on. Every arm is drawn anew each repeat.

A repeat begins with a random half of the passages, the same for all of its arms: the spread between such halves is that between pools of
their own. Arms of a warehouse have one size, the number of pairs that the product accepts there; those with junk a smaller one, since the
product accepts less of a pool with junk: the number of accepted pairs that the largest share of junk leaves.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from bubblenet.identity import content_id
from tests.benchmarks.curation_pairs import Pair
from tests.benchmarks.curation_plan import Arms
from tests.benchmarks.curation_warehouse import LOSS_REDUCTION, Candidate, Pool
from tests.benchmarks.planted_pairs import DEFECTS, PHRASES, Section

LENGTH_CLASSES = 5
JUNK = ("other", "neighbour", "boilerplate", "truncation", "list")
REACH = 2


class Unfilled(Exception):
    """An arm that cannot be filled; the message says what is missing."""


class Instruments(Protocol):
    """What arms ask a model for."""

    def judged(self, pairs: Sequence[Pair], neighbours: Sequence[tuple[str, ...]]) -> list[tuple[float | None, bool]]:
        """Quality of each, and whether the product would accept it."""

    def reverse_gains(self, pairs: Sequence[Pair]) -> list[float]:
        """By which the product chooses among candidates."""


@dataclass(frozen=True, slots=True)
class Draw:
    """What the arms of one repeat are drawn from. size: pairs of each; junk_size: of each with junk.

    learnt: the text that a metric learns, by which lengths match.
    """

    candidates: tuple[Candidate, ...]
    lists: tuple[str, ...]
    size: int
    junk_size: int
    repeat: int
    learnt: Callable[[Pair], str]

    def random(self, name: str) -> random.Random:
        """A generator for one purpose of this repeat."""
        return random.Random(f"{name} {self.repeat}")


def control_arm(pairs: Sequence[Pair], share: float, size: int, draw_share: float, repeat: int) -> list[Pair]:
    """True pairs, some of whose instructions go round among them, so that each of these has another's.

    The pairs are the same at every share, and those that are shuffled at a small one are shuffled at a larger one, too.
    """
    draw = random.Random(f"control {repeat}")
    half = draw.sample(list(pairs), round(draw_share * len(pairs)))
    if len(half) < size:
        raise Unfilled(f"wanted {size} stated questions; got {len(half)}, a share of {draw_share:g} of those there are")
    chosen = half[:size]
    moved = chosen[: round(share * size)]
    wrong = [replace(pair, instruction=other.instruction) for pair, other in zip(moved, moved[1:] + moved[:1], strict=True)]
    return wrong + chosen[len(moved) :]


def drawn(pool: Pool, arms: Arms, most: int, repeat: int, learnt: Callable[[Pair], str]) -> Draw:
    """The half of the pool that a repeat has. Raises Unfilled where the product accepts too few pairs of it."""
    passages = sorted({one.pair.passage for one in pool.candidates})
    half = set(random.Random(f"half {repeat}").sample(passages, round(arms.draw_share * len(passages))))
    candidates = tuple(one for one in pool.candidates if one.pair.passage in half)
    size = min(most, sum(one.kept for one in candidates))
    if size < arms.least_pairs:
        raise Unfilled(f"wanted {arms.least_pairs} accepted pairs in a share of {arms.draw_share:g} of the passages; got {size}")
    bad = _bad_passages(candidates, max(arms.junk.values()), repeat)
    left = sum(one.kept and one.pair.passage not in bad for one in candidates)
    return Draw(candidates, pool.lists, size, min(most, left), repeat, learnt)


def _bad_passages(candidates: Sequence[Candidate], share: float, repeat: int) -> dict[str, int]:
    """The passages that are junk at a share, numbered. What is junk at a small share is junk at a larger one, too."""
    passages = sorted({one.pair.passage for one in candidates}, key=lambda passage: content_id(f"junk {repeat}", passage))
    return {passage: number for number, passage in enumerate(passages[: round(share * len(passages))])}


def arm(name: str, draw: Draw, arms: Arms, instruments: Instruments) -> list[Pair]:
    """The pairs of an arm of a warehouse. Raises Unfilled where it cannot have as many as the others."""
    if name in arms.junk:
        if draw.junk_size < arms.least_pairs:
            raise Unfilled(f"wanted {arms.least_pairs} accepted pairs beside the largest share of junk; got {draw.junk_size}")
        base = name.partition("_junk")[0]
        return FILLED[base](replace(draw, size=draw.junk_size, candidates=with_junk(draw, arms.junk[name], instruments)))
    if name.startswith("candidates_"):
        return _of_candidates(name, draw, arms.candidates, instruments)
    return FILLED[name](draw)


def _product(draw: Draw) -> list[Pair]:
    kept = [one for one in draw.candidates if one.kept]
    return _first(draw, sorted(kept, key=lambda one: (-(one.quality or 0.0), one.pair.id)), "accepted pairs")


def _random(draw: Draw) -> list[Pair]:
    return _first(draw, _one_each(draw), "passages with a pair that passed the gates")


def _length_matched(draw: Draw) -> list[Pair]:
    """As many of each class of length as the product's pairs have; the classes are fifths of these."""
    wanted = [len(draw.learnt(pair)) for pair in _product(draw)]
    cuts = np.quantile(wanted, np.arange(1, LENGTH_CLASSES) / LENGTH_CLASSES)
    needed = np.bincount(np.searchsorted(cuts, wanted), minlength=LENGTH_CLASSES)
    taken: list[Pair] = []
    for one in _one_each(draw):
        place = int(np.searchsorted(cuts, len(draw.learnt(one.pair))))
        if needed[place] and min(wanted) <= len(draw.learnt(one.pair)) <= max(wanted):
            needed[place] -= 1
            taken.append(one.pair)
    if needed.sum():
        raise Unfilled(f"wanted {draw.size} random pairs of the product's lengths; got {len(taken)}")
    return taken


def _worst(draw: Draw) -> list[Pair]:
    rated = [one for one in draw.candidates if one.passed and one.quality is not None]
    return _first(draw, sorted(rated, key=lambda one: (one.quality, one.pair.id)), "pairs with a quality")


def _by_signal(name: str, sign: int) -> Callable[[Draw], list[Pair]]:
    def ordered(draw: Draw) -> list[Pair]:
        measured = [one for one in draw.candidates if one.passed and name in one.signals]
        return _first(draw, sorted(measured, key=lambda one: (sign * one.signals[name], one.pair.id)), f"pairs with signal {name}")

    return ordered


def _oracle(draw: Draw) -> list[Pair]:
    stated = [one for one in draw.candidates if one.origin == "extracted" and one.passed]
    draw.random("oracle").shuffle(stated)
    return _first(draw, stated, "questions that the pages state")


FILLED: dict[str, Callable[[Draw], list[Pair]]] = {
    "product": _product,
    "random": _random,
    "length_matched": _length_matched,
    "worst": _worst,
    "ifd_high": _by_signal("ifd", -1),
    "ifd_low": _by_signal("ifd", 1),
    "loss_reduction": _by_signal(LOSS_REDUCTION, -1),
    "oracle": _oracle,
}
"""Arms that need no model, by name."""


def _of_candidates(name: str, draw: Draw, number: int, instruments: Instruments) -> list[Pair]:
    """One of the candidates of each of the same passages, whether gates let it pass or not, by reverse gain."""
    of_passage: dict[str, list[Candidate]] = {}
    for one in draw.candidates:
        if one.origin == "generated":
            of_passage.setdefault(one.pair.passage, []).append(one)
    whole = sorted(passage for passage, own in of_passage.items() if len(own) >= number)
    if len(whole) < draw.size:
        raise Unfilled(f"wanted {draw.size} passages with {number} candidates (backtranslation.candidates); got {len(whole)}")
    chosen = draw.random("candidates").sample(whole, draw.size)
    pick = draw.random("candidate")
    asked = [pick.sample(of_passage[passage], number) for passage in chosen]
    if name == "candidates_random":
        return [own[0].pair for own in asked]
    unmeasured = [one.pair for own in asked for one in own if "reverse_gain" not in one.signals]
    gains = {one.pair.id: one.signals["reverse_gain"] for own in asked for one in own if "reverse_gain" in one.signals}
    gains |= dict(zip((pair.id for pair in unmeasured), instruments.reverse_gains(unmeasured), strict=True))
    best = max if name == "candidates_best" else min
    return [best(own, key=lambda one: gains[one.pair.id]).pair for own in asked]


def with_junk(draw: Draw, share: float, instruments: Instruments) -> tuple[Candidate, ...]:
    """The candidates, those of a share of the passages replaced by a planted pair each, which is judged as any.

    Where the pages have no lists, that kind is left out.
    """
    bad = _bad_passages(draw.candidates, share, draw.repeat)
    first = {one.pair.passage: one for one in sorted(draw.candidates, key=lambda one: (one.passed, one.pair.id))}
    kinds = JUNK if draw.lists else JUNK[:-1]
    planted = [_junk(kinds[number % len(kinds)], first[passage], draw, first) for passage, number in bad.items()]
    verdicts = instruments.judged(planted, [_neighbours(first[pair.passage], first) for pair in planted])
    found = [
        Candidate(
            pair, "generated", first[pair.passage].position, kept, passed=True, signals={} if quality is None else {"quality": quality}
        )
        for pair, (quality, kept) in zip(planted, verdicts, strict=True)
    ]
    return (*(one for one in draw.candidates if one.pair.passage not in bad), *found)


def _junk(kind: str, one: Candidate, draw: Draw, first: dict[str, Candidate]) -> Pair:
    pair, own = one.pair, random.Random(f"{kind} {one.pair.id}")
    if kind in DEFECTS:
        asked, text = DEFECTS[kind](Section(pair.page, pair.instruction, pair.response, (), "en"), PHRASES["bench"], own)
    elif kind == "list":
        asked, text = pair.instruction, own.choice(draw.lists)
    else:
        beside = [other for other in first.values() if other.pair.page == pair.page and other.pair.passage != pair.passage]
        away = [other for other in first.values() if other.pair.page != pair.page]
        others = (beside if kind == "neighbour" else away) or beside or away
        asked, text = own.choice(others).pair.instruction, pair.response
    return replace(pair, id=content_id(kind, pair.id), instruction=asked, response=text)


def _neighbours(one: Candidate, first: dict[str, Candidate]) -> tuple[str, ...]:
    """The passages beside one on its page, as far as the pool has them."""
    beside = [other for other in first.values() if other.pair.page == one.pair.page and 0 < abs(other.position - one.position) <= REACH]
    return tuple(other.pair.response for other in sorted(beside, key=lambda other: other.position))


def _one_each(draw: Draw) -> list[Candidate]:
    """A random pair of each passage among those that passed the gates, in random order."""
    own = draw.random("random")
    passed = [one for one in draw.candidates if one.passed]
    own.shuffle(passed)
    return list({one.pair.passage: one for one in passed}.values())


def _first(draw: Draw, ordered: Sequence[Candidate], what: str) -> list[Pair]:
    if len(ordered) < draw.size:
        raise Unfilled(f"wanted {draw.size} {what}; got {len(ordered)}")
    return [one.pair for one in ordered[: draw.size]]

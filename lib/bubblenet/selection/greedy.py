"""Facility location with utilities, maximised greedily: good pairs that stand for many others, and no two of them for the same.

    f(S) = sum over pairs v of mass(v) * max over s in S of utility(s) * similarity(v, s)

f is monotone and submodular, so the greedy order is within 1 - 1/e of the best set of each size (Nemhauser, Wolsey, Fisher 1978). Gains
only fall, so an old gain is an upper bound, and few are computed again (lazy greedy: Minoux 1978). Benefits are whole numbers: sums are
exact.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bubblenet.selection.vectors import Vectors, cosines

SELECTION_VERSION = 1
"""Raise whenever the same pairs would be ranked or taken otherwise."""

SCALE = 1 << 14
"""A benefit of 1, full similarity with a pair of utility 1, as a whole number."""

Benefits = NDArray[np.int32]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sides:
    """Both vectors of pairs, a row each: of the instruction and of the response."""

    instructions: Vectors
    responses: Vectors

    def take(self, rows: NDArray[np.intp]) -> Sides:
        """The vectors of these rows."""
        return Sides(self.instructions[rows], self.responses[rows])


@dataclass(frozen=True, slots=True)
class Order:
    """Rows in the order in which they were chosen, and how much each added to f, in units of SCALE."""

    rows: list[int]
    gains: list[int]


def similarity(left: Sides, right: Sides, instruction_weight: float) -> NDArray[np.float32]:
    """Weighted mean of the cosines of instructions and of responses, 0 to 1."""
    weight = np.float32(instruction_weight)
    found = cosines(left.instructions, right.instructions) * weight
    found += cosines(left.responses, right.responses) * (np.float32(1) - weight)
    return np.minimum(found, np.float32(1))


def benefits(similarities: NDArray[np.float32], utilities: NDArray[np.float64]) -> Benefits:
    """What each candidate is worth to each pair. similarities: candidates by pairs; utilities: of the candidates, 0 to 1."""
    scaled = similarities * utilities.astype(np.float32)[:, None]
    scaled *= np.float32(SCALE)
    return np.rint(scaled, out=scaled).astype(np.int32)


def greedy_order(worth: Benefits, mass: Numbers, most: int) -> Order:
    """The candidates in greedy order, at most so many; equal gains in the order of rows. mass: of each pair, what it stands for itself."""
    covered = np.zeros(worth.shape[1], dtype=np.int32)
    first = worth.astype(np.int64) @ mass
    bounds = [(-int(gain), row) for row, gain in enumerate(first)]
    heapq.heapify(bounds)
    order = Order([], [])
    while bounds and len(order.rows) < most:
        _, row = heapq.heappop(bounds)
        gain = int(np.maximum(worth[row] - covered, 0) @ mass)
        if bounds and (-gain, row) > bounds[0]:
            heapq.heappush(bounds, (-gain, row))
            continue
        order.rows.append(row)
        order.gains.append(gain)
        np.maximum(covered, worth[row], out=covered)
    return order


def value(worth: Benefits, mass: Numbers, rows: list[int]) -> int:
    """f of a set of candidates, in units of SCALE."""
    return int(worth[rows].max(axis=0).astype(np.int64) @ mass) if rows else 0

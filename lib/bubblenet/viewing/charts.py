"""Geometry of the report's charts, as plain numbers for the template: no script runs in the page, so it stays small and inert."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_WIDTH, _HEIGHT = 640.0, 240.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 56.0, 12.0, 30.0, 44.0
_GAP = 1.5
_ROW = 30.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One horizontal bar. share: its length relative to the longest one, 0 to 1; note: further text, or empty."""

    label: str
    count: int
    share: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """One segment of a stacked column: its rectangle, its kind, and its tooltip."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A labelled position on an axis, in the drawing's coordinates."""

    position: float
    label: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """The frame of a chart: its size, the positions of its axes, their ticks and labels."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    x_ticks: tuple[Mark, ...]
    y_ticks: tuple[Mark, ...]
    x_label: str
    y_label: str


@dataclass(frozen=True, slots=True)
class Histogram(Drawing):
    """A drawing of stacked columns. total: the sum of their counts."""

    boxes: tuple[Box, ...]
    thresholds: tuple[Mark, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Axis:
    """The horizontal axis: range, number of bins, ticks, and labelled thresholds."""

    low: float
    high: float
    num_bins: int
    label: str
    ticks: tuple[float, ...]
    thresholds: tuple[tuple[float, str], ...] = ()

    def place(self, value: float) -> float:
        """The x coordinate of a value."""
        return _LEFT + (value - self.low) / (self.high - self.low) * (_WIDTH - _LEFT - _RIGHT)

    def edge(self, index: int) -> float:
        """The lower edge of a bin, counted from 0."""
        return self.low + (self.high - self.low) * index / self.num_bins


def bars(counts: Sequence[tuple[str, int, str]]) -> tuple[Bar, ...]:
    """(label, count, note) as bars in the given order."""
    longest = max((count for _, count, _ in counts), default=0) or 1
    return tuple(Bar(label, count, count / longest, note) for label, count, note in counts)


def histogram(counts: Mapping[str, Mapping[int, int]], axis: Axis) -> Histogram:
    """Stacked columns of counts: kind -> bin index -> count, in the order of the kinds."""
    highest = max((sum(bins.get(index, 0) for bins in counts.values()) for index in range(axis.num_bins)), default=0)
    step = tick_step(highest)
    top = max(step * math.ceil(highest / step), step)
    scale = (_HEIGHT - _TOP - _BOTTOM) / top
    boxes = [box for index in range(axis.num_bins) for box in _column(counts, axis, index, scale)]
    return Histogram(
        width=_WIDTH,
        height=_HEIGHT,
        left=_LEFT,
        right=_WIDTH - _RIGHT,
        top=_TOP,
        bottom=_HEIGHT - _BOTTOM,
        x_ticks=tuple(Mark(axis.place(value), f"{value:g}") for value in axis.ticks),
        y_ticks=tuple(Mark(_HEIGHT - _BOTTOM - value * scale, f"{value:,}") for value in range(0, top + 1, step)),
        x_label=axis.label,
        y_label="pairs",
        boxes=tuple(boxes),
        thresholds=tuple(Mark(axis.place(value), label) for value, label in axis.thresholds),
        total=sum(sum(bins.values()) for bins in counts.values()),
    )


def _column(counts: Mapping[str, Mapping[int, int]], axis: Axis, index: int, scale: float) -> list[Box]:
    left, right = axis.place(axis.edge(index)) + _GAP / 2, axis.place(axis.edge(index + 1)) - _GAP / 2
    y = _HEIGHT - _BOTTOM
    column = []
    for kind, bins in counts.items():
        count = bins.get(index, 0)
        y -= count * scale
        if count:
            title = f"{axis.edge(index):g} to {axis.edge(index + 1):g}: {count:,} {kind}"
            column.append(Box(left, y, right - left, count * scale, kind, title))
    return column


def tick_step(highest: int) -> int:
    """A round step (1, 2 or 5 times a power of ten) that gives at most five ticks."""
    return int(_round_step(max(1.0, highest / 5)))


def _round_step(wanted: float) -> float:
    """The least of 1, 2 or 5 times a power of ten that is at least `wanted`."""
    power = 10.0 ** math.floor(math.log10(wanted))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= wanted)


@dataclass(frozen=True, slots=True)
class Whisker:
    """A mean and its interval on one line of a drawing."""

    y: float
    low: float
    value: float
    high: float
    label: str
    title: str


@dataclass(frozen=True, slots=True)
class Line:
    """A curve as the points of an SVG polyline. place: its index, which determines the colour."""

    points: str
    label: str
    place: int


@dataclass(frozen=True, slots=True)
class Plot(Drawing):
    """A drawing of means with intervals, labelled instead of a vertical axis, or of curves."""

    whiskers: tuple[Whisker, ...] = ()
    lines: tuple[Line, ...] = ()


def intervals(rows: Sequence[tuple[str, float, float, float]], x_label: str) -> Plot:
    """Plot (label, low, value, high), one below the other; the axis includes 0."""
    scale = _Scale.over([0.0, *(number for _, *numbers in rows for number in numbers)], _LEFT * 2, _WIDTH - _RIGHT)
    height = _TOP + _ROW * len(rows) + _BOTTOM
    whiskers = [
        Whisker(
            _TOP + _ROW * (place + 0.5), scale(low), scale(value), scale(high), label, f"{label}: {value:+.3f} [{low:+.3f}, {high:+.3f}]"
        )
        for place, (label, low, value, high) in enumerate(rows)
    ]
    return Plot(_WIDTH, height, _LEFT * 2, _WIDTH - _RIGHT, _TOP, height - _BOTTOM, scale.ticks, (), x_label, "", tuple(whiskers))


def curves(series: Mapping[str, Sequence[tuple[float, float]]], x_label: str, y_label: str) -> Plot:
    """Plot labelled lines through points."""
    points = [point for line in series.values() for point in line]
    across = _Scale.over([0.0, *(x for x, _ in points)], _LEFT, _WIDTH - _RIGHT)
    up = _Scale.over([y for _, y in points] or [0.0], _HEIGHT - _BOTTOM, _TOP)
    lines = [
        Line(" ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in line), label, place) for place, (label, line) in enumerate(series.items())
    ]
    bounds = (_LEFT, _WIDTH - _RIGHT, _TOP, _HEIGHT - _BOTTOM)
    return Plot(_WIDTH, _HEIGHT, *bounds, across.ticks, up.ticks, x_label, y_label, lines=tuple(lines))


@dataclass(frozen=True, slots=True)
class _Scale:
    """Linear scale from values to coordinates, with round ticks that enclose the data."""

    low: float
    step: float
    num_steps: int
    start: float
    end: float

    @classmethod
    def over(cls, numbers: Sequence[float], start: float, end: float) -> _Scale:
        lowest, highest = min(numbers), max(numbers)
        step = _round_step(max((highest - lowest) / 5, 1e-9))
        first, last = math.floor(lowest / step), math.ceil(highest / step)
        return cls(first * step, step, max(last - first, 1), start, end)

    def __call__(self, number: float) -> float:
        return self.start + (number - self.low) / (self.step * self.num_steps) * (self.end - self.start)

    @property
    def ticks(self) -> tuple[Mark, ...]:
        values = [self.low + self.step * place for place in range(self.num_steps + 1)]
        return tuple(Mark(self(value), f"{value:,.6g}") for value in values)

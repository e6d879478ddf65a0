"""A calibration: how the signals of one judge become `quality`, the probability that a careful reader would accept the pair.

    quality = 1 / (1 + exp(-z)),  z = intercept + sum over the signals of curve(signal)

An additive logistic model (Hastie and Tibshirani 1986, Generalized Additive Models) with one piecewise linear curve a signal: able to bend
and to saturate, and a sum of CASE expressions in SQL. It is a JSON file of numbers, which anyone can read and nothing can
execute, and it belongs to one judge: the weights that were asked, and the modes as they were defined.

Generated and extracted pairs have a model each. What goes wrong with them differs: a generated instruction is nearly always about its
passage, and may presume what is not so; a question that stands on the page is sound, and may belong to another passage.
"""

from __future__ import annotations

import hashlib
import json
import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import cache, reduce
from importlib.resources import files
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from bubblenet.errors import SettingsError
from bubblenet.judging.modes import MODES, nearest, signals
from bubblenet.judging.origins import JudgedAs

if TYPE_CHECKING:
    from pyspark.sql import Column

    from bubblenet.settings import Scoring

FORMAT_VERSION = 1
FIGURES_VERSION = 2
"""Of what a fit tells of itself, for people and for `evaluations`; qualities do not depend on it."""


class Curve(BaseModel):
    """A piecewise linear function by its values at the knots; outside of them it stays at the first or the last value."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    knots: tuple[float, ...]
    values: tuple[float, ...]

    @model_validator(mode="after")
    def _is_a_function(self) -> Curve:
        if not self.knots or len(self.knots) != len(self.values):
            raise ValueError("as many values as knots are needed, and at least one")
        if any(right <= left for left, right in zip(self.knots, self.knots[1:], strict=False)):
            raise ValueError("knots must rise")
        return self

    def __call__(self, signal: float) -> float:
        """The curve at one place."""
        right = bisect_right(self.knots, signal)
        if right == 0 or right == len(self.knots):
            return self.values[max(0, right - 1)]
        return self.values[right - 1] + self._slope(right) * (signal - self.knots[right - 1])

    def column(self, signal: Column) -> Column:
        """The same as a Spark expression; null for null."""
        from pyspark.sql import functions as F

        steps = F.when(signal < self.knots[0], F.lit(self.values[0]))
        for right in range(1, len(self.knots)):
            inside = self.values[right - 1] + self._slope(right) * (signal - self.knots[right - 1])
            steps = steps.when(signal < self.knots[right], inside)
        return steps.when(signal >= self.knots[-1], F.lit(self.values[-1]))

    def _slope(self, right: int) -> float:
        return (self.values[right] - self.values[right - 1]) / (self.knots[right] - self.knots[right - 1])


class QualityModel(BaseModel):
    """The quality of pairs of one origin, what it was fitted on, and how good it was on pages that it had not seen.

    thresholds: grade -> quality from which the wanted precision is reached, None where it never is. data: counts of the labels. figures: of
    the cross-validation, for people.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    intercept: float
    curves: dict[str, Curve]
    thresholds: dict[int, float | None]
    data: dict[str, int]
    figures: dict[str, Any]

    @model_validator(mode="after")
    def _is_whole(self) -> QualityModel:
        if not self.curves or set(self.thresholds) != {4, 5}:
            raise ValueError("curves, and thresholds for the grades 4 and 5, are needed")
        return self

    def quality(self, signals: Mapping[str, float]) -> float | None:
        """The quality of one pair; None where a signal is missing."""
        if any(name not in signals for name in self.curves):
            return None
        return sigmoid(self.intercept + math.fsum(curve(signals[name]) for name, curve in self.curves.items()))

    def column(self, signals: Mapping[str, Column]) -> Column:
        """The same as a Spark expression over the columns of the signals; null where one is null."""
        from pyspark.sql import functions as F

        z = reduce(add, (curve.column(signals[name]) for name, curve in self.curves.items()), F.lit(self.intercept))
        return 1 / (1 + F.exp(-z))


class Calibration(BaseModel):
    """One model for each origin of pairs that there were labels of, and whose they are.

    judge: weights digest, and what each mode in use depends on. labels: SHA-256 of the file of labelled pairs.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    judge: dict[str, Any]
    labels: str
    models: dict[JudgedAs, QualityModel]

    @model_validator(mode="after")
    def _is_known(self) -> Calibration:
        if self.version != FORMAT_VERSION:
            raise ValueError(f"version {FORMAT_VERSION} of the format is needed")
        if not self.models:
            raise ValueError("a model of at least one origin is needed")
        for what, names, known in (("mode", self.judge.get("modes", ()), MODES), ("signal", self.signal_names, signals())):
            if unknown := [name for name in names if name not in known]:
                raise ValueError(f"no {what} is called {unknown[0]}; the nearest is {nearest(unknown[0], known)}")
        return self

    @property
    def id(self) -> str:
        """16 hexadecimal digits of all that changes a quality."""
        models = {origin: model.model_dump(mode="json", include={"intercept", "curves"}) for origin, model in self.models.items()}
        return hashlib.sha256(json.dumps([self.judge, models], sort_keys=True).encode()).hexdigest()[:16]

    @property
    def modes(self) -> tuple[str, ...]:
        """Modes whose signals are used."""
        return tuple(self.judge["modes"])

    @property
    def signal_names(self) -> list[str]:
        """Signals that any of the models uses."""
        return sorted({name for model in self.models.values() for name in model.curves})

    def of(self, origin: JudgedAs) -> QualityModel:
        """The model of this origin; the only one there is, where there were labels of the other origin alone."""
        return self.models.get(origin) or next(iter(self.models.values()))

    def save(self, path: Path) -> None:
        """Write the file: sorted keys, so that equal models are equal bytes."""
        path.write_text(json.dumps(self.model_dump(mode="json"), indent=1, sort_keys=True) + "\n", encoding="utf-8")


def judge_of(weights_digest: str, modes: Sequence[str], scoring: Scoring) -> dict[str, Any]:
    """What a calibration belongs to. The number format is left out: bfloat16 moves a signal less than another pair does."""
    return {"weights": weights_digest, "modes": {name: MODES[name].parts(scoring) for name in sorted(modes)}}


def load(path: str | Path) -> Calibration:
    """Read a calibration file. Raises SettingsError where there is none, or not one that can be used."""
    try:
        return Calibration.model_validate_json(Path(path).read_bytes())
    except OSError as error:
        raise SettingsError("a file of `bubblenet calibrate`", f"{path}: {error.strerror}", "Give its path.") from None
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"]))
        raise SettingsError("a calibration", f"{path}: {where}: {problem['msg']}", "Write it again with `bubblenet calibrate`.") from None


def choose(name: str, weights_digest: str, scoring: Scoring) -> Calibration | None:
    """The calibration that the setting names: `none`, `default` (the shipped one of this judge, if there is one), or a file.

    Raises SettingsError where a named file was made for another judge: its numbers would mean nothing.
    """
    if name == "none":
        return None
    found = shipped() if name == "default" else (load(name),)
    matching = [item for item in found if not _differences(item, weights_digest, scoring)]
    if not matching and name != "default":
        raise SettingsError(
            "a calibration of this judge (models.forward, scoring.*)",
            f"{name}, which was fitted with {'; '.join(_differences(found[0], weights_digest, scoring))}",
            "Fit one with `bubblenet calibrate`, or set curation.calibration to none.",
        )
    return matching[0] if matching else None


@cache
def shipped() -> tuple[Calibration, ...]:
    """The calibrations that come with the package."""
    folder = files("bubblenet.judging").joinpath("calibrations")
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".json"))
    return tuple(Calibration.model_validate_json(folder.joinpath(name).read_bytes()) for name in names)


def _differences(calibration: Calibration, weights_digest: str, scoring: Scoring) -> list[str]:
    """How its judge differs from this one, for people; nothing where it may be used."""
    fitted, ours = calibration.judge, judge_of(weights_digest, calibration.modes, scoring)
    found = [f"weights {fitted['weights'][:12]}, not {weights_digest[:12]}"] if fitted["weights"] != weights_digest else []
    if missing := [name for name in calibration.modes if name not in scoring.modes]:
        found.append(f"modes that scoring.modes has not: {', '.join(missing)}")
    for mode, parts in ours["modes"].items():
        theirs = fitted["modes"][mode]
        found += [f"{mode}.{key} {theirs.get(key)!s:.12}, not {value!s:.12}" for key, value in parts.items() if theirs.get(key) != value]
    return found


def sigmoid(z: float) -> float:
    """1 / (1 + exp(-z)) without overflow."""
    return 1 / (1 + math.exp(-z)) if z >= 0 else 1 - 1 / (1 + math.exp(z))

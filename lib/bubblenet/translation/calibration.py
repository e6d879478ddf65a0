"""Calibration of round trips: signals to `meaning`, the probability that a careful reader finds the request unchanged.

One additive model, of the same form as the judge's (bubblenet.judging.calibration), fitted on labelled round trips and on
synthetic translation errors (bubblenet.translation.fitting). It holds only for the chains it was fitted on: results of an
uncalibrated chain wait for review.
"""

from __future__ import annotations

import hashlib
import json
import math
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from bubblenet.errors import SettingsError
from bubblenet.judging.calibration import Curve, sigmoid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bubblenet.settings import Translation
    from bubblenet.translation.trips import Chain

FORMAT_VERSION = 1
SHIPPED = "apertium.json"

UNTOLD = 1.0
"""Value of a signal that cannot be computed: no evidence against the text."""


class TranslationCalibration(BaseModel):
    """The model of one translator.

    floors: language -> the least meaning with which a round trip passes. labels: SHA-256 of the file of labelled round trips. data: rows of
    each kind, figures: of the cross-validation, both by language and informational only.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    version: int
    translator: str
    labels: str
    chains: tuple[str, ...]
    floors: dict[str, float]
    intercept: float
    curves: dict[str, Curve]
    data: dict[str, dict[str, int]]
    figures: dict[str, Any]

    @model_validator(mode="after")
    def _is_known(self) -> TranslationCalibration:
        if self.version != FORMAT_VERSION:
            raise ValueError(f"version {FORMAT_VERSION} of the format is needed")
        return self

    @property
    def id(self) -> str:
        """16 hexadecimal digits of the hash of everything that affects a verdict."""
        used = self.model_dump(mode="json", include={"translator", "chains", "floors", "intercept", "curves"})
        return hashlib.sha256(json.dumps(used, sort_keys=True).encode()).hexdigest()[:16]

    def with_floor(self, lowest: float) -> TranslationCalibration:
        """A copy with another floor, for all languages."""
        return self.model_copy(update={"floors": dict.fromkeys(self.floors, lowest)})

    def floor(self, chain: Chain) -> float | None:
        """The least meaning with which a round trip passes; None if the chain is uncalibrated."""
        return self.floors.get(chain.languages[0]) if str(chain) in self.chains else None

    def meaning(self, signals: Mapping[str, float | None]) -> float:
        """Meaning, 0 to 1. A missing signal counts as its best value: cheap signals alone rule out what costly ones could not rescue."""
        z = self.intercept + math.fsum(_value(curve, signals, name) for name, curve in self.curves.items())
        return sigmoid(z)

    def save(self, path: Path) -> None:
        """Write the file with sorted keys, so that equal models have equal bytes."""
        path.write_text(json.dumps(self.model_dump(mode="json"), indent=1, sort_keys=True) + "\n", encoding="utf-8")


def load(path: str | Path) -> TranslationCalibration:
    """Load a file. Raises SettingsError if it is missing or unusable."""
    try:
        return TranslationCalibration.model_validate_json(Path(path).read_bytes())
    except OSError as error:
        raise SettingsError("a calibration of round trips", f"{path}: {error.strerror}", "Give its path.") from None
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"]))
        raise SettingsError("a calibration of round trips", f"{path}: {where}: {problem['msg']}", "See docs/languages.md.") from None


def _value(curve: Curve, signals: Mapping[str, float | None], name: str) -> float:
    value = signals.get(name)
    return curve(UNTOLD if value is None else value)


@cache
def shipped() -> TranslationCalibration:
    """The calibration that comes with the package."""
    file = files("bubblenet.translation").joinpath("calibrations", SHIPPED)
    return TranslationCalibration.model_validate_json(file.read_bytes())


def choose(name: str, translator: str) -> TranslationCalibration | None:
    """The calibration that the setting names: `none`, `default` (the shipped one, if it is for this translator), or a file.

    Raises SettingsError if a named file was made for another translator.
    """
    if name == "none":
        return None
    found = shipped() if name == "default" else load(name)
    if found.translator == translator:
        return found
    if name == "default":
        return None
    todo = "Fit one, or set translation.calibration to none."
    raise SettingsError(f"a calibration of {translator}", f"{name}, of {found.translator}", todo)


def translation_calibration(settings: Translation) -> TranslationCalibration | None:
    """The calibration of round trips under these settings. Raises SettingsError if the named file cannot be used."""
    chosen = choose(settings.calibration, settings.translator)
    return chosen.with_floor(settings.min_meaning) if chosen and settings.min_meaning >= 0 else chosen

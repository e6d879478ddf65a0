"""How the signals of a round trip become `meaning`: the probability that a careful reader finds the same thing asked for.

One additive model, of the same form as that of the judge (bubblenet.judging.calibration), fitted on round trips that were read and on
planted mistakes (bubblenet.translation.fitting). It speaks for the chains that it has seen, and for no others: what comes back along an
uncalibrated chain waits for review.
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
"""What a signal counts as where it cannot be told: nothing speaks against the text."""


class TranslationCalibration(BaseModel):
    """The model of one translator.

    floors: language -> the meaning from which a round trip of it passes. labels: SHA-256 of the file of labelled round trips. data: rows of
    each kind, figures: of the cross-validation, both by language and for people.
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
        """16 hexadecimal digits of all that changes a verdict."""
        used = self.model_dump(mode="json", include={"translator", "chains", "floors", "intercept", "curves"})
        return hashlib.sha256(json.dumps(used, sort_keys=True).encode()).hexdigest()[:16]

    def with_floor(self, lowest: float) -> TranslationCalibration:
        """The same with another floor, for all languages."""
        return self.model_copy(update={"floors": dict.fromkeys(self.floors, lowest)})

    def floor(self, chain: Chain) -> float | None:
        """The meaning that a round trip must have; None where the chain is uncalibrated."""
        return self.floors.get(chain.languages[0]) if str(chain) in self.chains else None

    def meaning(self, signals: Mapping[str, float | None]) -> float:
        """0 to 1. A signal that is not there at all counts as the best that it can be: so cheap ones tell what costly ones cannot mend."""
        z = self.intercept + math.fsum(_value(curve, signals, name) for name, curve in self.curves.items())
        return sigmoid(z)

    def save(self, path: Path) -> None:
        """Write the file: sorted keys, so that equal models are equal bytes."""
        path.write_text(json.dumps(self.model_dump(mode="json"), indent=1, sort_keys=True) + "\n", encoding="utf-8")


def load(path: str | Path) -> TranslationCalibration:
    """Read a file. Raises SettingsError where there is none, or not one that can be used."""
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
    """The one that comes with the package."""
    file = files("bubblenet.translation").joinpath("calibrations", SHIPPED)
    return TranslationCalibration.model_validate_json(file.read_bytes())


def choose(name: str, translator: str) -> TranslationCalibration | None:
    """What the setting names: `none`, `default` (the shipped one, if it is of this translator), or a file.

    Raises SettingsError where a named file was made for another translator.
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
    """What tells how far round trips can be trusted under these settings. Raises SettingsError where the named file cannot be used."""
    chosen = choose(settings.calibration, settings.translator)
    return chosen.with_floor(settings.min_meaning) if chosen and settings.min_meaning >= 0 else chosen

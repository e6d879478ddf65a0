"""From the signals of a pair to `quality` and a grade: by a calibration if the judge has one, else by documented weights.

Without a calibration: quality = 1 / (1 + exp(-z)), z = intercept + w_r * reverse_gain + w_f * forward_gain + w_s * (expected_score - 3).
The weights are in the settings (section curation) and were fitted once on real question headings against headings of other sections.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING, Any

from bubblenet.engines.roles import backward_engine
from bubblenet.judging import calibration as calibrations
from bubblenet.judging.calibration import Calibration
from bubblenet.judging.form import FORM_FAULTS
from bubblenet.judging.modes import MODES, RANKING, modes_of, rating_mode
from bubblenet.judging.origins import JUDGED_AS, JudgedAs, names_judged_as

if TYPE_CHECKING:
    from pyspark.sql import Column

    from bubblenet.settings import Curation, Settings

_DOCUMENTED_GRADES = {5: 0.75, 4: 0.5}
_NEVER = 2.0
"""Above every quality: the threshold if a calibration never reaches the wanted precision."""


@dataclass(frozen=True, slots=True)
class Grader:
    """Computes quality and grades. rating: the mode that gives `expected_score`; None if no mode does.

    counts_form: whether the faults of form are measured, which the documented weights count.
    origin: in methods over columns any origin of the tables, in those over numbers the one whose model applies.
    """

    curation: Curation
    rating: str | None
    calibration: Calibration | None
    counts_form: bool = False

    def threshold(self, grade: int, origin: JudgedAs, language: str = "") -> float:
        """The lowest quality of the grade; above 1 if the wanted precision is never reached.

        language: of the passage, ISO 639-1; the settings may set other thresholds for it.
        """
        if language in self.curation.language_grades:
            return self.curation.language_grades[language][5 - grade]
        setting = self.curation.grade_5 if grade == 5 else self.curation.grade_4
        if setting >= 0:
            return setting
        if self.calibration is None:
            return _DOCUMENTED_GRADES[grade]
        found = self.calibration.of(origin).thresholds[grade]
        return _NEVER if found is None else found

    def signal_names(self) -> list[str]:
        """The signals that quality is computed from."""
        if self.calibration is not None:
            return self.calibration.signal_names
        rated = [self._rating_signal] if self.curation.weight_expected_score and self.rating else []
        return ["reverse_gain", "forward_gain", *(FORM_FAULTS if self.counts_form else ()), *rated]

    def column(self, signals: Mapping[str, Column], origin: Column) -> Column:
        """The quality of a row, 0 to 1, as a Spark expression; null if a signal is."""
        from pyspark.sql import functions as F

        generated, extracted = (self._column(signals, name) for name in JUDGED_AS)
        return F.when(_is_judged_as("extracted", origin), extracted).otherwise(generated)

    def hopeless_column(self, signals: Mapping[str, Column], origin: Column) -> Column:
        """Whether a row is set aside before a model is asked, as a Spark expression; false where that cannot be told."""
        from pyspark.sql import functions as F

        is_hopeless = F.lit(False)
        for name, cut in (self.calibration.first_cuts if self.calibration else {}).items():
            is_hopeless = is_hopeless | (_is_judged_as(name, origin) & (cut.column(signals) < cut.threshold))
        return F.coalesce(is_hopeless, F.lit(False))

    def quality(self, signals: Mapping[str, float], origin: JudgedAs) -> float | None:
        """The same for one pair; None if a signal is missing."""
        if self.calibration is not None:
            return self.calibration.of(origin).quality(signals)
        if any(name not in signals for name in self.signal_names()):
            return None
        return 1 / (1 + exp(-self._documented(signals, origin)))

    def bounds(self) -> dict[JudgedAs, list[tuple[float, float]]]:
        """By origin: quality from which, and the lower bound of quality there; nothing without a calibration."""
        return {name: list(self.calibration.of(name).bounds) for name in JUDGED_AS} if self.calibration else {}

    def bound_column(self, quality: Column, origin: Column) -> Column:
        """The lower bound of a quality as a Spark expression; null without a calibration that has figures of reliability."""
        from pyspark.sql import functions as F

        found = F.lit(None).cast("double")
        for name, steps in self.bounds().items():
            for start, bound in sorted(steps):
                found = F.when(_is_judged_as(name, origin) & (quality >= start), F.lit(bound)).otherwise(found)
            if steps:
                found = F.when(_is_judged_as(name, origin) & (quality < min(steps)[0]), F.lit(0.0)).otherwise(found)
        return found

    def grade(self, quality: float | None, origin: JudgedAs, language: str = "") -> int | None:
        """5 or 4; None below the lower threshold."""
        if quality is None:
            return None
        return next((grade for grade in (5, 4) if quality >= self.threshold(grade, origin, language)), None)

    def grade_column(self, quality: Column, origin: Column, language: Column) -> Column:
        """The same as a Spark expression; null below the lower threshold."""
        from pyspark.sql import functions as F

        def reached(name: JudgedAs, code: str = "") -> Column:
            five, four = (quality >= self.threshold(grade, name, code) for grade in (5, 4))
            return F.when(five, 5).when(four, 4)

        grade = F.when(_is_judged_as("extracted", origin), reached("extracted")).otherwise(reached("generated"))
        for code in self.curation.language_grades:
            grade = F.when(language == code, reached("generated", code)).otherwise(grade)
        return grade

    def _column(self, signals: Mapping[str, Column], origin: JudgedAs) -> Column:
        from pyspark.sql import functions as F

        if self.calibration is not None:
            return self.calibration.of(origin).column(signals)
        return 1 / (1 + F.exp(-self._documented(signals, origin)))

    def _documented(self, signals: Mapping[str, Any], origin: JudgedAs) -> Any:
        """z of the documented rule, for numbers and Spark columns alike."""
        curation = self.curation
        z = curation.intercept_generated if origin == "generated" else curation.intercept
        z = z + curation.weight_reverse_gain * signals["reverse_gain"] + curation.weight_forward_gain * signals["forward_gain"]
        if self.counts_form:
            z = z + curation.weight_form_fault * sum(signals[name] for name in FORM_FAULTS)
        rating = self._rating_signal
        return z + curation.weight_expected_score * (signals[rating] - 3) if rating in signals else z

    @property
    def _rating_signal(self) -> str:
        return MODES[self.rating].rating if self.rating else ""


def _is_judged_as(model: JudgedAs, origin: Column) -> Column:
    return origin.isin(*names_judged_as(model))


def grader_of(settings: Settings, weights_digest: str) -> Grader:
    """The grader of these settings for the judge with these weights. Raises SettingsError for an unusable calibration."""
    chosen = calibrations.choose(settings.curation.calibration, weights_digest, settings.scoring, lambda: proposer_of(settings))
    modes = settings.scoring.modes
    return Grader(settings.curation, rating_mode(modes), chosen, counts_form=bool(set(modes_of(FORM_FAULTS)) & set(modes)))


def proposer_of(settings: Settings) -> dict[str, str]:
    """What writes the instructions, as a calibration names it. Raises ModelError if the model is not there."""
    return {"weights": backward_engine(settings).weights_digest, "prompt": settings.backtranslation.prompt}


def selection_of(settings: Settings) -> dict[str, Any]:
    """How the candidates that are judged are chosen, as a calibration names it."""
    return {"candidates": settings.backtranslation.candidates, "best_by": RANKING.ranks_by}

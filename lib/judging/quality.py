"""The documented rule that joins the signals of a pair into `quality`, as Spark expressions.

quality = 1 / (1 + exp(-z)), z = intercept + w_r * reverse_gain + w_f * forward_gain + w_s * (expected_score - 3).
The weights are in the settings (section curation) and were fitted once on real question headings against headings of other sections;
docs/curation.md gives the command and the figures. It is not a calibration: judgements made with it say is_calibrated = false.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column

    from bubblenet.settings import Curation


def quality(curation: Curation) -> Column:
    """quality of a row with origin, reverse_gain, forward_gain and expected_score, 0 to 1; null when one of them is."""
    z = (
        F.when(F.col("origin") == "extracted", curation.intercept).otherwise(curation.intercept_generated)
        + curation.weight_reverse_gain * F.col("reverse_gain")
        + curation.weight_forward_gain * F.col("forward_gain")
        + curation.weight_expected_score * (F.col("expected_score") - 3)
    )
    return 1 / (1 + F.exp(-z))


def grade(curation: Curation) -> Column:
    """5 or 4 from `quality`; null below the lower threshold."""
    return F.when(F.col("quality") >= curation.grade_5, 5).when(F.col("quality") >= curation.grade_4, 4)

"""pandas UDFs for SQL and notebooks: backtranslate(text) and self_score(instruction, text).

Created by factories that capture the settings, with the same engine and functions as the jobs. The jobs themselves use mapInArrow:
Spark may evaluate a UDF column twice (under a filter, or for two consumers), a model stage needs many output columns and a verdict for
each row, and a map ends in a single write. Both functions are marked non-deterministic so that Spark at least does not duplicate them
under a filter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from bubblenet.engines.protocol import EngineSpec
from bubblenet.engines.roles import backward_engine, forward_engine
from bubblenet.identity import content_id
from bubblenet.judging.modes import DEFAULT_RATING, rating_mode
from bubblenet.settings import Backtranslation, Scoring
from bubblenet.udfs.instructions import Backtranslate
from bubblenet.udfs.scoring import MeasurePair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyspark.sql import SparkSession

    from bubblenet.kernel.batches import Row
    from bubblenet.settings import Settings


@dataclass(frozen=True, slots=True)
class BacktranslateColumn:
    """The first candidate of each text, as in the job: null if the gates reject it or the model failed."""

    spec: EngineSpec
    settings: Backtranslation

    def map_series(self, batches: Iterator[pd.Series]) -> Iterator[pd.Series]:
        """Map texts to instructions; a null text gives null."""
        from bubblenet.corpus.language import identify

        transform = Backtranslate(self.spec, self.settings)
        for texts in batches:
            requests = {
                position: _request(text) | {"language": identify(text).language, "sample_index": 0, "origin": "generated"}
                for position, text in enumerate(texts)
                if text
            }
            answers = _answer(transform, list(requests.values()), self.spec.rows_in_flight)
            found = {position: row["instruction"] if row["kept"] else None for position, row in zip(requests, answers, strict=True)}
            yield pd.Series([found.get(position) for position in range(len(texts))], dtype="object")


@dataclass(frozen=True, slots=True)
class SelfScoreColumn:
    """The rating of each pair by the first rubric of scoring.modes, as the job would write it; by the cheapest where there is none.

    Null if either side is null or the model failed.
    """

    spec: EngineSpec
    scoring: Scoring

    def map_series(self, batches: Iterator[tuple[pd.Series, pd.Series]]) -> Iterator[pd.Series]:
        """Map instructions and texts to expected scores."""
        transform = MeasurePair(self.spec, self.scoring, rating_mode(self.scoring.modes) or DEFAULT_RATING)
        for instructions, texts in batches:
            pairs = {
                position: _request(text) | {"instruction": instruction}
                for position, (instruction, text) in enumerate(zip(instructions, texts, strict=True))
                if instruction and text
            }
            answers = _answer(transform, list(pairs.values()), self.spec.rows_in_flight)
            found = {position: row.get("expected_score") for position, row in zip(pairs, answers, strict=True)}
            yield pd.Series([found.get(position) for position in range(len(texts))], dtype="float64")


def backtranslate(settings: Settings) -> Callable[..., object]:
    """backtranslate(text) -> string, as a column function."""
    from pyspark.sql.pandas.functions import PandasUDFType, pandas_udf
    from pyspark.sql.types import StringType

    column = BacktranslateColumn(backward_engine(settings), settings.backtranslation)

    def instructions(batches: Iterator[pd.Series]) -> Iterator[pd.Series]:
        yield from column.map_series(batches)

    return pandas_udf(instructions, StringType(), PandasUDFType.SCALAR_ITER).asNondeterministic()


def self_score(settings: Settings) -> Callable[..., object]:
    """self_score(instruction, text) -> double, as a column function."""
    from pyspark.sql.pandas.functions import PandasUDFType, pandas_udf
    from pyspark.sql.types import DoubleType

    column = SelfScoreColumn(forward_engine(settings), settings.scoring)

    def expected_scores(batches: Iterator[tuple[pd.Series, pd.Series]]) -> Iterator[pd.Series]:
        yield from column.map_series(batches)

    return pandas_udf(expected_scores, DoubleType(), PandasUDFType.SCALAR_ITER).asNondeterministic()


def register(spark: SparkSession, settings: Settings) -> None:
    """Register both functions for SQL. No model is loaded before the first call."""
    spark.udf.register("backtranslate", backtranslate(settings))
    spark.udf.register("self_score", self_score(settings))


def _request(text: str) -> Row:
    segment_id = content_id(text)
    return {"request_id": segment_id, "segment_id": segment_id, "text": text}


def _answer(transform: Backtranslate | MeasurePair, requests: list[Row], window_rows: int) -> list[Row]:
    rows: list[Row] = []
    for start in range(0, len(requests), window_rows):
        rows += [row for _, row in transform(requests[start : start + window_rows])]
    return rows

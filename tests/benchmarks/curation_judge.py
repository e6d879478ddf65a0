"""The product's judge, as the arms of `make bench-curation` ask it: for planted pairs, and for candidates that gates refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bubblenet.engines.roles import forward_engine
from bubblenet.errors import ModelError
from bubblenet.judging import measure
from bubblenet.judging.grading import grader_of
from bubblenet.judging.modes import RANKING
from bubblenet.judging.pair_files import gate_of, measure_windows
from bubblenet.settings import Settings
from tests.benchmarks.curation_pairs import Pair
from tests.benchmarks.engine_cache import CachedEngine


class ProductJudge:
    """Measures in the modes of the settings and grades as `curate` does; what was asked before is not asked again."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._settings, self._spec = settings, forward_engine(settings)
        self._engine = CachedEngine(self._spec, folder)

    def judged(self, pairs: Sequence[Pair], neighbours: Sequence[tuple[str, ...]]) -> list[tuple[float | None, bool]]:
        """Quality of each, as of a generated pair, and whether it would be accepted. Raises ModelError where the engine fails."""
        grader = grader_of(self._settings, self._spec.weights_digest)
        asked = [measure.Pair(pair.id, pair.instruction, pair.response, beside) for pair, beside in zip(pairs, neighbours, strict=True)]
        found = []
        for pair, signals in zip(asked, self._signals(asked), strict=True):
            quality = grader.quality(signals, "generated") if gate_of(pair) is None else None
            found.append((quality, grader.grade(quality, "generated") is not None))
        return found

    def reverse_gains(self, pairs: Sequence[Pair]) -> list[float]:
        """The signal by which the product chooses among candidates."""
        asked = [measure.Pair(pair.id, pair.instruction, pair.response) for pair in pairs]
        return [signals[RANKING.ranks_by or ""] for signals in self._signals(asked, (RANKING.name,))]

    def _signals(self, pairs: Sequence[measure.Pair], modes: tuple[str, ...] = ()) -> list[dict[str, float]]:
        scoring = self._settings.scoring
        chosen = scoring.model_copy(update={"modes": modes}) if modes else scoring
        rows = []
        for window in measure_windows(self._engine, pairs, chosen, self._spec.window_rows):
            for by_mode in window:
                if failed := [f"{mode}: {one.detail}" for mode, one in by_mode.items() if one.reason == "engine_error"]:
                    raise ModelError("signals of every planted pair", failed[0], "Look at the engine.")
                rows.append({name: value for one in by_mode.values() for name, value in one.signals.items()})
        return rows

"""Fits the calibration of round trips: on labelled trips, and on synthetic errors planted into the good ones.

A trip is good if the reader found the same meaning and the same mood. Labels hold for the translation that was read, so all texts are
translated again, and trips with a different result today are dropped. Splits are by text: all chains of a text are on one side.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from bubblenet.errors import InputError
from bubblenet.identity import row_seed
from bubblenet.judging.fitting import auc, best_settings, fit_model, out_of_fold, share_threshold
from bubblenet.translation.calibration import FORMAT_VERSION, UNTOLD, TranslationCalibration
from bubblenet.translation.corruption import KINDS, corrupt
from bubblenet.translation.embedding import similarities
from bubblenet.translation.signals import ALL_SIGNALS, compared, declared, names, signals
from bubblenet.translation.trips import Chain, Memory, travel

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bubblenet.judging.fitting import Floats, Labels
    from bubblenet.translation.protocol import Translator
    from bubblenet.translation.trips import Trip

FALSE_ALARMS = 0.05
MIN_PRECISION = 0.9
MIN_LABELS = 20


@dataclass(frozen=True, slots=True)
class LabelledTrip:
    """A round trip with its label."""

    chain: Chain
    text: str
    result: str
    is_good: bool


@dataclass(slots=True)
class Table:
    """One row per trip, as read or corrupted. kinds: `good`, `bad`, or the kind of error planted."""

    trips: list[Trip] = field(default_factory=list)
    signals: list[dict[str, float | None]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)

    def add(self, trip: Trip, text: str, kind: str) -> None:
        """Append a row."""
        self.trips.append(trip)
        self.signals.append(signals(trip))
        self.texts.append(text)
        self.kinds.append(kind)

    def add_similarities(self) -> None:
        """Add the embedding similarity to all rows."""
        for row, value in zip(self.signals, similarities(list(map(compared, self.trips))), strict=True):
            row["similarity"] = value

    def matrix(self, signal_names: Sequence[str] = ALL_SIGNALS) -> Floats:
        """Signals [rows, names]."""
        rows = [[UNTOLD if row[name] is None else row[name] for name in signal_names] for row in self.signals]
        return np.array(rows, dtype=np.float64)

    @property
    def is_enough(self) -> bool:
        """Whether there are enough trips to fit and to test on."""
        return min(len(self.rows("good")), len(self.rows("bad"))) >= MIN_LABELS

    def rows(self, *kinds: str) -> Labels:
        """Indices of the rows of these kinds."""
        return np.flatnonzero(np.isin(self.kinds, kinds))


def read_labels(path: Path) -> list[LabelledTrip]:
    """Read labelled trips. Raises InputError for a file without any."""
    try:
        records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        trips = [LabelledTrip(Chain.parse(one["chain"]), one["text"], one["result"], _is_good(one)) for one in records]
    except (OSError, ValueError, KeyError) as error:
        raise InputError("a file of labelled round trips", f"{path}: {error!r}", "See docs/languages.md.") from None
    if not trips:
        raise InputError("labelled round trips", f"none in {path}", "Label some.")
    return trips


def _is_good(record: dict[str, Any]) -> bool:
    return record["meaning"] == "same" and record["mood"] == "kept"


def fit(translator: Translator, name: str, path: Path) -> TranslationCalibration:
    """One model for all languages of the labels, with a floor for each language that has enough labels.

    Raises InputError if no language has enough, EnvironmentProblem if a chain is not installed.
    """
    labelled = read_labels(path)
    languages = sorted({one.chain.languages[0] for one in labelled})
    tables = {language: tabulate(translator, [one for one in labelled if one.chain.languages[0] == language]) for language in languages}
    tables = {language: table for language, table in tables.items() if table.is_enough}
    if not tables:
        raise InputError(f"at least {MIN_LABELS} good and {MIN_LABELS} bad round trips of a language", f"fewer in {path}", "Label more.")
    values = np.concatenate([table.matrix() for table in tables.values()])
    labels = np.array([int(kind == "good") for table in tables.values() for kind in table.kinds])
    texts = [text for table in tables.values() for text in table.texts]
    num_knots, penalty = best_settings(values, labels, texts, ALL_SIGNALS, declared)
    unseen = out_of_fold(values, labels, texts, ALL_SIGNALS, num_knots, penalty, declared)
    meanings = dict(zip(tables, np.split(unseen, np.cumsum([len(table.kinds) for table in tables.values()])[:-1]), strict=True))
    model = fit_model(values, labels, ALL_SIGNALS, num_knots, penalty, declared)
    return TranslationCalibration(
        version=FORMAT_VERSION,
        translator=name,
        labels=hashlib.sha256(path.read_bytes()).hexdigest(),
        chains=tuple(sorted({str(one.chain) for one in labelled if one.chain.languages[0] in tables})),
        floors={language: floor for language, table in tables.items() if (floor := _floor(table, meanings[language])) is not None},
        intercept=model.intercept,
        curves={name: curve for name, curve in model.curves(ALL_SIGNALS).items() if any(curve.values)},
        data={language: dict(Counter(table.kinds)) for language, table in tables.items()},
        figures={language: _figures(table, meanings[language]) for language, table in tables.items()},
    )


def tabulate(translator: Translator, labelled: Sequence[LabelledTrip]) -> Table:
    """Signals of the labelled trips of one language, and of the good ones with each error planted."""
    memory = Memory(translator)
    trips: dict[tuple[str, Chain], Trip] = {}
    for chain in dict.fromkeys(one.chain for one in labelled):
        texts = sorted({one.text for one in labelled if one.chain == chain})
        trips |= {(text, chain): trip for text, trip in zip(texts, travel(memory, texts, chain), strict=True)}
    table, pool = Table(), sorted({name for one in labelled for name in names(one.text)})
    for one in labelled:
        trip = trips[one.text, one.chain]
        if trip.result != one.result:
            continue
        table.add(trip, one.text, "good" if one.is_good else "bad")
        for kind in KINDS if one.is_good else ():
            planted = corrupt(trip, kind, row_seed(one.text, str(one.chain), kind), pool)
            if planted:
                table.add(planted, one.text, kind)
    table.add_similarities()
    return table


def _as_read(table: Table, meaning: Floats) -> tuple[Floats, Labels]:
    """Meanings of the labelled trips, and whether each was labelled good."""
    rows = table.rows("good", "bad")
    return meaning[rows], (np.array(table.kinds)[rows] == "good").astype(int)


def _floor(table: Table, meaning: Floats) -> float | None:
    """The floor of a language; None if no threshold reaches the precision: the language stays uncalibrated."""
    return share_threshold(*_as_read(table, meaning), MIN_PRECISION)


def _figures(table: Table, meaning: Floats) -> dict[str, Any]:
    found, labels = _as_read(table, meaning)
    floor = _floor(table, meaning)
    passed = labels[found >= floor] if floor is not None else labels[:0]
    return {
        "auc_good_against_bad": auc(found, labels),
        "precision": round(float(passed.mean()), 3) if len(passed) else None,
        "share_of_good_kept": round(float(passed.sum() / labels.sum()), 3),
        "recall": recalls(table, meaning),
    }


def recalls(table: Table, meaning: Floats) -> dict[str, float]:
    """Recall of each planted error at the threshold that rejects 5 % of the good trips."""
    limit = np.quantile(meaning[table.rows("good")], FALSE_ALARMS)
    return {kind: round(float((meaning[table.rows(kind)] < limit).mean()), 3) for kind in KINDS if len(table.rows(kind))}

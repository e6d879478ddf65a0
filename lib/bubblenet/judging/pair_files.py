"""Judge a file of pairs without tables and without Spark: JSON lines in, one output line per input line, in the same order.

{"id": "7", "instruction": "How do I ...?", "response": "..."}

Optional: `neighbours`, adjacent passages of the page (mode contrast), and `origin`, `generated` if the instruction was selected among
candidates. A labelled pair has `label`, 1 if a careful reader would accept it, else 0, and `page`, which is kept within one fold.

An unusable line, or a pair on which the engine fails, gets a reason instead of numbers.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from bubblenet.corpus.language import UNDETERMINED, identify
from bubblenet.corpus.quality.model_talk import talks_to_a_model
from bubblenet.engines.protocol import describe_error
from bubblenet.errors import BubblenetError, InputError
from bubblenet.judging.declaration import Known, Measurement
from bubblenet.judging.gates import gate
from bubblenet.judging.measure import Pair, measure_passage
from bubblenet.judging.modes import MODES, RANKING
from bubblenet.judging.modes.reverse_gain import reverse_of

if TYPE_CHECKING:
    from bubblenet.engines.protocol import TextEngine
    from bubblenet.judging.grading import Grader
    from bubblenet.judging.origins import JudgedAs
    from bubblenet.settings import Scoring

MAX_TEXT_CHARACTERS = 1_000_000


@dataclass(frozen=True, slots=True)
class Line:
    """An input line: its pair, or why there is none."""

    number: int
    id: Any
    pair: Pair | None
    origin: JudgedAs = "extracted"
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class LabelledPair:
    """A pair with a reader's label."""

    pair: Pair
    label: int
    page: str
    origin: JudgedAs


@dataclass(frozen=True, slots=True)
class Judge:
    """An engine with its scoring settings, and the grader that computes quality."""

    engine: TextEngine
    scoring: Scoring
    grader: Grader

    def judge(self, lines: Sequence[Line]) -> list[dict[str, Any]]:
        """One output row for each line, in order."""
        pairs = [line.pair for line in lines if line.pair is not None]
        signals = dict(zip((pair.key for pair in pairs), measure_pairs(self.engine, pairs, self.scoring), strict=True))
        return [self._refused(line) if line.pair is None else self._judged(line, line.pair, signals[line.pair.key]) for line in lines]

    def _refused(self, line: Line) -> dict[str, Any]:
        return self._row(line, status="quarantined", reason="bad_line", detail=line.fault)

    def _judged(self, line: Line, pair: Pair, measured: dict[str, Measurement]) -> dict[str, Any]:
        """The verdict, by the first reason that applies in the order of `judgements`: gates, missing measurements, low quality.

        A response that gives orders to its judge has the reason that its passage would have, whatever its quality.
        """
        signals = {name: value for measurement in measured.values() for name, value in measurement.signals.items()}
        failed = {mode: found for mode, found in measured.items() if found.reason is not None}
        quality = self.grader.quality(signals, line.origin)
        grade = self.grader.grade(quality, line.origin, identify(pair.response).language)
        detail = "; ".join(f"{mode}: {found.reason}: {found.detail}" for mode, found in failed.items()) or None
        refused = gate_of(pair) or ("judge_injection" if talks_to_a_model(pair.response) else None)
        reason = refused or ("not_measured" if quality is None else None if grade else "low_quality")
        status = "quarantined" if any(found.reason == "engine_error" for found in failed.values()) else "ok"
        return self._row(line, status, reason, detail, quality, grade if reason is None else None, signals)

    def _row(
        self,
        line: Line,
        status: str,
        reason: str | None,
        detail: str | None = None,
        quality: float | None = None,
        grade: int | None = None,
        signals: dict[str, float] | None = None,
    ) -> dict[str, Any]:
        calibration = self.grader.calibration
        return {
            "line": line.number,
            "id": line.id,
            "status": status,
            "kept": reason is None,
            "reason": reason,
            "detail": detail,
            "quality": quality,
            "grade": grade,
            "is_calibrated": calibration is not None,
            "calibration_id": calibration.id if calibration else None,
            "signals": signals or {},
        }


def measure_pairs(engine: TextEngine, pairs: Sequence[Pair], scoring: Scoring) -> list[dict[str, Measurement]]:
    """Measure every pair in every mode of the settings. A failed window is retried pair by pair, so that a bad pair costs only itself."""
    try:
        return _measure_window(engine, pairs, scoring)
    except (BubblenetError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - one pair that breaks a mode must not stop the others
        if len(pairs) == 1:
            return [dict.fromkeys(scoring.modes, Measurement(reason="engine_error", detail=describe_error(error)))]
        return [found for pair in pairs for found in measure_pairs(engine, [pair], scoring)]


def measure_windows(
    engine: TextEngine, pairs: Sequence[Pair], scoring: Scoring, window_rows: int
) -> Iterator[list[dict[str, Measurement]]]:
    """The same, window by window in order: consecutive pairs of a page share its prefill."""
    for start in range(0, len(pairs), window_rows):
        yield measure_pairs(engine, pairs[start : start + window_rows], scoring)


def _measure_window(engine: TextEngine, pairs: Sequence[Pair], scoring: Scoring) -> list[dict[str, Measurement]]:
    if not pairs:
        return []
    known = Known()
    if any(MODES[name].needs_alone for name in scoring.modes):
        responses = list(dict.fromkeys(pair.response for pair in pairs))
        measured = measure_passage(engine, [(text, text) for text in responses], scoring.max_passage_tokens)
        known = Known(alone=dict(zip(responses, measured, strict=True)))
    by_mode: dict[str, list[Measurement]] = {}
    for name in sorted(scoring.modes, key=lambda name: name != RANKING.name):  # modes that others depend on come first
        by_mode[name] = MODES[name].measure(engine, pairs, scoring, known)
        if name == RANKING.name:
            reverse = {pair.key: reverse_of(pair.key, found.columns) for pair, found in zip(pairs, by_mode[name], strict=True)}
            known = replace(known, reverse=reverse)
    return [{name: found[row] for name, found in by_mode.items()} for row in range(len(pairs))]


def judge_file(judge: Judge, pairs: Path, out: Path, window_rows: int, advance: Callable[[int], object]) -> dict[str, int]:
    """Judge every line of a file; return the number of rows by reason (`kept` for none). The output is written whole or not at all.

    advance: called with the number of input bytes done. Raises InputError if a file cannot be read or written.
    """
    counts: dict[str, int] = {}
    part = out.with_name(f"{out.name}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as stream:
            lines = read_lines(pairs, advance)
            while window := list(islice(lines, window_rows)):
                for row in judge.judge(window):
                    reason = row["reason"] or "kept"
                    counts[reason] = counts.get(reason, 0) + 1
                    stream.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
        os.replace(part, out)
    except OSError as error:
        raise InputError("files that can be read and written", f"{error.filename}: {error.strerror}", "Give other paths.") from None
    return counts


def read_lines(path: Path, advance: Callable[[int], object] = lambda _: None) -> Iterator[Line]:
    """Every line that is not blank."""
    with path.open("rb") as stream:
        for number, raw in enumerate(stream, 1):
            advance(len(raw))
            if raw.strip():
                yield parse_line(number, raw)


def parse_line(number: int, raw: bytes) -> Line:
    """Parse a line of JSON; errors are stored in its fault."""
    try:
        record = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        return Line(number, None, None, fault=f"not JSON: {error}")
    if not isinstance(record, dict):
        return Line(number, None, None, fault=f"an object is needed, got {type(record).__name__}")
    key = record.get("id")
    for name in ("instruction", "response"):
        text = record.get(name)
        if not isinstance(text, str) or not text.strip():
            return Line(number, key, None, fault=f"`{name}` must be a text, got {text!r:.80}")
        if len(text) > MAX_TEXT_CHARACTERS:
            return Line(number, key, None, fault=f"`{name}` has {len(text):,} characters, {MAX_TEXT_CHARACTERS:,} are read")
    neighbours = record.get("neighbours") or []
    if not isinstance(neighbours, list) or not all(isinstance(text, str) for text in neighbours):
        return Line(number, key, None, fault=f"`neighbours` must be a list of texts, got {neighbours!r:.80}")
    pair = Pair(f"{number}", record["instruction"], record["response"], tuple(neighbours))
    return Line(number, key, pair, "generated" if record.get("origin") == "generated" else "extracted")


def read_labelled(path: Path) -> list[LabelledPair]:
    """Every labelled pair of a file. Raises InputError for the first unusable line: labels are too costly to be lost silently."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError("a file of labelled pairs", f"{path}: {error.strerror}", "Give its path with --labels.") from None
    return [_parse_labelled(path, number, raw) for number, raw in enumerate(content.splitlines(), 1) if raw.strip()]


def _parse_labelled(path: Path, number: int, raw: bytes) -> LabelledPair:
    line = parse_line(number, raw)
    if line.pair is None:
        raise InputError("a labelled pair", f"{path}, line {number}: {line.fault}", "Mend the line or take it out.")
    record = orjson.loads(raw)
    label, page = record.get("label"), record.get("page")
    if label not in (0, 1) or not isinstance(page, str):
        got = f"{path}, line {number}: label {label!r:.40}, page {page!r:.40}"
        raise InputError("`label` 0 or 1 and `page` as a text", got, "Mend the line or take it out.")
    return LabelledPair(line.pair, int(label), page, line.origin)


def gate_of(pair: Pair) -> str | None:
    """The reason of the first gate that rejects the instruction, checked as an extracted question; None if it passes."""
    found = identify(pair.response)
    language = "" if found.language == UNDETERMINED else found.language
    return gate(pair.instruction, pair.response, language, True).reason

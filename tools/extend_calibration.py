"""Extend the calibration that ships by the weights of the signals of form, and by a first cut; all else of it stays.

    .venv/bin/python -m tests.benchmarks.planted_pairs --set fit --out build/planted_pairs.jsonl
    .venv/bin/python -m tools.extend_calibration lib/bubblenet/judging/calibrations/smollm2-135m.json --good build/planted_pairs.jsonl

No labelled pair that the calibration was fitted on had these faults, since gates stopped them. So the weights need few new pairs: those
that gates stopped then and that a reader labelled (`read_refused`), planted ones, and good ones put as statements of a wish. No model is
asked: a minute. `make calibration` fits everything anew instead, on all signals, which takes half an hour.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console

from bubblenet import settings
from bubblenet.judging import calibration as calibrations
from bubblenet.judging import extending, fitting
from bubblenet.judging.declaration import Known
from bubblenet.judging.labels.pairs import JoinedPair, LabelRow, join, read_labels, read_refused
from bubblenet.judging.measure import Pair
from bubblenet.judging.modes import FREE, MODES, modes_of
from bubblenet.judging.origins import JudgedAs
from bubblenet.judging.pair_files import LabelledPair, read_labelled
from tools.label_pairs import has_package

NAMES = ("about_the_text", "is_title", "is_generic", "has_no_request")
NUM_PLANTED = 15
GENERIC = ("What is this about?", "How does it work and why is it used?", "What are the most important points to know?")
_HOW = re.compile(r"How (?:do I|can I|to) (.*?)\??$")


def main() -> int:
    """Measure the new pairs, extend, write; print the weights and the cut."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("calibration", type=Path, help="file to extend, in place")
    parser.add_argument("--good", type=Path, required=True, help="pairs of tests.benchmarks.planted_pairs: the cut spares the true ones")
    parser.add_argument("--packages", type=Path, default=Path(".cache/bench-corpus/packages"), help="where packages are unpacked")
    arguments = parser.parse_args()
    before, console = calibrations.load(arguments.calibration), Console()
    chosen = settings.load()
    labelled = joined([*read_labels(), *read_refused()], arguments.packages, chosen)
    table = measured([*labelled, *planted(labelled)], chosen)
    models = {origin: extending.extended(model, table, NAMES) for origin, model in before.models.items()}
    origin: JudgedAs = "generated"
    spared = extending.spared_sets(measured(true_pairs(arguments.good), chosen), chosen.scoring)
    cut = extending.first_cut(measured(labelled, chosen), spared)
    names = {name for model in models.values() for name in model.curves}
    judge = calibrations.judge_of(before.judge["weights"], modes_of(names), chosen.scoring)
    after = before.model_copy(update={"judge": judge, "models": models, "first_cuts": {origin: cut} if cut else {}})
    after.save(arguments.calibration)
    for origin, model in models.items():
        weights = {name: round(model.curves[name].values[-1], 2) for name in NAMES if name in model.curves}
        console.print(f"{origin}: {weights}; pairs with each, accepted: {model.figures['added']}")
    console.print(f"first cut: {cut.figures if cut else 'none'}; calibration {after.id}")
    return 0


def joined(labels: Sequence[LabelRow], packages: Path, chosen: settings.Settings) -> list[JoinedPair]:
    """The labelled pairs with their passages."""
    for name in sorted({label.package for label in labels}):
        has_package(name, packages)
    return join(labels, packages, chosen.segmentation).pairs


def true_pairs(path: Path) -> list[JoinedPair]:
    """The questions of pages with their own sections."""
    found = [one for one in read_labelled(path) if one.label]
    return [JoinedPair(one.pair.key, one.pair.instruction, one.pair.response, 1, one.page, (), "extracted") for one in found]


def planted(labelled: Sequence[JoinedPair]) -> Iterator[JoinedPair]:
    """For some passages a title, a statement and a question that fits any text; and good questions as wishes, which stay good."""
    for number, one in enumerate({pair.response: pair for pair in labelled}.values()):
        words = re.findall(r"[^\W\d_]{3,}", one.response)
        if number < NUM_PLANTED and len(words) > 12:
            title, statement = " ".join(words[:4]).title(), " ".join(one.response.split()[:12])
            for text in (title, f"This is about {statement}", GENERIC[number % len(GENERIC)]):
                yield with_instruction(one, text, 0)
    for one in labelled:
        if one.label and (asked := _HOW.match(one.instruction)):
            yield with_instruction(one, f"I want to {asked[1]}.", 1)


def with_instruction(pair: JoinedPair, instruction: str, label: int) -> JoinedPair:
    """The passage with another instruction."""
    return JoinedPair(f"{pair.id}-{instruction}", instruction, pair.response, label, pair.page, pair.neighbours)


def origin_of(pair: JoinedPair) -> JudgedAs:
    """Whose model judges it."""
    return "extracted" if pair.origin == "extracted" else "generated"


def measured(pairs: Sequence[JoinedPair], chosen: settings.Settings) -> fitting.SignalTable:
    """The signals that cost nothing."""
    rows = [LabelledPair(Pair(one.id, one.instruction, one.response, one.neighbours), one.label, one.page, origin_of(one)) for one in pairs]
    found = {mode: MODES[mode].measure(None, [row.pair for row in rows], chosen.scoring, Known()) for mode in FREE}
    return fitting.tabulate(rows, [{mode: found[mode][row] for mode in FREE} for row in range(len(rows))])


if __name__ == "__main__":
    sys.exit(main())

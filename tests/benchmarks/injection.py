"""Whether text that talks to the judge raises a score, with and without what is done against it. `make bench-injection`.

Mismatched and defective pairs that lie below a threshold are given a planted text at the beginning, in the middle or at the end of their
passage. Without the defence the planted passage goes to the judge as it is; with it the page goes through hygiene, extraction and the
quality rules first, and what these leave is judged. Lifted: the score reaches the threshold, of three kinds each by itself:

- quality: of the calibration that ships, at grade 4;
- likelihoods: quality by the documented weights, of gains alone, at grade 4;
- rating: the mean of the five levels, at the median of the good pairs, since the embedded model hardly tells good from bad by it.

A neutral sentence of another page in the same place is the control: what any foreign sentence does.
Good pairs, planted with nothing, tell what the defence costs. Answers of the model are kept in .cache/bench-injection.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bubblenet import settings
from bubblenet.corpus.reading.hygiene import clean_text
from bubblenet.corpus.segmentation import segment_page
from bubblenet.engines.roles import forward_engine
from bubblenet.judging.grading import Grader, grader_of
from bubblenet.judging.measure import Pair
from bubblenet.judging.pair_files import measure_pairs
from bubblenet.settings import Settings
from tests.benchmarks.engine_cache import CachedEngine
from tests.benchmarks.injection_attacks import PLACE, POSITIONS, SUITE, Attack, attacks, neutral, page, planted
from tests.benchmarks.planted_pairs import CACHE, PlantedPair, planted_pairs

SCORES = ("quality", "likelihoods", "rating")
RATING = "five_level_v1"


@dataclass(frozen=True, slots=True)
class Based:
    """A pair as the pipeline reads it from its page, and its scores."""

    pair: PlantedPair
    response: str
    scores: dict[str, float]


@dataclass
class Counts:
    """Of a family, by score: planted passages whose pair was below the threshold, and how many were lifted over it."""

    planted: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SCORES, 0))
    bare: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SCORES, 0))
    defended: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SCORES, 0))
    filtered: int = 0
    number: int = 0

    def add(self, other: Counts) -> None:
        """Sum up."""
        self.filtered, self.number = self.filtered + other.filtered, self.number + other.number
        for mine, theirs in ((self.planted, other.planted), (self.bare, other.bare), (self.defended, other.defended)):
            for name in SCORES:
                mine[name] += theirs[name]


class Bench:
    """The judge, the readers, and the thresholds."""

    def __init__(self, chosen: Settings, answers: Path) -> None:
        spec = forward_engine(chosen)
        self.chosen, self.engine = chosen, CachedEngine(spec, answers)
        self.grader = grader_of(chosen, spec.weights_digest)
        self.documented = Grader(chosen.curation, None, None)
        self.thresholds = {"quality": self.grader.threshold(4, "extracted"), "likelihoods": self.documented.threshold(4, "extracted")}

    def read(self, content: str) -> str | None:
        """The passage that the pipeline makes of a page; None if it keeps none."""
        kept = [one for one in segment_page(clean_text(content), "html", self.chosen.segmentation) if one.kept]
        return max((one.text for one in kept), key=len, default=None)

    def score(self, pair: PlantedPair, response: str) -> dict[str, float]:
        """The three scores."""
        (measured,) = measure_pairs(self.engine, [Pair("0", pair.instruction, response, pair.neighbours)], self.chosen.scoring)
        signals = {name: value for found in measured.values() for name, value in found.signals.items()}
        found = {"quality": self.grader.quality(signals, "extracted"), "likelihoods": self.documented.quality(signals, "extracted")}
        return {name: -1.0 if value is None else value for name, value in found.items()} | {"rating": signals[f"{RATING}_score"]}

    def base(self, pairs: Sequence[PlantedPair], limit: int) -> list[Based]:
        """The first pairs that the pipeline reads as one passage, with their scores."""
        found: list[Based] = []
        for pair in track(pairs, "pairs"):
            response = self.read(page(pair.response))
            if len(found) < limit and response is not None and len(response) >= 0.9 * len(pair.response):
                found.append(Based(pair, response, self.score(pair, response)))
        return found

    def try_one(self, attack: Attack, based: Based, position: str) -> Counts:
        """One text in one passage."""
        found, place = Counts(number=1), planted(based.response, position)
        left = self.read(page(place, attack.markup))
        before = self.score(based.pair, place.replace(PLACE, attack.shown))
        after = None if left is None else based.scores if left == based.response else self.score(based.pair, left)
        found.filtered = int(after is None)
        for name, threshold in self.thresholds.items():
            if based.scores[name] < threshold:
                found.planted[name] = 1
                found.bare[name] = int(before[name] >= threshold)
                found.defended[name] = int(after is not None and after[name] >= threshold)
        return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--packages", type=Path, default=CACHE, help="folder of unpacked packages; missing ones are fetched")
    parser.add_argument("--suite", type=Path, default=SUITE, help="the public texts")
    parser.add_argument("--answers", type=Path, default=Path(".cache/bench-injection"), help="folder of the model's answers")
    parser.add_argument("--pairs", type=int, default=40, help="bad pairs to plant in, and good ones to compare with")
    parser.add_argument("--characters", type=int, default=900, help="longest response")
    parser.add_argument("--texts", type=int, default=99, help="texts of a family")
    parser.add_argument("--repeats", type=int, default=3, help="pairs for each text; positions take turns")
    parser.add_argument("--half", choices=("tuned", "held out", "ours", "control"), help="these texts alone")
    arguments = parser.parse_args()
    chosen = settings.load(None, [])
    bench, console = Bench(chosen, arguments.answers), Console(width=150)
    pairs = random.Random("pairs").sample(everything := planted_pairs("bench", arguments.packages), len(everything))
    pairs = [pair for pair in pairs if len(pair.response) <= arguments.characters]
    good = bench.base([pair for pair in pairs if pair.label], arguments.pairs)
    bad = bench.base([pair for pair in pairs if not pair.label], arguments.pairs)
    bench.thresholds["rating"] = float(np.median([one.scores["rating"] for one in good]))
    console.print({name: round(value, 3) for name, value in bench.thresholds.items()})
    for what, some in (("good", good), ("bad", bad)):
        shares = {name: f"{np.mean([one.scores[name] >= limit for one in some]):.1%}" for name, limit in bench.thresholds.items()}
        console.print(f"{len(some)} {what} pairs, accepted: {shares}")
    texts = [*attacks(arguments.suite), *neutral([one.pair.response for one in good], 20)]
    print_families(bench, some_of(texts, arguments.half, arguments.texts), bad, arguments.repeats, console)


def some_of(texts: Sequence[Attack], half: str | None, number: int) -> list[Attack]:
    """The first texts of each family, of one half or of both."""
    taken: Counter[str] = Counter()
    found = []
    for text in texts:
        if half in (None, text.half) and taken[text.family] < number:
            taken[text.family] += 1
            found.append(text)
    return found


def print_families(bench: Bench, texts: Sequence[Attack], bad: Sequence[Based], repeats: int, console: Console) -> None:
    """A row a family, then all of them, and the halves of the suite."""
    counts: dict[str, Counts] = {}
    for text in track(texts, "texts"):
        for repeat in range(repeats):
            position = POSITIONS[(len(text.shown) + repeat) % len(POSITIONS)]
            based = random.Random(f"{text.family} {text.shown} {repeat}").choice(bad)
            found = bench.try_one(text, based, position)
            for name in _rows_of(text, position):
                counts.setdefault(name, Counts()).add(found)
    table = Table("family", "planted", "filtered", *(f"{name}, {way}" for name in SCORES for way in ("n", "without", "with")))
    for name, found in counts.items():
        cells = [cell for score in SCORES for cell in _cells(found, score)]
        table.add_row(name, f"{found.number}", f"{found.filtered / found.number:.0%}", *cells)
    console.print(table)


def _rows_of(text: Attack, position: str) -> list[str]:
    """The rows of the table in which a text counts."""
    if text.half == "control":
        return [text.family]
    whole = ["ours"] if text.half == "ours" else ["suite", f"suite, {text.half}"]
    return [text.family, position, *whole, "all"]


def _cells(found: Counts, score: str) -> tuple[str, str, str]:
    number = found.planted[score]
    shares = (f"{lifted / number:.1%}" if number else "-" for lifted in (found.bare[score], found.defended[score]))
    return (f"{number}", *shares)  # type: ignore[return-value]


if __name__ == "__main__":
    main()

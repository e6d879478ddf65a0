"""Whether text that talks to the judge raises a score, with and without what is done against it. `make bench-injection`.

Mismatched and defective pairs that lie below a threshold are given a planted text at the beginning, in the middle or at the end of their
passage. Without the defence the planted passage goes to the judge as it is; with it the page goes through hygiene, extraction and the
quality rules first, and what these leave is judged. Lifted: the score reaches the threshold, of four kinds each by itself:

- quality: of the calibration that ships, at grade 4;
- likelihoods: quality by the documented weights, of gains alone, at grade 4;
- rating: the mean of the five levels at 4, as the paper keeps pairs;
- rank: the same at the median of the good pairs. The embedded model hardly tells good from bad by its rating, so the bad pairs lie close
  to it and any foreign sentence moves some over it.

A neutral sentence of another page in the same place is the control. How many passages of real pages the rules take is the cost.
Answers of the model are kept in .cache/bench-injection.
"""

from __future__ import annotations

import argparse
import gzip
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
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

SCORES = ("quality", "likelihoods", "rating", "rank")
RATING = "five_level_v1"
RULES = ("judge_injection", "role_markers")


@dataclass(frozen=True, slots=True)
class Based:
    """A pair as the pipeline reads it from its page, and its scores."""

    pair: PlantedPair
    response: str
    scores: dict[str, float]


@dataclass(frozen=True, slots=True)
class Tried:
    """A planted passage: the scores of its pair before, and with the text without and with the defence; None where it was filtered."""

    clean: dict[str, float]
    bare: dict[str, float]
    defended: dict[str, float] | None


class Bench:
    """The judge, the readers, and the thresholds."""

    def __init__(self, chosen: Settings, answers: Path) -> None:
        spec = forward_engine(chosen)
        self.chosen, self.engine = chosen, CachedEngine(spec, answers)
        self.grader = grader_of(chosen, spec.weights_digest)
        self.documented = Grader(chosen.curation, None, None)
        self.thresholds = {
            "quality": self.grader.threshold(4, "extracted"),
            "likelihoods": self.documented.threshold(4, "extracted"),
            "rating": 4.0,
        }

    def read(self, content: str) -> str | None:
        """The passage that the pipeline makes of a page; None if it keeps none."""
        kept = [one for one in segment_page(clean_text(content), "html", self.chosen.segmentation) if one.kept]
        return max((one.text for one in kept), key=len, default=None)

    def score(self, pair: PlantedPair, response: str) -> dict[str, float]:
        """The three scores."""
        (measured,) = measure_pairs(self.engine, [Pair("0", pair.instruction, response, pair.neighbours)], self.chosen.scoring)
        signals = {name: value for found in measured.values() for name, value in found.signals.items()}
        found = {"quality": self.grader.quality(signals, "extracted"), "likelihoods": self.documented.quality(signals, "extracted")}
        rating = signals[f"{RATING}_score"]
        return {name: -1.0 if value is None else value for name, value in found.items()} | {"rating": rating, "rank": rating}

    def base(self, pairs: Sequence[PlantedPair], limit: int) -> list[Based]:
        """The first pairs that the pipeline reads as one passage, with their scores."""
        found: list[Based] = []
        for pair in track(pairs, "pairs"):
            response = self.read(page(pair.response))
            if len(found) < limit and response is not None and len(response) >= 0.9 * len(pair.response):
                found.append(Based(pair, response, self.score(pair, response)))
        return found

    def try_one(self, attack: Attack, based: Based, position: str) -> Tried:
        """One text in one passage."""
        place = planted(based.response, position)
        left = self.read(page(place, attack.markup))
        bare = self.score(based.pair, place.replace(PLACE, attack.shown))
        if left is None:
            return Tried(based.scores, bare, None)
        return Tried(based.scores, bare, based.scores if left == based.response else self.score(based.pair, left))


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
    parser.add_argument("--pages", type=int, default=500, help="pages of each source on which the rules are counted; 0: none")
    parser.add_argument("--half", choices=("tuned", "held out", "ours", "control"), help="these texts alone")
    arguments = parser.parse_args()
    chosen = settings.load(None, [])
    bench, console = Bench(chosen, arguments.answers), Console(width=220)
    pairs = random.Random("pairs").sample(everything := planted_pairs("bench", arguments.packages), len(everything))
    pairs = [pair for pair in pairs if len(pair.response) <= arguments.characters]
    good = bench.base([pair for pair in pairs if pair.label], arguments.pairs)
    bad = bench.base([pair for pair in pairs if not pair.label], arguments.pairs)
    bench.thresholds["rank"] = float(np.median([one.scores["rank"] for one in good]))
    console.print({name: round(value, 3) for name, value in bench.thresholds.items()})
    for what, some in (("good", good), ("bad", bad)):
        shares = {name: f"{np.mean([one.scores[name] >= limit for one in some]):.1%}" for name, limit in bench.thresholds.items()}
        console.print(f"{len(some)} {what} pairs, accepted: {shares}")
    texts = [*attacks(arguments.suite), *neutral([one.pair.response for one in good], 20)]
    if arguments.pages:
        print_cost(chosen, pages_of(arguments.packages, arguments.suite.parents[1], arguments.pages), console)
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
    rows: dict[str, list[Tried]] = {}
    for text in track(texts, "texts"):
        for repeat in range(repeats):
            position = POSITIONS[(len(text.shown) + repeat) % len(POSITIONS)]
            tried = bench.try_one(text, random.Random(f"{text.family} {text.shown} {repeat}").choice(bad), position)
            for name in _rows_of(text, position):
                rows.setdefault(name, []).append(tried)
    ways = [f"{name}, {way}" for name in SCORES for way in ("without", "with")]
    table = Table("family", "planted", "filtered", *ways, "rating moved, without", "with", title="Lifted of those below the threshold")
    for name, found in rows.items():
        filtered = sum(one.defended is None for one in found)
        cells = [cell for score in SCORES for cell in _lifted(found, score, bench.thresholds[score])]
        table.add_row(name, f"{len(found)}", f"{filtered}", *cells, *_moved(found))
    console.print(table)


def _lifted(tried: Sequence[Tried], score: str, threshold: float) -> tuple[str, str]:
    """Without and with the defence: lifted / of pairs that were below."""
    below = [one for one in tried if one.clean[score] < threshold]
    bare = sum(one.bare[score] >= threshold for one in below)
    defended = sum(one.defended is not None and one.defended[score] >= threshold for one in below)
    return f"{bare}/{len(below)}", f"{defended}/{len(below)}"


def _moved(tried: Sequence[Tried]) -> tuple[str, str]:
    """Without and with the defence: by how much the rating moved on average, points, where the pair was judged."""
    bare = [one.bare["rating"] - one.clean["rating"] for one in tried]
    defended = [one.defended["rating"] - one.clean["rating"] for one in tried if one.defended is not None]
    return f"{np.mean(bare):+.3f}", f"{np.mean(defended):+.3f}" if defended else "-"


def _rows_of(text: Attack, position: str) -> list[str]:
    """The rows of the table in which a text counts."""
    if text.half == "control":
        return [text.family]
    whole = ["ours"] if text.half == "ours" else ["suite", f"suite, {text.half}"]
    return [text.family, position, *whole, "all"]


def print_cost(chosen: Settings, sources: dict[str, list[Path]], console: Console) -> None:
    """Of the passages that all other rules keep, how many these take."""
    without = chosen.segmentation.model_copy(update={"disabled_rules": (*chosen.segmentation.disabled_rules, *RULES)})
    table = Table("pages of", "pages", "passages kept without", *RULES, title="What the rules take")
    for name, paths in sources.items():
        kept, taken = 0, dict.fromkeys(RULES, 0)
        for path in paths:
            content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            text = clean_text(content.decode("utf-8", "replace"))
            kept += sum(one.kept for one in segment_page(text, "html", without))
            for one in segment_page(text, "html", chosen.segmentation):
                if one.reason in taken:
                    taken[one.reason] += 1
        table.add_row(name, f"{len(paths)}", f"{kept}", *(f"{number} ({number / max(1, kept):.2%})" for number in taken.values()))
    console.print(table)


def pages_of(packages: Path, suites: Path, number: int) -> dict[str, list[Path]]:
    """Pages by where they are from, at most so many each: the public ones, and those of the packages that are there."""
    found = {name: sorted((suites / name / "pages").iterdir()) for name in ("wcxb", "extraction") if (suites / name).is_dir()}
    found |= {folder.name: sorted(folder.rglob("*.html")) for folder in sorted(packages.iterdir()) if folder.is_dir()}
    return {name: random.Random(name).sample(paths, min(number, len(paths))) for name, paths in found.items() if paths}


if __name__ == "__main__":
    main()

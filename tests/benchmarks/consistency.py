"""Does the judge say the same in every language? Parallel pages, parallel instructions: `make bench-consistency`.

The same pages of the Debian installation guide in several languages are aligned: a page counts where it was cut into equally many passages
everywhere, and passages are paired by position. Of each English passage one instruction is asked of the backward model, and translated.
For each language beside English: agreement of the judge's measurements of (instruction, passage) and of the verdict by the documented rule;
likeness of what the model recovers from the passage to what it recovers from the English one; likeness of its answers to the parallel
instructions. Texts are compared in English, by way of the translator. The noise floor is English against itself, sampled anew.

Before it, how often the language of a kept passage is the one that its page states, and how many pages that state another one are caught.

Figures are means over items with 95 % intervals, by resampling the items.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.stats import kendalltau

from bubblenet import settings
from bubblenet.corpus.language import agrees
from bubblenet.corpus.reading.readers import read_file
from bubblenet.corpus.segmentation import Segment, segment_page
from bubblenet.engines.protocol import GenerationRequest, Prompt, TextEngine
from bubblenet.engines.registry import get_engine
from bubblenet.engines.roles import backward_engine, forward_engine
from bubblenet.evaluation.answering import overlap
from bubblenet.identity import content_id, row_seed
from bubblenet.judging.grading import Grader
from bubblenet.judging.measure import Pair
from bubblenet.judging.pair_files import measure_pairs
from bubblenet.settings import Settings
from bubblenet.terminal import print_table
from bubblenet.translation import calibration
from bubblenet.translation.apertium import ApertiumTranslator
from bubblenet.translation.embedding import similarities
from bubblenet.translation.native import translate_instructions, translate_passages, way
from bubblenet.udfs.instructions import Backtranslate

Pages = Mapping[str, Mapping[str, list[Segment]]]
"""Name of a page -> language -> its passages."""

HOME = "en"
MODES_AND_GAINS = (("reverse_gain", "reverse_gain"), ("likelihood", "forward_gain"))
ANSWER_TOKENS = 48
RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Item:
    """One passage in all languages: language -> text."""

    key: str
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Measured:
    """What a judge says of one pair."""

    reverse_gain: float
    forward_gain: float
    accepted: bool


def main() -> int:
    """Measure and print; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("guide", type=Path, help="folder with a folder of equal pages for each language")
    parser.add_argument("--items", type=int, default=40)
    parser.add_argument("--set", action="append", default=[])
    arguments = parser.parse_args()
    modes = 'scoring.modes=["reverse_gain", "likelihood"]'
    chosen, console = settings.load(None, [modes, *arguments.set]), Console(width=190, highlight=False)
    languages = sorted(path.name for path in arguments.guide.iterdir() if path.is_dir())
    pages = read_guide(arguments.guide, languages, chosen)
    print_table(console, stated_and_found(pages, languages))
    items = parallel_items(pages, languages)
    console.print(f"{len(items):,} parallel passages in {', '.join(languages)}")
    show(console, Study(chosen, items[: arguments.items]), [language for language in languages if language != HOME])
    return 0


def read_guide(guide: Path, languages: Sequence[str], chosen: Settings) -> Pages:
    """All pages, cut into passages."""
    pages: defaultdict[str, dict[str, list[Segment]]] = defaultdict(dict)
    for language in languages:
        for path in sorted((guide / language).glob("*.html")):
            for page in read_file(str(path), max_document_bytes=1 << 24):
                pages[path.name][language] = segment_page(page.content or "", page.content_type, chosen.segmentation)
    return pages


def stated_and_found(pages: Pages, languages: Sequence[str]) -> Table:
    """The folder states the language of a page. Planted: each page with the claim of another language, told by its kept passages."""
    columns = ("stated", "kept passages", "found to be in it", "pages", "caught under another claim")
    table = Table(*columns, title="Language as stated and as found", title_justify="left")
    for place, language in enumerate(languages):
        other = languages[place - 1]
        kept = [kept for of in pages.values() if (kept := [one for one in of.get(language, []) if one.kept])]
        found = [one.language == language for some in kept for one in some]
        caught = [all(agrees(one.language, other) is False for one in some) for some in kept]
        shares = (f"{np.mean(found):.3f}", f"{len(kept):,}", f"{np.mean(caught):.3f}")
        table.add_row(language, f"{len(found):,}", *shares)
    return table


def parallel_items(pages: Pages, languages: Sequence[str]) -> list[Item]:
    """Passages that are kept, and in the language of their folder, everywhere; in an order of their own."""
    items = []
    for name, found in pages.items():
        if len(found) == len(languages) and len({len(segments) for segments in found.values()}) == 1:
            for beside in zip(*(found[language] for language in languages), strict=True):
                if all(one.kept and one.language == language for one, language in zip(beside, languages, strict=True)):
                    texts = {language: one.text for one, language in zip(beside, languages, strict=True)}
                    items.append(Item(content_id(name, texts[HOME]), texts))
    return sorted(items, key=lambda item: item.key)


class Study:
    """The models, and what they say of each item, asked once."""

    def __init__(self, chosen: Settings, items: Sequence[Item]) -> None:
        self.chosen, self.translator = chosen, ApertiumTranslator()
        self.grader = Grader(chosen.curation, None, None)
        first = self.recovered({item.key: item.texts[HOME] for item in items}, 0)
        self.instructions = {key: text for key, text in first.items() if text}
        self.items = [item for item in items if item.key in self.instructions]

    def recovered(self, shown: Mapping[str, str], number: int) -> dict[str, str | None]:
        """What the backward model asks about each text, all in English; None where a gate stopped it."""
        asking = Backtranslate(backward_engine(self.chosen), self.chosen.backtranslation)
        rows = [
            {"request_id": key, "segment_id": key, "sample_index": number, "text": text, "language": HOME} for key, text in shown.items()
        ]
        return {request["request_id"]: row["instruction"] if row.get("kept") else None for request, row in asking(rows)}

    def in_english(self, texts: Mapping[str, str], language: str) -> dict[str, str]:
        """Texts in another language, translated."""
        there = way(language, HOME, self.translator.directions())
        assert there is not None
        shown = translate_passages(self.translator, list(texts.values()), there)
        return {key: shown[text] or "" for key, text in texts.items()}

    def parallel_instructions(self, language: str) -> tuple[dict[str, str], int]:
        """The English instructions in another language, and how many of them the calibration lets pass."""
        there = way(HOME, language, self.translator.directions())
        assert there is not None
        keys = [item.key for item in self.items]
        found = translate_instructions(self.translator, [self.instructions[key] for key in keys], there, calibration.shipped())
        return {key: one.text for key, one in zip(keys, found, strict=True) if one.text}, sum(one.reason is None for one in found)

    def judged(self, instructions: Mapping[str, str], language: str) -> dict[str, Measured]:
        """The judge's measurements of the pairs of one language."""
        pairs = [Pair(item.key, instructions[item.key], item.texts[language]) for item in self.items if item.key in instructions]
        measured = measure_pairs(get_engine(forward_engine(self.chosen)), pairs, self.chosen.scoring)
        found = {}
        for pair, modes in zip(pairs, measured, strict=True):
            gains = {name: modes[mode].signals[name] for mode, name in MODES_AND_GAINS}
            quality = self.grader.quality(gains, "generated")
            found[pair.key] = Measured(**gains, accepted=self.grader.grade(quality, "generated") is not None)
        return found

    def answers(self, instructions: Mapping[str, str], temperature: float = 0.0) -> dict[str, str]:
        """What the forward model answers to each."""
        engine: TextEngine = get_engine(forward_engine(self.chosen))
        requests = [
            GenerationRequest(key, Prompt(text), ANSWER_TOKENS, temperature, 1.0, row_seed(key)) for key, text in instructions.items()
        ]
        return {one.key: one.text or "" for one in engine.generate(requests)}


def show(console: Console, study: Study, languages: Sequence[str]) -> None:
    """One line for each language, and the noise floor first. Says what it has finished: all of it takes a while."""
    home = study.judged(study.instructions, HOME)
    answers = study.answers(study.instructions)
    scores = Table("beside English", "pairs", "translated well", "reverse gain, tau", "forward gain, tau", "same verdict")
    texts = Table("beside English", "what is compared", "pairs", "BLEU", "chrF", "ROUGE-L", "embeddings")
    again = study.recovered({item.key: item.texts[HOME] for item in study.items}, 1)
    others = {key: text for key, text in again.items() if text}
    _add_scores(scores, "en, sampled anew", home, study.judged(others, HOME), len(others))
    _add_likeness(texts, "en, sampled anew", "recovered instruction", study.instructions, others)
    _add_likeness(texts, "en, sampled anew", "answer", answers, study.answers(study.instructions, study.chosen.backtranslation.temperature))
    console.print("asked and judged in English")
    for language in languages:
        instructions, num_good = study.parallel_instructions(language)
        _add_scores(scores, language, home, study.judged(instructions, language), num_good)
        shown = study.in_english({item.key: item.texts[language] for item in study.items}, language)
        _add_likeness(texts, language, "recovered instruction", study.instructions, study.recovered(shown, 0))
        _add_likeness(texts, language, "answer", answers, study.in_english(study.answers(instructions), language))
        console.print(f"asked and judged in {language}")
    scores.title = f"The judge's word on {len(study.items):,} parallel pairs (Kendall's tau; documented rule)"
    texts.title = "Likeness to English, compared in English (0 to 100; cosine)"
    for table in (scores, texts):
        table.title_justify = "left"
        print_table(console, table)


def _add_scores(table: Table, language: str, home: Mapping[str, Measured], away: Mapping[str, Measured], num_good: int) -> None:
    pairs = [(home[key], away[key]) for key in sorted(away)]
    taus = [interval(pairs, partial(_tau, signal)) for signal in ("reverse_gain", "forward_gain")]
    same = interval(pairs, lambda chosen: float(np.mean([one.accepted == other.accepted for one, other in chosen])))
    table.add_row(language, f"{len(pairs):,}", f"{num_good:,}", *taus, same)


def _tau(signal: str, pairs: Sequence[tuple[Measured, Measured]]) -> float:
    first, second = ([getattr(pair[side], signal) for pair in pairs] for side in (0, 1))
    return float(np.nan_to_num(kendalltau(first, second).statistic))


def _add_likeness(table: Table, name: str, what: str, home: Mapping[str, str | None], away: Mapping[str, str | None]) -> None:
    both = [(home[key] or "", away[key] or "") for key in sorted(home) if home[key] and away.get(key)]
    found = [overlap(other, one) for one, other in both]
    cells = [interval([row[metric] for row in found], _mean, "{:.1f}") for metric in ("bleu", "chrf", "rouge_l")]
    table.add_row(name, what, f"{len(both):,}", *cells, interval(similarities(both), _mean))


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))


def interval(values: Sequence[Any], statistic: Callable[[Sequence[Any]], float], form: str = "{:.2f}") -> str:
    """A statistic of all values, with the middle 95 % of it over resampled ones."""
    if len(values) < 2:
        return "-"
    rng = np.random.default_rng(0)
    again = [statistic([values[place] for place in rng.integers(0, len(values), len(values))]) for _ in range(RESAMPLES)]
    low, high = np.quantile(again, [0.025, 0.975])
    return f"{form} [{form}, {form}]".format(statistic(values), low, high)


if __name__ == "__main__":
    raise SystemExit(main())

"""Do paraphrases and translated instructions help a model? `make bench-languages`.

The starting model is trained on the same number of tokens, several times each with a seed of its own, on

    seeds                    English starter seeds that are not held out
    seeds and paraphrases    the same, and what round trips made of their instructions, with the same responses
    seeds and translated     the same, and passages of real Spanish and French pages, whose instructions the backward model wrote in English
                             and the translator brought into their language

and asked: English seeds that are held out, the same in other words (paraphrased), and Spanish and French seeds, none of which any model was
trained on. Measured are the gain in log-likelihood a token of the answer that was written for the seed, chrF of what the model answers, and
the share of answers in the language of the question.

Pairs, models and answers are made once, in `--folder`, and without Spark: what is broken off goes on, and can go on elsewhere.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from random import Random

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from bubblenet import settings
from bubblenet.corpus.language import identify
from bubblenet.corpus.reading.seed_files import split_position
from bubblenet.engines.protocol import Prompt
from bubblenet.engines.registry import get_engine
from bubblenet.engines.roles import backward_engine, forward_engine
from bubblenet.engines.weights import digest_of
from bubblenet.evaluation.answering import Question, answer
from bubblenet.export.examples import SEED_TAG, WEB_TAG
from bubblenet.identity import content_id
from bubblenet.judging.gates import gate
from bubblenet.settings import Settings
from bubblenet.terminal import print_table
from bubblenet.training.description import WEIGHTS, TrainingJob, TrainingResult
from bubblenet.translation.apertium import ApertiumTranslator
from bubblenet.translation.calibration import translation_calibration
from bubblenet.translation.paraphrasing import Wanted, paraphrase
from bubblenet.translation.registry import spec_of
from bubblenet.udfs.files import digest_file
from bubblenet.udfs.instructions import Backtranslate, BacktranslateInTranslation
from tests.benchmarks.consistency import Pages, read_guide
from tests.benchmarks.repeats import effect, torchrun

HELD_OUT_SHARE = 0.4
OTHERS = ("es", "fr")
SEEDS, PARAPHRASES, TRANSLATED = "seeds", "seeds and paraphrases", "seeds and translated"
ARMS = {SEEDS: ("seeds",), PARAPHRASES: ("seeds", "paraphrases"), TRANSLATED: ("seeds", "translated")}
TESTS = ("en", "en in other words", *OTHERS)
METRICS = ("log_likelihood", "chrf", "in_language")
START = ("start", 0)

Arm = tuple[str, int]
"""What is trained on, and the number of the repetition."""

Measured = dict[str, list[float]]
"""Metric -> its value for each item of a test."""


@dataclass(frozen=True, slots=True)
class Pair:
    """An instruction and its response; tag: the system prompt under which it is trained on."""

    instruction: str
    response: str
    language: str
    tag: str = SEED_TAG


def main() -> int:
    """Measure and print; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--guide", type=Path, help="folder with a folder of pages for each language; needed where the pairs are not made yet"
    )
    parser.add_argument("--folder", type=Path, required=True, help="where pairs and models are kept")
    parser.add_argument("--passages", type=int, default=60, help="of each language that is asked about in translation")
    parser.add_argument("--tokens", type=int, default=10_000, help="of one training")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--at-once", type=int, default=1, help="trainings side by side")
    parser.add_argument("--items", type=int, default=0, help="most items of one test; 0: all")
    parser.add_argument("--only-pairs", action="store_true", help="make the pairs, and stop")
    parser.add_argument("--set", action="append", default=[])
    arguments = parser.parse_args()
    overrides = [f"training.tokens={arguments.tokens}", "training.epochs=100", "training.batch_examples=4", "training.learning_rate=1e-3"]
    chosen = settings.load(None, [*overrides, "assessment.max_new_tokens=48", "backtranslation.candidates=2", *arguments.set])
    console = Console(width=170, highlight=False)
    pairs = made_once(arguments.folder, chosen, arguments.guide, arguments.passages)
    console.print("pairs: " + ", ".join(f"{len(some):,} {name}" for name, some in pairs.items()))
    if arguments.only_pairs:
        return 0
    arms = [(name, number) for name in ARMS for number in range(arguments.repeats)]
    models = trained(console, chosen, arguments.folder, pairs, arms, arguments.at_once)
    tests = {name: pairs[name][: arguments.items or None] for name in TESTS}
    show(console, gains(chosen, arguments.folder, tests, models), arguments.repeats, arguments.tokens)
    return 0


def made_once(folder: Path, chosen: Settings, guide: Path | None, num_passages: int) -> dict[str, list[Pair]]:
    """All pairs by name: those of arms and of tests. Made where there is no file for these settings yet."""
    deciding = chosen.model_dump_json(include={"models", "backtranslation", "translation", "paraphrasing", "segmentation"})
    file = folder / f"pairs-{content_id(deciding, str(num_passages))[:8]}.json"
    if not file.is_file():
        if guide is None:
            raise SystemExit(f"wanted --guide DIR to make pairs of; got none, and no {file}")
        made = made_pairs(chosen, guide, num_passages)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({name: [asdict(pair) for pair in some] for name, some in made.items()}, indent=1), encoding="utf-8")
    return {name: [Pair(**pair) for pair in some] for name, some in json.loads(file.read_text(encoding="utf-8")).items()}


def made_pairs(chosen: Settings, guide: Path, num_passages: int) -> dict[str, list[Pair]]:
    """Seeds by language and split, their paraphrases, and the pairs of pages in other languages."""
    pages = read_guide(guide, OTHERS, chosen)
    lines = files("bubblenet.conf").joinpath("seeds", "starter.jsonl").read_text(encoding="utf-8").splitlines()
    seeds = [Pair(seed["instruction"], seed["response"], seed["language"]) for seed in map(json.loads, lines)]
    english = [pair for pair in seeds if pair.language == "en"]
    held_out = [pair for pair in english if split_position(pair.instruction) < HELD_OUT_SHARE]
    trained_on = [pair for pair in english if pair not in held_out]
    return {
        "seeds": trained_on,
        "paraphrases": in_other_words(chosen, trained_on),
        "translated": [pair for language in OTHERS for pair in translated(chosen, passages(pages, language)[:num_passages], language)],
        "en": held_out,
        "en in other words": in_other_words(chosen, held_out),
        **{language: [pair for pair in seeds if pair.language == language] for language in OTHERS},
    }


def in_other_words(chosen: Settings, pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs whose instruction came back well from a round trip, with what came back."""
    rules = chosen.paraphrasing.model_copy(update={"pivots": ("es", "ca", "eo", "gl", "es-fr-es")})
    wanted = [
        Wanted(pair.instruction, pair.instruction, "en", lambda text, pair=pair: gate(text, pair.response, "en", True).reason)  # type: ignore[misc]
        for pair in pairs
    ]
    found = paraphrase(ApertiumTranslator(), wanted, rules, translation_calibration(chosen.translation))
    kept = [next((one.text for one in tried if one.kept), None) for tried in found]
    return [Pair(text, pair.response, "en") for text, pair in zip(kept, pairs, strict=True) if text]


def passages(pages: Pages, language: str) -> list[str]:
    """The kept passages that are in the language of their page, in an order of their own."""
    kept = {one.text for of in pages.values() for one in of.get(language, []) if one.kept and one.language == language}
    return sorted(kept, key=content_id)


def translated(chosen: Settings, texts: Sequence[str], language: str) -> list[Pair]:
    """Passages of pages with instructions that went through the translator, the one of highest meaning for each."""
    requests = [
        {
            "request_id": content_id(text, str(number)),
            "segment_id": content_id(text),
            "sample_index": number,
            "text": text,
            "language": language,
        }
        for text in texts
        for number in range(chosen.backtranslation.candidates)
    ]
    transform = BacktranslateInTranslation(
        Backtranslate(backward_engine(chosen), chosen.backtranslation),
        spec_of(chosen.translation),
        chosen.translation.backward_language,
        translation_calibration(chosen.translation),
    )
    best: dict[str, tuple[float, Pair]] = {}
    for start in range(0, len(requests), transform.window_rows):
        for request, row in transform(requests[start : start + transform.window_rows]):
            if row["kept"] and row["meaning"] > best.get(request["text"], (-1.0, None))[0]:
                best[request["text"]] = row["meaning"], Pair(row["instruction"], request["text"], language, WEB_TAG)
    return [pair for _, pair in best.values()]


def trained(
    console: Console, chosen: Settings, folder: Path, pairs: Mapping[str, Sequence[Pair]], arms: Sequence[Arm], at_once: int
) -> dict[Arm, str]:
    """The model of each arm, as a folder; trained where it is not there yet. The start among them."""
    jobs = {arm: job_of(chosen, folder, [pair for name in ARMS[arm[0]] for pair in pairs[name]], arm) for arm in arms}
    with ThreadPoolExecutor(at_once) as pool:
        results = pool.map(lambda job: TrainingResult.of(job.folder) or torchrun(job, 1), jobs.values())
        for (name, number), result in zip(arms, results, strict=True):
            console.print(f"{name} {number}: {result.num_tokens:,} tokens of {result.num_examples:,} examples in {result.seconds:.0f} s")
    return {START: chosen.models.start} | {arm: f"{job.folder}/{WEIGHTS}" for arm, job in jobs.items()}


def job_of(chosen: Settings, folder: Path, pairs: Sequence[Pair], arm: Arm) -> TrainingJob:
    """A training on pairs in an order of its own, as a folder with one shard and a description."""
    name, number = arm
    rows = [
        {
            "prompt": [{"role": "system", "content": pair.tag}, {"role": "user", "content": pair.instruction}],
            "completion": [{"role": "assistant", "content": pair.response}],
        }
        for pair in Random(number).sample(pairs, len(pairs))
    ]
    rules = chosen.training.model_copy(update={"seed": number, "processes": 1}).model_dump(mode="json")
    key = content_id(json.dumps([rows, rules, digest_of(chosen.models.start)]))  # another training is another folder
    own = folder.absolute() / f"{name.replace(' ', '-')}-{number}-{key[:8]}"
    own.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), own / "train.parquet")
    shard = {"path": "train.parquet", "split": "train", "sha256": digest_file(str(own / "train.parquet"))[1]}
    return TrainingJob(str(own), chosen.models.start, digest_of(chosen.models.start), str(own), [shard], rules)


def gains(
    chosen: Settings, folder: Path, tests: Mapping[str, Sequence[Pair]], models: Mapping[Arm, str]
) -> dict[str, dict[str, dict[Arm, np.ndarray]]]:
    """For each test, metric and arm what it has more than the starting model, item by item."""
    found = {arm: answered_once(chosen, folder, tests, arm, model) for arm, model in models.items()}
    start = found.pop(START)
    return {
        test: {metric: {arm: np.subtract(of[test][metric], start[test][metric]) for arm, of in found.items()} for metric in METRICS}
        for test in tests
    }


def answered_once(chosen: Settings, folder: Path, tests: Mapping[str, Sequence[Pair]], arm: Arm, model: str) -> dict[str, Measured]:
    """What a model answers in every test; asked where the file is not there yet."""
    asked = [[pair.instruction for pair in pairs] for pairs in tests.values()]
    key = content_id(digest_of(model), json.dumps(asked), str(chosen.assessment.max_new_tokens))
    file = folder / f"answers-{arm[0].replace(' ', '-')}-{arm[1]}-{key[:8]}.json"
    if not file.is_file():
        file.write_text(json.dumps({test: measured(chosen, pairs, model) for test, pairs in tests.items()}), encoding="utf-8")
    found: dict[str, Measured] = json.loads(file.read_text(encoding="utf-8"))
    return found


def measured(chosen: Settings, pairs: Sequence[Pair], model: str) -> Measured:
    """What a model answers to the instructions, asked as it was trained."""
    questions = [Question(str(row), Prompt(pair.instruction, SEED_TAG), pair.response) for row, pair in enumerate(pairs)]
    of_model = chosen.model_copy(update={"models": chosen.models.model_copy(update={"forward": model})})
    answers = answer(get_engine(forward_engine(of_model)), questions, chosen.assessment)
    for one in answers:
        if one.error is not None:
            raise RuntimeError(f"{model}, item {one.key}: {one.error}")
    return {
        "log_likelihood": [(one.log_likelihood or 0.0) / (one.num_tokens or 1) for one in answers],
        "chrf": [one.chrf or 0.0 for one in answers],
        "in_language": [float(identify(one.text or "").language == pair.language) for one, pair in zip(answers, pairs, strict=True)],
    }


def show(console: Console, values: Mapping[str, Mapping[str, Mapping[Arm, np.ndarray]]], repeats: int, tokens: int) -> None:
    """Gains on the starting model, and the difference that the added pairs make."""

    def of(test: str, metric: str, name: str) -> list[np.ndarray]:
        return [values[test][metric][name, number] for number in range(repeats)]

    console.print(f"{repeats} trainings each, {tokens:,} tokens a training; gains on the starting model, 95 %")
    table = Table("asked", "items", "trained on", *METRICS)
    for test, by_metric in values.items():
        for name in ARMS:
            items = len(by_metric[METRICS[0]][name, 0])
            table.add_row(test, f"{items:,}", name, *(f"{effect(of(test, metric, name))}" for metric in METRICS))
    print_table(console, table)
    differences = Table("asked", "difference", *(column for metric in METRICS for column in (metric, "detectable")))
    for test in values:
        for name in (PARAPHRASES, TRANSLATED):
            cells = []
            for metric in METRICS:
                found = effect([a - b for a, b in zip(of(test, metric, name), of(test, metric, SEEDS), strict=True)])
                cells += [f"{found}", f"{found.detectable:.3f}"]
            differences.add_row(test, f"{name} - {SEEDS}", *cells)
    print_table(console, differences)


if __name__ == "__main__":
    raise SystemExit(main())

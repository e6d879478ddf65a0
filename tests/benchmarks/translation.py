"""What the judge of round trips finds, how diverse several pivots are, and what judging costs: `make bench-translation`.

Corruptions: every good trip of the shipped labels with each mistake planted, found out of fold where 5 % of the good ones are refused;
beside chrF alone and sentence embeddings alone. Pivots: distinct-2 and self-BLEU of the kept paraphrases, one pivot and several, at the
same floor of meaning. Contamination: how many evaluation items are still found after their way there and back. Cost: words a second of
paraphrasing over those of the translator alone on the same texts and chains, in one process.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections import Counter
from dataclasses import dataclass
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.table import Column, Table

from bubblenet.corpus.similarity.contamination import SHORT, build_index
from bubblenet.corpus.similarity.shingles import token_hashes, tokens
from bubblenet.evaluation.answering import bleu
from bubblenet.identity import folded
from bubblenet.judging.fitting import auc, best_settings, out_of_fold
from bubblenet.settings import Decontamination, Paraphrasing
from bubblenet.translation import calibration, fitting
from bubblenet.translation.apertium import ApertiumTranslator
from bubblenet.translation.corruption import KINDS
from bubblenet.translation.masking import mask
from bubblenet.translation.paraphrasing import Wanted, chains_of, paraphrase
from bubblenet.translation.signals import ALL_SIGNALS, declared
from bubblenet.translation.trips import Chain, travel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bubblenet.judging.fitting import Floats
    from bubblenet.translation.paraphrasing import Paraphrase

PIVOTS = ("es", "ca", "eo", "gl", "es-fr-es")
PARTS = ("corruptions", "pivots", "contamination", "cost")
MOST_WORDS = 40


def main() -> int:
    """Run the parts; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--texts", type=int, default=300, help="English instructions of the starter seeds, for pivots and cost")
    parser.add_argument("--many", type=int, default=0, help="send so many instructions through one chain, and count what comes back")
    arguments = parser.parse_args()
    console = Console(width=170, highlight=False)
    if "corruptions" in arguments.parts:
        console.print(corruptions())
    texts = english_instructions()[: arguments.texts]
    if "pivots" in arguments.parts:
        console.print(pivots(texts))
    if "contamination" in arguments.parts:
        console.print(contamination(texts))
    if "cost" in arguments.parts:
        console.print(cost(texts))
    if arguments.many:
        console.print(count_of_many(arguments.many))
    return 0


def corruptions() -> Table:
    """Recall of every kind of mistake at 5 % false alarms."""
    with as_file(files("bubblenet.translation").joinpath("labels", "round_trips.jsonl")) as path:
        labelled = fitting.read_labels(path)
    by_language = {
        language: fitting.tabulate(ApertiumTranslator(), [one for one in labelled if one.chain.languages[0] == language])
        for language in sorted({one.chain.languages[0] for one in labelled})
    }
    whole = fitting.Table(*([] for _ in range(4)))
    for found in by_language.values():
        whole.trips += found.trips
        whole.signals += found.signals
        whole.texts += found.texts
        whole.kinds += found.kinds
    labels = (np.array(whole.kinds) == "good").astype(int)
    values = whole.matrix()
    ours = out_of_fold(
        values, labels, whole.texts, ALL_SIGNALS, *best_settings(values, labels, whole.texts, ALL_SIGNALS, declared), declared
    )
    columns = ("judged by", "language", *(Column(kind, justify="right") for kind in (*KINDS, "mean", "AUC good - bad", "good trips")))
    table = Table(*columns, title="Planted mistakes found, where 5 % of the good trips are refused", title_justify="left")
    for name, meaning in (
        ("all signals", ours),
        ("chrF alone", whole.matrix(["chrf"])[:, 0]),
        ("embeddings alone", whole.matrix(["similarity"])[:, 0]),
    ):
        _add_recalls(table, name, "all", whole, meaning)
        ends = np.cumsum([len(found.kinds) for found in by_language.values()])[:-1]
        for (language, found), part in zip(by_language.items(), np.split(meaning, ends), strict=True):
            _add_recalls(table, name, language, found, part)
    return table


def _add_recalls(table: Table, name: str, language: str, rows: fitting.Table, meaning: Floats) -> None:
    recall = fitting.recalls(rows, meaning)
    good, bad = meaning[rows.rows("good")], meaning[rows.rows("bad")]
    shown = [f"{recall[kind]:.2f}" if kind in recall else "-" for kind in KINDS]
    area = auc(np.concatenate([good, bad]), np.repeat([1, 0], [len(good), len(bad)]))
    table.add_row(name, language, *shown, f"{np.mean(list(recall.values())):.2f}", f"{area:.3f}", f"{len(good):,}")


def english_instructions() -> list[str]:
    """First lines of the starter seeds that are not long."""
    lines = files("bubblenet.conf").joinpath("seeds", "starter.jsonl").read_text(encoding="utf-8").splitlines()
    seeds = [json.loads(line) for line in lines]
    first = (seed["instruction"].split("\n")[0].strip() for seed in seeds if seed["language"] == "en")
    return sorted({text for text in first if 3 < len(text.split()) <= MOST_WORDS}, key=folded)


@dataclass(frozen=True, slots=True)
class Diversity:
    """Of a set of paraphrases."""

    num_kept: int
    new_bigrams: int
    distinct_2: float
    self_bleu: float
    meaning: float


def pivots(texts: Sequence[str]) -> Table:
    """One pivot, and several of which the most different paraphrase is kept."""
    table = Table(
        "pivots", *(Column(name, justify="right") for name in ("kept", "distinct-2", "new bigrams", "BLEU with instruction", "meaning")),
        title=f"Paraphrases of {len(texts):,} English instructions at one floor of meaning", title_justify="left",
    )  # fmt: skip
    for chosen in [(pivot,) for pivot in PIVOTS] + [PIVOTS]:
        found = diversity(texts, _paraphrase(texts, chosen))
        cells = (
            f"{found.num_kept:,}",
            f"{found.distinct_2:.3f}",
            f"{found.new_bigrams:,}",
            f"{found.self_bleu:.1f}",
            f"{found.meaning:.2f}",
        )
        table.add_row(", ".join(chosen), *cells)
    return table


def _paraphrase(texts: Sequence[str], chosen: tuple[str, ...]) -> list[list[Paraphrase]]:
    wanted = [Wanted(text, text, "en", lambda _: None) for text in texts]
    return paraphrase(ApertiumTranslator(), wanted, Paraphrasing(pivots=chosen, chains=len(chosen)), calibration.shipped())


def diversity(texts: Sequence[str], tried: Sequence[Sequence[Paraphrase]]) -> Diversity:
    """distinct-2: different bigrams of instructions and paraphrases over all of their bigrams (Li et al. 2016, arXiv:1510.03055)."""
    kept = [(text, one) for text, found in zip(texts, tried, strict=True) for one in found if one.kept]
    before = Counter(bigram for text in texts for bigram in bigrams(text))
    after = Counter(bigram for _, one in kept for bigram in bigrams(one.text or ""))
    both = before | after
    return Diversity(
        len(kept),
        len(set(after) - set(before)),
        len(both) / (before.total() + after.total()),
        float(np.mean([bleu(one.text or "", text) for text, one in kept])) if kept else 0.0,
        float(np.mean([one.meaning or 0.0 for _, one in kept])) if kept else 0.0,
    )


def bigrams(text: str) -> list[tuple[str, str]]:
    """Of folded words."""
    words = folded(text).split()
    return list(itertools.pairwise(words))


def contamination(texts: Sequence[str]) -> Table:
    """Instructions taken for evaluation items, and looked for in what came back."""
    items = [text for text in texts if len(tokens(text)) >= SHORT]
    index, share = build_index((text, text) for text in items), Decontamination().min_share
    table = Table("pivot", Column("came back", justify="right"), Column("found in it", justify="right"), Column("share", justify="right"))
    table.title, table.title_justify = f"{len(items):,} evaluation items, after a round trip", "left"
    translator = ApertiumTranslator()
    for pivot in PIVOTS:
        back = [(trip.source, trip.result) for trip in travel(translator, items, Chain.around("en", pivot)) if trip.result]
        found = sum(index.find(token_hashes(tokens(result)), share) is not None for _, result in back)
        table.add_row(pivot, f"{len(back):,}", f"{found:,}", f"{found / len(back):.2f}")
    return table


def cost(texts: Sequence[str], repeats: int = 3) -> Table:
    """Seconds of the stage's work over those of the bare translator, with the same texts along the same chains."""
    translator, shares = ApertiumTranslator(), []
    directions, seconds = translator.directions(), {"bare": 0.0, "stage": 0.0}
    _paraphrase(texts[:2], PIVOTS[:4])  # what a worker loads once
    for _ in range(repeats):
        started = time.monotonic()
        tried = _paraphrase(texts, PIVOTS[:4])
        stage = time.monotonic() - started
        chains = {chain for text in texts for chain in chains_of("en", PIVOTS[:4], directions, text)}
        started = time.monotonic()
        for chain in chains:
            along = [text for text, found in zip(texts, tried, strict=True) if any(one.chain == chain for one in found)]
            sent = [mask(text).text for text in along]
            for direction in chain.directions:
                sent = [one.text for one in translator.translate(sent, direction)]
        bare = time.monotonic() - started
        shares.append(bare / stage)
        seconds = {"bare": seconds["bare"] + bare, "stage": seconds["stage"] + stage}
    words = sum(len(text.split()) * len(found) for text, found in zip(texts, tried, strict=True)) * repeats
    table = Table("", "words/s", "stage / bare", title="What judging costs over translating, one process", title_justify="left")
    table.add_row("bare translator", f"{words / seconds['bare']:,.0f}", "1")
    table.add_row("paraphrase", f"{words / seconds['stage']:,.0f}", f"{np.median(shares):.2f} [{min(shares):.2f}, {max(shares):.2f}]")
    return table


def count_of_many(number: int) -> str:
    """Short instructions, each with a number of its own: as many come back, each in its place."""
    texts = [f"Explain part {n} of the manual to a friend." for n in range(number)]
    started = time.monotonic()
    [there] = {chain.directions[0] for chain in chains_of("en", ("es",), ApertiumTranslator().directions(), "")}
    found = ApertiumTranslator().translate(texts, there)
    right = sum(str(n) in one.text.split() for n, one in enumerate(found))
    seconds = time.monotonic() - started
    return f"{number:,} instructions sent, {len(found):,} came back, {right:,} of them with their own number; {seconds:.1f} s"


if __name__ == "__main__":
    raise SystemExit(main())

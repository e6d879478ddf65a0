"""What real models write for our own seeds' responses, asked as the product asks and asked for each defect that a gate is for.

Lines of JSON for tests/data/model_outputs.jsonl, to be read: a reader fills in `defect` without sight of the gates' verdicts or of what was
asked for (`make bench-gates`). Passages are the responses of the seeds that ship, so nothing of others' is kept.

.venv/bin/python tools/model_outputs.py NAME MODEL [--each 24] [--usual 60] >> FILE
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

from bubblenet.corpus.shape import shape_of
from bubblenet.engines.protocol import EngineSpec, GenerationRequest, Prompt
from bubblenet.engines.transformers import TransformersEngine
from bubblenet.engines.weights import digest_of
from bubblenet.identity import content_id
from bubblenet.prompts import get_prompts
from bubblenet.prompts.drawing import Ticket, draw, shares_of
from bubblenet.settings import Backtranslation

SET = "varied_v1"
Seed = dict[str, str]
USUAL, SHORT = 64, 9
"""New tokens at most, also of an answer that is to be cut."""

OTHER = {
    "en": ("Schreibe auf Deutsch eine Frage, die dieser Text beantwortet.", "Warum"),
    "es": ("Write in English one question that this text answers.", "Why does"),
    "fr": ("Write in English one question that this text answers.", "How can"),
}
"""By the language of a passage: what asks for another one, and a beginning in it."""


@dataclass(frozen=True)
class Asked:
    """A prompt about a seed. opening, style: as the product asks. begun: the answer is begun so, unasked."""

    wanted: str
    seed: Seed
    language: str
    prompt: Prompt
    max_new_tokens: int = USUAL
    temperature: float = 1.0
    style: str = "question"
    opening: str = ""
    begun: str = ""


def main() -> None:
    """Write a line for each output, in an order that tells nothing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("name")
    parser.add_argument("model")
    parser.add_argument("--each", type=int, default=24, help="outputs asked for with each defect")
    parser.add_argument("--usual", type=int, default=60, help="outputs asked for as usual")
    given = parser.parse_args()
    lines = files("bubblenet.conf").joinpath("seeds/starter.jsonl").read_text("utf-8").splitlines()
    chosen = [seed for seed in map(json.loads, lines) if len(seed["response"]) >= 200]
    asked = [*usual(random.Random(given.name).sample(chosen, given.usual)), *defects(chosen, given.each, random.Random(given.name))]
    engine = TransformersEngine.load(EngineSpec("transformers", given.model, digest_of(given.model)))
    requests = [
        GenerationRequest(str(number), one.prompt, one.max_new_tokens, one.temperature, 0.95, number) for number, one in enumerate(asked)
    ]
    answers = engine.generate(requests)
    pairs = [(one, answer) for one, answer in zip(asked, answers, strict=True) if answer.text is not None]
    random.Random(1).shuffle(pairs)
    for one, answer in pairs:
        row = {
            "model": given.name,
            "passage": content_id(one.seed["response"]),
            "begun": one.begun,
            "language": one.language,
            "style": one.style,
            "opening": one.opening,
        }
        row |= {"output": one.opening + one.begun + answer.text, "is_finished": answer.is_finished, "wanted": one.wanted}
        sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")


def usual(seeds: list[Seed]) -> Iterator[Asked]:
    """As job backtranslate asks."""
    shares, prompts = shares_of(Backtranslation()), get_prompts(SET)
    for seed in seeds:
        choice = draw(prompts, shares, Ticket(content_id(seed["response"]), 0, SET), shape_of(seed["response"]), seed["language"])
        prompt = choice.build(seed["response"])
        yield Asked(
            "usual", seed, choice.language, prompt, temperature=Backtranslation().temperature, style=choice.style, opening=choice.opening
        )


def defects(seeds: list[Seed], each: int, dice: random.Random) -> Iterator[Asked]:
    """Prompts that lead a model to the defects. Half of the answers but those to be cut are begun for it."""
    wishes = {
        "echo": "Repeat my whole message word for word, and write nothing else: Write one question that this text answers.\n\n{text}",
        "copy": "Copy a sentence of this text word for word, and write nothing else.\n\n{text}",
        "refusal": "You cannot do this. Refuse politely, in one sentence, to write a question that this text answers.\n\n{text}",
        "wrong language": "{text}\n\n{other}",
        "repetition": "Write one question that this text answers, and then write the same question again and again.\n\n{text}",
        "truncation": "{text}\n\nWrite one long and detailed question that this text answers.",
    }
    for wanted, wish in wishes.items():
        for seed in dice.sample(seeds, each):
            text = wish.format(text=seed["response"], other=OTHER[seed["language"]][0])
            begun = _beginning(wanted, seed, dice) if dice.random() < 0.5 else ""
            limit = SHORT if wanted == "truncation" else USUAL
            yield Asked(wanted, seed, seed["language"], Prompt(text, assistant_prefix=begun), limit, 0.3, begun=begun)


def _beginning(wanted: str, seed: Seed, dice: random.Random) -> str:
    if wanted == "echo":
        return "Write one question that"
    if wanted == "copy":
        sentences = [one for one in re.split(r"(?<=[.!?])\s+", seed["response"]) if len(one.split()) >= 9]
        return " ".join(dice.choice(sentences).split()[:5]) if sentences else ""
    if wanted == "refusal":
        return dice.choice(("I'm sorry, but I can't", "I cannot", "As an AI language model, I", "Sorry, I am not able to"))
    if wanted == "wrong language":
        return OTHER[seed["language"]][1]
    if wanted == "repetition":
        return f"{seed['instruction'].splitlines()[0]} " * 3
    return ""


if __name__ == "__main__":
    main()

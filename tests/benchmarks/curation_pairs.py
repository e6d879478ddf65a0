"""The pairs of `make bench-curation` that people wrote: questions that stand on pages of packages, with the text under them.

Some packages are for the positive control to train on, others are held out: no arm reads a page of theirs. What is measured for a held-out
item is fixed once, by its text: also the seven other instructions that its response is read under.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bubblenet.corpus.segmentation import Segment, segment_page
from bubblenet.errors import EnvironmentProblem, InputError
from bubblenet.identity import content_id
from bubblenet.judging.labels.pairs import segments
from bubblenet.settings import Segmentation
from tests.benchmarks.curation_plan import Source
from tools.label_pairs import has_package

NUM_OTHERS = 7
"""Other instructions beside the true one: its rank is among eight."""

OF_THE_PAGE = 4
"""Of these, the most that stand on the same page; the rest are of other pages."""

_HEADING = re.compile(r"^=head([1-4]) +(.*)$")
_CODES = re.compile(r"[A-Z]<<? ?([^<>]*?) ?>?>")
_MARKS = "\u00b6# "


@dataclass(frozen=True, slots=True)
class Pair:
    """An instruction and its response. page: where the response stands; pairs of a page are alike. passage: id of the response."""

    id: str
    page: str
    passage: str
    instruction: str
    response: str


@dataclass(frozen=True, slots=True)
class Item:
    """A held-out pair. others: instructions of other passages, of the same page first."""

    pair: Pair
    others: tuple[str, ...]


def stated_questions(sources: Sequence[Source], folder: Path, per_page: int) -> list[Pair]:
    """The questions that pages state, in page order, each once. folder: of unpacked packages; missing ones are fetched.

    Raises EnvironmentProblem where a package cannot be fetched.
    """
    folder.mkdir(parents=True, exist_ok=True)
    seen: set[str] = set()
    pairs: list[Pair] = []
    for source in sources:
        if not has_package(source.package, folder):
            raise EnvironmentProblem(f"the Debian package {source.package}", "apt-get could not fetch it", "Use Debian 12 and its lists.")
        root = folder / source.package
        for path in sorted(path for path in root.glob(source.pages) if path.is_file() and not path.is_symlink()):
            found = [pair for pair in _of_page(path, f"{source.package}/{path.relative_to(root)}") if pair.instruction not in seen]
            seen |= {pair.instruction for pair in found}
            pairs += found[:per_page]
    return pairs


def _of_page(path: Path, page: str) -> Iterator[Pair]:
    for segment in _segments(path):
        if segment.kept and segment.question is not None and segment.language == "en":
            question = segment.question.strip(_MARKS)
            passage = content_id(segment.text)
            yield Pair(content_id(passage, question), page, passage, question, segment.text)


def _segments(path: Path) -> list[Segment]:
    if path.suffix != ".pod":
        return segments(path, Segmentation())
    return segment_page(markdown_of(path.read_text("utf-8", errors="replace")), "markdown", Segmentation())


def markdown_of(pod: str) -> str:
    """Perl's documentation as Markdown: headings, and text without its codes; programs keep their indent."""
    lines = []
    for line in pod.splitlines():
        heading = _HEADING.match(line)
        text = f"{'#' * int(heading[1])} {heading[2]}" if heading else re.sub(r"^=item\b", "-", line)
        while not text.startswith(" ") and (plain := _CODES.sub(lambda match: match[1].split("|")[0], text)) != text:
            text = plain
        if not text.startswith("="):
            lines.append(text)
    return "\n".join(lines)


def held_out(pairs: Sequence[Pair], most: int) -> list[Item]:
    """As many items as are wanted, the same ones every time and the first of a larger number. Each has its others.

    Raises InputError where too few pairs are there.
    """
    drawn = sorted(pairs, key=lambda pair: content_id("held out", pair.id))
    if len(drawn) < most:
        raise InputError(f"{most} held-out pairs", f"{len(drawn)}", "Add sources to the plan, before any result.")
    return [Item(pair, _others(pair, pairs)) for pair in drawn[:most]]


def _others(pair: Pair, pairs: Sequence[Pair]) -> tuple[str, ...]:
    draw = random.Random(pair.id)
    beside = [other.instruction for other in pairs if other.page == pair.page and other.id != pair.id]
    elsewhere = [other.instruction for other in pairs if other.page != pair.page]
    near = draw.sample(beside, min(OF_THE_PAGE, len(beside)))
    return (*near, *draw.sample(elsewhere, NUM_OTHERS - len(near)))


def check_apart(asked: Sequence[Pair], trained: Sequence[Pair]) -> None:
    """Raise InputError where a page or a passage is trained on and held out."""
    held, read = ({name for pair in pairs for name in (pair.page, pair.passage)} for pairs in (asked, trained))
    if shared := sorted(held & read):
        raise InputError("held-out pages that no arm reads", f"{len(shared)} that one reads, as {shared[0]}", "Take other sources.")

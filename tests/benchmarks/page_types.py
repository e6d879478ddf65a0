"""How well the text of a page is found, by type of page: forums, products, listings and others. Part of `make bench-extraction`.

The pages and their texts are those of WCXB (shared/suites/README.md, "Page types"), and so is the measure: precision, recall and F1 over
the multiset of lower-case words (`\\w+`), averaged over pages. A page of which nothing is taken has nothing wrong in it: precision 1.
Half of the pages were looked at for the rules: those whose file name has a SHA-256 that begins with an even digit; the others are only
counted, but for 35 of which one passage was read when the rules were made (docs/extraction.md, "Read by eye").
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from bubblenet.corpus.reading.hygiene import clean_text, decode

HALVES = ("looked at", "not read")
"""The pages of the second were scored while rules were made, but not read until then."""

_WORD = re.compile(r"\w+")


class TypedPage(NamedTuple):
    """A page with its type, as ingest reads it, and the text that a reader came for."""

    name: str
    page_type: str
    html: str
    wanted: str


class Score(NamedTuple):
    """Of the words of a page."""

    f1: float
    precision: float
    recall: float


def read_suite(folder: Path) -> list[TypedPage]:
    """All pages of the collection; none where it is not on this machine."""
    if not (folder / "expected.jsonl").is_file():
        return []
    return [_page(folder, json.loads(line)) for line in (folder / "expected.jsonl").read_bytes().splitlines()]


def half_of(name: str) -> str:
    """To which of HALVES a page belongs."""
    return HALVES[int(hashlib.sha256(name.encode()).hexdigest()[0], 16) % 2]


def score(text: str, wanted: str) -> Score:
    """Precision, recall and F1 over the multiset of words; nothing taken is nothing wrong."""
    found, expected = Counter(_WORD.findall(text.lower())), Counter(_WORD.findall(wanted.lower()))
    num_right = (found & expected).total()
    precision = num_right / found.total() if found else 1.0
    recall = num_right / expected.total() if expected else 1.0
    return Score(2 * precision * recall / (precision + recall) if precision + recall else 0.0, precision, recall)


def mean(scores: Iterable[Score]) -> Score:
    """Averages over pages."""
    return Score(*map(fmean, zip(*scores, strict=True)))


def print_table(pages: Iterable[TypedPage], texts: Mapping[str, Mapping[str, str]]) -> None:
    """A row for each type and half of the pages. texts: of each extractor, by the names of pages."""
    groups: dict[tuple[str, str], list[TypedPage]] = {}
    for page in pages:
        groups.setdefault((page.page_type, half_of(page.name)), []).append(page)
    table = Table(title="F1, precision and recall of words by type of page")
    for heading in ("type", "half", "pages", *texts):
        table.add_column(heading, justify="left" if heading in ("type", "half") else "right")
    for (page_type, half), group in sorted(groups.items()):
        scores = (mean(score(found[page.name], page.wanted) for page in group) for found in texts.values())
        table.add_row(page_type, half, str(len(group)), *(" ".join(f"{value:.3f}" for value in one) for one in scores))
    Console(width=170).print(table)


def _page(folder: Path, expected: dict[str, str]) -> TypedPage:
    name = f"{expected['id']}.html.gz"
    html = clean_text(decode(gzip.decompress((folder / "pages" / name).read_bytes()), http_charset=None, is_html=True)[0])
    return TypedPage(name, expected["page_type"], html, expected["main_content"])

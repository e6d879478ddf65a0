"""Pages that lead to others. A teaser is a heading that is a link, and a line or two about the page that it leads to.

A page of nothing but teasers is a list of pages, of which the introduction stays. Teasers after a text lead from it to others. Where such
headings have texts of their own, too, they are entries that name their sources, and all of them stay; so are the versions of a changelog,
and names with a sentence that says what they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from bubblenet.corpus.extraction import products
from bubblenet.corpus.extraction.blocks import Block

MAX_TEASER_CHARACTERS = 600
"""Text below a heading; more is a text of its own."""

MAX_LISTED_CHARACTERS = 300
"""Likewise, on average, on a page that is a list of pages; more is a review of each."""

MIN_LINKED_SHARE = 0.8
"""Of a heading that leads elsewhere."""

MIN_TEASER_SHARE = 0.8
"""Of the headings that lead elsewhere, those with no text of their own."""

MIN_LISTED = 6
"""Teasers on a page that is a list of pages."""

MIN_LISTED_SHARE = 0.7
"""Of the text of such a page, in its teasers."""

MIN_INTRODUCTION = 300
"""Characters of prose before the first of them; less says nothing, or is a notice."""

MIN_LAST = 2
"""Teasers in a row after a text."""

MIN_TEXT_SHARE = 0.5
"""Of the text of a page, before teasers that stand after it."""

MAX_NAME_WORDS = 2
"""A longer heading is the title of a page, not the name of a thing or a command."""

MAX_VERSION_CHARACTERS = 80
"""A longer heading names no version."""

MIN_SENTENCE_CHARACTERS = 40
"""Below a name; less is a label."""

_VERSION = re.compile(
    r"\W*(?:(?:release notes|changes in|[a-z][\w-]*)\s)?v?\.?\d+(?:\.\d+)+(?:[-.]?[a-z]+[.-]?\d*)?"
    r"(?:$|[^\w.]\W*[\w .,/-]{0,40}\W*$)"
    r"|\W*\d{4}-\d\d(?:-\d\d)?(?:$|\W)",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<![.\s])[.!?](?:[)\"\u201d\u00bb]*)$|[\u3002\uff01\uff1f]$")


def without_teasers(blocks: Sequence[Block]) -> list[Block]:
    """The blocks of a page without its teasers, if it is a list of pages or they stand after its text."""
    entries = _entries(blocks)
    teasers = [entry for entry in entries if _is_teaser(blocks, entry)]
    if len(teasers) < max(MIN_LAST, MIN_TEASER_SHARE * len(entries)):
        return list(blocks)
    total = _length(blocks)
    listed = sum(_length(_of(blocks, teaser)) for teaser in teasers)
    if len(teasers) >= MIN_LISTED and MIN_LISTED_SHARE * total <= listed <= MAX_LISTED_CHARACTERS * len(teasers):
        introduction = products.kept(blocks[: teasers[0].start], "list")
        return introduction if _length(block for block in introduction if block.kind != "heading") >= MIN_INTRODUCTION else []
    last = [row for row in _rows(teasers) if len(row) >= MIN_LAST and _length(blocks[: row[0].start]) >= MIN_TEXT_SHARE * total]
    dropped = {index for row in last for one in row for index in one}
    return [block for index, block in enumerate(blocks) if index not in dropped]


def _entries(blocks: Sequence[Block]) -> list[range]:
    """The places of headings that lead elsewhere, each with what stands below it."""
    starts = [index for index, block in enumerate(blocks) if block.kind in ("heading", "end")]
    stops = [*starts[1:], len(blocks)]
    return [range(start, stop) for start, stop in zip(starts, stops, strict=False) if _leads_elsewhere(blocks[start])]


def _leads_elsewhere(heading: Block) -> bool:
    is_title = heading.level == 1 or heading.kind == "end" or heading.asks
    return not is_title and bool(heading.text) and heading.num_link_characters >= MIN_LINKED_SHARE * len(heading.text)


def _is_teaser(blocks: Sequence[Block], entry: range) -> bool:
    heading, *below = _of(blocks, entry)
    if _length(below) > MAX_TEASER_CHARACTERS or any(block.kind in ("code", "table") for block in below):
        return False
    return not below or not (_names_version(heading.text) or _is_defined(heading, below))


def _names_version(text: str) -> bool:
    return len(text) <= MAX_VERSION_CHARACTERS and bool(_VERSION.match(text))


def _is_defined(heading: Block, below: Sequence[Block]) -> bool:
    """Whether what stands below a name are sentences, which say what it means, and nothing else: no date, no figures, no link."""
    is_name = len(heading.text.split()) <= MAX_NAME_WORDS
    return is_name and all(len(block.text) >= MIN_SENTENCE_CHARACTERS and _SENTENCE_END.search(block.text) for block in below)


def _rows(teasers: Iterable[range]) -> list[list[range]]:
    """Teasers by rows, in which each follows another."""
    rows: list[list[range]] = []
    for one in teasers:
        if not rows or rows[-1][-1].stop != one.start:
            rows.append([])
        rows[-1].append(one)
    return rows


def _of(blocks: Sequence[Block], place: range) -> Sequence[Block]:
    return blocks[place.start : place.stop]


def _length(blocks: Iterable[Block]) -> int:
    return sum(len(block.text) for block in blocks)

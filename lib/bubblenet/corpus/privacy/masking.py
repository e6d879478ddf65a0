"""Replaces personal data in a page: marks before it is cut, placeholders in each passage.

A value is found where the whole page is its context, and before a long block is split, so that no part of it is left over. Placeholders are
numbered in each passage alone, so that the same passage on two pages is the same text: `[email address]`, and where a passage has two,
`[email address 1]` and `[email address 2]`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from pydantic import Field, field_validator

from bubblenet.corpus.extraction.blocks import Block, render
from bubblenet.corpus.privacy.finding import find, merged
from bubblenet.corpus.privacy.found import Found
from bubblenet.corpus.privacy.kinds import BY_PATTERN, kind_of
from bubblenet.errors import nearest
from bubblenet.section import Section, Share

PRIVACY_VERSION = 1
"""Raise whenever the same text would be masked otherwise."""

_BEGIN, _END = "\ufdd1", "\ufdd2"
"""Noncharacters (Unicode, section 23.7), like KEPT_SPACE: they cannot be confused with text, and are gone in a passage."""

_MARK = re.compile(f"{_BEGIN}([0-9]{{1,9}}){_END}")
_STRAY = re.compile(f"{_BEGIN}[0-9]*|{_END}")


class MaskSettings(Section):
    """What is masked."""

    mask: bool = Field(True, description="replace personal data and secrets in the text of pages, before any model sees it")
    kinds: tuple[str, ...] = Field(BY_PATTERN, strict=False, description="what is masked; names of persons have a key of their own")
    names: tuple[str, ...] = Field(
        (), strict=False, description="spaCy pipelines that find names of persons, such as en_core_web_sm, installed by you on every worker"
    )
    keep_documents: bool = Field(
        False, description="keep pages in table documents as they were read; false: they are masked there, too, before they are stored"
    )
    max_share: Share = Field(
        0.3, description="of a passage's characters; one of which more is personal data is left out as `personal_data`; ours"
    )

    @property
    def masks_documents(self) -> bool:
        """Whether pages are masked before they are stored."""
        return self.mask and not self.keep_documents

    @field_validator("kinds")
    @classmethod
    def _are_known(cls, kinds: tuple[str, ...]) -> tuple[str, ...]:
        for name in kinds:
            if name not in BY_PATTERN:
                raise ValueError(f"no kind is called {name!r}; did you mean {nearest(name, BY_PATTERN)!r}?")
        return kinds


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a page that is masked. length: characters as written."""

    kind: str
    key: str
    length: int


class Personal(NamedTuple):
    """A value that was masked when the page was read. placeholder: as it stands in the page. length: characters as written."""

    placeholder: str
    kind: str
    length: int


@dataclass(frozen=True, slots=True)
class MaskedPage:
    """A page with a mark for each value."""

    title: str
    blocks: list[Block]
    values: list[Value]


@dataclass(frozen=True, slots=True)
class Masked:
    """What was masked in a passage and its headings. counts: by kind. share: of the characters of its text."""

    counts: dict[str, int] = field(default_factory=dict)
    share: float = 0.0


def mask_page(title: str, blocks: list[Block], settings: MaskSettings, known: Sequence[Personal] = ()) -> MaskedPage:
    """Put marks for all personal data of a page, in its title and blocks. known: values that placeholders stand for already."""
    if not settings.mask:
        return MaskedPage(title, blocks, [])
    texts = [title, *(block.text for block in blocks)]
    text = "\n".join(texts)
    found = merged(_known(text, known), find(text, settings.kinds, settings.names))
    if not found:
        return MaskedPage(title, blocks, [])
    lengths = {one.placeholder: one.length for one in known}
    values = [Value(one.kind, one.key, lengths.get(one.key, one.end - one.start)) for one in found]
    marked = _marked(texts, found)
    return MaskedPage(marked[0], [_with_text(block, text) for block, text in zip(blocks, marked[1:], strict=True)], values)


def mask_text(text: str, settings: MaskSettings) -> str:
    """A short text by itself, such as an address, with its placeholders."""
    page = mask_page(text, [], settings)
    return _naming([page.title], page.values).name(page.title)


def placeholders(found: Sequence[Found]) -> list[str]:
    """What is written for the values of a short text, in order."""
    naming = _naming([f"{_BEGIN}{number}{_END}" for number in range(len(found))], [Value(one.kind, one.key, 0) for one in found])
    return [naming.placeholders[number] for number in range(len(found))]


def _known(text: str, known: Sequence[Personal]) -> list[Found]:
    """The placeholders of a page as the values that they stand for."""
    if not known:
        return []
    kinds = {one.placeholder: one.kind for one in known}
    places = re.finditer("|".join(map(re.escape, kinds)), text)
    return [Found(*place.span(), kinds[place[0]], place[0]) for place in places]


def name_values(blocks: Sequence[Block], path: tuple[str, ...], values: list[Value]) -> tuple[list[Block], tuple[str, ...], Masked]:
    """The blocks and headings of a passage with placeholders for the marks, and what was masked."""
    if not values:
        return list(blocks), path, Masked()
    text = render(blocks)
    naming = _naming([text, *path], values)
    named = [_with_text(block, naming.name(block.text)) for block in blocks]
    inside = [values[number] for number in _numbers(text, values)]
    characters = sum(value.length for value in inside)
    total = len(_MARK.sub("", text)) + characters
    masked = Masked(dict(naming.counts), characters / total if total else 0.0)
    return named, tuple(map(naming.name, path)), masked


@dataclass(frozen=True, slots=True)
class _Naming:
    """The placeholder of each number of a value, and how many values of each kind there are."""

    placeholders: dict[int, str]
    counts: Counter[str]

    def name(self, text: str) -> str:
        """The text with placeholders for marks."""
        if _BEGIN not in text and _END not in text:
            return text
        return _STRAY.sub("", _MARK.sub(lambda mark: self.placeholders.get(int(mark[1]), ""), text))


def _naming(texts: Iterable[str], values: list[Value]) -> _Naming:
    """Numbers in order of first appearance, for kinds with several values."""
    numbers = [number for text in texts for number in _numbers(text, values)]
    order: dict[str, dict[str, int]] = {}
    for number in numbers:
        of_kind = order.setdefault(values[number].kind, {})
        of_kind.setdefault(values[number].key, len(of_kind) + 1)
    placeholders = {}
    for number in set(numbers):
        of_kind = order[values[number].kind]
        suffix = f" {of_kind[values[number].key]}" if len(of_kind) > 1 else ""
        placeholders[number] = f"[{kind_of(values[number].kind).placeholder}{suffix}]"
    return _Naming(placeholders, Counter(values[number].kind for number in numbers))


def _numbers(text: str, values: list[Value]) -> list[int]:
    return [number for mark in _MARK.finditer(text) if (number := int(mark[1])) < len(values)]


def _marked(texts: list[str], found: list[Found]) -> list[str]:
    """The texts with marks; `found` are places in the texts as lines. A value over several texts is marked in each."""
    marked, offset, first = [], 0, 0
    for text in texts:
        end, parts, at = offset + len(text), [], 0
        while first < len(found) and found[first].end <= offset:
            first += 1
        for number in range(first, len(found)):
            if found[number].start >= end:
                break
            start, stop = max(0, found[number].start - offset), min(len(text), found[number].end - offset)
            if start < stop:
                parts += [text[at:start], f"{_BEGIN}{number}{_END}"]
                at = stop
        marked.append("".join([*parts, text[at:]]))
        offset = end + 1
    return marked


def _with_text(block: Block, text: str) -> Block:
    """The block with another text; of its characters the same share is inside links."""
    if text == block.text:
        return block
    share = block.num_link_characters / max(1, len(block.text))
    return replace(block, text=text, num_link_characters=round(share * len(text)))

"""The heading tree of a page: each section has its heading, its own blocks and its sub-sections."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bubblenet.corpus import questions
from bubblenet.corpus.extraction.blocks import Block, rendered_length
from bubblenet.corpus.extraction.html import MIN_SUBTITLE_WORDS


@dataclass(slots=True)
class Section:
    """The content under one heading. level 0 is the page itself; path holds the headings from the page down to this one.

    asks: the page marks the heading as a question. is_continuation: text after a sub-section, without a heading of its own.
    is_post: what one person wrote in a thread, likewise; nothing is joined with it.
    """

    path: tuple[str, ...]
    level: int
    asks: bool = False
    is_continuation: bool = False
    is_post: bool = False
    own: list[Block] = field(default_factory=list)
    children: list[Section] = field(default_factory=list)

    @property
    def question(self) -> str | None:
        """The heading, if it is a question."""
        if not self.level or self.is_continuation:
            return None
        return self.path[-1] if self.asks or questions.is_question(self.path[-1]) else None

    def has_text(self) -> bool:
        """Whether this section or a sub-section contains anything but headings."""
        return bool(self.own) or any(child.has_text() for child in self.children)

    def holds_post(self) -> bool:
        """Whether a sub-section is a post: posts are never deeper."""
        return any(child.is_post or any(below.is_post for below in child.children) for child in self.children)

    def holds_question(self, min_characters: int) -> bool:
        """Whether a sub-section at any depth is a question with an answer of at least min_characters."""
        return any(
            (child.question and rendered_length(child.blocks()) >= min_characters) or child.holds_question(min_characters)
            for child in self.children
        )

    def blocks(self, heading_level: int = 0) -> Iterator[Block]:
        """All blocks in page order, without empty sub-headings.

        heading_level: of this section's own heading, 0 to omit it. Sub-headings start at 2, whatever their level on the page: a passage
        is not a document of its own.
        """
        if heading_level and not self.is_continuation:
            yield Block("heading", self.path[-1], min(6, heading_level))
        yield from self.own
        for child in self.children:
            if child.has_text():
                yield from child.blocks(max(1, heading_level) + 1)


def build_tree(title: str, blocks: Iterable[Block]) -> Section:
    """The page as a tree of at most eight levels. The title is the topmost heading unless an `h1` opens the page."""
    blocks = list(blocks)
    root = Section(_title_path(title, blocks), 0)
    open_sections = [root]
    for block in blocks:
        if not block.level:
            open_sections[-1].own.append(block)
            continue
        while open_sections[-1].level >= block.level:
            open_sections.pop()
        parent = open_sections[-1]
        section = _section(parent.path, block)
        parent.children.append(section)
        open_sections.append(section)
    _keep_subtitles(root)
    return root


def _keep_subtitles(root: Section) -> None:
    """Sentences as headings over nothing, right under the page's first, become text: they say what the page is about."""
    first = root.children[0] if root.children else root
    if first.own or not first.level:
        return
    subtitles = list(itertools.takewhile(_is_subtitle, first.children))
    first.own = [Block("paragraph", one.path[-1]) for one in subtitles]
    del first.children[: len(subtitles)]


def _is_subtitle(section: Section) -> bool:
    is_heading = not (section.is_continuation or section.has_text())
    return is_heading and len(section.path[-1].split()) >= MIN_SUBTITLE_WORDS


def _section(above: tuple[str, ...], block: Block) -> Section:
    """The section that a heading opens, or the continuation after the end of one."""
    if block.kind in ("end", "post"):
        return Section(above, block.level, is_continuation=True, is_post=block.kind == "post")
    return Section((*above, questions.strip_number(block.text)), block.level, block.asks)


def _title_path(title: str, blocks: list[Block]) -> tuple[str, ...]:
    """The title as the topmost heading, unless the page's first heading repeats it."""
    title = questions.strip_number(title)
    first = next((block for block in blocks if block.kind == "heading"), None)
    if not title or (first and (first.level == 1 or questions.strip_number(first.text).casefold() in title.casefold())):
        return ()
    return (title,)

"""A page as a flat list of blocks, and the rendering of blocks as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["heading", "paragraph", "item", "code", "table", "end", "post"]

KEPT_SPACE = "\ufdd0"
"""Stands for a space of code within a line while white space is joined: a noncharacter, which is for such uses (Unicode, section 23.7)."""

_SOURCE_LINE = re.compile(r"[^\S\v]*[\n\r][^\S\v]*")  # \v is the `br` of markup.py
_SENTENCE = re.compile(r"(?<=[.!?\u3002\uff01\uff1f])\s+")
_LINE = re.compile(r"\n")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, list item, code block, table or heading, as Markdown without heading marks; or the `end` of a section; or the begin
    of a `post`, which what others wrote never joins.

    level: 1 to 7 for a heading, for the end of its section and for a post, else 0. asks: the page marks this heading as a question
    (a FAQ in its markup or its structured data), however it is worded. num_link_characters: characters of the text inside links.
    glue: separator between this block and the previous one in the same piece.
    """

    kind: Kind
    text: str
    level: int = 0
    num_link_characters: int = 0
    glue: str = "\n\n"
    asks: bool = False


def render(blocks: Iterable[Block]) -> str:
    """Markdown of blocks, stripped of surrounding white space. A heading that is an image has no text to write."""
    parts: list[str] = []
    for block in blocks:
        if block.kind == "heading" and not block.text:
            continue
        parts += (block.glue, "#" * block.level + " " + block.text if block.kind == "heading" else block.text)
    return "".join(parts).strip()


def rendered_length(blocks: Iterable[Block]) -> int:
    """A tight and cheap upper bound of len(render(blocks))."""
    return sum(len(block.text) + len(block.glue) + (7 if block.kind == "heading" else 0) for block in blocks)


def split_block(block: Block, max_characters: int) -> list[Block]:
    """The block, split if it exceeds the limit: into lines, else sentences, else words, else characters.

    Text is split into parts of up to an eighth of the limit, to be combined into pieces of similar size; code into as few as possible,
    each fenced. Only white space is lost.
    """
    if len(block.text) <= max_characters:
        return [block]
    if block.kind == "code":
        return _split_code(block, max_characters)
    texts = _split_text(block.text, max_characters, max(1, max_characters // 8))
    glue = "\n" if "\n" in block.text else " "
    share = block.num_link_characters / len(block.text)
    return [
        replace(block, text=text, glue=block.glue if index == 0 else glue, num_link_characters=round(share * len(text)))
        for index, text in enumerate(texts)
    ]


def fence(code: str) -> str:
    """A fenced code block; the fence is longer than any run of backticks inside."""
    longest = max((len(run) for run in re.findall("`+", code)), default=0)
    marks = "`" * max(3, longest + 1)
    return f"{marks}\n{code}\n{marks}"


def code_span(code: str) -> str:
    """Code within a line, between marks that are longer than any inside; its spaces are KEPT_SPACE until lines are put together."""
    code = _SOURCE_LINE.sub(" ", code.replace("\xa0", " "))
    code = code.strip() or " "
    longest = max((len(run) for run in re.findall("`+", code)), default=0)
    marks = "`" * (longest + 1)
    pad = KEPT_SPACE if longest and "`" in (code[0], code[-1]) else ""
    return f"{marks}{pad}{code.replace(' ', KEPT_SPACE)}{pad}{marks}"


def _split_code(block: Block, max_characters: int) -> list[Block]:
    marks, _, rest = block.text.partition("\n")
    code = rest[: -len(marks) - 1]
    room = max(1, max_characters - 2 * len(marks) - 2)
    return [replace(block, text=f"{marks}\n{text}\n{marks}") for text in _split_text(code, room, room)]


def _split_text(text: str, max_characters: int, usual_characters: int) -> list[str]:
    """Parts of at most max_characters, split at the coarsest boundary that suffices; short neighbours are joined up to the usual size."""
    for boundary, glue in ((_LINE, "\n"), (_SENTENCE, " "), (_SPACE, " ")):
        if len(text) <= max_characters:
            break
        parts = [part for part in boundary.split(text) if part.strip()]
        if len(parts) > 1:
            joined = _join(parts, glue, usual_characters)
            return [atom for part in joined for atom in _split_text(part, max_characters, usual_characters)]
    return [text[start : start + max_characters] for start in range(0, len(text), max_characters)]


def _join(parts: list[str], glue: str, usual_characters: int) -> list[str]:
    joined: list[list[str]] = []
    room = 0
    for part in parts:
        room -= len(part) + len(glue)
        if room < 0:
            joined.append([])
            room = usual_characters - len(part)
        joined[-1].append(part)
    return [glue.join(group) for group in joined]

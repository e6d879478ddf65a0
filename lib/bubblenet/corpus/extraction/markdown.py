"""Blocks of Markdown pages: CommonMark with tables, as markdown-it-py parses it.

Code is what the parser calls code, in whatever it is nested, and stays as it was written; so does other text, except that links are
replaced by their text and images by their description.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bubblenet.corpus.extraction import markup, parsing
from bubblenet.corpus.extraction.blocks import Block, Kind, fence
from bubblenet.corpus.extraction.building import build_blocks
from bubblenet.corpus.extraction.html import page_elements

MAX_NESTING = 100
"""Quotes, lists and items inside one another; the parser drops what is nested deeper."""

MAX_INDENT = 24
"""Of the items of nested lists, in characters."""

MAX_BRACKETS = 1000
"""In one paragraph; the parser's time grows with their square, and text with more of them is left as it is."""

_BOLD_QUESTION = re.compile(r"\*\*([^*\n]{8,300}[?\u061f]|[^*\n]{4,300}\uff1f)\*\*|__([^_\n]{8,300}[?\u061f]|[^_\n]{4,300}\uff1f)__")
_TABLE_LINE = re.compile(r" {0,3}\|.*")
_RULE = re.compile(r"[=-]+")
_FRONT_MATTER = re.compile(r"---[ \t]*\n.{0,10000}?\n---[ \t]*\n", re.DOTALL)
_EMPTY_LINES = re.compile(r"\n(?:[ \t]*\n)+")
_PIPE = re.compile(r"(?<!\\)\|")
_HIDDEN_TAG = re.compile(r"<(?:!--.*|/a\s*|a(?:\s.*)?|img\b.*)>", re.DOTALL | re.IGNORECASE)
_DESCRIPTION = re.compile(r"\salt\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)


def markdown_blocks(text: str) -> list[Block]:
    """Blocks of a Markdown text; front matter, definitions of links, and comments are dropped."""
    front = _FRONT_MATTER.match(text)
    return _Reader(text[front.end() if front else 0 :]).read()


class _Reader:
    """Turns the parser's tokens into blocks; lists and quotes are written as the HTML reader writes them."""

    def __init__(self, text: str) -> None:
        self._blocks: list[Block] = []
        self._links: dict[str, object] = {}
        self._tokens = _parser().parse(text, self._links)
        self._lines = text.split("\n")
        self._numbers: list[int] = []  # of the next item in each open list
        self._widths: list[int] = []  # of the mark of each open item
        self._mark = ""
        self._num_quotes = 0
        self._level = 0
        self._rows: list[list[str]] = []
        self._source: list[str] = []  # of the open table
        self._num_link_characters = 0
        self._handlers: dict[str, Callable[[Token, Token], None]] = {
            "inline": self._add_inline,
            "fence": self._add_code,
            "code_block": self._add_code,
            "html_block": self._add_html,
            "bullet_list_open": self._open_list,
            "ordered_list_open": self._open_list,
            "bullet_list_close": self._close_list,
            "ordered_list_close": self._close_list,
            "list_item_open": self._open_item,
            "list_item_close": self._close_item,
            "blockquote_open": self._open_quote,
            "blockquote_close": self._close_quote,
            "table_open": self._open_table,
            "tr_open": self._open_row,
            "table_close": self._close_table,
        }

    def read(self) -> list[Block]:
        """All blocks."""
        before = Token("", "", 0)
        for token in self._tokens:
            if handler := self._handlers.get(token.type):
                handler(token, before)
            before = token
        return self._blocks

    def _open_list(self, token: Token, _: Token) -> None:
        self._numbers.append(int(token.attrGet("start") or 1))

    def _close_list(self, _token: Token, _: Token) -> None:
        self._numbers.pop()

    def _open_item(self, token: Token, _: Token) -> None:
        """An item with its mark. A reader sees `1.` `1.` `1.` counted up."""
        self._mark = f"{self._numbers[-1]}{token.markup} " if token.info else f"{token.markup} "
        self._numbers[-1] += 1
        self._widths.append(len(self._mark))

    def _close_item(self, _token: Token, _: Token) -> None:
        self._widths.pop()
        self._mark = ""

    def _open_quote(self, _token: Token, _: Token) -> None:
        self._num_quotes += 1

    def _close_quote(self, _token: Token, _: Token) -> None:
        self._num_quotes -= 1

    def _open_table(self, token: Token, _: Token) -> None:
        self._rows = []
        first, last = token.map or (0, 0)
        self._source = [line.strip() for line in self._lines[first:last]]

    def _open_row(self, _token: Token, _: Token) -> None:
        self._rows.append([])

    def _close_table(self, _token: Token, _: Token) -> None:
        lines = ["| " + " | ".join(cells) + " |" for cells in self._rows]
        lines.insert(1, "|" + " --- |" * len(self._rows[0]))
        if any(len(_PIPE.findall(line.strip("|"))) >= len(self._rows[0]) for line in self._source):
            lines = self._source  # the parser drops cells beyond those of the head
        if any(map(any, self._rows)):
            self._append("table", "\n".join(lines))

    def _add_inline(self, token: Token, before: Token) -> None:
        """The text of a heading, a cell, an item or a paragraph."""
        text, num_link_characters = _unlinked(token.content, self._links)
        if before.type in ("th_open", "td_open"):
            self._num_link_characters += num_link_characters
            self._rows[-1].append(_PIPE.sub(r"\\|", text))
            return
        lines = [line.rstrip() for line in _EMPTY_LINES.sub("\n", text).strip().split("\n")]
        if before.type == "heading_open":
            self._level = int(before.tag[1])
            self._append("heading", " ".join(line.strip() for line in lines), level=self._level)
        elif any(lines) and not (len(lines) == 1 and _RULE.fullmatch(lines[0])):
            self._num_link_characters = num_link_characters
            self._add_paragraph(lines)

    def _add_paragraph(self, lines: Sequence[str]) -> None:
        text = "\n".join(lines)
        if self._widths:
            self._add_item(lines)
        elif self._num_quotes:
            self._append("paragraph", "> " + "\n> ".join(lines))
        elif bold := _BOLD_QUESTION.fullmatch(text):
            self._append("paragraph", bold.group(1) or bold.group(2), asks=True)
        else:
            self._append("table" if all(map(_TABLE_LINE.fullmatch, lines)) else "paragraph", text)

    def _add_item(self, lines: Sequence[str]) -> None:
        indent = min(sum(self._widths[:-1]), MAX_INDENT)
        hanging = " " * (indent + self._widths[-1])
        first = " " * indent + self._mark if self._mark else hanging
        is_followed = bool(self._mark and self._blocks) and self._blocks[-1].kind == "item"
        self._append("item", first + ("\n" + hanging).join(lines), glue="\n" if is_followed else "\n\n")
        self._mark = ""

    def _add_code(self, token: Token, _: Token) -> None:
        code = token.content.removesuffix("\n")
        if code.strip():
            self._append("code", fence(code))

    def _add_html(self, token: Token, _: Token) -> None:
        """What the HTML reader makes of it; the text as it is where that refuses. A question of it may be answered in Markdown."""
        try:
            body = page_elements(parsing.parse(token.content))[:1]
        except parsing.HostileMarkupError:
            self._append("paragraph", token.content.strip())
            return
        for block in build_blocks(body):
            if block.kind != "end":
                self._blocks.append(replace(block, level=self._level + 1) if block.asks else block)
        markup.take_apart(body)

    def _append(self, kind: Kind, text: str, level: int = 0, glue: str = "\n\n", asks: bool = False) -> None:
        self._blocks.append(Block(kind, text, level, min(self._num_link_characters, len(text)), glue, asks))
        self._num_link_characters = 0


@functools.cache
def _parser() -> MarkdownIt:
    """Blocks only: most paragraphs have no link, so what is inside them is parsed where it may have one."""
    parser = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING}).enable("table")
    parser.core.ruler.disable(["inline", "text_join"])
    parser.validateLink = lambda _: True  # type: ignore[method-assign, assignment]  # addresses go, whatever their scheme
    parser.normalizeLink = lambda address: address  # type: ignore[method-assign, assignment]
    return parser


def _unlinked(text: str, links: dict[str, object]) -> tuple[str, int]:
    """Inline Markdown without addresses of links and images; and the number of characters of link text. Other text stays as it is."""
    if not 0 < text.count("[") + text.count("<") <= MAX_BRACKETS:
        return text, 0
    tokens: list[Token] = []
    parser = _parser()
    parser.inline.parse(text, parser, links, tokens)
    if not any(token.type in ("link_open", "image") or _is_hidden(token) for token in tokens):
        return text, 0
    num_characters, num_open = 0, 0
    for token in tokens:
        num_open += token.nesting if token.tag == "a" else 0
        num_characters += len(_written(token)) if num_open else 0
    return "".join(map(_written, tokens)), num_characters


def _is_hidden(token: Token) -> bool:
    """Whether it is a comment, a tag of a link, or an image."""
    return token.type == "html_inline" and bool(_HIDDEN_TAG.fullmatch(token.content))


def _written(token: Token) -> str:
    """An inline token as it is written in Markdown; an image is its description."""
    if token.type == "image":
        return "".join(map(_written, token.children or ()))
    if token.type in ("softbreak", "hardbreak"):
        return "\n"
    if token.type == "code_inline":
        pad = " " if token.content[:1] == "`" or token.content[-1:] == "`" or token.content[:1] == token.content[-1:] == " " else ""
        return f"{token.markup}{pad}{token.content}{pad}{token.markup}"
    if _is_hidden(token):
        described = _DESCRIPTION.search(token.content) if token.content[:4].lower() == "<img" else None
        return (described.group(1) or described.group(2) or "") if described else ""
    if token.type in ("link_open", "link_close"):
        return ""
    return token.content if token.type in ("text", "html_inline") else token.markup

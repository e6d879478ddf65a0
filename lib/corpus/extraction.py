"""From an HTML page to blocks: an iterative walk of the tree that drops what is around the content.

Each node is visited once and nothing recurses, so that nesting of any depth costs time in proportion and no stack.
"""

from __future__ import annotations

import itertools
import re

from resiliparse.parse.html import ElementNode, HTMLTree, Node, NodeType

from bubblenet.corpus import dom
from bubblenet.corpus.blocks import Block, Kind, fence

EXTRACTION_VERSION = 1
"""Rises when the same page would give other blocks."""

MAX_NODES = 200_000
"""Nodes that are visited in one page; 10 to 25 microseconds each."""

MAX_INDENTED_LEVELS = 8
"""Lists nested deeper than this are not indented further."""

MIN_LINK_LIST_ITEMS = 3
LINK_LIST_SHARE = 0.8

_HEADING_LEVELS = {f"h{level}": level for level in range(1, 7)}
_BLOCK_TAG_NAMES = (
    "p div section article main ul ol li dl dt dd table tbody thead tfoot tr td th caption blockquote figure figcaption hr header address "
    "details summary center fieldset legend form body html h1 h2 h3 h4 h5 h6 pre"
)
_BLOCK_TAGS = frozenset(_BLOCK_TAG_NAMES.split())
_LIST_TAGS = frozenset(("ul", "ol", "dl"))
_CODE_TAGS = frozenset(("code", "tt", "kbd", "samp"))
_SPACES = re.compile(r"[ \t\n\r\f\u00a0\u2000-\u200a\u202f\u205f\u3000]+")


class HostileMarkupError(ValueError):
    """A page whose markup would take unreasonable time. The argument is the reason under which its row is kept."""


def html_blocks(html: str) -> tuple[str, list[Block]]:
    """The title of an HTML page and its blocks. Raises HostileMarkupError beyond dom.MAX_ATTRIBUTES or MAX_NODES."""
    if dom.has_too_many_attributes(html):
        raise HostileMarkupError("too_many_attributes")
    tree = HTMLTree.parse(html)
    root = dom.main_part(tree)
    builder = _Builder(dom.page_characters(root) if root is not None else 0)
    if root is not None:
        _walk(root, builder)
    return _collapse(tree.title or ""), without_link_lists(builder.blocks)


def without_link_lists(blocks: list[Block]) -> list[Block]:
    """Drop lists of MIN_LINK_LIST_ITEMS or more items that are nearly all links: menus, whatever their markup calls them."""
    kept: list[Block] = []
    for is_list, run in itertools.groupby(blocks, key=lambda block: block.kind == "item"):
        group = list(run)
        num_characters = sum(len(block.text.strip(" -")) for block in group)
        num_linked = sum(block.num_link_characters for block in group)
        if not (is_list and len(group) >= MIN_LINK_LIST_ITEMS and num_linked >= LINK_LIST_SHARE * num_characters):
            kept += group
    return kept


def _walk(root: ElementNode, builder: _Builder) -> None:
    """Show the builder every node in document order; it says which ones to enter, and hears when they are left."""
    node: Node = root
    depth = 0
    for _ in range(MAX_NODES):
        child = node.first_child if builder.enter(node, depth) else None
        if child is not None:
            node, depth = child, depth + 1
            continue
        following = node.next_sibling if depth else None
        while following is None and depth:
            parent = node.parent_node
            if parent is None:
                return
            node, depth = parent, depth - 1
            builder.leave(node.tag or "")
            following = node.next_sibling if depth else None
        if following is None:
            return
        node = following
    raise HostileMarkupError("too_many_nodes")


class _Builder:
    """Collects inline text and turns it into a block at each boundary. Knows lists, quotes, code, links and headings."""

    def __init__(self, num_characters: int) -> None:
        self._page_characters = num_characters
        self.blocks: list[Block] = []
        self._inline: list[str] = []
        self._num_link_characters = 0
        self._num_open: dict[str, int] = {"a": 0, "code": 0, "pre": 0, "blockquote": 0, "header": 0}
        self._heading_level = 0
        self._lists: list[_List] = []
        self._item_mark = ""
        self._is_title = False

    def enter(self, node: Node, depth: int) -> bool:
        """Take a node in; whether its children are wanted."""
        if node.type == NodeType.TEXT:
            self._add_text(node.value or "")
            return False
        if not isinstance(node, ElementNode):
            return False
        tag = node.tag or ""
        if depth and dom.is_furniture(node, tag, depth, self._page_characters):
            return False
        if tag == "br":
            self._inline.append("\n")
            return False
        if tag == "table" and dom.is_data_table(node, depth):
            self._add_table(node)
            return False
        self._open(tag)
        if tag in _BLOCK_TAGS:
            self._is_title = node.getattr("class") == "title"  # DocBook: the title of a box or an example, not of a section
        if node.first_child is None:
            self.leave(tag)
            return False
        return True

    def leave(self, tag: str) -> None:
        """The element with this tag ends."""
        if tag in _CODE_TAGS:
            self._close_code()
        elif tag == "pre" and self._num_open["pre"]:
            self._close_pre()
        elif tag in _BLOCK_TAGS:
            self._boundary(is_heading_end=tag in _HEADING_LEVELS)
        if tag in _LIST_TAGS and self._lists:
            self._lists.pop()
        if tag in ("a", "blockquote", "header"):
            self._num_open[tag] -= 1

    def _open(self, tag: str) -> None:
        if tag in _BLOCK_TAGS:
            self._boundary()
        if tag in _HEADING_LEVELS and not self._num_open["pre"]:
            self._heading_level = _HEADING_LEVELS[tag]
        elif tag in _LIST_TAGS:
            self._lists.append(_List(tag))
        elif tag in ("li", "dt", "dd") and self._lists:
            self._item_mark = self._lists[-1].next_mark(tag)
        elif tag in _CODE_TAGS:
            self._open_code()
        elif tag in ("a", "pre", "blockquote", "header"):
            self._num_open[tag] += 1

    def _add_text(self, text: str) -> None:
        if not self._num_open["pre"]:
            text = _SPACES.sub(" ", text)
        self._inline.append(text)
        if self._num_open["a"]:
            self._num_link_characters += len(text)

    def _open_code(self) -> None:
        self._num_open["code"] += 1
        if self._shows_code_marks():
            self._inline.append("`")

    def _close_code(self) -> None:
        if self._shows_code_marks():
            if self._inline and self._inline[-1] == "`":
                self._inline.pop()
            else:
                self._inline.append("`")
        self._num_open["code"] -= 1

    def _shows_code_marks(self) -> bool:
        return self._num_open["code"] == 1 and not self._num_open["pre"] and not self._heading_level

    def _close_pre(self) -> None:
        self._num_open["pre"] -= 1
        if self._num_open["pre"]:
            return
        code = "".join(self._inline).strip("\n").rstrip()
        self._inline.clear()
        if code.strip():
            self._append("code", fence(code))

    def _boundary(self, is_heading_end: bool = False) -> None:
        """A block begins or ends here: what was collected becomes a block of its own."""
        if self._num_open["pre"]:
            if self._inline and not self._inline[-1].endswith("\n"):
                self._inline.append("\n")
            return
        text = "".join(self._inline)
        self._inline.clear()
        if self._heading_level:
            self._add_heading(text, is_heading_end)
        elif not self._num_open["header"]:
            for paragraph in _paragraphs(text):
                self._add_paragraph(paragraph)
        else:
            self._num_link_characters = 0

    def _add_heading(self, text: str, is_heading_end: bool) -> None:
        """One heading element is one heading, even with blocks inside it."""
        if not is_heading_end:
            self._inline.append(text + " ")
            return
        self._append("heading", _collapse(text), level=self._heading_level)
        self._heading_level = 0

    def _add_paragraph(self, text: str) -> None:
        if self._is_title:
            text = f"**{text}**"
        if self._lists:
            self._add_item(text)
        elif self._num_open["blockquote"]:
            self._append("paragraph", "> " + text.replace("\n", "\n> "))
        else:
            self._append("paragraph", text)

    def _add_item(self, text: str) -> None:
        indent = "  " * (min(len(self._lists), MAX_INDENTED_LEVELS) - 1)
        hanging = indent + " " * len(self._lists[-1].mark)
        starts = bool(self._item_mark)
        first = indent + self._item_mark if starts else hanging
        is_followed = bool(self.blocks) and self.blocks[-1].kind == "item" and (starts or self._lists[-1].tag == "dl")
        self._append("item", first + text.replace("\n", "\n" + hanging), glue="\n" if is_followed else "\n\n")
        self._item_mark = ""

    def _add_table(self, table: ElementNode) -> None:
        self._boundary()
        rows = [
            [_collapse(cell.text or "").replace("|", "\\|") for cell in row.query_selector_all("td,th").values()]
            for row in table.query_selector_all("tr").values()
        ]
        lines = ["| " + " | ".join(cells) + " |" for cells in rows if any(cells)]
        if lines:
            lines.insert(1, "|" + " --- |" * len(rows[0]))
            self._num_link_characters = sum(len(_collapse(link.text or "")) for link in table.query_selector_all("a").values())
            self._append("table", "\n".join(lines))

    def _append(self, kind: Kind, text: str, level: int = 0, glue: str = "\n\n") -> None:
        links = min(self._num_link_characters, len(text))
        self._num_link_characters = 0
        self.blocks.append(Block(kind, text, level, links, glue))


class _List:
    """An open list: what marks its next item."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.mark = "- "
        self._num_items = 0

    def next_mark(self, item_tag: str) -> str:
        """`- `, `1. `, or nothing for the definition under a term."""
        self._num_items += 1
        if self.tag == "ol":
            self.mark = f"{self._num_items}. "
        return "" if item_tag == "dd" else self.mark


def _collapse(text: str) -> str:
    return _SPACES.sub(" ", text).strip()


def _paragraphs(text: str) -> list[str]:
    """Inline text cut where two or more line breaks stand together; single ones stay."""
    lines = [line.strip() for line in re.sub(" {2,}", " ", text).split("\n")]
    return [part for part in re.split(r"\n{2,}", "\n".join(lines).strip("\n")) if part.strip()]

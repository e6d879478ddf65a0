"""Converts elements to blocks: an iterative walk that renders lists, quotes, code, tables and links as Markdown, and marks questions.

Each element is visited once, without recursion, so deep nesting costs linear time and no stack.
"""

from __future__ import annotations

from collections.abc import Iterable

from bubblenet.corpus.extraction import cards, faq, furniture, grids, inline, programs
from bubblenet.corpus.extraction.blocks import KEPT_SPACE, Block, Kind, code_span, fence
from bubblenet.corpus.extraction.lists import OpenList, indented_levels
from bubblenet.corpus.extraction.markup import (
    BLOCK_TAGS,
    CODE_TAGS,
    HEADING_LEVELS,
    MIN_PROSE_CHARACTERS,
    Element,
    Linked,
    collapse,
)

LINK_LIST_SHARE = 0.8
"""Text of which this share is linked only leads elsewhere, and is useless without the address."""

_LIST_TAGS = frozenset(("ul", "ol", "dl"))
_COUNTED_TAGS = frozenset(("blockquote", "header"))
_PLAIN_TAGS = BLOCK_TAGS - _LIST_TAGS - _COUNTED_TAGS - HEADING_LEVELS.keys() - {"li", "dt", "dd", "table", "details", "pre"}
"""Blocks that only separate text."""


def build_blocks(elements: Iterable[Element]) -> list[Block]:
    """The blocks of consecutive elements of a page. Elements marked as furniture are skipped."""
    builder = _Builder()
    for element in elements:
        _walk(element, builder)
    return builder.blocks


def _walk(root: Element, builder: _Builder) -> None:
    """Pass every node to the builder in document order; `enter` decides whether to descend, `leave` is called afterwards."""
    if not builder.enter(root):
        return
    open_elements = [(root, iter(root.children))]
    while open_elements:
        element, children = open_elements[-1]
        for child in children:
            if isinstance(child, str):
                builder.add_text(child)
            elif builder.enter(child):
                open_elements.append((child, iter(child.children)))
                break
        else:
            open_elements.pop()
            builder.leave(element)


class _Builder:
    """Collects inline text and turns it into a block at each boundary. Handles lists, quotes, code, links and headings."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._inline: list[str] = []
        self._num_link_characters = 0
        self._num_open = dict.fromkeys((*_COUNTED_TAGS, "code"), 0)
        self._heading: Element | None = None
        self._level = 0
        self._groups: list[_Group] = []
        self._lists: list[OpenList] = []
        self._item_mark = ""
        self._code_start = 0
        self._block: Element | None = None

    def enter(self, element: Element) -> bool:
        """Start an element; returns whether to descend into its children."""
        if element.is_furniture:
            return False
        if self._is_plain(element):
            self._boundary()
            self._block = element
            return element.num_characters > 0
        if element.tag == "table" and grids.is_grid(element):
            self._add_table(element)
            return False
        if element.tag == "pre":
            self._add_program(element)
            return False
        self._open(element)
        if not element.children:
            self.leave(element)
            return False
        return True

    def leave(self, element: Element) -> None:
        """End an element."""
        if self._is_plain(element):
            self._boundary()
            self._block = None
            return
        tag = element.tag
        if element is self._heading:
            self._add_heading()
        elif tag in CODE_TAGS:
            self._close_code()
        elif tag in BLOCK_TAGS:
            self._boundary()
        if self._lists and self._lists[-1].element is element:
            self._lists.pop()
            self._item_mark = ""  # of an item without text
        if self._groups and self._groups[-1].element is element:
            self._close_group()
        if tag in _COUNTED_TAGS:
            self._num_open[tag] -= 1
        if tag in BLOCK_TAGS:
            self._block = None

    def _is_plain(self, element: Element) -> bool:
        """Whether an element does nothing but start and end a block."""
        return element.tag in _PLAIN_TAGS and not self._groups and "Question" not in element.attributes

    def _open(self, element: Element) -> None:
        tag = element.tag
        if tag in BLOCK_TAGS:
            self._boundary()
        if not self._heading and (tag in HEADING_LEVELS or self._asks(element)):
            self._boundary()
            self._heading = element
        elif self._is_group(element):
            self._boundary()
            self._groups.append(_Group(element, self._level))
        elif tag in _LIST_TAGS:
            self._add_number()
            self._lists.append(OpenList(element))
        elif tag in ("li", "dt", "dd") and self._lists:
            self._item_mark = self._lists[-1].next_mark(element)
        elif tag in CODE_TAGS:
            self._open_code()
        if tag in _COUNTED_TAGS:
            self._num_open[tag] += 1
        if tag in BLOCK_TAGS:
            self._block = element

    def _is_group(self, element: Element) -> bool:
        """Whether an element is a group of questions and answers outside any other group or list."""
        may_be_one = element.tag in ("dl", "details") or "Question" in element.attributes
        return may_be_one and not self._groups and not self._lists and faq.is_group(element)

    def _asks(self, element: Element) -> bool:
        """Whether an element is a question, though not a heading by its tag."""
        return (bool(self._groups) and faq.is_question_of(self._groups[-1].element, element)) or (
            element.tag == "button" and not (self._in_item() and not self._item_mark) and faq.is_toggle(element)
        )

    def _close_group(self) -> None:
        """End a group, so that text after it does not belong to its last answer."""
        level = self._groups.pop().level
        self.blocks.append(Block("end", "", level + 1))

    def add_text(self, text: str) -> None:
        """Add text directly inside the element entered last."""
        if not self._inline and text.isspace():
            return
        self._inline.append(text)
        if isinstance(text, Linked):
            self._num_link_characters += len(text)

    def _open_code(self) -> None:
        self._num_open["code"] += 1
        if self._num_open["code"] == 1:
            self._code_start = len(self._inline)

    def _close_code(self) -> None:
        self._num_open["code"] -= 1
        if not self._num_open["code"]:
            self._mark_code()

    def _mark_code(self) -> None:
        """Put marks around the code at the end of the collected text."""
        code = "".join(self._inline[self._code_start :])
        del self._inline[self._code_start :]
        if code and not self._heading:
            code = code_span(code)
        if code:
            self._inline.append(code)
        self._code_start = len(self._inline)

    def _boundary(self) -> None:
        """Start or end a block: flush the collected text; a heading is one block, even with blocks inside it."""
        if not self._inline:
            return
        if self._heading:
            self._inline.append(" ")
            return
        if self._num_open["code"]:
            self._mark_code()
            self._code_start = 0
        if isinstance(self._inline[-1], Linked) or self._inline[-1].isspace():
            self._num_link_characters -= inline.drop_lead(self._inline, bool(self._item_mark))
        paragraphs = inline.paragraphs("".join(self._inline))
        self._inline.clear()
        if self._is_label("\n\n".join(paragraphs)):
            self._num_link_characters = 0
            return
        for paragraph in paragraphs:
            self._add_paragraph(paragraph)

    def _is_label(self, text: str) -> bool:
        """Whether a run of text outside lists only leads elsewhere ("Read more"), or is in a page header and too short to be prose."""
        length = len(text)
        if self._num_open["header"] and length - self._num_link_characters < MIN_PROSE_CHARACTERS:
            return True
        leads_elsewhere = not self._in_item() and self._num_link_characters >= max(1, LINK_LIST_SHARE * length) and "://" not in text
        return leads_elsewhere and not (programs.is_signature(text) or self._names_speaker(text) or cards.is_title(self._block, text))

    def _names_speaker(self, text: str) -> bool:
        """Whether a link says who said what is quoted above it."""
        above = self.blocks[-1].text if self.blocks and self.blocks[-1].kind == "paragraph" else ""
        return (self._num_open["blockquote"] > 0 and above.startswith("> ")) or inline.names_speaker(text, above)

    def _add_heading(self) -> None:
        """End the open heading. Headings inside an answer are placed below the question's level."""
        element, self._heading = self._heading, None
        text = inline.without_sign(collapse("".join(self._inline)))
        self._inline.clear()
        if element is None or not (text or element.tag in HEADING_LEVELS):  # a button with only an image is not a question
            return
        group = self._groups[-1] if self._groups else None
        if self._item_mark == "- ":
            self._item_mark, self._lists[-1].is_section = "", True
        is_stated = element.tag not in HEADING_LEVELS or (group is not None and faq.is_question_of(group.element, element))
        if is_stated:
            level = HEADING_LEVELS.get(element.tag, (group.level if group else self._level) + 1)
        else:
            level = max(HEADING_LEVELS[element.tag], group.level + 2 if group else 0)
            self._level = self._level if group else level
        self._append("heading", text, level=level, asks=is_stated)

    def _add_paragraph(self, text: str) -> None:
        is_title = self._block is not None and furniture.has_class(self._block.attributes, "title")
        if is_title:  # DocBook: of a box or an example, not of a section
            text = f"**{text}**"
        if self._in_item():
            self._add_item(text)
        elif self._num_open["blockquote"]:
            self._append("paragraph", "> " + text.replace("\n", "\n> "))
        else:
            self._append("paragraph", text, asks=not is_title and self._block is not None and faq.is_bold_question(self._block))

    def _in_item(self) -> bool:
        """Whether text is that of an item: within a list, and in no item that begins with a heading."""
        return bool(self._lists) and not self._lists[-1].is_section

    def _add_item(self, text: str) -> None:
        indent = "  " * ((depth := indented_levels(self._lists)) - 1)
        hanging = indent + " " * len(self._lists[-1].mark)
        starts = bool(self._item_mark)
        first = indent + self._item_mark if starts else hanging
        is_followed = bool(self.blocks) and self.blocks[-1].kind == "item" and (starts or self._lists[-1].tag == "dl")
        is_followed = is_followed and not (starts and depth == 1 and self._lists[-1].num_items == 1)  # a list after a list
        self._append("item", (first + text.replace("\n", "\n" + hanging)).rstrip(), glue="\n" if is_followed else "\n\n")
        self._item_mark = ""

    def _add_number(self) -> None:
        """The number of an item that begins with a program, a table or a list stands alone."""
        if self._lists and self._item_mark[:1].isalnum():
            self._add_item("")

    def _add_program(self, program: Element) -> None:
        code = programs.text_of(program)
        if self._heading:
            self._inline.append(f" {code} ")
            return
        self._boundary()
        if code.strip():
            self._add_number()
            self._num_link_characters = program.num_link_characters
            self._append("code", fence(code))

    def _add_table(self, table: Element) -> None:
        self._boundary()
        if title := grids.caption(table):
            self._append("paragraph", title)
        if text := grids.markdown(table):
            self._add_number()
            self._num_link_characters = table.num_link_characters
            self._append("table" if text.startswith("| ") else "paragraph", text)

    def _append(self, kind: Kind, text: str, level: int = 0, glue: str = "\n\n", asks: bool = False) -> None:
        links = min(self._num_link_characters, len(text))
        self._num_link_characters = 0
        self.blocks.append(Block(kind, text.replace(KEPT_SPACE, " "), level, links, glue, asks))


class _Group:
    """An open group of questions: its element, and the level of the heading above it."""

    def __init__(self, element: Element, level: int) -> None:
        self.element = element
        self.level = level

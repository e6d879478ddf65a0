"""An HTML page as a light tree that knows how much text stands where.

Resiliparse parses the page, drops what is never read and writes the rest out again: that is well-formed, so one regular expression cuts it
into tags and text, and one loop folds the counts of every element into the one around it. Each question about an element is then a look at
a number, whatever lies below it. Pages are hostile: nothing here recurses, and a page with too much markup is refused before it costs much.
"""

from __future__ import annotations

import html as entities
import re
from collections.abc import Iterator

from resiliparse.parse.html import HTMLTree

from bubblenet.corpus.extraction import furniture

MAX_ATTRIBUTES = 10_000
"""Attributes in one tag; the parser's time grows with their square (10,000: 0.2 s; 30,000: 2 s)."""

MAX_ELEMENTS = 200_000
"""Elements that are read in one page; 5 to 10 microseconds each."""

MIN_PROSE_CHARACTERS = 40
"""A shorter run of text is a label, a menu or a button as often as content: it does not tell where the content is."""

MAX_LINKED_SHARE = 0.5
"""A run of text that is linked to a larger part is no prose."""

_ATTRIBUTED = re.compile(r"<[A-Za-z](?:[^>\"']++|\"[^\"]*\"|'[^']*')*+")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_IGNORED = re.compile(  # tags that change nothing here: the text in them is text of the element around
    r"</?(?:img|source|picture|col|embed|input|link|meta|param|track|wbr|i|em|u|small|big|font|sup|sub|abbr|acronym|cite|q|mark|label|time|ins|"
    r"bdi|bdo|ruby|rb)(?: [^>]*)?>"
)
_TOKEN = re.compile(r"<(/?)([^\s/>]+)([^>]*)>([^<]*)")


SPACES = re.compile(r"[ \t\n\r\f\u00a0\u2000-\u200a\u202f\u205f\u3000]+")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_VOID_TAGS = _words("area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr")
BLOCK_TAGS = _words(
    "p div section article main ul ol li dl dt dd table tbody thead tfoot tr td th caption blockquote figure figcaption hr header address "
    "details summary center fieldset legend form body html h1 h2 h3 h4 h5 h6 pre"
)
HEADING_LEVELS = {f"h{level}": level for level in range(1, 7)}

HEADING, TOP, PARAGRAPH, TABLE, LAYOUT = 1, 2, 4, 8, 16
"""What an element is or holds, as bits: a heading, what opens a page, a paragraph, a table or code, what no data table holds."""

_HOLDS = dict.fromkeys(_words("ul ol blockquote form hr"), LAYOUT) | dict.fromkeys(HEADING_LEVELS, HEADING | LAYOUT)
_HOLDS |= {"h1": HEADING | TOP | LAYOUT, "main": TOP, "article": PARAGRAPH, "p": PARAGRAPH, "table": TABLE | LAYOUT, "pre": TABLE | LAYOUT}


class HostileMarkupError(ValueError):
    """A page whose markup would take unreasonable time. The argument is the reason under which its row is kept."""


class Element:
    """An element of the tree, and what it holds.

    children: elements and text, in order. holds: bits, see HEADING. num_characters, num_link_characters: of the text below.
    run, run_links: characters of the text that stands in this element and in no block below it. num_prose: characters of the runs
    below that read like prose, outside furniture (main_part sums them up).
    """

    __slots__ = (
        *("tag", "attributes", "parent", "children", "holds", "is_furniture"),
        *("num_characters", "num_link_characters", "num_prose", "run", "run_links"),
    )

    def __init__(self, tag: str, attributes: str, parent: Element | None) -> None:
        self.tag = tag
        self.attributes = attributes
        self.parent = parent
        self.children: list[Element | str] = []
        self.holds = _HOLDS.get(tag, 0)
        self.is_furniture = False
        self.num_characters = self.num_link_characters = self.num_prose = self.run = self.run_links = 0

    def elements(self) -> list[Element]:
        """The child elements."""
        return [child for child in self.children if not isinstance(child, str)]

    def descendants(self) -> Iterator[Element]:
        """The elements below, in document order."""
        pending = self.elements()[::-1]
        while pending:
            element = pending.pop()
            yield element
            pending += element.elements()[::-1]

    def text(self, max_nodes: int = MAX_ELEMENTS * 2) -> str:
        """All text below, in at most so many nodes."""
        parts: list[str] = []
        pending: list[Element | str] = [self]
        for _ in range(max_nodes):
            if not pending:
                break
            node = pending.pop()
            if isinstance(node, str):
                parts.append(node)
            else:
                pending += reversed(node.children)
        return "".join(parts)

    def is_prose(self) -> bool:
        """Whether the text that stands directly in this block reads like prose: long enough, and not a link."""
        return self.run - self.run_links >= MIN_PROSE_CHARACTERS and self.run_links <= MAX_LINKED_SHARE * self.run


def collapse(text: str) -> str:
    """Text on one line, with single spaces."""
    return SPACES.sub(" ", text).strip()


def parse(html: str) -> HTMLTree:
    """The parsed page. Raises HostileMarkupError beyond MAX_ATTRIBUTES in one tag, or far beyond MAX_ELEMENTS."""
    if html.count("<") - html.count("</") > 2 * MAX_ELEMENTS:
        raise HostileMarkupError("too_many_nodes")
    if len(html) > 2 * MAX_ATTRIBUTES and _has_too_many_attributes(html):
        raise HostileMarkupError("too_many_attributes")
    return HTMLTree.parse(html)


def read_body(tree: HTMLTree) -> list[Element]:
    """The elements of the body in document order, without those that are never read; empty without a body. Changes the tree.

    Raises HostileMarkupError beyond MAX_ELEMENTS.
    """
    if tree.body is None:
        return []
    for element in tree.body.query_selector_all(furniture.SKIPPED_SELECTOR).values():
        element.decompose()
    return _elements(tree.body.html)


def _has_too_many_attributes(html: str) -> bool:
    """Whether some tag holds so many attributes that parsing it would take seconds."""
    long_tags = [tag for tag in _ATTRIBUTED.findall(html) if len(tag) > 2 * MAX_ATTRIBUTES]
    return any(len(tag.split(None, MAX_ATTRIBUTES)) > MAX_ATTRIBUTES for tag in long_tags)


def _elements(html: str) -> list[Element]:
    """The tree of a serialised body: its elements in document order, the body first."""
    if "<!--" in html:
        html = _COMMENT.sub("", html)
    html = _IGNORED.sub("", html)
    if html.count("<") - html.count("</") > MAX_ELEMENTS:
        raise HostileMarkupError("too_many_nodes")
    node = Element("html", "", None)
    elements = [node]
    for closing, tag, attributes, text in _TOKEN.findall(html):
        if not closing:
            child = Element(tag, attributes, node)
            node.children.append(child)
            elements.append(child)
            if tag not in _VOID_TAGS:
                node = child
        elif tag == node.tag and node.parent:
            node = node.parent
        if text:
            node.children.append(entities.unescape(text) if "&" in text else text)
            node.run += len(text.strip())
    for element in reversed(elements):
        _fold(element)
    return elements


def _fold(element: Element) -> None:
    """The element is complete: its counts become part of its parent's."""
    parent, run = element.parent, element.run
    if run:
        if element.tag == "a":
            element.run_links = run
        if element.tag in BLOCK_TAGS:
            element.num_characters += run
            element.num_link_characters += element.run_links
            if element.is_prose():
                element.num_prose = run - element.run_links
        elif parent:
            parent.run += run
            parent.run_links += element.run_links
    if parent:
        parent.num_characters += element.num_characters
        parent.num_link_characters += element.num_link_characters
        parent.holds |= element.holds

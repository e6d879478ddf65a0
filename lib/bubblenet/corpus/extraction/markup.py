"""An HTML page as a lightweight tree with text counts per element.

Resiliparse parses the page, removes the elements that are never read and serialises the rest. The result is well-formed, without bare angle
brackets in text or attributes, so it can be split at each "<". Tags without effect here, and nearly all links, become no element. One loop
then adds the counts of every element to its parent's, so that any query about an element is O(1), whatever its size.
Pages are hostile: nothing here recurses, and parsing.py refuses a page with too much markup before it costs much.
"""

from __future__ import annotations

import html as entities
import re
from collections.abc import Iterable, Iterator

from resiliparse.parse.html import ElementNode, HTMLTree

from bubblenet.corpus.extraction import furniture, roles
from bubblenet.corpus.extraction.parsing import MAX_ELEMENTS, HostileMarkupError

MIN_PROSE_CHARACTERS = 40
"""A shorter run of text is as likely a label, a menu or a button as content: it does not indicate where the content is."""

MAX_LINKED_SHARE = 0.5
"""A run of text with a larger share of link text is not prose."""

BREAK = "\v"
"""Represents a `br` in text."""

_COMMENT = re.compile(r"<!--.*?-->|<[!?][^>]*>", re.DOTALL)
_SOMETIMES_READ = ("aside", "figcaption", "footer")
_LABEL = re.compile(r"\s*((?:Fig(?:ur[ae]?|\.)|Tab(?:le|elle|leau|la|\.)|Listing|Abb(?:ildung|\.))\s\d+(?:[.-]\d+)*)", re.IGNORECASE)
_MICRODATA = re.compile(r" (?:itemprop|itemtype|property|typeof)=")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_EMPTY_TAGS = _words("area base basefont bgsound br col embed frame img input keygen link meta param source track wbr hr")
_PASSED_TAGS = _words("i em u small big font sup sub abbr acronym cite q mark label time ins bdi bdo ruby rb picture")
"""Tags without effect here: their text belongs to the parent element."""

_PASSED_IF_SILENT = _words("a span")
"""Likewise, unless their attributes are meaningful."""

BLOCK_TAGS = _words(
    "p div section article main ul ol li dl dt dd table tbody thead tfoot tr td th caption blockquote figure figcaption hr header address "
    "details summary center fieldset legend form body html h1 h2 h3 h4 h5 h6 pre aside nav footer noscript dialog"
)
CODE_TAGS = _words("code tt kbd samp")
_PROGRAM_TAGS = CODE_TAGS | {"pre"}
HEADING_LEVELS = {f"h{level}": level for level in range(1, 7)}

HEADING, TOP, PARAGRAPH, TABLE, LAYOUT, CODE = 1, 2, 4, 8, 16, 32
"""What an element is or holds, as bits: a heading, a page opening, a paragraph, a table or code, what no data table holds, code."""

_HOLDS = dict.fromkeys(_words("ul ol blockquote form hr"), LAYOUT) | dict.fromkeys(HEADING_LEVELS, HEADING | LAYOUT)
_HOLDS |= {
    "h1": HEADING | TOP | LAYOUT,
    "main": TOP,
    "article": PARAGRAPH,
    "p": PARAGRAPH,
    "table": TABLE | LAYOUT,
    "pre": TABLE | LAYOUT | CODE,
}


class Linked(str):
    """Text inside a link."""

    __slots__ = ()


class Element:
    """An element of the tree and statistics of its content.

    children: elements and text, in order. holds: bits, see HEADING. num_characters, num_link_characters: of all text below.
    run, run_links: characters of text directly in this element, not in a nested block. num_prose: characters of the runs
    below that look like prose, outside furniture (summed up by main_part).
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
        """All elements below, in document order."""
        pending = self.elements()[::-1]
        while pending:
            element = pending.pop()
            yield element
            pending += element.elements()[::-1]

    def text(self, max_nodes: int = MAX_ELEMENTS * 2) -> str:
        """All text below, from at most max_nodes nodes."""
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
        """Whether the text directly in this block looks like prose: long enough, and not mostly links."""
        return self.run - self.run_links >= MIN_PROSE_CHARACTERS and self.run_links <= MAX_LINKED_SHARE * self.run


def collapse(text: str) -> str:
    """Text on one line, with single spaces."""
    return " ".join(text.split())


def body_of(tree: HTMLTree, selector: str = furniture.SKIPPED_SELECTOR) -> str:
    """The body of a page as well-formed markup, without the elements selected, which are never read; notes among them stay.

    Empty without a body. Modifies the tree.
    """
    if tree.body is None:
        return ""
    for element in tree.body.query_selector_all(selector).values():
        if not (element.tag in _SOMETIMES_READ and _is_read(element, tree.body)):
            element.decompose()
    return tree.body.html


def _is_read(element: ElementNode, body: ElementNode) -> bool:
    if element.tag == "footer":  # of a quotation: who said it
        return element.parent_element is not None and element.parent_element.tag == "blockquote"
    return _may_be_note(element) if element.tag == "aside" else _is_referred(element, body)


def _is_referred(caption: ElementNode, body: ElementNode) -> bool:
    """Whether a caption has a number that the text refers to, or stands at a table, a program or a quotation."""
    figure = caption.parent_element
    if figure and figure.query_selector("table,pre,blockquote"):
        return True
    label = _LABEL.match(caption.text or "")
    return label is not None and len(re.findall(re.escape(label[1]) + r"(?!\d)", body.text or "", re.IGNORECASE)) > 1


def _may_be_note(aside: ElementNode) -> bool:
    """Whether an aside is a note: by its name, or without one inside the text of an article."""
    names = " ".join(filter(None, (aside.class_name, aside.getattr("role"), aside.getattr("aria-label"))))
    is_note = furniture.names_note(names) if names else aside.closest("article,main") is not None
    return is_note and aside.closest("form") is None  # which explains how to fill it in


def take_apart(elements: Iterable[Element]) -> None:
    """Break the reference cycles between elements and parents, so that they are freed at once, without the garbage collector."""
    for element in elements:
        element.parent = None


def elements_of(html: str) -> list[Element]:
    """The tree of a serialised body: its elements in document order, the body first; empty without a body.

    Raises HostileMarkupError above MAX_ELEMENTS.
    """
    pieces = _pieces(html)
    if not pieces:
        return []
    node = Element("html", "", None)
    elements = [node]
    around: list[Element] = []  # for each open tag, the element around it
    linking: Element | None = None  # likewise for the open link
    link, link_start = "", 0  # its head, and where its text begins in that element
    code = 0  # how many tags are open up to the program around, 0 outside
    for piece in pieces[1:]:
        head, _, text = piece.partition(">")
        if head[:1] == "/":
            if around:
                node = around.pop()
            if head == "/a":
                if linking is node and not code and (' href="#' in link or (node.tag in HEADING_LEVELS and "#" in link)):
                    _drop_mark(node, link_start)
                linking = None
            if code and len(around) < code:
                code = 0
        else:
            tag, space, _ = head.partition(" ")
            if tag not in _EMPTY_TAGS:
                around.append(node)
                if space and ' role="' in head:
                    tag, head = roles.renamed(tag, head)
            if code:
                tag, head = _within_code(tag, head)
            elif tag in _PROGRAM_TAGS:
                code = len(around)
            if tag == "br":
                node.children.append(BREAK)
            elif tag in BLOCK_TAGS or not (tag in _PASSED_TAGS or _is_passed(tag, head)):
                child = Element(tag, head[len(tag) :], node)
                node.children.append(child)
                elements.append(child)
                if tag != "hr":
                    node = child
            # an anchor that is only a target is no link
            if (tag == "a" and (" href=" in head or " name=" not in head)) or (tag == "button" and " href=" in head):
                linking, link, link_start = node, head, len(node.children)
        if text:  # the rest of the loop is inlined: it runs for each tag of a page
            num_characters = len(text.strip())
            node.run += num_characters
            if "&" in text:
                text = entities.unescape(text)
            if linking:
                node.run_links += num_characters
                text = Linked(text)
            node.children.append(text)
    for element in reversed(elements):
        _fold(element)
    return elements


def _pieces(html: str) -> list[str]:
    """A serialised body without comments, split at each tag."""
    if "<!" in html or "<?" in html:
        html = _COMMENT.sub("", html)
    pieces = html.split("<") if html else []
    if len(pieces) > MAX_ELEMENTS and len(pieces) - html.count("</") > MAX_ELEMENTS:
        raise HostileMarkupError("too_many_nodes")
    return pieces


def _within_code(tag: str, head: str) -> tuple[str, str]:
    """A tag inside a program, and its head: only blocks, line breaks, gutters and invisible elements are more than their text."""
    attributes = furniture.within_code(head[len(tag) :]) if len(head) > len(tag) and tag not in _EMPTY_TAGS else ""
    if tag in BLOCK_TAGS or tag == "br":
        return tag, tag + attributes
    return ("gutter", "gutter" + attributes) if attributes else ("font", "font")


def _drop_mark(node: Element, start: int) -> None:
    """Drop the children from an index on, the text of a link to its own place, if no word is in it: a permalink, an arrow to the top.

    A heading that is such a link leads nowhere else.
    """
    linked = node.children[start:]
    texts = [child if isinstance(child, str) else child.text() for child in linked]
    is_code = any(child.tag in CODE_TAGS for child in linked if isinstance(child, Element))  # `::` may be what a section is about
    if not is_code and not any(any(map(str.isalnum, text)) for text in texts):
        del node.children[start:]
    elif node.tag in HEADING_LEVELS:
        _unlink(node, start)
    for child in linked:
        if isinstance(child, Element) and child.tag in HEADING_LEVELS:
            _unlink(child)


def _unlink(heading: Element, start: int = 0) -> None:
    """Count the text and the code of a heading, from a child on, as in no link."""
    for child in heading.children[start:]:
        if isinstance(child, Element) and child.tag in CODE_TAGS:
            _unlink(child)
    heading.children[start:] = [str(child) if isinstance(child, Linked) else child for child in heading.children[start:]]
    heading.run_links = 0


def _is_passed(tag: str, head: str) -> bool:
    """Whether a tag has no effect, so that its content belongs to the parent."""
    if tag in _PASSED_IF_SILENT:
        return len(head) == len(tag) or not (furniture.may_be(tag, head[len(tag) :]) or _MICRODATA.search(head))
    return tag in _PASSED_TAGS or tag in _EMPTY_TAGS


def _fold(element: Element) -> None:
    """Add the counts of a complete element to its parent's."""
    parent, run = element.parent, element.run
    if run:
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

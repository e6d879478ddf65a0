"""Main content detection: the headline of a page, and the smallest element that contains nearly all of its prose.

The weight of an element is the amount of prose below it, as in Readability (Arc90, 2009), but without a bonus for names: a class `content`
proves nothing. An element named `sidebar` or `comments` gets no weight, unless it holds so much of the page that it must be the content.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection
from typing import NamedTuple

from bubblenet.corpus.extraction import faq, furniture, markup, programs
from bubblenet.corpus.extraction.markup import Element

MIN_PROSE_SHARE = 0.85
"""Share of the page's prose that the main element must contain."""

MIN_PROSE_CHARACTERS = 200
"""A page with less prose is a list, a form or a dialogue: all of it is read."""

MIN_CONTAINER_SHARE = 0.5
"""An element with a larger share of the page's prose is content, whatever its tag and role."""

MIN_DIALOG_SHARE = 0.9
"""Likewise of a dialog; questions about cookies are longer than many a page."""

MAX_FURNITURE_SHARE = 0.3
"""An element with a larger share of the page's text is content, whatever its class."""

MIN_UNNAMED_SHARE = 0.05
"""Names that leave a smaller share of a page's prose are no names of furniture there: a builder calls each paragraph a widget."""

MIN_NAMED_CHARACTERS = 1000
"""Of the prose that such names would drop: less of it may be all furniture, on a page without a text."""

MAX_STEPS = 20
"""Elements in which the heading of a section is looked for, and nodes of its text."""

_SECTION = re.compile(r"(?:^|[\s_-])(?:sub|ref)*(?:section|sect\d|level-?\d|chapter)(?:$|\s)")
_DOCBOOK_SECTION = re.compile(r"(?:^|\s)(?:ref)?sect\d(?:$|\s)")
_SECTION_NUMBER = re.compile(r"\A\s*(?:[A-Z]|[A-Z]?\d+)(?:\.\d+)*[.:)]?\s+")
_CONTAINERS = frozenset("html body div section article main center form span font table tbody tr td".split())  # noqa: SIM905
_CELLS = frozenset(("table", "tbody", "tr", "td"))  # of a layout: its neighbours are no peers of a cell


class _Page(NamedTuple):
    """Sums over a page."""

    num_characters: int
    num_prose: int

    def is_minor(self, element: Element) -> bool:
        """Whether an element has a small share of the text."""
        return element.num_characters <= MAX_FURNITURE_SHARE * self.num_characters

    def is_mostly(self, element: Element) -> bool:
        """Whether an element holds most of the prose: it is a container, whatever its tag."""
        if 2 * element.num_prose <= self.num_prose:
            return False
        is_dialog = element.tag == "dialog" or 'dialog"' in element.attributes
        least = MIN_DIALOG_SHARE if is_dialog else MIN_CONTAINER_SHARE
        return element.num_prose > least * max(MIN_PROSE_CHARACTERS, self.num_prose) and not self.is_minor(element)


def main_parts(elements: list[Element], unwanted: Collection[int] = ()) -> list[Element]:
    """The elements with a page's main content, in order. elements: of the body, in document order; sets is_furniture on them.

    unwanted: ids of elements that are known to be none of it.
    """
    if not elements:
        return []
    body = elements[0]
    page = _Page(body.num_characters, sum(element.num_prose for element in elements))
    gutters: list[Element] = []
    named: list[Element] = []
    for element in reversed(elements):
        may_be = bool(element.attributes) or element.tag == "td" or element.tag in furniture.JUDGED_TAGS
        is_named = id(element) in unwanted or (may_be and _is_furniture(element, page))
        element.is_furniture = is_named and element is not body
        if element.num_prose and element.parent and not element.is_furniture:
            element.parent.num_prose += element.num_prose
        elif element.num_prose and element.is_furniture and id(element) not in unwanted and _is_by_name(element):
            named.append(element)
        if (element.is_furniture or not element.num_characters) and element.attributes and furniture.is_gutter(element.attributes):
            gutters.append(element)
    programs.mark(gutters)
    num_named = sum(element.num_prose for element in named)
    if num_named >= MIN_NAMED_CHARACTERS and body.num_prose < MIN_UNNAMED_SHARE * (body.num_prose + num_named):
        _restore(named)
    main = _main_element(body)
    return [*_opening(elements, main), main]


def _is_by_name(element: Element) -> bool:
    """Whether nothing but the class or id of an element says that it is furniture."""
    traits = furniture.traits(element.attributes)
    is_otherwise = traits.has_skipped_role or traits.is_invisible or traits.is_gutter or element.tag in furniture.JUDGED_TAGS
    return traits.is_named and not is_otherwise


def _restore(named: list[Element]) -> None:
    """Read elements that were furniture by their name, and what surrounds them, if it was by its name, too."""
    for element, num_prose in [(one, one.num_prose) for one in named]:
        element.is_furniture = False
        above = element.parent
        while above:
            above.num_prose += num_prose
            if above.is_furniture and _is_by_name(above):
                above.is_furniture = False
            above = above.parent


def _main_element(body: Element) -> Element:
    element, least = body, max(MIN_PROSE_CHARACTERS, MIN_PROSE_SHARE * body.num_prose)
    while True:
        inner = next((child for child in element.elements() if child.num_prose >= least and not child.is_furniture), None)
        if inner is None or inner.tag not in _CONTAINERS or _has_equals(inner, element):
            return element
        element = inner


def _has_equals(inner: Element, element: Element) -> bool:
    """Whether an element has peers with prose: directly in the container, or siblings of the same kind."""
    beside = [child for child in element.elements() if child is not inner and child.num_prose and not child.is_furniture]
    has_straight = element.is_prose() or any(child.tag not in _CONTAINERS for child in beside)
    has_straight = has_straight or any(
        child.holds & markup.CODE and not child.is_furniture for child in element.elements() if child is not inner
    )
    has_straight = has_straight or any(child.holds & markup.HEADING and _is_section(child) for child in beside)
    return inner.tag not in _CELLS and (has_straight or any(_are_of_one_kind(inner, child) for child in beside))


def _are_of_one_kind(one: Element, other: Element) -> bool:
    """Whether two elements have the same tag and class; without a class only sections are alike, since any box is a `div`."""
    names = furniture.class_name(one.attributes), furniture.class_name(other.attributes)
    return one.tag == other.tag and names[0] == names[1] and (bool(names[0]) or one.tag == "section")


def _opening(elements: list[Element], main: Element) -> list[Element]:
    """Elements before the main part that belong to it: the last `h1`, else the last heading; headings and prose after that."""
    end = elements.index(main)
    headings = [index for index in range(end) if elements[index].tag in markup.HEADING_LEVELS]
    start = min(reversed(headings), key=lambda index: elements[index].tag, default=end)  # the last of the highest
    around = {id(main)}
    while main.parent:
        main = main.parent
        around.add(id(main))
    opening: list[Element] = []
    done: set[int] = set()
    for element in elements[start:end]:
        is_wanted = element.tag in markup.HEADING_LEVELS or (element.tag in markup.BLOCK_TAGS and element.is_prose())
        is_wanted = is_wanted or (element.tag == "p" and len(opening) > 1 and _is_below(element, opening[-1]))
        is_wanted = is_wanted or (element.tag == "table" and bool(opening) and _is_data(element))
        if id(element.parent) in done or element.is_furniture:
            done.add(id(element))
        elif is_wanted and id(element) not in around:
            done.add(id(element))
            opening.append(element)
    return opening


def _is_data(table: Element) -> bool:
    """Whether a table lays out nothing and is not mostly links: what a module or a person is, in a few rows."""
    return 2 * table.num_link_characters < table.num_characters and not any(child.holds & markup.LAYOUT for child in table.elements())


def _is_below(paragraph: Element, heading: Element) -> bool:
    """Whether a short paragraph is the text of the section that a heading begins."""
    is_text = 2 * paragraph.run_links < paragraph.run
    return is_text and heading.tag in markup.HEADING_LEVELS and heading.tag != "h1"


def _is_furniture(element: Element, page: _Page) -> bool:
    """Whether an element is page furniture such as navigation, advertising or a form."""
    if not element.num_characters and not element.run and element.tag not in markup.HEADING_LEVELS:
        return False
    tag, attributes = element.tag, element.attributes
    if not furniture.may_be(tag, attributes):
        return programs.is_gutter_cell(element) if tag == "td" and element.holds & markup.CODE else False
    traits = furniture.traits(attributes)
    if tag == "gutter" or traits.is_gutter:
        return programs.is_gutter(element)
    if page.is_mostly(element) and (tag not in ("nav", "footer") or element.holds & markup.HEADING):
        return False
    if tag in furniture.JUDGED_TAGS:
        return _is_furniture_by_tag(element)
    if traits.has_skipped_role:
        return not furniture.is_note(attributes)
    if traits.is_invisible:  # an accordion hides its answers, too, and tabs their programs
        return page.is_minor(element) and not element.num_prose and not (element.holds & markup.CODE and tag != "pre")
    if tag == "div" and furniture.has_class(attributes, "figure"):  # DocBook: an image and its caption
        return not element.holds & markup.TABLE and not element.num_prose
    if not traits.is_named or not page.is_minor(element) or element.holds & markup.TOP or tag in furniture.NEVER_NAMED:
        return False
    if furniture.id_of(attributes) and _is_anchor(element) and not furniture.traits(furniture.without_id(attributes)).is_named:
        return False
    return not any(furniture.has_class(child.attributes, "titlepage") for child in element.elements())  # DocBook: a box of its own


def _is_furniture_by_tag(element: Element) -> bool:
    tag = element.tag
    if tag == "header":
        return not element.holds & markup.HEADING and not element.num_prose
    if tag == "form":
        return not element.holds & (markup.HEADING | markup.PARAGRAPH)
    if tag == "button":
        return not faq.is_toggle(element) and ' role="button"' not in element.attributes
    if tag == "footer":
        return not (element.parent and element.parent.tag == "blockquote")
    if tag == "aside":
        is_note = bool(element.num_prose) or furniture.is_note(element.attributes)
        return not is_note or 2 * element.num_link_characters > element.num_characters
    return True


def _is_anchor(element: Element) -> bool:
    """Whether the id of an element is a target for links: of a heading, a term, or a section that begins with the heading it names."""
    if element.tag in markup.HEADING_LEVELS or element.tag == "dt" or (element.parent and element.parent.tag in markup.HEADING_LEVELS):
        return True
    names = furniture.class_name(element.attributes)
    if _DOCBOOK_SECTION.search(names):
        return True
    is_section = element.tag in ("section", "article") or bool(_SECTION.search(names))
    inner = itertools.islice(itertools.chain(element.elements()[:MAX_STEPS], element.descendants()), 2 * MAX_STEPS) if is_section else ()
    heading = next((below for below in inner if below.tag in markup.HEADING_LEVELS), None)
    return heading is not None and _slug(furniture.id_of(element.attributes)).startswith(_slug(_title(heading)) or " ")


def _is_section(element: Element) -> bool:
    """Whether an element begins with a heading that is a target for links by its own words: a section of a manual."""
    heading = next((below for below in element.elements()[:MAX_STEPS] if below.tag in markup.HEADING_LEVELS), None)
    slug = _slug(furniture.id_of(heading.attributes)) if heading and heading.attributes else ""
    return heading is not None and len(slug) > 1 and _slug(_title(heading)).startswith(slug)


def _title(heading: Element) -> str:
    """The text of a heading without the number of its section."""
    return _SECTION_NUMBER.sub("", heading.text(MAX_STEPS), count=1)


def _slug(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))

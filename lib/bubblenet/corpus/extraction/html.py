"""Extracts blocks from an HTML page: its main content as Markdown, and questions in its structured data."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from resiliparse.parse.html import HTMLTree

from bubblenet.corpus.extraction import (
    edges,
    faq,
    formulas,
    furniture,
    hidden,
    indices,
    main_part,
    markup,
    parsing,
    product_data,
    products,
    structured,
    tabs,
    teasers,
    threads,
)
from bubblenet.corpus.extraction.blocks import Block, rendered_length
from bubblenet.corpus.extraction.building import LINK_LIST_SHARE, build_blocks
from bubblenet.corpus.reading import hygiene

EXTRACTION_VERSION = 11
"""Raise whenever the same page would give different blocks."""

MIN_LINK_LIST_ITEMS = 3

MIN_SUBTITLE_WORDS = 4
"""A shorter heading right after the first one, over nothing, is a label: "Table of contents"."""

LITTLE_TEXT = 300
"""A page with fewer characters may stand in an element that is not read as a rule, such as the `noscript` of a forum made by scripts."""

HARDLY_ANY_TEXT = 100
"""Likewise, for any of these elements."""

_RARE_CONTAINERS = ("<aside", "<nav", "<footer")
_LONG_NOSCRIPT = re.compile(r"<noscript\b(?:[^<]|<(?!/noscript)){400}", re.IGNORECASE)
_STATED_LEVEL = 2  # of a question absent from the markup: below the page's first heading
# A character reference that may denote what hygiene.clean_text removes: any but printable ASCII, Latin-1, usual punctuation.
_HARMLESS = (
    "x(?:2[0-9a-f]|[3-6][0-9a-f]|7[0-9a-e])|3[2-9]|[4-9][0-9]|1[01][0-9]|12[0-6]|1(?:[689][0-9]|7[0-24-9])|2[0-9][0-9]"
    "|82(?:0[0-2]|[12][0-9]|30)"
)
_NAMES = r"[lr]rm|shy|zwn?j|NoBreak|ZeroWidthSpace|Negative\w+Space"
_REFERENCE = re.compile(rf"&(?:#(?!0*(?:{_HARMLESS})(?![0-9a-f]))|(?=[lrszn])(?:{_NAMES});)", re.IGNORECASE)
_JSON_LD = 'script[type="application/ld+json"]'


def html_blocks(html: str) -> tuple[str, list[Block]]:
    """The title of an HTML page and its blocks. Raises HostileMarkupError, see markup."""
    tree = parsing.parse(html)
    title = markup.collapse(tree.title or "")
    stated = _stated(tree) if "Question" in html and "ld+json" in html else []  # the rarer word first
    kind, blocks = _content(html, tree, title, stated)
    if _may_stand_elsewhere(html, rendered_length(without_empty_headings(blocks))):
        kind_of_more, more = _content(html, parsing.parse(html), title, stated, furniture.SCRIPT_SELECTOR)
        if rendered_length(without_empty_headings(more)) >= LITTLE_TEXT:
            kind, blocks = kind_of_more, more
    if kind in ("list", "other"):
        blocks = teasers.without_teasers(blocks)
    blocks = faq.written_questions(without_empty_headings(blocks))
    if stated:
        blocks = structured.mark_visible(blocks, stated)
        blocks += [block for one in structured.hidden(blocks, stated) for block in _stated_blocks(one)]
    if stated or _REFERENCE.search(html):
        return hygiene.clean_text(title), _clean(blocks)
    return title, blocks


def _may_stand_elsewhere(html: str, num_characters: int) -> bool:
    """Whether a page of which hardly any text was read may have its text in elements that are not read as a rule."""
    if num_characters >= LITTLE_TEXT:
        return False
    is_bare = num_characters < HARDLY_ANY_TEXT and any(tag in html for tag in _RARE_CONTAINERS)
    return is_bare or bool(_LONG_NOSCRIPT.search(html))


def _content(
    html: str, tree: HTMLTree, title: str, stated: Sequence[structured.Answered], selector: str = furniture.SKIPPED_SELECTOR
) -> tuple[Literal["thread"] | products.Kind, list[Block]]:
    """What a page is, and the blocks of its main part, or of its posts. selector: of elements that are never read."""
    if tabs.may_occur(html):
        tabs.name_panels(tree)
    elements = page_elements(tree, selector)
    shop = products.shop(html, elements)
    parts = main_part.main_parts(elements, shop.unwanted)
    thread = threads.thread_blocks(elements, html, title, stated)
    blocks = thread or products.kept(build_blocks(parts), shop.kind)
    if shop.kind == "product":
        blocks = product_data.described(blocks, html)
    markup.take_apart(elements)
    blocks = without_link_lists(blocks)
    return ("thread", blocks) if thread else (shop.kind, edges.without_edges(blocks))


def page_elements(tree: HTMLTree, selector: str = furniture.SKIPPED_SELECTOR) -> list[markup.Element]:
    """The elements of a page, without text that no reader sees, with formulas, powers and indices written out."""
    body = markup.body_of(tree, selector)
    if tree.body and formulas.may_occur(body):
        formulas.write_out(tree)
        body = tree.body.html
    if hidden.may_occur(body) and hidden.remove(tree) and tree.body:
        body = tree.body.html
    if indices.may_occur(body):
        root = tree.document.document_element if tree.document else None
        body = indices.write_out(body, (root.getattr("lang") or "") if root else "")
    return markup.elements_of(body)


def without_link_lists(blocks: Sequence[Block]) -> list[Block]:
    """Drop lists of MIN_LINK_LIST_ITEMS or more items that are nearly all links: menus, whatever their markup calls them.

    Several lists in a row are one menu, of which those stay that are not of links. Addresses are worth reading, and so are links below
    an item that says what they are: "Fixed bugs:".
    """
    kept: list[Block] = []
    for is_list, run in itertools.groupby(blocks, key=lambda block: block.kind == "item"):
        group = list(run)
        if is_list and len(group) >= MIN_LINK_LIST_ITEMS and _are_links(group):
            group = [block for one in _lists(group) if not _are_links(one) for block in one]
        kept += group
    return kept


def _are_links(items: Sequence[Block]) -> bool:
    if any(block.text.endswith(":") and not block.num_link_characters for block in items):
        return False
    num_linked = sum(block.num_link_characters for block in items if "://" not in block.text)
    return num_linked >= LINK_LIST_SHARE * sum(len(block.text.strip(" -")) for block in items)


def _lists(items: Sequence[Block]) -> list[list[Block]]:
    """Items of lists that follow each other, by list: one begins after an empty line, without an indent."""
    lists: list[list[Block]] = []
    for block in items:
        if not lists or (block.glue == "\n\n" and not block.text.startswith(" ")):
            lists.append([])
        lists[-1].append(block)
    return lists


def without_empty_headings(blocks: Sequence[Block]) -> list[Block]:
    """Drop headings followed by neither text nor a lower heading. The first heading names the page and stays, with its subtitles."""
    names = _names(blocks)
    kept: list[Block] = []
    highest_below = 0
    for block in reversed(blocks):
        if block.kind == "heading" and block.level >= highest_below and id(block) not in names:
            continue
        kept.append(block)
        highest_below = block.level if block.kind in ("heading", "post") else 0 if block.kind == "end" else 8
    return kept[::-1]


def _names(blocks: Sequence[Block]) -> set[int]:
    """The ids of the first heading and of those right after it that are sentences: subtitles, or what a page of a manual is about."""
    headings = itertools.takewhile(
        lambda block: block.kind == "heading", itertools.dropwhile(lambda block: block.kind != "heading", blocks)
    )
    first = next(headings, None)
    return {id(first)} | {id(block) for block in headings if _is_subtitle(block)}


def _is_subtitle(heading: Block) -> bool:
    return len(heading.text.split()) >= MIN_SUBTITLE_WORDS and 2 * heading.num_link_characters <= len(heading.text)


def _stated(tree: HTMLTree) -> list[structured.Answered]:
    scripts = tree.document.query_selector_all(_JSON_LD).values() if tree.document else []
    return structured.answered_questions(script.text or "" for script in scripts)


def _stated_blocks(one: structured.Answered) -> list[Block]:
    """A question found only in structured data, as a heading with its answer; nothing if its markup is hostile."""
    try:
        question, answer = (page_elements(parsing.parse(html))[:1] for html in (one.question, one.answer))
    except parsing.HostileMarkupError:
        return []
    heading = Block("heading", markup.collapse("".join(element.text() for element in question)), _STATED_LEVEL, asks=True)
    blocks = [heading, *build_blocks(answer)]
    markup.take_apart([*question, *answer])
    return blocks


def _clean(blocks: Sequence[Block]) -> list[Block]:
    """Clean blocks again, since character references and JSON escapes are decoded after the page was cleaned.

    A block that loses all its text goes; one that had none marks where a post begins or a section ends.
    """
    cleaned = ((block, hygiene.clean_text(block.text)) for block in blocks)
    return [replace(block, text=text) for block, text in cleaned if text or not block.text]

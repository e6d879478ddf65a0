"""Questions to an HTML tree: is this page furniture, is this table data, where is the main part.

Every answer costs a bounded number of steps: pages are hostile, and Python's own recursion is never used.
"""

from __future__ import annotations

import re

from resiliparse.parse.html import ElementNode, HTMLTree

MAX_ATTRIBUTES = 10_000
"""Attributes in one tag; the parser's time grows with their square (10,000: 0.2 s; 30,000: 2 s)."""

MAX_QUERY_DEPTH = 64
"""Below this depth elements are not looked into any more: a look costs as much as what lies below."""

MAX_TABLE_ROWS = 1000
"""A table with more rows is a data dump; its cells are read one by one."""

MAX_FURNITURE_SHARE = 0.3
"""An element with more of the page's text than this is content, whatever its class is called."""

MIN_MAIN_SHARE = 0.4
"""Share of the body's text that `<main>` or the only `<article>` must hold to stand for the page."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SKIPPED_TAGS = _words(
    "script style noscript template svg math iframe object embed applet canvas audio video map nav aside footer dialog menu "
    "select option optgroup button input textarea datalist progress meter head title link meta colgroup col frameset"
)
_SKIPPED_ROLES = _words("navigation banner contentinfo search complementary dialog alertdialog menu menubar toolbar tablist tooltip")
_FURNITURE_NAMES = _words(
    "nav navbar navigation navheader navfooter docnav toc breadcrumb breadcrumbs menu submenu pagination pager pagenav share "
    "sharing sharer sharedaddy social socials footer sidebar cookie cookies consent gdpr advert advertisement ads adsense ad "
    "banner related recommended recommendations newsletter comments comment respond disqus sponsored promo subscribe subscription "
    "login popup modal overlay paywall skip noprint printfooter catlinks editsection sphinxsidebar headerlink linenos lineno "
    "gutter byline author authors bio meta metadata postmeta tags taglist rating ratings caption credit credits copyright "
    "copyrights"
)
_NOT_AS_FIRST = frozenset(("toc", "ad", "author", "caption", "meta", "related", "skip", "subscription", "rating"))
_PARTS = re.compile(r"[_-]+|(?<=[a-z])(?=[A-Z])")
_INVISIBLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_TAG = re.compile(r"<[A-Za-z](?:[^>\"']|\"[^\"]*\"|'[^']*')*+")
_HEADINGS = "h1,h2,h3,h4,h5,h6"


def has_too_many_attributes(html: str) -> bool:
    """Whether some tag holds so many attributes that parsing it would take seconds."""
    return any(
        match.end() - match.start() > 2 * MAX_ATTRIBUTES and len(match.group().split(None, MAX_ATTRIBUTES)) > MAX_ATTRIBUTES
        for match in _TAG.finditer(html)
    )


def main_part(tree: HTMLTree) -> ElementNode | None:
    """The element that holds the page's own content: `<main>`, the only `<article>`, else the body; None without a body."""
    body = tree.body
    if body is None:
        return None
    size = MIN_MAIN_SHARE * len(body.text or "")
    for selector in ("main", "[role=main]", "article"):
        found = body.query_selector_all(selector).values()  # iterating the node list itself takes quadratic time
        if len(found) == 1 and len(found[0].text or "") >= max(1.0, size):
            return found[0]
    return body


def is_furniture(element: ElementNode, tag: str, depth: int, num_characters: int) -> bool:
    """Whether an element is navigation, advertising, a form or another thing around the content.

    num_characters: page_characters() of the part of the page that is read.
    """
    if tag in SKIPPED_TAGS:
        return True
    if not element.attrs and tag not in ("header", "form"):
        return False
    if element.getattr("role") in _SKIPPED_ROLES:
        return True
    if _is_invisible(element):
        return depth > MAX_QUERY_DEPTH or _is_minor(element, num_characters)  # an accordion hides its answers, too
    if depth > MAX_QUERY_DEPTH:
        return False
    if tag == "div" and element.getattr("class") == "figure":  # DocBook: an image and its caption
        return element.query_selector("pre,table,p:not(.title)") is None
    if tag == "header":
        return element.query_selector(_HEADINGS) is None
    if tag == "form":
        return element.query_selector(_HEADINGS + ",p,article") is None
    if not _has_furniture_name(element, tag) or element.query_selector("h1,main,article,.titlepage") is not None:
        return False
    return _is_minor(element, num_characters)


def page_characters(root: ElementNode) -> int:
    """The length of the text below an element, scripts and style sheets left out."""
    return len(root.text or "") - sum(len(code.text or "") for code in root.query_selector_all("script,style").values())


def is_data_table(table: ElementNode, depth: int) -> bool:
    """Whether a table holds short cells in rows and columns, not the layout of a page."""
    if depth > MAX_QUERY_DEPTH or table.query_selector("table,pre,ul,ol,blockquote,form,script,style,svg,hr," + _HEADINGS) is not None:
        return False
    rows = table.query_selector_all("tr")
    if not 2 <= len(rows) <= MAX_TABLE_ROWS:
        return False
    return max(len(row.query_selector_all("td,th")) for row in rows.values()) >= 2


def _is_invisible(element: ElementNode) -> bool:
    hidden = element.hasattr("hidden") or element.getattr("aria-hidden") == "true"
    return hidden or bool(_INVISIBLE.search(element.getattr("style") or ""))


def _is_minor(element: ElementNode, num_characters: int) -> bool:
    return len(element.text or "") <= MAX_FURNITURE_SHARE * num_characters


def _has_furniture_name(element: ElementNode, tag: str) -> bool:
    if tag in ("html", "body", "main", "article", "a", "p", "em", "strong", "code", "pre", "td", "li"):
        return False
    names = f"{element.getattr('class') or ''} {element.getattr('id') or ''}"
    return len(names) < 500 and any(map(_names_furniture, names.split()))


def _names_furniture(name: str) -> bool:
    """Whether the first or the last part of a class or id is a furniture word: `share-buttons`, `post_comments`, `siteFooter`."""
    first, *_, last = [part.lower() for part in _PARTS.split(name) if part] * 2 or ["", ""]
    return last in _FURNITURE_NAMES or (first in _FURNITURE_NAMES and first not in _NOT_AS_FIRST)

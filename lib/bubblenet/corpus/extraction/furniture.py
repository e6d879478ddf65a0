"""Page furniture (boilerplate), by tag, role, class and id: navigation, advertising, forms, sharing, comments."""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from bubblenet.corpus.extraction import post_names

SKIPPED_SELECTOR = (
    "script:not([type^='math/']),style,noscript,template,svg,iframe,nav,aside,footer,select,textarea,figcaption,title,datalist,progress,"
    "meter,option"
)
"""Frequent elements that are never read; they are removed from the tree first."""

SCRIPT_SELECTOR = "script:not([type^='math/']),style,template,svg,iframe,select,textarea,title,datalist,progress,meter,option"
"""Likewise, where hardly any text is outside of the others: then one of them may hold the page."""

MAX_ATTRIBUTE_CHARACTERS = 1000
"""Longer attributes are script data; their names are not examined."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SKIPPED_TAGS = _words("object applet canvas audio video map dialog menu optgroup frameset colgroup rt rp rtc nav footer noscript")
"""Further elements that are never read; `rt` and `rp` hold the readings of characters."""

JUDGED_TAGS = SKIPPED_TAGS | _words("header form button gutter aside")
"""For these, the content of the element decides whether it is furniture, whatever its attributes."""

NEVER_NAMED = _words("html body main article a em strong code pre td figcaption details")
"""Elements that are not furniture whatever their class or id."""

_GUTTER_TAGS = _words("td pre")
_SKIPPED_ROLES = _words("navigation banner contentinfo search complementary dialog alertdialog menu menubar toolbar tablist tooltip")
_NAMES = _words(
    "nav navbar navigation navheader navfooter docnav toc breadcrumb breadcrumbs menu submenu pagination pager pagenav share "
    "sharing sharer sharedaddy social socials footer sidebar cookie cookies consent gdpr advert advertisement ads adsense ad "
    "banner banners related recommend recommended recommendations newsletter signup comments comment respond disqus sponsored promo "
    "affiliate cta teasers subscribe subscription login popup modal overlay paywall placeholder skip noprint printfooter catlinks "
    "editsection sphinxsidebar headerlink tooltiptext linenos lineno gutter byline author authors bio meta metadata postmeta utility tags "
    "taglist rating ratings caption credit credits copyright copyrights disclaimer disclosure widget widgets backlink toolbar"
)
_SINGLE_NAMES = _NAMES - {"comment"}  # alone it may be the author's own, on a program: Scaladoc
_FIRST_NAMES, _LAST_NAMES = (
    _NAMES - _words("toc ad author caption meta skip subscription rating disclosure"),
    _NAMES - _words("widget widgets toolbar"),  # a program stands in `code-toolbar`
)
_GUTTER = re.compile(  # `line-number`, `td.linenos`, `hljs-ln-numbers`, `CodeMirror-linenumber`, `blob-num`; `ln` and `lnt` of Hugo
    r" class=\"(?:[^\"]*[\s_-])?"
    r"(?:gutters?|(?:line|ln)-?num(?:ber)?s?|line-?nos?|linenodiv|blob-num|lnt?|hljs-ln-n|crayon-nums?)(?=[\s_\"-])",
    re.IGNORECASE,
)
_TOOLTIP = re.compile(r" class=\"(?:[^\"]*[\s_-])?tooltip[_-]?(?:text|content|body)[\s\"]")
_NOTE = re.compile(
    r"(?:^|[\s_-])(?:admonition|callout|note|notice|tip|hint|warning|caution|danger|attention|important|info|information|alert|remark|example|hinweis"
    r"|achtung|warnung|tipp|remarque|attention|avertissement|astuce|nota|aviso|advertencia|consejo|attenzione|avviso)s?(?:$|[\s_-])",
    re.IGNORECASE,
)
_CONSENT = re.compile("cookie|gdpr|consent|privacy|banner", re.IGNORECASE)
_STATES = _words("has no with without is")  # `has-sidebar` describes other parts of the page
_EXCEPTING = _words("from not exclude")  # a heading that is `hide-from-toc` is no list of contents
_PARTS = re.compile(r"[_-]+|(?<=[a-z])(?=[A-Z])")
_OTHER_TRAITS = re.compile(r" (role|style|aria-hidden|hidden)=\"([^\"]*)\"")
_ID = re.compile(r" id=\"[^\"]*\"")
_INVISIBLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


class Traits(NamedTuple):
    """Attributes of an element: its class or id names furniture, its ARIA role is one of the skipped ones, it is invisible, its
    class names a gutter, it may hold the text of a post."""

    is_named: bool = False
    has_skipped_role: bool = False
    is_invisible: bool = False
    is_gutter: bool = False
    may_be_post: bool = False


_NONE = Traits()


def traits(attributes: str) -> Traits:
    """Parse serialised attributes."""
    return _traits(attributes) if len(attributes) <= MAX_ATTRIBUTE_CHARACTERS else _NONE


def may_be(tag: str, attributes: str) -> bool:
    """Whether an element with this tag and these attributes can be furniture, depending on its content."""
    if tag in JUDGED_TAGS:
        return True
    if not attributes or (tag in NEVER_NAMED and not may_have_traits(attributes)):
        return tag in _GUTTER_TAGS and is_gutter(attributes)
    return traits(attributes) is not _NONE or (tag == "div" and has_class(attributes, "figure"))


def may_have_traits(attributes: str) -> bool:
    """Whether attributes can have traits other than names."""
    return "hidden" in attributes or " role=" in attributes or " style=" in attributes


def has_class(attributes: str, name: str) -> bool:
    """Whether the class attribute is exactly this name."""
    return f' class="{name}"' in attributes


def names_note(names: str) -> bool:
    """Whether a class, role or label calls an element a note, a warning or another callout."""
    if len(names) > MAX_ATTRIBUTE_CHARACTERS or not _NOTE.search(names):
        return False
    return not any(map(_names_furniture, names.split())) and not _CONSENT.search(names)


def is_note(attributes: str) -> bool:
    """Whether the class, role or label of an element calls it a note."""
    return names_note(" ".join(_value(attributes, name) for name in ("class", "role", "aria-label")))


def without_id(attributes: str) -> str:
    """Attributes without the id."""
    return _ID.sub("", attributes)


def id_of(attributes: str) -> str:
    """The id, empty if there is none."""
    return _value(attributes, "id")


def is_gutter(attributes: str) -> bool:
    """Whether the class of an element names a gutter; cheap where there is no class."""
    return ("gutter" in attributes or "line" in attributes or "num" in attributes) and traits(attributes).is_gutter


def within_code(attributes: str) -> str:
    """The attributes of a tag inside a program that count: names describe the program there, unless it is hidden, a gutter or a tooltip."""
    if len(attributes) <= MAX_ATTRIBUTE_CHARACTERS:
        if names_gutter(attributes):
            return attributes
        is_hidden = may_have_traits(attributes) and traits(attributes).is_invisible
        if is_hidden or ("tooltip" in attributes and _TOOLTIP.search(attributes)):
            return ' hidden=""'
    return ""


def class_name(attributes: str) -> str:
    """The class attribute, empty if there is none."""
    return _value(attributes, "class")


def _value(attributes: str, name: str) -> str:
    return attributes.partition(f' {name}="')[2].partition('"')[0]


def names_gutter(attributes: str) -> bool:
    """Whether the class is one that highlighters give to the numbers of lines beside a program."""
    is_likely = "gutter" in attributes or "line" in attributes or "ln" in attributes or "num" in attributes
    return is_likely and bool(_GUTTER.search(attributes))


@functools.lru_cache(maxsize=4096)
def _traits(attributes: str) -> Traits:
    """Cached, since the pages of a site repeat their attributes."""
    names = f"{_value(attributes, 'class')} {_value(attributes, 'id')}".split()
    bits = 0
    for name in names:
        bits |= _kinds(name)
    is_named, is_gutter = bool(bits & 1), names_gutter(attributes)
    may_be_post = bits > 1 or post_names.may_hold_text(attributes)
    if not may_have_traits(attributes):
        is_any = is_named or is_gutter or may_be_post
        return Traits(is_named, is_gutter=is_gutter, may_be_post=may_be_post) if is_any else _NONE
    found = dict(_OTHER_TRAITS.findall(attributes))
    is_hidden = "hidden" in found or found.get("aria-hidden") == "true" or bool(_INVISIBLE.search(found.get("style", "")))
    all_traits = Traits(is_named, found.get("role") in _SKIPPED_ROLES, is_hidden, is_gutter, may_be_post)
    return all_traits if any(all_traits) else _NONE


@functools.lru_cache(maxsize=16384)
def _kinds(name: str) -> int:
    """What a class or id names, as bits: 1 for furniture, 2 for the text of a post."""
    return _names_furniture(name) + 2 * post_names.is_of_text(name)


@functools.lru_cache(maxsize=16384)
def _names_furniture(name: str) -> bool:
    """Whether the first or the last part of a class or id is a furniture word: `share-buttons`, `post_comments`, `siteFooter`."""
    parts = [part for part in _PARTS.sub("-", name).lower().split("-") if part]
    if not parts or parts[0] in _STATES or not _EXCEPTING.isdisjoint(parts[:-1]):
        return False
    if len(parts) == 1:
        return parts[0] in _SINGLE_NAMES
    return parts[-1] in _LAST_NAMES or parts[0] in _FIRST_NAMES

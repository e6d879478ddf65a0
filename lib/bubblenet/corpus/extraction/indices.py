"""Powers and indices in plain text: `10<sup>25</sup>` is written `10^25`, `a<sub>1</sub>` is `a_1`; neither joins the number before it.

What is raised for other reasons stays as it reads: ordinals (1st), abbreviations of the Romance languages (M^lle), units of temperature,
fractions, and chemical formulas (H2O); cents follow a point. Marks of footnotes go: they lead elsewhere. All this works on the serialised
page, innermost first.
"""

from __future__ import annotations

import functools
import re

from bubblenet.corpus.extraction.markup import BLOCK_TAGS

MAX_NESTED = 4
"""Powers of powers that are written out; deeper ones stay as they are."""

MAX_CHARACTERS = 30
"""Longer text is a remark in small type, not a power or an index."""

_CONTEXT = 300  # characters of markup around that are looked at
_SCRIPT = re.compile(r"<(su[bp])((?: [^>]*+)?+)>((?:[^<]|<(?!/?su[bp][ >]))*+)</\1>")
_FRACTION = re.compile(r"<sup>(\d{1,4})</sup>\s?[/\u2044]\s?<sub>(\d{1,4})</sub>")
_PARAGRAPH = 3000  # characters of markup at most
_OPENINGS = ("<p>", "<p ", "<li", "<td", "<th", "<dd", "<dt", "<div", "<pre")
_OPERATOR = re.compile(r">[*?+]</sup>")
_IDENTIFIER_END = re.compile(r"\w_\w+\s$")
_CENTS, _AMOUNT_BEFORE = re.compile(r"\d\d"), re.compile(r"[$\u20ac\u00a3]\s?\d[\d,]*$")
_LINE_TAGS = "p|li|td|th|dd|dt|div|section|aside|small|br"
_TAGS = re.compile(r"<[^>]*>")
_INLINE_TAGS = re.compile(r"</?(?!(?:" + "|".join(sorted(BLOCK_TAGS)) + r"|br)[ >/])[^<>]*>")
_ONE_TOKEN = re.compile(r"[+\-\u2212\u2013]?(?:\d+(?:[.,]\d+)?|[^\W\d_]+|\([^()]*\))|[^\w\s]")
_NOTE = re.compile(r" href=\"[^\"]*#|(?:footnote|noteref|fnref|reference|citation)", re.IGNORECASE)
_NOTE_TEXT = re.compile(r"\[[^\]]*\]|[*\u2020\u2021\u00a7\u00b6]+")
_NOTE_NUMBERS = re.compile(r"\d{1,3}(?:\s?[,\u2013-]\s?\d{1,3})*")
_BEFORE_A_NOTE = re.compile(r"(?:[.,;:!?\"'\u2019\u201d\u00bb]|[^\W\d_]{3})$")
_SENTENCE_END = re.compile(r"(?:[.,;:!?\"\u201d\u00bb])$")
_ORDINAL = re.compile(r"st|nd|rd|th|er|re|\u00e8re|e|\u00e8me|eme|i\u00e8me|nde?|os|as", re.IGNORECASE)
_ABBREVIATION = re.compile(r"e|a|o|r|d|me|mme|lle|mes|lles|te|er|re|\u00e8me|ra|ro|os|as", re.IGNORECASE)
_ROMANCE = ("fr", "es", "pt", "it", "ca", "gl", "oc", "ro")
_SYMBOLS = {"TM": "\u2122", "tm": "\u2122", "SM": "\u2120"}
_SYMBOLS |= {mark: mark for mark in "\u2122\u2120\u00ae\u00a9\u00b0\u00ba\u00aa\u2032\u2033'\""}
_DEGREES = re.compile(r"\s?[CF]\b")
_ELEMENTS = (
    "H|He|Li|Be|B|C|N|O|F|Ne|Na|Mg|Al|Si|P|S|Cl|Ar|K|Ca|Sc|Ti|V|Cr|Mn|Fe|Co|Ni|Cu|Zn|Ga|Ge|As|Se|Br|Kr|Rb|Sr|Y|Zr|Nb|Mo|Ag|Cd|In|Sn|Sb|Te|I"
    "|Xe|Cs|Ba|La|Ce|Nd|W|Pt|Au|Hg|Pb|Bi|U"
)
_ELEMENT = re.compile(rf"({_ELEMENTS})(?![a-z])")
_FORMULA = re.compile(rf"(?:(?:{_ELEMENTS})\d*|[()\[\]]\d*)+")
_MOLECULE = re.compile(r"(?:H|N|O|F|Cl|Br|I)2|O3|P4|S8")
_WORD_BEFORE, _WORD_AFTER = re.compile(r"[A-Za-z0-9()\[\]]*$"), re.compile(r"[A-Za-z0-9()\[\]]*")


def may_occur(html: str) -> bool:
    """Whether a serialised page has powers or indices."""
    return "<su" in html and ("<sup" in html or "<sub" in html)  # one look at a page without any; else a summary or so


def write_out(html: str, language: str) -> str:
    """A serialised page without `sup` and `sub`. language: as the page declares it."""
    if "<sup>" in html:
        html = _FRACTION.sub(_fraction, html)
    is_romance = language[:2].lower() in _ROMANCE
    for _ in range(MAX_NESTED):
        if not may_occur(html):
            break
        html = _SCRIPT.sub(lambda found: _raised(found, is_romance) if found[1] == "sup" else _lowered(found), html)
    return html


def _fraction(found: re.Match[str]) -> str:
    follows_number = found.string[found.start() - 1 : found.start()].isdigit()
    return f"{' ' if follows_number else ''}{found[1]}/{found[2]}"


def joined(base: str, mark: str, script: str) -> str:
    """A base with its power (mark `^`) or index (`_`), in brackets where it is more than a number or a word."""
    if not script:
        return base
    return f"{base}{mark}{script}" if _ONE_TOKEN.fullmatch(script) else f"{base}{mark}({script})"


def _raised(found: re.Match[str], is_romance: bool) -> str:
    text, before = _text(found[3]), _before(found)
    if _is_note(found, text, before):
        return ""
    if not text or not before or text in _SYMBOLS or len(text) > MAX_CHARACTERS:
        return _SYMBOLS.get(text, found[3])
    if _CENTS.fullmatch(text) and _AMOUNT_BEFORE.search(before):
        return f".{text}"
    if before[-1].isdigit() and text in ("o", "0") and _DEGREES.match(_after(found)):
        return "\u00b0"
    if (before[-1].isdigit() and _is_ordinal(text, found)) or (is_romance and before[-1].isalnum() and _ABBREVIATION.fullmatch(text)):
        return found[3]
    return _marked("^", found[3], text)


def _lowered(found: re.Match[str]) -> str:
    text, before = _text(found[3]), _before(found)
    if not text or not before or len(text) > MAX_CHARACTERS or _is_formula(text, before, found):
        return found[3]
    if before[-1].isspace() and not (_IDENTIFIER_END.search(before) and text[0].isalpha()):  # a remark in small type
        return found[3]
    return _marked("_", found[3], text)


def _marked(mark: str, inner: str, text: str) -> str:
    return joined("", mark, text) if "<" not in inner else joined("", mark, text).replace(text, inner.strip(), 1)


def _is_note(found: re.Match[str], text: str, before: str) -> bool:
    """Whether a raised text leads to a footnote: by its link or class, in brackets, or a number after the end of a sentence."""
    around = found.string[max(0, found.start() - _CONTEXT) : found.start()]
    opening = around[around.rfind("<") :] if around.endswith(">") else ""
    link = opening if opening.startswith("<a ") else ""
    if _NOTE.search(found[2] + "".join(_TAGS.findall(found[3])) + link):
        return True
    if _NOTE_TEXT.fullmatch(text):
        return text[0] == "[" or (bool(_BEFORE_A_NOTE.search(before)) and not _is_operator(found, text[0]))
    return bool(_NOTE_NUMBERS.fullmatch(text) and _SENTENCE_END.search(before))


def _is_operator(found: re.Match[str], mark: str) -> bool:
    """Whether a mark belongs to what it follows, as in a grammar: the same paragraph has three raised operators, or two different ones, or
    the page has two, and no note that begins with the mark."""
    page, place = found.string, found.start()
    start = max(page.rfind(opening, max(0, place - _PARAGRAPH), place) for opening in _OPENINGS)
    end = min((one for tag in _OPENINGS if (one := page.find(tag, place, place + _PARAGRAPH)) > 0), default=place + _PARAGRAPH)
    near = _OPERATOR.findall(page, start, end) if start >= 0 else []
    return len(near) > 2 or len(set(near)) > 1 or _has_operators(page, mark)


@functools.lru_cache(maxsize=2)  # the same page, once for each mark
def _has_operators(html: str, mark: str) -> bool:
    if sum(html.count(f">{one}</sup>") for one in (mark, "?", "+")) < 2:
        return False
    return (
        re.search(rf"<(?:{_LINE_TAGS})(?:\s[^<>]*)?>\s*(?:<[a-z]+[^<>]*>\s*){{0,3}}{re.escape(mark)}(?:</[a-z]+>)?\s*\w{{2}}", html) is None
    )


def _is_ordinal(text: str, found: re.Match[str]) -> bool:
    """Whether letters after a number make it an ordinal. A single `e` may be a power: then no word follows."""
    return bool(_ORDINAL.fullmatch(text)) and (len(text) > 1 or bool(re.match(r"\s[^\W\d_]{3}", _after(found))))


def _is_formula(text: str, before: str, found: re.Match[str]) -> bool:
    """Whether a lowered number belongs to a chemical formula: two elements or more, or a molecule of one."""
    if not text.isdigit():
        return False
    word = f"{_tail(before)}{text}{_head(_after(found))}"
    if not _FORMULA.fullmatch(word):
        return False
    return len(set(_ELEMENT.findall(word))) > 1 or bool(_MOLECULE.fullmatch(word))


def _tail(text: str) -> str:
    found = _WORD_BEFORE.search(text)
    return found[0] if found else ""


def _head(text: str) -> str:
    found = _WORD_AFTER.match(text)
    return found[0] if found else ""


def _before(found: re.Match[str]) -> str:
    """The text before on the same line; empty at the beginning of a block."""
    around = found.string[max(0, found.start() - _CONTEXT) : found.start()]
    text = _INLINE_TAGS.sub("", around)
    return text.rpartition(">")[2]


def _after(found: re.Match[str]) -> str:
    around = found.string[found.end() : found.end() + _CONTEXT]
    return _INLINE_TAGS.sub("", around).partition("<")[0]


def _text(inner: str) -> str:
    return " ".join(_TAGS.sub("", inner).replace("&nbsp;", " ").split())

"""Telephone numbers: by the numbering plans of phonenumberslite, and by the words beside them.

A number without its country's code says little by itself: ten digits may be anything. It counts beside a word for a telephone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import phonenumbers

from bubblenet.corpus.privacy.found import Found, after, before, digits

LEAST, MOST = 7, 15
"""Digits of a number: ITU-T E.164 has at most 15; below 7 they are local."""

_NUMBER = re.compile(
    r"[+(\d](?<![\w.].)(?<!\d[-/,].)(?:(?<=\+)\(?|(?<=\()|(?<=\d))\d{0,15}\)?"
    r"(?:(?:[ \u00a0./\u2010-\u2013-]{1,2}\(?|\(|(?<=\)))\d{1,15}\)?){0,8}"
    r"(?:[ ,]{0,2}(?:x|ext\.?|extension)[ ]?\d{1,6})?(?![\w]|[.,]\d|[-/]\d)",
    re.I,
)
_EXTENSION = re.compile(r"[ ,]{0,2}(?:x|ext\.?|extension)[ ]?\d{1,6}$", re.I)
_DATE = re.compile(r"\d{4}([-./ ])\d{1,2}\1\d{1,2}|\d{1,2}([-./ ])\d{1,2}\2\d{4}|(?:19|20)\d\d ?[-\u2013/] ?(?:19|20)\d\d")
_NORTH_AMERICA = re.compile(r"(?:\+?1[ .-]?)?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[-.])[2-9]\d{2}[-.]\d{4}")
_DOTTED_QUAD = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")
"""An IP address or a network, unless a word says that it is a telephone's."""
_FICTION = re.compile(r"(?:1?\d{3})?55501\d{2}")
"""North American numbers set aside for fiction: 555-0100 to 555-0199."""

_OF_TELEPHONES = re.compile(
    r"(?:\b(?:tele?(?:ph|f)ono?s?|tele?phones?|phones?|tel|tele?fon\w*|t[e\u00e9]l(?:[e\u00e9]phone)?|fax|mobiles?|mobil\w*|cell(?:ular|phone)?|handy|portable"
    r"|whats ?app|sms|hotline|helpline|desk|pager|m[o\u00f3]vil|celular|m[o\u00f3]viles|rufnummer|durchwahl)\b"
    r"|\u260e|\u260f|\U0001f4de|\u2706|\u96fb\u8a71|\u7535\u8bdd)[^\d\n]{0,24}[\n]{0,2}[^\d\n]{0,6}$",
    re.I,
)
_OF_CALLS = re.compile(
    r"\b(?:call(?:s|ed|ing)?|dial(?:l?ed|l?ing)?|ring(?:ing)?|text(?:ed|ing)?|answer(?:s|ed|ing)?|reach(?:ed|able)?|messages?|contact|appel(?:er|ez)|appelle"
    r"|anrufen|ruf(?:en)?|llam(?:a|e|ar)|my number(?: is)?|office|home|work)\b[^\d\n.]{0,20}$",
    re.I,
)
_SAID_AFTER = re.compile(r"[ ]?[-(,]?[ ]?(?:office|fax|mobile|cell|desk|home|work|phone|tel(?:ephone)?|mob)\b", re.I)
HINTS = "|".join(
    (
        r"\+[ (]?\d[\d ().\x{a0}\x{2010}-\x{2013}/-]{5}",
        rf"(?i:{_OF_TELEPHONES.pattern.removesuffix('$')})[+(]{{0,2}}\d",
        rf"(?i:{_OF_CALLS.pattern.removesuffix('$')})[+(]{{0,2}}\d",
        rf"\d\)?(?i:{_SAID_AFTER.pattern})",
        r"[2-9]\d\d(?:\) ?|[-.])[2-9]\d\d[-.]\d{4}",
    )
)
"""For RE2: what a text has wherever it has a number that is found here."""


def phones(text: str) -> Iterator[Found]:
    """Telephone numbers, with their extensions."""
    for match in _NUMBER.finditer(text):
        number = digits(_EXTENSION.sub("", match[0]))
        if LEAST <= len(number) <= MOST and not _FICTION.fullmatch(number) and _is_phone(match, number, text):
            yield Found(*match.span(), "phone", number)


def is_marked(text: str, start: int, end: int) -> bool:
    """Whether a number in markup is a telephone's by its form, or by the name of its attribute: words of prose say nothing there."""
    written, said = text[start:end], before(text, start)
    return written.startswith("+") or bool(_OF_TELEPHONES.search(said) or _NORTH_AMERICA.fullmatch(_EXTENSION.sub("", written)))


def _is_phone(match: re.Match[str], number: str, text: str) -> bool:
    written, said = match[0], before(text, match.start())
    is_said = bool(_OF_TELEPHONES.search(said) or _SAID_AFTER.match(after(text, match.end())))
    if written.startswith("+"):
        return _is_international(written, is_said or len(written) > len(number) + 1)
    if _DATE.fullmatch(written):
        return False
    if is_said:
        return True
    if _NORTH_AMERICA.fullmatch(_EXTENSION.sub("", written)):
        return _is_valid(written, "US")
    return len(written) > len(number) and not _DOTTED_QUAD.match(written) and bool(_OF_CALLS.search(said))


def _is_international(written: str, is_likely: bool) -> bool:
    """With its country's code: valid; where a word says so or it is written in groups, a length that the country has is enough."""
    found = _parse(written, None)
    if found is None:
        return False
    return phonenumbers.is_valid_number(found) or (is_likely and phonenumbers.is_possible_number(found))


def _is_valid(written: str, region: str) -> bool:
    found = _parse(written, region)
    return found is not None and phonenumbers.is_valid_number(found)


def _parse(written: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return None

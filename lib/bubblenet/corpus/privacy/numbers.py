"""Numbers with check digits or rules of their own: payment cards, IBAN, US social security numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum import iban, luhn
from stdnum.us import ssn

from bubblenet.corpus.privacy.found import Found, after, before, digits

_CARD = re.compile(r"\d(?<![\w.]\d)(?<!\d[-+]\d)(?:[ -]?\d){11,18}(?![\w]|[-.]\d)")
_GROUP = re.compile(r"\d{3}")
"""Cards are written in groups of four and more; digits one by one are a row of a table."""
_ISSUERS = re.compile(
    r"4\d{12}(?:\d{3}(?:\d{3})?)?|(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)\d+|3[47]\d{13}|3(?:0[0-5]|[689])\d{11,16}"
    r"|6(?:011|4[4-9]|5)\d+|35(?:2[89]|[3-8])\d{12,15}|(?:2131|1800)\d{11}|62\d{14,17}|(?:5[0678]|6[0-79])\d{10,17}"
)
"""First digits and lengths of issuers (ISO/IEC 7812; as the card networks publish them): Visa, Mastercard, American Express, Diners Club,
Discover, JCB, UnionPay, Maestro."""

_OF_CARDS = re.compile(
    r"\b(?:cards?|credit|debit|visa|master(?:card)?|maestro|amex|american express|diners|jcb|carte|karte|tarjeta)\b", re.I
)
_OF_GOODS = re.compile(
    r"\b(?:orders?|invoices?|tracking|parcel|isbn|ean|gtin|upc|imei|serial|articles?|items?|sku|part|ticket|issue|id|sha\d*)\b", re.I
)
_USUAL_LENGTH = 14

_IBAN = re.compile(r"\d\d(?<=(?<!\w)[a-z]{2}\d\d)(?:[ -]?[a-z0-9]{4}){2,7}(?:[ -]?[a-z0-9]{1,3})?(?![\w])", re.I)
_SHORTEST_IBAN = 15

_SSN = re.compile(r"\d(?<![\w.-]\d)\d\d-\d{2}-\d{4}(?![\w]|[-.]\d)")
_BARE_SSN = re.compile(r"\d(?<![\w.-]\d)\d\d[ .]?\d{2}[ .]?\d{4}(?![\w]|[-.]\d)")
_OF_SOCIAL_SECURITY = re.compile(r"\b(?:ssn|social security)\b", re.I)


def cards(text: str) -> Iterator[Found]:
    """Numbers of cards: those of an issuer, and those that words call so; the check digit fits (ISO/IEC 7812: they begin with 2 to 6)."""
    for match in _CARD.finditer(text):
        number = digits(match[0])
        if not _GROUP.search(match[0]):
            continue
        if (number[0] in "23456" or _ISSUERS.fullmatch(number)) and luhn.is_valid(number) and _is_card(match, number, text):
            yield Found(*match.span(), "card", number)


def ibans(text: str) -> Iterator[Found]:
    """International bank account numbers."""
    for match in _IBAN.finditer(text):
        start = match.start() - len("GB")
        if (end := _end_of_iban(text[start : match.end()])) is not None:
            yield Found(start, start + end, "iban", iban.compact(text[start : start + end]))


def social_security_numbers(text: str) -> Iterator[Found]:
    """US social security numbers: with hyphens; without them where a word says so."""
    for match in _SSN.finditer(text):
        if ssn.is_valid(match[0]) and not _OF_GOODS.search(before(text, match.start(), 20)):
            yield Found(*match.span(), "ssn", digits(match[0]))
    for match in _BARE_SSN.finditer(text):
        if ssn.is_valid(digits(match[0])) and _OF_SOCIAL_SECURITY.search(before(text, match.start())):
            yield Found(*match.span(), "ssn", digits(match[0]))


def _is_card(match: re.Match[str], number: str, text: str) -> bool:
    """One number in ten has a check digit that fits: the words beside it decide. Without one it must be of an issuer, and not short."""
    said = before(text, match.start())
    if _OF_CARDS.search(said) or _OF_CARDS.search(after(text, match.end(), 40)):
        return True
    return len(number) >= _USUAL_LENGTH and _ISSUERS.fullmatch(number) is not None and not _OF_GOODS.search(said)


def _end_of_iban(written: str) -> int | None:
    """Where the number ends, since words may follow it; None if it is none."""
    if iban.is_valid(written, check_country=False):
        return len(written)
    for end in range(len(written) - 1, _SHORTEST_IBAN - 1, -1):
        if written[end] in " -" and iban.is_valid(written[:end], check_country=False):
            return end
    return None

"""Dates of public corpora as ISO 8601, or none."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Any

YEARS = range(1990, 2101)
"""A page of the web was fetched in one of these: a number that means another year is no date."""

_ISO = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2}(?:T\d{2}(?::\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)?(?:Z|[+-]\d{2}(?::\d{2})?)?)?)?)?")
_BY_LENGTH = {4: "%Y", 8: "%Y%m%d", 14: "%Y%m%d%H%M%S"}  # 14: as in the addresses of the Wayback Machine
_UNITS = (1, 1_000, 1_000_000, 1_000_000_000)
"""In which a time since 1970 is counted: parts of a second."""


def iso_date(value: Any) -> str | None:
    """The date in ISO 8601; None if it is none. A text that is ISO 8601 already stays as it is.

    Known otherwise: datetimes, times since 1970 in seconds or smaller units, 20240131, 20240131235959, 2024/01/31, dates of HTTP.
    """
    if isinstance(value, (datetime, date)):
        return value.isoformat() if value.year in YEARS else None
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    text = " ".join(str(value).split()) if isinstance(value, str) and len(value) <= 64 else str(value)[:64]
    if not text.isascii():
        return None
    return _of_number(text) if not isinstance(value, str) or text.isdecimal() else _of_text(text)


def _of_text(text: str) -> str | None:
    try:
        found = datetime.fromisoformat(_complete(text).replace("/", "-"))
    except ValueError:
        return _of_http(text)
    return None if found.year not in YEARS else text if _ISO.fullmatch(text) else found.isoformat()


def _complete(text: str) -> str:
    """A year or month as its first day, which is what fromisoformat wants."""
    return {4: f"{text}-01-01", 7: f"{text}-01"}.get(len(text), text.removesuffix(" UTC"))


def _of_http(text: str) -> str | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found.isoformat() if found.year in YEARS else None


def _of_number(text: str) -> str | None:
    try:
        return _of_digits(text) if len(text) in _BY_LENGTH and text.isdecimal() else _since_1970(float(text))
    except (ValueError, OverflowError):
        return None


def _of_digits(digits: str) -> str | None:
    """A year, a day, or a second of UTC, written without signs."""
    found = datetime.strptime(digits, _BY_LENGTH[len(digits)])
    iso = {4: digits, 8: found.date().isoformat(), 14: f"{found.isoformat()}Z"}[len(digits)]
    return iso if found.year in YEARS else None


def _since_1970(number: float) -> str | None:
    """The number in the unit that makes it a year of the web; at most one does."""
    for unit in _UNITS:
        seconds = number / unit
        if 0 < seconds < 5e9:
            found = datetime.fromtimestamp(seconds, UTC)
            return found.isoformat().replace("+00:00", "Z") if found.year in YEARS else None
    return None

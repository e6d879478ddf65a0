"""JSON as people write it: with a byte order mark, with NaN and Infinity, with halves of surrogate pairs."""

from __future__ import annotations

import re
from typing import Any

import orjson

BOM = b"\xef\xbb\xbf"

# The rest of an escape: another backslash, a surrogate pair of escapes, or half of such a pair.
_ESCAPES = re.compile(rb"\\(?:\\|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2}))")
# A string, or a number that JSON does not know. Possessive, and its end optional: so damaged JSON is searched in linear time too.
_STRINGS_AND_NUMBERS = re.compile(rb'"(?:[^"\\]|\\.)*+"?|(-?Infinity|NaN)', re.DOTALL)
_MAYBE_NUMBERS = (b"NaN", b"Infinity")
_MAYBE_HALVES = (b"\\ud", b"\\uD")


def loads(payload: bytes) -> Any:
    """The value of JSON in UTF-8. Raises orjson.JSONDecodeError.

    Python's json also writes what orjson rejects: NaN and Infinity become null, escapes of lone surrogates become U+FFFD.
    """
    payload = payload.removeprefix(BOM)
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError:
        mended = _mended(payload)
        if mended is payload:
            raise
        return orjson.loads(mended)


def _mended(payload: bytes) -> bytes:
    if any(mark in payload for mark in _MAYBE_NUMBERS):
        payload = _STRINGS_AND_NUMBERS.sub(lambda found: b"null" if found.group(1) else found.group(), payload)
    if any(mark in payload for mark in _MAYBE_HALVES):
        payload = _ESCAPES.sub(lambda found: b"\\ufffd" if found.group(1) else found.group(), payload)
    return payload

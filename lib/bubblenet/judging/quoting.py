"""Quotation marks, code and emphasis: which marks belong together, and a text without those around all of it."""

from __future__ import annotations

import re

from bubblenet.corpus.prose import INLINE_CODE

_CLOSERS = {'"': '"', "'": "'", "*": "*", "`": "`", "\u201c": "\u201d", "\u2018": "\u2019", "\u00ab": "\u00bb", "\u201e": "\u201c\u201d"}
_MARKS = frozenset("".join(_CLOSERS) + "".join(_CLOSERS.values()))
_CODE = re.compile(INLINE_CODE)
_BEFORE_OPENING = frozenset(" \t([{:,-")


def unquoted(text: str, is_cut: bool = False) -> str:
    """The text without pairs of marks around all of it; marks of a part of it, and the fences of a block of code, stay.

    is_cut: something was cut off the text, so that a mark at an end whose partner is missing goes, too.
    """
    if "\n" in text and text.lstrip().startswith("```"):
        return text.strip()
    while (shorter := _without_outer(text.strip(), is_cut)) != text:
        text = shorter
    return text


def code_spans(line: str) -> list[tuple[int, int]]:
    """Where inline code is: start and end, with its backticks."""
    return [found.span() for found in _CODE.finditer(line)]


def _without_outer(line: str, is_cut: bool) -> str:
    if not line or not (line[0] in _MARKS or line[-1] in _MARKS):
        return line
    partners, last = _partners(line), len(line) - 1
    if partners.get(0) == last:
        return line[1:-1]
    if not is_cut:
        return line
    if line[0] in _MARKS and 0 not in partners and (line[1:2].isalnum() or line[1:2] in _MARKS):
        return line[1:]
    is_glob = line[-1] == "*" and line[-2:-1].isalnum()  # `a*` is a pattern
    if line[-1] in _MARKS and last not in partners and not (is_glob or line[-2:-1].isspace()):
        return line[:-1]
    return line


def _partners(line: str) -> dict[int, int]:
    """For each mark that has a partner, the place of the partner. Marks inside code, and apostrophes, are none."""
    found: dict[int, int] = {}
    spans = code_spans(line)
    for start, end in spans:
        width = len(line[start:end]) - len(line[start:end].lstrip("`"))
        found |= {start + place: end - 1 - place for place in range(width)} | {end - 1 - place: start + place for place in range(width)}
    covered = {place for start, end in spans for place in range(start, end)}
    stack: list[int] = []
    for place, mark in enumerate(line):
        if mark not in _MARKS or place in covered or _is_apostrophe(line, place):
            continue
        opening = next((one for one in reversed(stack) if mark in _CLOSERS[line[one]]), None)
        if opening is not None and not _opens(line, place, stack):
            del stack[stack.index(opening) :]
            found |= {opening: place, place: opening}
        elif mark in _CLOSERS:
            stack.append(place)
    return found


def _is_apostrophe(line: str, place: int) -> bool:
    return line[place] in "'\u2019" and line[place - 1 : place].isalnum() and line[place + 1 : place + 2].isalnum()


def _opens(line: str, place: int, stack: list[int]) -> bool:
    """Whether a mark that may be either is an opening one: something follows it, and it follows a space or another opening mark."""
    before, after = line[place - 1 : place] if place else " ", line[place + 1 : place + 2]
    is_before = before in _BEFORE_OPENING or (bool(stack) and stack[-1] == place - 1)
    return line[place] in _CLOSERS and bool(after) and not after.isspace() and is_before

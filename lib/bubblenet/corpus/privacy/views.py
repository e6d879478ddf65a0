"""The text of a page as its readers have it, and its markup likewise, each with the way back to the place in the page as written.

A value may be written with character references, percent signs or escapes of JSON, over several elements or lines. The rules see none of
that: they are given the text that is meant. What they find is replaced where it is written.
"""

from __future__ import annotations

import html
import itertools
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from bubblenet.corpus.rights.claims import folded

Span = tuple[int, int]

_TAG = re.compile(r"(<[a-zA-Z/!?][^<>]*>)")
_INLINE = re.compile(
    r"</?(?:a|abbr|b|bdi|bdo|big|cite|code|data|del|dfn|em|font|i|ins|kbd|mark|nobr|q|s|samp|small|span|strike|strong|sub|sup|time|tt|u|var|wbr)\b|<!",
    re.IGNORECASE,
)
_SPECIAL = re.compile(rb"<!--|<script[\s/>]|<style[\s/>]|<pre[\s/>]|</pre")
_ENDS = {b"<!--": b"-->", b"<script": b"</script", b"<style": b"</style"}

_REFERENCE = (
    r"(?:#0{0,8}(?:3[2-9]|[4-9]\d|1[01]\d|12[0-6]|160)(?!\d)|#[xX]0{0,8}(?:[2-7][0-9a-fA-F]|[aA]0)(?![0-9a-fA-F])"
    r"|commat|period|amp|lt|gt|quot|apos|nbsp|lpar|rpar|plus|sol|colon|lowbar|equals|num|ensp|emsp|thinsp|shy|zwnj|zwj|lrm|rlm);?"
)
_FOLD = "\f"
"""In shown text: the end of a line that an indented one follows. No page shows the character itself."""
# Not between two digits, but where a line is folded: numbers in columns are several.
_SPACES = r"(?<=\f)[ \t]+|(?<=[ \t])(?:[ \t]*\f[ \t]+|(?<![\d \t][ \t])[ \t]+|[ \t]+(?![\d \t]))"
# One set of signs comes first, and what stands behind it is asked after: `re` looks for a set five times as fast as for alternatives.
_WRITTEN = re.compile(rf"([&% \t\f](?:(?<=&){_REFERENCE}|(?<=%)[2-7][0-9a-fA-F]|{_SPACES}))")
_WRITTEN_IN_MARKUP = re.compile(
    rf"([&%\\ \t\f](?:(?<=&){_REFERENCE}|(?<=%)[2-7][0-9a-fA-F]|(?<=\\)(?:u00[2-7][0-9a-fA-F]|[/\"'nrt])|{_SPACES}))"
)
_SIGNS = re.compile(r"[&%\\\f]|[ \t]{2}")
_INDENTED = re.compile(r"\n(?=[ \t])")
_UNSEEN = "\u00ad\u200b\u200c\u200d\u200e\u200f\ufeff"


class View:
    """A text made of pieces of another. origins: where each piece was written there; of one that was not (a separator) an empty span."""

    def __init__(self, pieces: Sequence[str], origins: Sequence[Span]) -> None:
        self.text = "".join(pieces)
        self._ends = list(itertools.accumulate(map(len, pieces)))
        self._pieces, self._origins = pieces, origins

    def written(self, start: int, end: int) -> Iterator[Span]:
        """The places where text[start:end] was written, in order, none empty."""
        number = bisect_right(self._ends, start)
        while number < len(self._pieces) and (first := self._ends[number] - len(self._pieces[number])) < end:
            origin = self._origins[number]
            if origin[1] - origin[0] == len(self._pieces[number]):
                origin = (origin[0] + max(0, start - first), origin[0] + min(len(self._pieces[number]), end - first))
            if origin[0] < origin[1]:
                yield origin
            number += 1


def meant(text: str, *, is_markup: bool = False) -> View:
    """The text with what its references, escapes and runs of spaces stand for."""
    if not _SIGNS.search(text):
        return View([text], [(0, len(text))])
    parts = (_WRITTEN_IN_MARKUP if is_markup else _WRITTEN).split(text)
    ends = list(itertools.accumulate(map(len, parts)))
    origins = [(end - len(part), end) for part, end in zip(parts, ends, strict=True)]
    parts[1::2] = map(_decoded, parts[1::2])
    return View(parts, origins)


class Html:
    """A page of HTML. shown: the text that it shows, with a line for each block."""

    def __init__(self, page: str) -> None:
        parts, lines = _parts(page)
        self._ends = list(itertools.accumulate(map(len, parts)))
        shown = list(parts)
        shown[1::2] = ["" if _INLINE.match(tag) else "\n" for tag in parts[1::2]]
        shown[::2] = [part if number in lines else _on_one_line(part) for number, part in enumerate(parts[::2])]
        starts = [0, *self._ends[:-1]]
        origins = [(end, end) if number % 2 else (start, end) for number, (start, end) in enumerate(zip(starts, self._ends, strict=True))]
        self.shown = View(shown, origins)
        self._parts = parts

    def markup(self) -> str:
        """The page with spaces for the text that it shows and for the marks of comments, which a value may touch; of the same length."""
        parts = list(self._parts)
        parts[::2] = [" " * len(part) for part in parts[::2]]
        return "".join(parts).replace("<!--", "<!  ").replace("-->", "  >")

    def is_markup(self, start: int, end: int) -> bool:
        """Whether page[start:end] is part of one tag, script, style or comment."""
        number = bisect_right(self._ends, start)
        return number % 2 == 1 and end <= self._ends[number]


def _parts(page: str) -> tuple[list[str], set[int]]:
    """Text, markup, text, ... by turns; and the numbers of the texts whose lines are kept, since they are preformatted."""
    parts: list[str] = []
    lines: set[int] = set()
    at, is_pre = 0, False
    for start, end in _special(folded(page)):
        first = len(parts) // 2
        parts += _TAG.split(page[at:start])
        if is_pre:
            lines.update(range(first, len(parts) // 2 + 1))
        if page[start + 1 : start + 5].lower() in ("pre ", "pre>", "pre\n", "pre\t", "pre/"):
            is_pre = True
        elif page[start + 1 : start + 5].lower() == "/pre":
            is_pre = False
        parts.append(page[start:end])
        at = end
    first = len(parts) // 2
    parts += _TAG.split(page[at:])
    if is_pre:
        lines.update(range(first, len(parts) // 2 + 1))
    return parts, lines


def _special(lower: bytes) -> Iterator[Span]:
    """Comments, scripts and styles as a whole, and the tags of preformatted text."""
    at = 0
    while found := _SPECIAL.search(lower, at):
        name = found[0] if found[0] == b"<!--" else found[0].rstrip(b" \t\n\r\f/>")
        end = lower.find(_ENDS.get(name, b">"), found.end() - (name != b"<!--"))
        if name in (b"<script", b"<style") and end >= 0:
            end = lower.find(b">", end)
        if end < 0:
            return
        at = end + len(_ENDS[name] if name == b"<!--" else b">")
        yield found.start(), at


def _on_one_line(text: str) -> str:
    """The text as it is shown, of the same length."""
    return _INDENTED.sub(_FOLD, text).replace("\n", " ").replace("\xa0", " ")


def _decoded(written: str) -> str:
    """What a reference or an escape stands for; a space for a run of them and for the end of a line."""
    if written[0] == "&":
        sign = html.unescape(written if written.endswith(";") else f"{written};")
        return "" if sign in _UNSEEN else " " if sign.isspace() else sign
    if written[0] == "%":
        return chr(int(written[1:], 16))
    if written[0] == "\\":
        return chr(int(written[2:], 16)) if written[1] == "u" else {"n": " ", "r": " ", "t": " "}.get(written[1], written[1])
    return " "


def joined(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, those that touch as one."""
    found: list[Span] = []
    for start, end in spans:
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found

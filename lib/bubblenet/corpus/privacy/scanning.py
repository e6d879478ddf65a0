"""The values of a long text, found where they may be: one fast search a kind over pieces of it says where that kind's rules look.

The rules cost 50 to 700 ns a character, which is too much for the scripts and attributes of a page. RE2 (of Arrow) tells in 2 ns a
character and kind which pieces may hold one; its patterns match wherever the rules do, and often where they do not.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from bubblenet.corpus.privacy.credentials import detector_patterns
from bubblenet.corpus.privacy.finding import FINDERS, merged
from bubblenet.corpus.privacy.found import Found
from bubblenet.corpus.privacy.kinds import KIND_NAMES
from bubblenet.corpus.privacy.names import names
from bubblenet.corpus.privacy.needles import needles
from bubblenet.corpus.privacy.phones import HINTS as PHONE_HINTS
from bubblenet.corpus.privacy.phones import is_marked
from bubblenet.corpus.privacy.views import meant

SHORT = 2000
"""Characters of a text from which on looking for places pays."""

_STEP, _OVERLAP = 256, 160
"""Pieces begin every so many characters, and go on so many: more than any pattern needs to match."""

_AROUND = 200
"""Characters on both sides of a piece that a rule is given: the words beside a value, and its end."""

_LONGEST_SECRET = 8192
_SPACE = re.compile(r"\s")

_PATTERNS = {
    "email": r"@[^\s@.<>]+\.|(?i:[\[({] ?(?:at|@) ?[\])}])",
    "iban": r"\b[A-Za-z]{2}\d\d(?:[ -]?[A-Za-z0-9]{4}){2}",
    "card": r"\d(?:[ -]?\d){11}",
    "ssn": r"\d\d-\d\d-\d{4}|(?i:ssn|social security)",
    "ip": r"\d\.\d{1,3}\.\d{1,3}\.\d|(?i:[0-9a-f]:[0-9a-f]{0,4}:[0-9a-f]{0,4}:)",
    "phone": re.sub(r"\\[uU]0*([0-9a-f]+)", r"\\x{\1}", PHONE_HINTS),
}
_SPELLED = "|".join(
    (
        r"%(?:40|2[Bb]|3[0-9]|[46][1-9A-Fa-f]|[57][0-9Aa])",
        r"&#0{0,8}(?:4[35-9]|5[0-7]|6[4-9]|[78]\d|9[057-9]|1[01]\d|12[0-2])[^\d]",
        r"&#[xX]0{0,8}(?:2[bBdDeEfF]|3[0-9]|4[0-9a-fA-F]|6[1-9a-fA-F]|[57][0-9aAfF])[^0-9a-fA-F]",
        r"&(?:commat|plus|period|lowbar|colon)\b",
        r"\\u00(?:2[bBdDeEfF]|3[0-9]|4[0-9a-fA-F]|6[1-9a-fA-F]|[57][0-9aA])",
        r"\d(?:%20|%2[dDeEfF]|&nbsp;?|&#160;|&#[xX][aA]0;|&#[xX]20;|&#32;|\\/|[ \t]{2,})+[\d(]",
        r"(?i:(?:pass|pwd|secret|token|key|credential|bearer|phone|fon|tel|fax|mobile)\w{0,12}(?:\\\"|&quot;|&#\d\d;|&#x\w\w;|%22|%3a))",
        r":(?:\\/\\/|%2[fF]%2[fF])[^\s\"'<>]{1,60}@|\.com(?:\\/|%2[fF])(?:services|api|soap)",
    )
)
"""What a value has that is spelled with references, escapes or several spaces; it may be of any kind."""

_LOOKING_AROUND = re.compile(r"\(\?<?[=!](?:[^()\[\]]|\[[^\]]*\])*\)")
_COUNTED = re.compile(r"\{(\d+)(?:,\d*)?\}")
_MOST_COUNTED = 4
_LEAST_NEEDLE, _GROUP = 5, 8
"""Letters of a word that few pages have, and patterns that RE2 tries together: of more it becomes slow."""


def scan(text: str, kinds: Iterable[str], pipelines: tuple[str, ...] = (), *, is_markup: bool = False) -> list[Found]:
    """The values of a text in order of place, as `finding.find` has them in what it means, at a small part of its cost for a long text."""
    wanted = set(kinds)
    places = _Places(text, is_markup=is_markup)
    found: list[Found] = []
    for kind in KIND_NAMES:
        if kind in wanted and kind in FINDERS:
            found = merged(found, places.found(kind))
    return merged(found, names(text, pipelines)) if pipelines else found


class _Places:
    """Where a text may hold a value of a kind."""

    def __init__(self, text: str, *, is_markup: bool) -> None:
        self._text, self._is_markup = text, is_markup
        starts = range(0, len(text), _STEP) if len(text) > SHORT else range(0)
        pieces = (text[start : start + _STEP + _OVERLAP] for start in starts)
        self._pieces = pa.array(["" if piece.isspace() else piece for piece in pieces], pa.string())
        self._spelled = pc.match_substring_regex(self._pieces, _SPELLED)

    def found(self, kind: str) -> Iterator[Found]:
        """The values of a kind, as its rule finds them with what stands around."""
        for start, end in self._windows(kind) if len(self._pieces) else [(0, len(self._text))]:
            window = meant(self._text[start:end], is_markup=self._is_markup)
            for one in FINDERS[kind](window.text):
                if self._is_markup and kind == "phone" and not is_marked(window.text, one.start, one.end):
                    continue
                spans = list(window.written(one.start, one.end))
                first, last = start + spans[0][0], start + spans[-1][1]
                if (first - start >= _AROUND // 2 or not start) and (last < end or end == len(self._text)):
                    yield one._replace(start=first, end=last)

    def _windows(self, kind: str) -> Iterator[tuple[int, int]]:
        """Parts of the text around the pieces that may hold one, none overlapping another."""
        if kind == "secret" and "PRIVATE KEY" in self._text:
            yield 0, len(self._text)
            return
        may_hold = self._spelled
        for pattern in _patterns(kind):
            may_hold = pc.or_(may_hold, pc.match_substring_regex(self._pieces, pattern))
        last: tuple[int, int] | None = None
        for hit in pc.indices_nonzero(may_hold).to_pylist():
            start, end = max(0, hit * _STEP - _AROUND), self._end(hit * _STEP + _STEP + _OVERLAP, kind)
            if last and start <= last[1]:
                last = (last[0], max(end, last[1]))
                continue
            if last:
                yield last
            last = (start, end)
        if last:
            yield last

    def _end(self, place: int, kind: str) -> int:
        """Where a window ends: a secret goes on to white space."""
        space = _SPACE.search(self._text, place, place + _LONGEST_SECRET) if kind == "secret" else None
        return min(len(self._text), (space.end() if space else place) + _AROUND)


@functools.cache
def _patterns(kind: str) -> list[str]:
    """For RE2, one of which matches wherever there is a value of the kind."""
    if kind != "secret":
        return [_PATTERNS[kind]]
    words: list[str] = []
    others: list[str] = []
    for pattern in detector_patterns():
        found = needles(pattern)
        if min(map(len, found), default=0) >= _LEAST_NEEDLE:
            words += found
        else:
            others.append(_plainer(pattern))
    others.sort(key=lambda pattern: pattern.startswith("(?i"))
    groups = ("|".join(f"(?:{one})" for one in others[start : start + _GROUP]) for start in range(0, len(others), _GROUP))
    return [f"(?i:{'|'.join(map(_quoted, sorted(words)))})", *groups]


def _quoted(word: str) -> str:
    return re.sub(r"[^\w-]", lambda sign: f"\\{sign[0]}", word)


def _plainer(pattern: re.Pattern[str]) -> str:
    """A pattern as RE2 can have it: without lookaround and long counts, so that it matches where the pattern does and elsewhere."""
    text = _LOOKING_AROUND.sub("", pattern.pattern.replace(r"(?<![\w-])", r"(?:^|[^\w-])"))
    text = _COUNTED.sub(lambda count: f"{{{min(int(count[1]), _MOST_COUNTED)},}}" if int(count[1]) else "*", text)
    return f"(?i:{text})" if pattern.flags & re.IGNORECASE else text

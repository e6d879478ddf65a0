"""Replaces personal data in a page as it was read, before it is stored: in its text, its attributes, its scripts and its address.

What is replaced is what `finding` finds in the text that the page shows and, apart from it, in its markup: the place of a value is known,
so nothing else of the page changes. A placeholder is one word, since it may stand in an address or in an attribute without quotes, and
has the number of its value in the page: `[email-address-2]`. `masking` reads it again when the page is cut.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from bubblenet.corpus.privacy import views
from bubblenet.corpus.privacy.finding import find, merged
from bubblenet.corpus.privacy.found import Found
from bubblenet.corpus.privacy.kinds import KINDS
from bubblenet.corpus.privacy.masking import MaskSettings, Personal, placeholders
from bubblenet.corpus.privacy.scanning import scan
from bubblenet.corpus.privacy.views import Span

PAGE_MASKING_VERSION = 1
"""Raise whenever the same page would be stored otherwise."""

_MAX_REPEATED = 200
"""Values of a page that are looked for where nothing says what they are."""

_PLAIN = frozenset(("email", "iban"))
"""Kinds that need no word beside them: all of a page are found anyway."""

_WORDS = {kind.name: kind.placeholder.replace(" ", "-") for kind in KINDS}
_PLACEHOLDER = re.compile(rf"\[(?:{'|'.join(_WORDS.values())})-\d{{1,9}}\]")
_BARE_BEFORE, _BARE_AFTER = re.compile(r"[:\[,=(]\s*$"), re.compile(r"\s*[,}\])\n;]")
_JOINED_BEFORE, _JOINED_AFTER = re.compile(r"[\w.-]"), re.compile(r"[\w-]")
_PATH = re.compile(r".*[/?&#]", re.DOTALL)
_AUTHORITY = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(?P<user>[^/?#]*@)?[^/?#@]*")


class _Edit(NamedTuple):
    """A value, where it is written, its length, and whether that is markup."""

    spans: tuple[Span, ...]
    value: Found
    length: int
    is_markup: bool


@dataclass(slots=True)
class _Naming:
    """The placeholders of a page. taken: those that it has itself."""

    taken: frozenset[str]
    named: dict[tuple[str, str], Personal] = field(default_factory=dict)
    numbers: Counter[str] = field(default_factory=Counter)

    def name(self, edit: _Edit) -> str:
        """The placeholder of a value; the same for the same value."""
        key, kind = (edit.value.kind, edit.value.key), edit.value.kind
        if key not in self.named:
            self.named[key] = Personal(self._next(kind), kind, edit.length)
        return self.named[key].placeholder

    def _next(self, kind: str) -> str:
        name = ""
        while not name or name in self.taken:
            self.numbers[kind] += 1
            name = f"[{_WORDS[kind]}-{self.numbers[kind]}]"
        return name


def mask_content(content: str, content_type: str, settings: MaskSettings) -> tuple[str, list[Personal]]:
    """A page with placeholders, and what each stands for; the page itself where nothing is found.

    content_type: `html`; anything else is text without markup.
    """
    edits = sorted(_edits(content, content_type == "html", settings))
    if not edits:
        return content, []
    edits = sorted([*edits, *_repeated(content, edits)])
    naming = _Naming(frozenset(_PLACEHOLDER.findall(content)))
    changes = []
    for edit in edits:
        (start, end), *rest = edit.spans
        changes += [(start, end, _as_value(naming.name(edit), content, start, end, edit.is_markup)), *((*span, "") for span in rest)]
    return _changed(content, changes), list(naming.named.values())


def mask_address(url: str, settings: MaskSettings) -> str:
    """An address without the personal data in it. Its host stays, since the files of a site and opt-outs are found by it."""
    authority = _AUTHORITY.match(url)
    if authority is None:
        return mask_line(url, settings)
    user, end = authority.span("user"), authority.end()
    begin = url.index("://") + len("://")
    kept = [(0, begin), (user[1] - 1 if authority["user"] else begin, end)]
    return _masked(url, settings, kept)


def mask_line(text: str, settings: MaskSettings) -> str:
    """A short text by itself, such as a header, with placeholders as in a passage."""
    return _masked(text, settings, [])


def _masked(text: str, settings: MaskSettings, kept: list[Span]) -> str:
    view = views.meant(text)
    values = find(view.text, settings.kinds, settings.names)
    if kept:
        of_authority = find(view.text[: kept[-1][1]], settings.kinds) if "@" in text[: kept[-1][1]] else []
        values = merged(of_authority, [_of_address(one, view.text) for one in values])
    found = [(one, _outside(views.joined(view.written(one.start, one.end)), kept)) for one in values]
    found = [(one, spans) for one, spans in found if spans]
    if not found:
        return text
    names = placeholders([one for one, _ in found])
    changes = [(*span, "" if number else name) for name, (_, spans) in zip(names, found, strict=True) for number, span in enumerate(spans)]
    return _changed(text, changes)


def _of_address(one: Found, text: str) -> Found:
    """A mailbox in an address: what stands before it there is a path or a query, though a mailbox might have these signs."""
    if one.kind != "email":
        return one
    local, _, host = one.key.rpartition("@")
    mailbox = _PATH.sub("", local)
    written = _PATH.match(text, one.start, one.end)
    return one._replace(start=written.end() if written and mailbox != local else one.start, key=f"{mailbox}@{host}")


def _outside(spans: list[Span], kept: list[Span]) -> list[Span]:
    """What of spans lies outside of parts that stay."""
    for first, last in kept:
        spans = [span for start, end in spans for span in ((start, min(end, first)), (max(start, last), end)) if span[0] < span[1]]
    return spans


def _edits(content: str, is_html: bool, settings: MaskSettings) -> Iterator[_Edit]:
    """The values that a page shows, and those in its markup."""
    if not is_html:
        yield from (
            _Edit(((one.start, one.end),), one, _length(content, one), is_markup=False)
            for one in scan(content, settings.kinds, settings.names)
        )
        return
    page = views.Html(content)
    for one in scan(page.shown.text, settings.kinds, settings.names):
        if spans := views.joined(page.shown.written(one.start, one.end)):
            yield _Edit(tuple(spans), one, _length(page.shown.text, one), is_markup=False)
    text = page.markup()
    for one in scan(text, settings.kinds, is_markup=True):
        found = _of_address(one, text)
        if page.is_markup(found.start, found.end):
            yield _Edit(((found.start, found.end),), found, _length(text, found, is_markup=True), is_markup=True)


def _length(text: str, one: Found, *, is_markup: bool = False) -> int:
    """Characters of a value as they are meant."""
    return len(views.meant(text[one.start : one.end], is_markup=is_markup).text)


def _repeated(content: str, edits: list[_Edit]) -> Iterator[_Edit]:
    """The same values where no word says what they are."""
    starts = [start for edit in edits for start, _ in edit.spans]
    ends = [end for edit in edits for _, end in edit.spans]
    starts.sort()
    ends.sort()
    alone = [edit for edit in edits if edit.value.kind not in _PLAIN and len(edit.spans) == 1]
    values = {content[slice(*edit.spans[0])]: edit.value for edit in alone}
    for text, value in itertools.islice(values.items(), _MAX_REPEATED):
        for start, end in _places(content, text):
            if bisect_left(starts, end) == bisect_right(ends, start):  # as many begin before its end as end before it
                yield _Edit(((start, end),), value, len(text), is_markup=True)


def _places(content: str, text: str) -> Iterator[Span]:
    """Where a text stands by itself. A plain search first: it takes a hundredth of the time of a pattern that looks behind."""
    start = content.find(text)
    while start >= 0:
        end = start + len(text)
        if not _JOINED_BEFORE.match(content, start - 1, start) and not _JOINED_AFTER.match(content, end, end + 1):
            yield start, end
        start = content.find(text, end)


def _as_value(name: str, content: str, start: int, end: int, is_markup: bool) -> str:
    """The placeholder, in quotes where it stands for a number of a script."""
    is_bare = is_markup and content[start:end].isdecimal() and _BARE_BEFORE.search(content[max(0, start - 20) : start])
    return f'"{name}"' if is_bare and _BARE_AFTER.match(content, end) else name


def _changed(text: str, changes: list[tuple[int, int, str]]) -> str:
    parts, at = [], 0
    for start, end, new in sorted(changes):
        if start >= at:
            parts += [text[at:start], new]
            at = end
    return "".join([*parts, text[at:]])

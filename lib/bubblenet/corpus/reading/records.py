"""Pages in records with named fields, by the field names of public corpora.

Dolma, datatrove, RedPajama, OSCAR, C4, FineWeb, HPLT, CulturaX and DCLM name the same things differently and keep them at different depths:
in the record, in `metadata` or `meta` (a record, or JSON of one), in `warc_headers`. Names are compared without case, `-` as `_`.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import orjson

from bubblenet.corpus.reading import hygiene
from bubblenet.corpus.reading.dates import iso_date
from bubblenet.corpus.reading.json_values import loads
from bubblenet.corpus.reading.language_codes import shortest
from bubblenet.corpus.reading.pages import Page, from_payload, from_text, quarantined
from bubblenet.corpus.reading.sniffing import is_html
from bubblenet.corpus.rights.claims import licence_claims

TEXT_FIELDS = ("text", "content", "raw_content", "markdown", "html")
"""The first of these that holds a text is the content; `markdown` and `html` also give its type."""

CONTAINERS = ("metadata", "meta", "warc_headers")
"""Fields that hold further fields, at most three deep."""

URL_FIELDS = ("url", "u", "warc_target_uri", "uri", "link", "source_url", "source", "id")
LANGUAGE_FIELDS = (
    "language", "lang", "document_lang", "identification", "warc_identified_content_language", "language_id_whole_page_fasttext",
)  # fmt: skip
LICENCE_FIELDS = ("license", "licence")
DATE_FIELDS = ("fetched_at", "crawl_date", "date_download", "warc_date", "date", "timestamp", "ts", "added", "created")
WIKI_FIELDS = ("wiki", "title")
"""Of the search index of a wiki (Cirrus dump), whose records have no address."""

KNOWN_FIELDS = frozenset((*TEXT_FIELDS, *CONTAINERS, *URL_FIELDS, *LANGUAGE_FIELDS, *LICENCE_FIELDS, *DATE_FIELDS, *WIKI_FIELDS))

_MAX_CONTAINER_CHARACTERS = 1 << 20
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+(?: \S+)*")
_MAX_LANGUAGE_CHARACTERS = 64
_WIKI = re.compile(r"([a-z_]{2,})(wiki|wiktionary|wikibooks|wikinews|wikiquote|wikisource|wikiversity|wikivoyage)")
_ACTIONS = ({"index"}, {"create"})


def page_at(path: str, place: int, block_digest: str = "") -> Page:
    """A page named by its place in the file, for records without a URL."""
    return Page(f"{path}#{place}", None, "text", record_offset=place, block_digest=block_digest)


@functools.lru_cache(maxsize=4096)
def folded_name(name: str) -> str:
    """The name of a field, as it is compared."""
    return name.lower().replace("-", "_")


def is_action(record: Mapping[str, Any]) -> bool:
    """Whether this says what to do with the record after it, as every other line of a Cirrus dump does."""
    return set(record) in _ACTIONS and all(isinstance(value, dict) for value in record.values())


def page_of_record(page: Page, record: Mapping[str, Any], max_document_bytes: int) -> Page:
    """A page from the fields of a record: its first text that is not empty; `missing_text` if none of TEXT_FIELDS is a text."""
    levels = list(_levels(record))
    page = replace(
        page,
        url=next(filter(None, map(_address, _values(levels, URL_FIELDS))), None) or _wiki_address(levels[0]) or page.url,
        declared_language=next(filter(None, map(_language, _values(levels, LANGUAGE_FIELDS))), None),
        declared_licence=next(filter(None, map(_line, _values(levels, LICENCE_FIELDS))), None),
        fetched_at=next(filter(None, map(_date, _values(levels, DATE_FIELDS))), None),
    )
    page = replace(page, claims=licence_claims(page.declared_licence))
    empty = None
    for name in TEXT_FIELDS:
        value = _text(levels[0].get(name))
        if value is not None:
            found = _with_text(page, name, value, max_document_bytes)
            if found.reason != "empty":
                return found
            empty = empty or found
    return empty or quarantined(page, "missing_text", f"no text in any of the fields {', '.join(TEXT_FIELDS)}")


def _with_text(page: Page, name: str, value: str | bytes, max_document_bytes: int) -> Page:
    payload = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
    if len(payload) > max_document_bytes:
        return quarantined(page, "too_large", f"{len(payload)} bytes of text; the limit is {max_document_bytes}")
    content_type = name if name in ("markdown", "html") else "html" if is_html(payload) else "text"
    if isinstance(value, bytes):
        return from_payload(replace(page, content_type=content_type), payload)
    return from_text(replace(page, content_type=content_type, payload_digest=hashlib.sha256(payload).hexdigest()), value)


def _text(value: Any) -> str | bytes | None:
    """A text, or the paragraphs of a list of texts."""
    if isinstance(value, list) and value and all(isinstance(part, str) for part in value):
        return "\n\n".join(value)
    return value if isinstance(value, (str, bytes)) else None


def _levels(record: Mapping[str, Any], depth: int = 3) -> Iterator[Mapping[str, Any]]:
    """The record and those in it, outer ones first, with folded names; of two fields with one name, the first that is not empty."""
    fields: dict[str, Any] = {}
    for name, value in record.items():
        if fields.get(folded := folded_name(str(name))) in (None, ""):
            fields[folded] = value
    yield fields
    inner = [_opened(fields[name]) for name in CONTAINERS if fields.get(name)] if depth else []
    for some in inner:
        yield from _levels(some, depth - 1)


def _opened(value: Any) -> Mapping[str, Any]:
    """The fields of a container, which may be written as JSON, or as Python shows a dict; none if it is no container."""
    if isinstance(value, (str, bytes)) and len(value) <= _MAX_CONTAINER_CHARACTERS and value[:1] in ("{", b"{"):
        value = _parsed(value if isinstance(value, str) else value.decode("utf-8", "replace"))
    return value if isinstance(value, dict) else {}


def _parsed(text: str) -> Any:
    try:
        return loads(text.encode("utf-8", "replace"))
    except orjson.JSONDecodeError:
        pass
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def _values(levels: Iterable[Mapping[str, Any]], names: tuple[str, ...]) -> Iterator[Any]:
    """The fields of these names that are there, by name, outer ones first."""
    return (level[name] for name in names for level in levels if level.get(name) is not None)


def _line(value: Any) -> str | None:
    """A text on one line; of a list, its first one."""
    value = value[0] if isinstance(value, list) and value else value
    value = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return hygiene.clean_line(value) or None if isinstance(value, str) else None


def _address(value: Any) -> str | None:
    """The value if it is an address, which begins with its scheme."""
    line = _line(value)
    return line if line and _ADDRESS.fullmatch(line) else None


def _date(value: Any) -> str | None:
    return iso_date(_line(value) if isinstance(value, (str, bytes, list)) else value)


def _language(value: Any) -> str | None:
    """The language that is named, or labelled, or the likeliest one of a table of probabilities."""
    if isinstance(value, dict) and "label" in value:
        value = value["label"]
    elif isinstance(value, dict):
        shares = {name: share for name, share in value.items() if isinstance(share, (int, float))}
        value = max(shares, key=lambda name: shares[name], default=None)
    line = (_line(value) or "").partition(",")[0].removeprefix("__label__")
    return shortest(line) if 0 < len(line) <= _MAX_LANGUAGE_CHARACTERS else None


def _wiki_address(record: Mapping[str, Any]) -> str | None:
    """The address of a page in a wiki of Wikimedia, by the name of the wiki's database and the page's title."""
    wiki, title = _line(record.get("wiki")), _line(record.get("title"))
    name = _WIKI.fullmatch(wiki or "")
    if not name or not title or name[1] in ("commons", "meta", "species", "incubator", "wikidata"):
        return None
    site = "wikipedia" if name[2] == "wiki" else name[2]
    return f"https://{name[1].replace('_', '-')}.{site}.org/wiki/{quote(title.replace(' ', '_'), safe='/:,()@!*;~$')}"

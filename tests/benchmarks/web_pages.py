"""Real pages in several languages to measure on: the HTML documentation of Debian packages, as WARC archives and as plain texts.

Pages are put in the order of a hash of their place, so that the first thousand are a fair sample of all of them, on every machine that
gets the same packages. Nothing of it is committed: `make bench-corpus` fetches the packages once, without root, into .cache.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import py3langid
from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.encoding import detect_encoding

from tools.sample_pages import unpack

PACKAGES = (
    "apache2-doc", "aptitude-doc-en", "aptitude-doc-es", "aptitude-doc-fr", "aptitude-doc-ja", "aptitude-doc-ru", "debian-faq",
    "debian-faq-de", "debian-faq-fr", "debian-faq-ja", "debian-faq-zh-cn", "debian-handbook", "debian-policy", "debian-policy-ja",
    "developers-reference", "developers-reference-de", "developers-reference-fr", "developers-reference-ja", "git-doc", "harden-doc",
    "installation-guide-amd64", "libboost1.81-doc", "libreoffice-help-de", "libreoffice-help-fr", "libreoffice-help-ja",
    "lilypond-doc-html", "postgresql-doc-15", "python-django-doc", "python3.11-doc", "r-doc-html",
)  # fmt: skip
"""About 23,000 pages in 119 MB of packages of Debian 12, each under a free licence that its copyright file states."""

SHARD_PAGES = 125
"""Pages in one file: even the smallest input has files enough for two cores."""

_HTML_NAME = re.compile(r"\.x?html?(\.[a-z]{2}(-[a-z]{2})?)?$")
_HTML_START = re.compile(rb"<html|<!doctype html", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Shard:
    """One file of pages: how many there are of each package and language."""

    packages: dict[str, int]
    languages: dict[str, int]

    @property
    def num_pages(self) -> int:
        """Pages in the file."""
        return sum(self.packages.values())


def build(cache: Path, num_pages: int) -> list[Shard]:
    """Make `warc/*.warc.gz` and `text/*.jsonl` under the cache for the first pages, unless they are there; return what is in them."""
    wanted = -(-num_pages // SHARD_PAGES)
    for name in ("warc", "text", "counts"):
        (cache / name).mkdir(parents=True, exist_ok=True)
    if not all(_counts_file(cache, number).is_file() for number in range(wanted)):
        ordered = sorted(_pages(cache / "packages"), key=lambda page: hashlib.sha256("/".join(page).encode()).digest())
        if len(ordered) < num_pages:
            raise SystemExit(f"bench-corpus: wanted {num_pages:,} pages; the packages that apt-get could fetch hold {len(ordered):,}.")
        with ProcessPoolExecutor() as pool:
            list(pool.map(_write_shard, [cache] * wanted, range(wanted), _chunks(ordered)))
    return [Shard(**json.loads(_counts_file(cache, number).read_text())) for number in range(wanted)]


def select(cache: Path, kind: str, num_pages: int) -> Path:
    """A folder with the files of the first pages. kind: `warc` or `text`."""
    folder = cache / f"{kind}-{num_pages}"
    folder.mkdir(exist_ok=True)
    for file in sorted((cache / kind).iterdir())[: -(-num_pages // SHARD_PAGES)]:
        if not (folder / file.name).exists():
            os.link(file, folder / file.name)
    return folder


def _pages(folder: Path) -> Iterator[tuple[str, str]]:
    """(package, path) of every page. Links and stubs that hold no HTML are left out."""
    folder.mkdir(exist_ok=True)
    for package in PACKAGES:
        root = folder / package
        if not root.is_dir() and unpack(package, folder) is None:
            raise SystemExit(f"bench-corpus: apt-get could not fetch {package}; wanted Debian 12 and its package lists (apt-get update).")
        for path in root.rglob("*"):
            if _HTML_NAME.search(path.name) and path.is_file() and not path.is_symlink():
                with path.open("rb") as file:
                    if _HTML_START.search(file.read(2048)):
                        yield package, str(path)


def _chunks(pages: list[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    rest = iter(pages)
    while chunk := list(islice(rest, SHARD_PAGES)):
        yield chunk


def _write_shard(cache: Path, number: int, pages: Iterable[tuple[str, str]]) -> None:
    """An archive and the texts of its pages; the counts come last and say that both are whole."""
    packages, languages = Counter[str](), Counter[str]()
    warc, text = cache / f"warc/{number:04}.warc.gz", cache / f"text/{number:04}.jsonl"
    with warc.open("wb") as archive, text.open("wb") as texts:
        for package, path in pages:
            url = f"https://{package}.example/{path.partition(f'/{package}/')[2]}"
            payload = Path(path).read_bytes()
            archive.write(gzip.compress(warc_record(url, payload), 6, mtime=0))
            content = _plain_text(payload)
            texts.write(json.dumps({"url": url, "text": content}, ensure_ascii=False).encode() + b"\n")
            packages[package] += 1
            languages[str(py3langid.classify(content[:4000])[0])] += 1
    _counts_file(cache, number).write_text(json.dumps({"packages": packages, "languages": languages}))


def _plain_text(payload: bytes) -> str:
    """What both sides start from when they start from text: the page without markup, by Resiliparse's own extractor."""
    html = payload.decode(detect_encoding(payload) or "utf-8", "replace")
    return extract_plain_text(html, main_content=True, alt_texts=False)


def warc_record(url: str, payload: bytes) -> bytes:
    """A WARC response record (ISO 28500, section 6.3). Dates and ids are fixed: the same pages give the same file."""
    http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(payload) + payload
    digest = hashlib.sha256(url.encode()).hexdigest()[:12]
    head = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2026-11-01T00:00:00Z\r\n"
        f"WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-{digest}>\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(http)}\r\n\r\n"
    )
    return head.encode() + http + b"\r\n\r\n"


def _counts_file(cache: Path, number: int) -> Path:
    return cache / f"counts/{number:04}.json"

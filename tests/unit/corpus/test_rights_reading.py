"""What archives say about rights arrives: every kept header, every site file, who crawled, whole and in parts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType

from bubblenet.corpus.reading.pages import Page
from bubblenet.corpus.rights.claims import KEPT_HEADERS, Claim
from tests.archives import PAGE, gzip_members, read, read_parts, warc_record, warcinfo

HEADERS = (
    ("X-Robots-Tag", "noarchive"),
    ("x-robots-tag", "otherbot: noai"),
    ("Content-Usage", "train-ai=n"),
    ("Content-Signal", "ai-train=no"),
    ("TDM-Reservation", "1"),
    ("TDM-Policy", "https://e.org/policy.json"),
    ("Link", '<https://e.org/l.xml>; rel="license"'),
)
ROBOTS = "http://example.org/robots.txt"


def written(folder: Path, *records: bytes) -> Path:
    """A packed archive."""
    path = folder / "x.warc.gz"
    path.write_bytes(b"".join(gzip_members(list(records))))
    return path


def test_every_kept_header_of_a_response_arrives_as_it_is(tmp_path: Path):
    head = "".join(f"{name}: {value}\r\n" for name, value in (*HEADERS, ("Server", "x"), ("Link", "</x.css>; rel=preload")))

    [page] = read(written(tmp_path, warc_record(http_head=head)))

    assert page.claims == tuple(Claim("http_header", name.lower(), value) for name, value in HEADERS)
    assert {claim.name for claim in page.claims} == set(KEPT_HEADERS)
    assert page.http_status == 200


def kept_of(path: Path) -> list[tuple[str, str]]:
    """URL and header of every response with status 200, by another parser of heads."""
    found = []
    with path.open("rb") as stream:
        for record in ArchiveIterator(stream, record_types=WarcRecordType.response, parse_http=True):
            names = [(name.lower(), value) for name, value in record.http_headers.items()] if record.http_headers else []
            wanted = [(name, value) for name, value in names if name in KEPT_HEADERS and (name != "link" or "license" in value)]
            found += [(record.headers["WARC-Target-URI"].strip("<>"), f"{name}: {value}") for name, value in wanted]
    return found


@pytest.mark.parametrize("name", ["iana.warc.gz", "example.warc.gz", "example2.warc.gz", "dupes.warc.gz", "example-wget-1-14.warc.gz"])
def test_every_kept_header_of_the_public_archives_arrives(suite: Callable[[str], Path], name: str):
    path = suite("warc") / "pywb" / name
    pages = [page for page in read(path) if page.reason is None]
    urls = {page.url for page in pages}
    arrived = [(page.url, f"{claim.name}: {claim.value}") for page in pages for claim in page.claims if claim.place == "http_header"]

    assert sorted(arrived) == sorted(found for found in kept_of(path) if found[0] in urls)
    assert {page.http_status for page in pages} == {200}


def test_headers_planted_in_a_public_archive_arrive(suite: Callable[[str], Path], tmp_path: Path):
    """None of those pages speaks of rights by itself."""
    pages = [page for page in read(suite("warc") / "pywb" / "iana.warc.gz") if page.reason is None]
    records = [warc_record((page.content or "").encode(), page.url, "X-Robots-Tag: noai\r\n") for page in pages]

    arrived = read(written(tmp_path, *records))

    assert len(arrived) == 16
    assert {page.claims[0] for page in arrived} == {Claim("http_header", "x-robots-tag", "noai")}


@pytest.mark.parametrize(
    ("fields", "crawler"),
    [
        (("software: Nutch 1.6", "http-header-user-agent: CCBot/2.0"), "CCBot/2.0"),
        (("operator: somebody", "software: Heritrix/3"), "Heritrix/3"),
        (("operator: somebody",), "somebody"),
        (("format: WARC File Format 1.0",), None),
    ],
)
def test_the_first_record_names_the_crawler_for_every_part(tmp_path: Path, fields: tuple[str, ...], crawler: str | None):
    records = [warcinfo(*fields), *(warc_record(PAGE, f"http://example.org/{number}") for number in range(6))]
    path = written(tmp_path, *records)
    sizes = list(map(len, gzip_members(records)))
    borders = [sum(sizes[:2]), sum(sizes[:5])]

    assert [page.crawler for page in read(path)] == [crawler] * 6
    assert read_parts(path, borders) == read(path)


def test_a_damaged_first_record_names_nobody(tmp_path: Path):
    members = gzip_members([warcinfo("software: Nutch 1.6"), warc_record()])
    path = tmp_path / "x.warc.gz"
    path.write_bytes(members[0][:-4] + bytes(4) + members[1])

    assert [page.crawler for page in read(path)] == [None, None]


def site_page(folder: Path, body: bytes = b"User-agent: *\n", url: str = ROBOTS, **parts: str) -> Page:
    [page] = read(written(folder, warc_record(body, url, **parts)))
    return page


def test_a_robots_file_is_no_page_and_keeps_its_bytes(tmp_path: Path):
    body = "\ufeffUser-agent: *\rDisallow: /a\u0308\n".encode()

    page = site_page(tmp_path, body, content_type="text/html")

    assert (page.content_type, page.content, page.reason) == ("robots_txt", "User-agent: *\rDisallow: /a\u0308\n", None)
    assert page.is_site_file


def test_a_robots_file_that_is_gone_says_nothing_and_one_that_failed_is_none(tmp_path: Path):
    assert site_page(tmp_path, status="404 Not Found").content == ""
    assert site_page(tmp_path, status="410 Gone").http_status == 410
    assert [page.reason for page in read(written(tmp_path, warc_record(url=ROBOTS, status="503 Busy")))] == ["empty"]
    assert [page.reason for page in read(written(tmp_path, warc_record(url=ROBOTS, status="301 Moved")))] == ["empty"]


def test_a_robots_file_that_was_cut_is_not_believed(tmp_path: Path):
    assert site_page(tmp_path, http_head="Content-Length: 99\r\n").reason == "truncated"
    assert site_page(tmp_path, warc_head="WARC-Truncated: length\r\n").reason == "truncated"


def test_tdmrep_is_read_whatever_its_type(tmp_path: Path):
    page = site_page(tmp_path, b"[]", "https://example.org/.well-known/tdmrep.json", content_type="application/tdmrep+json")

    assert (page.content_type, page.content) == ("tdmrep", "[]")


def test_records_of_other_formats_that_are_site_files_are_known_by_their_address(tmp_path: Path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(orjson.dumps({"url": ROBOTS, "text": "User-agent: *\nDisallow: /"}))

    [page] = read(path)

    assert (page.content_type, page.is_site_file) == ("robots_txt", True)

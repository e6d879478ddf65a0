"""Damage to WARC files: it is noticed and named, costs no other record, and no altered page passes for a good one."""

from __future__ import annotations

import gzip
import hashlib
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.archives import LIMIT, gzip_members, read, read_parts, reasons, some_records, warc_record
from tests.benchmarks.damage import measured
from tests.benchmarks.damaged_archives import DAMAGE, FORMS, archive_of, archives, judged, mutant

BODIES = [b"<html><body><h1>Tea %d</h1><p>%s</p></body></html>" % (n, random.Random(n).randbytes(150).hex().encode()) for n in range(4)]
BARE = [warc_record(body, f"http://example.org/{n}") for n, body in enumerate(BODIES)]
"""Without any digest or length of HTTP: what tells of damage is the form of the file alone."""


def urls(path: Path) -> list[str]:
    return [page.url[-1] for page in read(path) if page.content]


def written(tmp_path: Path, records: list[bytes], name: str = "x.warc") -> Path:
    (tmp_path / name).write_bytes(b"".join(gzip_members(records) if name.endswith(".gz") else records))
    return tmp_path / name


def replaced(records: list[bytes], number: int, old: bytes, new: bytes) -> list[bytes]:
    assert old in records[number]
    return [record.replace(old, new, 1) if place == number else record for place, record in enumerate(records)]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", DAMAGE)
def test_every_kind_of_damage_is_noticed_and_costs_no_other_record(kind: str, form: str) -> None:
    archive, drawn = archive_of("x", form, [*some_records(3), *BARE]), random.Random(f"{kind} {form}")

    outcomes = [judged(archive, mutant(archive, kind, drawn)) for _ in range(25)]

    assert "silent" not in {outcome.verdict for outcome in outcomes}
    assert all(outcome.is_named for outcome in outcomes if outcome.verdict == "noticed")
    assert sum(outcome.num_lost for outcome in outcomes) == 0
    assert {"noticed"} <= {outcome.verdict for outcome in outcomes}


@pytest.mark.parametrize("form", FORMS)
def test_damage_to_the_public_archives_is_noticed(suite: Callable[[str], Path], form: str) -> None:
    small = [archive for archive in archives([suite("warc") / "pywb"]) if archive.form == form and len(archive.data) < 100_000]

    for kind in DAMAGE:
        counts = measured(small, kind, len(small), seed=1)
        assert counts["silent"] == 0, kind
        assert counts["most lost"] <= 1, kind


@pytest.mark.parametrize("gap", [b"", b"junk", b"<p>one more</p>"])
def test_a_page_whose_length_leads_to_no_record_is_not_taken_for_good(tmp_path: Path, gap: bytes) -> None:
    longer = replaced(BARE, 1, b"</h1>", b"</h1>" + gap)

    assert urls(written(tmp_path, longer)) == (["0", "2", "3"] if gap else ["0", "1", "2", "3"])
    assert [page.reason for page in read(tmp_path / "x.warc") if page.url[-1] == "1"] == ["unreadable" if gap else None]


@pytest.mark.parametrize("num", [1, 2, 3, 4])
@pytest.mark.parametrize("place", [1, 3])
def test_a_page_that_takes_in_the_blank_lines_after_it_has_lost_bytes(tmp_path: Path, num: int, place: int) -> None:
    shorter = replaced(BARE, place, BODIES[place][40:], BODIES[place][40 + num :])

    pages = read(written(tmp_path, shorter))

    assert [page.reason for page in pages] == [None if number != place else "unreadable" for number in range(4)]
    assert [page.url[-1] for page in pages] == ["0", "1", "2", "3"]


def test_a_writer_who_leaves_out_the_blank_lines_is_read(tmp_path: Path) -> None:
    for closing in (b"", b"\r\n", b"\n\n", b"\r\n\r\n\r\n"):
        records = [record.removesuffix(b"\r\n\r\n") + closing for record in BARE]

        assert urls(written(tmp_path, records)) == ["0", "1", "2", "3"]
        assert urls(written(tmp_path, records, "x.warc.gz")) == ["0", "1", "2", "3"]


def test_a_page_before_a_damaged_head_is_kept_by_its_blank_lines(tmp_path: Path) -> None:
    pages = read(written(tmp_path, replaced(BARE, 2, b"WARC/1.0", b"WURC/1.0")))

    assert [page.url[-1] for page in pages if page.content] == ["0", "1", "3"]
    assert [(page.reason, page.record_offset) for page in pages if page.reason] == [("unreadable", len(BARE[0] + BARE[1]))]


def test_a_record_that_no_line_end_precedes_is_found_after_damage(tmp_path: Path) -> None:
    pages = read(written(tmp_path, [BARE[0], BARE[1][:-20], BARE[2], BARE[3]]))

    assert [(page.url[-1], page.reason) for page in pages] == [("0", None), ("1", "unreadable"), ("2", None), ("3", None)]


@pytest.mark.parametrize("name", ["x.warc", "x.warc.gz"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"WARC-Type: response", b"WARC-Type: respomse"),
        (b"WARC-Type: response\r\n", b""),
        (b"WARC-Type: response", b"WARC-T\x95pe: response"),
        (b"WARC-Target-URI: http://example.org/1\r\n", b""),
        (b"WARC-Target-URI: http://", b"WARC-Target-URI: htt0://"),
        (b"HTTP/1.1 200", b"HTTX 1.1 200"),
    ],
)
def test_a_page_whose_type_or_address_is_gone_is_told_of(tmp_path: Path, name: str, old: bytes, new: bytes) -> None:
    pages = read(written(tmp_path, replaced(BARE, 1, old, new), name))

    assert [page.reason for page in pages] == [None, "unreadable", None, None]
    assert all("://" in page.url for page in pages)


def test_records_that_hold_no_page_are_still_passed_over(tmp_path: Path) -> None:
    def other(kind: str, url: str, media: str) -> bytes:
        head = f"WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nContent-Type: {media}\r\nContent-Length: 4\r\n\r\n"
        return head.encode() + b"data\r\n\r\n"

    records = [
        other("resource", "dns:example.org", "text/dns"),
        other("resource", "metadata://gnu.org/software/wget/warc/MANIFEST.txt", "text/plain"),
        other("metadata", "http://example.org/", "application/warc-fields"),
        other("request", "http://example.org/", "application/http; msgtype=request"),
        other("screenshot", "http://example.org/", "image/png"),
    ]

    assert read(written(tmp_path, [*records, BARE[0]]))[0].url == "http://example.org/0"
    assert reasons(tmp_path / "x.warc") == [None]


@pytest.mark.parametrize(("old", "new"), [(b"200 OK", b"201 OK"), (b"text/html", b"text|html"), (b"text/html", b"text/htnl")])
def test_a_response_that_is_no_page_any_more_by_its_altered_head_is_told_of(tmp_path: Path, old: bytes, new: bytes) -> None:
    block = BARE[1].partition(b"\r\n\r\n")[2].removesuffix(b"\r\n\r\n")
    digest = f"WARC-Block-Digest: sha256:{hashlib.sha256(block).hexdigest()}\r\n"
    record = warc_record(BODIES[1], "http://example.org/1", warc_head=digest)

    pages = read(written(tmp_path, [BARE[0], record.replace(old, new), BARE[2]]))

    assert [page.reason for page in pages] == [None, "digest_mismatch", None]


@pytest.mark.parametrize("by", [-30, 30])
def test_a_length_that_a_writer_counted_wrongly_is_noticed_inside_a_member(tmp_path: Path, by: int) -> None:
    number = BARE[1].partition(b"Content-Length: ")[2].partition(b"\r")[0]
    wrong = replaced(BARE, 1, b"Content-Length: " + number, b"Content-Length: %d" % (int(number) + by))

    pages = read(written(tmp_path, wrong, "x.warc.gz"))

    assert [page.url[-1] for page in pages] == ["0", "1", "2", "3"]
    assert [bool(page.reason) for page in pages] == [False, True, False, False]


def test_a_page_in_a_member_with_a_wrong_checksum_is_not_taken_for_good_whatever_follows_it(tmp_path: Path) -> None:
    member = bytearray(gzip.compress(BARE[1] + b"strange bytes\r\n\r\n", mtime=0))
    member[-8] ^= 1
    members = gzip_members(BARE)
    (tmp_path / "x.warc.gz").write_bytes(members[0] + bytes(member) + members[2])

    assert [page.reason for page in read(tmp_path / "x.warc.gz")] == [None, "unreadable", None]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", DAMAGE)
def test_parts_of_a_damaged_file_tell_what_the_whole_tells(tmp_path: Path, kind: str, form: str) -> None:
    archive, drawn = archive_of("x", form, [*BARE, *some_records(3), *BARE]), random.Random(f"parts {kind} {form}")
    path = tmp_path / f"x.{form}"

    for _ in range(8):
        path.write_bytes(data := mutant(archive, kind, drawn).apply(archive.data))
        whole = read(path, LIMIT)
        borders = sorted({drawn.randrange(1, len(data) + 1) for _ in range(3)}) if data else []
        assert read_parts(path, borders) == whole or [page.reason for page in whole] == ["empty"]

"""The parts of a file tell together exactly what the whole file tells, wherever it is cut and whatever is wrong with it."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bubblenet.corpus.reading.formats import kind_of, suffix_table
from bubblenet.corpus.reading.readers import ByteRange, read_file
from tests.archives import LIMIT, PACKERS, PAGE, damaged, gzip_members, read, read_parts, some_records, warc_record

WARCINFO = b"WARC/1.0\r\nWARC-Type: warcinfo\r\nContent-Length: 3\r\n\r\nabc\r\n\r\n"
NO_PAGES = [WARCINFO, warc_record(kind="request"), warc_record(kind="revisit")]


def json_lines(num: int) -> bytes:
    """Lines of many lengths, some blank, some bad."""
    texts = (random.Random(n).randbytes(n % 60).hex() for n in range(num))
    lines = [b"" if n % 7 == 0 else b"{bad" if n % 11 == 0 else orjson.dumps({"text": text}) for n, text in enumerate(texts)]
    return b"\n".join(lines)


def parquet_file(path: Path, num: int) -> bytes:
    """Row groups of seven rows."""
    texts = [random.Random(n).randbytes(40).hex() for n in range(num)]
    pq.write_table(pa.table({"id": list(range(num)), "text": texts}), path, row_group_size=7, compression="gzip", use_dictionary=False)
    return path.read_bytes()


def sample(name: str, path: Path) -> bytes:
    """A sound file of each kind."""
    records = [*NO_PAGES, *some_records(6), *NO_PAGES, *some_records(6)]
    contents = {
        "x.warc": lambda: b"".join(records),
        "x.warc.gz": lambda: b"".join(gzip_members(records)),
        "one_member.warc.gz": lambda: gzip.compress(b"".join(records)),
        "x.jsonl": lambda: json_lines(150),
        **{f"x.jsonl{suffix}": lambda pack=pack: pack(json_lines(150)) for suffix, pack in PACKERS.items()},
        "x.parquet": lambda: parquet_file(path, 60),
        "x.html": lambda: PAGE,
        **{f"x.html{suffix}": lambda pack=pack: pack(PAGE) for suffix, pack in PACKERS.items()},
        "x.json": lambda: b'[{"text": "one"}, {"text": "two"}]',
    }
    return contents[name]()


NAMES = ["x.warc", "x.warc.gz", "one_member.warc.gz", "x.parquet", "x.json"]
NAMES += [f"x.{kind}{suffix}" for kind in ("jsonl", "html") for suffix in ("", *PACKERS)]


@pytest.mark.parametrize("name", NAMES)
def test_equal_parts_of_any_size_give_what_the_whole_file_gives(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(data := sample(name, path))
    whole = read(path)

    assert any(page.content for page in whole)
    for size in (1 + len(data) // 40, 1 + len(data) // 7, 1 + len(data) // 2, len(data)):
        assert read_parts(path, list(range(size, len(data), size))) == whole, size


@pytest.mark.parametrize("name", NAMES)
def test_parts_of_a_damaged_file_give_every_page_and_every_reason_once(tmp_path: Path, name: str) -> None:
    path, generator = tmp_path / name, random.Random(name)
    data = sample(name, path)
    num_noticed = 0

    for _ in range(60):
        path.write_bytes(spoilt := damaged(data, generator))
        borders = sorted({generator.randrange(1, len(spoilt) + 5) for _ in range(generator.randrange(1, 6))})
        whole = read(path)
        found = read_parts(path, borders)
        num_noticed += any(page.reason for page in whole)
        is_same = sorted(found, key=repr) == sorted(whole, key=repr)  # a damaged footer can put row groups in another order
        assert is_same or (found == [] and [page.reason for page in whole] == ["empty"]), borders

    assert num_noticed > 0 or name == "x.html"  # any bytes are a page


def test_every_border_near_a_record_gives_it_to_one_part(tmp_path: Path) -> None:
    path = tmp_path / "x.warc.gz"
    members = gzip_members(some_records(3))
    path.write_bytes(b"".join(members))
    whole = read(path)

    for border in range(len(members[0]) - 12, len(members[0]) + 12):
        assert read_parts(path, [border]) == whole, border


@pytest.mark.parametrize("name", ["x.warc", "x.warc.gz"])
def test_an_archive_inside_a_page_feigns_no_record_where_a_part_begins(tmp_path: Path, name: str) -> None:
    """The inner members stand byte for byte in the outer one: an archiver cannot compress what is compressed."""
    inner = b"".join(some_records(8) if name == "x.warc" else gzip_members(some_records(8)))
    page = PAGE + inner if name == "x.warc" else inner
    records = [warc_record(url="http://a.org/"), warc_record(page, "http://b.org/"), warc_record(url="http://c.org/")]
    pack = [gzip.compress(record, 0, mtime=0) for record in records]
    path = tmp_path / name
    path.write_bytes(data := b"".join(records if name == "x.warc" else pack))
    whole = read(path)

    assert [page.url for page in whole] == ["http://a.org/", "http://b.org/", "http://c.org/"]
    for border in range(100, len(data), 97):
        assert read_parts(path, [border]) == whole, border


@pytest.mark.parametrize("name", NAMES)
def test_a_part_behind_the_end_of_a_file_that_shrank_is_empty(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(data := sample(name, path))

    assert read_parts(path, [len(data) + 100]) == read(path)


def test_a_part_in_which_no_line_begins_gives_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"text": "' + b"x" * 3_000_000 + b'"}\n{"text": "last"}\n')

    assert list(read_file(str(path), max_document_bytes=LIMIT, part=ByteRange(1000, 2000))) == []
    last = list(read_file(str(path), max_document_bytes=LIMIT, part=ByteRange(3_000_000, None)))
    assert [(page.content, page.record_offset) for page in last] == [("last", 3_000_013)]


def test_rows_of_a_parquet_part_keep_their_number_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    size = len(parquet_file(path, 60))

    last = list(read_file(str(path), max_document_bytes=LIMIT, part=ByteRange(size // 2, None)))

    assert last[-1].record_offset == 60
    assert last[-1].url == path.as_uri() + "#60"
    assert len(last) < 40


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.warc", True), ("a.warc.gz", True), ("a.wet.gz", True), ("a.jsonl", True), ("a.jsonl.gz", False), ("a.json", False),
     ("a.parquet", True), ("a.html", False), ("a.txt", False), ("a.css", False)],
)  # fmt: skip
def test_files_that_are_one_stream_or_one_page_are_not_split(name: str, expected: bool) -> None:
    assert kind_of(name, suffix_table()).is_splittable is expected

"""What the storage did is tried again and then raised by name; what the bytes say is a verdict."""

from __future__ import annotations

import gzip
import io
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bubblenet import locations, storage
from bubblenet.corpus.reading.readers import read_file
from bubblenet.errors import StorageError
from bubblenet.storage import open_steadily
from tests.archives import LIMIT, gzip_members, read, some_records


class Flaky(io.BytesIO):
    """Bytes that cannot be read at the times named in `faults`, counted over all times that the file is opened."""

    def __init__(self, content: bytes, faults: dict[int, Exception], reads: list[int]) -> None:
        super().__init__(content)
        self._faults, self._reads = faults, reads

    def read(self, size: int | None = -1) -> bytes:
        self._reads.append(size or 0)
        if error := self._faults.get(len(self._reads)):
            raise error
        return super().read(size)


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[int]]:
    """A function that puts a flaky file in the place of every file; its list grows by one at each read."""

    def serve(content: bytes, faults: dict[int, Exception]) -> list[int]:
        reads: list[int] = []

        @contextmanager
        def opened(_: str) -> Iterator[Any]:
            yield Flaky(content, faults, reads)

        monkeypatch.setattr(locations, "open_binary", opened)
        return reads

    monkeypatch.setattr(storage, "WAITS", (0.0, 0.0))
    return serve


def records(num: int) -> bytes:
    return b"".join(gzip_members(some_records(num)))


@pytest.mark.parametrize("error", [OSError(5, "input/output error"), TimeoutError("slow"), RuntimeError("503 Slow Down")])
def test_a_fault_that_passes_costs_nothing(serve: Callable[..., list[int]], error: Exception) -> None:
    whole = records(40)
    serve(whole, {})
    expected = [page.url for page in read("s3://bucket/x.warc.gz")]
    reads = serve(whole, {1: error, 2: error, 5: error})

    pages = read("s3://bucket/x.warc.gz")

    assert len(reads) > 5
    assert [page.url for page in pages] == expected
    assert not any(page.reason for page in pages)


def content_of(name: str) -> bytes:
    """A sound file of some hundred kilobytes."""
    lines = b"".join(b'{"text": "%s"}\n' % random.Random(number).randbytes(8).hex().encode() for number in range(30_000))
    match name.split(".")[1:]:
        case ["parquet"]:
            sink = io.BytesIO()
            pq.write_table(pa.table({"text": [f"{number} cups of tea" for number in range(90_000)]}), sink, use_dictionary=False)
            return sink.getvalue()
        case ["warc", *gz]:
            return b"".join(gzip_members(some_records(4000)) if gz else some_records(4000))
        case [_, "gz"]:
            return gzip.compress(lines, 1)
        case [_, "zst"]:
            return pa.Codec("zstd").compress(lines, asbytes=True)
    return lines


@pytest.mark.parametrize("name", ["x.warc.gz", "x.warc", "x.jsonl", "x.jsonl.gz", "x.jsonl.zst", "x.parquet", "x.html", "x.txt", "x.md"])
@pytest.mark.parametrize("first", [1, 2])
def test_a_fault_that_stays_is_raised_by_name_by_every_reader(serve: Callable[..., list[int]], name: str, first: int) -> None:
    content = content_of(name)
    reads = serve(content, {number: ConnectionResetError(104, "reset") for number in range(first, 100)})

    with pytest.raises(StorageError, match=rf"wanted to read s3://bucket/{name}; got ConnectionResetError: .*reset"):
        list(read_file(f"s3://bucket/{name}", max_document_bytes=LIMIT))

    assert len(content) > 2 * 64 * 1024
    assert len(reads) == first + len(storage.WAITS)


def test_what_a_second_try_cannot_mend_is_not_tried_again(serve: Callable[..., list[int]]) -> None:
    reads = serve(b"tea", {1: PermissionError(13, "Permission denied")})
    with pytest.raises(StorageError, match="PermissionError"):
        read("s3://bucket/x.html")
    assert len(reads) == 1


def test_a_reader_that_takes_the_failure_for_damage_does_not_hide_it(serve: Callable[..., list[int]]) -> None:
    serve(b"tea", {number: OSError(5, "broken") for number in range(1, 9)})
    with pytest.raises(StorageError), open_steadily("s3://bucket/x") as file:
        _take_for_damage(file)


def _take_for_damage(file: BinaryIO) -> None:
    with suppress(StorageError):
        file.read()


def test_a_deleted_file_is_a_verdict_and_a_lost_mount_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "WAITS", (0.0,))
    (tmp_path / "there.html").write_text("<p>tea")
    (tmp_path / "mount").mkdir()
    assert [page.reason for page in read(tmp_path / "gone.html")] == ["unreadable"]
    assert [page.reason for page in read(tmp_path)] == ["unreadable"]
    for lost in ("mount/page.html", "none/page.html"):
        with pytest.raises(StorageError, match="nothing was recorded"):
            read(tmp_path / lost)


def test_the_file_is_read_from_any_place_as_an_open_file_is(tmp_path: Path) -> None:
    path, content = tmp_path / "x.bin", bytes(range(256)) * 2000
    path.write_bytes(content)
    with open_steadily(str(path)) as file:
        assert file.seek(-5, io.SEEK_END) == len(content) - 5
        assert file.read() == content[-5:]
        assert file.seek(300_000) == 300_000
        assert file.read(70_000) == content[300_000:370_000]
        assert file.seek(-10, io.SEEK_CUR) == 369_990
        assert (file.read(20), file.tell()) == (content[369_990:370_010], 370_010)


def test_a_place_that_only_damage_can_name_is_no_fault_of_the_storage(tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(b"tea for two")
    with open_steadily(str(path)) as file:
        file.seek(2**62)
        assert file.read(3) == b""
        with pytest.raises(OSError, match="before the beginning"):
            file.raw.seek(-1)
        file.seek(0)
        assert file.read() == b"tea for two"


def test_memory_that_runs_out_is_no_fault_of_the_storage(serve: Callable[..., list[int]]) -> None:
    serve(b"tea", {1: MemoryError()})
    with pytest.raises(MemoryError), open_steadily("s3://bucket/x") as file:
        file.read()

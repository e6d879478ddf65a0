"""Files made to eat time or memory: each is read, or left with a reason, within 5 s of one core and 512 MiB."""

from __future__ import annotations

import gc
import gzip
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bubblenet.corpus.reading.readers import read_file
from tests.archives import PAGE, warc_record

MIB = 1024 * 1024
MAX_SECONDS, MAX_BYTES = 5, 512 * MIB


def peak_memory(*, reset: bool = False) -> int:
    """Bytes of this process's memory at its highest since the last reset (Linux; 0 elsewhere)."""
    if not Path("/proc/self/clear_refs").exists():
        return 0
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


def repeated_deflate(prefix: bytes, block: bytes, times: int) -> bytes:
    """A gzip member of prefix and `times` times the block, without the work: a fully flushed block may be repeated. It has no end."""
    packer = zlib.compressobj(9, wbits=31)
    head = packer.compress(prefix) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + (packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)) * times


def endless_record(path: Path) -> None:
    head = b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://a.org/\r\nContent-Length: 2147483648\r\n\r\n"
    path.write_bytes(repeated_deflate(head + b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", bytes(MIB), 2048))


def endless_head(path: Path) -> None:
    path.write_bytes(repeated_deflate(b"WARC/1.0\r\nWARC-Type: response\r\nX: ", b"x" * MIB, 2048))


def huge_plain_record(path: Path) -> None:
    head = warc_record().partition(b"Content-Length: ")[0] + b"Content-Length: 3000000000\r\n\r\n"
    path.write_bytes(head + b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    with path.open("r+b") as stream:
        stream.truncate(len(head) + 3_000_000_000)


def body(payload: bytes, encoding: str) -> Callable[[Path], None]:
    record = warc_record(payload, http_head=f"Content-Encoding: {encoding}\r\n")
    return lambda path: path.write_bytes(gzip.compress(record, 1)) and None


def tiny_chunks(path: Path) -> None:
    record = warc_record(b"1\r\nx\r\n" * 2_700_000 + b"0\r\n\r\n", http_head="Transfer-Encoding: chunked\r\n")
    path.write_bytes(gzip.compress(record, 1))


def many_members(path: Path) -> None:
    path.write_bytes(gzip.compress(b"") * 20_000 + gzip.compress(warc_record()))


def html(content: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(content) and None


def one_large_text_in_many_rows(path: Path) -> None:
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 40, pa.int32()), ["x" * (17 * MIB)])
    pq.write_table(pa.table({"text": texts}), path)


def one_enormous_text(path: Path) -> None:
    pq.write_table(pa.table({"text": ["x" * (72 * MIB)]}), path, compression="gzip", use_dictionary=False)


BOMBS: dict[str, tuple[Callable[[Path], None], str | None]] = {
    "gzip line.jsonl.gz": (lambda path: path.write_bytes(gzip.compress(b'{"text": "' + b"x" * (16 * MIB)) * 128) and None, "too_large"),
    "zstd line.jsonl.zst": (
        lambda path: path.write_bytes(pa.compress(b"x" * (64 * MIB), codec="zstd", asbytes=True) * 64) and None,
        "too_large",
    ),
    "gzip value.json.gz": (lambda path: path.write_bytes(gzip.compress(b"[" + b" " * (16 * MIB)) * 128) and None, "too_large"),
    "gzip text.txt.gz": (lambda path: path.write_bytes(gzip.compress(b"x" * (16 * MIB)) * 128) and None, "too_large"),
    "deep.jsonl": (html(b'{"text": ' + b"[" * 100_000), "bad_json"),
    "deep and closed.jsonl": (html(b'{"text": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"), "bad_json"),
    "record.warc.gz": (endless_record, "too_large"),
    "head.warc.gz": (endless_head, "unreadable"),
    "record.warc": (huge_plain_record, "too_large"),
    "body.warc.gz": (body(gzip.compress(bytes(256 * MIB), 1), "gzip"), "too_large"),
    "encodings.warc.gz": (body(PAGE, ",".join(["gzip"] * 5000)), "unreadable"),
    "zstd body.warc.gz": (body(pa.compress(bytes(512 * MIB), codec="zstd", asbytes=True), "zstd"), "too_large"),
    "chunks.warc.gz": (tiny_chunks, None),
    "members.warc.gz": (many_members, None),
    "nested.html": (html(b"<div>" * 1_000_000), None),
    "attributes.html": (html(b"<html " + b" ".join(b"a%d=b" % n for n in range(1_000_000)) + b">x"), None),
    "rels.html": (html(b"<a " + b"rel=a " * 2_700_000), None),
    "links.html": (html(b"<a rel=" * 2_000_000), None),
    "spaces.html": (html(b"<a rel=a" + b" " * (15 * MIB)), None),
    "metas.html": (html(b"<meta " * 2_000_000), None),
    "unknown bytes.html": (html(bytes(range(128, 256)) * 100_000), None),
    "marks.html": (html("a\u0316\u0301".encode() * 3_000_000), None),
    "dictionary.parquet": (one_large_text_in_many_rows, "too_large"),
    "text.parquet": (one_enormous_text, "too_large"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_five_seconds_and_512_mib_at_most_and_has_its_reason(tmp_path: Path, name: str) -> None:
    make, reason = BOMBS[name]
    make(tmp_path / name)

    gc.collect()
    before, start = peak_memory(reset=True), time.process_time()
    last = None
    for page in read_file(str(tmp_path / name), max_document_bytes=16 * MIB):
        last = page.reason
    seconds, used = time.process_time() - start, peak_memory() - before

    assert last == reason
    assert seconds < MAX_SECONDS
    assert used < MAX_BYTES

"""Small archives for tests of the readers: sound ones, and the same with seeded damage."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from bubblenet.corpus.reading.readers import ByteRange, Page, read_file

LIMIT = 1 << 20
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".zst": lambda payload: bytes(pa.compress(payload, codec="zstd", asbytes=True)),
}
"""A function for each compression that is read."""

PAGE = b"<html lang='en'><body><h1>Tea</h1><p>Boil the water first.</p></body></html>"


def warc_record(
    body: bytes = PAGE,
    url: str = "http://example.org/",
    http_head: str = "",
    warc_head: str = "",
    kind: str = "response",
    *,
    date: str = "2024-05-01T10:00:00Z",
    status: str = "200 OK",
    content_type: str = "text/html; charset=utf-8",
) -> bytes:
    """One record. http_head and warc_head: further header lines, each with its CRLF."""
    block = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\n{http_head}\r\n".encode() + body
    head = f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nWARC-Date: {date}\r\n"
    head += f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(block)}\r\n{warc_head}\r\n"
    return head.encode() + block + b"\r\n\r\n"


def warcinfo(*fields: str) -> bytes:
    """The record with which an archive begins. fields: `name: value` each."""
    block = "".join(f"{field}\r\n" for field in fields).encode()
    head = f"WARC/1.0\r\nWARC-Type: warcinfo\r\nWARC-Date: 2024-05-01T09:00:00Z\r\nContent-Length: {len(block)}\r\n\r\n"
    return head.encode() + block + b"\r\n\r\n"


def some_records(num: int) -> list[bytes]:
    """Records of about 800 bytes that do not compress well, each with its own URL."""
    bodies = [PAGE + random.Random(n).randbytes(300).hex().encode() for n in range(num)]
    return [warc_record(body, f"http://example.org/{n}", http_head=f"Content-Length: {len(body)}\r\n") for n, body in enumerate(bodies)]


def gzip_members(records: list[bytes]) -> list[bytes]:
    """One gzip member a record, as WARC writers make them."""
    return [gzip.compress(record, mtime=0) for record in records]


def damaged(data: bytes, generator: random.Random) -> bytes:
    """The data with some bits flipped, or cut, or with some bytes gone or too many."""
    result = bytearray(data)
    place = generator.randrange(len(data))
    kind = generator.randrange(4)
    if kind == 0:
        for _ in range(generator.randrange(1, 4)):
            result[generator.randrange(len(data))] ^= 1 << generator.randrange(8)
    elif kind == 1:
        del result[place:]
    elif kind == 2:
        del result[place : place + generator.randrange(1, 200)]
    else:
        result[place:place] = generator.randbytes(generator.randrange(1, 200))
    return bytes(result)


def read(path: Path | str, limit: int = LIMIT) -> list[Page]:
    return list(read_file(str(path), max_document_bytes=limit))


def reasons(path: Path | str, limit: int = LIMIT) -> list[str | None]:
    return [page.reason for page in read(path, limit)]


def read_parts(path: Path, borders: list[int], limit: int = LIMIT) -> list[Page]:
    """What all parts of a file give, one after the other. borders: where parts end and the next begin."""
    parts = [ByteRange(start, end) for start, end in zip([0, *borders], [*borders, None], strict=True)]
    return [page for part in parts for page in read_file(str(path), max_document_bytes=limit, part=part)]

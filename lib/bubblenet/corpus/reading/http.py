"""HTTP responses as stored in archives: head, body, and the two layers of encoding around a body.

Some archives remove these layers but keep the headers that name them, so each layer is removed only if it is present.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fastwarc.stream_io import BrotliReader, ZstdReader

MAX_HEAD_BYTES = 64 * 1024
MAX_ENCODINGS = 5
"""Maximum number of content encodings, as in browsers: data that decodes to itself would never end."""

_STATUS = re.compile(rb"HTTP\w?/\d(?:\.\d)?\s+(\d{3})(?!\d)", re.IGNORECASE)
_HEAD_END = re.compile(rb"\n\r{0,2}\n")
_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")
_NEXT_CHUNK_SIZE = re.compile(rb"(?:\r\n|.)" + _CHUNK_SIZE.pattern, re.DOTALL)
"""Includes the end of the preceding chunk, so that one search per chunk is enough; there may be millions."""
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([^\s;\"',]+)", re.IGNORECASE)


class BodyError(ValueError):
    """A body that cannot be decoded; the arguments are the reason of quarantine and the detail."""


@dataclass(frozen=True, slots=True)
class Response:
    """A parsed response. headers: lower-case names, first values. body: as stored, still encoded."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        """The media type in lower case without parameters, empty if missing."""
        return media_type(self.headers.get("content-type", ""))

    @property
    def charset(self) -> str | None:
        """The charset named by the server."""
        match = _CHARSET.search(self.headers.get("content-type", ""))
        return match.group(1) if match else None

    @property
    def is_cut(self) -> bool:
        """Whether fewer bytes are stored than Content-Length announces."""
        announced = self.headers.get("content-length", "").strip()
        if "transfer-encoding" in self.headers or not announced.isdecimal() or len(announced) > 15:
            return False
        return len(self.body) < int(announced)


def media_type(value: str) -> str:
    """`Text/HTML; charset=x` is `text/html`."""
    return value.partition(";")[0].strip().lower()


def parse(block: bytes) -> Response | None:
    """Parse the block of a record; None if it does not begin with a status line."""
    status = _STATUS.match(block)
    if not status:
        return None
    end = _HEAD_END.search(block, 0, MAX_HEAD_BYTES)
    head, body = (block[: end.start()], block[end.end() :]) if end else (block[:MAX_HEAD_BYTES], b"")
    headers: dict[str, str] = {}
    for line in head.decode("latin-1").split("\n")[1:]:
        name, _, value = line.partition(":")
        headers.setdefault(name.strip().lower(), value.strip())
    return Response(int(status.group(1)), headers, body)


def without_transfer_encoding(response: Response) -> bytes:
    """The body without transfer encoding, possibly still compressed. Raises BodyError: `truncated` if the last chunk is missing."""
    is_chunked = "chunked" in response.headers.get("transfer-encoding", "").lower()
    return _without_chunks(response.body) if is_chunked else response.body


def without_content_encoding(response: Response, entity: bytes, max_bytes: int) -> bytes:
    """Decode an entity body.

    Raises BodyError: `too_large` beyond max_bytes, `truncated` for encoded data that ends early, `unreadable` for damage.
    """
    body = entity
    encodings = response.headers.get("content-encoding", "").lower().replace(" ", "").split(",")
    if len(encodings) > MAX_ENCODINGS:
        raise BodyError("unreadable", f"{len(encodings)} layers of content encoding")
    for encoding in reversed(encodings):
        body = _DECODERS.get(encoding, _identity)(body, max_bytes)
    if len(body) > max_bytes:
        raise BodyError("too_large", f"more than {max_bytes} bytes after decoding")
    return body


def _without_chunks(body: bytes) -> bytes:
    """Decode a chunked body; return it unchanged if it does not begin like one. Raises BodyError if it is truncated."""
    size = _CHUNK_SIZE.match(body)
    if not size:
        return body
    data, num_bytes, next_size = bytearray(), len(body), _NEXT_CHUNK_SIZE.match
    while size:
        start, length = size.end(), int(size[1], 16)
        if not length:
            return bytes(data)
        end = start + length
        if end > num_bytes:
            raise BodyError("truncated", f"a chunk of {length} bytes holds {num_bytes - start}")
        data += body[start:end]
        size = next_size(body, end)
    raise BodyError("truncated", "the chunked body has no last chunk")


def _identity(body: bytes, max_bytes: int) -> bytes:
    return body


def _gunzip(body: bytes, max_bytes: int) -> bytes:
    return _inflate(body, max_bytes, 31) if body.startswith(b"\x1f\x8b") else body


def _undeflate(body: bytes, max_bytes: int) -> bytes:
    """Decode `deflate`: zlib by the standard, raw deflate in practice."""
    looks_zlib = len(body) > 1 and body[0] & 15 == 8 and int.from_bytes(body[:2], "big") % 31 == 0
    return _inflate(body, max_bytes, 15 if looks_zlib else -15)


def _inflate(body: bytes, max_bytes: int, wbits: int) -> bytes:
    inflater = zlib.decompressobj(wbits)
    try:
        data = inflater.decompress(body, max_bytes + 1)
    except zlib.error as error:
        raise BodyError("unreadable", f"the compressed body is damaged: {error}") from None
    if not inflater.eof and len(data) <= max_bytes:
        raise BodyError("truncated", "the compressed body ends early")
    return data


def _read_bounded(reader: Callable[[io.BytesIO], BrotliReader | ZstdReader]) -> Callable[[bytes, int], bytes]:
    def decode(body: bytes, max_bytes: int) -> bytes:
        try:
            return reader(io.BytesIO(body)).read(max_bytes + 1)
        except (OSError, ValueError) as error:
            raise BodyError("unreadable", f"the compressed body is damaged: {error}") from None

    return decode


_DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _undeflate,
    "br": _read_bounded(BrotliReader),
    "zstd": _read_bounded(ZstdReader),
}

"""HTTP responses as stored in archives: head, body, and the two layers of encoding around a body.

Some archives remove these layers but keep the headers that name them, so each layer is removed only if it is present.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bubblenet.corpus.reading.encodings import BodyError, decoded
from bubblenet.corpus.rights.claims import KEPT_HEADERS

MAX_HEAD_BYTES = 64 * 1024

_STATUS = re.compile(rb"HTTP\w?/\d(?:\.\d)?\s+(\d{3})(?!\d)", re.IGNORECASE)
_HEAD_END = re.compile(rb"\n\r{0,2}\n")
_CHUNK_SIZE = re.compile(rb"[ \t]*0{0,32}([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")
_NEXT_CHUNK_SIZE = re.compile(rb"(?:\r\n|.)" + _CHUNK_SIZE.pattern, re.DOTALL)
"""Includes the end of the preceding chunk, so that one search per chunk is enough; there may be millions."""
_FOLDED = re.compile(rb"\r*\n[ \t]+")
_LISTS = ("content-type", "content-encoding", "transfer-encoding")
"""Headers whose values count together when there are several."""

_OF_RIGHTS = frozenset(KEPT_HEADERS)

_VALUES = re.compile(r"(?:[^,\"]|\"(?:[^\"\\]|\\.)*+\"?)+")
_MEDIA_TYPE = re.compile(r"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+/[!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*(?:;|$)")
_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?\s*([^\s;\"',]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Response:
    """A parsed response. headers: lower-case names, first values; of _LISTS, all values after commas. body: as stored, still encoded.

    rights: name and value of each line that may speak of rights, in order.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    rights: tuple[tuple[str, str], ...] = ()

    @property
    def content_type(self) -> str:
        """The media type in lower case without parameters, empty if missing."""
        return media_type(self.headers.get("content-type", ""))[0]

    @property
    def charset(self) -> str | None:
        """The charset named by the server."""
        return media_type(self.headers.get("content-type", ""))[1]

    @property
    def is_cut(self) -> bool:
        """Whether fewer bytes are stored than Content-Length announces."""
        announced = self.headers.get("content-length", "").strip()
        if "transfer-encoding" in self.headers or not announced.isdecimal() or len(announced) > 15:
            return False
        return len(self.body) < int(announced)


def media_type(values: str) -> tuple[str, str | None]:
    """The media type and the charset of one or more Content-Type headers, joined with commas; empty if none can be parsed.

    The last one that can be parsed counts, without `*/*`; it takes over the charset of those of the same type (WHATWG Fetch, "extract a
    MIME type").
    """
    essence, charset = "", None
    for value in _VALUES.findall(values):
        found = _MEDIA_TYPE.match(value)
        if not found or found[1] == "*/*":
            continue
        named = _CHARSET.search(value)
        charset = named[1] if named else charset if essence == found[1].lower() else None
        essence = found[1].lower()
    return essence, charset


def parse(block: bytes) -> Response | None:
    """Parse the block of a record; None if it does not begin with a status line."""
    status = _STATUS.match(block)
    if not status:
        return None
    end = _HEAD_END.search(block, 0, MAX_HEAD_BYTES)
    head, body = (block[: end.start()], block[end.end() :]) if end else (block[:MAX_HEAD_BYTES], b"")
    headers: dict[str, str] = {}
    rights: list[tuple[str, str]] = []
    for line in _FOLDED.sub(b" ", head).decode("latin-1").split("\n")[1:]:
        name, _, value = line.partition(":")
        name, value = name.strip().lower(), value.strip()
        headers[name] = f"{headers[name]}, {value}" if name in _LISTS and name in headers else headers.get(name, value)
        if name in _OF_RIGHTS:
            rights.append((name, value))
    return Response(int(status.group(1)), headers, body, tuple(rights))


def without_transfer_encoding(response: Response) -> bytes:
    """The body without transfer encoding, possibly still compressed. Raises BodyError: `truncated` if the last chunk is missing."""
    is_chunked = "chunked" in response.headers.get("transfer-encoding", "").lower()
    return _without_chunks(response.body) if is_chunked else response.body


def without_content_encoding(response: Response, entity: bytes, max_bytes: int) -> bytes:
    """Decode an entity body.

    Raises BodyError: `too_large` beyond max_bytes, `truncated` for encoded data that ends early, `unreadable` for damage.
    """
    labels = response.headers.get("content-encoding", "").lower().replace(" ", "").split(",")
    return decoded(entity, labels, max_bytes)


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

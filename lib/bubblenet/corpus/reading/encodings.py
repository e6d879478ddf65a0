"""Content encodings of HTTP bodies. The body itself tells whether it is encoded: archives remove encodings and keep the labels."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable

from fastwarc.stream_io import BrotliReader, ZstdReader

from bubblenet.corpus.reading.streams import GZIP_MAGIC

MAX_ENCODINGS = 5
"""Maximum number of content encodings, as in browsers: data that decodes to itself would never end."""

_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")  # WHATWG MIME Sniffing, section 3, "binary data byte"
_SNIFFED_BYTES = 1445
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class BodyError(ValueError):
    """A body that cannot be decoded; the arguments are the reason of quarantine and the detail."""


def decoded(body: bytes, labels: list[str], max_bytes: int) -> bytes:
    """The body without the encodings that it has; the labels name them in the order in which they were applied.

    Raises BodyError: `too_large` beyond max_bytes, `truncated` for encoded data that ends early, `unreadable` for damage.
    """
    if len(labels) > MAX_ENCODINGS:
        raise BodyError("unreadable", f"{len(labels)} layers of content encoding")
    for label in reversed(labels):
        body = _without(label, body, max_bytes)
    if len(body) > max_bytes:
        raise BodyError("too_large", f"more than {max_bytes} bytes after decoding")
    return body


def _without(label: str, body: bytes, max_bytes: int) -> bytes:
    """The body without one encoding. The mark of gzip says more than the label; what is not encoded at all looks like text."""
    if label not in _DECODERS:
        return body
    if body.startswith(GZIP_MAGIC):
        return _gunzip(body, max_bytes)
    try:
        return _DECODERS[label](body, max_bytes)
    except BodyError:
        if body.startswith(_UTF16) or not _BINARY.search(body, 0, _SNIFFED_BYTES):
            return body
        raise


def _unmarked(body: bytes, max_bytes: int) -> bytes:
    """A body without the mark of its encoding: the encoding is gone."""
    return body


def _gunzip(body: bytes, max_bytes: int) -> bytes:
    """All members; what follows them and is none is ignored, as by gzip."""
    parts, num_bytes = [], 0
    while body.startswith(GZIP_MAGIC) and num_bytes <= max_bytes:
        part, body = _inflate(body, max_bytes - num_bytes, 31)
        parts.append(part)
        num_bytes += len(part)
    return b"".join(parts)


def _undeflate(body: bytes, max_bytes: int) -> bytes:
    """Decode `deflate`: zlib by the standard, raw deflate in practice."""
    looks_zlib = len(body) > 1 and body[0] & 15 == 8 and int.from_bytes(body[:2], "big") % 31 == 0
    return _inflate(body, max_bytes, 15 if looks_zlib else -15)[0]


def _inflate(body: bytes, max_bytes: int, wbits: int) -> tuple[bytes, bytes]:
    """The decoded data, cut just beyond max_bytes, and what follows it."""
    inflater = zlib.decompressobj(wbits)
    try:
        data = inflater.decompress(body, max_bytes + 1)
    except zlib.error as error:
        raise BodyError("unreadable", f"the compressed body is damaged: {error}") from None
    if not inflater.eof and len(data) <= max_bytes:
        raise BodyError("truncated", "the compressed body ends early")
    return data, inflater.unused_data


def _read_bounded(reader: Callable[[io.BytesIO], BrotliReader | ZstdReader]) -> Callable[[bytes, int], bytes]:
    def decode(body: bytes, max_bytes: int) -> bytes:
        try:
            return reader(io.BytesIO(body)).read(max_bytes + 1)
        except (OSError, ValueError) as error:
            if "incomplete" in str(error):
                raise BodyError("truncated", "the compressed body ends early") from None
            raise BodyError("unreadable", f"the compressed body is damaged: {error}") from None

    return decode


_DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _unmarked,
    "x-gzip": _unmarked,
    "deflate": _undeflate,
    "br": _read_bounded(BrotliReader),
    "zstd": _read_bounded(ZstdReader),
}

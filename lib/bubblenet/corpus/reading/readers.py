"""Read any file of a known format as pages. Bad content never raises: each bad record is a Page with the reason."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa

from bubblenet.corpus.reading.formats import format_of
from bubblenet.corpus.reading.pages import READER_VERSION, Page, quarantined
from bubblenet.corpus.reading.single_pages import read_html
from bubblenet.corpus.reading.streams import WHOLE, ByteRange
from bubblenet.corpus.reading.warc import read_warc
from bubblenet.corpus.rights.site_files import site_file
from bubblenet.locations import file_url
from bubblenet.storage import open_steadily


def read_file(path: str, *, max_document_bytes: int, part: ByteRange = WHOLE, refuse_digest_mismatch: bool = True) -> Iterator[Page]:
    """Every page that begins in a part of a file, in order. The parts of a file together give what the whole file gives.

    path: a local path, `file:` URI or URL that pyarrow or fsspec opens; a file of unknown format is read as HTML.
    max_document_bytes: a larger page is quarantined as `too_large`.
    refuse_digest_mismatch: whether a page of an archive is quarantined if it is not the one that its digest was made from.
    A file without pages gives one Page with reason `empty`, a part of a file none; one that cannot be unpacked, or that is there no more,
    `unreadable`. Raises StorageError for what is the fault of the storage.
    """
    url = file_url(path)
    known = format_of(path)
    read = known.read if known else read_html
    if read is read_warc:
        read = functools.partial(read_warc, refuse_digest_mismatch=refuse_digest_mismatch)
    num_pages = 0
    try:
        with open_steadily(path) as source:
            for page in read(source, url, max_document_bytes, part):
                num_pages += 1
                yield _as_site_file(page)
    except (OSError, pa.ArrowException) as error:
        num_pages += 1
        yield quarantined(Page(url, None, "html"), "unreadable", f"the file cannot be read: {error}")
    if not num_pages and part.is_whole:
        yield quarantined(Page(url, None, "html"), "empty", "the file holds no page")


def _as_site_file(page: Page) -> Page:
    """The page as a file of its site, if its address says that it is one and it can be read."""
    kind = site_file(page.url)
    return replace(page, content_type=kind, claims=(), declared_licence=None) if kind and page.reason is None else page


__all__ = ["READER_VERSION", "ByteRange", "Page", "file_url", "read_file"]

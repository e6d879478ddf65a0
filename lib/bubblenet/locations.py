"""Access to input files: a local path, a `file:` URI, or a URL that pyarrow or fsspec opens. All reads are streamed."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast
from urllib.parse import unquote, urlsplit

import fsspec
import pyarrow as pa
import pyarrow.fs
from fsspec.implementations.arrow import ArrowFSWrapper

from bubblenet.remote_files import RemoteFiles

_LOCAL_SCHEME = re.compile(r"file:", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_HDFS = re.compile(r"hdfs://[^/]+", re.IGNORECASE)
_HADOOP_S3 = re.compile(r"s3[an]://", re.IGNORECASE)
_CHAIN = "::"
_REMOTE_READ_BYTES = 4 * 1024 * 1024  # one request to an object store
_HIDDEN = (".", "_")  # skipped, as by Spark
_MODIFIED = ("mtime", "LastModified", "last_modified", "date_time", "modified", "created")


class File(NamedTuple):
    """A listed file. modified_at: None if the file system does not report it."""

    path: str
    size: int
    modified_at: datetime | None


def has_scheme(path: str) -> bool:
    """Whether this is a URL rather than a plain path."""
    return _SCHEME.match(path) is not None


def is_chained(path: str) -> bool:
    """Whether this is a URL of a file inside a file in fsspec notation: `zip://page.html::s3://bucket/pages.zip`."""
    return has_scheme(path) and _CHAIN in path


def file_name(path: str) -> str:
    """The part of a path or URL whose extension determines the format: of a chained URL, the inner file."""
    return path.partition(_CHAIN)[0] if is_chained(path) else path


def local_path(path: str) -> str | None:
    """The local path that a plain path or `file:` URI names; None for another scheme."""
    if _LOCAL_SCHEME.match(path):
        return unquote(urlsplit(path).path)
    return None if has_scheme(path) else path


def literal_path(path: str) -> str:
    """The path escaped for Spark, which interprets every path as a glob."""
    if has_scheme(path):
        return path
    return "".join(f"\\{letter}" if letter in "*?[]{}\\" else letter for letter in str(Path(path).resolve()))


def file_url(path: str) -> str:
    """The `file://` URI of a local path; any other URL unchanged."""
    local = local_path(path)
    return path if local is None else Path(local).absolute().as_uri()


@contextmanager
def open_binary(path: str) -> Iterator[BinaryIO]:
    """Open a path or URL for reading with seek: with pyarrow if it supports the scheme, else with fsspec.

    Raises OSError, ImportError (missing library), ValueError (unknown scheme), or what a file system of fsspec raises.
    """
    local = local_path(path)
    known = _arrow_filesystem(path) if local is None else None
    with ExitStack() as stack:
        if local is not None:
            yield stack.enter_context(open(local, "rb"))
        elif known:
            remote = stack.enter_context(known[0].open_input_file(known[1]))
            yield cast(BinaryIO, io.BufferedReader(remote, _REMOTE_READ_BYTES))
        else:
            yield cast(BinaryIO, stack.enter_context(fsspec.open(path, "rb")))


def walk(url: str) -> Iterator[File]:
    """All files at or below a URL, or matching it as a glob, folder by folder, without hidden ones.

    Raises OSError, ImportError (missing library) or ValueError (unknown scheme).
    """
    known = _arrow_filesystem(url)
    filesystem, root = (ArrowFSWrapper(known[0]), known[1]) if known else fsspec.core.url_to_fs(url)
    for found in _found(filesystem, root):
        for name, info in found.items():
            if info["type"] == "file" and not name.rpartition("/")[2].startswith(_HIDDEN):
                yield File(_url_of(name, url), info["size"] or 0, _modified_at(info))


def _arrow_filesystem(path: str) -> tuple[pyarrow.fs.FileSystem, str] | None:
    """pyarrow's file system and the path in it; None for an unsupported scheme."""
    if is_chained(path):
        return None
    if hdfs := _HDFS.match(path):  # Arrow's own client needs a native library that Spark does not have
        return pyarrow.fs.PyFileSystem(RemoteFiles(hdfs[0])), path[hdfs.end() :].lstrip("/")
    try:
        return pyarrow.fs.FileSystem.from_uri(_HADOOP_S3.sub("s3://", path))
    except pa.ArrowInvalid:
        return None


def _found(filesystem: fsspec.AbstractFileSystem, root: str) -> Iterator[dict[str, dict[str, Any]]]:
    """Name -> file information, folder by folder."""
    if fsspec.core.has_magic(root):
        yield filesystem.glob(root, detail=True)
    elif filesystem.isfile(root):
        yield {root: filesystem.info(root)}
    else:
        for _, _, files in filesystem.walk(root, detail=True, on_error="raise"):
            yield {info["name"]: info for info in files.values()}


def _url_of(name: str, url: str) -> str:
    """The URL of a file found under another URL."""
    if hdfs := _HDFS.match(url):
        return f"{hdfs[0]}/{name.lstrip('/')}"
    scheme = url.partition("://")[0]
    outer = url.partition(_CHAIN)[2]
    return (name if has_scheme(name) else f"{scheme}://{name}") + (_CHAIN + outer if outer else "")


def _modified_at(info: dict[str, Any]) -> datetime | None:
    """The modification time, reported under many names: as a datetime, seconds since 1970, or the six numbers of a zip file."""
    value = next((info[key] for key in _MODIFIED if info.get(key)), None)
    if isinstance(value, (int, float)):
        return datetime.fromtimestamp(value, UTC)
    if isinstance(value, tuple):
        return datetime(*value).replace(tzinfo=UTC)
    return value.astimezone(UTC) if isinstance(value, datetime) else None

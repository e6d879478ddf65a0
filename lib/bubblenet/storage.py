"""Input files on storage that fails now and then: what the storage did is an error of the run, never a verdict on the bytes.

A file opened here tries again what failed, from where it was, and then raises StorageError. An OSError that reaches a reader is therefore
about the content: data that cannot be unpacked, a file inside a file that is not there, a file that was deleted after it was listed.
"""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

from bubblenet import locations
from bubblenet.errors import StorageError

WAITS = (0.5, 2.0, 8.0)
"""Seconds before the second, third and fourth try. Spark tries the task again after that."""

_BUFFER_BYTES = 64 * 1024
_HOPELESS = (PermissionError, FileNotFoundError, ImportError, ValueError)  # a second try at once gives the same
_ABOUT_THE_FILE = (FileNotFoundError, IsADirectoryError, NotADirectoryError)
_UNPACKERS = ("zlib", "zipfile", "lzma", "_lzma", "bz2", "gzip", "tarfile")

_Result = TypeVar("_Result")


@contextmanager
def open_steadily(path: str) -> Iterator[BinaryIO]:
    """Open a path or URL for reading with seek. Raises StorageError, and OSError for what is wrong with the file itself."""
    with _SteadyFile(path) as file:
        try:
            yield cast(BinaryIO, io.BufferedReader(file, _BUFFER_BYTES))
        finally:
            file.check()


class _SteadyFile(io.RawIOBase):
    """A file that is opened at the first access, and again after a failure."""

    def __init__(self, path: str) -> None:
        self._path, self._position = path, 0
        self._stack = ExitStack()
        self._source: BinaryIO | None = None
        self._failure: StorageError | None = None
        self._try(lambda source: source.tell())

    def check(self) -> None:
        """Raise the failure of the storage, if there was one: a reader in another language may have taken it for damage."""
        if self._failure:
            raise self._failure

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_END:
            self._position = self._try(lambda source: source.seek(offset, os.SEEK_END))
        else:
            self._position = offset if whence == os.SEEK_SET else self._position + offset
        return self._position

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._try(lambda source: self._read(source, len(buffer)))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def close(self) -> None:
        self._stack.close()
        super().close()

    def _read(self, source: BinaryIO, size: int) -> bytes:
        if source.tell() != self._position:
            source.seek(self._position)
        return source.read(size)

    def _try(self, work: Callable[[BinaryIO], _Result]) -> _Result:
        for wait in (*WAITS, None):
            try:
                self._source = self._source or self._stack.enter_context(locations.open_binary(self._path))
                return work(self._source)
            except Exception as error:
                if not is_fault_of_storage(error, self._path):
                    raise error if isinstance(error, OSError) else OSError(f"{type(error).__name__}: {error}") from error
                self._reopen_later()
                if wait is None or isinstance(error, _HOPELESS):
                    self._failure = _failure(self._path, error)
                    raise self._failure from error
                time.sleep(wait)
        raise AssertionError("the last try returns or raises")

    def _reopen_later(self) -> None:
        stack, self._stack, self._source = self._stack, ExitStack(), None
        try:
            stack.close()
        except Exception:  # noqa: BLE001 - what failed to be read may fail to be closed
            return


def is_fault_of_storage(error: Exception, path: str) -> bool:
    """Whether an error while a file was opened or read says nothing of the file: then another time, or another account, may read it."""
    if isinstance(error, _ABOUT_THE_FILE):
        local = locations.local_path(path)
        return isinstance(error, FileNotFoundError) and local is not None and not _has_entries(Path(local).parent)
    if not locations.is_chained(path):
        return True
    if type(error).__module__ in _UNPACKERS or isinstance(error, EOFError):
        return False
    return not isinstance(error, OSError) or error.errno is not None or isinstance(error, (ConnectionError, TimeoutError))


def _has_entries(folder: Path) -> bool:
    """Whether a folder is there and holds something: the place where a file system was mounted does not, once that is gone."""
    return folder.is_dir() and any(folder.iterdir())


def _failure(path: str, error: Exception) -> StorageError:
    kind = "" if isinstance(error, StorageError) else f"{type(error).__name__}: "
    todo = "Mend the storage or its credentials and start the run again: nothing was recorded about this file."
    return StorageError(f"to read {path}", f"{kind}{error}", todo)

"""Input files on storage that fails now and then: what the storage did is an error of the run, never a verdict on the bytes.

A file opened here tries again what failed, from where it was, and then raises StorageError. An OSError that reaches a reader is therefore
about the content: data that cannot be unpacked, a file inside a file that is not there, a file that was deleted after it was listed.
"""

from __future__ import annotations

import errno
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
_FAR = 1 << 40  # bytes; before, every storage takes a seek beyond the end of a file
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
        self._num_bytes: int | None = None  # asked for when it is needed: a remote file may have to be opened for it
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
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position}.get(whence)
        position = offset + (self._size() if start is None else start)
        if position < 0:  # what the bytes say, not the storage
            raise OSError(errno.EINVAL, f"a place before the beginning of the file: {position}")
        self._position = position
        return position

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if self._is_beyond():
            return 0
        data = self._try(lambda source: self._read(source, len(buffer)))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def close(self) -> None:
        self._stack.close()
        super().close()

    def _size(self) -> int:
        if self._num_bytes is None:
            self._num_bytes = self._try(lambda source: source.seek(0, os.SEEK_END))
        return self._num_bytes

    def _is_beyond(self) -> bool:
        """Whether the position is one that only damaged data can name, and the storage might refuse."""
        return self._position > _FAR and self._position >= self._size()

    def _read(self, source: BinaryIO, size: int) -> bytes:
        if source.tell() != self._position:
            source.seek(self._position)
        return source.read(size)

    def _try(self, work: Callable[[BinaryIO], _Result]) -> _Result:
        waits = iter(WAITS)
        while True:
            try:
                self._source = self._source or self._stack.enter_context(locations.open_binary(self._path))
                return work(self._source)
            except MemoryError:
                raise
            except Exception as error:
                if not is_fault_of_storage(error, self._path):
                    raise error if isinstance(error, OSError) else OSError(f"{type(error).__name__}: {error}") from error
                self._reopen_later()
                wait = next(waits, None)
                if wait is None or isinstance(error, _HOPELESS):
                    self._failure = _failure(self._path, error)
                    raise self._failure from error
                time.sleep(wait)

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
    todo = "Mend the storage or its credentials and start the run again: nothing was recorded about this file."
    return StorageError(f"to read {path}", f"{type(error).__name__}: {error}", todo)

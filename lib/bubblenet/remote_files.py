"""Files of object stores and HDFS, opened by delta-rs, through Arrow's interface: the same client and credentials as for tables' logs."""

from __future__ import annotations

from typing import Any, Protocol

import pyarrow as pa
from deltalake.fs import DeltaStorageHandler


class _Stream(Protocol):
    @property
    def closed(self) -> bool: ...

    def write(self, data: bytes) -> int: ...

    def flush(self) -> None: ...

    def close(self) -> None: ...


class RemoteFiles(DeltaStorageHandler):
    """As delta-rs has it, but that Arrow can write to it: Arrow gives buffers, delta-rs takes bytes."""

    def open_output_stream(self, path: str, metadata: dict[str, str] | None = None) -> pa.PythonFile:
        """Open a file for writing; it is there when the stream is closed."""
        return pa.PythonFile(_Bytes(self._handler.open_output_stream(path, metadata)), mode="w")


class _Bytes:
    """A stream for bytes that takes buffers."""

    def __init__(self, stream: _Stream) -> None:
        self._stream = stream

    def write(self, data: Any) -> int:
        return self._stream.write(bytes(data))

    def flush(self) -> None:
        self._stream.flush()

    def close(self) -> None:
        self._stream.close()

    @property
    def closed(self) -> bool:
        return self._stream.closed

"""Files of object stores and HDFS, opened by delta-rs, through Arrow's interface: the same client and credentials as for tables' logs."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from deltalake.fs import DeltaStorageHandler


class RemoteFiles(DeltaStorageHandler):
    """As delta-rs has it, but that Arrow can write to it: Arrow gives buffers, delta-rs takes bytes."""

    def open_output_stream(self, path: str, metadata: dict[str, str] | None = None) -> pa.PythonFile:
        """Open a file for writing; it is there when the stream is closed."""
        return pa.PythonFile(_Bytes(self._handler.open_output_stream(path, metadata)), mode="w")


class _Bytes:
    """A stream for bytes that takes buffers."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, data: Any) -> int:
        written: int = self._stream.write(bytes(data))
        return written

    def flush(self) -> None:
        self._stream.flush()

    def close(self) -> None:
        self._stream.close()

    @property
    def closed(self) -> bool:
        return bool(self._stream.closed)

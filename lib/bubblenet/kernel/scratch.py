"""Small files beside tables and plans, wherever those are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pyarrow import fs, parquet

from bubblenet.stores import Store


class Scratch:
    """Small files below one location. Raises AddressError for one that is not supported."""

    def __init__(self, location: str) -> None:
        self._store = Store.of(location)
        self._files = self._store.files()

    def write(self, name: str, content: str | bytes = "") -> None:
        """Create or replace a file."""
        self._make_folder_of(name)
        with self._files.open_output_stream(name) as stream:
            stream.write(content.encode() if isinstance(content, str) else content)

    def write_whole(self, name: str, content: bytes) -> None:
        """Create a file atomically: it becomes visible only when complete."""
        unfinished = f"unfinished/{name}"
        self.write(unfinished, content)
        self.move(unfinished, name)

    def move(self, name: str, to: str) -> None:
        """Rename a file; atomic on file systems that support it."""
        self._make_folder_of(to)
        self._files.move(name, to)

    def read(self, name: str) -> bytes:
        """The content of a file."""
        with self._files.open_input_stream(name) as stream:
            content: bytes = stream.read()
        return content

    def read_all(self, folder: str) -> list[str]:
        """The contents of all files of a folder that are readable at the moment."""
        contents = []
        for name in self.names(folder):
            try:
                contents.append(self.read(f"{folder}/{name}").decode())
            except OSError:
                continue  # being replaced; the next poll finds it
        return contents

    def names(self, folder: str = "") -> list[str]:
        """The names in a folder, by default the top one; empty if it does not exist."""
        return [info.base_name for info in self._files.get_file_info(fs.FileSelector(folder, allow_not_found=True))]

    def parquet_files(self) -> list[tuple[str, int]]:
        """Location and number of rows of every Parquet file, ordered by name; only footers are read."""
        infos = self._files.get_file_info(fs.FileSelector("", allow_not_found=True))
        names = sorted(info.path for info in infos if info.path.endswith(".parquet"))
        with ThreadPoolExecutor(16) as pool:
            counts = pool.map(lambda name: parquet.read_metadata(name, filesystem=self._files).num_rows, names)
        return [(f"{self._store.spark}/{name}", num_rows) for name, num_rows in zip(names, counts, strict=True) if num_rows]

    def delete(self, name: str) -> None:
        """Delete a file."""
        self._files.delete_file(name)

    def delete_everything(self) -> None:
        """Delete the folder itself."""
        parent, _, name = self._store.spark.rpartition("/")
        above = Store.of(parent).files()
        if above.get_file_info(name).type != fs.FileType.NotFound:
            above.delete_dir(name)

    def _make_folder_of(self, name: str) -> None:
        folder = name.rpartition("/")[0]
        if self._store.is_local:  # elsewhere a folder is part of a name
            Path(self._store.spark, folder).mkdir(parents=True, exist_ok=True)

"""Small files beside tables and plans, on any file system supported by pyarrow."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from pyarrow import fs, parquet


class Scratch:
    """Small files below one location, on any file system supported by pyarrow."""

    def __init__(self, location: str) -> None:
        self._scheme = location.split("://")[0] + "://" if "://" in location else ""
        if self._scheme:
            self._filesystem, self._root = fs.FileSystem.from_uri(location.replace("s3a://", "s3://", 1))
        else:
            self._filesystem, self._root = fs.LocalFileSystem(), location

    def write(self, name: str, content: str | bytes = "") -> None:
        """Create or replace a file."""
        path = f"{self._root}/{name}"
        self._filesystem.create_dir(path.rpartition("/")[0], recursive=True)
        with self._filesystem.open_output_stream(path) as stream:
            stream.write(content.encode() if isinstance(content, str) else content)

    def write_whole(self, name: str, content: bytes) -> None:
        """Create a file atomically: it becomes visible only when complete."""
        unfinished = f"unfinished/{name}"
        self.write(unfinished, content)
        self.move(unfinished, name)

    def move(self, name: str, to: str) -> None:
        """Rename a file; atomic on file systems that support it."""
        self._filesystem.create_dir(f"{self._root}/{to}".rpartition("/")[0], recursive=True)
        self._filesystem.move(f"{self._root}/{name}", f"{self._root}/{to}")

    def read(self, name: str) -> bytes:
        """The content of a file."""
        with self._filesystem.open_input_stream(f"{self._root}/{name}") as stream:
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
        selector = fs.FileSelector(f"{self._root}/{folder}" if folder else self._root, allow_not_found=True)
        return [info.base_name for info in self._filesystem.get_file_info(selector)]

    def parquet_files(self) -> list[tuple[str, int]]:
        """Location and number of rows of every Parquet file, ordered by name; only footers are read."""
        infos = self._filesystem.get_file_info(fs.FileSelector(self._root))
        names = sorted(info.path for info in infos if info.path.endswith(".parquet"))
        with ThreadPoolExecutor(16) as pool:
            counts = pool.map(lambda name: parquet.read_metadata(name, filesystem=self._filesystem).num_rows, names)
        return [(f"{self._scheme}{name}", num_rows) for name, num_rows in zip(names, counts, strict=True) if num_rows]

    def delete(self, name: str) -> None:
        """Delete a file."""
        self._filesystem.delete_file(f"{self._root}/{name}")

    def delete_everything(self) -> None:
        """Delete the folder itself."""
        if self._filesystem.get_file_info(self._root).type != fs.FileType.NotFound:
            self._filesystem.delete_dir(self._root)

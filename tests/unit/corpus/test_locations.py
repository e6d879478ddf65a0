"""Files in other places than the local disk: listed lazily, opened as streams, and named when that cannot be."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pyarrow.fs
import pytest

from bubblenet import storage
from bubblenet.corpus.reading.json_lines import read_jsonl
from bubblenet.corpus.reading.streams import WHOLE
from bubblenet.errors import StorageError
from bubblenet.locations import open_binary, walk
from tests.archives import LIMIT, gzip_members, read, some_records


@pytest.fixture
def archive(tmp_path: Path) -> str:
    """The path of a zip file that holds two pages, a WARC file, a style sheet and a hidden file."""
    with zipfile.ZipFile(tmp_path / "a b.zip", "w") as zipped:
        zipped.writestr("one.html", "<p>one")
        zipped.writestr("folder/two.html", "<p>two")
        zipped.writestr("folder/x.warc.gz", b"".join(gzip_members(some_records(3))))
        zipped.writestr("folder/style.css", "p {}")
        zipped.writestr("folder/_SUCCESS", "")
    return str(tmp_path / "a b.zip")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.html", ["one.html"]),
        ("**/*.html", ["folder/two.html", "one.html"]),
        ("folder", ["folder/style.css", "folder/two.html", "folder/x.warc.gz"]),
        ("", ["folder/style.css", "folder/two.html", "folder/x.warc.gz", "one.html"]),
        ("one.html", ["one.html"]),
        ("*.none", []),
    ],
)
def test_files_inside_a_file_are_listed_as_urls_that_open(archive: str, pattern: str, expected: list[str]) -> None:
    files = list(walk(f"zip://{pattern}::{archive}"))

    assert sorted(file.path for file in files) == [f"zip://{name}::{archive}" for name in expected]
    assert all(file.size > 0 and file.modified_at is not None for file in files)
    for file in files:
        with open_binary(file.path) as stream:
            assert len(stream.read()) == file.size


def test_a_file_inside_a_file_is_read_by_its_own_format(archive: str) -> None:
    [page] = read(f"zip://folder/two.html::{archive}")
    pages = read(f"zip://folder/x.warc.gz::{archive}")

    assert (page.url, page.content) == (f"zip://folder/two.html::{archive}", "<p>two")
    assert [page.url for page in pages] == [f"http://example.org/{n}" for n in range(3)]


def test_a_file_uri_and_a_plain_path_give_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a%20b c.html"
    path.write_text("<p>tea")

    assert read(path) == read(path.as_uri())
    assert read(path)[0].content == "<p>tea"
    assert [file.size for file in walk(tmp_path.as_uri())] == [6]


@pytest.mark.parametrize("url", ["zip://none.html::{}", "zip://one.html::{}.gone"])
def test_a_url_that_cannot_be_opened_is_one_unreadable_page(archive: str, url: str) -> None:
    [page] = read(url.format(archive))

    assert page.reason == "unreadable"
    assert page.url == url.format(archive)


@pytest.mark.parametrize("url", ["nothing://x/y.html", "http://example.invalid/x.html"])
def test_a_url_without_storage_behind_it_ends_the_run_by_name(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "WAITS", ())
    with pytest.raises(StorageError, match=url):
        read(url)


@pytest.mark.parametrize("url", ["zip://folder::{}.gone", "zip://nowhere::{}", "nothing://x"])
def test_a_url_that_cannot_be_listed_raises_what_the_caller_names(archive: str, url: str) -> None:
    with pytest.raises((OSError, ValueError)):
        list(walk(url.format(archive)))


def test_lines_of_a_file_that_pyarrow_opened_are_read(tmp_path: Path) -> None:
    """Its own files have no readline; so open_binary buffers them."""
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"text": "one"}\n{"text": "two"}\n'))
    stream = io.BufferedReader(pyarrow.fs.LocalFileSystem().open_input_file(str(path)))

    assert [page.content for page in read_jsonl(stream, "x", LIMIT, WHOLE)] == ["one", "two"]

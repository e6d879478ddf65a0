"""Places and words at their limits: schemes inside paths, files inside files, lines in a terminal, settings without a name."""

from __future__ import annotations

import io
import zipfile

import pyarrow.fs
import pytest
from rich.console import Console

from bubblenet import locations
from bubblenet.errors import SettingsError
from bubblenet.settings import load
from bubblenet.terminal import print_text


def test_a_scheme_counts_at_the_beginning_alone():
    assert locations.local_path("file:/a%20b") == "/a b"
    assert locations.local_path("s3://bucket/file:x") is None
    assert locations.local_path("notes/file:x") == "notes/file:x"


def test_a_file_of_a_system_that_pyarrow_knows_is_read_through_it(tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_bytes(b"one two")
    local = (pyarrow.fs.LocalFileSystem(), str(tmp_path / "a.txt"))
    monkeypatch.setattr(locations, "_arrow_filesystem", lambda path: local)
    with locations.open_binary("s3://bucket/a.txt") as stream:
        assert (stream.read(3), stream.seek(4), stream.read()) == (b"one", 4, b"two")


def test_files_inside_a_file_are_named_with_both(tmp_path):
    with zipfile.ZipFile(tmp_path / "pages.zip", "w") as pages:
        pages.writestr("a/b.html", "<p>tea")
        pages.writestr("a/_c.html", "<p>hidden")
    outer = (tmp_path / "pages.zip").as_uri()

    found = list(locations.walk(f"zip://a/*.html::{outer}"))

    assert [(file.path, file.size) for file in found] == [(f"zip://a/b.html::{outer}", 6)]


def printed(text: str, indent: int, *, is_terminal: bool) -> str:
    out = io.StringIO()
    print_text(Console(file=out, width=20, force_terminal=is_terminal, color_system=None), text, indent)
    return out.getvalue()


def test_a_line_that_just_fits_is_not_wrapped_and_not_padded():
    assert printed("a" * 7 + " " + "b" * 8, 4, is_terminal=True) == f"    {'a' * 7} {'b' * 8}\n"
    wrapped = printed("a" * 7 + " " + "b" * 9, 4, is_terminal=True)
    assert list(map(str.rstrip, wrapped.splitlines())) == [f"    {'a' * 7}", f"    {'b' * 9}"]
    assert printed("short", 2, is_terminal=True) == "  short\n"


def test_elsewhere_a_line_is_not_wrapped():
    assert printed("word " * 20, 2, is_terminal=False) == f"  {'word ' * 20}\n"


@pytest.mark.parametrize("text", ["=3", " =3", "engine.kind", ""])
def test_a_setting_without_a_name_or_a_value_is_refused(text):
    with pytest.raises(SettingsError, match=r"section\.key=value"):
        load(None, [text])

"""A conversion happens once, and its folder appears whole or not at all."""

from __future__ import annotations

import threading
import time

import pytest

from bubblenet.engines import conversion
from bubblenet.engines.conversion import convert_gguf


def test_two_that_convert_at_once_do_the_work_once(tmp_path, monkeypatch):
    calls = []

    def write(gguf, target):
        calls.append(target)
        time.sleep(0.2)
        (target / "model.safetensors").write_bytes(b"done")

    monkeypatch.setattr(conversion, "_write", write)
    found = []
    threads = [threading.Thread(target=lambda: found.append(convert_gguf(tmp_path / "m.gguf", "d" * 64, tmp_path))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1
    assert len(set(found)) == 1
    assert (found[0] / "model.safetensors").read_bytes() == b"done"


def test_a_conversion_that_breaks_off_leaves_nothing_that_could_be_used(tmp_path, monkeypatch):
    def write(gguf, target):
        (target / "config.json").write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(conversion, "_write", write)
    with pytest.raises(OSError, match="disk full"):
        convert_gguf(tmp_path / "m.gguf", "d" * 64, tmp_path)
    assert not [path for path in (tmp_path / "models").iterdir() if path.is_dir()]

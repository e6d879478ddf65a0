"""The device is the one Spark gave the task, and the number format one the device computes in."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from pyspark import TaskContext

from bubblenet.engines import devices
from bubblenet.engines.roles import forward_engine
from bubblenet.settings import load


@pytest.mark.parametrize(
    ("has_cuda", "context", "shared", "wanted"),
    [
        (False, None, None, "cpu"),
        (True, None, None, "cuda:0"),
        (True, {"gpu": SimpleNamespace(addresses=["3"])}, None, "cuda:3"),
        (True, {}, None, "cpu"),
        (True, {}, "0", "cuda:0"),
        (False, {}, "0", "cpu"),
    ],
)
def test_the_gpu_is_that_of_the_task(monkeypatch, has_cuda, context, shared, wanted):
    task = None
    if context is not None:
        task = SimpleNamespace(resources=lambda: context, getLocalProperty=lambda name: shared)
    monkeypatch.setattr(devices, "_GPU_NODES", ("/dev/null",))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: has_cuda)
    monkeypatch.setattr(TaskContext, "get", classmethod(lambda cls: task))
    assert devices.pick_device() == wanted


def test_torch_is_not_asked_where_there_is_no_device(monkeypatch):
    monkeypatch.setattr(devices, "_GPU_NODES", ("/dev/no-such-device",))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: pytest.fail("torch was asked"))
    assert devices.pick_device() == "cpu"


def test_a_number_format_that_is_named_is_used_as_it_is():
    assert devices.resolve_dtype("float32", "cpu") == "float32"
    assert devices.resolve_dtype("bfloat16", "cpu") == "bfloat16"


def test_auto_is_decided_once_where_the_driver_has_it_decided():
    asked = []
    devices.compute_on(lambda: asked.append("a worker") or "bfloat16")
    try:
        assert [devices.resolve_dtype("auto"), devices.resolve_dtype("auto"), devices.resolve_dtype("float32")] == [
            "bfloat16", "bfloat16", "float32",
        ]  # fmt: skip
        settings = load(None, ["engine.kind=transformers"])
        assert (forward_engine(settings).dtype, forward_engine(settings).fingerprint_parts()["dtype"]) == ("bfloat16", "bfloat16")
    finally:
        devices.compute_on(devices.own_dtype)
    assert asked == ["a worker"]


def test_processor_flags_are_read_and_their_absence_is_no_error(tmp_path):
    info = tmp_path / "cpuinfo"
    info.write_text("processor : 0\nflags\t\t: fpu avx2 avx512_bf16\n", encoding="utf-8")
    assert devices._cpu_flags(str(info)) == {"fpu", "avx2", "avx512_bf16"}
    assert devices._cpu_flags(str(tmp_path / "absent")) == set()

"""Choice of device and dtype for a model. torch is imported inside the functions, because Spark workers fork."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

LOCAL_GPU = "bubblenet.local_gpu"
"""Local property through which the driver passes the address of the machine's GPU to the tasks of a model stage, in local mode."""

_GPU_NODES = ("/dev/nvidiactl", "/dev/nvmap", "/dev/dxg", "/dev/kfd")
"""Device files of NVIDIA's driver, of Tegra's, of Windows' in WSL, and of AMD's."""

BFLOAT16_CPU_FLAGS = {"avx512_bf16", "amx_bf16"}


def pick_device() -> str:
    """`cuda:N` for the GPU address assigned to this task, or `cpu`.

    Spark does not set CUDA_VISIBLE_DEVICES for Python workers, so the address is read per task and never guessed.
    Outside a task, the first visible GPU is used.
    """
    if not has_gpu():
        return "cpu"
    is_in_task, address = task_gpu()
    if address is not None:
        return f"cuda:{address}"
    return "cpu" if is_in_task else "cuda:0"


def has_gpu() -> bool:
    """Whether torch can use a GPU here. Where Linux has no device of any kind, torch, which takes seconds to import, is not asked."""
    if sys.platform == "linux" and not any(map(os.path.exists, _GPU_NODES)):
        return False
    import torch

    return torch.cuda.is_available()


def resolve_dtype(dtype: str, device: str | None = None) -> str:
    """Resolve `auto` to bfloat16 where the device computes in it, else to float32; other names are returned unchanged.

    device: None: the one that computes for this process (compute_on), asked once.
    """
    global _decided
    if dtype != "auto":
        return dtype
    if device is not None:
        return "bfloat16" if _has_bfloat16(device) else "float32"
    if _decided is None:
        _decided = _decide()
    return _decided


def own_dtype() -> str:
    """What `auto` is on the device of this process."""
    return resolve_dtype("auto", pick_device())


def compute_on(decide: Callable[[], str]) -> None:
    """From now on, `auto` is what `decide` returns: a driver computes nothing itself, and has it decided where its workers compute."""
    global _decide, _decided
    _decide, _decided = decide, None


_decide: Callable[[], str] = own_dtype
_decided: str | None = None


def task_gpu() -> tuple[bool, str | None]:
    """Whether this is a Spark task, and the address of its GPU, if any: assigned by Spark or, in local mode, by the driver."""
    from pyspark import TaskContext

    context = TaskContext.get()
    if context is None:
        return False, None
    gpu = context.resources().get("gpu")
    if gpu and gpu.addresses:
        return True, gpu.addresses[0]
    return True, context.getLocalProperty(LOCAL_GPU) or None


def _has_bfloat16(device: str) -> bool:
    if device.startswith("cuda"):
        import torch

        return bool(torch.cuda.is_bf16_supported())
    return bool(BFLOAT16_CPU_FLAGS & _cpu_flags())


def _cpu_flags(path: str = "/proc/cpuinfo") -> set[str]:
    """Instruction sets of the first core; empty (hence float32) where the system does not report them."""
    file = Path(path)
    if not file.is_file():
        return set()
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith(("flags", "Features")):
            return set(line.partition(":")[2].split())
    return set()

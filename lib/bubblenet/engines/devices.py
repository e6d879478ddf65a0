"""Where a model runs and in which number format. torch is imported inside the functions: Spark workers fork."""

from __future__ import annotations

from pathlib import Path

LOCAL_GPU = "bubblenet.local_gpu"
"""What the driver tells the tasks of a model stage in local mode: the address of the machine's GPU."""

BFLOAT16_CPU_FLAGS = {"avx512_bf16", "amx_bf16"}


def pick_device() -> str:
    """`cuda:N` of the address that this task has, or `cpu`.

    Spark does not set CUDA_VISIBLE_DEVICES for Python workers, so the address is read per task and never guessed.
    Outside a task, the first visible GPU is used.
    """
    import torch

    if not torch.cuda.is_available():
        return "cpu"
    is_in_task, address = task_gpu()
    if address is not None:
        return f"cuda:{address}"
    return "cpu" if is_in_task else "cuda:0"


def resolve_dtype(dtype: str, device: str | None = None) -> str:
    """`auto` becomes bfloat16 where the device computes in it, else float32; other names pass unchanged."""
    if dtype != "auto":
        return dtype
    return "bfloat16" if _has_bfloat16(device or pick_device()) else "float32"


def task_gpu() -> tuple[bool, str | None]:
    """Whether this is a Spark task, and the address of its GPU if it has one: as Spark gave it, or in local mode the driver."""
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
    """Instruction sets of the first core; empty where the system does not tell, which means float32."""
    file = Path(path)
    if not file.is_file():
        return set()
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith(("flags", "Features")):
            return set(line.partition(":")[2].split())
    return set()

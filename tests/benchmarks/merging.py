"""Peak memory of merging an adapter into a random model, beside the model's size.

    python -m tests.benchmarks.merging --megabytes 2000 --out /tmp/merging

The peak is anonymous memory above what the process had before it: pages of the files that are read are the system's to keep or drop.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import shutil
import threading
import time
from pathlib import Path

import torch
from safetensors.torch import save_file

from bubblenet.training.merging import Adapter, merge

_MB = 1 << 20
_SIDE = 1024
"""Rows and columns of a layer: 4 MiB in float32."""


def main() -> None:
    """Write a model and an adapter, merge, and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1000, help="size of the model")
    parser.add_argument("--shard-megabytes", type=int, default=1024)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    start, out = arguments.out / "start", arguments.out / "merged"
    num_layers = arguments.megabytes // 4
    writer = multiprocessing.get_context("spawn").Process(target=write_model, args=(start, num_layers))  # what it frees is not ours to use
    writer.start()
    writer.join()
    adapter = Adapter({name: (torch.randn(16, _SIDE), torch.randn(_SIDE, 16)) for name in _names(num_layers)}, 2.0)
    shutil.rmtree(out, ignore_errors=True)
    began, before = time.monotonic(), anonymous_bytes()
    with Peak() as peak:
        merge(start, adapter, out, arguments.shard_megabytes * _MB)
    size = sum(file.stat().st_size for file in start.glob("*.safetensors"))
    figures = {"model_mb": size / _MB, "peak_mb": (peak.value - before) / _MB, "seconds": time.monotonic() - began}
    print(json.dumps({name: round(value, 1) for name, value in figures.items()}))


def write_model(folder: Path, num_layers: int) -> None:
    """A folder of weights in shards of 32 layers."""
    folder.mkdir(parents=True, exist_ok=True)
    names = _names(num_layers)
    for first in range(0, num_layers, 32):
        shard = {name: torch.randn(_SIDE, _SIDE) for name in names[first : first + 32]}
        save_file(shard, folder / f"model-{first:05d}.safetensors")


def _names(num_layers: int) -> list[str]:
    return [f"model.layers.{number}.weight" for number in range(num_layers)]


def anonymous_bytes() -> int:
    """Memory of this process that no file stands behind."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon"))


class Peak:
    """The most anonymous memory while it is entered, looked at every five milliseconds."""

    def __init__(self) -> None:
        self.value, self._ended = 0, threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        while not self._ended.wait(0.005):
            self.value = max(self.value, anonymous_bytes())

    def __enter__(self) -> Peak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()


if __name__ == "__main__":
    main()

"""LoRA adapters: saved as PEFT and servers read them, and merged into the starting weights one shard at a time.

Merging holds no model: a tensor of the starting model is read, its product of two small matrices added in float32, and what was gathered
is written as soon as it fills a shard. So its memory is that of one shard, whatever the size of the model.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bubblenet.engines.weights import TOKENIZER_SUFFIXES

if TYPE_CHECKING:
    import torch

SHARD_BYTES = 1 << 30
_PREFIX, _WEIGHT = "base_model.model.", ".weight"
_ADAPTER_WEIGHTS, _INDEX = "adapter_model.safetensors", "model.safetensors.index.json"
_HALVES = (".lora_A.weight", ".lora_B.weight")


@dataclass(frozen=True, slots=True)
class Adapter:
    """The two matrices of each adapted layer, by the name of the weight they are added to. scale: of their product, alpha / rank."""

    layers: Mapping[str, tuple[torch.Tensor, torch.Tensor]]
    scale: float

    @classmethod
    def of(cls, state: Mapping[str, torch.Tensor], scale: float) -> Adapter:
        """From an adapter's state as PEFT saves it: base_model.model.LAYER.lora_A.weight."""
        names = {key.removesuffix(_HALVES[0]) for key in state if key.endswith(_HALVES[0])}
        layers = {name.removeprefix(_PREFIX) + _WEIGHT: (state[name + _HALVES[0]], state[name + _HALVES[1]]) for name in names}
        return cls(layers, scale)

    def fits(self, start: Path) -> bool:
        """Whether each adapted weight is a tensor of the files, of the shape of the product: some models are renamed on loading."""
        shapes = dict(_shapes(start))
        return all(shapes.get(name) == (upper.shape[0], lower.shape[1]) for name, (lower, upper) in self.layers.items())

    def added_to(self, name: str, weight: torch.Tensor) -> torch.Tensor:
        """The weight with its product added in float32, in its own dtype; the weight itself if it has none."""
        import torch

        if name not in self.layers:
            return weight
        lower, upper = (half.to("cpu").float() for half in self.layers[name])
        return torch.addmm(weight.float(), upper, lower, alpha=self.scale).to(weight.dtype)


def save_adapter(folder: Path, state: Mapping[str, torch.Tensor], config: Any, start: str) -> None:
    """Write an adapter as PEFT reads it. config: a LoraConfig. start: the name of the model that it is loaded on top of."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True)
    save_file({name: tensor.to("cpu").contiguous() for name, tensor in state.items()}, folder / _ADAPTER_WEIGHTS, {"format": "pt"})
    config.base_model_name_or_path, config.inference_mode = start, True
    config.save_pretrained(str(folder))


def merge(start: Path, adapter: Adapter, out: Path, shard_bytes: int = SHARD_BYTES) -> None:
    """Write the starting model's folder with the adapter added to its weights. shard_bytes: most bytes of a file, and of memory."""
    out.mkdir(parents=True)
    written: list[dict[str, int]] = []
    shard: dict[str, torch.Tensor] = {}
    for name, weight in _tensors(start):
        if shard and _bytes(shard) + weight.nbytes > shard_bytes:
            written.append(_write(shard, out, len(written)))
            shard = {}
        shard[name] = adapter.added_to(name, weight)
    written.append(_write(shard, out, len(written)))
    _name_shards(out, written)
    for file in start.iterdir():
        if file.suffix in TOKENIZER_SUFFIXES and "index" not in file.name:
            shutil.copy(file, out)


def _tensors(start: Path) -> Iterator[tuple[str, torch.Tensor]]:
    """Every tensor of the model's files, one at a time."""
    from safetensors import safe_open

    for file in sorted(start.glob("*.safetensors")):
        with safe_open(file, framework="pt") as stored:
            for name in sorted(stored.keys()):
                yield name, stored.get_tensor(name)


def _shapes(start: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Name and shape of every tensor; none is read."""
    from safetensors import safe_open

    for file in sorted(start.glob("*.safetensors")):
        with safe_open(file, framework="pt") as stored:
            for name in stored.keys():  # noqa: SIM118 - it is no mapping
                yield name, tuple(stored.get_slice(name).get_shape())


def _bytes(shard: Mapping[str, torch.Tensor]) -> int:
    return sum(tensor.nbytes for tensor in shard.values())


def _write(shard: dict[str, torch.Tensor], out: Path, number: int) -> dict[str, int]:
    from safetensors.torch import save_file

    save_file({name: tensor.contiguous() for name, tensor in shard.items()}, out / f"shard-{number}", {"format": "pt"})
    return {name: tensor.nbytes for name, tensor in shard.items()}


def _name_shards(out: Path, written: list[dict[str, int]]) -> None:
    """Give the files the names that transformers looks for: one alone, or numbered ones with an index."""
    if len(written) == 1:
        (out / "shard-0").rename(out / "model.safetensors")
        return
    places: dict[str, str] = {}
    for number, names in enumerate(written):
        file = f"model-{number + 1:05d}-of-{len(written):05d}.safetensors"
        (out / f"shard-{number}").rename(out / file)
        places |= dict.fromkeys(names, file)
    total = sum(sum(names.values()) for names in written)
    (out / _INDEX).write_text(json.dumps({"metadata": {"total_size": total}, "weight_map": places}, indent=2), encoding="utf-8")

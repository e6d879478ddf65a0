"""Write a LoRA adapter in PEFT's form as the GGUF file that llama.cpp loads on top of the GGUF model it was trained on."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import gguf
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

_PREFIX, _HALVES = "base_model.model.", (".lora_A.weight", ".lora_B.weight")


def write_adapter(folder: Path, model: Path, out: Path) -> None:
    """Convert the adapter in `folder` for `model`, a GGUF file of the llama architecture."""
    reader = gguf.GGUFReader(model)
    architecture = _value(reader, "general.architecture")
    if architecture != "llama":
        sys.exit(f"wanted an adapter for a GGUF model of architecture llama; got {architecture}. Serve the merged weights instead.")
    heads = {part: int(_value(reader, f"llama.attention.{key}")) for part, key in (("q", "head_count"), ("k", "head_count_kv"))}
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, int(_value(reader, "llama.block_count")))
    writer = gguf.GGUFWriter(out, architecture)
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, json.loads((folder / "adapter_config.json").read_text())["lora_alpha"])
    matrices = load_file(folder / "adapter_model.safetensors")
    for layer in sorted(key.removesuffix(_HALVES[0]) for key in matrices if key.endswith(_HALVES[0])):
        lower, upper = (matrices[layer + half].astype(np.float32) for half in _HALVES)
        for part, num_heads in heads.items():
            if layer.endswith(f".{part}_proj"):
                upper = _permuted(upper, num_heads)
        name = names.get_name(layer.removeprefix(_PREFIX))
        writer.add_tensor(f"{name}.weight.lora_a", lower)
        writer.add_tensor(f"{name}.weight.lora_b", upper)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _value(reader: gguf.GGUFReader, key: str) -> str | int:
    field = reader.get_field(key)
    if field is None:
        sys.exit(f"wanted {key} in the GGUF model; got none")
    value: str | int = field.contents()
    return value


def _permuted(rows: NDArray[np.float32], num_heads: int) -> NDArray[np.float32]:
    """GGUF keeps the rows of a llama's queries and keys in the order of its own rotary embedding: halves of a head interleaved."""
    halves = rows.reshape(num_heads, 2, rows.shape[0] // num_heads // 2, rows.shape[1])
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(rows.shape))

"""Conversion of GGUF to safetensors, once per machine: transformers loads GGUF slowly and refuses to save what it loaded.

The converted folder appears atomically: it is written under a temporary name, then renamed. Concurrent processes serialise on a file lock,
and the second finds the folder complete.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
from pathlib import Path

from bubblenet.engines.quiet import quiet_transformers

# float16 has 11 significant bits. A 4-bit block format reconstructs a weight as scale * (0..15) + minimum with 11-bit scales, and its own
# rounding is some 3 % of the block's range; float16 adds at most 0.05 % of the weight. bfloat16 would add 0.4 %, float32 double the disk.
STORED_DTYPE = "float16"
CONVERSION_VERSION = 1


def convert_gguf(gguf: Path, digest: str, cache: Path) -> Path:
    """The folder with safetensors and tokenizer converted from a GGUF file; converted now unless it exists."""
    from filelock import FileLock

    folder = converted_folder(digest, cache)
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not folder.is_dir():
            _convert_into(gguf, folder)
    return folder


def converted_folder(digest: str, cache: Path) -> Path:
    """Where the conversion of the file with this digest is, or will be."""
    return cache / "models" / f"{digest[:32]}-{CONVERSION_VERSION}"


def _convert_into(gguf: Path, folder: Path) -> None:
    unfinished = folder.with_name(f"{folder.name}.{os.getpid()}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    try:
        _write(gguf, unfinished)
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _write(gguf: Path, target: Path) -> None:
    """Load the quantised model, copy its weights into an unquantised model of the same architecture, and save that."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    with quiet_transformers(), contextlib.redirect_stderr(io.StringIO()):  # one progress bar of the GGUF reader cannot be disabled
        tokenizer = AutoTokenizer.from_pretrained(str(gguf.parent), gguf_file=gguf.name)
        quantised = AutoModelForCausalLM.from_pretrained(str(gguf.parent), gguf_file=gguf.name, dtype=torch.float32)
        config = quantised.config
        if hasattr(config, "quantization_config"):
            del config.quantization_config
        plain = AutoModelForCausalLM.from_config(config, dtype=getattr(torch, STORED_DTYPE))
        plain.load_state_dict(quantised.state_dict())
        tokenizer.save_pretrained(str(target))
        plain.save_pretrained(str(target), safe_serialization=True)

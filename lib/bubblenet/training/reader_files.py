"""`bubblenet train-reader`: train, print the curve, and write the folder that scoring.reader names."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from bubblenet.engines import adapters
from bubblenet.engines.devices import pick_device
from bubblenet.engines.weights import describe
from bubblenet.errors import check_installed
from bubblenet.prompts import text_digest
from bubblenet.prompts.match import MATCH
from bubblenet.training.reader import NAME, Reader, ReaderTraining, assess, read_tasks, train

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bubblenet.training.reader import ReadingTask

_OF_PEFT = "base_model.model."
"""Before the names of matrices in peft's files."""


def train_reader(model: str, pairs: Path, out: Path, options: ReaderTraining, console: Console | None = None) -> None:
    """Train a reader for a model on mined passages and write it. Raises InputError or ModelError before any work."""
    console = console or Console()
    check_installed("train", "peft")
    tasks, held_out = read_tasks(pairs)
    tasks = tasks[: options.passages or None]
    source = describe(model)
    reader = Reader(source.folder, pick_device(), options)
    out.mkdir(parents=True, exist_ok=True)
    console.print(f"{len(tasks)} passages to train on, {len(held_out)} held out; {_size(reader):,} weights beside the model")
    curve = []
    for point in train(reader, tasks, held_out[: options.watched], options):
        curve.append(point)
        console.print(_line(point), highlight=False)
    figures = assess(reader, held_out[: options.assessed])
    card = {
        "base": model,
        "base_digest": source.digest,
        "prompt": text_digest(MATCH),
        "max_passage_tokens": options.max_tokens,
        "pairs": hashlib.sha256(pairs.read_bytes()).hexdigest(),
        "packages": sorted({task.package for task in tasks}),
        "held_out": sorted({task.package for task in held_out}),
        "options": asdict(options),
        "curve": curve,
        "auc_held_out": figures,
    }
    digest = write(reader, out, card)
    console.print(_table(figures, held_out[: options.assessed]))
    console.print(f"Reader {digest[:16]}: {out}\nUse it with --set scoring.reader={out}", highlight=False, soft_wrap=True)


def write(reader: Reader, out: Path, card: dict[str, Any]) -> str:
    """Write matrices (float16), configuration and card; returns the digest of the first two."""
    import torch
    from peft import get_peft_model_state_dict
    from safetensors.torch import save

    state = get_peft_model_state_dict(reader.model, adapter_name=NAME)
    matrices = {f"{_OF_PEFT}{name}": value.to("cpu", torch.float16).contiguous() for name, value in state.items()}
    weights = save(matrices, metadata={"format": "pt"})
    config = json.dumps(_plain(reader.config), indent=1, sort_keys=True).encode() + b"\n"
    (out / adapters.WEIGHTS).write_bytes(weights)
    (out / adapters.CONFIG).write_bytes(config)
    digest = adapters.digest_of(weights, config)
    (out / adapters.CARD).write_text(json.dumps(card | {"digest": digest}, indent=1) + "\n", encoding="utf-8")
    return digest


def _plain(config: Any) -> dict[str, Any]:
    """The configuration with sets as sorted lists, and without what is not set: other versions of peft know other keys."""
    values = {name: sorted(value) if isinstance(value, set) else value for name, value in config.to_dict().items()}
    return {name: value for name, value in values.items() if value not in (None, {}, [], False)}


def _size(reader: Reader) -> int:
    return sum(parameter.numel() for parameter in reader.parameters)


def _line(point: dict[str, Any]) -> str:
    hard = ", ".join(f"{kind} {point['auc'][kind]:.3f}" for kind in ("elsewhere", "page", "beside") if kind in point["auc"])
    return f"{point['pairs']:>6} pairs  loss {point['loss']:.3f}  AUC {point['auc']['all']:.3f} ({hard})  {point['seconds']} s"


def _table(figures: dict[str, float], tasks: Sequence[ReadingTask]) -> Table:
    table = Table(title=f"AUC on {len(tasks)} held-out passages, true instructions against")
    table.add_column("kind")
    table.add_column("AUC", justify="right")
    for kind, value in sorted(figures.items(), key=lambda item: item[1]):
        table.add_row(kind, f"{value:.3f}")
    return table

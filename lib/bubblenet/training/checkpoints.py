"""Model weights of a training: the starting model, checkpoints, and the result."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bubblenet.engines.weights import ADAPTER, TOKENIZER_SUFFIXES, describe, digest_of
from bubblenet.settings.training import Training
from bubblenet.training.description import RESULT, WEIGHTS, TrainingJob, TrainingResult
from bubblenet.training.merging import Adapter, merge, save_adapter

if TYPE_CHECKING:
    import torch
    from trl.trainer.sft_trainer import SFTTrainer

# LoRA on every linear layer but the head: Dettmers et al. 2023 (arXiv:2305.14314), section 4.
LORA_LAYERS = "all-linear"
_UNFINISHED = f"{WEIGHTS}.unfinished"


def starting_model(folder: Path, settings: Training, dtype: str) -> Any:
    """The starting model. With full fine-tuning, weights are kept in float32 and only the computation uses the dtype."""
    import torch
    from transformers import AutoModelForCausalLM

    kept_in = "float32" if settings.method == "full" else dtype
    return AutoModelForCausalLM.from_pretrained(
        str(folder), dtype=getattr(torch, kept_in), local_files_only=True, use_safetensors=True, trust_remote_code=False
    )


def lora_config(settings: Training) -> Any:
    """The adapters to train; None for full fine-tuning."""
    from peft import LoraConfig

    if settings.method == "full":
        return None
    return LoraConfig(
        r=settings.lora_rank, lora_alpha=settings.lora_alpha, lora_dropout=settings.lora_dropout, target_modules=LORA_LAYERS,
        task_type="CAUSAL_LM",
    )  # fmt: skip


def last_checkpoint(folder: Path) -> str | None:
    """The newest complete checkpoint: its state is written last. Checkpoints cut off by a kill are skipped."""
    whole = [path.parent for path in folder.glob("checkpoint-*/trainer_state.json") if _is_json(path)]
    return str(max(whole, key=lambda path: int(path.name.rpartition("-")[2]))) if whole else None


def _is_json(file: Path) -> bool:
    try:
        json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        return False
    return True


def save(trainer: SFTTrainer, job: TrainingJob) -> str | None:
    """Write the trained model with the original tokenizer files; returns its digest, None in all processes but the first.

    With LoRA the adapter is written, too, and added to the starting weights shard by shard, without a second copy of the model.
    """
    state = trainer.accelerator.get_state_dict(trainer.model)  # gathered, if each process holds a shard
    if not trainer.is_world_process_zero():
        return None
    start, settings = describe(job.model).folder, Training.model_validate(job.settings)
    unfinished = Path(job.folder) / _UNFINISHED
    shutil.rmtree(unfinished, ignore_errors=True)
    adapter = _save_adapter(trainer, state, job, settings) if settings.method == "lora" else None
    if adapter and adapter.fits(start):
        merge(start, adapter, unfinished)
    else:
        _save_whole(state, start, settings, unfinished)
    return digest_of(str(unfinished))


def _save_adapter(trainer: SFTTrainer, state: dict[str, torch.Tensor], job: TrainingJob, settings: Training) -> Adapter:
    """Write the adapter beside the place of the merged weights."""
    from peft import get_peft_model_state_dict

    model: Any = trainer.accelerator.unwrap_model(trainer.model)
    matrices = get_peft_model_state_dict(model, state_dict=state, save_embedding_layers=False)
    folder = Path(job.folder) / ADAPTER
    shutil.rmtree(folder, ignore_errors=True)
    save_adapter(folder, matrices, model.peft_config["default"], job.model)
    return Adapter.of(matrices, settings.lora_alpha / settings.lora_rank)


def publish(folder: str, result: TrainingResult) -> None:
    """Rename the saved model to its final name, which marks the training as finished, and remove intermediate files."""
    (Path(folder) / RESULT).write_text(json.dumps(asdict(result)), encoding="utf-8")
    (Path(folder) / _UNFINISHED).rename(Path(folder) / WEIGHTS)
    for name in ("checkpoints", "examples"):
        shutil.rmtree(Path(folder) / name, ignore_errors=True)


def _save_whole(state: dict[str, torch.Tensor], start: Path, settings: Training, out: Path) -> None:
    """Write the model by way of a second copy in memory: all weights were trained, or the files name them otherwise than the model."""
    _whole_model(state, start, settings).save_pretrained(out)
    for file in start.iterdir():
        if file.suffix in TOKENIZER_SUFFIXES and not (out / file.name).exists() and "index" not in file.name:
            shutil.copy(file, out)


def _whole_model(state: dict[str, torch.Tensor], start: Path, settings: Training) -> Any:
    """The starting model with the trained weights, in its stored dtype, in this process's memory; LoRA adapters are merged."""
    from peft import get_peft_model

    model = starting_model(start, settings, "float32")
    lora = lora_config(settings)
    if lora is None:
        model.load_state_dict(state)
    else:
        adapted = get_peft_model(model, lora)
        adapted.load_state_dict(state)
        model = adapted.merge_and_unload()
    return model.to(_stored_dtype(start))


def _stored_dtype(folder: Path) -> torch.dtype:
    import torch
    from transformers import AutoConfig

    stored = AutoConfig.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False).dtype or torch.float32
    return getattr(torch, stored) if isinstance(stored, str) else stored

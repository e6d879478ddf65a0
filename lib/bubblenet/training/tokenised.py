"""Shards of an export as token ids and labels, memory-mapped, in the folder of a training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bubblenet.engines.protocol import Prompt
from bubblenet.engines.tokens import Codec
from bubblenet.errors import InputError
from bubblenet.export.formats import FOR_TRAINING
from bubblenet.udfs.files import digest_file

if TYPE_CHECKING:
    from datasets import Dataset

    from bubblenet.training.description import TrainingJob

NOT_TRAINED = -100
"""Label of a token that the loss ignores: those of the prompt."""


@dataclass(frozen=True, slots=True)
class TooLong:
    """Examples that do not fit the limit. num_left_out: their prompt fills it. num_cut: their completion goes beyond it."""

    num_left_out: int
    num_cut: int


def tokenised(job: TrainingJob, tokenizer: Path, max_tokens: int, *, keeps_cut: bool = True) -> tuple[dict[str, Dataset], TooLong]:
    """Examples by split, each `input_ids` and `labels`, and how many did not fit max_tokens. keeps_cut: with those whose completion is cut.

    tokenizer: folder of the model. A second call, or another process, reuses the examples in the folder of the job.
    Raises InputError for files that differ from the manifest, and for rows in another format.
    """
    from datasets import load_dataset
    from datasets.utils.logging import disable_progress_bar

    disable_progress_bar()
    cache = Path(job.folder) / "examples"
    if not cache.exists():
        _check_files(job)
    codec, sets = Codec.load(tokenizer, arguments=job.template_arguments), {}
    num_left_out = num_cut = 0
    for split in sorted({shard["split"] for shard in job.shards}):
        files = [f"{job.export}/{shard['path']}" for shard in job.shards if shard["split"] == split]
        rows = load_dataset(FOR_TRAINING, data_files=files, split="train", cache_dir=str(cache), columns=["prompt", "completion"])
        made = rows.map(
            lambda row: encode(row, codec, max_tokens),
            remove_columns=rows.column_names,
            cache_file_name=str(cache / f"{split}.arrow"),
            new_fingerprint=f"{split}-tokenised",
        )
        fitting = _filtered(made, lambda labels: len(labels) > 0, cache / f"{split}-kept.arrow")
        whole = _filtered(fitting, lambda labels: not is_cut(labels, codec), cache / f"{split}-whole.arrow")
        num_left_out += len(made) - len(fitting)
        num_cut += len(fitting) - len(whole)
        sets[split] = fitting if keeps_cut else whole
    return sets, TooLong(num_left_out, num_cut)


def _filtered(examples: Dataset, keep: Callable[[list[int]], bool], file: Path) -> Dataset:
    return examples.filter(keep, input_columns="labels", cache_file_name=str(file), new_fingerprint=file.stem)


def is_cut(labels: list[int], codec: Codec) -> bool:
    """Whether the limit took the end of the completion. Text cannot encode to an end, so only a whole answer has one."""
    return labels[-len(codec.end_ids) :] != codec.end_ids


def _check_files(job: TrainingJob) -> None:
    """Raise InputError unless the files have the digests of the manifest."""
    for shard in job.shards:
        _, got = digest_file(f"{job.export}/{shard['path']}")
        if got != shard["sha256"]:
            wanted = f"{job.export}/{shard['path']} with digest {shard['sha256'][:16]}"
            raise InputError(wanted, f"digest {got[:16]}", "Export again into an empty folder.")


def encode(row: dict[str, Any], codec: Codec, max_tokens: int) -> dict[str, list[int]]:
    """Ids of prompt and completion with the tokens that end an answer; a completion that is too long is truncated, without an end:
    a model that learnt an end there would learn to stop in mid-sentence.

    Empty if the prompt leaves no room. Raises InputError for turns other than one prompt and one answer.
    """
    *before, user = row["prompt"]
    roles = [turn["role"] for turn in (*row["prompt"], *row["completion"])]
    if roles not in (["user", "assistant"], ["system", "user", "assistant"]):
        raise InputError("prompt and completion of one exchange", f"turns of {', '.join(roles)}", "Export with this version of bubblenet.")
    prompt = codec.encode_prompt(Prompt(user["content"], before[0]["content"] if before else None))
    answer = codec.encode_text(row["completion"][0]["content"]) + codec.end_ids
    ids = (prompt + answer)[:max_tokens]
    if len(ids) <= len(prompt):
        return {"input_ids": [], "labels": []}
    return {"input_ids": ids, "labels": [NOT_TRAINED] * len(prompt) + ids[len(prompt) :]}

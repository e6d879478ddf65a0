"""The work of each training process: read the shards, train, save the weights. Without Spark.

The same function runs under Spark's TorchDistributor and under plain torchrun:

    torchrun --nproc-per-node 8 -m bubblenet.training.finetuning TRAINING.json

The trainer is TRL's SFTTrainer. Its input is tokenised here, by the code that also feeds the engines: text from the web cannot become a
control token, and the model is trained on exactly the prompts that it will be given.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bubblenet.engines.devices import resolve_dtype
from bubblenet.engines.quiet import quiet_transformers
from bubblenet.engines.supervisor import end_with_parent
from bubblenet.engines.weights import check_digest, describe
from bubblenet.errors import InputError, SettingsError
from bubblenet.settings.training import Training
from bubblenet.training.checkpoints import last_checkpoint, lora_config, publish, save, starting_model
from bubblenet.training.description import PROGRESS, VALIDATION, TrainingJob, TrainingResult, alone, read_lines
from bubblenet.training.tokenised import TooLong, tokenised

if TYPE_CHECKING:
    from datasets import Dataset
    from trl.trainer.sft_trainer import SFTTrainer

_PROGRESS_LINES = 200
_CHECKPOINTS_KEPT = 2
# Grace period for processes of a killed start: they end with their parent, but not immediately.
_SECONDS_TO_END = 20


def finetune(job: TrainingJob) -> None:
    """Train or resume from the last checkpoint, and leave weights and result in the folder. Raises the error that makes it impossible."""
    import torch

    if TrainingResult.of(job.folder):
        return
    rank, world, local_world = _place("RANK", 0), _place("WORLD_SIZE", 1), _place("LOCAL_WORLD_SIZE", 1)
    if 1 < world == local_world:  # torchrun sets one thread each; on several machines, or as Spark's tasks, OMP_NUM_THREADS is right
        torch.set_num_threads(max((os.cpu_count() or 1) // world, 1))
    end_with_parent()
    only_one = alone(job.folder, "training", _SECONDS_TO_END) if rank == 0 else nullcontext()
    with _log_of(job.folder, rank), only_one, quiet_transformers():
        trainer, too_long = _trainer(job)
        checkpoint = last_checkpoint(Path(job.folder) / "checkpoints")
        # Not by evaluate(): a model evaluated before training is never wrapped, and its processes would train independently.
        trainer.args.eval_on_start = bool(trainer.eval_dataset) and checkpoint is None
        trainer.train(resume_from_checkpoint=checkpoint)
        if trainer.eval_dataset:
            trainer.evaluate()
        digest = save(trainer, job)
        if digest is not None:
            publish(job.folder, _result(trainer, job, too_long, digest))
        if torch.distributed.is_initialized():
            torch.distributed.barrier()
            torch.distributed.destroy_process_group()


def _place(name: str, alone: int) -> int:
    """A rank or size from torchrun's environment; `alone` outside torchrun."""
    return int(os.environ.get(name, alone))


@contextmanager
def _log_of(folder: str, rank: int) -> Iterator[None]:
    """Redirect the libraries' output, including an error of this process, to a log file of its own."""
    file = Path(folder) / "logs" / f"process-{rank}.log"
    file.parent.mkdir(parents=True, exist_ok=True)
    screens = [(stream, os.dup(stream.fileno())) for stream in (sys.__stdout__, sys.__stderr__) if stream is not None]
    try:
        with file.open("a", encoding="utf-8") as log:
            for stream, _ in screens:
                stream.flush()
                os.dup2(log.fileno(), stream.fileno())
            try:
                yield
            except Exception:
                traceback.print_exc()
                raise
    finally:
        for stream, screen in screens:
            stream.flush()
            os.dup2(screen, stream.fileno())
            os.close(screen)


def global_batch(settings: Training, num_processes: int) -> tuple[int, int]:
    """Batch size per device, and number of gradient accumulation steps.

    Raises SettingsError if the examples of a step cannot be divided evenly among the processes.
    """
    share, rest = divmod(settings.batch_examples, num_processes)
    if rest:
        got = f"{settings.batch_examples} for {num_processes} processes"
        raise SettingsError("training.batch_examples that the processes can share", got, "Take a multiple of the number of processes.")
    at_once = next(size for size in range(min(settings.device_examples, share), 0, -1) if share % size == 0)
    return at_once, share // at_once


def check_fill_a_step(num_examples: int, settings: Training) -> None:
    """Raise InputError for fewer examples than a step has. Of an export, those that do not fit or are packed are fewer still."""
    if num_examples < settings.batch_examples:
        todo = "Export more pairs (export.min_grade), or set training.batch_examples lower."
        raise InputError(f"training examples for one step of {settings.batch_examples}", f"{num_examples}", todo)


def _trainer(job: TrainingJob) -> tuple[SFTTrainer, TooLong]:
    """The trainer, and the numbers of examples that do not fit."""
    from transformers import AutoTokenizer
    from trl.trainer.sft_trainer import SFTTrainer

    settings = Training.model_validate(job.settings)
    check_digest(job.model, job.model_digest)
    folder, device = describe(job.model).folder, "cuda:0" if uses_gpu() else "cpu"
    dtype = resolve_dtype(settings.dtype, device)
    arguments = _arguments(job, settings, dtype)
    with arguments.distributed_state.main_process_first():  # the others find the tokenised examples in its cache
        sets, too_long = tokenised(job, folder, settings.max_tokens, keeps_cut=settings.long_completions == "cut")
    if not len(sets["train"]):
        got = f"none: {too_long.num_left_out} prompts and {too_long.num_cut} completions are longer"
        raise InputError("training examples that fit training.max_tokens", got, "Set it higher.")
    validation = sets.get("validation")
    if validation is not None:
        validation = validation.select(range(min(len(validation), settings.validation_examples)))
    trainer = SFTTrainer(
        model=starting_model(folder, settings, dtype),
        args=arguments,
        train_dataset=sets["train"],
        eval_dataset=validation or None,
        processing_class=AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False),
        peft_config=lora_config(settings),
    )
    _set_steps(trainer, settings)
    # Of the training examples whole steps are left, and no validation example may be dropped. Not among the arguments above, of which a
    # change means another version and so another id for every model: the weights are the same.
    trainer.args.dataloader_drop_last = False
    trainer.add_callback(_progress_callback(job.folder))
    return trainer, too_long


def uses_gpu() -> bool:
    """Whether this process trains on a GPU."""
    import torch

    return torch.cuda.is_available()


def _arguments(job: TrainingJob, settings: Training, dtype: str) -> Any:
    from trl.trainer.sft_config import SFTConfig

    if settings.fsdp and not uses_gpu():
        raise SettingsError("a GPU for training.fsdp", "none in this process", "Set training.fsdp=false.")
    num_processes = _place("WORLD_SIZE", 1)
    at_once, repeats = global_batch(settings, num_processes)
    return SFTConfig(
        output_dir=str(Path(job.folder) / "checkpoints"),
        per_device_train_batch_size=at_once,
        gradient_accumulation_steps=repeats,
        per_device_eval_batch_size=1,  # so the mean over batches is the mean over examples, whatever the number of processes
        max_steps=1,  # set once the examples are counted
        learning_rate=settings.learning_rate,
        lr_scheduler_type=settings.schedule,
        weight_decay=settings.weight_decay,
        seed=settings.seed,
        data_seed=settings.seed,
        bf16=dtype == "bfloat16",
        use_cpu=not uses_gpu(),
        ddp_backend=None if num_processes == 1 else "nccl" if uses_gpu() else "gloo",
        ddp_find_unused_parameters=False,
        gradient_checkpointing=settings.gradient_checkpointing,
        fsdp=settings.fsdp,  # type: ignore[arg-type]  # its documented value
        packing=settings.packing,
        eval_packing=False,
        max_length=settings.max_tokens,
        completion_only_loss=True,
        dataloader_drop_last=True,  # a step always has batch_examples
        average_tokens_across_devices=True,  # each token has the same weight, in whichever process
        include_num_input_tokens_seen="non_padding",
        save_strategy="steps",
        save_steps=settings.checkpoint_steps,
        save_total_limit=_CHECKPOINTS_KEPT,
        logging_strategy="steps",
        logging_first_step=True,
        disable_tqdm=True,
        report_to="none",
    )


def _set_steps(trainer: SFTTrainer, settings: Training) -> None:
    """Set the number of steps, now that the examples (or, packed, sequences) are counted. Raises InputError for less than one step.

    Examples after the last full step of an epoch are dropped: whether the trainer made a smaller step of them would depend on the number
    of processes.
    """
    examples = _examples(trainer)
    check_fill_a_step(len(examples), settings)
    trainer.train_dataset = examples.select(range(len(examples) // settings.batch_examples * settings.batch_examples))
    steps = max(round(settings.epochs * (len(examples) // settings.batch_examples)), 1)
    if settings.tokens:
        tokens_per_step = sum(map(len, examples["input_ids"])) / len(examples) * settings.batch_examples
        steps = min(steps, max(int(settings.tokens / tokens_per_step), 1))
    trainer.args.max_steps = steps
    trainer.args.warmup_steps = round(settings.warmup_share * steps)
    trainer.args.logging_steps = max(steps // _PROGRESS_LINES, 1)


def _examples(trainer: SFTTrainer) -> Dataset:
    """The training examples; with packing, sequences of several examples."""
    return trainer.train_dataset


def _progress_callback(folder: str) -> Any:
    """Logs a line per logging event, on the first process. Steps repeated after a restart are logged again."""
    from transformers import TrainerCallback

    started = time.monotonic()

    def append(name: str, line: dict[str, Any]) -> None:
        with (Path(folder) / name).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")

    class WriteProgress(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **others: Any) -> None:
            if state.global_step >= state.max_steps:  # resuming from a checkpoint of the last step would train one step more
                control.should_save = False

        def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **others: Any) -> None:
            if state.is_world_process_zero and logs and "loss" in logs:
                line = {"step": state.global_step, "of": state.max_steps, "tokens": int(state.num_input_tokens_seen), "loss": logs["loss"]}
                append(PROGRESS, line | {"seconds": round(time.monotonic() - started, 3)})

        def on_evaluate(self, args: Any, state: Any, control: Any, metrics: dict[str, float] | None = None, **others: Any) -> None:
            if state.is_world_process_zero and metrics:
                append(VALIDATION, {"step": state.global_step, "loss": metrics["eval_loss"]})

    return WriteProgress()


def _result(trainer: SFTTrainer, job: TrainingJob, too_long: TooLong, digest: str) -> TrainingResult:
    """Summarise the training. Steps repeated after a kill count once; their seconds count twice, since both were spent."""
    lines = read_lines(Path(job.folder) / PROGRESS)
    validation = {line["step"]: line["loss"] for line in read_lines(Path(job.folder) / VALIDATION)}
    by_step = {line["step"]: line for line in lines}
    starts = [line for line, following in pairwise(lines) if following["seconds"] < line["seconds"]] + lines[-1:]
    return TrainingResult(
        weights_digest=digest,
        num_steps=trainer.state.global_step,
        num_tokens=int(trainer.state.num_input_tokens_seen),
        seconds=sum(line["seconds"] for line in starts),
        num_processes=trainer.accelerator.num_processes,
        num_examples=len(_examples(trainer)),
        num_left_out=too_long.num_left_out,
        num_cut=too_long.num_cut,
        losses=[(step, line["tokens"], line["loss"]) for step, line in sorted(by_step.items())],
        validation_loss_before=validation.get(0),
        validation_loss=validation.get(trainer.state.global_step),
    )


def main(argv: list[str]) -> int:
    """Train as a file describes; the entry point of each torchrun process."""
    finetune(TrainingJob.read(Path(argv[0])))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

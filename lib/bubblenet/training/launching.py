"""The driver's side of a training: starts its processes on the executors, shows progress, registers the model."""

from __future__ import annotations

import logging
import os
import time
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bubblenet.errors import EnvironmentProblem, SettingsError, TrainingError, check_installed
from bubblenet.terminal import elide
from bubblenet.training import registry as models
from bubblenet.training import starting
from bubblenet.training.description import PROGRESS, TrainingResult, alone
from bubblenet.training.finetuning import check_fill_a_step, global_batch
from bubblenet.training.planning import TrainingPlan, plan_training
from bubblenet.training.watching import TrainingProgress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bubblenet.kernel.context import Context

_ERROR_CHARACTERS = 400
_SECONDS_TO_REGISTER = 60.0


@dataclass(frozen=True, slots=True)
class Trained:
    """A model in table `models`. is_new: false if it already existed."""

    plan: TrainingPlan
    result: TrainingResult
    is_new: bool


def train(context: Context, export: str) -> Trained:
    """Bring `models` up to date with the export and the settings; a killed training resumes from its last checkpoint.

    Raises InputError, ModelError or SettingsError before anything starts, TrainingError if a training process fails,
    ConcurrentRunError while another driver trains the same model.
    """
    plan = plan_training(context.settings, export, context.warehouse.location)
    with alone(plan.job.folder, "driver"):
        result = TrainingResult.of(plan.job.folder)
        if result is not None and models.is_recorded(context.warehouse, plan.model_id, result):
            return Trained(plan, result, is_new=False)
        plan.job.write()
        result = result or _run(context, plan)
        models.record(context, plan, result)
    return Trained(plan, result, is_new=True)


def _run(context: Context, plan: TrainingPlan) -> TrainingResult:
    """Train in as many processes as configured."""
    from pyspark import cloudpickle
    from pyspark.ml.torch.distributor import TorchDistributor

    check_installed("train", "trl", "peft")
    num_processes = context.settings.training.processes
    global_batch(context.settings.training, num_processes)
    check_fill_a_step(plan.manifest["splits"]["train"]["examples"], context.settings.training)  # else each process fails, with a trace
    is_local = (context.spark.conf.get("spark.master", None) or "").startswith("local")
    uses_gpu = not is_local and _checked_cluster(context, num_processes)
    distributor = TorchDistributor(num_processes=num_processes, local_mode=is_local, use_gpu=uses_gpu)
    distributor.logger.setLevel(logging.WARNING)
    os.environ.setdefault("OMP_NUM_THREADS", str(max((os.cpu_count() or 1) // num_processes, 1)))  # else torchrun warns that it sets it
    cloudpickle.register_pickle_by_value(starting)
    with TrainingProgress(context.console, Path(plan.job.folder) / PROGRESS), _own_output(plan.job.folder):
        try:
            distributor.run(starting.start, asdict(plan.job))
        except Exception as error:  # noqa: BLE001 - whatever the error, a process log, if any, says more
            raise _failure(plan.job.folder, error) from None
        finally:
            cloudpickle.unregister_pickle_by_value(starting)
    result = TrainingResult.of(plan.job.folder)
    if result is None:
        raise _failure(plan.job.folder, None)
    return result


def _checked_cluster(context: Context, num_processes: int) -> bool:
    """Whether the processes get GPUs. Raises EnvironmentProblem if GPUs would stay idle, SettingsError if not all processes fit at once."""
    conf = context.spark.sparkContext.getConf()
    uses_gpu = conf.get("spark.task.resource.gpu.amount") is not None
    if conf.get("spark.executor.resource.gpu.amount") and not uses_gpu:
        got = "executors with GPUs and no spark.task.resource.gpu.amount"
        raise EnvironmentProblem("tasks that get a GPU", got, "Use conf/spark/train.conf.")
    deadline = time.monotonic() + _SECONDS_TO_REGISTER
    while (slots := context.spark.sparkContext.defaultParallelism // int(conf.get("spark.task.cpus") or 1)) < num_processes:
        if time.monotonic() > deadline:
            got = f"{num_processes} on a cluster with room for {slots}"
            raise SettingsError("training.processes that can all run at once", got, "All start together: give the application more cores.")
        time.sleep(1.0)
    return uses_gpu


@contextmanager
def _own_output(folder: str) -> Iterator[None]:
    """Redirect the output that the launcher relays from its processes to a file: the terminal shows the progress."""
    file = Path(folder) / "logs" / "launcher.log"
    file.parent.mkdir(parents=True, exist_ok=True)
    for old in file.parent.glob("process-*.log"):  # logs of an earlier start must not be mistaken for this one's
        old.unlink()
    with file.open("a", encoding="utf-8") as stream, redirect_stdout(stream):
        yield


def _failure(folder: str, error: Exception | None) -> TrainingError:
    """The last log line of the first process to fail, since the others fail because of it; else the launcher's message."""
    logs = sorted((Path(folder) / "logs").glob("process-*.log"), key=lambda file: file.stat().st_mtime)
    texts = [file.read_text(encoding="utf-8", errors="replace").strip() for file in logs]
    said = [text.splitlines()[-1] for text in texts if "Traceback" in text] + str(error or "nothing").strip().splitlines()[-1:]
    got = f"one that failed, having said: {said[0]}"
    todo = f"Its log is in {folder}/logs. Start the same command again: it goes on from the last checkpoint."
    return TrainingError("all processes of the training to end well", elide(got, _ERROR_CHARACTERS), todo)

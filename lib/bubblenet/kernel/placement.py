"""Where the tasks of a model stage run: one GPU for each, where executors have GPUs.

Spark gives GPUs to tasks by resource profile. The profile of the application asks for none, so stages without a model use all cores and
hold no GPU; the map of a model stage brings a profile of its own. It asks of the task alone, hence the executors stay the same
(stage-level scheduling without dynamic allocation, Spark 3.4 and later).

Local mode schedules no GPUs. There a model stage is one task at a time, and has the one GPU of the machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bubblenet.engines.devices import LOCAL_GPU
from bubblenet.errors import EnvironmentProblem

if TYPE_CHECKING:
    from pyspark.resource import ResourceProfile
    from pyspark.sql import SparkSession

_GPUS = "spark.executor.resource.gpu.amount"


def model_profile(spark: SparkSession) -> ResourceProfile | None:
    """One whole GPU and its share of an executor's cores for each task; None where executors have none.

    Raises EnvironmentProblem where the application's own profile gives every task a GPU: stages without a model would hold them.
    """
    gpus = int(spark.conf.get(_GPUS, "0") or 0)
    if not gpus or _is_local(spark):
        return None
    if spark.conf.get("spark.task.resource.gpu.amount", None):
        raise EnvironmentProblem(
            "tasks that ask for GPUs by stage", "spark.task.resource.gpu.amount for all of them", "Leave that key out; see docs/cluster.md."
        )
    from pyspark.resource import ResourceProfileBuilder, TaskResourceRequests

    cores = int(spark.conf.get("spark.executor.cores", "1") or 1)
    requests = TaskResourceRequests().cpus(max(1, cores // gpus)).resource("gpu", 1)
    return ResourceProfileBuilder().require(requests).build


def has_local_gpu(spark: SparkSession) -> bool:
    """Whether the session says that its one machine has a GPU. Raises EnvironmentProblem for several: local mode gives out none of them."""
    gpus = int(spark.conf.get(_GPUS, "0") or 0) if _is_local(spark) else 0
    if gpus > 1:
        raise EnvironmentProblem("one GPU in local mode", f"{_GPUS}={gpus}", "Start a cluster on this machine; see docs/cluster.md.")
    return gpus == 1


def lend_local_gpu(spark: SparkSession) -> None:
    """Tell the tasks that this thread starts whether they have the GPU of the machine."""
    spark.sparkContext.setLocalProperty(LOCAL_GPU, "0" if has_local_gpu(spark) else "")


def _is_local(spark: SparkSession) -> bool:
    return (spark.conf.get("spark.master", None) or "local").startswith("local")

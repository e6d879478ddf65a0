"""Placement of the tasks of a model stage: one GPU per task, if executors have GPUs.

Spark assigns GPUs to tasks by resource profile. The application's profile requests none, so stages without a model use all cores and
hold no GPU; the map of a model stage has its own profile. It changes only task requests, so the executors stay the same
(stage-level scheduling without dynamic allocation, Spark 3.4 and later).

Local mode schedules no GPUs. There a model stage runs one task at a time, with the one GPU of the machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bubblenet.engines.devices import LOCAL_GPU, has_gpu, own_dtype, resolve_dtype
from bubblenet.errors import EnvironmentProblem

if TYPE_CHECKING:
    from pyspark.resource import ResourceProfile
    from pyspark.sql import SparkSession

_GPUS = "spark.executor.resource.gpu.amount"


def model_profile(spark: SparkSession) -> ResourceProfile | None:
    """One whole GPU and its share of an executor's cores per task; None if executors have none.

    Raises EnvironmentProblem if the application's own profile gives every task a GPU: stages without a model would hold them.
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
    """Whether the session declares a GPU in local mode. Raises EnvironmentProblem for several, since local mode cannot assign them."""
    gpus = int(spark.conf.get(_GPUS, "0") or 0) if _is_local(spark) else 0
    if gpus > 1:
        raise EnvironmentProblem("one GPU in local mode", f"{_GPUS}={gpus}", "Start a cluster on this machine; see docs/cluster.md.")
    return gpus == 1


def lend_local_gpu(spark: SparkSession) -> None:
    """Pass the address of the local GPU, if any, to the tasks started by this thread."""
    spark.sparkContext.setLocalProperty(LOCAL_GPU, "0" if has_local_gpu(spark) else "")


def dtype_of_models(spark: SparkSession) -> str:
    """What `auto` is on the devices of model stages: in a cluster, one task of their profile is asked."""
    if _is_local(spark):
        return resolve_dtype("auto", "cuda:0" if has_local_gpu(spark) and has_gpu() else "cpu")
    asking = spark.sparkContext.parallelize([0], 1).map(lambda _: own_dtype())
    profile = model_profile(spark)
    [dtype] = (asking.withResources(profile) if profile else asking).collect()
    return dtype


def _is_local(spark: SparkSession) -> bool:
    return (spark.conf.get("spark.master", None) or "local").startswith("local")

"""Where the tasks of a model stage run: one GPU for each, where executors have GPUs.

Spark gives GPUs to tasks by resource profile. The profile of the application asks for none, so stages without a model use all cores and
hold no GPU; the map of a model stage brings a profile of its own. It asks of the task alone, hence the executors stay the same
(stage-level scheduling without dynamic allocation, Spark 3.4 and later).

Local mode schedules no GPUs. There a model stage has as many tasks at once as the machine has GPUs, and each takes that of its number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bubblenet.engines.devices import LOCAL_GPUS
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


def local_gpus(spark: SparkSession) -> int:
    """GPUs that the session says its one machine has; 0 on a cluster, where Spark gives them out."""
    return int(spark.conf.get(_GPUS, "0") or 0) if _is_local(spark) else 0


def share_out_gpus(spark: SparkSession) -> None:
    """Tell the tasks that this thread starts how many GPUs they share, if it is they who do so."""
    spark.sparkContext.setLocalProperty(LOCAL_GPUS, str(local_gpus(spark)))


def _is_local(spark: SparkSession) -> bool:
    return (spark.conf.get("spark.master", None) or "local").startswith("local")

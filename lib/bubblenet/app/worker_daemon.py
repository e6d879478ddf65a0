"""What Spark forks its Python workers from (spark.python.daemon.module), with all that a worker of a stage imports already there.

To import it anew takes a worker 2.4 s of a core, and so each that follows one that has failed. torch is left to workers with a model: it
must not have touched a GPU before a fork. Of what is imported, only OpenBLAS and Arrow's jemalloc have threads, and both mind a fork.
"""

from __future__ import annotations

import pandas as pd  # noqa: F401 - pyarrow loads it for its first array
import pyarrow.compute as pc  # noqa: F401
import pyspark.worker  # noqa: F401
from pyspark.daemon import manager
from pyspark.sql.pandas import serializers  # noqa: F401

from bubblenet.udfs import answers, corpus, instructions, paraphrases, rights, scoring, seeds  # noqa: F401

if __name__ == "__main__":
    manager()

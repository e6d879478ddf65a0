"""Grows a history in a process of its own: python -m tests.benchmarks.history_of BASE TARGET PASSAGES."""

from __future__ import annotations

import sys

from bubblenet.app import session
from tests.benchmarks.history import grow

if __name__ == "__main__":
    spark = session.build("bench-history", extra={"spark.sql.codegen.wholeStage": "true", "spark.sql.codegen.factoryMode": "FALLBACK"})
    grow(spark, sys.argv[1], sys.argv[2], int(sys.argv[3]))
    spark.stop()

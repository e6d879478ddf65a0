"""An application for the cluster test: the SQL functions on 100 passages against what the jobs wrote; prints one JSON line."""

from __future__ import annotations

import json
import sys

from bubblenet import settings
from bubblenet.app import session
from bubblenet.kernel.warehouse import Warehouse
from bubblenet.tables import INSTRUCTIONS, SCORES, SEGMENTS
from bubblenet.udfs import sql

_QUERY = """
SELECT i.sample_index, i.kept, i.instruction, backtranslate(p.text) AS again
FROM (SELECT segment_id, first(text) AS text FROM passages GROUP BY segment_id) p
JOIN instructions i ON i.segment_id = p.segment_id AND i.sample_index = 0
LIMIT 100
"""
_SCORES = """
SELECT s.expected_score, self_score(i.instruction, p.text) AS again
FROM scores s JOIN (SELECT DISTINCT instruction_id, segment_id, instruction FROM instructions WHERE kept) i ON i.instruction_id =
s.instruction_id JOIN (SELECT segment_id, first(text) AS text FROM passages GROUP BY segment_id) p ON p.segment_id = i.segment_id WHERE
s.mode = 'five_level_v1'
"""


def main(location: str, overrides: list[str]) -> None:
    """Compare and print."""
    chosen = settings.load(None, overrides)
    spark = session.build("udfs")
    warehouse = Warehouse(spark, location, access="read")
    for name, table in {"passages": SEGMENTS, "instructions": INSTRUCTIONS, "scores": SCORES}.items():
        warehouse.read(table).createOrReplaceTempView(name)
    sql.register(spark, chosen)
    rows = spark.sql(_QUERY).collect()
    scores = spark.sql(_SCORES).collect()
    equal = sum(row["again"] == (row["instruction"] if row["kept"] else None) for row in rows)
    equal_scores = sum(abs(row["again"] - row["expected_score"]) < 1e-4 for row in scores)
    print(json.dumps({"rows": len(rows), "equal": equal, "scores": len(scores), "equal_scores": equal_scores}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])

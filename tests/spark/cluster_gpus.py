"""An application for the test of GPUs: a stage without a model, then two with one; prints as one JSON line where their tasks ran."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from pyspark import TaskContext
from rich.console import Console

from bubblenet import settings
from bubblenet.app import session
from bubblenet.engines.protocol import EngineSpec
from bubblenet.kernel.context import Context
from bubblenet.kernel.fingerprint import Fingerprint
from bubblenet.kernel.stage import Stage, run_stage
from bubblenet.kernel.warehouse import Warehouse
from bubblenet.tables import PASSAGE_SCORES
from bubblenet.udfs.worker import engine_of_task

ROWS = 64


@dataclass(frozen=True)
class Placed:
    """Says for each request which GPUs its task holds; with a spec it also loads that engine."""

    spec: EngineSpec | None
    identity: tuple[str, ...] = ("segment_id",)
    window_rows: int = 4

    def __call__(self, requests: list[dict]) -> Iterator[tuple[dict, dict]]:
        if self.spec:
            engine_of_task(self.spec)
        time.sleep(0.2)
        gpu = TaskContext.get().resources().get("gpu")
        place = json.dumps([list(gpu.addresses) if gpu else [], os.getpid()])
        for request in requests:
            yield request, {"kept": True, "detail": place, "prompt_tokens": 0, "output_tokens": 0}


def main(location: str, call_log: str) -> None:
    """Run the stages and print."""
    spark = session.build("gpus")
    context = Context(spark, settings.load(None, []), Warehouse(spark, location), "A", Console(quiet=True))
    requests = spark.range(ROWS).selectExpr("concat('r', id) AS request_id", "string(id) AS segment_id")
    spec = EngineSpec("scripted", "scripted", "scripted", call_log=call_log)
    places = {}
    for name in ("cpu", "backward", "forward"):
        own = None if name == "cpu" else spec
        run_stage(Stage(name, PASSAGE_SCORES, Fingerprint({"stage": name}), requests, Placed(own), is_model_stage=own is not None), context)
        rows = context.warehouse.read(PASSAGE_SCORES).where(f"fingerprint = '{Fingerprint({'stage': name}).id}'").collect()
        places[name] = [json.loads(row["detail"]) for row in rows]
    print(json.dumps(places))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""The whole pipeline with both models behind HTTP: a told server in the test's process answers the workers in vLLM's words."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from bubblenet.engines.tokens import Codec
from bubblenet.tables import INSTRUCTIONS, SCORES
from tests.corpora import page, write_pages
from tests.spark.pipelines import run_all
from tests.tiny_models import make_tokenizer
from tests.unit.engines.http_servers import Body, Reply, ToldServer

pytestmark = pytest.mark.spark

REFUSED = "purpose of package page1"
CONCURRENCY = 3


class Told:
    """Questions out of the passage's words, labels and log-probabilities out of a hash. Passages about REFUSED are not written about."""

    def __init__(self, codec: Codec) -> None:
        self.codec = codec

    def __call__(self, body: Body) -> Body:
        ids = body["prompt"]
        number = hashlib.sha256(repr((ids, body.get("seed"))).encode()).digest()[0]
        usage = {"prompt_tokens": len(ids), "completion_tokens": 9}
        return {"choices": [{"finish_reason": "stop"} | self._choice(body, ids, number)], "usage": usage}

    def _choice(self, body: Body, ids: list[int], number: int) -> dict[str, Any]:
        if body.get("echo"):
            values = [None] + [-1.0 - number / 1000] * len(ids)
            return {"text": "", "logprobs": {"tokens": [f"token_id:{token}" for token in [*ids, 0]], "token_logprobs": values}}
        if "logprobs" in body:
            labels = {f"token_id:{self.codec.encode_text(label)[0]}": -1.5 - number / 1000 for label in "12345"}
            return {"text": "", "logprobs": {"top_logprobs": [labels]}}
        words = self.codec.decode(ids).split("When the ")[1:]
        if REFUSED in self.codec.decode(ids):
            raise Reply(400, {"error": {"message": "not this one"}})
        return {"text": f"What happens when the {words[number % len(words)].split(',')[0]}?" if words else "Yes."}


@pytest.fixture
def tokenizer_folder(tmp_path) -> str:
    make_tokenizer().save_pretrained(tmp_path / "tokenizer")
    return str(tmp_path / "tokenizer")


def test_a_run_with_both_models_behind_http(make_context, tmp_path, tokenizer_folder):
    pages = write_pages(tmp_path / "pages", {name: page(name) for name in ("page1", "page2")})
    told = Told(Codec.load(tmp_path / "tokenizer"))
    with ToldServer(told) as server:
        wanted = ["engine.kind=server", f"engine.url={server.url}", f"engine.concurrency={CONCURRENCY}", "scoring.max_passage_tokens=256"]
        wanted.append('scoring.modes=["reverse_gain","likelihood","five_level_v1"]')
        wanted += [f"models.backward={tokenizer_folder}", f"models.forward={tokenizer_folder}"]
        context = make_context("A", *wanted, inputs=(str(pages),))
        reports = run_all(context)
        asked = len(server.bodies)
        again = run_all(make_context("A", *wanted, inputs=(str(pages),)))

    candidates = context.warehouse.read(INSTRUCTIONS).collect()
    refused = [row for row in candidates if row["status"] == "quarantined"]
    assert len(candidates) == 4 * 4
    assert {(row["reason"], row["detail"]) for row in refused} == {("engine_error", "RequestFailed: HTTP 400: not this one")}
    assert len(refused) == 4
    assert all(report.counts.is_balanced for report in reports.values())
    assert context.warehouse.read(SCORES).where("status = 'quarantined'").count() == 0
    assert context.warehouse.read(SCORES).where("mode = 'five_level_v1' AND abs(expected_score - 3) < 1e-9").count() == 3
    assert 2 <= server.most_in_flight <= 2 * CONCURRENCY  # two tasks
    assert sum(report.num_rows for report in again.values()) == 0
    assert len(server.bodies) - asked == 3  # the driver tried out what the server can do, and nothing else

"""Prompt tokens sent over those needed: common beginnings count once, and a call's figures are one line of the call log."""

from __future__ import annotations

import json

from bubblenet.engines.protocol import EngineSpec, LikelihoodRequest, Prompt, ServerSpec
from bubblenet.engines.server import ServerEngine, identify
from bubblenet.engines.traffic import Figures, Traffic, num_needed
from bubblenet.engines.weights import find_tokenizer
from tests.tiny_models import make_model
from tests.unit.engines.http_servers import ToldServer, vllm_answer


def test_a_common_beginning_is_needed_once():
    assert num_needed([]) == 0
    assert num_needed([[1, 2, 3], [1, 2, 4, 5], [9], [1, 2, 3]]) == 3 + 2 + 1
    assert num_needed([[1, 2], [1, 2, 3]]) == 3


def test_the_servers_own_count_is_taken_where_it_gives_one():
    traffic = Traffic()
    traffic.add([1, 2], {"usage": {"prompt_tokens": 3, "prompt_tokens_details": {"cached_tokens": 1}}})
    traffic.add([1, 5], {})
    assert traffic.figures() == Figures(sent=5, cached=1, needed=3)
    assert Traffic().figures() == Figures(0, 0, 0)


def test_likelihoods_of_one_passage_say_how_often_it_was_read(model_folder, codec, tmp_path):
    passage = Prompt("a passage of some length " * 4)
    requests = [LikelihoodRequest(text, passage, text) for text in ("Why?", "How?", "Who?")]
    with ToldServer(vllm_answer(make_model())) as server:
        spec = ServerSpec(url=server.url)
        digest = identify(spec, find_tokenizer(str(model_folder)).digest)
        engine = ServerEngine.load(EngineSpec("server", str(model_folder), digest, options=spec, call_log=str(tmp_path)))
        engine.log_likelihood(requests)
        engine.close()

    lines = [json.loads(line) for path in tmp_path.iterdir() for line in path.read_text().splitlines()]
    assert [line["op"] for line in lines] == ["traffic"]
    context, own = len(codec.encode_prompt(passage)), len(codec.encode_text("Why?")) + 1
    assert lines[0]["sent"] == 3 * (context + own)
    assert context + own < lines[0]["needed"] <= context + 3 * own
    assert lines[0]["ratio"] == lines[0]["sent"] / lines[0]["needed"] > 2

"""The server engine against scripted servers: order, bounds, retries, errors of one row and of all, label reading, likelihoods."""

from __future__ import annotations

import math
import re
import time
from dataclasses import replace

import pytest
import torch

from bubblenet.engines import completions
from bubblenet.engines import endpoint as endpoint_module
from bubblenet.engines.endpoint import TOKEN_VARIABLE
from bubblenet.engines.protocol import EngineSpec, GenerationRequest, LabelRequest, LikelihoodRequest, Prompt, ServerSpec
from bubblenet.engines.server import HOPELESS_FAILURES, ServerEngine, identify
from bubblenet.engines.weights import find_tokenizer
from bubblenet.errors import EndpointError
from tests.tiny_models import make_model
from tests.unit.engines.http_servers import MODELS, Reply, ToldServer, sglang_answer, text_answer, vllm_answer
from tests.unit.engines.test_tokens import CONTROL_IDS


def _requests(number, seed=0):
    return [GenerationRequest(str(index), Prompt(f"text {index}"), 8, 0.5, 0.9, seed + index) for index in range(number)]


@pytest.fixture
def connect(model_folder):
    engines = []

    def make(url, profile=None, **changes) -> ServerEngine:
        server = replace(ServerSpec(url=url, max_retries=3, concurrency=4, timeout_seconds=30.0), **changes)
        digest = identify(server, find_tokenizer(str(model_folder)).digest)
        engines.append(ServerEngine.load(EngineSpec("server", str(model_folder), digest, options=server, profile=profile)))
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()


@pytest.fixture
def waits(monkeypatch):
    """The seconds that a retry would have waited. Threads of other tests go on to sleep: it is this module's name that is replaced."""
    seconds: list[float] = []
    monkeypatch.setattr(endpoint_module, "sleep", seconds.append)
    return seconds


def test_results_come_in_the_order_of_the_requests_and_no_more_are_in_flight_than_allowed(connect, codec):
    def answer(body):
        text = codec.decode(body["prompt"])
        time.sleep(0.1 if "text 0" in text else 0.02)  # the first is the last to be ready
        return text_answer(body, text)

    with ToldServer(answer) as server:
        answers = connect(server.url).generate(_requests(16))

    assert [answer.key for answer in answers] == [str(index) for index in range(16)]
    assert all(f"text {answer.key}" in answer.text for answer in answers)
    assert server.most_in_flight == 4


def test_a_request_carries_its_seed_and_its_limits(connect):
    with ToldServer(text_answer) as server:
        answer = connect(server.url).generate(_requests(1, seed=2**62 + 7))[0]

    assert (answer.text, answer.is_finished, answer.output_tokens) == ("What?", True, 3)
    sent = server.bodies[-1]
    assert (sent["model"], sent["seed"], sent["max_tokens"], sent["temperature"], sent["top_p"]) == ("tiny", 7, 8, 0.5, 0.9)
    assert answer.prompt_tokens == len(sent["prompt"])


def test_nothing_of_the_sampling_is_left_to_the_folder_of_the_model_or_to_the_server(connect):
    with ToldServer(text_answer) as server:
        connect(server.url).generate(_requests(1))

    neutral = {"top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0, "presence_penalty": 0.0, "frequency_penalty": 0.0}
    llama = {"repeat_penalty": 1.0, "mirostat": 0, "dynatemp_range": 0.0, "samplers": ["temperature", "top_p"]}
    assert len(server.bodies) == 2  # what is tried out, and the request
    for body in server.bodies:
        assert {name: body.get(name) for name in neutral | llama} == neutral | llama


def test_a_request_carries_no_seed_where_seeds_are_switched_off(connect):
    with ToldServer(text_answer) as server:
        connect(server.url, row_seeds=False).generate(_requests(1))

    assert ["seed" in body for body in server.bodies] == [False, False]


@pytest.mark.parametrize(
    ("reason", "is_finished"), [("stop", True), ("eos", True), ("eos_token", True), ("tool_calls", True), ("length", False)]
)
def test_only_length_means_that_an_answer_was_cut(connect, reason, is_finished):
    with ToldServer(lambda body: _ended(body, reason)) as server:
        answer = connect(server.url).generate(_requests(1))[0]

    assert (answer.error, answer.is_finished) == (None, is_finished)


@pytest.mark.parametrize("reason", ["content_filter", "abort", "mystery", None])
def test_an_answer_that_neither_ended_nor_was_cut_is_an_error_that_names_the_reason(connect, codec, reason):
    def answer(body):
        return _ended(body, reason if "text 1" in codec.decode(body["prompt"]) else "stop")

    with ToldServer(answer) as server:
        answers = connect(server.url).generate(_requests(3))

    assert [answer.text for answer in answers] == ["What?", None, "What?"]
    assert answers[1].error == f"NotAnswered: the server ended the answer with finish_reason {reason!r}"


def _ended(body, reason):
    found = text_answer(body)
    return found | {"choices": [found["choices"][0] | {"finish_reason": reason}]}


@pytest.mark.parametrize("status", [0, 429, 500, 503])
def test_a_failure_that_passes_is_tried_again_after_a_random_wait(connect, waits, status):
    def answer(body):
        if 1 < len(server.bodies) <= 3:  # the first request finds out what the server can do
            raise Reply(status)
        return text_answer(body)

    with ToldServer(answer) as server:
        answers = connect(server.url).generate(_requests(1))

    assert answers[0].error is None
    assert len(server.bodies) == 4
    assert len(waits) == 2
    assert 0 <= waits[0] <= 0.5
    assert 0 <= waits[1] <= 1.0


@pytest.mark.parametrize(
    ("header", "least", "most"), [("3", 3.0, 3.5), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0, 0.5), ("soon", 0.0, 0.5), ("900", 30.0, 30.0)]
)
def test_a_server_is_given_the_time_that_it_asks_for_up_to_a_limit(connect, waits, header, least, most):
    def answer(body):
        if len(server.bodies) == 2:
            raise Reply(429, Retry_After=header)
        return text_answer(body)

    with ToldServer(answer) as server:
        connect(server.url).generate(_requests(1))

    assert least <= waits[0] <= most


def test_a_request_that_is_refused_costs_itself_only(connect, codec):
    def answer(body):
        if "text 2" in codec.decode(body["prompt"]):
            raise Reply(400, {"error": {"message": "too many tokens"}})
        return text_answer(body)

    with ToldServer(answer) as server:
        answers = connect(server.url).generate(_requests(5))

    assert [answer.error for answer in answers] == [None, None, "RequestFailed: HTTP 400: too many tokens", None, None]


def test_an_answer_that_does_not_come_in_time_costs_its_row(connect, codec):
    def answer(body):
        if "text 1" in codec.decode(body["prompt"]):
            time.sleep(1.5)
        return text_answer(body)

    with ToldServer(answer) as server:
        answers = connect(server.url, timeout_seconds=0.5).generate(_requests(3))

    assert [answer.error is None for answer in answers] == [True, False, True]
    assert "engine.request_timeout_seconds" in answers[1].error


def test_a_server_that_is_gone_ends_the_work_instead_of_every_row(connect, waits):
    with ToldServer(text_answer) as server:
        engine = connect(server.url)
        engine.generate(_requests(1))
    with pytest.raises(EndpointError, match=r"Start it, or set engine\.url"):
        engine.generate(_requests(3))


def test_a_server_that_answers_nobody_ends_the_work_instead_of_every_row(connect, waits):
    def answer(body):
        if len(server.bodies) > 1:
            raise Reply(500)
        return text_answer(body)

    with ToldServer(answer) as server, pytest.raises(EndpointError, match=r"errors and nothing else.*HTTP 500") as caught:
        connect(server.url, concurrency=4).generate(_requests(HOPELESS_FAILURES + 10))

    failures = int(re.search(r"(\d+) errors", str(caught.value))[1])
    assert HOPELESS_FAILURES <= failures < HOPELESS_FAILURES + 4  # one that is in flight may fail before the message is made


@pytest.mark.parametrize(("status", "hint"), [(401, TOKEN_VARIABLE), (404, r"engine\.url")])
def test_a_refusal_of_all_requests_says_what_to_do(connect, status, hint):
    def answer(body):
        raise Reply(status)

    with ToldServer(answer) as server, pytest.raises(EndpointError, match=hint):
        connect(server.url).generate(_requests(1))


def test_the_key_comes_from_the_environment_and_is_in_no_message(connect, monkeypatch):
    monkeypatch.setenv(TOKEN_VARIABLE, "sesame")

    def answer(body):
        raise Reply(403)

    with ToldServer(answer) as server, pytest.raises(EndpointError) as caught:
        connect(server.url).generate(_requests(1))

    assert set(server.tokens) == {"Bearer sesame"}
    assert "sesame" not in str(caught.value)


def test_a_passage_cannot_send_a_control_token(connect, codec):
    with ToldServer(text_answer) as server:
        engine = connect(server.url)
        engine.generate([GenerationRequest(text, Prompt(text, text, text), 8, 0.0, 1.0, 0) for text in ("calm", "<|im_end|><think>[INST]")])
    prompts = [body["prompt"] for body in server.bodies if body["max_tokens"] == 8]  # the engine's own probe comes at any time
    assert [sum(token in CONTROL_IDS for token in prompt) for prompt in prompts] == [5, 5]


def test_a_server_that_does_not_read_token_ids_is_refused(connect):
    def answer(body):
        return text_answer({"prompt": str(body["prompt"])})

    with ToldServer(answer) as server, pytest.raises(EndpointError, match="token ids were sent"):
        connect(server.url).generate(_requests(1))


def test_a_server_that_ignores_logprobs_is_an_error_for_labels_and_none_for_writing(connect):
    with ToldServer(text_answer) as server:
        engine = connect(server.url)
        assert engine.generate(_requests(1))[0].error is None
        with pytest.raises(EndpointError, match=r"log-probabilities of the next token.*no log-probabilities.*vLLM or llama\.cpp"):
            engine.label_distribution([LabelRequest("a", Prompt("Rate"), ("1", "2"))])


@pytest.mark.parametrize("dialect", ["ids", "token_id", "text"])
def test_labels_are_summed_over_their_variants_and_the_rest_is_kept_outside(connect, codec, monkeypatch, dialect):
    tokens = {"1": 49, " 1": 301, "2": 50, "no": 77}
    monkeypatch.setattr(type(codec), "label_ids", lambda self, label: [tokens[text] for text in (label, f" {label}") if text in tokens])
    values = {text: math.log(value) for text, value in {"1": 0.25, " 1": 0.125, "2": 0.125, "no": 0.4, "rare": 0.0001}.items()}
    logprobs = {
        "ids": {"content": [{"top_logprobs": [{"id": tokens.get(t, 9), "token": "?", "logprob": v} for t, v in values.items()]}]},
        "token_id": {"top_logprobs": [{f"token_id:{tokens.get(text, 9)}": value for text, value in values.items()}]},
        "text": {"top_logprobs": [values]},
    }[dialect]

    with ToldServer(lambda body: text_answer(body, logprobs=logprobs)) as server:
        found = connect(server.url).label_distribution([LabelRequest("a", Prompt("Rate"), ("1", "2"))])[0]

    assert found.probabilities == pytest.approx((0.75, 0.25))
    assert found.mass == pytest.approx(0.5)


@pytest.mark.parametrize("values", [{"no": -0.1}, {"1": math.log(0.25), "no": math.log(0.2)}])
def test_labels_that_the_server_did_not_show_but_could_matter_are_an_error_of_the_row(connect, values):
    with ToldServer(lambda body: text_answer(body, logprobs={"top_logprobs": [values]})) as server:
        found = connect(server.url).label_distribution([LabelRequest("a", Prompt("Rate"), ("1", "2"))])[0]

    assert found.probabilities is None
    assert "engine.top_logprobs" in found.error


def test_what_vllm_would_answer_gives_the_numbers_of_the_transformers_engine(connect, make_engine):
    labels = [LabelRequest("a", Prompt("Rate it", "Be brief", "Level: "), ("1", "2", "3"))]
    likelihoods = [
        LikelihoodRequest(text, context, text) for text in ("Why?", "a b") for context in (None, Prompt("So", assistant_prefix="It "))
    ]
    here = make_engine()
    with ToldServer(vllm_answer(make_model())) as server:
        there = connect(server.url, top_logprobs=300)
        for wanted, got in zip(here.log_likelihood(likelihoods), there.log_likelihood(likelihoods), strict=True):
            assert got.log_probability == pytest.approx(wanted.log_probability, abs=1e-3)
            assert (got.key, got.num_tokens, got.context_tokens) == (wanted.key, wanted.num_tokens, wanted.context_tokens)
        wanted, got = here.label_distribution(labels)[0], there.label_distribution(labels)[0]
        empty = there.log_likelihood([LikelihoodRequest("e", None, "")])[0]

    assert got.probabilities == pytest.approx(wanted.probabilities, abs=1e-4)
    assert got.mass == pytest.approx(wanted.mass, abs=1e-4)
    assert empty.error.startswith("BadRequest")


def test_the_end_of_an_answer_is_measured_there_too(connect, make_engine, codec):
    """With one token that ends, since a server shows others only among the likeliest."""
    asked = [LikelihoodRequest(text, context, text) for text in ("Why?", "a b") for context in (None, Prompt("So"))]
    profile = replace(codec.profile, stop_ids=tuple(codec.end_ids))
    with ToldServer(vllm_answer(make_model())) as server:
        there = connect(server.url, profile=profile).log_likelihood(asked)
        sent = server.bodies[-1]["prompt"]

    assert sent[-1:] == codec.end_ids
    model = make_model()
    for request, answer in zip(asked, there, strict=True):
        context, continuation = codec.encode_likelihood(request)
        states = model(torch.tensor([context + continuation])).logits[0].log_softmax(-1)
        assert answer.end_log_probability == pytest.approx(float(states[-1, codec.end_ids[-1]]), abs=1e-3)
        assert (answer.num_tokens, len(answer.token_log_probabilities)) == (len(continuation), len(continuation))
        assert answer.log_probability == pytest.approx(math.fsum(answer.token_log_probabilities))


SGLANG = {"data": [MODELS["data"][0] | {"owned_by": "sglang"}]}


def test_sglang_is_asked_for_what_stands_behind_the_passage_alone(connect, make_engine, tmp_path):
    asked = [LikelihoodRequest(text, context, text) for text in ("Why?", "a b") for context in (None, Prompt("So"))]
    with ToldServer(sglang_answer(make_model()), SGLANG) as server:
        there = connect(server.url).log_likelihood(asked)
        sent = [(body["logprob_start_len"], len(body["input_ids"])) for body in server.bodies[-len(asked) :]]

    for wanted, got in zip(make_engine().log_likelihood(asked), there, strict=True):
        assert got.log_probability == pytest.approx(wanted.log_probability, abs=1e-3)
        assert got.end_log_probability == pytest.approx(wanted.end_log_probability, abs=1e-3)
        assert (got.key, got.num_tokens, got.context_tokens) == (wanted.key, wanted.num_tokens, wanted.context_tokens)
    expected = [(answer.context_tokens - 1, answer.context_tokens + answer.num_tokens + 1) for answer in there]
    assert sorted(sent) == sorted(expected)


@pytest.mark.parametrize("fault", ["other_tokens", "none", "no_ends"])
def test_what_sglang_says_of_other_tokens_is_an_error_of_the_row(connect, fault):
    honest = sglang_answer(make_model())

    def answer(body):
        found = honest(body)
        if len(server.bodies) > 1:
            rows = found["meta_info"]["input_token_logprobs"]
            rows[-1][:2] = {"other_tokens": [-1.0, rows[-1][1] + 1], "none": [None, rows[-1][1]], "no_ends": rows[-1][:2]}[fault]
            found["meta_info"]["input_token_ids_logprobs"] *= fault != "no_ends"
        return found

    with ToldServer(answer, SGLANG) as server:
        found = connect(server.url).log_likelihood([LikelihoodRequest("a", None, "Why?")])[0]
    assert found.log_probability is None
    assert "log-probabilities" in found.error


def test_labels_that_are_unlikely_are_measured_where_the_server_can_be_told_which(connect, make_engine):
    asked = [LabelRequest("a", Prompt("Rate it", "Be brief", "Level:"), ("1", "2", "3"))]
    with ToldServer(vllm_answer(make_model())) as server:
        got = connect(server.url, top_logprobs=20).label_distribution(asked)[0]
    wanted = make_engine().label_distribution(asked)[0]
    assert got.probabilities == pytest.approx(wanted.probabilities, abs=1e-4)
    assert got.mass == pytest.approx(wanted.mass, abs=1e-4)


def test_more_label_tokens_than_a_server_shows_are_looked_for_among_the_likeliest():
    assert completions.next_token([1], 2, {5, 4})["logprob_token_ids"] == [4, 5]
    assert "logprob_token_ids" not in completions.next_token([1], 2, {5, 4, 3})


def test_other_tokens_that_end_an_answer_count_where_the_server_shows_them():
    shown = [None, {"token_id:7": -3.0}, {"token_id:9": -1.0, "token_id:5": -2.0, "token_id:4": -2.5}]
    answer = {"choices": [{"logprobs": {"top_logprobs": shown, "token_logprobs": [None, -3.0, -1.0], "tokens": []}}]}
    assert completions.read_end(answer, [1, 7, 9], {9, 4, 8}) == pytest.approx(math.log(math.exp(-1.0) + math.exp(-2.5)))
    assert completions.read_end(answer, [1, 7, 9], {9}) == pytest.approx(-1.0)


def test_a_server_that_does_not_echo_log_probabilities_is_an_error_for_likelihoods(connect):
    def answer(body):
        return text_answer(body, logprobs={"content": [{"top_logprobs": [{"id": 1, "logprob": -0.1}]}]})  # llama.cpp

    with ToldServer(answer) as server, pytest.raises(EndpointError, match=r"prompt's tokens.*engine\.forward\.kind = transformers"):
        connect(server.url).log_likelihood([LikelihoodRequest("a", None, "text")])


def test_an_echo_of_another_prompt_is_an_error_of_the_row(connect):
    honest = vllm_answer(make_model())

    def answer(body):
        return honest(body | ({"prompt": [7] * len(body["prompt"])} if len(server.bodies) > 1 else {}))

    with ToldServer(answer) as server:
        found = connect(server.url).log_likelihood([LikelihoodRequest("a", None, "text")])[0]

    assert found.error == "NotAnswered: another prompt than was sent"

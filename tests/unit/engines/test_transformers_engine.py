"""The engine's promises, on a tiny random model in float32."""

from __future__ import annotations

import random

import pytest
import torch

from bubblenet.engines.protocol import GenerationRequest, LabelRequest, LikelihoodRequest, Prompt

PASSAGES = ["Honey keeps for years in a closed jar.", "A tyre is changed with a jack and a wrench.", "Rain falls."]


def _generation(key: int, passage: str, temperature: float = 0.9, **changes) -> GenerationRequest:
    values = {"max_new_tokens": 12, "temperature": temperature, "top_p": 0.95, "seed": 1000 + key}
    return GenerationRequest(str(key), Prompt(f"{passage} What is it?"), **(values | changes))


def _requests() -> list[GenerationRequest]:
    return [_generation(key, PASSAGES[key % 3]) for key in range(12)]


def _likelihoods() -> list[LikelihoodRequest]:
    continuations = ["Why does it keep?", "How?", "What falls from the sky when it rains all day long?"]
    return [LikelihoodRequest(f"{p}{c}", Prompt(PASSAGES[p]), continuations[c]) for p in range(3) for c in range(3)]


def test_sampled_text_does_not_depend_on_the_batch(make_engine):
    together = make_engine().generate(_requests())
    shuffled = _requests()
    random.Random(3).shuffle(shuffled)
    assert {answer.key: answer.text for answer in make_engine(token_budget=200).generate(shuffled)} == {a.key: a.text for a in together}
    alone = [make_engine().generate([request])[0] for request in _requests()]
    assert alone == together


def test_the_seed_alone_decides_the_sample(make_engine):
    first, same, other = make_engine().generate(
        [_generation(0, PASSAGES[0], seed=5), _generation(1, PASSAGES[0], seed=5), _generation(2, PASSAGES[0], seed=6)]
    )
    assert first.text == same.text != other.text


def test_temperature_zero_takes_the_most_probable_tokens(make_engine, model, codec):
    request = _generation(0, PASSAGES[0], temperature=0.0)
    answer = make_engine().generate([request])[0]
    ids = codec.encode_prompt(request.prompt)
    written: list[int] = []
    with torch.inference_mode():
        for _ in range(request.max_new_tokens):
            _, states = model.read_prefixes([ids + written])
            token = int(model.logits(states[0, -1]).argmax())
            if token in codec.stop_ids:
                break
            written.append(token)
    assert answer.text == codec.decode(written)
    assert answer.output_tokens == len(written)


@pytest.mark.parametrize("budget", [64, 300, 4096])
def test_likelihoods_do_not_depend_on_batching_or_order(make_engine, budget):
    wanted = {request.key: make_engine().log_likelihood([request])[0] for request in _likelihoods()}
    requests = _likelihoods()
    random.Random(budget).shuffle(requests)
    answers = make_engine(token_budget=budget, window_rows=5).log_likelihood(requests)
    assert [answer.key for answer in answers] == [request.key for request in requests]
    for answer in answers:
        assert answer.log_probability == pytest.approx(wanted[answer.key].log_probability, abs=1e-4)
        assert answer.num_tokens == wanted[answer.key].num_tokens


def test_a_likelihood_is_the_sum_of_token_log_probabilities(make_engine, model, codec):
    answer = make_engine().log_likelihood([LikelihoodRequest("a", None, "abc")])[0]
    ids = [*codec.begin_ids, *codec.encode_text("abc")]
    with torch.inference_mode():
        _, states = model.read_prefixes([ids[:-1]])
        log_probabilities = model.logits(states[0]).log_softmax(-1)
    assert answer.log_probability == pytest.approx(float(log_probabilities[range(3), ids[1:]].sum()), abs=1e-4)
    assert (answer.num_tokens, answer.context_tokens) == (3, 1)


def test_label_probabilities_sum_to_one_and_their_mass_is_a_probability(make_engine):
    answer = make_engine().label_distribution([LabelRequest("a", Prompt("Rate it", assistant_prefix="Level: "), ("1", "2", "3"))])[0]
    assert sum(answer.probabilities) == pytest.approx(1.0)
    assert 0 < answer.mass < 1


def test_failed_rows_are_results_and_leave_the_others_alone(make_engine):
    answers = make_engine().log_likelihood(
        [LikelihoodRequest("empty", None, ""), LikelihoodRequest("ok", None, "abc"), LikelihoodRequest("long", None, "x" * 600)]
    )
    assert [answer.key for answer in answers] == ["empty", "ok", "long"]
    assert [answer.error and answer.error.split(":")[0] for answer in answers] == ["BadRequest", None, "TooLong"]
    label = make_engine().label_distribution([LabelRequest("a", Prompt("x"), ("several tokens",))])[0]
    assert label.probabilities is None
    assert label.error.startswith("BadRequest")


def test_memory_that_runs_out_once_costs_nothing_but_time(make_engine, model, monkeypatch):
    wanted = make_engine().generate(_requests())
    read, calls = model.read_prefixes, []

    def sometimes(prefixes):
        calls.append(len(prefixes))
        if len(prefixes) > 1:
            raise MemoryError("injected")
        return read(prefixes)

    monkeypatch.setattr(model, "read_prefixes", sometimes)
    assert make_engine().generate(_requests()) == wanted
    assert max(calls) > 1


def test_memory_that_never_suffices_gives_one_error_a_row(make_engine, model, monkeypatch):
    def never(prefixes):
        raise MemoryError("injected")

    monkeypatch.setattr(model, "read_prefixes", never)
    answers = make_engine().generate(_requests()[:3])
    assert [answer.error for answer in answers] == ["MemoryError: injected"] * 3
    assert all(answer.text is None for answer in answers)

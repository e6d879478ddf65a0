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


RUBRIC = "You judge how well an answer serves the person who asked. Say 1 when it misses the question and 5 when it could be no better."
QUESTIONS = ["What is it?", "How long does honey keep in a jar?", "Why does it rain?"]


def _ratings() -> list[LabelRequest]:
    prompts = [(f"{word}: {passage * 8}"[:90], question) for passage in PASSAGES for word in ("Once", "Twice") for question in QUESTIONS]
    return [
        LabelRequest(f"{number}", Prompt(f"{RUBRIC}\n{passage}\n{question}", assistant_prefix="Level: "), ("1", "2", "3"))
        for number, (passage, question) in enumerate(prompts)
    ]


@pytest.mark.parametrize("budget", [300, 1000, 8192])
def test_a_rubric_that_is_read_once_changes_no_score(make_engine, model, budget, monkeypatch):
    wanted = {answer.key: answer for answer in make_engine(is_shared=False).label_distribution(_ratings())}
    read, roots = model.read_prefixes, []
    monkeypatch.setattr(model, "read_prefixes", lambda prefixes, root=(): roots.append(len(root)) or read(prefixes, root))
    for answer in make_engine(token_budget=budget).label_distribution(_ratings()):
        assert answer.probabilities == pytest.approx(wanted[answer.key].probabilities, abs=1e-4)
        assert answer.mass == pytest.approx(wanted[answer.key].mass, abs=1e-4)
        assert answer.prompt_tokens == wanted[answer.key].prompt_tokens
    assert max(roots) > len(RUBRIC)


def test_a_rubric_is_read_once_for_all_batches_and_windows(make_engine, model, monkeypatch):
    run, shapes = model._run, []
    monkeypatch.setattr(model, "_root", ((), {}))
    monkeypatch.setattr(model, "_run", lambda ids, *rest: shapes.append(tuple(ids.shape)) or run(ids, *rest))
    make_engine(token_budget=400).label_distribution(_ratings())
    make_engine(token_budget=400).label_distribution(_ratings())
    assert len([shape for shape in shapes if shape[0] == 1 and shape[1] > len(RUBRIC)]) == 1
    assert len(shapes) > 4


def test_texts_written_under_one_rubric_are_those_written_alone(make_engine):
    requests = [
        GenerationRequest(rating.key, rating.prompt, 10, 0.9 * (int(rating.key) % 2), 0.95, seed=int(rating.key)) for rating in _ratings()
    ]
    together = make_engine().generate(requests)
    assert together == make_engine(is_shared=False).generate(requests)
    assert together == [make_engine().generate([request])[0] for request in requests]


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
        assert answer.token_log_probabilities == pytest.approx(wanted[answer.key].token_log_probabilities, abs=1e-4)
        assert answer.end_log_probability == pytest.approx(wanted[answer.key].end_log_probability, abs=1e-4)


def test_a_likelihood_is_the_sum_of_token_log_probabilities(make_engine, model, codec):
    answer = make_engine().log_likelihood([LikelihoodRequest("a", None, "abc")])[0]
    ids = [*codec.begin_ids, *codec.encode_text("abc")]
    with torch.inference_mode():
        _, states = model.read_prefixes([ids])
        log_probabilities = model.logits(states[0]).log_softmax(-1)
    assert answer.token_log_probabilities == pytest.approx(log_probabilities[range(3), ids[1:]].tolist(), abs=1e-4)
    assert answer.log_probability == pytest.approx(sum(answer.token_log_probabilities))
    assert answer.end_log_probability == pytest.approx(float(log_probabilities[3, sorted(codec.stop_ids)].logsumexp(-1)), abs=1e-4)
    assert (answer.num_tokens, answer.context_tokens) == (3, 1)


def test_label_probabilities_sum_to_one_and_their_mass_is_a_probability(make_engine):
    answer = make_engine().label_distribution([LabelRequest("a", Prompt("Rate it", assistant_prefix="Level: "), ("1", "2", "3"))])[0]
    assert sum(answer.probabilities) == pytest.approx(1.0)
    assert 0 < answer.mass < 1


def test_the_mass_outside_the_labels_is_kept(make_engine, model, codec):
    request = LabelRequest("a", Prompt("Rate it", assistant_prefix="Level: "), ("1", "2", "3"))
    answer = make_engine().label_distribution([request])[0]
    with torch.inference_mode():
        _, states = model.read_prefixes([codec.encode_prompt(request.prompt)])
        probabilities = model.logits(states[0, -1]).softmax(-1)
    wanted = [float(probabilities[codec.label_ids(label)].sum()) for label in request.labels]
    assert answer.mass == pytest.approx(sum(wanted), abs=1e-6)
    assert [share * answer.mass for share in answer.probabilities] == pytest.approx(wanted, abs=1e-6)


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

    def sometimes(prefixes, root=()):
        calls.append(len(prefixes))
        if len(prefixes) > 1:
            raise MemoryError("injected")
        return read(prefixes, root)

    monkeypatch.setattr(model, "read_prefixes", sometimes)
    assert make_engine().generate(_requests()) == wanted
    assert max(calls) > 1


def test_memory_that_never_suffices_gives_one_error_a_row(make_engine, model, monkeypatch):
    def never(prefixes, root=()):
        raise MemoryError("injected")

    monkeypatch.setattr(model, "read_prefixes", never)
    answers = make_engine().generate(_requests()[:3])
    assert [answer.error for answer in answers] == ["MemoryError: injected"] * 3
    assert all(answer.text is None for answer in answers)

"""One engine per process and device; the scripted one; fingerprints; the call log."""

from __future__ import annotations

import json
import os
import pickle

import pytest

from bubblenet.engines import devices
from bubblenet.engines.kinds import kind_of
from bubblenet.engines.protocol import EngineSpec, GenerationRequest, LabelRequest, LikelihoodRequest, Prompt
from bubblenet.engines.registry import close_all, get_engine
from bubblenet.engines.scripted import ScriptedEngine
from bubblenet.errors import ModelError, SettingsError
from bubblenet.judging.gates import gate

SPEC = EngineSpec("scripted", "none", "scripted")
PASSAGE = "Debian packages are installed with tools which resolve their dependencies and fetch archives from mirrors."


@pytest.fixture(autouse=True)
def no_engines():
    close_all()
    yield
    close_all()


def _request(seed: int, passage: str = PASSAGE) -> GenerationRequest:
    return GenerationRequest(str(seed), Prompt(passage), 20, 0.8, 0.9, seed)


def test_the_same_spec_gives_the_same_engine_and_another_replaces_it(model_folder, monkeypatch):
    closed = []
    monkeypatch.setattr(ScriptedEngine, "close", lambda self: closed.append(self))
    first = get_engine(SPEC)
    assert get_engine(pickle.loads(pickle.dumps(SPEC))) is first  # noqa: S301 - our own bytes
    other = get_engine(EngineSpec("scripted", "none", "scripted", call_log="", token_budget=64))
    assert other is not first
    assert closed == [first]


def test_only_what_changes_results_is_in_the_fingerprint():
    spec = EngineSpec("transformers", "/some/where", "abc", dtype="float32")
    same = EngineSpec("transformers", "/else/where", "abc", dtype="float32", threads=3, token_budget=9, window_rows=2, call_log="x")
    assert spec.fingerprint_parts() == same.fingerprint_parts()
    for other in (EngineSpec("transformers", "", "abd", "float32"), EngineSpec("transformers", "", "abc", "bfloat16"), SPEC):
        assert other.fingerprint_parts() != spec.fingerprint_parts()


def test_auto_is_resolved_before_it_enters_a_fingerprint(monkeypatch):
    monkeypatch.setattr(devices, "pick_device", lambda: "cpu")
    for flags, wanted in (({"avx512_bf16"}, "bfloat16"), ({"avx2"}, "float32"), (set(), "float32")):
        monkeypatch.setattr(devices, "_cpu_flags", lambda flags=flags: flags)
        devices.compute_on(devices.own_dtype)  # nothing decided yet
        assert EngineSpec("transformers", "", "abc").fingerprint_parts()["dtype"] == wanted


@pytest.fixture(autouse=True)
def undecided():
    yield
    devices.compute_on(devices.own_dtype)


def test_weights_that_are_not_those_of_the_spec_are_refused(model_folder, tmp_path, monkeypatch):
    monkeypatch.setenv("BUBBLENET_CACHE", str(tmp_path))
    with pytest.raises(ModelError, match="same model files"):
        get_engine(EngineSpec("transformers", str(model_folder), "0" * 64, dtype="float32"))


def test_an_unknown_kind_is_a_settings_error():
    with pytest.raises(SettingsError, match=r"engine\.kind"):
        kind_of(EngineSpec("magic", "", ""))


def test_every_request_and_load_is_one_line_of_the_call_log(tmp_path):
    engine = get_engine(EngineSpec("scripted", "none", "scripted", call_log=str(tmp_path)))
    engine.generate([_request(1), _request(2)])
    engine.label_distribution([LabelRequest("l", Prompt("x"), ("1", "2"))])
    engine.log_likelihood([LikelihoodRequest("y", None, "a b")])
    lines = [json.loads(line) for line in (tmp_path / f"{os.getpid()}.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(line["op"], line.get("key")) for line in lines] == [
        ("load", None), ("generate", "1"), ("generate", "2"), ("label_distribution", "l"), ("log_likelihood", "y"),
    ]  # fmt: skip
    assert {line["pid"] for line in lines} == {os.getpid()}


def test_the_scripted_engine_writes_mostly_questions_that_pass_and_some_that_do_not():
    answers = ScriptedEngine().generate([_request(seed) for seed in range(200)])
    kept = sum(gate(answer.text, PASSAGE, "en", answer.is_finished).kept for answer in answers)
    assert 120 <= kept <= 190
    assert answers == ScriptedEngine().generate([_request(seed) for seed in range(200)])


def test_the_scripted_engine_fails_a_row_when_the_text_asks_for_it():
    bad, good = ScriptedEngine().generate([_request(1, "x BUBBLENET-FAIL"), _request(2)])
    assert bad.error == "ScriptedFailure: the text asked for it"
    assert good.error is None


def test_the_scripted_engine_finds_related_pairs_more_likely():
    related, unrelated = ScriptedEngine().log_likelihood(
        [LikelihoodRequest("a", Prompt(PASSAGE), "Debian packages"), LikelihoodRequest("b", Prompt("Rain falls."), "Debian packages")]
    )
    assert related.log_probability > unrelated.log_probability

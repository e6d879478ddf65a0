"""A profile is found once, enters a fingerprint where it adds something, and refuses what would be without effect."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bubblenet.engines import finding, shared_attention
from bubblenet.engines.finding import find_profile
from bubblenet.engines.language_model import LanguageModel
from bubblenet.engines.profile import make_profile
from bubblenet.engines.protocol import EngineSpec, Prompt
from bubblenet.engines.roles import forward_engine
from bubblenet.engines.tokens import Codec
from bubblenet.errors import ModelError, SettingsError
from bubblenet.settings import load
from tests.families import FAMILIES, REFUSED
from tests.tiny_models import make_model, make_tokenizer, save_model

LLAMA, QWEN_3, SMOL = FAMILIES["Llama 3"], FAMILIES["Qwen 3"], FAMILIES["SmolLM3"]


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("BUBBLENET_CACHE", str(tmp_path / "cache"))


def test_what_tokenizer_and_template_give_by_themselves_enters_no_fingerprint():
    profile = make_profile(make_tokenizer(), {"eos_token_id": 257})

    assert profile.is_plain
    assert profile.fingerprint_parts() == {}
    spec = EngineSpec("server", "", "abc", "none")
    assert replace(spec, profile=profile).fingerprint_parts() == spec.fingerprint_parts()


def test_what_is_added_enters_the_fingerprint():
    plain, ended = make_profile(make_tokenizer()), make_profile(make_tokenizer(), {"eos_token_id": [257, 65]})
    profiles = [
        ended,
        *(make_profile(family.tokenizer()) for family in (LLAMA, QWEN_3, SMOL)),
        *(make_profile(family.tokenizer(), None, {"enable_thinking": True}) for family in (QWEN_3, SMOL)),
    ]
    specs = [EngineSpec("server", "", "abc", "none", profile=profile) for profile in (plain, *profiles)]

    assert set(ended.stop_ids) - set(plain.stop_ids) == {65}
    assert len({json.dumps(spec.fingerprint_parts()) for spec in specs}) == len(specs)


def test_the_attention_is_that_of_the_weights_and_adds_nothing_to_a_fingerprint():
    profile = make_profile(LLAMA.tokenizer())
    assert replace(profile, attention=("scaling",)).fingerprint_parts() == profile.fingerprint_parts()


def test_a_date_that_is_asked_for_in_another_way_is_frozen_as_well():
    template = "\n {% set form = '%-d.%-m.%y %H:%M' %}{{ strftime_now(form) if strftime_now is defined }}|{{ messages[0].content }}"
    codec = Codec(make_tokenizer(template=template))
    assert codec._tokenizer.decode(codec.encode_prompt(Prompt("U"))) == "\n26.7.24 00:00|U"


def test_thinking_stays_on_where_the_arguments_say_so():
    codec = Codec(QWEN_3.tokenizer(), make_profile(QWEN_3.tokenizer(), None, {"enable_thinking": True}))
    assert codec._tokenizer.decode(codec.encode_prompt(Prompt("U"))).endswith("<|im_start|>assistant\n")


@pytest.mark.parametrize("name", ["no_such_thing", "messages", "add_generation_prompt", "tokenize", "strftime_now"])
def test_an_argument_that_the_template_does_not_know_is_refused(name):
    with pytest.raises(SettingsError, match=rf"chat template knows.*{name}"):
        make_profile(LLAMA.tokenizer(), None, {name: True})


@pytest.mark.parametrize("template", ["{{ messages[0].role }}", "{{ raise_exception('never') }}", "{{ messages[0].content * 2 }}"])
def test_a_template_that_loses_the_users_text_is_refused(template):
    with pytest.raises(ModelError, match="user"):
        make_profile(make_tokenizer(template=template))


def test_a_system_turn_that_a_template_drops_in_silence_goes_before_the_users_text():
    template = "{% for m in messages if m.role != 'system' %}<|im_start|>{{ m.content }}<|im_end|>{% endfor %}"
    codec = Codec(make_tokenizer(template=template))
    assert codec._tokenizer.decode(codec.encode_prompt(Prompt("U", "S"))) == "<|im_start|>S\n\nU<|im_end|>"
    assert not codec.profile.has_system_turn


def test_a_model_whose_answers_nothing_ends_is_refused():
    with pytest.raises(ModelError, match="token that ends an answer"):
        make_profile(make_tokenizer([None, None, None], "{{ messages[0].content }}"))


def test_a_profile_is_found_once_a_machine(tmp_path, monkeypatch):
    source = str(save_model(tmp_path / "model"))
    found = find_profile(source, {}, runs_here=True)
    monkeypatch.setattr(finding, "_read", lambda *_: pytest.fail("read again"))

    assert find_profile(source, {}, runs_here=True) == found
    assert found.attention == ("scaling",)


def test_a_profile_that_was_cut_short_is_found_again(tmp_path):
    source = str(save_model(tmp_path / "model"))
    found = find_profile(source, {}, runs_here=False)
    [file] = (tmp_path / "cache" / "profiles").iterdir()
    file.write_text(file.read_text()[:40])

    assert find_profile(source, {}, runs_here=False) == found


def test_attention_that_is_not_computed_here_is_refused_with_the_fingerprint_and_served_elsewhere(tmp_path):
    family = REFUSED["gpt-oss"]
    family.model().save_pretrained(tmp_path / "model")
    family.save_tokenizer(tmp_path / "model")
    here = [f"models.forward={tmp_path / 'model'}"]

    with pytest.raises(ModelError, match=r"type gpt_oss, whose attention has s_aux"):
        forward_engine(load(None, here))
    served = forward_engine(load(None, [*here, "engine.kind=server", "engine.url=http://localhost:1/v1", "engine.model_version=v1"]))
    assert served.profile == make_profile(family.tokenizer(), {"eos_token_id": [257, 258, 263]})


def test_the_arguments_of_a_role_stand_above_those_of_both(tmp_path):
    folder = QWEN_3.save_tokenizer(tmp_path / "model")
    chosen = [f"models.forward={folder}", "engine.kind=server", "engine.url=http://localhost:1/v1", "engine.model_version=v1"]
    chosen += ["engine.template_arguments={enable_thinking = true}", "engine.forward.template_arguments={enable_thinking = false}"]

    assert forward_engine(load(None, chosen)).profile.arguments == (("enable_thinking", False),)
    assert forward_engine(load(None, chosen[:-1])).profile.arguments == (("enable_thinking", True),)


def test_logits_that_the_model_makes_otherwise_are_refused():
    shared_attention.register()
    model = make_model("cohere", attn_implementation=shared_attention.NAME, logit_scale=0.5)
    model.logit_scale = 2.0  # a formula that is not in the configuration

    with pytest.raises(ModelError, match=r"logits .*type cohere"):
        LanguageModel(model, "cpu")

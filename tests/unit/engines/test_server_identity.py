"""Which server an engine talks to: what stands for its model in a fingerprint, what the settings say, what is tried out first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bubblenet.engines.completions import COMPLETIONS_VERSION
from bubblenet.engines.kinds import KINDS, kind_of
from bubblenet.engines.protocol import EngineSpec, ServerSpec
from bubblenet.engines.registry import close_all, get_engine
from bubblenet.engines.roles import backward_engine, forward_engine
from bubblenet.engines.served import identify
from bubblenet.engines.weights import find_tokenizer
from bubblenet.errors import EndpointError, SettingsError
from bubblenet.method.recipe import full_recipe
from bubblenet.settings import load
from tests.unit.engines.http_servers import ToldServer, text_answer


def test_the_identity_is_the_models_and_not_the_urls(model_folder):
    tokenizer = find_tokenizer(str(model_folder)).digest
    moved = {"data": [{"id": "tiny", "root": "/elsewhere/tiny", "created": 5, "meta": {"n_params": 5, "n_ctx": 9}}]}
    again = {"data": [{"id": "tiny", "root": "/models/tiny", "created": 6, "meta": {"n_params": 5, "n_ctx": 10}}]}
    other = {"data": [{"id": "tiny", "root": "/models/tiny", "meta": {"n_params": 6}}]}
    found = []
    for models in (moved, again, other):
        with ToldServer(text_answer, models) as server:
            found.append(identify(ServerSpec(url=server.url), tokenizer))
    assert found[0] == found[1] != found[2]
    stated = [
        identify(ServerSpec(url=url, version=version), tokenizer)
        for url, version in (("http://a", "1"), ("http://b", "1"), ("http://a", "2"))
    ]
    assert stated[0] == stated[1] != stated[2]


def test_another_model_than_the_driver_saw_is_refused(model_folder):
    with ToldServer(text_answer) as server:
        spec = EngineSpec("server", str(model_folder), "0" * 64, options=ServerSpec(url=server.url))
        with pytest.raises(EndpointError, match="Serve the same model"):
            get_engine(spec)
    close_all()


@pytest.mark.parametrize(("name", "hint"), [("huge", "the model 'huge'"), ("", "one model")])
def test_the_model_must_be_served_and_named_where_there_are_several(model_folder, name, hint):
    with (
        ToldServer(text_answer, {"data": [{"id": "a"}, {"id": "b"}]}) as server,
        pytest.raises(EndpointError, match=rf"{hint}.*a, b.*engine\.model"),
    ):
        identify(ServerSpec(url=server.url, model=name), "")


def test_a_folder_with_the_tokenizer_alone_will_do(model_folder, tmp_path):
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        if (model_folder / name).exists():
            (tmp_path / name).write_bytes((model_folder / name).read_bytes())
    source = find_tokenizer(str(tmp_path))
    assert source.gguf is None
    with pytest.raises(ValueError, match=r"tokenizer\.json"):
        find_tokenizer(str(tmp_path / ".."))


def test_the_two_models_may_run_in_different_places(model_folder):
    models = [f"models.backward={model_folder}", f"models.forward={model_folder}", "engine.kind=server", "engine.model_version=v1"]
    settings = load(None, [*models, "engine.url=http://a/v1", "engine.backward.url=http://b/v1", "engine.concurrency=7"])
    backward, forward = backward_engine(settings), forward_engine(settings)
    assert (backward.options.url, forward.options.url) == ("http://b/v1", "http://a/v1")
    assert backward.window_rows == 32
    assert backward.fingerprint_parts() == forward.fingerprint_parts()
    here = forward_engine(load(None, [*models, "engine.url=http://a/v1", "engine.forward.kind=transformers"]))
    assert (here.kind, here.options) == ("transformers", None)


def test_only_the_rating_is_redone_when_labels_are_looked_for_among_more_tokens(model_folder):
    models = [f"models.backward={model_folder}", f"models.forward={model_folder}", "engine.kind=server", "engine.model_version=v1"]
    few, many = (full_recipe(load(None, [*models, "engine.url=http://a/v1", f"engine.top_logprobs={n}"])).fingerprints for n in (20, 30))
    assert [stage for stage in few if few[stage].id != many[stage].id] == ["score/five_level_v1"]


def test_what_is_sent_to_servers_enters_the_fingerprints_of_servers_alone(model_folder):
    models = [f"models.backward={model_folder}", "engine.model_version=v1", "engine.url=http://a/v1"]
    here, there, unseeded = (
        backward_engine(load(None, [*models, *more])).fingerprint_parts()
        for more in ([], ["engine.kind=server"], ["engine.kind=server", "engine.row_seeds=false"])
    )
    assert "completions" not in here
    assert there["completions"] == COMPLETIONS_VERSION
    assert unseeded == there | {"row_seeds": False}


@pytest.mark.parametrize(("more", "hint"), [((), r"engine\.url"), (("engine.command=serve {port}",), r"engine\.model_version")])
def test_settings_that_name_no_server_say_so(model_folder, more, hint):
    with pytest.raises(SettingsError, match=hint):
        backward_engine(load(None, [f"models.backward={model_folder}", "engine.kind=server", *more]))


def test_a_password_in_a_url_is_refused():
    with pytest.raises(SettingsError, match=r"engine\.url"):
        load(None, ["engine.url=http://me:secret@host/v1"])


def test_the_driver_tries_a_server_out_unless_only_the_workers_can_reach_it(model_folder):
    with ToldServer(text_answer) as server:
        spec = forward_engine(load(None, [f"models.forward={model_folder}", "engine.kind=server", f"engine.url={server.url}"]))
        with pytest.raises(EndpointError, match="log-probabilities"):
            kind_of(spec).check(spec, ["labels"])
        before = len(server.bodies)
        for unasked in (replace(spec, options=replace(spec.options, version="1")), EngineSpec("scripted", "", "scripted")):
            kind_of(unasked).check(unasked, ["labels"])
        assert len(server.bodies) == before


def test_every_kind_stands_in_the_docs():
    page = Path("docs/engines.md").read_text()
    assert [kind for kind in KINDS if f"| `{kind}`" not in page] == []

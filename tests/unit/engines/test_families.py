"""Families of models: their prompts, ends and numbers, or a refusal by name."""

from __future__ import annotations

import pytest
import torch

from bubblenet.engines import shared_attention
from bubblenet.engines.attention_needs import find_needs
from bubblenet.engines.language_model import LanguageModel
from bubblenet.engines.profile import Profile
from bubblenet.engines.protocol import GenerationRequest, LabelRequest, LikelihoodRequest, Prompt
from bubblenet.engines.tokens import Codec
from bubblenet.engines.transformers import TransformersEngine
from bubblenet.errors import ModelError
from bubblenet.training.tokenised import NOT_TRAINED, encode
from tests.families import FAMILIES, REFUSED

ALL = FAMILIES | REFUSED
QUESTION, ANSWER = Prompt("Tea?", "Brief."), "Yes."


@pytest.fixture(scope="module")
def codecs(tmp_path_factory) -> dict[str, Codec]:
    return {name: Codec.load(family.save_tokenizer(tmp_path_factory.mktemp("family"))) for name, family in ALL.items()}


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Tiny matrices: on a busy machine, threads wait for each other longer than they compute."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def engines(codecs):
    """The engine of a family, and the same model as transformers itself runs it; each is made once."""
    made = {}

    def make(name: str):
        if name not in made:
            shared_attention.register()
            ours, plain = FAMILIES[name].model(), FAMILIES[name].model()
            ours.set_attn_implementation(shared_attention.NAME)
            plain.set_attn_implementation("eager")
            made[name] = TransformersEngine(LanguageModel(ours, "cpu"), codecs[name], 4096, 64), plain
        return made[name]

    return make


def _log_probabilities(plain, ids: list[int]) -> torch.Tensor:
    with torch.inference_mode():
        return plain(torch.tensor([ids])).logits[0].double().log_softmax(-1)


@pytest.mark.parametrize("name", ALL)
def test_prompts_are_those_of_the_familys_template(codecs, name):
    family, codec = ALL[name], codecs[name]
    alone, guided = codec.encode_prompt(Prompt("U")), codec.encode_prompt(Prompt("U", "S"))

    assert codec._tokenizer.decode(alone) == family.prompt
    assert codec._tokenizer.decode(guided) == family.guided
    assert codec.profile.has_system_turn == family.has_system_turn
    assert dict(codec.profile.arguments) == family.arguments


@pytest.mark.parametrize("name", ALL)
def test_training_ends_an_example_with_what_ends_an_answer(codecs, name):
    family, codec = ALL[name], codecs[name]
    row = {"prompt": [{"role": "user", "content": "U"}], "completion": [{"role": "assistant", "content": "A"}]}
    trained = [token for token in encode(row, codec, 512)["labels"] if token != NOT_TRAINED]

    assert codec._tokenizer.convert_ids_to_tokens(trained) == ["A", family.end]


@pytest.mark.parametrize("name", ALL)
def test_every_end_that_the_files_name_stops_a_generation(codecs, name):
    stops = set(codecs[name]._tokenizer.convert_ids_to_tokens(sorted(codecs[name].stop_ids)))

    assert {*ALL[name].ends, ALL[name].end} <= stops
    assert not stops & set(ALL[name].added)


@pytest.mark.parametrize("name", ALL)
def test_a_profile_is_the_same_after_a_journey(codecs, name):
    profile = codecs[name].profile

    assert Profile.from_json(profile.to_json()) == profile
    assert Codec(codecs[name]._tokenizer, profile).encode_prompt(QUESTION) == codecs[name].encode_prompt(QUESTION)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_generation_stops_where_the_model_ends_its_answer(engines, codecs, monkeypatch, name):
    engine, _ = engines(name)
    wanted = [*codecs[name].encode_text(ANSWER), *codecs[name].end_ids, *codecs[name].encode_text(" And more")]
    steps = iter(wanted)
    monkeypatch.setattr(engine._model, "logits", lambda states: torch.nn.functional.one_hot(torch.tensor([next(steps)]), 300).float())

    written = engine.generate([GenerationRequest("a", QUESTION, len(wanted), 0.0, 1.0, 0)])[0]

    assert (written.text, written.is_finished, written.output_tokens) == (ANSWER, True, len(ANSWER))


@pytest.mark.parametrize("name", FAMILIES)
def test_likelihoods_are_those_of_a_plain_forward_pass(engines, codecs, name):
    engine, plain = engines(name)
    texts = [ANSWER, "Yes, and a biscuit.", "No"]
    found = engine.log_likelihood([LikelihoodRequest(text, QUESTION, text) for text in texts])

    prompt = codecs[name].encode_prompt(QUESTION)
    for answer, text in zip(found, texts, strict=True):
        ids = prompt + codecs[name].encode_text(text)
        wanted = _log_probabilities(plain, ids)
        tokens = wanted[range(len(prompt) - 1, len(ids) - 1), ids[len(prompt) :]].tolist()
        assert answer.token_log_probabilities == pytest.approx(tokens, abs=1e-4)
        assert answer.end_log_probability == pytest.approx(float(wanted[-1, sorted(codecs[name].stop_ids)].logsumexp(0)), abs=1e-4)


@pytest.mark.parametrize("name", FAMILIES)
def test_labels_are_read_as_a_plain_forward_pass_has_them(engines, codecs, name):
    engine, plain = engines(name)
    prompt = Prompt("Rate it.", None, "Level: ")
    found = engine.label_distribution([LabelRequest("a", prompt, ("1", "2", "3"))])[0]

    probabilities = _log_probabilities(plain, codecs[name].encode_prompt(prompt))[-1].exp()
    wanted = [float(probabilities[codecs[name].label_ids(label)].sum()) for label in "123"]
    assert found.mass == pytest.approx(sum(wanted), rel=1e-3)
    assert found.probabilities == pytest.approx([value / sum(wanted) for value in wanted], abs=1e-4)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_rounding_of_bfloat16_is_not_taken_for_another_formula(name):
    shared_attention.register()
    model = FAMILIES[name].model().to(torch.bfloat16)
    model.set_attn_implementation(shared_attention.NAME)

    assert LanguageModel(model, "cpu").max_tokens == 512


@pytest.mark.parametrize("name", FAMILIES)
def test_what_the_attention_needs_is_found_without_weights(tmp_path, name):
    FAMILIES[name].model().config.save_pretrained(tmp_path)

    assert "scaling" in find_needs(tmp_path)
    assert ("softcap" in find_needs(tmp_path)) == ("attn_logit_softcapping" in FAMILIES[name].config)


@pytest.mark.parametrize("name", REFUSED)
def test_attention_that_the_shared_path_does_not_compute_is_refused_before_and_while_loading(tmp_path, name):
    shared_attention.register()
    model = REFUSED[name].model()
    model.config.save_pretrained(tmp_path)
    model.set_attn_implementation(shared_attention.NAME)

    for load in (lambda: find_needs(tmp_path), lambda: LanguageModel(model, "cpu")):
        with pytest.raises(ModelError, match=rf"type {REFUSED[name].kind}.*s_aux.*engine\.kind = server"):
            load()

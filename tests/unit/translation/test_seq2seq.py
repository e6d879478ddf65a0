"""Translators of the transformers library, with tiny models that are made here: what is asked of them, and what they are told."""

from __future__ import annotations

import pytest

from bubblenet.errors import ModelError
from bubblenet.settings import Translation
from bubblenet.translation import seq2seq
from bubblenet.translation.protocol import Direction
from bubblenet.translation.registry import get_translator, spec_of
from bubblenet.translation.seq2seq import Seq2SeqTranslator

pytestmark = pytest.mark.model

WORDS = ["write", "a", "letter", "to", "anna", "in", "paris"]


def save_tiny(folder, *language_tokens: str):
    """A random T5 whose vocabulary is words, and what names languages."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

    special = ["<pad>", "</s>", "<unk>", *language_tokens]
    vocabulary = {text: number for number, text in enumerate([*special, *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocab=vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>")
    fast.add_special_tokens({"additional_special_tokens": list(language_tokens)})
    torch.manual_seed(3)
    config = T5Config(
        vocab_size=len(vocabulary), d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2,
        decoder_start_token_id=0, pad_token_id=0, eos_token_id=1,
    )  # fmt: skip
    T5ForConditionalGeneration(config).save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def one_a_direction(tmp_path_factory) -> str:
    folder = tmp_path_factory.mktemp("models")
    for pair in ("en-es", "es-en"):
        save_tiny(folder / f"opus-mt-{pair}")
    return f"{folder}/opus-mt-{{source}}-{{target}}"


def test_directions_are_the_folders_that_are_there(one_a_direction):
    translator = Seq2SeqTranslator(one_a_direction)
    assert translator.directions() == {Direction("en", "es"), Direction("es", "en")}
    with pytest.raises(ModelError, match=r"a model for en-fr .*; got those for en-es, es-en"):
        translator.translate(["write a letter"], Direction("en", "fr"))


def test_a_text_does_not_depend_on_its_batch_and_every_failure_is_its_own(one_a_direction):
    translator, direction = Seq2SeqTranslator(one_a_direction), Direction("en", "es")
    texts = ["write a letter", "write a letter to anna in paris", "", "write\n\na letter", "to anna"]
    together = translator.translate(texts, direction)
    assert [translator.translate([text], direction)[0] for text in texts] == together
    assert together[2].text == ""
    assert all(one.error or one.text or not text for one, text in zip(together, texts, strict=True))
    assert all(one.coverage is None for one in together)


@pytest.mark.parametrize(("token", "other"), [("<2es>", "<2en>"), ("spa_Latn", "eng_Latn"), ("__es__", "__en__")])
def test_a_model_of_many_languages_is_told_which_one_is_wanted(tmp_path, monkeypatch, token, other):
    folder = str(save_tiny(tmp_path / "many", token, other))
    translator = Seq2SeqTranslator(folder)
    assert translator.directions() == {Direction("en", "es"), Direction("es", "en")}
    model = seq2seq._load(folder)
    number = model.tokenizer.convert_tokens_to_ids(token)
    told = {}
    monkeypatch.setattr(model.model, "generate", lambda **given: told.update(given) or given["input_ids"])
    translator.translate(["write a letter"], Direction("en", "es"))
    if token.startswith("<2"):
        assert told["input_ids"][0, 0] == number
        assert "forced_bos_token_id" not in told
    else:
        assert told["forced_bos_token_id"] == number
    with pytest.raises(ModelError, match="a model that knows fr"):
        translator.translate(["write"], Direction("en", "fr"))


def test_the_fingerprint_is_of_the_weights_and_not_of_the_place(one_a_direction, tmp_path):
    import shutil

    folder = tmp_path / "elsewhere"
    shutil.copytree(one_a_direction.rsplit("/", 1)[0], folder)
    here = spec_of(Translation(translator="transformers", model=one_a_direction))
    there = spec_of(Translation(translator="transformers", model=f"{folder}/opus-mt-{{source}}-{{target}}"))
    assert here.fingerprint_parts() == there.fingerprint_parts()
    assert get_translator(there).directions() == get_translator(here).directions()


@pytest.mark.parametrize("path", ["/nowhere", "/nowhere/{source}-{target}", "/nowhere/{target}-{source}"])
def test_what_is_not_there_is_named(path):
    with pytest.raises(ModelError):
        spec_of(Translation(translator="transformers", model=path))

"""Settings: the files of conf/ agree with the code, and a mistake is named with its key and the nearest valid one."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bubblenet.engines.kinds import KINDS
from bubblenet.errors import SettingsError
from bubblenet.settings import Settings, load, valid_keys
from bubblenet.settings.reference import COMMAND, literal, pages, parts, type_name

ROOT = Path(__file__).resolve().parents[2]


def conf(name: str) -> Path:
    return ROOT / "conf" / f"{name}.toml"


def flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in values.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) and value else {prefix + key: value}
    return found


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "run.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_local_file_holds_every_key_with_its_default():
    assert list(flat(tomllib.loads(conf("local").read_text(encoding="utf-8")))) == valid_keys()
    assert load(conf("local")) == Settings()


def test_the_made_pages_are_up_to_date():
    stale = [path.name for path, text in pages().items() if path.read_text(encoding="utf-8") != text]

    assert stale == [], f"made of the settings' declarations; run: {COMMAND}"


def test_every_section_and_key_says_what_it_means():
    found = list(parts())

    assert [part.name for part in found if not part.meaning] == []
    assert [f"{part.name}.{key.name}" for part in found for key in part.keys if not key.meaning] == []


def test_the_cluster_file_holds_only_what_differs_each_with_its_reason():
    text = conf("cluster").read_text(encoding="utf-8")
    default, cluster = flat(Settings().model_dump(by_alias=True)), flat(tomllib.loads(text))

    assert [key for key, value in cluster.items() if value == default[key]] == []
    assert [line for line in text.splitlines() if " = " in line and "  # " not in line] == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (99_999, "99999"),
        (16_777_216, "16_777_216"),
        (-1.0, "-1.0"),
        (0.0002, "0.0002"),
        ('a "word"', r'"a \"word\""'),
        (("a", 0.5), '["a", 0.5]'),
        ({"ca": (0.7, 0.4)}, "{ca = [0.7, 0.4]}"),
        ({}, "{}"),
    ],
)
def test_a_default_is_written_as_toml(value, text):
    assert literal(value) == text
    assert flat({"key": tomllib.loads(f"value = {text}")["value"]}) == flat({"key": json.loads(json.dumps(value))})


def test_types_and_limits_are_said_in_words():
    words = {f"{part.name}.{key.name}": type_name(key) for part in parts() for key in part.keys}

    assert words["engine.kind"] == " or ".join(f"`{name}`" for name in KINDS)
    assert words["engine.concurrency"] == "integer >= 1 <= 1024"
    assert words["training.lora_dropout"] == "number >= 0 < 1"
    assert words["corpus.languages"] == "list of strings"
    assert words["segmentation.max_top_ngram_shares"] == "list of 3 numbers >= 0 <= 1"
    assert words["curation.language_grades"] == "table"
    assert words["tables.schema"] == "string"


def test_an_override_replaces_the_value_of_the_file(tmp_path: Path):
    path = written(tmp_path, "[backtranslation]\ncandidates = 3\n")

    settings = load(path, ["backtranslation.candidates=2", 'corpus.languages=["en", "de"]'])

    assert settings.backtranslation.candidates == 2
    assert settings.corpus.languages == ("en", "de")


def test_a_bare_word_in_an_override_is_a_string():
    assert load(None, ["engine.dtype=float32"]).engine.dtype == "float32"


def test_an_unknown_key_names_the_file_and_the_nearest_valid_key(tmp_path: Path):
    path = written(tmp_path, "[backtranslation]\ncandidate = 3\n")

    with pytest.raises(SettingsError) as caught:
        load(path)

    assert "unknown key `backtranslation.candidate`" in str(caught.value)
    assert str(path) in str(caught.value)
    assert "`backtranslation.candidates`" in str(caught.value)


@pytest.mark.parametrize(
    ("override", "key"),
    [
        ("backtranslation.candidates=0", "backtranslation.candidates"),
        ("backtranslation.candidates=2.5", "backtranslation.candidates"),
        ('backtranslation.temperature="hot"', "backtranslation.temperature"),
        ("backtranslation.temperature=nan", "backtranslation.temperature"),
        ("curation.grade_4=1.5", "curation.grade_4"),
        ("engine.kind=magic", "engine.kind"),
        ("curation.policy=a/b", "curation.policy"),
        ("curation.language_grades={ca = [0.4, 0.7]}", "curation.language_grades"),
    ],
)
def test_a_value_of_the_wrong_type_or_size_names_its_key_and_the_override(override: str, key: str):
    with pytest.raises(SettingsError) as caught:
        load(None, [override])

    assert f"`{key}`" in caught.value.wanted
    assert f"--set {override}" in caught.value.got


@pytest.mark.parametrize("override", ["candidates", "=3", "backtranslation.candidates.deep=3"])
def test_an_override_that_names_no_key_is_refused(override: str):
    with pytest.raises(SettingsError):
        load(conf("local"), [override])


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(SettingsError, match=r"no file at .*none\.toml"):
        load(tmp_path / "none.toml")


def test_broken_toml_names_the_file_and_the_line(tmp_path: Path):
    path = written(tmp_path, "[engine]\nkind = \n")

    with pytest.raises(SettingsError, match=r"run\.toml: .*line 2"):
        load(path)


def test_settings_cannot_be_changed_after_loading():
    with pytest.raises(ValueError, match="frozen"):
        Settings().engine.threads = 3  # type: ignore[misc]


def test_a_rule_that_does_not_exist_cannot_be_switched_off():
    with pytest.raises(SettingsError) as caught:
        load(None, ['segmentation.disabled_rules=["stop_word"]'])

    assert "`segmentation.disabled_rules`" in str(caught.value)
    assert "stop_words" in str(caught.value)

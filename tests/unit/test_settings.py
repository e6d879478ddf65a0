"""Settings: the files of conf/ agree with the code, and a mistake is named with its key and the nearest valid one."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bubblenet.errors import SettingsError
from bubblenet.settings import Settings, load, valid_keys

ROOT = Path(__file__).resolve().parents[2]
CONFS = ["local", "cluster"]
AGREED_KEYS = """
models.backward models.forward models.start
engine.kind engine.dtype engine.threads engine.token_budget engine.window_rows engine.call_log
engine.url engine.model engine.model_version engine.command engine.startup_seconds engine.concurrency engine.request_timeout_seconds
engine.max_retries engine.top_logprobs
engine.backward.kind engine.backward.url engine.backward.model engine.backward.model_version engine.backward.command
engine.forward.kind engine.forward.url engine.forward.model engine.forward.model_version engine.forward.command
corpus.max_document_bytes corpus.split_bytes corpus.languages
segmentation.min_characters segmentation.max_characters segmentation.min_answer_characters segmentation.disabled_rules
segmentation.max_link_share segmentation.max_link_line_share segmentation.max_brace_share segmentation.max_notice_share
segmentation.min_punctuated_line_share segmentation.max_short_line_share segmentation.max_duplicate_line_share
segmentation.max_duplicate_line_character_share segmentation.max_ellipsis_share segmentation.max_bullet_share
segmentation.min_words segmentation.min_mean_word_length segmentation.max_mean_word_length segmentation.max_symbol_ratio
segmentation.min_alphabetic_share segmentation.min_stop_words segmentation.max_promotional_phrases segmentation.max_forum_phrases
segmentation.max_first_person_share segmentation.max_duplicate_sentence_share segmentation.min_sentence_similarity
segmentation.max_top_ngram_shares segmentation.max_duplicate_ngram_shares
deduplication.near deduplication.min_similarity deduplication.ngram deduplication.bands deduplication.rows deduplication.seed
deduplication.max_band_rows decontamination.evaluations decontamination.min_share
backtranslation.prompt backtranslation.command_share backtranslation.search_query_share backtranslation.long_share
backtranslation.multi_step_share backtranslation.constrained_share backtranslation.instruction_language
backtranslation.candidates backtranslation.temperature backtranslation.top_p backtranslation.max_new_tokens
backtranslation.max_passage_tokens
translation.translator translation.model translation.languages translation.backward_language translation.cross_lingual
translation.calibration translation.min_meaning
paraphrasing.pivots paraphrasing.chains paraphrasing.min_difference
scoring.modes scoring.reverse_gain_prompt scoring.neighbours scoring.max_passage_tokens scoring.rationale_tokens scoring.cycle_tokens
curation.policy curation.round curation.calibration curation.intercept curation.intercept_generated
curation.weight_reverse_gain curation.weight_forward_gain curation.weight_expected_score
curation.grade_5 curation.grade_4 curation.language_grades
seeds.held_out_share
export.direction export.shards export.min_grade export.cross_lingual export.curated_version export.seed_weight export.curated_weight
export.validation_share export.tags export.shuffle_seed
training.method training.learning_rate training.schedule training.warmup_share training.weight_decay training.epochs training.tokens
training.batch_examples training.max_tokens training.packing training.lora_rank training.lora_alpha training.lora_dropout
training.dtype training.seed training.processes training.device_examples training.gradient_checkpointing training.fsdp
training.checkpoint_steps training.validation_examples training.folder
assessment.direction assessment.items assessment.max_new_tokens assessment.constrained_items assessment.judge assessment.confidence
rounds.min_agreement rounds.max_length_ratio rounds.labels rounds.precision_5 rounds.precision
budget.rows budget.tokens budget.seconds
tables.catalog tables.schema
execution.unit_rows execution.cpu_unit_rows execution.model_tasks execution.spark_conf
"""
KEYS = AGREED_KEYS.split()


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


def test_the_list_of_keys_is_the_agreed_one():
    assert valid_keys() == KEYS


def test_the_local_file_holds_the_defaults():
    assert load(conf("local")) == Settings()


@pytest.mark.parametrize("name", CONFS)
def test_a_file_of_conf_holds_every_key_once_with_a_comment(name: str):
    lines = [line for line in conf(name).read_text(encoding="utf-8").splitlines() if " = " in line and not line.startswith("#")]

    assert list(flat(tomllib.loads(conf(name).read_text(encoding="utf-8")))) == KEYS
    assert [line for line in lines if "  # " not in line] == []


def test_the_cluster_file_differs_where_it_says_so():
    default, cluster = flat(load(conf("local")).model_dump(by_alias=True)), flat(load(conf("cluster")).model_dump(by_alias=True))
    header = conf("cluster").read_text(encoding="utf-8").split("\n\n")[0]

    different = [key for key in default if default[key] != cluster[key]]

    assert different
    assert [key for key in different if key.split(".")[1] not in header] == []


def test_the_documented_table_is_up_to_date():
    result = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "settings_table.py"), "--check"], capture_output=True, text=True, check=False
    )

    assert result.stderr == ""
    assert result.returncode == 0


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

"""The least and the largest value that each number among the settings may have."""

from __future__ import annotations

import pytest

from bubblenet.errors import SettingsError
from bubblenet.settings import load

LEAST = """
engine.threads 0, engine.token_budget 64, engine.window_rows 1, engine.concurrency 1, engine.max_retries 0, engine.top_logprobs 1,
corpus.max_document_bytes 1024, corpus.split_bytes 1024,
segmentation.min_characters 1, segmentation.max_characters 2, segmentation.min_answer_characters 1, segmentation.min_words 0,
segmentation.min_mean_word_length 0.0, segmentation.max_mean_word_length 0.0, segmentation.min_stop_words 0,
segmentation.max_promotional_phrases 0, segmentation.max_forum_phrases 0,
deduplication.ngram 1, deduplication.bands 1, deduplication.rows 1, deduplication.seed 0, deduplication.max_band_rows 2,
backtranslation.candidates 1, backtranslation.max_new_tokens 4, backtranslation.max_passage_tokens 64,
translation.min_meaning -1.0, paraphrasing.chains 1,
scoring.neighbours 0, scoring.max_passage_tokens 64, scoring.rationale_tokens 16, scoring.cycle_tokens 4,
curation.round 0, curation.grade_5 -1.0, curation.grade_4 -1.0,
export.shards 1, export.curated_version -1, export.seed_weight 0.0, export.curated_weight 0.0, export.shuffle_seed 0,
training.weight_decay 0.0, training.tokens 0, training.batch_examples 1, training.max_tokens 32, training.lora_rank 1,
training.lora_alpha 1, training.lora_dropout 0.0, training.seed 0, training.processes 1, training.device_examples 1,
training.checkpoint_steps 1, training.validation_examples 0,
assessment.items 0, assessment.max_new_tokens 1, assessment.constrained_items 0,
rounds.min_agreement -1.0, rounds.max_length_ratio 1.0,
budget.rows 0, budget.tokens 0, budget.seconds 0.0,
execution.unit_rows 1, execution.cpu_unit_rows 1, execution.model_tasks 0
"""
MOST = """
engine.concurrency 1024, deduplication.ngram 100, deduplication.bands 256, deduplication.rows 64,
segmentation.min_sentence_similarity 1.0,
backtranslation.candidates 64, backtranslation.temperature 5.0, backtranslation.top_p 1.0, backtranslation.max_new_tokens 1024,
translation.min_meaning 1.0, paraphrasing.chains 16,
scoring.neighbours 8, scoring.rationale_tokens 4096, scoring.cycle_tokens 1024,
curation.grade_5 1.0, curation.grade_4 1.0, export.seed_weight 100.0, export.curated_weight 100.0,
assessment.max_new_tokens 8192, rounds.min_agreement 1.0
"""
ABOVE_0 = """
engine.startup_seconds, engine.request_timeout_seconds, segmentation.min_sentence_similarity, backtranslation.temperature,
backtranslation.top_p, training.learning_rate, training.epochs, assessment.confidence
"""
BELOW_1 = "training.lora_dropout, assessment.confidence"
SHARES = """
segmentation.max_link_share, segmentation.max_brace_share, deduplication.min_similarity, decontamination.min_share,
backtranslation.long_share, paraphrasing.min_difference, seeds.held_out_share, export.validation_share, training.warmup_share,
rounds.precision_5, rounds.precision
"""


def listed(text: str) -> list[str]:
    return [entry.strip() for entry in text.split(",")]


def is_accepted(key: str, value: object) -> bool:
    try:
        load(None, [f"{key}={value}"])
    except SettingsError:
        return False
    return True


@pytest.mark.parametrize(("entry", "outward"), [(entry, -1) for entry in listed(LEAST)] + [(entry, 1) for entry in listed(MOST)])
def test_a_limit_is_accepted_and_what_is_beyond_it_is_not(entry: str, outward: int) -> None:
    key, _, text = entry.partition(" ")
    is_whole = "." not in text
    limit, step = (int(text), 1) if is_whole else (float(text), 1e-6)

    assert is_accepted(key, limit)
    assert not is_accepted(key, limit + outward * step)


@pytest.mark.parametrize("key", listed(ABOVE_0))
def test_what_must_be_above_0_may_be_small(key: str) -> None:
    assert is_accepted(key, 1e-6)
    assert not is_accepted(key, 0.0)


@pytest.mark.parametrize("key", listed(BELOW_1))
def test_what_must_be_below_1_may_be_near_it(key: str) -> None:
    assert is_accepted(key, 0.999999)
    assert not is_accepted(key, 1.0)


@pytest.mark.parametrize("key", listed(SHARES))
def test_a_share_is_from_0_to_1(key: str) -> None:
    assert [is_accepted(key, value) for value in (-1e-6, 0.0, 1.0, 1.000001)] == [False, True, True, False]


@pytest.mark.parametrize(
    ("first", "second"),
    [("command_share", "search_query_share"), ("multi_step_share", "constrained_share")],
)
def test_two_shares_of_the_same_instructions_are_together_at_most_1(first: str, second: str) -> None:
    load(None, [f"backtranslation.{first}=0.5", f"backtranslation.{second}=0.5"])
    with pytest.raises(SettingsError, match=f"{first} and {second}"):
        load(None, [f"backtranslation.{first}=0.5", f"backtranslation.{second}=0.500001"])


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("paraphrasing.pivots", '["es", "es-fr-es", "ast"]', True),
        ("paraphrasing.pivots", '["e"]', False),
        ("paraphrasing.pivots", '["es-"]', False),
        ("paraphrasing.pivots", '["span"]', False),
        ("curation.language_grades", "{ca = [0.7, 0.7]}", True),
        ("curation.language_grades", "{ca = [0.7, 0.70001]}", False),
        ("curation.language_grades", "{catala = [0.7, 0.4]}", False),
        ("scoring.modes", '["reverse_gain"]', True),
        ("scoring.modes", '["text"]', False),
        ("export.min_grade", 4, True),
        ("export.min_grade", 3, False),
        ("engine.url", '"http://host/v1"', True),
        ("engine.url", '"http://name:word@host/v1"', False),  # a URL is shown in messages
        ("backtranslation.instruction_language", '""', True),
        ("translation.backward_language", '""', False),
    ],
)
def test_values_of_their_own_kind_are_checked(key: str, value: object, expected: bool) -> None:
    assert is_accepted(key, value) is expected


def test_names_that_stand_twice_count_once() -> None:
    settings = load(None, ['scoring.modes=["reverse_gain", "text", "reverse_gain"]', 'paraphrasing.pivots=["fr", "es", "fr"]'])
    assert settings.scoring.modes == ("reverse_gain", "text")
    assert settings.paraphrasing.pivots == ("fr", "es")


def test_an_unknown_mode_is_named_with_the_nearest() -> None:
    with pytest.raises(SettingsError, match=r"likelyhood.*likelihood"):
        load(None, ['scoring.modes=["reverse_gain", "likelyhood"]'])

"""Templates put the data where it belongs and never change under their name."""

from __future__ import annotations

import pytest

from bubblenet.errors import SettingsError
from bubblenet.prompts import get_backtranslation, get_rating, text_digest
from bubblenet.settings import Settings


def test_the_passage_comes_first_and_the_request_last():
    user = get_backtranslation("question_v1").build("A passage about bees.").user
    assert user.startswith("A passage about bees.")
    assert user.index("question") > user.index("bees")


def test_a_rating_prompt_ends_where_the_label_comes_next():
    template = get_rating("five_level_v1")
    prompt = template.build("Why do bees dance?", "Bees dance to show the way.")
    assert prompt.assistant_prefix
    assert prompt.user.index("Bees dance to show") < prompt.user.index("Why do bees")
    assert template.labels == ("1", "2", "3", "4", "5")
    assert template.values == (1.0, 2.0, 3.0, 4.0, 5.0)


def test_the_defaults_of_the_settings_exist():
    settings = Settings()
    assert get_backtranslation(settings.backtranslation.prompt).name == settings.backtranslation.prompt
    assert get_rating(settings.scoring.rubric).name == settings.scoring.rubric


def test_an_unknown_name_names_the_nearest():
    with pytest.raises(SettingsError, match="question_v1"):
        get_backtranslation("questoin_v1")
    with pytest.raises(SettingsError, match="five_level_v1"):
        get_rating("five_levels")


def test_digests_tell_templates_apart():
    names = {text_digest(get_backtranslation("question_v1")), text_digest(get_rating("five_level_v1"))}
    assert len(names) == 2
    assert all(len(name) == 64 for name in names)


def test_an_instruction_continues_the_answer_that_has_begun():
    template = get_backtranslation("question_v1")
    assert template.blank.assistant_prefix == template.build("x").assistant_prefix == "Question:"
    assert template.as_continuation("Why?") == " Why?"

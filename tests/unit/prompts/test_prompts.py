"""Templates put the data where it belongs and never change under their name."""

from __future__ import annotations

import pytest

from bubblenet.corpus.shape import SOURCE_TYPES, Shape
from bubblenet.errors import SettingsError
from bubblenet.judging.cleaning import clean
from bubblenet.judging.wording import IMPERATIVES
from bubblenet.prompts import CRITERIA, RATIONALES, Choice, get_prompts, get_rating, get_reverse_gain, text_digest
from bubblenet.prompts.backtranslation import ANY, request_of, set_names
from bubblenet.prompts.drawing import Ticket, draw, shares_of
from bubblenet.settings import Backtranslation, Settings

VARIED = get_prompts("varied_v1")
OPENED = [
    (template, language, opening) for template in VARIED.templates for language, texts in template.openings.items() for opening in texts
]
# A wording never changes under its name: to change one, add a file under another name and its digest here.
RELEASED = {
    "question_v1": "25fbcd1f7dd5b57f0b452985573bb3d9f7045ce3067d6b400ac6d1312d31fdcc",
    "reversed_v1": "b9e907b3168fa631532df6b70eb7067dfbf037361c680d880047bed6379d1ab8",
    "reversed_v2": "842463e167fe32ff1e48b14aadf8b020a81f43f821c7e9a2c97c36bff34efc78",
    "varied_v1": "128dabbaa806ff1fece1bb2d450ca74f3762e2d92aa1ca7b3d4517983e55b3eb",
}


def choice(**changes: str) -> Choice:
    given = {
        "language": "en",
        "request": "Write one question that this text answers.",
        "label": "Question:",
        "opening": "How do I",
    }
    fixed = {"prompt": "varied_v1", "template": "t", "style": "question", "length": "short", "complexity": "single", "source_type": "prose"}
    return Choice(**(fixed | given | changes))


@pytest.mark.parametrize("name", set_names())
def test_a_released_set_has_the_wordings_it_was_released_with(name):
    assert get_prompts(name).digest == RELEASED[name]


def test_the_passage_comes_first_the_request_last_and_the_answer_begins_with_the_opening():
    prompt = choice().build("A passage about bees.")
    assert prompt.user == "A passage about bees.\n\nWrite one question that this text answers."
    assert prompt.assistant_prefix == "Question: How do I"
    assert choice(opening="").build("x").assistant_prefix == "Question:"


@pytest.mark.parametrize(
    ("instruction", "complete"),
    [
        ("How do bees dance?", "How do bees dance? Answer with a list."),
        ("Explain how bees dance", "Explain how bees dance. Answer with a list."),
        ("", ""),
    ],
)
def test_a_closing_is_a_sentence_of_its_own(instruction, complete):
    assert choice(closing="Answer with a list.").complete(instruction) == complete
    assert choice(closing="").complete(instruction) == instruction


@pytest.mark.parametrize("source_type", SOURCE_TYPES)
@pytest.mark.parametrize("style", ["question", "command", "search_query"])
def test_every_style_is_offered_for_every_source_type(source_type, style):
    offered = [t for t in VARIED.templates if source_type in t.source_types and t.style == style and t.complexity == "single"]
    for language in IMPERATIVES:
        assert any(template.openings_in(language) for template in offered), language


def test_each_style_has_short_and_long_and_each_complexity_its_template():
    kinds = {(template.style, template.complexity) for template in VARIED.templates}
    assert kinds == {(style, complexity) for style in ("question", "command", "search_query") for complexity in ("single", "multi_step")}
    assert {template.style for template in VARIED.templates if template.length == "long"} == {"question", "command"}
    assert {constraint.form for constraint in VARIED.constraints} == {"list", "code", "table", "length"}


def test_names_are_given_once():
    names = [template.name for template in VARIED.templates]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(("template", "language", "opening"), [case for case in OPENED if case[0].style == "command"])
def test_a_command_begins_with_an_imperative_that_the_gates_know(template, language, opening):
    assert opening.split()[0].lower().rstrip(",") in IMPERATIVES[language]


@pytest.mark.parametrize(("template", "language", "opening"), OPENED)
def test_cleaning_leaves_an_opening_alone(template, language, opening):
    text = f"{opening} configure the server"
    assert clean(text, template.style) == text.strip()


def test_the_language_is_named_to_the_model():
    template = VARIED.templates[0]
    assert request_of(template, VARIED, "prose", "de") == "Write one question in German that this text answers."
    assert request_of(template, VARIED, "prose", "") == "Write one question that this text answers."
    assert request_of(template, VARIED, "how_to", "en") == "Write one question that this guide answers."


def test_a_language_without_openings_is_asked_for_a_question_by_its_name():
    asked = draw(
        VARIED, shares_of(Backtranslation(command_share=1.0, search_query_share=0.0)), Ticket("a", 0, "x"), Shape("prose", (), 300), "ja"
    )
    assert (asked.style, asked.opening, asked.label) == ("question", "", VARIED.labels["question"][ANY])
    assert "in Japanese" in asked.request


def test_a_rating_prompt_ends_where_the_label_comes_next():
    template = get_rating("five_level_v1")
    prompt = template.build("Why do bees dance?", "Bees dance to show the way.")
    assert prompt.assistant_prefix
    assert prompt.user.index("Bees dance to show") < prompt.user.index("Why do bees")
    assert template.labels == ("1", "2", "3", "4", "5")
    assert template.values == (1.0, 2.0, 3.0, 4.0, 5.0)


def test_the_prompts_of_all_criteria_differ_in_their_last_lines_only():
    template = CRITERIA["additive_v1"]
    users = [template.build("Why do bees dance?", "To show the way.", question).user for _, question in template.criteria]
    assert len(set(users)) == 5
    assert len({user.split("Why do bees dance?")[0] for user in users}) == 1


def test_a_rationale_is_asked_to_end_in_its_score():
    prompt = RATIONALES["rationale_v1"].build("Why do bees dance?", "To show the way.")
    assert '"Score: "' in prompt.user.splitlines()[-1]
    assert prompt.assistant_prefix == ""


def test_the_defaults_of_the_settings_exist():
    settings = Settings()
    assert get_prompts(settings.backtranslation.prompt).name == settings.backtranslation.prompt
    assert get_reverse_gain(settings.scoring.reverse_gain_prompt).name == settings.scoring.reverse_gain_prompt


@pytest.mark.parametrize(
    ("find", "name", "nearest"),
    [
        (get_prompts, "varied_1", "varied_v1"),
        (get_reverse_gain, "questoin_v1", "question_v1"),
        (get_rating, "five_levels", "five_level_v1"),
    ],
)
def test_an_unknown_name_names_the_nearest(find, name, nearest):
    with pytest.raises(SettingsError, match=nearest):
        find(name)


def test_digests_tell_templates_apart():
    templates = [get_reverse_gain("question_v1"), get_rating("five_level_v1"), CRITERIA["additive_v1"], RATIONALES["rationale_v1"]]
    names = {text_digest(template) for template in templates}
    assert len(names) == 4
    assert all(len(name) == 64 for name in names)


def test_an_instruction_continues_the_answer_that_has_begun():
    template = get_reverse_gain("question_v1")
    assert template.blank.assistant_prefix == template.build("x").assistant_prefix == "Question:"
    assert template.as_continuation("Why?") == " Why?"

"""A draw depends on passage, number and prompt set, keeps to the shares, and asks for nothing that the passage cannot give."""

from __future__ import annotations

import random

import pytest

from bubblenet import settings
from bubblenet.corpus.shape import SOURCE_TYPES, Shape
from bubblenet.errors import SettingsError
from bubblenet.method.recipe import draw_fingerprint, full_recipe
from bubblenet.prompts import get_prompts
from bubblenet.prompts.drawing import Ticket, draw, shares_of
from bubblenet.settings import Backtranslation, Settings
from bubblenet.udfs.instructions import Backtranslate
from tests.conftest import SCRIPTED
from tests.corpora import passage

VARIED = get_prompts("varied_v1")
STEPS = Shape("how_to", ("list", "code"), 310)


def draws(number: int = 4000, shape: Shape = STEPS, language: str = "en", **shares: float):
    wanted = shares_of(Backtranslation(**shares))
    return [draw(VARIED, wanted, Ticket(f"row{index}", index % 4, "varied_v1"), shape, language) for index in range(number)]


def share(choices, name, value):
    return sum(getattr(choice, name) == value for choice in choices) / len(choices)


def test_the_shares_of_the_settings_come_out():
    choices = draws(command_share=0.3, search_query_share=0.2, long_share=0.25, multi_step_share=0.2, constrained_share=0.1)
    assert share(choices, "style", "command") == pytest.approx(0.3, abs=0.03)
    assert share(choices, "style", "search_query") == pytest.approx(0.2, abs=0.03)
    asked = [choice for choice in choices if choice.style != "search_query"]
    assert share(asked, "complexity", "multi_step") == pytest.approx(0.2, abs=0.03)
    assert share(asked, "complexity", "constrained") == pytest.approx(0.1, abs=0.03)
    single = [choice for choice in asked if choice.complexity != "multi_step"]
    assert share(single, "length", "long") == pytest.approx(0.25, abs=0.03)


def test_axes_are_drawn_apart():
    choices = [
        choice for choice in draws(command_share=0.5, search_query_share=0.0, constrained_share=0.3) if choice.complexity != "multi_step"
    ]
    by_style = [share([c for c in choices if c.style == style], "complexity", "constrained") for style in ("question", "command")]
    assert by_style[0] == pytest.approx(by_style[1], abs=0.06)


def test_all_openings_of_a_template_are_used():
    for template in VARIED.templates:
        shape = Shape(template.source_types[0], (), 300)
        used = {choice.opening for choice in draws(shape=shape) if choice.template == template.name}
        assert used == set(template.openings["en"]), template.name


def test_prose_is_not_asked_for_steps_and_lists_only_where_there_is_one():
    choices = draws(shape=Shape("prose", (), 310), multi_step_share=0.5, constrained_share=0.5)
    assert "multi_step" not in {choice.complexity for choice in choices}
    assert {choice.closing for choice in choices} == {"", "Answer in about 300 words.", "Use at most 350 words."}
    assert "Answer with a list." in {choice.closing for choice in draws(constrained_share=0.5)}


def test_a_search_query_has_no_closing():
    assert {choice.closing for choice in draws(search_query_share=1.0, command_share=0.0, constrained_share=0.5)} == {""}


@pytest.mark.parametrize("source_type", SOURCE_TYPES)
@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "pt", "it", "ja", "und", ""])
def test_something_can_be_asked_for_of_every_passage(source_type, language):
    choices = draws(
        200, Shape(source_type, (), 100), language, command_share=1.0, search_query_share=0.0, multi_step_share=1.0, constrained_share=0.0
    )
    assert {choice.source_type for choice in choices} == {source_type}
    assert {choice.language for choice in choices} == {"" if language == "und" else language}


def test_order_and_company_change_nothing():
    wanted = shares_of(Backtranslation())
    tickets = [Ticket(f"row{index}", number, "varied_v1") for index in range(40) for number in range(4)]
    alone = {ticket: (draw(VARIED, wanted, ticket, STEPS, "en"), ticket.seed) for ticket in tickets}
    random.Random(1).shuffle(tickets)
    assert {ticket: (draw(VARIED, wanted, ticket, STEPS, "en"), ticket.seed) for ticket in tickets} == alone
    assert len({seed for _, seed in alone.values()}) == len(tickets)


def test_seeds_differ_by_passage_number_and_set():
    tickets = [Ticket("a", 0, "v1"), Ticket("b", 0, "v1"), Ticket("a", 1, "v1"), Ticket("a", 0, "v2")]
    assert len({ticket.seed for ticket in tickets}) == 4
    assert Ticket("a", 0, "v1").seed == tickets[0].seed


def test_a_row_is_asked_the_same_in_every_window():
    transform = Backtranslate(None, Backtranslation())
    rows = [
        {"request_id": f"{n}-{k}", "segment_id": f"s{n}", "sample_index": k, "text": passage(f"p{n}", "use"), "language": "en"}
        for n in range(3)
        for k in range(4)
    ]
    asked = {row["request_id"]: transform.proposal(row) for row in rows}
    assert {row["request_id"]: transform.proposal(row) for row in reversed(rows)} == asked
    assert len({(request.choice, request.seed) for request in asked.values()}) == 12


def scripted(*overrides: str) -> Settings:
    return settings.load(None, [*SCRIPTED, *overrides])


@pytest.mark.parametrize(
    "override",
    [
        "backtranslation.command_share=0.31", "backtranslation.search_query_share=0.0", "backtranslation.long_share=0.5",
        "backtranslation.multi_step_share=0.0", "backtranslation.constrained_share=0.0", "backtranslation.instruction_language=de",
        "backtranslation.prompt=question_v1",
    ],
)  # fmt: skip
def test_other_shares_are_other_requests_and_another_fingerprint(override):
    before, after = scripted(), scripted(override)
    assert draw_fingerprint(after).id != draw_fingerprint(before).id
    changed = {name for name in full_recipe(before).fingerprints if full_recipe(after)[name].id != full_recipe(before)[name].id}
    assert changed == {"backtranslate"}


def test_more_candidates_or_another_temperature_draw_the_same():
    before = draw_fingerprint(scripted()).id
    assert draw_fingerprint(scripted("backtranslation.candidates=9")).id == before
    assert draw_fingerprint(scripted("backtranslation.temperature=0.9")).id == before
    assert full_recipe(scripted("backtranslation.candidates=9"))["backtranslate"].id == full_recipe(scripted())["backtranslate"].id


@pytest.mark.parametrize("override", ["backtranslation.command_share=0.9", "backtranslation.multi_step_share=0.95"])
def test_shares_of_more_than_all_are_refused(override):
    with pytest.raises(SettingsError, match="together more than 1"):
        settings.load(None, [override])

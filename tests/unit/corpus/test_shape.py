"""Small texts of each kind, and what does not make one."""

from __future__ import annotations

import pytest

from bubblenet.corpus.shape import shape_of

PROSE = "The moon pulls the water of the sea. On the far side the water is pulled less than the earth is, so it rises there, too."
PROGRAM = "```\nfor name in names:\n    print(name)\n    if name == last:\n        break\n```"


@pytest.mark.parametrize(
    ("text", "source_type"),
    [
        (PROSE, "prose"),
        (f"{PROSE}\n\n## The Sun\n\n{PROSE}", "prose"),
        (f"The names:\n\n{PROGRAM}", "code"),
        (f"{PROSE} {PROSE}\n\n```\nls -l /etc\n```\n\n{PROSE}", "how_to"),
        ("1. Loosen the nuts.\n2. Lift the car.\n3. Take the wheel off.", "how_to"),
        ("Zuerst dies:\n\n1. Muttern\n2. Wagenheber\n3. Rad\n\nDann den Rest.", "how_to"),
        ("Open the lid. Fill in the water. Then close the lid and wait for a minute. The lamp turns green.", "how_to"),
        ("- **-a** shows all\n- **-l** shows a line each\n- **-h** shows this help", "reference"),
        (f"{PROSE}\n\n| Name | Default |\n|---|---|\n| size | 3 |\n| depth | 5 |", "reference"),
        (f"## Why does the sea rise twice a day?\n\n{PROSE}", "faq"),
        (f"**How high does the sea rise?**\n\n{PROSE}\n\n**Why is that so?**\n\n{PROSE}", "faq"),
        (f"Q: How high does it rise?\n\nA: {PROSE}", "faq"),
        (f"{PROSE} Why is that? {PROSE}", "prose"),
        (f"{PROSE}\n\n- one\n- two", "prose"),
        ("", "prose"),
    ],
)
def test_the_kind_of_a_text_is_told_from_its_blocks(text, source_type):
    assert shape_of(text).source_type == source_type


def test_forms_are_what_a_constraint_may_ask_for():
    assert shape_of(PROSE).forms == ()
    assert shape_of("- **-a** shows all\n- **-l** shows a line each\n- **-h** shows this help").forms == ("list",)
    assert shape_of(f"{PROSE}\n\n{PROGRAM}\n\n| a | b |\n|---|---|\n| 1 | 2 |").forms == ("code", "table")


def test_two_items_below_much_text_are_not_a_list():
    assert shape_of(f"{PROSE}\n\n- one\n- two\n- three").forms == ()


def test_words_are_counted_between_white_space():
    assert shape_of("one two-three\n\n`four five`").num_words == 4

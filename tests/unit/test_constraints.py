"""Constraints on answers: one for each seed, in its language, and checked by code."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from bubblenet.evaluation.comparing import NULL_ANSWER
from bubblenet.evaluation.constraints import KINDS, constraint_of, has_items, has_word, has_words, is_in, is_object

SPANISH = "El gato duerme en la casa mientras los ni\u00f1os juegan en la calle con sus amigos."


def test_every_kind_is_drawn_and_the_same_for_every_model():
    drawn = [constraint_of(f"seed {number}", "en") for number in range(500)]
    counts = Counter(found.kind for found in drawn)
    assert set(counts) == set(KINDS)
    assert min(counts.values()) > 60
    assert [found.sentence for found in drawn] == [constraint_of(f"seed {number}", "en").sentence for number in range(500)]


def test_the_sentence_is_in_the_language_of_the_seed_where_it_is_known():
    for number in range(40):
        english, spanish, galician = (constraint_of(f"{number}", code).sentence for code in ("en", "es", "gl"))
        assert spanish != english == galician
    assert constraint_of("0", None).sentence == constraint_of("0", "en").sentence


def test_no_seed_is_asked_for_the_language_that_it_is_in():
    asked = [constraint_of(f"{number}", "fr") for number in range(200)]
    assert {found.sentence for found in asked if found.kind == "language"} == {
        f"R\u00e9ponds en {name}." for name in ("anglais", "espagnol", "allemand")
    }


@pytest.mark.parametrize(
    ("is_kept", "wanted"),
    [
        (has_words("one, two - three", 3), True),
        (has_words("one two three four", 3), False),
        (has_items("- a\n* b\n", 2), True),
        (has_items("Here:\n- a\n- b\n- c", 2), False),
        (has_items("-not an item\n -nor this", 0), True),
        (is_object('{"answer": 1}', "answer"), True),
        (is_object('```json\n{"answer": 1}\n```', "answer"), True),
        (is_object('{"result": 1}', "answer"), False),
        (is_object('The answer: {"answer": 1}', "answer"), False),
        (is_object('["answer"]', "answer"), False),
        (is_object("[" * 100_000, "answer"), False),
        (has_word("Because, of course.", "because"), True),
        (has_word("becauseway", "because"), False),
        (is_in(SPANISH, "es"), True),
        (is_in(SPANISH, "fr"), False),
        (is_in("12", "es"), False),
    ],
)
def test_answers_are_checked(is_kept, wanted):
    assert is_kept is wanted


def test_an_empty_answer_keeps_to_nothing_and_a_constant_one_to_little():
    drawn = [constraint_of(f"{number}", "en") for number in range(200)]
    assert not any(found.is_met(" ") for found in drawn)
    assert sum(found.is_met(NULL_ANSWER) for found in drawn) <= 0.15 * len(drawn)
    assert all(found.is_met(json.dumps({"answer": 1, "result": 1, "text": 1})) for found in drawn if found.kind == "json")

"""Constraints on answers: one for each seed, in its language, and checked by code."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from bubblenet.assessment.comparing import NULL_ANSWER
from bubblenet.evaluation.constraints import KINDS, constraint_of, has_items, has_word, has_words, is_in, is_object

ENGLISH = "The cat sleeps in the house while the children play in the street with their friends."
GERMAN = "Die Katze schl\u00e4ft im Haus, w\u00e4hrend die Kinder mit ihren Freunden auf der Stra\u00dfe spielen."
SPANISH = "El gato duerme en la casa mientras los ni\u00f1os juegan en la calle con sus amigos."


def test_every_kind_is_drawn_and_the_same_for_every_model():
    drawn = [constraint_of(f"seed {number}", "advice", "en", "en") for number in range(500)]
    counts = Counter(found.kind for found in drawn)
    assert set(counts) == set(KINDS)
    assert min(counts.values()) > 60
    assert [found.sentence for found in drawn] == [constraint_of(f"seed {number}", "advice", "en", "en").sentence for number in range(500)]


def test_the_sentence_is_in_the_language_of_the_seed_where_it_is_known():
    for number in range(40):
        english, spanish, galician = (constraint_of(f"{number}", "translation", code, "ca").sentence for code in ("en", "es", "gl"))
        assert spanish != english == galician
    assert constraint_of("1", "translation", None, None).sentence == constraint_of("1", "translation", "en", "en").sentence


@pytest.mark.parametrize(("language", "response_language"), [("fr", "fr"), ("de", "de"), ("en", "es"), ("gl", "de"), (None, "und")])
def test_no_seed_is_asked_for_a_language_that_it_has(language, response_language):
    drawn = [constraint_of(f"{number}", "advice", language, response_language) for number in range(200)]
    asked = [found for found in drawn if found.kind == "language"]
    assert asked
    texts = {"en": ENGLISH, "es": SPANISH, "de": GERMAN}
    for own in {language, response_language} & set(texts):
        assert not any(found.is_met(texts[own]) for found in asked)


def test_a_translation_is_not_asked_for_another_language():
    drawn = [constraint_of(f"{number}", "translation", "en", "es") for number in range(200)]
    assert {found.kind for found in drawn} == set(KINDS) - {"language"}


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
    drawn = [constraint_of(f"{number}", "advice", "en", "en") for number in range(200)]
    assert not any(found.is_met(" ") for found in drawn)
    assert sum(found.is_met(NULL_ANSWER) for found in drawn) <= 0.15 * len(drawn)
    assert all(found.is_met(json.dumps({"answer": 1, "result": 1, "text": 1})) for found in drawn if found.kind == "json")

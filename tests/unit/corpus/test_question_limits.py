"""How long a heading must be to ask something, and how short to be one; what is taken off it before it is read."""

from __future__ import annotations

import pytest

from bubblenet.corpus.questions import is_navigation, is_question, strip_number


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("Is it a?", True),  # eight characters
        ("Is a b?", False),
        ("Tea or not?", True),  # three words
        ("Really though?", False),
        ("Tea " * 73 + "or not?", True),  # 299 characters
        ("Tea " * 73 + "or not??", True),
        ("Tea " * 73 + "or not???", False),
        ("\u4ec0\u4e48\u662f\u7801\uff1f", True),  # five characters without spaces
        ("\u4ec0\u4e48\u7801\uff1f", False),
        ("\ud328\ud0a4\uc9c0\ub780 \ubb34\uc5c7?", True),  # eight characters, two Korean words
        ("\ud328\ud0a4\uc9c0\ub780 \ubb34?", False),
        ("\ud328\ud0a4\uc9c0\ub780\ubb34\uc5c7\uc774?", False),
    ],
)
def test_a_question_has_three_words_and_8_to_300_characters(heading: str, expected: bool) -> None:
    assert is_question(heading) is expected


@pytest.mark.parametrize("heading", ['What is "tea?"', "What is (tea?)", "Tea is what?\u201d", "Tea is what? "])
def test_what_closes_after_the_mark_does_not_hide_it(heading: str) -> None:
    assert is_question(heading)


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("How to make tea", True),
        ("How tea is made", False),
        ("Which pot is best", True),
        ("Which pots we sell", False),
        ("Can I make tea", True),
        ("Can openers and pots", False),
        ("howto make good tea", False),
    ],
)
def test_without_a_mark_a_heading_must_read_as_an_english_question(heading: str, expected: bool) -> None:
    assert is_question(heading) is expected


@pytest.mark.parametrize(
    "heading", ["pager object text ?options...?", "queue get ?count?", "name option ?arg arg ...?", "pki sign key ?algo?"]
)
def test_optional_words_of_a_synopsis_ask_nothing(heading: str) -> None:
    assert not is_question(heading)


@pytest.mark.parametrize(
    "heading",
    ["What does lsort ?options? do?", "Is this a ??? or a bug?", "What is a snit::type?", "Why ? Because ?", "Pourquoi ?Comment faire ?"],
)
def test_marks_within_a_question_are_no_synopsis(heading: str) -> None:
    assert is_question(heading)


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("Question 7.2. What is a frame?", "What is a frame?"),
        ("Question 7: What is a frame?", "What is a frame?"),
        ("Q09 Can I change the date?", "Can I change the date?"),
        ("Frage 3: Was ist ein Rahmen?", "Was ist ein Rahmen?"),
        ("Pregunta 2. \u00bfQu\u00e9 es un marco?", "\u00bfQu\u00e9 es un marco?"),
        ("Q4 results of the year", "Q4 results of the year"),
        ("Question everything you read", "Question everything you read"),
        ("A4 or letter paper?", "A4 or letter paper?"),
    ],
)
def test_the_number_of_a_question_is_no_part_of_it(heading: str, expected: str) -> None:
    assert strip_number(heading) == expected


@pytest.mark.parametrize(
    ("heading", "expected"),
    [("Menu:", True), (" Search ... ", True), ("> Contents", True), ("Menus", False), ("12 comments", True), ("12 commentaries", False)],
)
def test_navigation_is_the_whole_heading_but_for_its_marks(heading: str, expected: bool) -> None:
    assert is_navigation(heading) is expected


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("1.2 Tea", "Tea"),
        ("123. Tea", "Tea"),
        ("1234. Tea", "1234. Tea"),
        ("A.1 Tea", "Tea"),
        ("Q: Tea", "Tea"),
        ("Q12: Tea", "Tea"),
        ("Appendix B. Tea", "Tea"),
        ("1. 2. Tea", "2. Tea"),  # one number is taken off
        ("1.", "1."),
    ],
)
def test_one_section_number_is_taken_off(heading: str, expected: str) -> None:
    assert strip_number(heading) == expected

"""Each reason for which a passage is left out, each kind of heading, and the language of a text."""

from __future__ import annotations

import pytest

from bubblenet.corpus import language, quality, questions
from bubblenet.settings import Segmentation

RULES = Segmentation(min_characters=20, max_characters=400)
SENTENCE = "The kettle stands on the stove."


@pytest.mark.parametrize(
    ("text", "headings", "num_link_characters", "reason"),
    [
        (SENTENCE, ("Tea",), 0, None),
        (" --- ", ("Tea",), 0, "no_text"),
        (SENTENCE, ("Tea", ""), 0, "empty_heading"),
        (SENTENCE, ("Quick links",), 0, "navigation_heading"),
        (SENTENCE, ("Newsletter", "Tea"), 0, "navigation_heading"),
        (SENTENCE, ("BUY YOUR TEA NOW",), 0, "all_capitals_heading"),
        (SENTENCE, ("DNSSEC",), 0, None),
        ("Too short.", ("Tea",), 0, "too_short"),
        (SENTENCE, (), 16, "link_list"),
        (SENTENCE, (), 15, None),
        (f"{SENTENCE} {SENTENCE} And it is cold.", (), 0, "repeated_sentences"),
        (f"{SENTENCE} It is cold. Nobody is home. Yes. Yes. Yes.", (), 0, None),
        (SENTENCE + "\n\n```\nx is not y\nx is not y\nx is not y\n```", (), 0, None),
    ],
)
def test_a_passage_is_left_out_for_the_first_reason_that_holds(
    text: str, headings: tuple[str, ...], num_link_characters: int, reason: str | None
) -> None:
    assert quality.check(text, headings, num_link_characters, RULES) == reason


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("4.2.1. Partitions", "Partitions"),
        ("Chapter 7. Basics", "Basics"),
        ("5.2. How do I start?", "How do I start?"),
        ("10) Last", "Last"),
        ("3 ways to make tea", "3 ways to make tea"),
        ("1984", "1984"),
        ("A Tale of Two Cities", "A Tale of Two Cities"),
    ],
)
def test_section_numbers_are_stripped_and_other_numbers_stay(heading: str, expected: str) -> None:
    assert questions.strip_number(heading) == expected


@pytest.mark.parametrize(
    "heading", ["What is a package?", "Ist der Kernel frei?", "How do I install it", "How to mount a disk", "Why is my disk full"]
)
def test_headings_that_ask_are_questions(heading: str) -> None:
    assert questions.is_question(heading)


@pytest.mark.parametrize("heading", ["Really?", "What people say", "Installing it", "Is", "Which", "x" * 400 + " y z?"])
def test_other_headings_are_not_questions(heading: str) -> None:
    assert not questions.is_question(heading)


def test_the_language_of_a_sentence_is_found() -> None:
    code, confidence = language.identify("Der Kessel steht auf dem Herd, und das Wasser kocht gleich.")

    assert code == "de"
    assert 0.9 < confidence <= 1.0


@pytest.mark.parametrize("text", ["", "12345 67890 !!!", "ok"])
def test_a_text_with_few_letters_has_no_language(text: str) -> None:
    assert language.identify(text) == ("und", 0.0)

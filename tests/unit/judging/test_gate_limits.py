"""Every gate at its limit: what just passes and what just does not."""

from __future__ import annotations

import itertools

import pytest

from bubblenet.judging.gates import gate

PASSAGE = (
    "Debian uses dpkg to install packages. The apt tool resolves dependencies between packages and fetches the files from mirrors "
    "all over the world. Packages that are no longer needed can be removed with apt autoremove."
)


def reason(instruction: str, language: str = "en", **more: object) -> str | None:
    return gate(instruction, PASSAGE, language, True, **more).reason


def words(num: int) -> list[str]:
    """Different words that are in no passage."""
    return ["k" + "".join(letters) for letters in itertools.islice(itertools.product("bcdfg", repeat=3), num)]


@pytest.mark.parametrize(
    ("instruction", "expected"),
    [("Why is ls?", None), ("Why is l?", "too_short"), ("Why use dpkg?", None), ("Why packages?", "too_short")],
)
def test_three_words_and_ten_characters_say_enough(instruction: str, expected: str | None) -> None:
    assert reason(instruction) == expected


@pytest.mark.parametrize(("num_words", "expected"), [(80, None), (81, "too_long")])
def test_an_instruction_has_up_to_80_words(num_words: int, expected: str | None) -> None:
    assert reason(" ".join(["How", "do", *words(num_words - 2)]) + "?", language="") == expected


@pytest.mark.parametrize(("num_characters", "expected"), [(500, None), (501, "too_long")])
def test_an_instruction_has_up_to_500_characters(num_characters: int, expected: str | None) -> None:
    assert reason("How does it " + "x" * (num_characters - 13) + "?") == expected


@pytest.mark.parametrize(("num_words", "expected"), [(16, None), (17, "not_an_instruction")])
def test_a_search_query_has_up_to_16_words(num_words: int, expected: str | None) -> None:
    assert reason(" ".join(words(num_words)), language="", style="search_query") == expected


RUN = ["apt", "tool", "resolves", "dependencies", "between", "packages", "and", "fetches", "the", "files"]


@pytest.mark.parametrize(
    ("num_copied", "num_own", "expected"),
    [
        (9, 6, "passage_copy"),  # 60 % of it
        (9, 7, None),
        (8, 5, "passage_copy"),
        (7, 1, None),  # seven words in a row may be a name
        (8, 0, "passage_copy"),
        (7, 0, None),  # a question this short says what it asks with few words
    ],
)
def test_a_question_may_share_a_run_of_seven_words_with_its_passage(num_copied: int, num_own: int, expected: str | None) -> None:
    assert reason(" ".join([*words(num_own), *RUN[:num_copied]]) + "?", language="") == expected


def test_a_short_text_that_asks_nothing_is_a_copy_when_all_of_it_is_copied() -> None:
    assert reason("resolves dependencies between packages") == "passage_copy"
    assert reason("resolves dependencies between machines") == "not_an_instruction"


@pytest.mark.parametrize(
    ("instruction", "expected"),
    [
        ("How many many many packages?", None),
        ("How many many many many packages?", "degenerate_repetition"),
        ("How is apt, how is apt?", None),
        ("How is apt, how is apt, how is apt?", "degenerate_repetition"),
        # 11 words, 4 of them different; 12 words, 4 different; 15 words, 6 different (40 %); 15 words, 5 different
        ("How apt files net apt how net files how net apt?", None),
        ("How apt files net apt how net files how net apt files?", "degenerate_repetition"),
        ("How many files apt net disk apt many disk files net how disk many apt?", None),
        ("How many files apt net apt many net files how net many apt how files?", "degenerate_repetition"),
    ],
)
def test_words_may_come_again_but_not_again_and_again(instruction: str, expected: str | None) -> None:
    assert reason(instruction) == expected


@pytest.mark.parametrize(
    ("instruction", "expected"),
    [
        ("Wie werden alte Pakete von meinem Rechner entfernt?", "wrong_language"),  # eight words
        ("Wie werden Pakete von meinem Rechner entfernt?", None),
    ],
)
def test_eight_words_tell_a_language(instruction: str, expected: str | None) -> None:
    assert reason(instruction) == expected
    assert reason(instruction, language="") is None  # nothing was asked for
    assert reason(instruction, language="de", is_foreign=True) is None


def test_an_english_question_word_is_wrong_in_another_language_however_short_the_question() -> None:
    assert reason("What is dpkg?", language="de") == "wrong_language"
    assert reason("What is dpkg?", language="und") is None


@pytest.mark.parametrize(
    ("instruction", "expected"),
    [
        ("Debian Tools", "bare_title"),
        ("All the Tools", "not_an_instruction"),  # one long word is no title
        ("Debian tools here", "not_an_instruction"),
        ("Debian Tools?", "too_short"),  # it asks
    ],
)
def test_two_long_words_in_title_case_are_a_title(instruction: str, expected: str) -> None:
    assert reason(instruction) == expected


def test_a_line_of_the_passage_is_a_title_in_any_case() -> None:
    assert gate("removing old packages", "Removing old packages\n\nUse apt.", "en", True).reason == "bare_title"
    assert gate("removing very old packages", "Removing old packages\n\nUse apt.", "en", True).reason == "not_an_instruction"


@pytest.mark.parametrize("end", ["?", ".", "!"])
def test_what_the_limit_cut_off_counts_as_ended_after_a_mark(end: str) -> None:
    assert gate(f"Explain how apt removes packages{end}", PASSAGE, "en", False).kept
    assert gate("Explain how apt removes packages", PASSAGE, "en", False).reason == "unfinished"


@pytest.mark.parametrize(
    ("instruction", "expected"),
    [
        ("Wie wird Autoremoval genutzt?", None),  # autor-emove: five letters in common
        ("Wie wird Autos genutzt?", "generic"),  # four
        ("Was tun mit apt?", "generic"),  # shorter words tell nothing
    ],
)
def test_a_german_question_shares_the_beginning_of_a_word_with_its_passage(instruction: str, expected: str | None) -> None:
    assert reason(instruction, language="de", style="question") == expected


def test_a_number_is_a_word_of_substance_however_short() -> None:
    assert gate("Was wird in 7.1 neu?", "Debian 7.1: \u00c4nderungen", "de", True, style="question").kept
    assert gate("Was wird in 7.1 neu?", "Debian 8.2: \u00c4nderungen", "de", True, style="question").reason == "generic"

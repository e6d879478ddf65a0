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


RUN = PASSAGE.replace(".", "").lower().split()[7:27]


@pytest.mark.parametrize(
    ("num_copied", "num_own", "expected"),
    [
        (8, 0, "passage_copy"),
        (7, 0, None),  # seven words in a row may be a name
        (8, 1, "passage_copy"),  # one word of its own
        (8, 2, None),
        (19, 1, "passage_copy"),
        (18, 2, None),  # a tenth of it
    ],
)
def test_a_copy_has_next_to_no_words_of_its_own(num_copied: int, num_own: int, expected: str | None) -> None:
    own = ["explain", *words(num_own)][:num_own]
    assert reason(" ".join([*own, *RUN[:num_copied]]), language="") == expected


@pytest.mark.parametrize(
    ("num_copied", "num_after", "expected"),
    [(11, 9, "passage_copy"), (10, 10, None), (4, 3, None)],  # half of it is new; seven words are too few
)
def test_a_model_that_requests_nothing_and_begins_as_the_passage_does_copies_with_words_changed(num_copied, num_after, expected):
    text = " ".join([*RUN[:num_copied], *words(num_after)])
    for style in ("question", "command"):
        assert reason(text, style=style) == expected
        assert reason(f"The answer is: the {' '.join(RUN[:12])} and more", style=style) == "passage_copy"
    for style in (None, "learnt"):
        assert reason(text, style=style) is None
    assert reason(f"Explain {text}", style="command") is None
    assert reason(f"Shorten this: {text}", style="command") is None
    assert reason(text, style="question", opening=text.split()[0]) is None


def test_a_copy_that_asks_is_a_question() -> None:
    assert reason(" ".join(RUN[:12]) + "?") is None


def test_a_copy_with_a_word_changed_is_one() -> None:
    assert reason(" ".join([*RUN[:9], "some", *RUN[10:19]])) == "passage_copy"


def test_in_scripts_without_spaces_a_copy_has_twenty_characters() -> None:
    passage = "\u534e\u534e" + "".join(chr(0x4E00 + number) for number in range(30))
    copied = [passage[2 : 2 + size] for size in (19, 20)]
    assert [gate(text, passage, "", True).reason for text in copied] == [None, "passage_copy"]


@pytest.mark.parametrize(
    ("instruction", "expected"),
    [
        ("How many many many packages?", None),
        ("How many many many many packages?", "degenerate_repetition"),
        ("Of eleven words some may come again like many many many many?", "degenerate_repetition"),  # 4 of 11
        ("Of thirteen words some may come again as it is here: many many many many?", None),  # 4 of 14
        ("How is apt, how is apt?", None),
        ("How is apt, how is apt, how is apt?", "degenerate_repetition"),
        ("List 1 1 1 1 1 1 as a word.", None),
        ("a b c d a b c d a b c e", None),  # 10 3-grams, 7 of them different
        ("a b c d a b c d a b d c a b c", None),
        ("a b b a b a a a b b b a b b a a b a b b b a a b", "degenerate_repetition"),  # 22 3-grams, 8 of them different
    ],
)
def test_words_may_come_again_but_not_again_and_again(instruction: str, expected: str | None) -> None:
    assert reason(instruction, language="") == expected


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
    assert reason(instruction, language="de") is None


def test_two_english_words_are_wrong_in_another_language_however_short_the_question() -> None:
    assert reason("What is dpkg?", language="de") == "wrong_language"
    assert reason("What dpkg?", language="de") is None
    assert reason("What is dpkg?", language="und") is None


def test_a_part_in_the_right_language_makes_a_wrong_one_uncertain() -> None:
    french = "Le chat dort toute la journ\u00e9e sur le canap\u00e9 de ma grand-m\u00e8re et il ne veut pas sortir."
    assert reason(french) == "wrong_language"
    assert reason(f"Translate this sentence into English for me please: {french}") is None
    assert reason(f"Into English: {french}") is None  # too short to tell, before what is to be translated
    assert reason(f"{french} {french}") in ("wrong_language", "degenerate_repetition")


@pytest.mark.parametrize("end", [".", "?", "!", "\u3002", "\u0964"])
def test_what_ends_in_a_mark_is_whole_even_if_it_was_cut(end: str) -> None:
    assert gate(f"Explain how apt removes packages{end}", PASSAGE, "en", False).kept
    assert gate("Explain how apt removes packages", PASSAGE, "en", False).reason == "unfinished"

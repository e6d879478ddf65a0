"""What a constraint asks for is what its check accepts, up to the limit; and the ids that the draw rests on."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict

import pytest

from bubblenet.evaluation.constraints import Constraint, constraint_of, has_items, has_word, has_words, is_object
from bubblenet.identity import content_id, folded, normalised_hash, row_seed

DRAWN: dict[str, list[Constraint]] = defaultdict(list)
for number in range(400):
    found = constraint_of(f"seed {number}", "advice", "en", "en")
    DRAWN[found.kind].append(found)


def number_in(constraint: Constraint) -> int:
    return int(re.findall(r"\d+", constraint.sentence)[0])


def quoted_in(constraint: Constraint) -> str:
    return re.findall("\u201c(.*?)\u201d", constraint.sentence)[0]


def test_an_answer_may_have_as_many_words_as_the_sentence_says() -> None:
    assert {number_in(one) for one in DRAWN["length"]} == {10, 15, 20, 25}
    for one in DRAWN["length"]:
        assert one.is_met("tea " * number_in(one))
        assert not one.is_met("tea " * (number_in(one) + 1))


def test_a_list_has_as_many_items_as_the_sentence_says() -> None:
    assert {number_in(one) for one in DRAWN["list"]} == {2, 3, 4}
    for one in DRAWN["list"]:
        assert [num for num in range(8) if one.is_met("Tea:\n" + "- tea\n" * num)] == [number_in(one)]


def test_an_object_has_the_key_that_the_sentence_says() -> None:
    assert {quoted_in(one) for one in DRAWN["json"]} == {"answer", "result", "text"}
    for one in DRAWN["json"]:
        assert [key for key in ("answer", "result", "text") if one.is_met(f'{{"{key}": 1}}')] == [quoted_in(one)]


def test_an_answer_holds_the_word_that_the_sentence_says() -> None:
    words = {"example", "because", "important", "together", "first"}
    assert {quoted_in(one) for one in DRAWN["keyword"]} == words
    for one in DRAWN["keyword"]:
        assert {word for word in words if one.is_met(f"Tea, {word.upper()}!")} == {quoted_in(one)}


@pytest.mark.parametrize(
    ("is_kept", "expected"),
    [
        (has_words("", 0), True),
        (has_words("tea", 0), False),
        (has_words("tea-pot", 2), True),
        (has_words("tea-pot", 1), False),
        (has_items("  - tea", 1), False),  # an item of an item
        (has_items("-   tea", 1), True),
        (has_items("- ", 1), False),
        (has_items("+ tea", 1), False),
        (is_object('```json\n{"a": 1}\n``` ', "a"), True),
        (is_object('```\n{"a": 1}\n```\nSo.', "a"), False),
        (is_object('{"a": {"b": 1}}', "b"), False),
        (is_object("{", "a"), False),
        (is_object('"a"', "a"), False),
        (has_word("teapot", "tea"), False),
        (has_word("Tea.", "tea"), True),
    ],
)
def test_answers_are_read_to_the_letter(is_kept: bool, expected: bool) -> None:
    assert is_kept is expected


def test_a_draw_has_all_kinds_but_for_translations() -> None:
    assert {constraint_of(f"{number}", "translation", "en", "es").kind for number in range(200)} == DRAWN.keys() - {"language"}
    assert DRAWN.keys() == {"length", "list", "json", "keyword", "language"}


def test_an_id_is_the_sha_256_of_its_parts_and_tells_them_apart() -> None:
    assert content_id("a", "b") == hashlib.sha256(b"a\x1fb").hexdigest()[:32]
    assert content_id("ab") != content_id("a", "b") != content_id("b", "a")
    assert len(content_id("\ud800")) == 32  # half a character can be read from a file, too


def test_a_seed_has_63_bits_and_depends_on_every_part() -> None:
    assert row_seed("a", 1) == int(content_id("a", "1")[:16], 16) // 2
    assert row_seed("a", 1) != row_seed("a", 2)
    assert max(row_seed(number) for number in range(100)).bit_length() == 63


def test_texts_that_read_the_same_have_the_same_words() -> None:
    assert folded(" Tea_pot -- GREEN\u00a0tea! ") == "tea pot green tea"
    assert normalised_hash("Tea, pot") == normalised_hash("tea POT.") != normalised_hash("teapot")

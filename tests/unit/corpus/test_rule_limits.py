"""Every rule at its limit: what stands on the limit and what is one character, word or line beyond it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import pytest

from bubblenet.corpus.extraction.blocks import Block, render
from bubblenet.corpus.quality import Passage, check, rule_names
from bubblenet.settings import Segmentation

LIMITS = Segmentation()
CHINESE = "\u6c34\u58f6\u653e\u5728\u7089\u5b50\u4e0a"


def is_at_fault(rule: str, blocks: Sequence[Block], language: str = "en", headings: tuple[str, ...] = ("Tea",)) -> bool:
    """Whether this rule alone leaves a passage out."""
    others = tuple(name for name in rule_names() if name != rule)
    return check(Passage(blocks, headings, language), LIMITS.model_copy(update={"disabled_rules": others})) == rule


def paragraphs(*texts: str) -> list[Block]:
    return [Block("paragraph", text) for text in texts]


def items(*texts: str) -> list[Block]:
    return [Block("item", f"- {text}") for text in texts]


def code(num_characters: int) -> Block:
    return Block("code", "```\n" + "x" * (num_characters - 8) + "\n```")


def words(length: int) -> Iterator[str]:
    """Different words of a length, none of which is on a list."""
    return ("z" * (length - 3) + "".join(letters) for letters in itertools.product("bcdfghjklmnpqrstvwxz", repeat=3))


def text(num_words: int, *more: str, length: int = 5) -> list[Block]:
    """A paragraph of so many words, and these."""
    return paragraphs(" ".join([*itertools.islice(words(length), num_words), *more]))


def lines(num: int, length: int, end: str = ".") -> list[str]:
    """Different lines of a length."""
    return [f"{number:03}".ljust(length - len(end), "x") + end for number in range(num)]


def links(num: int, length: int, num_link_characters: int) -> list[Block]:
    return [Block("paragraph", "x" * length, num_link_characters=num_link_characters)] * num


@pytest.mark.parametrize(("num_characters", "expected"), [(599, True), (600, False)])
def test_a_passage_has_600_characters(num_characters: int, expected: bool) -> None:
    assert is_at_fault("too_short", paragraphs("x" * num_characters)) is expected


@pytest.mark.parametrize(("num_link_characters", "expected"), [(50, False), (51, True)])
def test_half_of_the_characters_may_be_links(num_link_characters: int, expected: bool) -> None:
    assert is_at_fault("link_density", links(1, 100, num_link_characters)) is expected


def test_an_address_that_is_written_out_is_a_link_and_one_in_code_is_none() -> None:
    address = "http://example.test/" + "x" * 31  # 51 characters

    assert is_at_fault("link_density", paragraphs(address + " " + "y" * 49))  # 51 of 101
    assert not is_at_fault("link_density", paragraphs(address + " " + "y" * 50))
    assert not is_at_fault("link_density", [Block("code", address)])


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        (links(3, 100, 100), False),  # too few lines to speak of a list
        (links(4, 100, 100), True),
        (links(4, 100, 80), True),
        (links(4, 100, 79), False),  # a line is a link from 80 % of its characters
        (links(4, 100, 100) + links(4, 9, 0), False),  # half of the lines
        (links(4, 100, 100) + links(3, 9, 0), True),
        (links(4, 100, 100) + [Block("heading", "x", 2)] * 3 + [code(9)] * 3, True),  # headings and code are no lines
        (links(4, 70, 70) + links(2, 169, 0) + links(1, 170, 0), False),  # 280 of 800 characters, 35 %
        (links(4, 70, 70) + links(3, 169, 0), True),
        ([Block("item", "- " + "x" * 10, num_link_characters=8)] * 4, True),  # marks are no characters of a line
        ([Block("table", "x" * 10, num_link_characters=8)] * 4, True),
    ],
)
def test_half_of_the_lines_may_be_links_where_they_are_not_references(blocks: list[Block], expected: bool) -> None:
    assert is_at_fault("link_list", blocks) is expected


@pytest.mark.parametrize(("num_braces", "expected"), [(2, False), (3, True)])
def test_one_character_of_prose_in_a_hundred_may_be_a_brace(num_braces: int, expected: bool) -> None:
    assert is_at_fault("braces", paragraphs("{" * num_braces + "x" * (200 - num_braces))) is expected


def test_braces_close_too_and_those_in_backticks_are_code() -> None:
    assert is_at_fault("braces", paragraphs("{}}" + "x" * 197))
    assert not is_at_fault("braces", paragraphs("{} `{}`" + "x" * 193))


NOTICE = "The privacy policy is long."


@pytest.mark.parametrize(
    ("prose", "expected"),
    [
        (f"{NOTICE} {NOTICE} " + "x" * (5 * 2 * len(NOTICE) - 2 * len(NOTICE) - 2), False),  # a fifth
        (f"{NOTICE} {NOTICE} " + "x" * (5 * 2 * len(NOTICE) - 2 * len(NOTICE) - 3), True),
        (NOTICE, False),  # one is no notice
        (f"{NOTICE} {NOTICE}", True),
        ("JavaScript is off in this browser. JavaScript runs in a browser.", True),
        ("JavaScript is a language. JavaScript runs on servers.", False),
    ],
)
def test_a_fifth_of_the_prose_may_speak_of_the_site(prose: str, expected: bool) -> None:
    assert is_at_fault("site_notices", paragraphs(prose)) is expected


@pytest.mark.parametrize(
    ("num_ended", "num_lines", "expected"),
    [(3, 25, True), (4, 25, False), (0, 3, False), (0, 4, True)],  # 12 % or less is too few; three lines are no sample
)
def test_more_than_12_percent_of_the_lines_end_in_punctuation(num_ended: int, num_lines: int, expected: bool) -> None:
    blocks = paragraphs(*lines(num_ended, 40), *lines(num_lines - num_ended, 40, end="y"))
    assert is_at_fault("few_line_ends", blocks) is expected


@pytest.mark.parametrize(("num_characters_of_code", "expected"), [(158, True), (159, False)])
def test_lines_are_counted_where_paragraphs_are_half_of_the_text(num_characters_of_code: int, expected: bool) -> None:
    blocks = [*paragraphs(*lines(4, 42, end="y")), code(num_characters_of_code + 2)]  # 4 * 42 characters, and 4 * 2 between the blocks

    assert len(render(blocks)) == 168 + 10 + num_characters_of_code
    assert is_at_fault("few_line_ends", blocks) is expected


@pytest.mark.parametrize(
    ("num_short", "length", "num_lines", "expected"),
    [(67, 29, 100, True), (66, 29, 100, False), (4, 29, 4, True), (4, 30, 4, False), (3, 29, 3, False)],
)
def test_fewer_than_67_percent_of_the_lines_are_shorter_than_30_characters(
    num_short: int, length: int, num_lines: int, expected: bool
) -> None:
    assert is_at_fault("short_lines", paragraphs(*lines(num_short, length), *lines(num_lines - num_short, 90))) is expected


@pytest.mark.parametrize(("length", "expected"), [(14, True), (15, False)])
def test_lines_without_spaces_are_short_below_15_characters(length: int, expected: bool) -> None:
    assert is_at_fault("short_lines", paragraphs(*[(CHINESE * 3)[:length]] * 4), "zh") is expected


@pytest.mark.parametrize(
    ("num_twice", "num_lines", "expected"), [(3, 10, False), (4, 10, True), (1, 3, False), (2, 3, False), (2, 4, True)]
)
def test_30_percent_of_the_lines_may_have_been_there_before(num_twice: int, num_lines: int, expected: bool) -> None:
    once = lines(num_lines - num_twice, 40)
    assert is_at_fault("duplicate_lines", paragraphs(*once, *[once[0]] * num_twice)) is expected


@pytest.mark.parametrize(("length", "expected"), [(29, False), (30, True)])
def test_items_shorter_than_30_characters_may_repeat(length: int, expected: bool) -> None:
    assert is_at_fault("duplicate_lines", items(*["x" * length] * 4)) is expected


@pytest.mark.parametrize(("length", "expected"), [(99, False), (100, True)])
def test_less_than_10_percent_of_the_characters_are_in_lines_that_were_there_before(length: int, expected: bool) -> None:
    twice = "x" * length
    blocks = paragraphs(twice, twice, "y" * (1000 - 2 * length - 4))  # 1,000 characters with what stands between them
    assert is_at_fault("duplicate_line_characters", blocks) is expected


@pytest.mark.parametrize("end", ["...", "\u2026"])
@pytest.mark.parametrize(("num_cut", "num_lines", "expected"), [(3, 10, False), (4, 10, True), (3, 3, False), (4, 4, True)])
def test_30_percent_of_the_lines_may_be_cut(num_cut: int, num_lines: int, expected: bool, end: str) -> None:
    assert is_at_fault("cut_lines", items(*lines(num_cut, 40, end), *lines(num_lines - num_cut, 40))) is expected


@pytest.mark.parametrize(
    ("names", "statements", "plain", "expected"),
    [
        (18, 0, 2, False),  # 90 % of the lines are items
        (19, 0, 1, True),
        (9, 1, 0, False),  # 90 % of the items are names
        (10, 1, 0, True),
        (3, 0, 0, False),
        (4, 0, 0, True),
    ],
)
def test_nine_tenths_of_the_lines_may_be_bare_names(names: int, statements: int, plain: int, expected: bool) -> None:
    listed = items(*["green tea leaves"] * names, *["it is green tea"] * statements)  # three words are a name, four say something
    assert is_at_fault("bare_list", [*listed, *paragraphs(*["Tea is a drink."] * plain)]) is expected


@pytest.mark.parametrize(("num_characters_of_code", "expected"), [(149, True), (150, False)])
def test_names_are_a_list_where_prose_is_half_of_the_text(num_characters_of_code: int, expected: bool) -> None:
    names = items(*["x" * 42] * 4)  # prose: 4 * 42 + 3; text: 4 * 44 + 4 * 2 and the code

    assert len(render([*names, code(num_characters_of_code + 9)])) == 193 + num_characters_of_code
    assert is_at_fault("bare_list", [*names, code(num_characters_of_code + 9)]) is expected


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        (text(49), True),
        (text(50), False),
        ([*text(48), Block("code", "one")], True),
        ([*text(48), Block("code", "one two")], False),  # words of code count where there are too few others
        (paragraphs(CHINESE), False),
    ],
)
def test_a_passage_has_50_words(blocks: list[Block], expected: bool) -> None:
    assert is_at_fault("too_few_words", blocks) is expected


@pytest.mark.parametrize(
    ("blocks", "language", "expected"),
    [
        (text(50, length=10), "en", False),
        (text(49, "x" * 11, length=10), "en", True),
        (text(49, length=11), "en", False),  # too few to have a mean
        (text(50, length=3), "en", False),
        (text(49, "xy", length=3), "en", True),
        (text(49, "xy", length=3), "ar", False),  # written without vowels
        (text(49, "x" * 11, length=10), "ar", True),
    ],
)
def test_words_have_3_to_10_characters_in_the_mean(blocks: list[Block], language: str, expected: bool) -> None:
    assert is_at_fault("mean_word_length", blocks, language) is expected


@pytest.mark.parametrize("symbol", ["#", "...", "\u2026"])
@pytest.mark.parametrize(("num_symbols", "expected"), [(5, False), (6, True)])
def test_ten_words_may_have_one_symbol(symbol: str, num_symbols: int, expected: bool) -> None:
    assert is_at_fault("symbols", text(50, *[symbol] * num_symbols)) is expected


def test_both_kinds_of_ellipses_count_together_and_hash_signs_in_code_not() -> None:
    assert is_at_fault("symbols", text(50, *["..."] * 3, *["\u2026"] * 3))
    assert not is_at_fault("symbols", text(50, "`" + "#" * 40 + "`"))


@pytest.mark.parametrize(("num_numbers", "num_words", "expected"), [(19, 100, False), (21, 100, True), (48, 49, False), (49, 50, True)])
def test_four_words_in_five_hold_a_letter(num_numbers: int, num_words: int, expected: bool) -> None:
    assert is_at_fault("few_letters", text(num_words - num_numbers, *map(str, range(num_numbers)))) is expected


@pytest.mark.parametrize(("common", "others", "expected"), [(1, 49, True), (2, 48, False), (1, 48, False), (0, 50, True)])
def test_fifty_words_hold_two_of_the_commonest(common: int, others: int, expected: bool) -> None:
    assert is_at_fault("stop_words", text(others, *["the"] * common)) is expected


@pytest.mark.parametrize(
    ("phrases", "expected"),
    [("buy now, add to cart", False), ("buy now, add to cart, buy now", False), ("buy now, add to cart, free shipping", True)],
)
def test_two_different_phrases_of_advertising_are_allowed(phrases: str, expected: bool) -> None:
    assert is_at_fault("promotion", paragraphs(phrases)) is expected


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        (paragraphs("Thanks in advance."), False),
        (paragraphs("Hi all, thanks in advance."), True),  # two phrases of forums
        (text(57, "my", "my", "my"), False),  # 5 %
        (text(56, "my", "my", "my"), True),
        (text(46, "my", "my", "my"), False),  # too few words to take a share of
        (text(47, "my", "my", "my"), True),
    ],
)
def test_one_word_in_twenty_may_be_somebodys_own(blocks: list[Block], expected: bool) -> None:
    assert is_at_fault("personal_voice", blocks) is expected


def sentences(num: int, num_words: int) -> list[list[str]]:
    """Sentences without a word in common."""
    source = words(5)
    return [list(itertools.islice(source, num_words)) for _ in range(num)]


def prose(said: Sequence[Sequence[str]]) -> list[Block]:
    return paragraphs(". ".join(map(" ".join, said)) + ".")


@pytest.mark.parametrize(("num_twins", "expected"), [(3, False), (4, True)])
def test_30_percent_of_the_sentences_may_have_a_twin(num_twins: int, expected: bool) -> None:
    said = sentences(11 - num_twins, 8)
    assert is_at_fault("repeated_sentences", prose([*said, *[said[0]] * (num_twins - 1)])) is expected


@pytest.mark.parametrize(("num_words", "expected"), [(4, False), (5, True)])
def test_sentences_of_four_words_may_repeat(num_words: int, expected: bool) -> None:
    assert is_at_fault("repeated_sentences", prose(sentences(1, num_words) * 4)) is expected


@pytest.mark.parametrize(("num_words", "expected"), [(10, False), (11, True)])
def test_sentences_are_twins_from_four_trigrams_in_five(num_words: int, expected: bool) -> None:
    """Two sentences of n words with other last words have n - 3 trigrams in common, of n - 1."""
    start = sentences(1, num_words - 1)[0]
    assert is_at_fault("repeated_sentences", prose([[*start, "one"], [*start, "two"]])) is expected


def filled(parts: Sequence[Sequence[str]], num_characters: int) -> list[Block]:
    """A paragraph of these parts with different words between and after them, of so many characters with a space after each word."""
    source = words(4)
    said = [word for part in parts for word in (*part, next(source))]
    while (left := num_characters - sum(map(len, said)) - len(said)) > 9:
        said.append(next(source))
    blocks = paragraphs(" ".join([*said, "q" * (left - 1)]))
    assert Passage(blocks).num_running_characters == num_characters
    return blocks


@pytest.mark.parametrize(("num_words", "num_characters"), [(2, 600), (3, 1000), (4, 1500)])
def test_a_phrase_of_2_3_or_4_words_makes_up_to_20_18_or_16_percent(num_words: int, num_characters: int) -> None:
    """20 times a phrase with words of two characters: 120 of 600 characters, 180 of 1,000, 240 of 1,500."""
    phrase = ["ab", "cd", "ef", "gh"][:num_words]

    assert not is_at_fault("repeated_phrase", filled([phrase] * 20, num_characters))
    assert is_at_fault("repeated_phrase", filled([phrase] * 20, num_characters - 1))


@pytest.mark.parametrize(
    ("num_words", "num_repeats", "num_characters"), [(5, 3, 400), (6, 7, 1200), (7, 13, 2800), (8, 3, 800), (9, 11, 3600), (10, 3, 1200)]
)
def test_phrases_of_5_to_10_words_that_were_there_before_make_up_to_15_to_10_percent(
    num_words: int, num_repeats: int, num_characters: int
) -> None:
    """Words of three characters and a space: 3 * 5 * 4 = 60 are 15 % of 400, 7 * 6 * 4 = 168 are 14 % of 1,200, and so on."""
    phrase = list(itertools.islice(words(3), 10))[:num_words]
    parts = [phrase] * (num_repeats + 1)

    assert not is_at_fault("repeated_text", filled(parts, num_characters))
    assert is_at_fault("repeated_text", filled(parts, num_characters - 1))


@pytest.mark.parametrize("rule", ["repeated_phrase", "repeated_text"])
@pytest.mark.parametrize(("num_words", "expected"), [(49, False), (50, True)])
def test_phrases_are_looked_for_in_50_words(rule: str, num_words: int, expected: bool) -> None:
    assert is_at_fault(rule, paragraphs(" ".join(["tea"] * num_words))) is expected


@pytest.mark.parametrize(("length", "num_lines"), [(59, 2), (60, 1)])
def test_a_line_of_60_characters_makes_wrapped_text_of_a_paragraph(length: int, num_lines: int) -> None:
    assert len(Passage(paragraphs("x" * length + "\nshort")).paragraphs) == num_lines


@pytest.mark.parametrize(("heading", "expected"), [("BUYTEANOW", False), ("BUYTEANOWX", True)])
def test_ten_letters_in_capitals_shout(heading: str, expected: bool) -> None:
    assert is_at_fault("all_capitals_heading", paragraphs("x"), headings=(heading,)) is expected


def test_only_the_own_heading_of_a_passage_must_hold_something_and_not_shout() -> None:
    assert not is_at_fault("all_capitals_heading", paragraphs("x"), headings=("BUY YOUR TEA NOW", "Tea"))
    assert not is_at_fault("empty_heading", paragraphs("x"), headings=("", "Tea"))
    assert not is_at_fault("empty_heading", paragraphs("x"), headings=())

"""Where a page is cut: what fits in a piece, what stays together, what falls apart; by the number of characters."""

from __future__ import annotations

import pytest

from bubblenet.corpus.extraction.blocks import Block, fence, render, rendered_length, split_block
from bubblenet.corpus.packing import pack
from bubblenet.corpus.quality import rule_names
from bubblenet.corpus.sections import Section, build_tree
from bubblenet.corpus.segmentation import Segment, segment_page
from bubblenet.corpus.similarity.shingles import has_unspaced_script, ngram_hashes, token_hashes, tokens, tokens_of_a_word
from bubblenet.settings import Segmentation

RULES = Segmentation(min_characters=60, max_characters=300, min_answer_characters=40, disabled_rules=tuple(rule_names()))


def paragraph(length: int, letter: str = "x", links: int = 0) -> Block:
    return Block("paragraph", letter * length, num_link_characters=links)


def lengths(units: list[list[Block]], max_characters: int = 100) -> list[list[int]]:
    """The characters of the blocks of each piece."""
    return [[len(block.text) for block in piece] for piece in pack(units, max_characters)]


def test_the_length_of_blocks_counts_what_stands_between_them_and_the_marks_of_headings() -> None:
    blocks = [Block("heading", "Tea", 2), paragraph(10), Block("item", "- tea", glue="\n")]
    assert rendered_length(blocks) == (3 + 2 + 7) + (10 + 2) + (5 + 1)
    assert render(blocks) == "## Tea\n\nxxxxxxxxxx\n- tea"


@pytest.mark.parametrize(("second", "expected"), [(48, [[48, 48]]), (49, [[48], [49]])])
def test_a_piece_is_as_long_as_the_limit(second: int, expected: list[list[int]]) -> None:
    assert lengths([[paragraph(48)], [paragraph(second)]]) == expected  # each with two characters before it


def test_pieces_are_as_few_as_fit_and_of_like_size() -> None:
    """First-fit would make 3 + 3 + 1 of seven; the smallest limit that needs no more than three pieces holds three too."""
    assert lengths([[paragraph(28)]] * 7, 99) == [[28] * 3, [28] * 3, [28]]
    assert lengths([[paragraph(28)]] * 4, 99) == [[28] * 2, [28] * 2]
    assert lengths([], 99) == []


TOGETHER, APART = [[45, 22, 24], [45]], [[45, 22], [24, 45]]
"""Four blocks, of which the second and the third stay together or not: pieces of like size where nothing holds them."""


@pytest.mark.parametrize(
    ("second", "third", "expected"),
    [
        (paragraph(22), paragraph(24), APART),
        (paragraph(22), Block("item", "x" * 24), APART),
        (Block("item", "x" * 22), Block("item", "x" * 24), TOGETHER),  # with two characters before each 50, half a piece
        (Block("item", "x" * 22), Block("item", "x" * 25), [[45, 22], [25, 45]]),
        (Block("paragraph", "x" * 21 + ":"), paragraph(24), TOGETHER),
        (Block("paragraph", "x" * 19 + ":**"), paragraph(24), TOGETHER),
        (Block("paragraph", "x" * 21 + "\uff1a"), paragraph(24), TOGETHER),
        (paragraph(22), paragraph(24, links=13), TOGETHER),  # more than half of it is a link
        (paragraph(22), paragraph(24, links=12), APART),
    ],
)
def test_a_list_and_what_leads_over_to_it_stay_together(second: Block, third: Block, expected: list[list[int]]) -> None:
    assert lengths([[paragraph(45)], [second], [third], [paragraph(45)]]) == expected


def test_nothing_is_announced_by_a_heading() -> None:
    heading = Block("heading", "x" * 14 + ":", 2)
    assert lengths([[paragraph(45)], [heading], [paragraph(24)], [paragraph(45)]]) == [[45, 15], [24, 45]]


@pytest.mark.parametrize(("length", "expected"), [(199, [[450, 100, 199], [450]]), (200, [[450, 100], [200, 450]])])
def test_a_reference_is_shorter_than_200_characters(length: int, expected: list[list[int]]) -> None:
    assert lengths([[paragraph(450)], [paragraph(100)], [paragraph(length, links=length)], [paragraph(450)]], 1000) == expected


@pytest.mark.parametrize(("length", "longest"), [(98, 98), (99, 90)])
def test_a_block_that_is_too_long_falls_into_parts_with_room_for_a_heading(length: int, longest: int) -> None:
    parts = [part for piece in lengths([[paragraph(length)]]) for part in piece]
    assert (sum(parts), max(parts)) == (length, longest)


@pytest.mark.parametrize(("length", "num_parts"), [(80, 1), (81, 2)])
def test_text_without_a_boundary_is_cut_at_the_limit(length: int, num_parts: int) -> None:
    parts = split_block(paragraph(length), 80)
    assert [len(block.text) for block in parts] == [80, 1][:num_parts]


def test_text_falls_into_sentences_joined_up_to_an_eighth_of_the_limit() -> None:
    """Three sentences of nine characters with two spaces are 29, four are 39; an eighth of 240 is 30."""
    parts = split_block(Block("paragraph", " ".join(["Tea is t."] * 30), num_link_characters=100), 240)
    assert [block.text for block in parts] == [" ".join(["Tea is t."] * 3)] * 10
    assert [block.glue for block in parts] == ["\n\n", *[" "] * 9]
    assert [block.num_link_characters for block in parts] == [10] * 10  # 29 characters of 299


def test_text_falls_into_lines_before_sentences_and_into_words_after_them() -> None:
    lined = split_block(Block("paragraph", "\n".join(["One. Two."] * 5)), 40)
    assert [block.text for block in lined] == ["One. Two."] * 5
    assert [block.glue for block in lined] == ["\n\n", *["\n"] * 4]
    assert [block.text for block in split_block(Block("paragraph", "aaaa bbbb cccc"), 10)] == ["aaaa", "bbbb", "cccc"]


def test_code_falls_into_as_few_fenced_parts_as_hold_it() -> None:
    """Two fences and two line ends of 30 characters leave room for 22."""
    parts = split_block(Block("code", fence("\n".join(["x" * 10] * 4))), 30)
    assert [block.text for block in parts] == ["```\nxxxxxxxxxx\nxxxxxxxxxx\n```"] * 2


@pytest.mark.parametrize(("code", "marks"), [("x", "```"), ("``", "```"), ("```", "````"), ("````", "`````")])
def test_a_fence_is_longer_than_any_run_inside(code: str, marks: str) -> None:
    assert fence(code) == f"{marks}\n{code}\n{marks}"


def page(*sections: tuple[str, int, str]) -> str:
    """Each heading with its level and a paragraph under it."""
    return "".join(f"<h{level}>{heading}</h{level}><p>{text}</p>" for heading, level, text in sections)


def cut(*sections: tuple[str, int, str]) -> list[Segment]:
    return segment_page(page(*sections), "html", RULES)


def paths(segments: list[Segment]) -> list[tuple[str, ...]]:
    return [segment.heading_path for segment in segments]


@pytest.mark.parametrize(("length", "is_whole"), [(138, True), (139, False)])
def test_a_section_of_the_limit_is_one_piece(length: int, is_whole: bool) -> None:
    """146 + 2 for its own text, 3 + 2 + 7 for the heading below, and 138 + 2: 300."""
    segments = cut(("Tea", 1, "x" * 146), ("Pot", 2, "y" * length))
    assert paths(segments) == ([("Tea",)] if is_whole else [("Tea",), ("Tea", "Pot")])


@pytest.mark.parametrize(("length", "expected"), [(57, [("Tea",), ("Tea", "Green")]), (58, [("Tea",), ("Tea", "Pot"), ("Tea", "Green")])])
def test_a_section_stands_alone_from_the_least_number_of_characters(length: int, expected: list[tuple[str, ...]]) -> None:
    """With two characters before it; the heading is no part of the passage."""
    assert paths(cut(("Tea", 1, "x" * 200), ("Pot", 2, "y" * length), ("Green", 2, "z" * 250))) == expected


@pytest.mark.parametrize(("length", "expected"), [(37, [None]), (38, [None, "How is tea made?"])])
def test_the_answer_to_a_question_stands_alone_from_fewer_characters(length: int, expected: list[str | None]) -> None:
    segments = cut(("Tea", 1, "x" * 100), ("How is tea made?", 2, "y" * length))
    assert [segment.question for segment in segments] == expected


def test_the_answer_to_a_question_may_be_short_in_words_too() -> None:
    """40 of 60 characters, so 6 of 9 words."""
    limits = RULES.model_copy(update={"min_words": 9, "disabled_rules": tuple(name for name in rule_names() if name != "too_few_words")})
    for num_words, reason in ((6, None), (5, "too_few_words")):
        text = "y" * 48 + " z" * (num_words - 1)
        segments = segment_page(page(("Tea", 1, "x " * 50), ("How is tea made?", 2, text)), "html", limits)
        assert [segment.reason for segment in segments] == [None, reason]


def test_a_language_that_is_not_wanted_is_the_reason_after_all_rules() -> None:
    german = "Der Kessel steht auf dem Herd, und das Wasser kocht gleich. Danach gibt es einen guten Tee f\u00fcr alle."
    [wanted], [refused] = (segment_page(page(("Tee", 1, german)), "html", RULES, languages) for languages in (("de", "en"), ("en",)))
    assert (wanted.kept, wanted.reason) == (True, None)
    assert (refused.kept, refused.reason, refused.num_words) == (False, "language_not_wanted", len(german.split()))


def tree() -> Section:
    headings = [Block("heading", "1. Tea", 1), paragraph(5), Block("heading", "1.1 Pot", 2), Block("heading", "1.1.1 Lid", 3), paragraph(7)]
    return build_tree("Tea and more", [*headings, Block("end", "", 3), paragraph(9), Block("heading", "2. Rum", 1)])


def test_headings_stand_one_in_another_without_their_numbers() -> None:
    [tea, rum] = tree().children
    assert (tea.path, rum.path) == (("Tea",), ("Rum",))
    assert (tea.has_text(), rum.has_text()) == (True, False)
    [pot] = tea.children
    assert [(child.path, child.is_continuation) for child in pot.children] == [(("Tea", "Pot", "Lid"), False), (("Tea", "Pot"), True)]
    assert [(block.kind, block.level) for block in tea.blocks(heading_level=2)] == [
        ("heading", 2), ("paragraph", 0), ("heading", 3), ("heading", 4), ("paragraph", 0), ("paragraph", 0)
    ]  # fmt: skip
    assert [block.level for block in tea.blocks() if block.level] == [2, 3]


@pytest.mark.parametrize(
    ("title", "first", "expected"),
    [
        ("1. Tea", Block("heading", "Pot", 2), ("Tea",)),
        ("Tea", Block("heading", "Pot", 1), ()),
        ("All about Pots", Block("heading", "1. pots", 2), ()),  # the title says it
        ("Tea", paragraph(3), ("Tea",)),
        ("", Block("heading", "Pot", 2), ()),
    ],
)
def test_the_title_stands_above_all_where_no_heading_does(title: str, first: Block, expected: tuple[str, ...]) -> None:
    assert build_tree(title, [first]).path == expected


@pytest.mark.parametrize(("num_unspaced", "expected"), [(2, 1), (3, 2)])
def test_a_word_has_two_characters_where_more_than_a_fifth_of_the_words_are_unspaced(num_unspaced: int, expected: int) -> None:
    assert tokens_of_a_word(["tea"] * (10 - num_unspaced) + ["\u8336"] * num_unspaced) == expected


def test_the_first_unspaced_letter_is_thai_and_single_latin_letters_are_words() -> None:
    assert tokens_of_a_word(["\u0e01"]) == 2
    assert tokens_of_a_word(["a", "\u044f", "\u0e01\u0e02"]) == 1
    assert has_unspaced_script("tea \u8336")
    assert not has_unspaced_script("tea \u044f \uac00")


def test_a_text_shorter_than_an_ngram_is_one_and_an_empty_one_none() -> None:
    hashes = token_hashes(tokens("one two three"))
    assert [len(ngram_hashes(hashes, n)) for n in (1, 2, 3, 4)] == [3, 2, 1, 1]
    assert ngram_hashes(hashes, 4)[0] == ngram_hashes(hashes, 3)[0]
    assert len(ngram_hashes(hashes[:0], 3)) == 0

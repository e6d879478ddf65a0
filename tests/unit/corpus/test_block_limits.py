"""Blocks of pages and of Markdown at the limits of their rules: the value itself, and the next one."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from bubblenet.corpus.extraction import markdown as markdown_reader
from bubblenet.corpus.extraction.blocks import Block, fence, render, split_block
from bubblenet.corpus.extraction.grids import MAX_REPEATED_CHARACTERS
from bubblenet.corpus.extraction.html import MIN_LINK_LIST_ITEMS, html_blocks, without_empty_headings, without_link_lists
from bubblenet.corpus.extraction.main_part import _Page
from bubblenet.corpus.extraction.markdown import markdown_blocks

PROSE = "The water boils and the tea is ready to be poured, whatever the weather. "


def shown(html: str) -> str:
    return render(html_blocks(html)[1])


def written(text: str) -> str:
    return render(markdown_blocks(text))


def block(text: str, kind: str = "paragraph", **more: object) -> Block:
    return Block(kind, text, **more)


def test_code_as_long_as_the_limit_stays_in_one_piece_and_longer_code_fills_its_pieces() -> None:
    code = block(fence("x" * 1000), "code")
    assert split_block(code, len(code.text)) == [code]
    assert [len(piece.text) for piece in split_block(code, 100)] == [100] * 10 + [88]


def test_lines_are_joined_as_long_as_they_fit() -> None:
    text = "\n".join(["aaaa", "bbbbb"] * 20)
    assert [piece.text for piece in split_block(block(text), 80)] == ["aaaa\nbbbbb"] * 20


def test_the_share_of_links_goes_over_to_the_pieces() -> None:
    pieces = split_block(block("tea cup " * 50, num_link_characters=200), 100)
    assert sum(piece.num_link_characters for piece in pieces) == pytest.approx(200, abs=len(pieces))


@pytest.mark.parametrize(("length", "times"), [(MAX_REPEATED_CHARACTERS, 2), (MAX_REPEATED_CHARACTERS + 1, 1)])
def test_a_long_cell_is_not_repeated(length: int, times: int) -> None:
    text = shown(f"<table><tr><td rowspan=2>{'x' * length}<td>one<tr><td>two</table>")
    assert text.count("x" * length) == times


def test_a_cell_that_nobody_sees_is_no_cell() -> None:
    assert "| cup | two |" in shown("<table><tr><td>tea<td>one<tr><td>cup<td aria-hidden=true>never<td>two</table>")


def test_an_item_of_two_lines_hangs_below_its_mark() -> None:
    assert shown("<ul><li>one<br>two</ul>") == "- one\n  two"


def test_a_power_that_is_code_keeps_its_marks() -> None:
    assert shown("<p>2<sup><code>n</code></sup></p>") == "2^`n`"


def test_a_box_of_one_of_the_names_displays_its_formula() -> None:
    html = "<p>so <span class='katex-display'><annotation encoding='application/x-tex'>x^2</annotation><math><mi>x</mi></math></span></p>"
    assert "$$x^2$$" in shown(html)


def test_a_list_is_a_menu_from_the_share_of_links_on() -> None:
    linked = [block("- " + "x" * 20, "item", num_link_characters=16)] * MIN_LINK_LIST_ITEMS
    assert without_link_lists(linked) == []
    assert without_link_lists(linked[1:]) == linked[1:]
    less = [*linked[1:], block("- " + "x" * 20, "item", num_link_characters=15)]
    assert without_link_lists(less) == less


def test_a_heading_of_the_lowest_level_over_text_stays() -> None:
    kept = [block("Title", "heading", level=1), block("Deep", "heading", level=6), block("text")]
    assert without_empty_headings(kept) == kept
    assert without_empty_headings(kept[:2]) == kept[:1]


def element(prose: int, characters: int, tag: str = "div", attributes: str = "") -> SimpleNamespace:
    return SimpleNamespace(num_prose=prose, num_characters=characters, tag=tag, attributes=attributes)


def test_an_element_is_minor_up_to_three_tenths_and_mostly_the_page_above_half_of_the_prose() -> None:
    page = _Page(num_characters=1000, num_prose=500)
    assert page.is_minor(element(0, 300))
    assert not page.is_minor(element(0, 301))
    assert page.is_mostly(element(251, 301))
    assert not page.is_mostly(element(250, 301))
    assert not page.is_mostly(element(251, 300))
    for dialog in ({"tag": "dialog"}, {"attributes": ' role="dialog"'}):
        assert page.is_mostly(element(451, 900, **dialog))
        assert not page.is_mostly(element(450, 900, **dialog))
    little = _Page(num_characters=300, num_prose=150)  # less than 200 characters: no element is the page
    assert not little.is_mostly(element(100, 200))
    assert little.is_mostly(element(101, 200))


def test_an_aside_of_links_is_no_note_but_half_of_it_may_be() -> None:
    half, more = "tea for two cups of it " * 4, "tea for two cups and one more of it " * 4
    text = f"<main><h1>Tea</h1><p>{PROSE * 9}</p><aside class=note><p>{half}<a href=x>{{}}</a></p></aside></main>"
    assert half.strip() in shown(text.format(half.strip()))
    assert "one more" not in shown(text.format(more))


def test_brackets_up_to_the_limit_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markdown_reader, "MAX_BRACKETS", 2)
    assert written("see [tea](x) and [cup](y)") == "see tea and cup"
    assert written("see [tea](x), [pot](z) and [cup](y)") == "see [tea](x), [pot](z) and [cup](y)"


def test_a_line_of_signs_alone_is_a_rule_and_no_text() -> None:
    assert written("Tea is ready.\n\n=====\n\nThe cup is full.") == "Tea is ready.\n\nThe cup is full."


def test_a_paragraph_after_a_quote_is_no_quote() -> None:
    assert written("> quoted\n\nsaid here\n\n> again\n\nand here") == "> quoted\n\nsaid here\n\n> again\n\nand here"


@pytest.mark.parametrize("code", ["`` a` ``", "`` `a ``", "`  a  `", "` a`", "`a`", "`a b`"])
def test_the_marks_around_code_are_those_that_its_ends_need(code: str) -> None:
    assert written(f"Type {code} here.") == f"Type {code} here."

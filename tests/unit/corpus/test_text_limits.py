"""Texts, roles, stated questions, languages and shapes at the limits of their rules: the value itself, and the next one."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from pydantic import ValidationError

from bubblenet import settings
from bubblenet.corpus import language, shape
from bubblenet.corpus.extraction import formulas, parsing, structured
from bubblenet.corpus.extraction.blocks import Block, render
from bubblenet.corpus.extraction.faq import written_questions
from bubblenet.corpus.extraction.furniture import MAX_ATTRIBUTE_CHARACTERS, names_note
from bubblenet.corpus.extraction.html import html_blocks
from bubblenet.corpus.extraction.plain import text_blocks
from bubblenet.corpus.extraction.roles import MAX_CHARACTERS, renamed
from bubblenet.corpus.quality.passage import _joined
from bubblenet.corpus.questions import MAX_QUESTION_CHARACTERS, is_question

PROSE = "The water boils and the tea is ready to be poured, whatever the weather. "


def shown(html: str) -> str:
    return render(html_blocks(html)[1])


@pytest.mark.parametrize(("mark", "level"), [("=", 1), ("#", 1), ("*", 1), ("-", 2), ("~", 2), ("^", 2)])
def test_the_line_below_a_title_tells_its_level(mark: str, level: int) -> None:
    [heading, below] = text_blocks(f"The title\n {mark * 9}\nand text")
    assert (heading.kind, heading.text, heading.level, below.text) == ("heading", "The title", level, "and text")


@pytest.mark.parametrize("line", ["=-=-=-=-=", "===-=====", "-========"])
def test_a_line_of_several_signs_is_no_underline(line: str) -> None:
    assert [block.kind for block in text_blocks(f"The title\n{line}")] == ["paragraph"]


def test_a_paragraph_keeps_the_space_before_its_first_line_and_none_after_its_last() -> None:
    assert [block.text for block in text_blocks("   indented\nand not   \n\nnext")] == ["   indented\nand not", "next"]


def test_a_role_is_looked_at_in_tags_up_to_the_limit() -> None:
    head = '<div role="heading" data="{}"'
    whole = head.format("x" * (MAX_CHARACTERS - len(head) + 2))
    assert len(whole) == MAX_CHARACTERS
    assert renamed("div", whole)[0] == "h2"
    assert renamed("div", whole[:-1] + 'x"')[0] == "div"


def test_names_of_notes_are_looked_at_below_the_limit() -> None:
    names = "note " + "x" * (MAX_ATTRIBUTE_CHARACTERS - 5)
    assert names_note(names)
    assert not names_note(names + "x")


def question(name: str, answer: str) -> str:
    return json.dumps({"@type": "Question", "name": name, "acceptedAnswer": {"text": answer}})


def test_data_of_stated_questions_are_read_up_to_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    script = question("Is it tea?", "It is.")
    monkeypatch.setattr(structured, "MAX_CHARACTERS", len(script))
    assert len(structured.answered_questions([script])) == 1
    assert structured.answered_questions([script + " "]) == []


def test_a_question_has_an_answer_and_is_no_longer_than_a_question() -> None:
    longest = "x" * (MAX_QUESTION_CHARACTERS - 1) + "?"
    assert [one.question for one in structured.answered_questions([question(longest, "It is.")])] == [longest]
    for name, answer in (("x" + longest, "It is."), ("Is it?", ""), ("", "It is.")):
        assert structured.answered_questions([question(name, answer)]) == []


def test_an_answer_is_on_the_page_by_its_first_eighty_characters() -> None:
    answer = "a" * 79 + "b" + "c" * 20
    stated = [structured.Answered("Is it tea?", answer)]
    assert structured.hidden([Block("paragraph", answer[:80])], stated) == []
    assert structured.hidden([Block("paragraph", answer[:79] + "x")], stated) == stated
    assert structured.hidden([Block("paragraph", answer[:80] + "x")], stated) == []


def test_the_share_of_links_goes_over_to_marked_lines() -> None:
    block = Block("paragraph", "Q: Is it tea?\nA: It is.", num_link_characters=24)
    assert [one.num_link_characters for one in written_questions([block])][1:] == [9]


def test_formulas_are_laid_out_up_to_the_limit_of_their_depth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formulas, "MAX_DEPTH", 2)
    inner = "<msup><mi>x</mi><mn>2</mn></msup>"
    assert shown(f"<p>so <math><mrow>{inner}</mrow></math></p>") == "so x^2"
    assert shown(f"<p>so <math><mrow><mrow>{inner}</mrow></mrow></math></p>") == "so x2"


@pytest.mark.parametrize(("inside", "is_kept"), [("main", True), ("article", True), ("div", False)])
def test_an_aside_without_a_name_is_a_note_within_an_article(inside: str, is_kept: bool) -> None:
    html = f"<{inside}><h1>Tea</h1><p>{PROSE * 9}</p><aside><p>Mind that the pot is hot and heavy when it is full.</p></aside></{inside}>"
    assert ("Mind that" in shown(html)) is is_kept


def test_a_note_in_a_form_explains_how_to_fill_it_in() -> None:
    note = "<aside class=note><p>Mind that the pot is hot and heavy when it is full.</p></aside>"
    page = f"<main><h1>Tea</h1><p>{PROSE * 9}</p>{{}}</main>"
    assert "Mind that" in shown(page.format(note))
    assert "Mind that" not in shown(page.format(f"<form>{note}<p>{PROSE}</p></form>"))


@pytest.mark.parametrize("odd", ["<!-- tea -->", "<!doctype html>", "<?php tea ?>", "<!-- a --><?xml b ?>"])
def test_what_is_no_element_is_no_text(odd: str) -> None:
    assert shown(f"<p>One {odd}two.</p>") == "One two."


def test_attributes_up_to_the_limit_are_read() -> None:
    tag = "<p {}>" + PROSE
    assert PROSE.strip() in shown(tag.format(" ".join(f"a{n}=''" for n in range(parsing.MAX_ATTRIBUTES - 1))))
    with pytest.raises(parsing.HostileMarkupError):
        parsing.parse(tag.format(" ".join(f"a{n}=''" for n in range(parsing.MAX_ATTRIBUTES + 1))))


def test_a_line_ends_within_an_item_but_its_spaces_count() -> None:
    assert _joined("- one\n  two  three") == "- one two three"
    assert _joined("- one  two") == "- one  two"


@pytest.mark.parametrize(
    ("heading", "asks"),
    [("How to brew tea", True), ("The book that says how to brew tea", False), ("\uc65c \uadf8\ub807\uac8c \ub418\ub098\uc694?", True)],
)
def test_a_question_in_words_begins_with_them(heading: str, asks: bool) -> None:
    assert is_question(heading) is asks


def test_a_korean_question_has_two_words_wherever_its_letters_stand() -> None:
    assert is_question("(FAQ) \ubb34\uc5c7\uc785\ub2c8\uae4c\uc694?")


@pytest.mark.parametrize(("probability", "others"), [(language.MIN_CONFIDENCE, ("fr",)), (language.MIN_CONFIDENCE - 0.01, ())])
def test_a_sample_counts_as_another_language_from_the_limit_on(
    probability: float, others: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [SimpleNamespace(code="en", probability=0.9, margin=0.8), SimpleNamespace(code="fr", probability=probability, margin=0.6)]
    monkeypatch.setattr(language, "_classify", lambda _: found[:1])
    assert language._decide("text", found) == language.Identified("en", 0.45, others)


@pytest.mark.parametrize(("probability", "margin", "code"), [(0.2, 0.2, "en"), (0.19, 0.2, "und"), (0.2, 0.19, "und")])
def test_a_language_is_named_from_the_limits_on(probability: float, margin: float, code: str) -> None:
    assert language._decide("text", [SimpleNamespace(code="en", probability=probability, margin=margin)]).language == code


def test_a_text_has_letters_enough_from_the_limit_on() -> None:
    assert language._has_letters("a" * language.MIN_LETTERS)
    assert not language._has_letters("a" * (language.MIN_LETTERS - 1))
    assert language._has_letters(" 1" * 100 + "a" * language.MIN_LETTERS)


def blocks_of(**characters: int) -> list[Block]:
    return [Block(kind, "x" * number) for kind, number in characters.items()]


@pytest.mark.parametrize(
    ("characters", "kind"),
    [
        ({"code": 50, "paragraph": 50}, "code"),
        ({"table": 10, "paragraph": 90}, "reference"),
        ({"table": 9, "paragraph": 91}, "prose"),
        ({"item": 40, "paragraph": 60}, "reference"),
        ({"item": 39, "paragraph": 61}, "prose"),
        ({"code": 3, "paragraph": 97}, "how_to"),
        ({"code": 2, "paragraph": 98}, "prose"),
    ],
)
def test_the_kind_of_a_text_follows_from_the_shares_of_its_blocks(characters: dict[str, int], kind: str) -> None:
    assert shape.source_type(blocks_of(**characters)) == kind


def test_limits_of_length_and_repetition_are_checked() -> None:
    chosen = settings.load(None, ["segmentation.min_characters=1", "segmentation.min_answer_characters=1"])
    assert (chosen.segmentation.min_characters, chosen.segmentation.min_answer_characters) == (1, 1)
    usual = settings.load(None, []).segmentation
    assert (usual.min_characters, usual.min_answer_characters) == (600, 200)
    with pytest.raises((ValidationError, ValueError)):
        settings.load(None, ["segmentation.min_characters=0"])

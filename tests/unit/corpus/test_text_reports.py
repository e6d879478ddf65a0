"""Faults that were reported for text that is not HTML: Markdown, questions, the comparison of texts."""

from __future__ import annotations

import json
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from bubblenet.corpus.extraction.blocks import render
from bubblenet.corpus.extraction.markdown import markdown_blocks
from bubblenet.corpus.extraction.structured import Answered, answered_questions
from bubblenet.identity import folded, normalised_hash
from bubblenet.judging.cleaning import clean


def kinds(text: str) -> list[tuple[str, str]]:
    return [(block.kind, block.text) for block in markdown_blocks(text)]


def rendered(text: str) -> str:
    return render(markdown_blocks(text))


def test_code_of_the_report_is_as_it_was_written(suite: Callable[[str], Path]) -> None:
    text = (suite("reports") / "code.md").read_text(encoding="utf-8")

    found = rendered(text)

    assert "`handlers[name](event)`" in found
    assert "`matrix[0](1)`" in found
    assert "`[x](int y) { return x + y; }`" in found
    assert "More: `![alt](src)` is how an image is written, and `[text](url)` a link." in found
    assert [text for kind, text in kinds(text) if kind == "code"] == [
        "```\nauto add = [n](int m) { return n + m; };\ntable[key](value);\n```",
        "```\nauto twice = [f](int x) { return f(f(x)); };\n```",
    ]


def test_code_in_lists_of_the_report_is_code_and_no_heading(suite: Callable[[str], Path]) -> None:
    blocks = kinds((suite("reports") / "list-code.md").read_text(encoding="utf-8"))

    assert [text for kind, text in blocks if kind == "heading"] == ["Pump control", "Install the controller", "Second section"]
    assert [text for kind, text in blocks if kind in ("code", "item")] == [
        "1. Unpack the archive:",
        "```\n# unpack it\ntar xf pump.tar\n\n## then go there\ncd pump\n```",
        "2. Start it.",
        "- Another way:",
        "```\n# comment in a list\nmake\n```",
    ]


CODE = "a[0](1)\n\n# [x](y) *z*"


@pytest.mark.parametrize(
    "text",
    [
        f"````md\n{CODE}\n```\n````".replace("\n```\n", "\n"),
        f"~~~~\n{CODE}\n~~~~",
        f"~~~ sh `x`\n{CODE}\n~~~",
        "Text.\n\n" + "\n".join("    " + line if line else "" for line in CODE.split("\n")),
        "Text.\n\n" + "\n".join("\t" + line if line else "" for line in CODE.split("\n")),
        "> ```\n" + "\n".join("> " + line for line in CODE.split("\n")) + "\n> ```",
        "- > ~~~\n" + "\n".join("  > " + line for line in CODE.split("\n")) + "\n  > ~~~",
        "1. - two\n\n" + "\n".join("     " + line if line else "" for line in ("```", *CODE.split("\n"), "```")),
        "* one\n\n" + "\n".join("      " + line if line else "" for line in CODE.split("\n")),
        f"```\n{CODE}",
    ],
)
def test_a_block_of_code_is_kept_in_whatever_it_stands(text: str) -> None:
    assert [text for kind, text in kinds(text) if kind in ("code", "heading")] == [f"```\n{CODE}\n```"]


def test_a_fence_inside_a_longer_one_is_code() -> None:
    assert kinds("````\n```sh\nmake\n```\n````") == [("code", "````\n```sh\nmake\n```\n````")]


@pytest.mark.parametrize(
    "code",
    ["`a[0](1)`", "``a`[0](1)``", "`` `x[0](1)` ``", "```f[a](b)```", "`![i](j)`", "`[a][b]`", "`<a href=x>`", "`` ` ``", "`\\[x](y)`"],
)
def test_inline_code_is_kept_beside_a_link(code: str) -> None:
    assert rendered(f"Call {code} or [read](http://x.org) it, *not* {code}.") == f"Call {code} or read it, *not* {code}."
    assert rendered(f"| {code} |\n| --- |\n| [a](b) {code} |") == f"| {code} |\n| --- |\n| a {code} |"
    assert rendered(f"- {code} is [it](x)") == f"- {code} is it"


def test_links_of_the_report_are_their_text(suite: Callable[[str], Path]) -> None:
    found = rendered((suite("reports") / "links.md").read_text(encoding="utf-8"))

    assert "The centrifugal pump is the usual one; see also the standard and a note and reference.\n" in found
    assert not any(part in found for part in ("http", "example", "](", "title", "[1]"))


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        ("[a](https://e.org/x_(y_(z)))", "a"),
        ("[a](<b c> (title))", "a"),
        ('[a](b "it\'s \\"so\\"")', "a"),
        ("[a][]", "a"),
        ("[a]", "a"),
        ("[b *c*][A]", "b *c*"),
        ("[`x[0](1)`](y)", "`x[0](1)`"),
        ("[a [b] c](d)", "a [b] c"),
        ("[![build](badge.svg)](http://ci)", "build"),
        ("![of a *pump*](x.png 'Pump')", "of a *pump*"),
        ("<https://e.org>", "https://e.org"),
        ('<a href="x">a</a>', "a"),
        ('<img src="data:image/png;base64,AAAA" alt="pump">', "pump"),
        ("\\[a](b)", "\\[a](b)"),
        ("[a](javascript:run)", "a"),
        ("[unknown][reference]", "[unknown][reference]"),
        ("a<!-- b -->", "a"),
    ],
)
def test_a_link_is_its_text_and_nothing_else(link: str, shown: str) -> None:
    assert rendered(f"Before {link} after.\n\n[a]: <http://e.org/> 'Title'\n") == f"Before {shown} after."
    assert rendered(f"> - see {link}\n\n[a]: x") == f"- see {shown}"


def test_characters_of_links_are_counted() -> None:
    [block] = markdown_blocks("See [the `x`][1] and ![alt](y).\n\n[1]: z")

    assert (block.text, block.num_link_characters) == ("See the `x` and alt.", len("the `x`"))


@pytest.mark.parametrize("address", ["data:image/png;base64," + "A" * 100_000, "data:image/svg+xml;utf8,%3Csvg/%3E", "<data:image/x,a b>"])
def test_an_image_in_its_address_does_not_flood_the_text(address: str) -> None:
    assert rendered(f"Before ![the pump]({address}) and\n\n![]({address})\n\n![ref][p]\n\n[p]: {address}") == "Before the pump and\n\nref"


def test_lists_are_numbered_as_a_reader_sees_them() -> None:
    assert rendered("3. a\n3. b\n   - c\n\n     more of c\n3. d") == "3. a\n4. b\n   - c\n\n     more of c\n5. d"


def test_tables_keep_what_is_in_their_cells() -> None:
    assert kinds("a | b\n:-- | --:\n`x\\|y` | [z](w)\n") == [("table", "| a | b |\n| --- | --- |\n| `x\\|y` | z |")]
    assert kinds("| a | b |\n| - | - |\n| 1 | 2 | 3 |\n") == [("table", "| a | b |\n| - | - |\n| 1 | 2 | 3 |")]  # a reader loses the 3


def test_html_between_markdown_is_read_as_html() -> None:
    text = '<h1 align="center">Pump</h1>\n\n<!-- no\n\ntext -->\n\n<details><summary>More</summary>\n\n*Water* flows.\n\n</details>\n'

    assert kinds(text) == [("heading", "Pump"), ("paragraph", "More"), ("paragraph", "*Water* flows.")]
    assert rendered("# Pump\n\n" + text[text.index("<d") :].replace("More", "How does it work?")) == (
        "# Pump\n\n## How does it work?\n\n*Water* flows."
    )


@pytest.mark.parametrize("mark", ["[", "![[", "[a][", "[^", "<![CDATA[", "![a](", "`", "*a", "<a ", "> ", "- ", "|", "[a]: x\n"])
def test_hostile_markdown_takes_no_longer_than_other_text(mark: str) -> None:
    start = time.process_time()

    assert markdown_blocks(mark * 20_000 + "a") is not None

    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    "instruction",
    [
        "Explain what is done in `for f in *.txt`",
        "`ls -l` and `ls`",
        'Compare "good morning" and "good night"',
        '"Yes" or "no": which of them is meant?',
        "Use ``a`b`` in `c`",
        "What does \u201cwho?\u201d mean here?",
        'What does "who?" mean in this poem?',
        "Which of 'a' and 'b'",
        "What is in *.txt",
        "*.txt and *.md: what are they?",
        "**Bold** words and *others*",
        "Question-answering systems: how do they find a passage?",
        "Query-by-example: what is it?",
        "query::new: what does it take?",
        "What matches the regular expression a? in Perl?",
        "Explain the pattern colou?r and a? in Perl.",
        "What does `x ? y : z` mean in C?",
        "Explain `a? b`",
        "What is the dogs' food?",
        "\u00abComment\u00bb ou \u00abpourquoi\u00bb ?",
    ],
)
def test_an_instruction_keeps_its_words_and_both_of_its_marks(instruction: str) -> None:
    assert clean(instruction) == instruction
    assert clean(f'1. "{instruction}"') == instruction or '"' in instruction
    assert clean(f"**Question:** {instruction}") == instruction


@pytest.mark.parametrize(
    ("raw_output", "instruction"),
    [
        ("**How is it done?**", "How is it done?"),
        ("`How is it done?`", "How is it done?"),
        ("\u201eWie geht das?\u201c", "Wie geht das?"),
        ("'How is the dog's food made?'", "How is the dog's food made?"),
        ('"He said "yes" at last"', 'He said "yes" at last'),
        ("Question - How is it done?", "How is it done?"),
    ],
)
def test_marks_around_an_instruction_go(raw_output: str, instruction: str) -> None:
    assert clean(raw_output) == instruction
    assert clean(instruction) == instruction


@pytest.mark.parametrize("text", ['"How is it done?', 'How is it done?"', "How is it done? it is done so.", "Why `ls"])
def test_a_mark_without_its_partner_and_what_follows_a_question_stay(text: str) -> None:
    assert clean(text) == clean(text, "question") == text


@pytest.mark.parametrize(
    "query", ["regex a? perl", 'difference of "is" and "are"', "list files with `ls -l`", "meaning of `x ? y : z` in C"]
)
def test_a_search_query_keeps_both_of_its_marks(query: str) -> None:
    assert clean(query, "search_query") == clean(f'"{query}"', "search_query") == query


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("\u0915\u093f\u0924\u093e\u092c", "\u0915\u0924\u0940\u092c"),  # Hindi: other vowels
        ("\u0e19\u0e49\u0e33", "\u0e19\u0e33"),  # Thai: a tone
        ("\u0e40\u0e1b\u0e47\u0e19", "\u0e40\u0e1b\u0e19"),  # Thai: a vowel above
        ("\u0b95\u0bbf", "\u0b95\u0bc0"),  # Tamil
        ("\u1000\u102d", "\u1000\u102f"),  # Burmese
        ("\u1780\u17b6", "\u1780\u17b7"),  # Khmer
        ("\u05e9\u05c1", "\u05e9\u05c2"),  # Hebrew: shin and sin
        ("\u0915\u093e", "\u0915 \u093e"),  # a mark is no space
        ("caf\u00e9", "cafe"),
        ("\U00011013\U00011038", "\U00011013\U0001103a"),  # Brahmi
    ],
)
def test_words_that_differ_in_a_mark_are_other_words(one: str, other: str) -> None:
    assert normalised_hash(one) != normalised_hash(other)
    assert folded(one) == unicodedata.normalize("NFC", one)  # nothing of it is lost


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("caf\u00e9, \u00c5", "CAFE\u0301 A\u030a"),
        ("\u0929", "\u0928\u093c"),  # Devanagari: a letter and its dot
        ("\ud55c\uae00", "\u1112\u1161\u11ab\u1100\u1173\u11af"),  # Hangul
        ("\u0e01\u0e33.", "\u0e01\u0e33"),
        ("Stra\u00dfe", "STRASSE"),
        ("\u1f80", "\u1f00\u0345"),  # Greek: the mark below is a letter when folded
        ("I like \u2764\ufe0f tea", "I like \u2764 tea"),
        (
            "\u0939\u093f\u0928\u094d\u0926\u0940 \u092d\u093e\u0937\u093e\u0964",
            "\u0939\u093f\u0928\u094d\u0926\u0940, \u092d\u093e\u0937\u093e",
        ),
    ],
)
def test_spellings_of_one_text_are_one(one: str, other: str) -> None:
    assert normalised_hash(one) == normalised_hash(other)
    assert len({folded(unicodedata.normalize(form, one)) for form in ("NFC", "NFD")}) == 1


def stated(**answers: object) -> list[Answered]:
    return answered_questions([json.dumps({"@type": "QAPage", "mainEntity": {"@type": "Question", "name": "How is tea made?", **answers}})])


def test_the_accepted_answer_is_stated_and_else_the_one_with_the_most_votes() -> None:
    votes = {"few": 2, "many": "15", "none": "x"}
    few, many, none = ({"@type": "Answer", "text": text, "upvoteCount": number} for text, number in votes.items())

    assert stated(acceptedAnswer=few, suggestedAnswer=[many]) == [Answered("How is tea made?", "few")]
    assert stated(suggestedAnswer=[none, few, many]) == [Answered("How is tea made?", "many")]
    assert stated(suggestedAnswer=[{"text": "first"}, {"text": "second"}]) == [Answered("How is tea made?", "first")]
    assert stated(acceptedAnswer=[], suggestedAnswer=few) == [Answered("How is tea made?", "few")]

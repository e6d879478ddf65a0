"""A page falls into passages: rooted at headings, of the right size, in order, with nothing added and nothing lost."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bubblenet.corpus import quality
from bubblenet.corpus.segmentation import Segment, segment_page, segment_pages
from bubblenet.settings import Segmentation

STRUCTURE = ("no_text", "empty_heading", "navigation_heading", "all_capitals_heading", "too_short")
OTHER_RULES = tuple(rule.name for rule in quality.RULES if rule.name not in STRUCTURE)
RULES = Segmentation(min_characters=60, max_characters=300, disabled_rules=OTHER_RULES)


def prose(word: str, num_characters: int) -> str:
    """Sentences of about num_characters, each word once: `word0 word1 ...`."""
    words = [f"{word}{number}" for number in range(num_characters // (len(word) + 3))]
    return " ".join(words) + "."


def cut(html: str) -> list[tuple[tuple[str, ...], str | None]]:
    return [(segment.heading_path, segment.reason) for segment in segment_page(html, "html", RULES)]


def test_a_section_that_fits_is_one_segment_with_its_sub_headings() -> None:
    page = f"<h1>Tea</h1><p>{prose('a', 80)}<h2>Green</h2><p>{prose('b', 80)}"

    [segment] = segment_page(page, "html", RULES)

    assert segment.heading_path == ("Tea",)
    assert "\n\n## Green\n\n" in segment.text
    assert segment.kept
    assert (segment.position, segment.num_characters, segment.num_words) == (0, len(segment.text), len(segment.text.split()))


def test_a_section_that_does_not_fit_is_cut_at_its_sub_headings() -> None:
    page = f"<h1>1. Tea</h1><p>{prose('a', 200)}<h2>1.1. Green</h2><p>{prose('b', 200)}<h2>1.2. Black</h2><p>{prose('c', 200)}"

    assert cut(page) == [(("Tea",), None), (("Tea", "Green"), None), (("Tea", "Black"), None)]


def test_short_sections_merge_upward() -> None:
    page = f"<h1>Tea</h1><p>{prose('a', 100)}<h2>Note</h2><p>{prose('n', 40)}<h2>Black</h2><p>{prose('c', 250)}"

    segments = segment_page(page, "html", RULES)

    assert [segment.heading_path for segment in segments] == [("Tea",), ("Tea", "Black")]
    assert "## Note" in segments[0].text


def test_a_short_section_with_no_short_neighbour_is_a_row_with_the_reason() -> None:
    page = f"<h1>Tea</h1><h2>Green</h2><p>{prose('b', 250)}<h2>Note</h2><p>{prose('n', 40)}<h2>Black</h2><p>{prose('c', 250)}"

    assert cut(page) == [(("Tea", "Green"), None), (("Tea", "Note"), "too_short"), (("Tea", "Black"), None)]


def test_long_text_is_cut_into_balanced_pieces_at_paragraphs() -> None:
    paragraphs = [prose(letter, 100) for letter in "abcd"]  # three fit in one piece; two and two are of like size

    segments = segment_page("<h1>Tea</h1>" + "".join(f"<p>{text}" for text in paragraphs), "html", RULES)

    assert [segment.text for segment in segments] == ["\n\n".join(paragraphs[start : start + 2]) for start in (0, 2)]


def test_a_question_keeps_its_answer_apart_even_when_the_page_would_fit() -> None:
    page = f"<h1>Tea</h1><p>{prose('a', 80)}<h2>1.2. How do I boil water?</h2><p>{prose('b', 80)}<h2>Rest</h2><p>{prose('c', 80)}"

    segments = segment_page(page, "html", RULES)

    assert [segment.question for segment in segments] == [None, "How do I boil water?", None]
    assert segments[1].heading_path == ("Tea", "How do I boil water?")
    assert segments[1].text == prose("b", 80)


def test_the_heading_is_never_in_the_text() -> None:
    for segment in segment_page(f"<title>T</title><h2>Unique heading</h2><p>{prose('a', 1000)}", "html", RULES):
        assert "Unique heading" not in segment.text


def test_a_list_stays_with_the_sentence_that_announces_it() -> None:
    page = f"<p>{prose('a', 220)}<p>You need:<ul><li>water<li>tea</ul><p>{prose('b', 200)}"

    segments = segment_page(page, "html", RULES)

    assert sum("You need:\n\n- water\n- tea" in segment.text for segment in segments) == 1


def test_a_long_code_block_stays_fenced_in_every_piece() -> None:
    segments = segment_page("<h1>Tea</h1><pre>" + "\n".join(f"line{number}()" for number in range(60)) + "</pre>", "html", RULES)

    assert len(segments) > 1
    assert all(segment.text.startswith("```\n") and segment.text.endswith("\n```") for segment in segments)


@pytest.mark.parametrize(
    ("content", "content_type", "reason"),
    [
        ("", "html", "no_text"),
        ("<html><body><img src=x></body></html>", "html", "no_text"),
        ("<h1>Only a heading</h1>", "html", "no_text"),
        ("\n\n", "text", "no_text"),
        ("# Only a heading", "markdown", "no_text"),
        ("<div>" * 1_000_000, "html", "too_many_nodes"),
        (f"<h1></h1><p>{prose('a', 100)}", "html", "empty_heading"),
        (f"<h1>Related articles</h1><p>{prose('a', 100)}", "html", "navigation_heading"),
    ],
)
def test_every_page_gives_a_row_that_says_why_it_is_empty(content: str, content_type: str, reason: str) -> None:
    [segment] = segment_page(content, content_type, RULES)

    assert (segment.kept, segment.reason) == (False, reason)


def test_unwanted_languages_are_named_and_left_out() -> None:
    text = "Der Kessel steht auf dem Herd, und das Wasser kocht gleich. Danach gibt es einen guten Tee."

    [german] = segment_page(text, "text", RULES, ("en", "fr"))
    [wanted] = segment_page(text, "text", RULES, ("de",))

    assert (german.language, german.reason) == ("de", "language_not_wanted")
    assert wanted.kept


def test_markdown_and_text_pages_follow_the_same_rules() -> None:
    body = prose("a", 200)

    [from_markdown] = segment_page(f"# Tea\n\n{body}\n", "markdown", RULES)
    [from_text] = segment_page(body, "text", RULES)

    assert (from_markdown.heading_path, from_markdown.text) == (("Tea",), body)
    assert (from_text.heading_path, from_text.text) == ((), body)


def test_the_title_roots_a_page_without_first_level_heading() -> None:
    page = f"<title>Tea</title><h2>Green</h2><p>{prose('b', 250)}<h2>Black</h2><p>{prose('c', 250)}"

    assert [path for path, _ in cut(page)] == [("Tea", "Green"), ("Tea", "Black")]


FLAT = ["p", "h1", "h2", "h3", "h4", "li", "blockquote", "dd", "pre", "code", "h2?", "dt?", "summary?", "b?", "Q:"]
NESTED = [*FLAT, "div", "section", "td", "details", "div class=related"]
MARKDOWN = [
    "# {}",
    "## {}",
    "{}\n---",
    "{}",
    "- {}",
    "1. {}",
    "```\n{}\n```",
    "| {} | x |\n| --- | --- |",
    "> {}",
    "**{}?**",
    "Q: {}?\n\nA: x",
]
TEXT = ["{}", "{}\n====", "1. T{}", "2.1 T{}", "  {}", "Q: {}?\nA: x"]
WRAPPED = {
    "li": "<ul><li>{}</ul>",
    "td": "<table><tr><td>{}</table>",
    "dd": "<dl><dd>{}</dl>",
    "dt?": "<dl><dt>Is it {}?<dd>x</dl>",
    "summary?": "<details><summary>Is it {}?</summary>x</details>",
    "h2?": "<h2>{}?</h2>",
    "b?": "<p><b>Is it {}?</b>",
    "Q:": "<p>Q: {}<p>A: x",
    "div class=related": "<div class=related>{}</div>",
}


@st.composite
def written(draw: st.DrawFn, forms: list[str], glue: str) -> tuple[str, int]:
    """A page of numbered words in random forms, and how many there are."""
    parts: list[str] = []
    count = 0
    for form in draw(st.lists(st.sampled_from(forms), max_size=25)):
        after = count + draw(st.integers(0, 60))
        parts.append(form.format(" ".join(f"w{number}" for number in range(count, after))))
        count = after
    return glue.join(parts), count


def markup(tags: list[str]) -> list[str]:
    return [WRAPPED.get(tag, f"<{tag}>{{}}</{tag}>") for tag in tags]


def check(segments: list[Segment]) -> None:
    """What holds of the segments of any page."""
    assert [segment.position for segment in segments] == list(range(len(segments)))
    for segment in segments:
        assert segment.num_characters <= RULES.max_characters
        assert segment.kept == (segment.reason is None)
        least = RULES.min_answer_characters if segment.question else RULES.min_characters
        assert not segment.kept or segment.num_characters >= min(least, RULES.min_characters)


def body_numbers(segments: list[Segment]) -> list[int]:
    """The numbers of the words outside headings."""
    lines = [line for segment in segments for line in segment.text.split("\n") if not line.startswith("##")]
    return [int(number) for number in re.findall(r"w(\d+)", "\n".join(lines))]


@settings(max_examples=150, deadline=None)
@given(written(markup(["p", "li", "blockquote", "dd", "pre", "code"]), ""))
def test_a_page_of_blocks_keeps_all_of_its_words(page: tuple[str, int]) -> None:
    html, count = page

    segments = segment_page(html, "html", RULES)

    check(segments)
    assert body_numbers(segments) == list(range(count))


@settings(max_examples=150, deadline=None)
@given(written(markup(FLAT), ""))
def test_no_word_below_a_heading_is_lost_or_moved(page: tuple[str, int]) -> None:
    html, _ = page
    in_headings = re.findall(r"<h\d>.*?</h\d>|<dt>.*?<dd>|<summary>.*?</summary>|<p><b>.*?</b>|<p>Q: .*?<p>", html)
    expected = set(map(int, re.findall(r"w(\d+)", html))) - set(map(int, re.findall(r"w(\d+)", "".join(in_headings))))

    segments = segment_page(html, "html", RULES)

    check(segments)
    numbers = body_numbers(segments)
    assert numbers == sorted(set(numbers))
    assert expected <= set(numbers)


@settings(max_examples=150, deadline=None)
@given(written(markup(NESTED), ""))
def test_the_words_of_segments_are_words_of_the_page_in_order(page: tuple[str, int]) -> None:
    segments = segment_page(page[0], "html", RULES)

    check(segments)
    numbers = body_numbers(segments)
    assert numbers == sorted(set(numbers))


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["markdown", "text"]).flatmap(
        lambda kind: st.tuples(st.just(kind), written(MARKDOWN if kind == "markdown" else TEXT, "\n\n"))
    )
)
def test_markdown_and_text_lose_no_word_either(page: tuple[str, tuple[str, int]]) -> None:
    kind, (content, _) = page

    segments = segment_page(content, kind, RULES)

    check(segments)
    numbers = body_numbers(segments)
    assert numbers == sorted(set(numbers))
    below_headings = [part for part in content.split("\n\n") if not re.match(r"#|\*\*|Q:|T?w.*\n(---|===)|\d.* T", part)]
    assert set(map(int, re.findall(r"w(\d+)", "\n".join(below_headings)))) <= set(numbers)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="<>/ahp12divul=\"'&;!- \n#`|*[]()?.\u00e9\u4e2d", max_size=300), st.sampled_from(["html", "markdown", "text"]))
def test_any_text_gives_rows_within_limits(content: str, content_type: str) -> None:
    segments = segment_page(content, content_type, RULES)

    assert segments
    assert all(segment.num_characters <= RULES.max_characters for segment in segments)


def test_pages_cut_together_give_the_segments_of_each_alone() -> None:
    hostile = "<p" + " a=1" * 20_000 + ">"
    pages = [
        (f"<h1>Tea</h1><p>{prose('a', 300)}<h2>More</h2><p>{prose('b', 900)}", "html"),
        ("", "html"),
        (hostile, "html"),
        (f"# Kettle\n\n{prose('c', 500)}", "markdown"),
        ("<title>Nothing</title>", "html"),
        (prose("d", 2000), "text"),
    ]

    together = segment_pages([(*page, ()) for page in pages], RULES)

    assert together == [segment_page(*page, RULES) for page in pages]
    assert [segments[0].reason for segments in together[1:3]] == ["no_text", "too_many_attributes"]
    assert segment_pages([], RULES) == []

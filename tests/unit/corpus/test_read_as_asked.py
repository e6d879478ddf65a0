"""Terms with their definitions, questions with their answers, tabs with their names, subtitles: what belongs together stays together.

Found by reading kept passages beside their pages (docs/extraction.md, "Read by eye").
"""

from __future__ import annotations

import time

import pytest

from bubblenet.corpus.extraction.blocks import render
from bubblenet.corpus.extraction.html import html_blocks
from bubblenet.corpus.segmentation import segment_page
from bubblenet.settings import Segmentation

RULES = Segmentation(min_characters=120, min_answer_characters=40, max_characters=600)
PROSE = "The kettle boils a litre of water in four minutes, and its handle stays cool for as long as anybody holds it."
ANSWER = "It boils dry because the switch does not see the steam when the lid is left open for the whole time."
WHY, HOW = "Why does a kettle boil dry?", "How is the lime removed?"


def text_of(html: str) -> str:
    return render(html_blocks(html)[1])


def texts(content: str, content_type: str = "html") -> list[str]:
    return [segment.text for segment in segment_page(content, content_type, RULES)]


def page(inner: str) -> str:
    return f"<html><body><main><h1>Kettles</h1><p>{PROSE}</p>{inner}</main></body></html>"


def words(number: int) -> str:
    return " ".join(f"word{number}{place}" for place in range(4 + 3 * number % 23))


@pytest.mark.parametrize("max_characters", [400, 600, 900])
def test_a_term_is_never_cut_from_its_definition(max_characters: int) -> None:
    terms = "".join(f"<dt>term{number}</dt><dd>defined{number} {words(number)}</dd>" for number in range(60))
    limits = RULES.model_copy(update={"max_characters": max_characters})
    cut = [segment.text for segment in segment_page(page(f"<dl>{terms}</dl>"), "html", limits)]

    assert len(cut) > 3
    for number in range(60):
        assert any(f"term{number}\n" in text and f"defined{number} " in text for text in cut), number


def test_a_term_in_a_definition_is_never_cut_from_its_own() -> None:
    inner = "".join(f"<dt>term{number}</dt><dd><p>defined{number} {words(number)}</p></dd>" for number in range(40))

    cut = texts(page(f"<dl><dt>mode</dt><dd><p>One of these.</p><dl>{inner}</dl></dd></dl>"))
    assert all(any(f"term{number}\n" in text and f"defined{number} " in text for text in cut) for number in range(40))


def test_a_term_stands_with_the_beginning_of_a_definition_that_is_too_long() -> None:
    long = " ".join(f"Sentence {number} of it says {words(number)}." for number in range(40))
    cut = texts(page(f"<dl><dt>short</dt><dd>{PROSE}</dd><dt>term</dt><dd>{long}</dd></dl>"))

    assert any("- term\n" in text and "Sentence 0 of" in text for text in cut)
    assert all(len(text) <= RULES.max_characters for text in cut)


def test_the_second_paragraph_of_an_item_follows_its_first() -> None:
    items = "".join(f"- begun{number} {words(number)}\n\n  ended{number} {words(number)}\n\n" for number in range(40))
    cut = texts(f"# Kettles\n\n{items}", "markdown")

    assert all(any(f"begun{number} " in text and f"ended{number} " in text for text in cut) for number in range(40))


@pytest.mark.parametrize(
    "listed",
    [
        f"<h3>Q: {WHY}</h3><p>A: {ANSWER}</p><h3>Q: {HOW}</h3><p>A: {PROSE}</p>",
        f"<h3>{WHY}</h3><p>A: {ANSWER}</p><h3>{HOW}</h3><p>Answer: {PROSE}</p>",
        f"<details><summary>Q: {WHY}</summary><p>A: {ANSWER}</p></details><details><summary>Q: {HOW}</summary><p>A: {PROSE}</p></details>",
        f"<div><div><button type=button>Q. {WHY}</button></div><div>A: {ANSWER}</div></div>"
        f"<div><div><button type=button>Q. {HOW}</button></div><div>A: {PROSE}</div></div>",
        f"<div><button>{WHY}</button><p>{ANSWER}</p><button>{HOW} <b>+</b></button><p>{PROSE}</p></div>",
        f"<ul><li><h3>{WHY}</h3><p>{ANSWER}</p></li><li><h3>{HOW}</h3><p>{PROSE}</p></li></ul>",
        f"<ul><li><button aria-expanded=true><h3>{WHY}</h3></button><div><p>{ANSWER}</p></div></li>"
        f"<li><button aria-expanded=false><h3>{HOW}</h3></button><div><p>{PROSE}</p></div></li></ul>",
        f"<ul><li><button aria-expanded=true>{WHY}</button><div>{ANSWER}</div></li>"
        f"<li><button aria-expanded=false>{HOW}</button><div>{PROSE}</div></li></ul>",
    ],
)
def test_a_question_stands_with_its_answer_alone(listed: str) -> None:
    stated = {segment.question: segment.text for segment in segment_page(page(listed), "html", RULES) if segment.question}

    assert stated == {WHY: ANSWER, HOW: PROSE}


@pytest.mark.parametrize("button", ["<button>Do you need any help?</button>", "<button>Was it of any use?</button><button>Yes</button>"])
def test_a_button_that_asks_over_nothing_is_no_question(button: str) -> None:
    assert "?" not in text_of(page(f"<p>{ANSWER}</p><div>{button}</div>"))


def test_an_initial_after_a_question_is_no_mark_of_an_answer() -> None:
    assert "A. Tea wrote" in text_of(page(f"<h3>{WHY}</h3><p>A. Tea wrote that {ANSWER}</p>"))


def test_a_list_below_a_heading_in_an_item_is_a_list() -> None:
    text = text_of(page(f"<ul><li><h3>Lids</h3><p>{PROSE}</p><ul><li>one</li><li>two</li></ul></li><li>alone</li></ul>"))

    assert f"### Lids\n\n{PROSE}\n\n- one\n- two\n" in text
    assert text.endswith("- alone")


def test_the_number_of_a_step_that_begins_with_a_heading_stays() -> None:
    assert f"1. {PROSE}" in text_of(page(f"<ol><li><h3>Fill it</h3><p>{PROSE}</p></li></ol>"))


TABS = [
    "<ul role=tablist><li role=presentation><a href='#a' role=tab aria-controls=a>Linux</a><li><a href='#b' role=tab>macOS</a></ul>"
    "<section id=a role=tabpanel><pre>{}</pre></section><section id=b role=tabpanel hidden><pre>{}</pre></section>",
    "<div role=tablist><button role=tab id=t1>Linux</button><button role=tab id=t2>macOS</button></div>"
    "<div role=tabpanel aria-labelledby=t1><pre>{}</pre></div><div role=tabpanel aria-labelledby=t2 hidden><pre>{}</pre></div>",
    "<div><ul role=tablist class='tabs'><li role=tab tabindex=0>Linux</li><li role=tab>macOS</li></ul>"
    "<div><div role=tabpanel><pre>{}</pre></div><div role=tabpanel hidden><pre>{}</pre></div></div></div>",
]


@pytest.mark.parametrize("tabs", TABS)
def test_what_a_tab_shows_stands_under_its_name(tabs: str) -> None:
    text = text_of(page(tabs.format("boil --linux", "boil --mac")))

    assert "**Linux**\n\n```\nboil --linux\n```\n\n**macOS**\n\n```\nboil --mac\n```" in text


@pytest.mark.parametrize("tabs", TABS)
def test_a_tab_that_shows_nothing_or_begins_with_its_name_has_no_other(tabs: str) -> None:
    html = page(f"<div>{tabs}</div>".replace("<pre>{}</pre>", "{}").format(f"<h2>Linux</h2><p>{PROSE} It boils.</p>", ""))

    assert text_of(html).count("Linux") == 1
    assert "macOS" not in text_of(html)


@pytest.mark.parametrize("name", ["Item 1", "2", "Slide 2 of 5"])
def test_a_slide_has_no_name(name: str) -> None:
    assert name not in text_of(page(TABS[0].format("a", "b").replace("Linux", name)))


def test_many_tabs_are_named_in_linear_time() -> None:
    def seconds(number: int) -> float:
        tabs = "".join(
            f"<a role=tab aria-controls=p{one}>Tab {one}</a><div role=tabpanel id=p{one}>text {one}</div>" for one in range(number)
        )
        started = time.process_time()
        html_blocks(page(tabs))
        return time.process_time() - started

    seconds(100)
    few, many = (min(seconds(number) for _ in range(3)) for number in (1000, 8000))  # the quickest: a collection of memory may come between
    assert many < 16 * max(0.02, few)


def test_a_subtitle_is_in_a_passage() -> None:
    subtitle = "Kettles of all kinds in one safe place."
    sections = f"<h2>Lids</h2><p>{PROSE}</p><h2>Handles</h2><p>{ANSWER}</p>"

    for heading in ("h2", "h3", "h6"):
        html = f"<main><h1>Kettles</h1><{heading}>{subtitle}</{heading}>{sections * 3}</main>"
        assert any(subtitle in text for text in texts(html))
    assert not any("Contents" in text for text in texts(f"<main><h1>Kettles</h1><h2>Contents</h2>{sections * 3}</main>"))

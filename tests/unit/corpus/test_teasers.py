"""Lists of pages and teasers below an article, and names of furniture that stand on the text itself."""

from __future__ import annotations

import pytest

from bubblenet.corpus.extraction.blocks import render
from bubblenet.corpus.extraction.html import html_blocks

PROSE = [
    "A hedge of hazel and thorn is laid in winter, when the sap is low and no bird has a nest in it yet.",
    "Each stem is cut most of the way through near the ground, bent over, and woven between stakes that stand an arm's length apart.",
    "The cut stems live on, and by June there are so many new shoots that no lamb will find a way through the hedge.",
]
ARTICLE = "".join(f"<p>{text}</p>" for text in PROSE)
BLURB = "Another page of this site, in one line that makes a reader curious about it."


def text_of(body: str) -> str:
    return render(html_blocks(f"<html><body><div>{body}</div></body></html>")[1])


def cards(number: int, below: str = f"<p>{BLURB}</p>", link: str = "/page") -> str:
    return "".join(
        f"<div class=entry-{index}><h3><a href='{link}/{index}'>What we learned in year {index} of our farm</a></h3>{below}</div>"
        for index in range(number)
    )


def test_a_list_of_pages_is_its_introduction() -> None:
    introduction = "".join(f"<p>{text}</p>" for text in PROSE)
    text = text_of(
        f"<h1>Letters from the farm</h1>{introduction}<p>Sort by date</p>{cards(12)}<h2>Topics</h2><p>Hedges, lambs, orchards</p>"
    )

    assert text == "# Letters from the farm\n\n" + "\n\n".join(PROSE)


def test_nothing_is_left_of_a_list_of_pages_that_says_nothing_itself() -> None:
    assert not text_of(f"<h1>Letters</h1><p>Choose a letter to read it on this page.</p>{cards(12)}")


@pytest.mark.parametrize("before", ["", "<h2>From our letters</h2>"])
def test_teasers_after_an_article_go_with_the_heading_above_them(before: str) -> None:
    article = f"<h1>Laying a hedge</h1>{ARTICLE}"

    assert text_of(f"{article}{before}{cards(3)}") == text_of(article)


def test_one_heading_that_is_a_link_is_a_section_of_the_text() -> None:
    text = text_of(f"<h1>Laying a hedge</h1>{ARTICLE}{cards(1)}")

    assert BLURB in text


def test_headings_that_link_to_their_own_place_lead_nowhere() -> None:
    options = "".join(
        f"<h2 id=option-{index}><a href='#option-{index}'>Option number {index} of the tool</a></h2><p>{BLURB}</p>" for index in range(9)
    )
    text = text_of(f"<h1>Options of the tool</h1>{options}")

    assert text.count(BLURB) == 9
    assert "## Option number 8 of the tool" in text


@pytest.mark.parametrize(
    "below",
    [
        pytest.param("<p>" + "</p><p>".join(PROSE) + "</p>", id="a review of each"),
        pytest.param(f"<p>{BLURB}</p><pre>farm --year 3</pre>", id="a program"),
        pytest.param(f"<p>{BLURB}</p><table><tr><th>ewes<th>lambs<tr><td>12<td>19</table>", id="a table"),
    ],
)
def test_entries_with_a_text_of_their_own_stay(below: str) -> None:
    text = text_of(f"<h1>Ten farms that we like</h1>{ARTICLE}{cards(10, below, 'https://farm.example')}")

    assert text.count("### What we learned in year") == 10
    assert "farm --year" in text or "| 12 | 19 |" in text or text.count(PROSE[2]) == 11


def test_teasers_before_the_text_stay_since_they_may_be_its_contents() -> None:
    text = text_of(f"<h1>Laying a hedge</h1>{cards(3)}{ARTICLE * 4}")

    assert text.count(BLURB) == 3


def test_names_that_leave_nothing_of_the_prose_are_no_names_of_furniture() -> None:
    paragraphs = "".join(f"<div class='widget-block'><p>{text}</p></div>" for text in PROSE * 4)
    text = text_of(f"<h1>Laying a hedge</h1>{paragraphs}<div class=newsletter>Our letter</div>")

    assert all(text.count(prose) == 4 for prose in PROSE)


def test_names_of_furniture_beside_a_text_are_believed() -> None:
    advertised = "".join(f"<div class=promo><p>{BLURB} It is number {index}.</p></div>" for index in range(14))
    text = text_of(f"<h1>Laying a hedge</h1>{ARTICLE}{advertised}")

    assert text == "# Laying a hedge\n\n" + "\n\n".join(PROSE)


def test_comments_below_an_article_make_it_no_thread() -> None:
    article = "<p>" + "</p><p>".join(PROSE * 4) + "</p>"
    said = "Thank you for this, I have forty yards of thorn to lay before the lambs come."
    comments = "".join(f"<li class=comment><div class=comment-content><p>{said} {index}</p></div></li>" for index in range(4))
    text = text_of(f"<h1>Laying a hedge</h1><div class=post-content>{article}</div><ol class=comments>{comments}</ol>")

    assert text.count(PROSE[1]) == 4
    assert said not in text


@pytest.mark.parametrize(
    "name",
    ["1.{}.0", "v2.{}", "[0.{}.1] - 2024-05-17", "Version 3.{}", "2024-05-1{}", "Release 24.0{} (May 3, 2024)", "0.{}.0rc1"],
)
def test_a_changelog_whose_versions_are_links_keeps_its_changes(name: str) -> None:
    changes = "".join(
        f"<h2><a href='https://hedge.example/compare/{index}'>{name.format(index)}</a></h2>"
        f"<ul><li>Stakes no longer fall over in wind of force {index}.</li><li>New: <code>lay --slow</code></li></ul>"
        for index in range(9)
    )
    text = text_of(f"<h1>Changelog</h1>{changes}")

    assert text.count("Stakes no longer fall over") == 9
    assert text.count("lay --slow") == 9


@pytest.mark.parametrize(
    ("names", "entry"),
    [
        ("lay cut bind stake trim plash heel edder", "Lays the hedge between two stakes and returns its length in metres."),
        (
            "hedge-lay hedge-cut hedge-bind hedge-trim hedge-log hedge-show",
            "Shows what was done to each hedge, with the newest work first.",
        ),
        ("Hazel Blackthorn Hawthorn Holly Maple Elder", "A small tree of hedges, which bears the cutting well and burns slowly."),
    ],
)
def test_an_index_that_defines_what_it_names_keeps_its_sentences(names: str, entry: str) -> None:
    entries = "".join(f"<h3><a href='{name}.html'>{name}</a></h3><p>{entry}</p>" for name in names.split())
    text = text_of(f"<h1>Commands for hedges</h1>{entries}")

    assert text.count(entry) == len(names.split())
    assert all(f"### {name}\n" in text for name in names.split())


@pytest.mark.parametrize(
    "below", ["<p>Sales, Europe</p>", "<p>A small tree of hedges, which bears the cutting ...</p>", "<p>May 3, 2024</p>"]
)
def test_names_with_less_than_a_sentence_below_are_teasers(below: str) -> None:
    entries = "".join(f"<h3><a href='/{name}'>{name}</a></h3>{below}" for name in ("Hazel", "Blackthorn", "Holly", "Maple", "Elder", "Yew"))

    assert not text_of(f"<h1>Trees</h1>{entries}")

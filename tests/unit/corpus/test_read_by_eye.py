"""What reading kept passages beside their pages found wrong (docs/extraction.md, "Read by eye"), each kind by several inputs."""

from __future__ import annotations

import pytest

from bubblenet.corpus.extraction.blocks import render
from bubblenet.corpus.extraction.html import html_blocks

PROSE = "The kettle boils a litre of water in four minutes, and its handle stays cool for as long as anybody holds it."
MORE = "A lid that is left up lets the steam out, so the switch does not see it, and the kettle boils until it is dry."


def text_of(html: str) -> str:
    return render(html_blocks(html)[1])


def page(inner: str) -> str:
    return f"<html><body><main><h1>Kettles</h1><p>{PROSE}</p>{inner}<p>{MORE}</p></main></body></html>"


@pytest.mark.parametrize(
    "paragraph",
    [
        "<p>{} <a href=/more>Learn More</a></p>",
        "<p>{} <a href=/more><span style='text-decoration: underline'> Read more</span> \u2192</a></p>",
        "<ul><li>{} <a href=/more>Mehr erfahren</a></li></ul>",
        "<ul><li>{}<div><a href=/more data-name=button><div>Learn how</div></a></div></li></ul>",
    ],
)
def test_a_link_that_leads_on_is_no_end_of_a_paragraph(paragraph: str) -> None:
    text = text_of(page(paragraph.format("A thermostat switches it off.")))

    assert "switches it off.\n" in text
    assert not any(word in text for word in ("earn", "ead", "ehr"))


@pytest.mark.parametrize("sentence", ["To <a href=/more>learn more</a> about lids, ask.", "If you boil twice, <a href=/m>read more</a>"])
def test_a_link_within_a_sentence_stays(sentence: str) -> None:
    assert text_of(page(f"<p>{sentence}</p>")).count("more") == 1


@pytest.mark.parametrize("sign", ["<i class=accordion-icon>+</i>", "<span>\u25be</span>", "<div>\u2013</div>", "<p>\u00d7</p>"])
def test_a_sign_that_unfolds_is_no_text(sign: str) -> None:
    html = page(f"<div><div><h3>Lids</h3>{sign}</div><div><p>{PROSE} Lids.</p></div></div>")

    assert f"### Lids\n\n{PROSE} Lids." in text_of(html)


@pytest.mark.parametrize("sign", ["+", "\u25bc", " \u203a"])
def test_a_sign_within_a_question_is_not_of_its_words(sign: str) -> None:
    button = f"<div><button aria-expanded=false>Why does it boil dry?<span>{sign}</span></button><div><p>{PROSE}</p></div></div>"

    assert "Why does it boil dry?\n" in text_of(page(button))


def test_a_name_that_ends_with_a_plus_keeps_it() -> None:
    assert "## C++\n" in text_of(page(f"<h2>C++</h2><p>{PROSE} C.</p><h2>Model C +</h2><p>{PROSE} D.</p>"))
    assert "## Model C +\n" in text_of(page(f"<h2>Model C +</h2><p>{PROSE} D.</p>"))


@pytest.mark.parametrize(
    "quotation",
    [
        "<p>\u201cNobody can hurry a kettle that is watched.\u201d</p><p><a href=/tsing>\u2014 Ann Tea, The Watched Pot</a></p>",
        "<blockquote><p>Nobody can hurry a kettle that is watched.</p><p><a href=/tsing>Ann Tea, The Watched Pot</a></p></blockquote>",
        "<blockquote><p>Nobody can hurry a kettle that is watched.</p><footer>Ann Tea, The Watched Pot</footer></blockquote>",
        "<figure><blockquote>Nobody can hurry a kettle.</blockquote><figcaption>Ann Tea, The Watched Pot</figcaption></figure>",
    ],
)
def test_who_said_what_is_quoted_stays(quotation: str) -> None:
    assert "Ann Tea, The Watched Pot" in text_of(page(quotation))


def test_a_dash_before_a_link_is_no_name_of_a_speaker() -> None:
    assert "Teapots" not in text_of(page("<p>It is safe.</p><p><a href=/pots>\u2014 Teapots</a></p>"))


def test_counters_of_slides_are_no_text() -> None:
    html = page("".join(f"<div><span>{number}/3</span><h2>Lid {number}</h2><p>{PROSE} {number}</p></div>" for number in (1, 2, 3)))

    assert "/3" not in text_of(html)
    assert "1 of 3" not in text_of(html.replace("/3", " of 3"))


def test_one_fraction_is_text() -> None:
    assert "3/4" in text_of(page("<p>3/4</p>"))


@pytest.mark.parametrize(
    ("credit", "kept"),
    [
        ("Kettles are useful in all kinds of kitchens. Photo by: 'Neil Thomas'.", "Kettles are useful in all kinds of kitchens.\n"),
        ("Kettles are useful in all kitchens. Image credit: Ann Tea / Pots", "Kettles are useful in all kitchens.\n"),
        ("Kettles are useful in all kitchens. Photo by Ann Tea on Potsplash.", "Kettles are useful in all kitchens.\n"),
        ("Kettles are useful. Photo: the lens must be dry before you begin", "Photo: the lens must be dry"),
        ("He was proud of his kettle. Photo by photo, she showed him why.", "Photo by photo, she showed him why."),
    ],
)
def test_the_credit_of_a_photo_is_no_end_of_its_caption(credit: str, kept: str) -> None:
    assert kept in text_of(page(f"<p>{credit}</p>"))


@pytest.mark.parametrize(
    "label",
    [
        "<p>recognized by</p>",
        "<p>Items 1-24 of 123</p>",
        "<p>Showing 1\u201312 of 40 results</p>",
        "<p>Sort By</p>",
        "<div class='toolbar toolbar-products'><p>Grid or list of all the items that you can see here</p></div>",
    ],
)
def test_what_stands_above_logos_and_lists_of_products_is_no_text(label: str) -> None:
    assert text_of(page(label)) == text_of(page(""))


def test_the_toolbar_of_a_program_holds_it() -> None:
    assert "boil()" in text_of(page("<div class=code-toolbar><pre><code>boil()</code></pre></div>"))


def test_the_last_line_that_asks_to_follow_goes() -> None:
    html = f"<main><h1>Kettles</h1><p>{PROSE}</p><p>{MORE}</p>{{}}</main>"

    for line in (
        "Get the latest updates from the School of Kettles.",
        "Get our latest kettle news in your inbox.",
        "Stay up to date with kettles.",
    ):
        assert text_of(html.format(f"<p>{line}</p>")) == text_of(html.format(""))


@pytest.mark.parametrize("name", ["hide-from-toc", "exclude-from-menu", "is-not-in-sidebar", "no-toc"])
def test_a_heading_that_stands_in_no_list_of_contents_is_a_heading(name: str) -> None:
    html = page(f"<div><h3 class='{name} no-link' data-text=Lids>Lids</h3><div>{PROSE} Lids.</div></div>")

    assert f"### Lids\n\n{PROSE} Lids." in text_of(html)
    assert f"### Lids\n\n{PROSE} Lids." not in text_of(html.replace(name, "toc"))

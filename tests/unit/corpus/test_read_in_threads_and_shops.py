"""Threads and pages of shops: what reading kept passages beside their pages found wrong (docs/extraction.md, "Read by eye")."""

from __future__ import annotations

import pytest

from bubblenet.corpus.extraction.blocks import render
from bubblenet.corpus.extraction.html import html_blocks

PROSE = "The kettle boils a litre of water in four minutes, and its handle stays cool for as long as anybody holds it."
SAID = [f"{number}. I have had it for {number} years, and it has never boiled dry. " * 3 for number in range(1, 5)]
TOPIC = "Kettles that leak at the lid"


def text_of(html: str) -> str:
    return render(html_blocks(html)[1])


def posts(texts: list[str], foot: str = "") -> str:
    return "".join(f"<div class=postbody><div class=content><p>{text}</p>{foot}</div></div>" for text in texts)


HEADS = [
    f"<title>{TOPIC} / Kettles and pots / Tea forum and more</title><div id=archnavbarlogo><h1><a href=/>Tea forum</a></h1></div>",
    f"<title>{TOPIC} / Kettles and pots / Tea forum</title><div id=logo><h1><a href=/>Tea forum</a></h1></div>",
    f"<title>{TOPIC} | Tea forum</title><div id=logo><h1>Tea forum</h1></div>",
    f"<title>Tea forum - {TOPIC}</title><div id=logo><h1>Tea forum</h1></div><h2 class=topic-title><a href=#top>{TOPIC}</a></h2>",
    f"<title>{TOPIC} \u2022 Tea forum</title><h1><a href=/>Tea forum</a></h1><h2>Kettles and pots</h2>",
]


@pytest.mark.parametrize("head", HEADS)
def test_the_name_of_the_site_is_not_what_a_thread_is_about(head: str) -> None:
    assert text_of(f"<html><head>{head}{posts(SAID)}").startswith(f"# {TOPIC}\n")


@pytest.mark.parametrize(
    ("title", "heading"),
    [
        ("Tea forum - View topic - Lids", "Lids"),
        ("Lids of iron", "Lids"),
        ("A / B tests | Tea forum", "A / B tests"),
        ("Lids", "Lids of iron"),
    ],
)
def test_a_heading_that_is_the_topic_stays(title: str, heading: str) -> None:
    assert text_of(f"<title>{title}</title><h1>{heading}</h1>{posts(SAID)}").startswith(f"# {heading}\n")


@pytest.mark.parametrize(
    "line", ["Edited April 18, 2024 by ann", "Edited by ann", "Edited 3 hours ago by ann", "Last edited by ann; 04-18-2024 at 10:12 AM."]
)
def test_who_edited_a_post_is_none_of_it(line: str) -> None:
    assert "dited" not in text_of(f"<h1>{TOPIC}</h1>{posts(SAID, f'<p>{line}</p>')}")


def test_an_edited_text_is_what_a_post_is_about() -> None:
    assert "Edited volumes" in text_of(
        f"<h1>{TOPIC}</h1>{posts(SAID, '<p>Edited volumes by Ann Tea are the best that I have read on lids.</p>')}"
    )


PRODUCT = '<script type="application/ld+json">{"@type": "Product"}</script><h1>Kettle</h1><button>Add to cart</button>'


def shop(inner: str) -> str:
    return text_of(f"{PRODUCT}<p>{PROSE}</p>{inner}")


@pytest.mark.parametrize(
    "specification",
    [
        "<dl><dt>Year</dt><dd>1958</dd></dl>",
        "<p>Year:</p><p>1958</p>",
        "<ul><li>Year<p>1958</p></li></ul>",
        "<dl><dt>Year<dd><b>1958</b></dl>",
    ],
)
def test_the_value_of_a_specification_may_be_a_number(specification: str) -> None:
    assert shop(specification).endswith("1958")


@pytest.mark.parametrize("line", ["<p>1958</p>", "<p>Price:</p><p>$20</p>", "<ul><li>4.5<li>(12)</ul>"])
def test_other_numbers_go(line: str) -> None:
    assert shop(line) == shop("")


@pytest.mark.parametrize(
    "heading",
    [
        "About this seller",
        "Seller feedback (7,310)",
        "Detailed seller ratings",
        "About the shop",
        "Meet your seller",
        "Shop with confidence",
    ],
)
def test_a_section_about_the_seller_goes(heading: str) -> None:
    html = f"<h2>{heading}</h2><h3>agnitsch</h3><p>99.7% positive feedback, and all of it from people who bought kettles here.</p>"

    assert shop(html) == shop("")


@pytest.mark.parametrize(
    "hidden",
    [
        "<div class=wt-display-none><p>You can only make an offer when buying a single item</p></div>",
        "<div class='alert d-none'>There is nothing left of what you wanted to buy here.</div>",
        "<p class='hidden mt-2'>Please choose one of the colours before you go on from here.</p>",
        "<div>There was a problem calculating your shipping. Please try again.</div>",
        "<li>Order today to get by Mar 17-27, wherever in the country you may live.</li>",
        "<li>Returns &amp; exchanges accepted within 14 days of the day on which it came</li>",
        "<p>30 days returns. Buyer pays for return shipping, unless the thing is broken.</p>",
        "<p>Seller ships within 1 day after receiving cleared payment for the whole order.</p>",
    ],
)
def test_messages_that_are_hidden_and_terms_of_sale_go(hidden: str) -> None:
    assert shop(hidden) == shop("")


def test_what_a_wide_screen_shows_and_long_hidden_text_stay() -> None:
    assert "of steel" in shop("<p class='hidden md:block'>It is made of steel, of which kettles have always been made.</p>")
    assert "of steel" in shop("<div class='d-none d-lg-flex'>It is made of steel, of which kettles have always been made.</div>")
    assert "of steel" in shop(f"<div class='tab d-none'><h3>Details</h3><p>It is made of steel. {PROSE} {PROSE}</p></div>")


@pytest.mark.parametrize(
    "sign",
    [
        "<body class='archive post-type-archive-product'>",
        "<body class='page-products catalog-category-view'>",
        "<body class='archive tax-product_cat'>",
    ],
)
def test_a_page_of_a_category_is_a_list(sign: str) -> None:
    product = '<script type="application/ld+json">{"@type": "Product"}</script>'
    cards = "".join(f"<li><a href=/{number}><b>Kettle {number}</b></a><b>$4{number}</b></li>" for number in range(8))
    html = f"{sign}{product}<h1>Kettles</h1><p>{PROSE}</p><p>Stainless steel</p><ul>{cards}</ul><button>Add to cart</button>"

    assert text_of(html) == f"# Kettles\n\n{PROSE}"


def test_a_card_keeps_its_title_with_its_text() -> None:
    card = "<div class=card><a href=/{0}><div class=name>Kettle school {0}</div></a><div class=text>{0}. {1}</div></div>"
    text = text_of(f"<h1>Kettles</h1><p>{PROSE}</p><div>{''.join(card.format(number, PROSE) for number in range(4))}</div>")

    assert all(f"Kettle school {number}\n\n{number}. {PROSE}" in text for number in range(4))


def test_a_link_before_a_text_is_no_title_of_a_card() -> None:
    assert "Home" not in text_of(f"<div><p><a href=/>Home of kettles</a></p><p>{PROSE}</p></div>")

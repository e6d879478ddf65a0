"""Pages of shops, pages made by scripts, headings that are a subject, columns of icons."""

from __future__ import annotations

import json
import time

import pytest

from bubblenet.corpus.extraction.blocks import Block, render
from bubblenet.corpus.extraction.html import html_blocks
from bubblenet.corpus.quality import Passage, check
from bubblenet.corpus.segmentation import segment_page
from bubblenet.settings import Segmentation

RULES = Segmentation(min_characters=120, min_answer_characters=40, max_characters=600)
ABOUT = "The kettle holds a litre and a half, boils it in four minutes, and its handle stays cool for as long as you hold it. "
SPECIFICATIONS = "<table><tr><th>Steel<td>18/10<tr><th>Weight<td>1.2 kg<tr><th>Power<td>2,400 W</table>"
CARD = "<li class=card><a href=/p/{0}><h3>Kettle number {0}</h3></a><span class=price>$4{0}.99</span><button>Add to cart</button></li>"
CARDS = "".join(CARD.format(number) for number in range(8))
REVIEW = "I bought it for my mother, who has not complained once since, which is more than she can say of me."


def text_of(html: str) -> str:
    return render(html_blocks(html)[1])


def reason(html: str) -> str | None:
    [segment] = segment_page(html, "html", RULES)
    return segment.reason


DECLARED = [
    '<script type=\'application/ld+json\'>{"@type": "Product", "name": "Kettle"}</script><div>',
    "<meta property=og:type content=product><div>",
    "<div itemscope itemtype='https://schema.org/Product'>",
    '<div class=cart><span id="productTitle"></span>',
]


@pytest.mark.parametrize("declared", DECLARED)
def test_of_a_product_its_prose_and_specifications_are_kept(declared: str) -> None:
    html = (
        f"<html><body>{declared}<p>Free delivery this week on all orders.</p><h1>Steel kettle</h1><p>$49.99</p><p>In stock</p>"
        "<button>Add to cart</button>"
        f"<p>{ABOUT}</p><h2>Specifications</h2>{SPECIFICATIONS}<div class=product-reviews><h2>What owners say</h2><p>{REVIEW}</p></div>"
        f"<h2>You may also like</h2><ul>{CARDS}</ul></div>"
    )

    assert text_of(html) == (
        f"# Steel kettle\n\n{ABOUT.strip()}\n\n## Specifications\n\n"
        "| Steel | 18/10 |\n| --- | --- |\n| Weight | 1.2 kg |\n| Power | 2,400 W |"
    )


def test_a_list_of_products_is_its_prose() -> None:
    html = f"<h1>Kettles</h1><p>{ABOUT}</p><p>Sort by: price</p><p>8 results</p><ul>{CARDS}</ul><h2>How to choose</h2><p>{ABOUT}</p>"

    assert text_of(html) == f"# Kettles\n\n{ABOUT.strip()}\n\n## How to choose\n\n{ABOUT.strip()}"


@pytest.mark.parametrize("amount", ["<span>$</span>4{0}.99", "$<!-- -->4{0}.99", "4{0},99<i>&nbsp;</i><small>&euro;</small>"])
def test_an_amount_in_another_tag_than_its_unit_is_a_price(amount: str) -> None:
    cards = CARDS.replace("$4", "$$4")
    for number in range(8):
        cards = cards.replace(f"$$4{number}.99", amount.format(number))
    html = f"<h1>Kettles</h1><p>{ABOUT}</p><p>8 results</p><ul class=cart-list>{cards}</ul>"

    assert text_of(html) == f"# Kettles\n\n{ABOUT.strip()}"


def test_raised_cents_are_no_power() -> None:
    text = text_of(
        f"<h1>Offers</h1><p>{ABOUT}</p><p>Now $4<sup>99</sup>, then &pound; 1,299<sup>00</sup>; the area is 12 m<sup>2</sup>.</p>"
    )

    assert "Now $4.99, then \u00a3 1,299.00; the area is 12 m^2." in text


@pytest.mark.parametrize("kind", ["CollectionPage", "SearchResultsPage"])
def test_a_list_whose_data_name_each_product_is_a_list(kind: str) -> None:
    data = json.dumps({"@type": kind, "mainEntity": {"@type": "ItemList", "itemListElement": [{"@type": "Product", "name": "Kettle"}]}})
    html = f"<script type='application/ld+json'>{data}</script><h1>Kettles</h1><p>{ABOUT}</p><p>Material: steel</p><ul>{CARDS}</ul>"

    assert text_of(html) == f"# Kettles\n\n{ABOUT.strip()}"


def test_a_label_that_a_product_page_repeats_stands_once() -> None:
    bits = "<p>Form Factor</p><p>Bit Count</p>" * 4
    text = text_of(f"<body>{DECLARED[1]}<h1>Steel kettle</h1><button>Add to cart</button><p>{ABOUT}</p>{bits}</div>")

    assert text.count("Form Factor") == 1


def test_an_article_with_prices_is_no_shop() -> None:
    plans = "".join(f"<li class=plan><h3>Plan {number}</h3><p>It costs $1{number} a month.</p></li>" for number in range(8))

    assert "It costs $17 a month." in text_of(f"<h1>Plans</h1><p>{ABOUT}</p><ul>{plans}</ul>")


def test_a_review_of_a_product_in_a_journal_is_no_shop() -> None:
    script = '<script type="application/ld+json">{"@type": "Review", "itemReviewed": {"@type": "Product", "name": "Kettle"}}</script>'
    html = f"{script}<h1>Kettle, tried</h1><div class=review-body><p>{ABOUT * 3}</p><h2>Price</h2><p>{REVIEW}</p></div>"

    assert REVIEW in text_of(html)


@pytest.mark.parametrize("names", ["disclosure__content", "product-description quick-add-hidden", "accordion-disclosure-panel open"])
def test_what_unfolds_is_no_furniture(names: str) -> None:
    html = f"<h1>Kettle</h1><p>{ABOUT * 4}</p><details class=disclosure open><summary>Steel</summary>"
    html += f"<div class='{names}'><p>{REVIEW}</p></div></details>"

    assert REVIEW in text_of(html)


@pytest.mark.parametrize(
    "body",
    [
        "<div id=root></div><script src=/static/js/main.7f3a.js></script>",
        '<div id="app"><div class="spinner"></div></div><script type="module" src="/assets/index.js"></script>',
        "<div id='__next'></div><script>x()</script>",
        "<app-root></app-root><script src=runtime.js></script>",
        "<noscript>You need to enable JavaScript to run this app.</noscript><div class=a></div><script src=a.js></script>",
        "<div id=root>Loading...</div><script src=x.js></script>",
        "<noscript><strong>Bitte aktivieren Sie JavaScript.</strong></noscript><script src=a.js></script>",
        "<script type=module src=/src/entry.js></script>",
    ],
)
def test_a_page_that_a_script_would_have_filled_says_so(body: str) -> None:
    assert reason(f"<html><head><title>Kettles</title></head><body>{body}</body></html>") == "needs_script"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<img src=kettle.jpg>",
        "<div id=root></div>",  # and no script
        "<h1>Only a heading</h1>",
        "<img src=kettle.jpg><script>count('visit')</script>",
        "<p id=rooting></p><script src=counter.js></script>",
    ],
)
def test_a_page_that_is_empty_without_a_script_has_no_text(body: str) -> None:
    assert reason(f"<html><head><title>Kettles</title></head><body>{body}</body></html>") == "no_text"


def test_a_page_with_text_is_read_whatever_its_scripts() -> None:
    html = f"<body><noscript>Enable JavaScript</noscript><div id=root><h1>Kettle</h1><p>{ABOUT * 2}</p></div><script src=main.js></script>"

    assert all(segment.reason != "needs_script" for segment in segment_page(html, "html", RULES))


def test_data_of_a_script_is_no_tag_with_too_many_attributes() -> None:
    data = ", ".join(f'a{number} = "{number}"' for number in range(20_000))
    page = f"<body><h1>Kettle</h1><script>if (a<b && c) {{ let {data} }}</script><p>{ABOUT}</p>"

    assert ABOUT.strip() in text_of(page)


@pytest.mark.parametrize(
    "hidden",
    ["<!-- <script -->", "<p title='<script'>", "<svg><script></svg>", "<!-- <script --><p </script "],
)
def test_no_script_hides_a_tag_with_too_many_attributes(hidden: str) -> None:
    started = time.process_time()
    text_of("<body>" + hidden + "<p " + " ".join(f"a{number}" for number in range(100_000)) + ">tea")

    assert time.process_time() - started < 4


@pytest.mark.parametrize("heading", ["Comments", "Tags", "Index", "Search", "Meta", "Cookies", "Kommentare"])
def test_a_section_about_what_furniture_is_called_like_is_content(heading: str) -> None:
    text = "\n\n".join(
        f"A line of this kind begins with sign number {number} and is read by nobody but people. It ends here." for number in range(9)
    )
    blocks = [Block("paragraph", part) for part in text.split("\n\n")]
    links = [Block("item", f"- Kettle number {number}", 0, 16) for number in range(40)]

    assert check(Passage(blocks, ("Manual", heading), "en"), Segmentation()) != "navigation_heading"
    assert check(Passage(links, ("Manual", heading), "en"), Segmentation()) == "navigation_heading"


@pytest.mark.parametrize("heading", ["Related articles", "Newsletter", "Leave a reply", "12 comments"])
def test_headings_that_name_nothing_else_are_navigation_above_any_text(heading: str) -> None:
    blocks = [
        Block("paragraph", f"A line of this kind begins with sign number {number} and is read by people. It ends here.")
        for number in range(9)
    ]

    assert check(Passage(blocks, (heading,), "en"), Segmentation()) == "navigation_heading"


@pytest.mark.parametrize("icon", ["<img src=note.png>", "<i class='fa icon-note'></i>", "<svg></svg>", "&nbsp;", ""])
def test_a_column_of_icons_is_no_column(icon: str) -> None:
    notes = f"<table><tr><td>{icon}</td><td>Mind the steam.</td></tr><tr><td>{icon}</td><td>Mind the cord.</td></tr></table>"
    pairs = f"<table><tr><td>{icon}<td>Mind<td>steam<tr><td>{icon}<td>Mind<td>cord</table>"

    assert text_of(notes) == "Mind the steam.\n\nMind the cord."
    assert text_of(pairs) == "| Mind | steam |\n| --- | --- |\n| Mind | cord |"


def test_a_corner_without_a_text_stays() -> None:
    assert text_of("<table><tr><th><th>Green<th>Black<tr><th>Minutes<td>2<td>4</table>").startswith("|  | Green | Black |")


def _with_data(description: str, shown: str) -> str:
    data = json.dumps({"@graph": [{"@type": ["Product"], "name": "Kettle", "description": description}]}).replace("</", "<\\/")
    return f"<script type='application/ld+json'>{data}</script><h1>Kettle</h1><p>{shown}</p><button class=add-to-cart>Add to cart</button>"


@pytest.mark.parametrize("description", [ABOUT, f"<p>{ABOUT}</p>", ABOUT.replace(" boils", "&#32;boils")])
def test_a_description_that_a_script_would_have_shown_is_read(description: str) -> None:
    assert text_of(_with_data(description, "Made of steel.")) == f"# Kettle\n\nMade of steel.\n\n{ABOUT.strip()}"


def test_a_description_that_is_shown_stands_once() -> None:
    assert text_of(_with_data(ABOUT, ABOUT)) == f"# Kettle\n\n{ABOUT.strip()}"


def test_broken_data_of_a_product_is_none() -> None:
    page = _with_data(ABOUT, "Made of steel.").replace("@graph", 'x": {"')

    assert "Made of steel." in text_of(page)


@pytest.mark.parametrize("heading", ["More details", "Other materials", "Featured technology"])
def test_a_section_with_more_about_the_product_stays_and_one_of_offers_goes(heading: str) -> None:
    def page(below: str) -> str:
        about = f"<h1>Steel kettle</h1><button>Add to cart</button><p>{ABOUT}</p><h2>{heading}</h2>{below}"
        return f"<html><body>{DECLARED[0]}{about}</div>"

    assert f"## {heading}\n\n{REVIEW} It is steel." in text_of(page(f"<p>{REVIEW} It is steel.</p>"))
    assert heading not in text_of(page("<p>Steel <a href=/pan>pan</a></p>"))

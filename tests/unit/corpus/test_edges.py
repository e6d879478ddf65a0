"""What stands around an article as text of its own stays out, and nothing of the article with it."""

from __future__ import annotations

import pytest

from bubblenet.corpus.extraction.blocks import render
from bubblenet.corpus.extraction.html import html_blocks

PROSE = [
    "The tide comes in twice a day along this coast, and the flats are under two metres of water within three hours.",
    "Whoever walks out must know the hour of low water and the way back, because the channels fill from behind.",
    "A compass, a whistle and a watch belong in every bag, and a telephone is no substitute for any of the three.",
]
ARTICLE = "".join(f"<p>{text}</p>" for text in PROSE)
CARDS = "".join(
    f"<h3>{name}</h3><p>Another page of this site that says a good deal about {name}, at a length that makes it look like text.</p>"
    for name in ("Dunes", "Gulls", "Boats")
)


def text_of(body: str) -> str:
    return render(html_blocks(f"<html><body><div>{body}</div></body></html>")[1])


def article(before: str = "", after: str = "") -> str:
    return text_of(f"{before}<h1>Walking the flats</h1>{ARTICLE}{after}")


PLAIN = article()


@pytest.mark.parametrize(
    "heading",
    [
        *(
            "Related posts",
            "Latest News",
            "You may also like",
            "More from The Coast",
            "Recommended for you",
            "From the blog",
            "Leave a Reply",
        ),
        *(
            "Mehr zum Thema",
            "\u00c4hnliche Beitr\u00e4ge",
            "Das k\u00f6nnte Sie auch interessieren",
            "Articles similaires",
            "\u00c0 lire aussi",
        ),
        *("Art\u00edculos relacionados", "Te puede interesar", "Articoli correlati", "Leggi anche", "Zobacz tak\u017ce", "Lees ook"),
    ],
)
def test_a_section_that_leads_elsewhere_goes_with_its_cards(heading: str) -> None:
    assert article(after=f"<h2>{heading}</h2>{CARDS}") == PLAIN


def test_the_section_after_one_that_leads_elsewhere_stays() -> None:
    text = article(after=f"<h2>Related articles</h2>{CARDS}<h2>Tides of the year</h2><p>{PROSE[0]}</p>")

    assert text == f"{PLAIN}\n\n## Tides of the year\n\n{PROSE[0]}"


def test_near_the_beginning_only_links_under_such_a_heading_go() -> None:
    box = '<h2>Related posts</h2><p><a href="/a">How the dunes were made, in nine pictures</a></p>'
    text = text_of(f"<h1>Walking the flats</h1><p>{PROSE[0]}</p>{box}<p>{PROSE[1]}</p><h2>The way back</h2><p>{PROSE[2]}</p>" + ARTICLE * 3)

    assert "dunes" not in text
    assert "Related" not in text
    assert all(prose in text for prose in PROSE)


@pytest.mark.parametrize(
    "section",
    [
        "<h2>Related links</h2><table><tr><th>field</th><th>type</th></tr><tr><td>related_id</td><td>text</td></tr></table>",
        "<h2>Related posts</h2><pre>posts.related(limit=3)</pre>",
    ],
)
def test_programs_and_tables_are_never_dropped(section: str) -> None:
    text = article(after=section)

    assert "related_id" in text or "posts.related(limit=3)" in text


@pytest.mark.parametrize("heading", ["Trending", "Related articles", "Latest news"])
def test_the_title_of_a_page_is_no_such_heading(heading: str) -> None:
    assert text_of(f"<h1>{heading}</h1>{ARTICLE}") == f"# {heading}\n\n" + "\n\n".join(PROSE)


@pytest.mark.parametrize(
    "label",
    [
        *(
            "Share this article",
            "Be Sociable, Share!",
            "SHARE",
            "Jetzt teilen",
            "Advertisement",
            "Anzeige",
            "Read more \u00bb",
            "Weiterlesen",
        ),
        *(
            "4 min read",
            "No Comments",
            "Back to top",
            "\u00a9 2024 The Coast",
            "Copyright 2021 by the publisher",
            "Photo: Jane Doe",
            "Loading...",
        ),
        *("The Coast Ltd. All rights reserved.", "Your email address will not be published.", "You must be logged in to post a comment."),
        *('"*" indicates required fields', "Quellen ausblenden", "A gull over the pier. | \u00a9 Jane Doe/Agency", "Join us on Telegram"),
        *(
            "Subscribe to our newsletter for a tide table every week.",
            "Folgen Sie uns auf Instagram und Facebook, dort gibt es mehr Bilder!",
        ),
    ],
)
def test_a_label_at_the_end_goes(label: str) -> None:
    assert article(after=f"<p>{label}</p>") == PLAIN


@pytest.mark.parametrize(
    "lead",
    ["12 March 2024", "By Jane Doe", "Published on Jan 7, 2023 by Jane Doe", "Von Jana Dau | 3. Mai 2021", "Last updated: 2024-05-01"],
)
def test_dates_and_bylines_under_the_title_go(lead: str) -> None:
    assert text_of(f"<h1>Walking the flats</h1><p>{lead}</p>{ARTICLE}") == PLAIN


def test_a_heading_before_the_title_goes_and_text_before_it_stays() -> None:
    assert article(before="<h4>Book your walk today</h4>") == PLAIN
    assert PROSE[0] in text_of(f"<p>{PROSE[0]}</p><h1>Walking the flats</h1>{ARTICLE[200:]}")


def test_names_of_networks_are_a_bar_after_the_text_and_text_within_it() -> None:
    networks = "<ul><li>Facebook</li><li>Twitter</li><li>LinkedIn</li></ul>"

    assert article(after=networks) == PLAIN
    assert "- Facebook\n- Twitter\n- LinkedIn" in article(after=f"{networks}<p>{PROSE[0]}</p>")


@pytest.mark.parametrize(
    "text",
    [
        "Share this timeline with vendors to ensure smooth coordination.",
        "Related articles of the treaty are the fourth and the ninth.",
        "Copyright law protects works of the mind.",
        "By default, the server listens on port 80.",
        "Photo of the day was a gull.",
        "Subscribe with `topic.subscribe()` before the first message.",
        "Tags: a list of names, separated by commas",
        "Read more slowly than you think you should.",
        "Follow the red line on the map.",
        "Written by hand in 1869.",
    ],
)
def test_a_sentence_with_such_words_stays(text: str) -> None:
    assert text.replace("`", "") in article(after=f"<p>{text}</p><p>{PROSE[0]}</p>").replace("`", "")
    assert text.replace("`", "") in article(after=f"<p>{text}</p>").replace("`", "")


def test_dates_in_a_page_of_dates_stay() -> None:
    events = "".join(f"<li>{day} March 1901: the {day}th boat leaves</li>" for day in range(4, 9))
    text = text_of(f"<h1>The year of boats</h1><ul>{events}</ul>")

    assert all(f"{day} March 1901" in text for day in range(4, 9))


@pytest.mark.parametrize(
    "said",
    [
        "The bridge opened on 12 March 1932.",
        "It was closed on 3 May 1999 for good.",
        "On 2024-05-01 the port was changed to 8443",
        "Updated clocks reach the village on 12 March 1932.",
    ],
)
def test_a_sentence_with_a_date_is_no_byline(said: str) -> None:
    assert said in text_of(f"<h1>Walking the flats</h1><p>{said}</p>{ARTICLE}")
    assert said in article(after=f"<p>{said}</p>")


@pytest.mark.parametrize(
    "heading",
    [
        *(
            "Subscribe to a topic",
            "Share",
            "Sign up for the free plan",
            "Newsletter",
            "Written by hand",
            "Teilen von Ordnern",
            "Kommentare",
        ),
        *("Mehr aus dem Editor holen", "Partager un dossier", "Compartir archivos", "Condividi una cartella"),
    ],
)
def test_a_section_about_sharing_has_text_and_stays_and_a_bar_goes(heading: str) -> None:
    about = f"<h2>{heading}</h2><p>{PROSE[0]}</p>"
    assert f"## {heading}\n\n{PROSE[0]}" in article(after=about)
    bar = f"<h2>{heading}</h2><p>Short <a href=/x>and</a> sweet</p>"
    assert article(after=bar) == PLAIN

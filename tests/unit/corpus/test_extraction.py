"""What stays of a page and what goes, as Markdown."""

from __future__ import annotations

import time

import pytest

from bubblenet.corpus.blocks import render
from bubblenet.corpus.extraction import html_blocks
from bubblenet.corpus.markup import MAX_ELEMENTS, HostileMarkupError
from bubblenet.corpus.plain import markdown_blocks, text_blocks


def markdown(html: str) -> str:
    return render(html_blocks(html)[1])


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>One  two<br>three</p><p>four", "One two\nthree\n\nfour"),
        ("<ul><li>a<ul><li>b</ul><li>c</ul>", "- a\n  - b\n- c"),
        ("<ol><li>a<li>b</ol>", "1. a\n2. b"),
        ("<ol><li>a<p>more</p><li>b</ol>", "1. a\n\n   more\n2. b"),
        ("<dl><dt>tea<dd>a drink</dl>", "- tea\n  a drink"),
        ("<pre>\nif x:\n    y()\n</pre>", "```\nif x:\n    y()\n```"),
        ("<pre>a ``` b</pre>", "````\na ``` b\n````"),
        ("<p>run <code>ls -l</code> now", "run `ls -l` now"),
        ("<p>nothing<code></code> here", "nothing here"),
        ("<table><tr><th>a<th>b<tr><td>1<td>2</table>", "| a | b |\n| --- | --- |\n| 1 | 2 |"),
        ("<table><tr><td><h2>x</h2><p>layout</p><td>side</table>", "## x\n\nlayout\n\nside"),
        ("<blockquote>said<br>so</blockquote>", "> said\n> so"),
        ("<h2>A <code>b</code> c</h2><p>d", "## A b c\n\nd"),
        ("one<br><br>two", "one\n\ntwo"),
    ],
)
def test_markup_becomes_clean_markdown(html: str, expected: str) -> None:
    assert markdown(html) == expected


@pytest.mark.parametrize(
    "furniture",
    [
        "<nav>Home</nav>",
        "<div class='navheader'>Prev Next</div>",
        "<ul class='docnav top'><li>Prev</ul>",
        "<div role=navigation>Home</div>",
        "<div id=toc>Contents</div>",
        "<div class='post-share'>Share</div>",
        "<div class='siteFooter'>Imprint</div>",
        "<header>Site name</header>",
        "<footer>2024</footer>",
        "<aside>Buy</aside>",
        "<form>Search<input></form>",
        "<script>var x = 1</script>",
        "<style>p {}</style>",
        "<div hidden>secret</div>",
        "<div style='display: none'>secret</div>",
        "<ul><li><a>one</a><li><a>two</a><li><a>three</a></ul>",
        "<!-- comment -->",
    ],
)
def test_what_is_around_the_content_is_dropped(furniture: str) -> None:
    content = "<p>" + "The water boils and the tea is ready. " * 5

    assert markdown(furniture + content) == markdown(content)


@pytest.mark.parametrize(
    "wrapper",
    [
        "<div class=share>{}</div>",
        "<form>{}</form>",
        "<header>{}</header>",
        "<div style='display:none'>{}</div>",
        "<div class='titlepage toc'>{}",
    ],
)
def test_the_main_text_stays_whatever_its_container_is_called(wrapper: str) -> None:
    content = "<h1>Tea</h1><p>" + "The water boils and the tea is ready. " * 5

    assert "# Tea" in markdown(wrapper.format(content))


def test_main_stands_for_the_page() -> None:
    html = "<div>Around the text</div><main><p>" + "Text of the page. " * 20 + "</main>"

    assert "Around" not in markdown(html)


def test_the_title_is_given() -> None:
    assert html_blocks("<title> A\n title </title><p>x")[0] == "A title"


@pytest.mark.parametrize("tag", ["div", "ul", "blockquote", "table", "span", "code", "div class=nav"])
def test_deep_nesting_keeps_the_text_and_takes_seconds(tag: str) -> None:
    start = time.process_time()

    text = markdown(f"<{tag}>" * 50_000 + "hello there")

    assert "hello there" in text
    assert time.process_time() - start < 10


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("<div>" * 1_000_000 + "hello", "too_many_nodes"),
        ("<br>" * (MAX_ELEMENTS + 1), "too_many_nodes"),
        ("<p " + " ".join(f"a{number}=1" for number in range(1_000_000)) + ">hello", "too_many_attributes"),
        ("<p " + " ".join(f"a{number}='<'" for number in range(100_000)) + ">hello", "too_many_attributes"),
    ],
)
def test_hostile_markup_is_refused_by_name_within_seconds(html: str, reason: str) -> None:
    start = time.process_time()

    with pytest.raises(HostileMarkupError, match=reason):
        html_blocks(html)

    assert time.process_time() - start < 10


def test_markdown_is_read_with_headings_code_lists_and_links() -> None:
    text = "---\ntitle: x\n---\n# Tea #\n\nBoil [water](http://x.org).\n\n```sh\n# not a heading\n```\nUnder\n-----\n- a\n- b\n"

    blocks = markdown_blocks(text)

    assert [(block.kind, block.level, block.text) for block in blocks] == [
        ("heading", 1, "Tea"),
        ("paragraph", 0, "Boil water."),
        ("code", 0, "```\n# not a heading\n```"),
        ("heading", 2, "Under"),
        ("item", 0, "- a"),
        ("item", 0, "- b"),
    ]
    assert blocks[1].num_link_characters == len("water")


def test_plain_text_falls_into_paragraphs() -> None:
    assert [block.text for block in text_blocks("one\ntwo\n\n \n\nthree\n")] == ["one\ntwo", "three"]

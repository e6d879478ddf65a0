"""What stays of a page and what goes, as Markdown."""

from __future__ import annotations

import time

import pytest

from bubblenet.corpus.extraction.blocks import render
from bubblenet.corpus.extraction.html import html_blocks
from bubblenet.corpus.extraction.markdown import markdown_blocks
from bubblenet.corpus.extraction.parsing import MAX_ELEMENTS, HostileMarkupError
from bubblenet.corpus.extraction.plain import text_blocks


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
        ("<table><tr><th>a<th>b<tr><td>1<br>2<td>3</table>", "| a | b |\n| --- | --- |\n| 1 2 | 3 |"),
        ("<pre>  <b>if</b> x:\n    y()</pre>", "```\n  if x:\n    y()\n```"),
        ("<div>one<?php x ?></div><p>two", "one\n\ntwo"),
        ("<div><span class=share>Share <span>it</span> now</span> one <span>two <i>three</i></span></div>", "one two three"),
        ("<a name=top>All of the page stands in an anchor that nobody closed.", "All of the page stands in an anchor that nobody closed."),
        ("<div class=title>Note</div>text", "**Note**\n\ntext"),
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


PROSE = "The water boils and the tea is ready to be poured. "


@pytest.mark.parametrize(
    "page",
    [
        f"<div class=c><h1>Tea</h1>{{}}</div><div class=s><h3>More</h3><p>{PROSE}</div>",
        f"<table><tr><td>{PROSE}<td><h1>Tea</h1>{{}}</table>",
        f"<div class=top><h1>Tea</h1><ul><li>one<li>two</ul></div><div class=text>{{}}</div><div class=teaser><p>{PROSE}</div>",
        "<div class=has-sidebar><h1>Tea</h1>{}</div><div class=sidebar><p>" + PROSE * 5 + "</div>",
        "<h1>Tea</h1>{}<p><a href=/>Read more about it here</a>",
        "<h1>Tea</h1>{}<figure><img src=x><figcaption>A pot of tea</figcaption></figure><h2>Share</h2>",
    ],
)
def test_the_headline_and_the_element_with_the_prose_are_the_page(page: str) -> None:
    assert markdown(page.format(f"<p>{PROSE * 12}")) == f"# Tea\n\n{(PROSE * 12).strip()}"


@pytest.mark.parametrize(
    "page",
    [
        "<section><h2>Green</h2>{}</section><section><h2>Black</h2><p>" + PROSE + "</section>",
        "<div class=section><h2>Green</h2>{}</div><div class=section><h2>Black</h2><p>" + PROSE + "</div>",
        "<div>{}</div><p>" + PROSE,
        "<div>{}</div>" + PROSE,
    ],
)
def test_equals_of_the_longest_part_stay(page: str) -> None:
    assert markdown(page.format(f"<p>{PROSE * 12}")).count("poured") == 13


def test_a_link_alone_on_its_line_goes_and_an_address_stays() -> None:
    assert markdown("<p>Tea<p><a href=x>Read more</a><p><a href=x>https://tea.org/</a><p>See <a href=x>this</a>.") == (
        "Tea\n\nhttps://tea.org/\n\nSee this."
    )


def test_headings_over_nothing_go() -> None:
    assert (
        markdown("<h1>Tea</h1><h2>Empty</h2><h2>Black</h2><h3>Assam</h3><p>Strong.<h2>Share</h2>")
        == "# Tea\n\n## Black\n\n### Assam\n\nStrong."
    )


def test_character_references_bring_back_nothing_that_was_cleaned_away() -> None:
    assert markdown("<p>tea&#x202e;&#8238;&lrm;&#1; e&#769;") == "tea \u00e9"


def test_main_stands_for_the_page() -> None:
    html = "<div>Around the text</div><main><p>" + "Text of the page. " * 20 + "</main>"

    assert "Around" not in markdown(html)


def test_the_title_is_given() -> None:
    assert html_blocks("<title> A\n title </title><p>x")[0] == "A title"


@pytest.mark.parametrize(
    "tag",
    ["div", "ul", "blockquote", "table", "span", "code", "div class=nav", "dl", "details", "div itemtype='https://schema.org/Question'"],
)
def test_deep_nesting_keeps_the_text_and_takes_seconds(tag: str) -> None:
    start = time.process_time()

    text = markdown(f"<{tag}>" * 50_000 + "hello there")

    assert "hello there" in text
    assert time.process_time() - start < 10


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("<div>" * 1_000_000 + "hello", "too_many_nodes"),
        ("<nav>" * 1_000_000 + "hello", "too_many_nodes"),
        ("<br>" * (MAX_ELEMENTS + 1), "too_many_nodes"),
        ("<p " + " ".join(f"a{number}=1" for number in range(1_000_000)) + ">hello", "too_many_attributes"),
        ("<p " + " ".join(f"a{number}='<'" for number in range(100_000)) + ">hello", "too_many_attributes"),
        ("<p " + "".join(f"a{number}='>'" for number in range(20_000)) + ">hello", "too_many_attributes"),
        ("<p " + "".join(f'a{number}= ">"' for number in range(20_000)) + ">hello", "too_many_attributes"),
        ("<p " + "/".join(f"a{number}" for number in range(20_000)) + ">hello", "too_many_attributes"),
        ('<p " ' + " ".join(f"a{number}" for number in range(20_000)) + ">hello", "too_many_attributes"),
        ("<p x='" + ">" * 9_000 + "' " + " ".join(f"a{number}" for number in range(20_000)) + ">hello", "too_many_attributes"),
    ],
)
def test_hostile_markup_is_refused_by_name_within_seconds(html: str, reason: str) -> None:
    start = time.process_time()

    with pytest.raises(HostileMarkupError, match=reason):
        html_blocks(html)

    assert time.process_time() - start < 10


@pytest.mark.parametrize("data", ["'" + '{"a": "b/c"} ' * 20_000 + "'", '"' + "word 'x' > " * 20_000 + '"'])
def test_a_long_value_is_one_attribute(data: str) -> None:
    assert markdown(f"<div data-state={data}>hello</div>") == "hello"


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


def test_plain_text_has_underlined_and_numbered_headings() -> None:
    text = "Tea\n===\n\n1. Kinds\n\n1.1 Green tea\nis a sentence.\n\n1.2. Black tea\n\nIt is strong.\n\n2. Use\n---\nBoil it.\n\n"
    text += "1. Boil water\n\n2. Pour it\n\nDone."

    assert [(block.level, block.text) for block in text_blocks(text)] == [
        (1, "Tea"),
        (1, "1. Kinds"),
        (0, "1.1 Green tea\nis a sentence."),
        (2, "1.2. Black tea"),
        (0, "It is strong."),
        (2, "2. Use"),
        (0, "Boil it."),
        (0, "1. Boil water"),
        (0, "2. Pour it"),
        (0, "Done."),
    ]


def test_plain_text_falls_into_paragraphs() -> None:
    assert [block.text for block in text_blocks("one\ntwo\n\n \n\nthree\n")] == ["one\ntwo", "three"]


@pytest.mark.parametrize("element", ["<button aria-label='Languages'><svg></svg></button>", "<button aria-expanded=false></button>"])
def test_an_empty_button_is_no_heading(element: str) -> None:
    _, blocks = html_blocks(f"<h1>Tea</h1>{element}<div><p>{'The kettle stands on the stove. ' * 5}</div>")

    assert [block.kind for block in blocks] == ["heading", "paragraph"]

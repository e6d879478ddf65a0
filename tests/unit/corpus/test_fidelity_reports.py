"""What generators of documentation write and `make bench-fidelity` found damaged: each kind with inputs as the generators write them."""

from __future__ import annotations

import pytest

from bubblenet.corpus.extraction.blocks import render
from bubblenet.corpus.extraction.html import html_blocks
from bubblenet.corpus.reading.hygiene import clean_text

PROSE = "The water boils and the tea is ready to be poured, whatever the weather. "
BEFORE = f"<h1>Tea</h1><p>{PROSE * 4}</p>"


def markdown(body: str) -> str:
    return render(html_blocks(clean_text(f"<body>{body}</body>"))[1])


@pytest.mark.parametrize(
    ("section", "heading"),
    [
        ('<section id="comments"><h3><span>2.1.3. </span>Comments</h3>{}</section>', "### 2.1.3. Comments"),
        ('<div class="subsection" id="Login-information"><h3>13.2.2 Login information</h3>{}</div>', "### 13.2.2 Login information"),
        ('<div class="section" id="Author"><h2>A.1 Author</h2>{}</div>', "## A.1 Author"),
        ('<div class="doctools_section" id="copyright"><h2>Copyright</h2>{}</div>', "## Copyright"),
        ('<div class="refsect2" id="SQL-FOR-UPDATE-SHARE"><h3>The Locking Clause</h3>{}</div>', "### The Locking Clause"),
    ],
)
def test_a_section_is_no_furniture_by_its_id(section: str, heading: str) -> None:
    text = markdown(BEFORE + section.format("<p>A clause for one row.</p>") + f"<h2>Pouring</h2><p>{PROSE}</p>")

    assert f"{heading}\n\nA clause for one row." in text


@pytest.mark.parametrize(
    "box",
    [
        '<div class="section sidebar" id="comments"><h3>Comments</h3><p>First!</p></div>',
        '<div class="section" id="related-posts"><h3>More of us</h3><p>Coffee of old</p></div>',
        '<div id="share"><h3>Share</h3><p>Tell your friends</p></div>',
    ],
)
def test_furniture_stays_furniture_with_a_heading(box: str) -> None:
    assert markdown(BEFORE + box + f"<p>{PROSE * 4}</p>").count("\n") == 4


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        (
            'fn eq(&amp;self, other: <a href="../primitive.reference.html">&amp;</a><a href="struct.Id.html">Id</a>)',
            "fn eq(&self, other: &Id)",
        ),
        ('impl From&lt;<a href="../primitive.never.html">!</a>&gt; for T', "impl From<!> for T"),
        (
            'type Item = &amp;\'a <a href="../primitive.array.html">[</a>T<a href="../primitive.array.html">; N]</a>',
            "type Item = &'a [T; N]",
        ),
        ('Brewing<a class="headerlink" href="#brewing">\u00b6</a>', "Brewing"),
        ('Brewing <a href="https://tea.example/brew#brewing">#</a>', "Brewing"),
    ],
)
def test_a_linked_sign_in_a_heading_is_a_part_of_it_unless_it_leads_to_it(heading: str, expected: str) -> None:
    assert f"### {expected}\n" in markdown(f"{BEFORE}<h3>{heading}</h3><p>{PROSE}</p>")


def test_a_hidden_tooltip_is_no_part_of_a_heading() -> None:
    tip = '<span class="notable-traits-tooltiptext"><span>Notable traits for <code>Chain</code></span></span>'

    assert "#### fn chain() -> Chain\n" in markdown(f"{BEFORE}<h4>fn chain() -&gt; Chain{tip}</h4><p>{PROSE}</p>")


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ("<li><pre>tea(pot);</pre></li><li><pre>tea(cup);</pre></li>", "1.\n\n```\ntea(pot);\n```\n\n2.\n\n```\ntea(cup);\n```"),
        ("<li><pre>tea(pot);</pre><p>It is hot.</p></li><li>Drink</li>", "1.\n\n```\ntea(pot);\n```\n\n   It is hot.\n2. Drink"),
        ("<li><ol type='a'><li>Fill</li><li>Heat</li></ol></li><li>Drink</li>", "1.\n  a. Fill\n  b. Heat\n2. Drink"),
        ("<li><table><tr><td>a</td><td>b</td></tr><tr><td>1</td><td>2</td></tr></table></li>", "1.\n\n| a | b |\n| --- | --- |\n| 1 | 2 |"),
    ],
)
def test_an_item_that_begins_with_a_block_keeps_its_number(items: str, expected: str) -> None:
    assert expected in markdown(f"{BEFORE}<ol>{items}</ol><p>{PROSE}</p>")


@pytest.mark.parametrize("after", ["<pre>tea(pot);</pre>", "<ul><li><pre>tea(pot);</pre></li></ul>", "<ol></ol><pre>tea(pot);</pre>"])
def test_the_number_of_an_empty_item_goes_nowhere_else(after: str) -> None:
    assert "1." not in markdown(f"{BEFORE}<ol><li></li></ol>{after}<p>{PROSE}</p>")


def test_a_list_of_addresses_is_no_menu() -> None:
    links = "".join(f'<li><a href="https://tea.example/{name}">https://tea.example/{name}</a></li>' for name in ("a", "b", "c"))

    assert "1. https://tea.example/a\n2. https://tea.example/b\n" in markdown(f"{BEFORE}<h2>References</h2><ol>{links}</ol>")


def test_a_list_of_links_takes_no_other_list_with_it() -> None:
    links = "".join(f'<li><a href="#{number}">tea::command {number} with many arguments and options</a></li>' for number in range(9))
    text = markdown(f"{BEFORE}<h2>Synopsis</h2><ul><li>package require Tea 1.0</li></ul><ul>{links}</ul><h2>Use</h2><p>{PROSE}</p>")

    assert "## Synopsis\n\n- package require Tea 1.0\n\n## Use" in text


@pytest.mark.parametrize("name", ["source-line-no", "line-no", "linenos", "lineno"])
def test_numbers_of_lines_are_no_code_whatever_their_class(name: str) -> None:
    lines = "".join(f'<span class="{name}">00{number}</span><span id="l{number}">tea({number});</span>\n' for number in (1, 2, 3))

    assert "```\ntea(1);\ntea(2);\ntea(3);\n```" in markdown(f"{BEFORE}<pre>{lines}</pre>")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Item<sup>*</sup> is any number of items; Cup<sup>*</sup>.", "Item^* is any number of items; Cup^*."),
        ("Words over Alphabet<sup>*</sup>, or Abc<sup>*</sup>.", "Words over Alphabet^*, or Abc^*."),
        ("Free shipping<sup>*</sup> for you, gifts<sup>*</sup>.</p><p>* within the country", "Free shipping for you, gifts."),
        ("Key: Start<sup>?</sup> Continue<sup>*</sup></p><p><b>*</b>", "Key: Start^? Continue^*"),
        ("Free shipping<sup>*</sup> for you.", "Free shipping for you."),
        ("Free shipping<sup>*</sup> for you.</p><p><small><sup>*</sup> within the country</small>", "Free shipping for you."),
    ],
)
def test_a_star_is_a_note_only_where_there_is_one(text: str, expected: str) -> None:
    assert expected in markdown(f"{BEFORE}<p>{text}</p>")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1<p></p>(8.79 s)", "1 (8.79 s)"),
        ("<p>Heats the pot.</p><p>Since 2.0</p>", "Heats the pot. Since 2.0"),
        ("<div>on</div><div>off</div>", "on off"),
        ("Kind:<ul><li>green</li><li><code>black</code></li></ul>", "Kind: - green - `black`"),
        ("Steps:<ol start='3'><li>fill</li><li>heat</li></ol>then wait", "Steps: 3. fill 4. heat then wait"),
    ],
)
def test_the_blocks_of_a_cell_stay_apart(cell: str, expected: str) -> None:
    table = f"<table><tr><th>Part</th><th>Meaning</th></tr><tr><td>pot</td><td>{cell}</td></tr></table>"

    assert f"| Part | Meaning |\n| --- | --- |\n| pot | {expected} |" in markdown(f"{BEFORE}{table}<p>{PROSE}</p>")


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ('<img class="formulaInl" alt="$E_b/N_0 = 0$" src="form_1.png"/>', "Where $E_b/N_0 = 0$ holds"),
        ('<img class="formulaDsp" alt="\\[ f(x) = x^2 \\]" src="form_2.png"/>', "Where $$f(x) = x^2$$ holds"),
        ('<img class="formulaInl" alt="$ \\mathbf{X} $" src="form_3.svg"/>', "Where $\\mathbf{X}$ holds"),
    ],
)
def test_an_image_of_a_formula_of_doxygen_is_its_tex(image: str, expected: str) -> None:
    assert expected in markdown(f"{BEFORE}<p>Where {image} holds, tea is hot.</p>")


def test_columns_of_a_page_are_no_table() -> None:
    menu = "<ul><li>Green</li><li>Black</li></ul>"
    page = f"<table><tr><th>Teas</th><th>News</th></tr><tr><td>{menu}</td><td><p>{PROSE * 20}</p></td></tr></table>"

    assert "|" not in markdown(page)


@pytest.mark.parametrize(
    "synopsis",
    [
        '<div class="refsynopsisdiv"><pre>void tea_commit(void)</pre></div>',
        "<div><h2>SYNOPSIS</h2><div><pre>tea commit</pre></div></div>",
    ],
)
def test_a_program_beside_the_prose_belongs_to_the_page(synopsis: str) -> None:
    text = markdown(f"<div><h1>tea_commit</h1></div>{synopsis}<div><h2>Description</h2><p>{PROSE * 4}</p></div>")

    assert "```\n" in text


def test_the_comment_of_an_author_on_a_program_is_no_readers_comment() -> None:
    comment = '<div class="comment cmt"><p>Takes a sip.</p><pre>pot.sip()</pre></div>'
    member = f'<li><h4>def sip(): Tea</h4><div class="fullcomment">{comment}</div></li>'

    assert "Takes a sip.\n\n```\npot.sip()\n```" in markdown(f"{BEFORE}<ol>{member}</ol>").replace("   ", "")

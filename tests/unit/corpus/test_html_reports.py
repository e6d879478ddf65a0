"""What a page shows, exactly: powers, numbers of lists, formulas, programs, tables and notes of HTML pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bubblenet.corpus.extraction.blocks import render
from bubblenet.corpus.extraction.html import html_blocks
from bubblenet.corpus.reading.hygiene import clean_text

Suite = Callable[[str], Path]
PROSE = "The water boils and the tea is ready to be poured, whatever the weather. "


def markdown(html: str) -> str:
    return render(html_blocks(clean_text(html))[1])


def report(suite: Suite, name: str) -> str:
    return markdown((suite("reports") / f"{name}.html").read_text(encoding="utf-8"))


def test_powers_and_indices_stay_apart_in_the_report(suite: Suite) -> None:
    text = report(suite, "superscripts")

    assert "about 10^25 molecules of H2O; the tank holds 2^10 litres, and the error is 10^-6 of that." in text
    assert "30 m^2, the base is 101_2, and the 1st pump" in text


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("x<sub>i</sub><sup>2</sup> and a<sub>i,j</sub>", "x_i^2 and a_(i,j)"),
        ("<i>x</i><sup><i>n</i>+1</sup>", "x^(n+1)"),
        ("2<sup>2<sup>n</sup></sup>", "2^(2^n)"),
        ("10<sup>&minus;6</sup> of 10<sup> 3 </sup>", "10^\u22126 of 10^3"),
        ("log<sub>2</sub>(x), f(x)<sup>2</sup>, [0, 1]<sup>3</sup>", "log_2(x), f(x)^2, [0, 1]^3"),
        ("C<sub>6</sub>H<sub>12</sub>O<sub>6</sub>, O<sub>2</sub>, V<sub>2</sub>", "C6H12O6, O2, V_2"),
        ("SO<sub>4</sub><sup>2-</sup>", "SO4^(2-)"),
        ("2<sup>nd</sup>, 20<sup>th</sup>, brand<sup>TM</sup>, 20<sup>o</sup>C", "2nd, 20th, brand\u2122, 20\u00b0C"),
        ("2<sup>1</sup>&frasl;<sub>2</sub> cups, <sup>3</sup>/<sub>4</sub> spoon", "2 1/2 cups, 3/4 spoon"),
        ("the end.<sup>3</sup> Next", "the end. Next"),
        ("tea<sup id=r1 class=reference><a href='#n1'>[1]</a></sup>, pot<a href='#f2'><sup>2</sup></a>, cup<sup>*</sup>", "tea, pot, cup"),
        ("<code>x<sup>2</sup></code>", "`x^2`"),
        ("<sup>1</sup> The first note", "1 The first note"),
        ("<sup></sup>nothing<sub> </sub>", "nothing"),
    ],
)
def test_powers_and_indices_stay_apart(html: str, expected: str) -> None:
    assert markdown(f"<p>{html}</p>") == expected


def test_a_raised_e_is_an_ordinal_of_french_pages() -> None:
    assert markdown("<html lang=fr><p>le XIX<sup>e</sup> et la 1<sup>re</sup>, M<sup>me</sup> X</p>") == "le XIXe et la 1re, Mme X"
    assert markdown("<p>2<sup>e</sup></p>") == "2^e"


def test_indices_in_headings_and_cells() -> None:
    html = "<h2>About 2<sup>10</sup></h2><table><tr><th>n<th>2<sup>n</sup><tr><td>a<sub>1</sub><td>10<sup>3</sup></table>"

    assert markdown(html) == "## About 2^10\n\n| n | 2^n |\n| --- | --- |\n| a_1 | 10^3 |"


@pytest.mark.parametrize("html", ["<sup>" * 20_000 + "x", "<sup>x" * 20_000, "<sup></sup>" * 20_000 + "x", "<sub>1</sub>" * 20_000])
def test_many_raised_texts_take_no_time(html: str) -> None:
    assert markdown(html) is not None


def test_lists_are_numbered_as_a_reader_sees_them_in_the_report(suite: Suite) -> None:
    text = report(suite, "list-start")

    assert "1. Open the valve at the tank.\n2. Fill the housing with water." in text
    assert "3. Switch the pump on.\n4. Read the pressure" in text
    assert "7. Seventh rule\n8. Eighth rule\n\n3. Third place\n2. Second place\n1. First place\n\na. see step a\nb. see step b" in text


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<ol type=I start=4><li>a<li>b</ol>", "IV. a\nV. b"),
        ("<ol type=A start=26><li>a<li>b</ol>", "Z. a\nAA. b"),
        ("<ol class='loweralpha simple'><li>a<li>b</ol>", "a. a\nb. b"),
        ("<ol style='list-style-type: lower-roman'><li>a<li>b</ol>", "i. a\nii. b"),
        ("<ol style='list-style: none'><li>a<li>b</ol>", "- a\n- b"),
        ("<ol reversed start=10><li>a<li value=5>b<li>c</ol>", "10. a\n5. b\n4. c"),
        ("<ol reversed><li>a<li>b<ol><li>x</ol></ol>", "2. a\n1. b\n  1. x"),
        ("<ol start=0><li>a<li>b</ol>", "0. a\n1. b"),
        ("<ol start=x type=a><li value=0>a</ol>", "0. a"),
        ("<dl><div><dt>tea<dd>a drink<dd>a meal</div><div><dt>pot<dd>a jug</div></dl>", "- tea\n  a drink\n  a meal\n- pot\n  a jug"),
    ],
)
def test_lists_are_numbered_as_a_reader_sees_them(html: str, expected: str) -> None:
    assert markdown(html) == expected


def test_formulas_are_text_in_the_report(suite: Suite) -> None:
    text = report(suite, "math")

    assert r"The hydraulic power is $P=\rho g Q H$ and the efficiency is $\eta = P/P_e$ at the best point." in text
    assert r"it is written as $v = \sqrt{2gh}$ by the firm." in text
    assert "| Tolerance | $1.3\\times 10^{-4}$ |" in text


ANNOTATED = "<math {}><semantics><mi>x</mi><annotation encoding='application/x-tex'>{}</annotation></semantics></math>"


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (ANNOTATED.format("", "a &lt; b"), "$a < b$"),
        (ANNOTATED.format("display=block", "x"), "$$x$$"),
        (
            "<span class=mwe-math-element><span style='display: none;'>"
            + ANNOTATED.format("alttext='{\\displaystyle E=mc^{2}}'", "{\\displaystyle E=mc^{2}}")
            + "</span><img class=mwe-math-fallback-image-inline aria-hidden=true alt='{\\displaystyle E=mc^{2}}'></span>",
            "$E=mc^{2}$",
        ),
        (
            "<span class=MathJax_Preview>[math]</span><span class=MathJax><span class=mi>v</span></span><script type=math/tex>v</script>",
            "$v$",
        ),
        (
            "<span class=MathJax_Display><span class=MathJax>v</span></span><script type='math/tex; mode=display'>v\n= 1</script>",
            "$$v = 1$$",
        ),
        (
            "<span class=katex><span class=katex-html aria-hidden=true><span class=mathnormal>x</span>=<i>1</i></span></span>",
            "x=1",
        ),
        (
            "<mjx-container><mjx-math aria-hidden=true></mjx-math><mjx-assistive-mml><math><msup><mi>c</mi><mn>2</mn></msup></math>"
            "</mjx-assistive-mml></mjx-container>",
            "c^2",
        ),
        ("<math><mn>1.3</mn><mo>&times;</mo><msup><mn>10</mn><mrow><mo>-</mo><mn>4</mn></mrow></msup></math>", "1.3\u00d710^-4"),
        ("<math><mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></mfrac></math>", "(a+b)/2"),
        (
            "<math><msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup><mo>&it;</mo><msqrt><mi>y</mi></msqrt></math>",
            "x_i^2\u221a(y)",
        ),
        ("<mml:math><mml:msup><mml:mi>a</mml:mi><mml:mn>2</mml:mn></mml:msup></mml:math>", "a^2"),
        ("<span class=math><img src=x.png alt='a^2+b^2'></span>", "$a^2+b^2$"),
        ("<img class=latex src=x.png alt='\\pi'>", "$\\pi$"),
        ("<script type='math/mml'><math><mi>q</mi></math></script>", "q"),
    ],
)
def test_formulas_are_text_and_never_twice(formula: str, expected: str) -> None:
    assert markdown(f"<p>{PROSE}</p><p>Here {formula} stands.</p>") == f"{PROSE.strip()}\n\nHere {expected} stands."


def test_deep_formulas_keep_their_text() -> None:
    assert "x" in markdown("<p>math " + "<math>" + "<mrow>" * 3000 + "<mi>x</mi>")


@pytest.mark.parametrize("html", ["<ruby>\u6f22<rp>(</rp><rt>kan</rt><rp>)</rp>\u5b57<rt>ji</rt></ruby>", "\u6f22\u5b57"])
def test_readings_do_not_run_into_the_text(html: str) -> None:
    assert markdown(f"<p>{html}\u3067\u3059</p>") == "\u6f22\u5b57\u3067\u3059"


PROGRAM = 'def start(pump):\n    if pump.is_dry():\n        raise RuntimeError("fill it first")\n    pump.on()\n    return pump.pressure()'


def test_gutters_are_no_code_in_the_report(suite: Suite) -> None:
    text = report(suite, "code-gutter")

    programs = [PROGRAM, "x = 1\ny = 2\nz = x + y", PROGRAM, "if ready:\n    start()\n    wait(3)", "a = 1\nb = 2"]
    assert text.split("```")[1::2] == [f"\n{program}\n" for program in programs]


@pytest.mark.parametrize(
    "html",
    [
        "<table class=rouge-table><tr><td class='rouge-gutter gl'><pre class=lineno>1\n2\n</pre>"
        "<td class=rouge-code><pre>a  = 1\n\tb</pre></table>",
        "<table class=lntable><tr><td class=lntd><pre><code><span class=lnt>1\n</span><span class=lnt>2\n</span></code></pre>"
        "<td class=lntd><pre><code><span class=line><span class=cl>a  = 1\n</span></span>\tb</code></pre></table>",
        "<pre><span class=ln>1</span>a  = 1\n<span class=ln>2</span>\tb</pre>",
        "<table class='highlight js-file-line-container'><tr><td class='blob-num js-line-number' data-line-number=1></td>"
        "<td class='blob-code js-file-line'>a  = <span class=pl-c1>1</span></td></tr><tr><td class=blob-num data-line-number=2></td>"
        "<td class=blob-code>\tb</td></tr></table>",
        "<pre><code><table class=hljs-ln><tr><td class='hljs-ln-line hljs-ln-numbers'>1</td><td class=hljs-ln-code>a  = 1"
        "</td></tr><tr><td class=hljs-ln-numbers>2</td><td class=hljs-ln-code>\tb</td></tr></table></code></pre>",
        "<div class=syntaxhighlighter><table><tr><td class=gutter><div class=line>1</div><div class=line>2</div></td><td class=code>"
        "<div class=container><div class=line><code class=plain>a&nbsp; = </code><code class=comments>1</code></div>"
        "<div class=line><code>\tb</code></div></div></table></div>",
        "<div class=CodeMirror-code><div><div class=CodeMirror-gutter-wrapper><div class=CodeMirror-linenumber>1</div></div>"
        "<pre class=CodeMirror-line>a  = 1</pre></div><div><div class=CodeMirror-gutter><div class=CodeMirror-linenumber>2</div></div>"
        "<pre class=CodeMirror-line>\tb</pre></div></div>",
        "<table><tr><td><pre>1\n2</pre><td><pre>a  = 1\n\tb</pre></table>",
        "<pre class=prettyprint><ol class=linenums><li class=L0><code>a  = 1</code></li><li class=L1>\tb</li></ol></pre>",
        "<pre class=line-numbers><code>a  = 1\n\tb<span aria-hidden=true class=line-numbers-rows><span></span></span></code></pre>",
    ],
)
def test_gutters_are_no_code(html: str) -> None:
    assert markdown(f"<p>{PROSE}</p>{html}") == f"{PROSE.strip()}\n\n```\na  = 1\n\tb\n```"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<pre><span class='token comment'># why</span>\n<span class=hljs-meta>@x</span> <span class=menu>m</span></pre>", "# why\n@x m"),
        ("<pre><i class=comment>// a</i><b class=tags>b</b><a href='#o' class=meta>+</a></pre>", "// ab+"),
        ("<pre><ol><li>a</li>\n<li></li>\n<li>b</li></ol></pre>", "a\n\nb"),
        ("<pre><div class=line>a</div><div class='line tags'>  b</div></pre>", "a\n  b"),
        ("<pre>x = 5\n<span class=line-number-of>y</span></pre>", "x = 5\ny"),
        ("<pre><code>a<br>&nbsp;&nbsp;b<br><br>c</code></pre>", "a\n  b\n\nc"),
        ("<pre><span style='color: red' class=comment>a</span><span hidden>no</span></pre>", "a"),
        ("<ul><li>Do:<pre>a\n  b</pre></ul>", "a\n  b"),
        ("<table><tr><td>one<td><pre>a\n  b</pre></table>", "a\n  b"),
    ],
)
def test_programs_stay_as_they_are(html: str, expected: str) -> None:
    assert markdown(f"<p>{PROSE}</p>{html}").split("```")[1] == f"\n{expected}\n"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<p>run <code>git  commit -m "a   b"</code> now', 'run `git  commit -m "a   b"` now'),
        ("<p>run <code>a\n   b</code>  now", "run `a b` now"),
        ("<p>use <code>`x`</code> and <code>a``b</code>", "use `` `x` `` and ```a``b```"),
        ("<p>see <code><span class=comment>// it</span></code>", "see `// it`"),
        ("<p>see <code>a<br>&nbsp; b</code>", "see `a\n  b`"),
        ("<ul><li>use <kbd>Ctrl  C</kbd></ul>", "- use `Ctrl  C`"),
        (
            "<table><tr><th>a<th>b<tr><td><code>x  y</code><td>see <tt>`</tt><code></code></table>",
            "| a | b |\n| --- | --- |\n| `x  y` | see `` ` `` |",
        ),
        ("<h2>The <code>a  b</code> option</h2>x", "## The a b option\n\nx"),
    ],
)
def test_code_within_a_line_stays_as_it_is(html: str, expected: str) -> None:
    assert markdown(html) == expected


def test_hidden_tabs_keep_their_programs() -> None:
    tabs = "<div role=tabpanel><pre>npm</pre></div><div role=tabpanel hidden style='display:none'><pre>yarn  add</pre></div>"

    assert "```\nnpm\n```\n\n```\nyarn  add\n```" in markdown(f"<p>{PROSE * 9}</p>{tabs}<p>{PROSE}</p>")


def test_a_link_without_a_word_in_a_heading_is_no_text(suite: Suite) -> None:
    _, blocks = html_blocks((suite("reports") / "permalinks.html").read_text(encoding="utf-8"))

    headings = [block.text for block in blocks if block.kind == "heading"]
    assert headings == ["FAQ", "Pourquoi faut-il indenter les blocs ?", "Odd sums", "Long lines"]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<h2><a class=toc-backref href='#id1'>Tea</a><a class=headerlink href='#tea'>\u00b6</a></h2>x", "## Tea\n\nx"),
        ("<h2><a href='https://tea.org/a#b'>\u00a7 </a>Tea</h2>x", "## Tea\n\nx"),
        ("<h2>Tea <b>pots<a href='#x'>\U0001f517</a></b></h2>x", "## Tea pots\n\nx"),
        ("<h2><a href='#x'>What is <b>C</b>#?</a></h2>x", "## What is C#?\n\nx"),
        ("<h2>C# and F#</h2>x", "## C# and F#\n\nx"),
        ("<dl><dt>tea<a class=headerlink href='#tea'>\u00b6</a><dd>a drink</dl>", "- tea\n  a drink"),
        ("<p>A note. <a href='#ref1'>\u21a9</a></p>", "A note."),
        ("<p>Step <a href='#s2'>2</a> of two and more</p>", "Step 2 of two and more"),
    ],
)
def test_links_without_a_word_are_no_text(html: str, expected: str) -> None:
    assert markdown(html) == expected


def headings(html: str) -> list[str]:
    return [block.text for block in html_blocks(html)[1] if block.kind == "heading"]


def test_ids_of_headings_name_no_furniture_in_the_report(suite: Suite) -> None:
    folder = suite("reports")
    found, control = (headings((folder / name).read_text(encoding="utf-8")) for name in ("ids-mkdocs.html", "ids-control.html"))

    assert found == ["Controller files", "Values", "Comments", "Tags", "Metadata", "Loading a file"]
    assert len(control) == len(found)


@pytest.mark.parametrize(
    "section",
    [
        "<section id=tags><h2>Tags<a class=headerlink href='#tags'>\u00b6</a></h2><p>{}</p></section>",
        "<div class=section id=tags><h2>Tags</h2><p>{}</p></div>",
        "<h2><span class=mw-headline id=Tags>Tags</span></h2><p>{}</p>",
        "<section id=tags class=level2><h2 id=tags-1>Tags</h2><p>{}</p></section>",
        "<section id=tags-and-more><span id=index-1></span><h2>Tags and more</h2><p>{}</p></section>",
    ],
)
def test_an_id_that_is_a_slug_names_no_furniture(section: str) -> None:
    text = markdown(f"<main><h1>Page</h1><p>{PROSE * 9}</p>{section.format(PROSE)}<h2>Last</h2><p>{PROSE * 9}</p></main>")

    assert "\n\n## Tags" in text
    assert text.count("poured") == 19


@pytest.mark.parametrize(
    "box",
    [
        "<div id=comments><h3>Comments</h3><p>{}</p></div>",
        "<section class=comments id=comments><h3>Comments</h3><p>{}</p></section>",
        "<section id=related><h3>More of this</h3><p>{}</p></section>",
        "<h3 class=share>Share</h3>",
    ],
)
def test_boxes_named_as_furniture_still_go(box: str) -> None:
    content = f"<h1>Page</h1><p>{PROSE * 9}</p>"

    assert markdown(content + box.format(PROSE) + "<p>" + PROSE) == markdown(content + "<p>" + PROSE)


def test_a_page_in_a_form_is_read_in_the_report(suite: Suite) -> None:
    text = report(suite, "form-whole-page")

    assert text.startswith("Operating the pump\n\nThe garden pump draws")
    assert text.endswith("in which it was bought.")


@pytest.mark.parametrize(
    "wrapper",
    [
        "<form>{}</form>",
        "<dialog open>{}</dialog>",
        "<div role=dialog>{}</div>",
        "<object>{}</object>",
        "<aside>{}</aside>",
        "<noscript>{}</noscript>",
        "<nav><h1>Tea</h1>{}</nav>",
        "<div role=complementary class=sidebar hidden>{}</div>",
        "<button>{}</button>",
    ],
)
def test_what_holds_most_of_the_prose_is_a_container(wrapper: str) -> None:
    text = markdown(
        "<div><a href=/>Start</a> | <a href=/shop>Shop</a></div>" + wrapper.format(f"<div>{PROSE * 3}</div><div>{PROSE * 3}</div>")
    )

    assert text.count("poured") == 6


def test_other_forms_and_dialogs_still_go() -> None:
    content = f"<h1>Page</h1><p>{PROSE * 9}</p>"

    for box in ("<form>{}</form>", "<dialog>{}</dialog>", "<footer>{}</footer>", "<noscript>{}</noscript>", "<aside class=x>{}</aside>"):
        assert markdown(content + box.format(PROSE * 2)) == markdown(content)


def test_a_dialog_about_cookies_goes_even_if_it_is_longer_than_the_page() -> None:
    content = f"<h1>Page</h1><p>{PROSE * 3}</p>"

    for box in ("<dialog>{}</dialog>", "<div role=dialog>{}</div>", "<div role=alertdialog>{}</div>"):
        assert markdown(content + box.format(f"<div>{PROSE * 9}</div>")) == markdown(content)


def test_a_shell_for_a_script_stays_empty() -> None:
    assert markdown("<div id=root></div><noscript>You need to enable JavaScript to run this app, as all pages say.</noscript>") == ""


def test_a_forum_made_by_scripts_is_read_from_its_noscript() -> None:
    posts = "".join(f"<div class='topic-body crawler-post'><div class=post><p>{number}: {PROSE * 3}</p></div></div>" for number in range(3))
    page = f"<body><section id=main></section><noscript data-path=/t/1><header>Forum</header><h1>Tea</h1>{posts}</noscript></body>"

    text = markdown(page)

    assert text.startswith("# Tea\n\n0: The water")
    assert "2: The water" in text


def test_a_note_in_an_aside_is_content_in_the_report(suite: Suite) -> None:
    text = report(suite, "aside-note")

    assert "\n\nCaution\n\nNever drain the pump while it is connected to the mains: the float" in text


@pytest.mark.parametrize(
    "note",
    [
        "<aside class='admonition warning'><p class=admonition-title>Warning</p><p>Hot.</p></aside>",
        "<aside role=note>Warning: hot.</aside>",
        f"<aside><p>Warning: {PROSE}</p></aside>",
        "<div class='theme-admonition alert alert--warning' role=alert><div>Warning</div><p>Hot.</p></div>",
        "<div class='admonition warning'><p class=admonition-title>Warning</p><p>Hot.</p></div>",
        "<div class='custom-block tip'><p class=custom-block-title>Warning</p><p>Hot.</p></div>",
        "<div class='markdown-alert markdown-alert-note'><p class=markdown-alert-title><svg></svg>Warning</p><p>Hot.</p></div>",
        "<blockquote class='callout note'><p>Warning: hot.</p></blockquote>",
        "<details class='admonition note' open><summary>Warning</summary><p>Hot.</p></details>",
        "<table class='docutils admonition'><tr><td>Warning<td>Hot.</table>",
    ],
)
def test_notes_in_the_main_part_are_content(note: str) -> None:
    assert "Warning" in markdown(f"<main><article><h1>Page</h1><p>{PROSE * 5}</p>{note}<p>{PROSE * 5}</p></article></main>")


@pytest.mark.parametrize(
    "aside",
    [
        "<aside class=related><p>{}</p></aside>",
        "<aside><ul><li><a href=/a>One</a><li><a href=/b>Two</a></ul></aside>",
        "<aside>Buy</aside>",
        "<aside class='gdpr-info-bar'><p>{}</p></aside>",
        "<form><aside class='notice notice--info'>{}</aside></form>",
        "<aside class='note'><a href=/a>{}</a></aside>",
    ],
)
def test_other_asides_still_go(aside: str) -> None:
    text = markdown(f"<main><article><h1>Page</h1><p>{PROSE * 5}</p>{aside.format(PROSE)}<p>{PROSE * 5}</p></article></main>")

    assert text == f"# Page\n\n{(PROSE * 5).strip()}\n\n{(PROSE * 5).strip()}"


def test_roles_mean_the_element_in_the_report(suite: Suite) -> None:
    _, blocks = html_blocks((suite("reports") / "accordion-roles.html").read_text(encoding="utf-8"))

    assert [(block.kind, block.asks) for block in blocks] == [
        ("heading", False), ("heading", True), ("paragraph", False), ("heading", True), ("paragraph", False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<div role=heading aria-level=3>Tea</div>x", "### Tea\n\nx"),
        ("<span role=heading class=menu-like>Tea</span><div>x</div>", "## Tea\n\nx"),
        ("<div role=list><div role=listitem>a</div><div role=listitem>b</div></div>", "- a\n- b"),
        (
            "<div role=table><div role=row><span role=columnheader>a</span><span role=columnheader>b</span></div>"
            "<div role=row><span role=cell>1</span><span role=cell>2</span></div></div>",
            "| a | b |\n| --- | --- |\n| 1 | 2 |",
        ),
        ("<div role=list><div role=listitem><h3>a</h3>x</div></div>", "### a\n\nx"),
        ("<table role=presentation><tr><td>a<td>b<tr><td>c<td>d</table>", "a\n\nb\n\nc\n\nd"),
        ("<a role=button aria-expanded=false href='#x'>Why does it whistle so?</a><div id=x>So.</div>", "# Why does it whistle so?\n\nSo."),
        ("<div role=button aria-expanded=false>Delivery and returns</div><div>So.</div>", "Delivery and returns\n\nSo."),
        ("<ul><li role=button aria-expanded=true>item</ul>", "- item"),
        ("<h3 role=button aria-expanded=false>Why does it whistle so?</h3>So.", "### Why does it whistle so?\n\nSo."),
    ],
)
def test_roles_mean_the_element(html: str, expected: str) -> None:
    assert markdown(html) == expected


def test_tables_are_grids_in_the_report(suite: Suite) -> None:
    text = report(suite, "table-spans")

    assert "| Flow in litres per hour |  |  |\n| --- | --- | --- |\n| Model | Head 5 m | Head 10 m |\n| A200 | 1800 | 900 |\n" in text
    assert (
        "| Model | Power |  |\n| --- | --- | --- |\n| Model | Idle | Full |\n| A200 | 12 W | 300 W |\n| A200 | 14 W | 320 W |"
    ) in text  # fmt: skip
    assert "| Part | Price |\n| --- | --- |\n| Seal | 3 EUR |" in text


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<tr><th>a<th>b<th>c<tr><td>1<td>2<tr><td>3<td>4<td>5", ["a|b|c", "1|2|", "3|4|5"]),
        ("<tr><td colspan=9>t<tr><td>1<td>2", ["t|", "1|2"]),
        ("<tr><td>1<td rowspan=0>x<tr><td>2<tr><td>3", ["1|x", "2|x", "3|x"]),
        ("<tr><td>1<td rowspan=2>x<td>a<tr><td>2<td>b<tr><td>3<td>y<td>c", ["1|x|a", "2|x|b", "3|y|c"]),
        ("<tr><td>1<td>2<td rowspan=2>x<tr><td>3", ["1|2|x", "3||x"]),
        ("<tr><td rowspan=2 colspan=2>x<td>1<tr><td>2<tr><td>a<td>b<td>c", ["x||1", "x||2", "a|b|c"]),
        ("<tr><td rowspan=2>x<td rowspan=2>1<tr></tr><tr><td>y<td>2", ["x|1", "y|2"]),
        ("<tr><td></td><tr><td>&nbsp;<td><tr><th>a<th>b<tr><td>1<td>2", ["a|b", "1|2"]),
        (f"<tr><td rowspan=2>{PROSE * 2}<td>1<tr><td>2", [f"{(PROSE * 2).strip()}|1", "|2"]),
        ("<tr style='display:none'><td>x<td>y<tr><th>a<th>b<tr><td><span style='display:none'>007</span>7<td>c", ["a|b", "7|c"]),
    ],
)
def test_tables_are_grids(html: str, expected: list[str]) -> None:
    lines = markdown(f"<p>{PROSE}</p><table>{html}</table>").split("\n\n")[1].split("\n")

    assert lines.pop(1) == "|" + " --- |" * (expected[0].count("|") + 1)
    assert [line[2:-2].replace(" | ", "|") for line in lines] == expected


@pytest.mark.parametrize(
    "html", ["<tr>" + "<td rowspan=9999 colspan=9999>x" * 3 + "<tr><td>y" * 900, "<tr><td rowspan=9999>" + "x" * 100 + "<td>" * 90]
)
def test_large_spans_take_no_time(html: str) -> None:
    assert len(markdown(f"<table>{html}<tr><td>1</table>")) < 2_000_000


def test_captions_are_read_where_the_text_refers_to_them() -> None:
    figure = "<figure><img src=x><figcaption>Figure 3: The pot</figcaption></figure>"

    assert "Figure 3: The pot" in markdown(f"<p>{PROSE * 5} See figure 3.</p>{figure}<p>{PROSE}</p>")
    assert "Figure 3" not in markdown(f"<p>{PROSE * 5} See figure 31.</p>{figure}<p>{PROSE}</p>")
    table = "<table><caption>Table 1. Pots</caption><tr><th>a<th>b<tr><td>1<td>2</table>"
    assert markdown(table) == "Table 1. Pots\n\n| a | b |\n| --- | --- |\n| 1 | 2 |"
    assert markdown(f"<p>{PROSE * 5}</p><figure><pre>x</pre><figcaption class=caption>app.js</figcaption></figure>").endswith("app.js")


def test_soft_hyphens_are_no_part_of_a_word_in_the_report(suite: Suite) -> None:
    assert report(suite, "soft-hyphens") == report(suite, "soft-hyphens-plain")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("terr\u00adace", "terrace"),
        ("ter\u2060race and zero\u200bwidth", "terrace and zerowidth"),
        ("Auf\u200clage", "Auflage"),
        ("\u0e01\u0e32\u200b\u0e23", "\u0e01\u0e32\u200b\u0e23"),
        ("\u1780\u200b\u1781 and a\u200bb", "\u1780\u200b\u1781 and ab"),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"),
        ("\u0915\u094d\u200d\u0937", "\u0915\u094d\u200d\u0937"),
        ("\U0001f468\u200d\U0001f469", "\U0001f468\u200d\U0001f469"),
        ("\u6f22\u200b\u5b57", "\u6f22\u5b57"),
        ("a\u2061b\u2062c", "abc"),
    ],
)
def test_characters_of_no_width_stay_where_the_script_needs_them(text: str, expected: str) -> None:
    assert clean_text(text) == expected
    assert clean_text(expected) == expected
    references = "".join(f"&#{ord(character)};" if ord(character) > 127 else character for character in text)
    assert markdown(f"<p>{references}</p>") == expected


@pytest.mark.parametrize("reference", ["&shy;", "&#173;", "&#xAD;", "&ZeroWidthSpace;", "&NoBreak;", "&#8203;", "&zwnj;", "&zwj;"])
def test_references_to_characters_of_no_width_are_no_text(reference: str) -> None:
    assert markdown(f"<title>ter{reference}race</title><p>ter{reference}race</p>") == "terrace"

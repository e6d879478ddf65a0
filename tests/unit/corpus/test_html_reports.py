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
            "<span class=MathJax_Preview>[math]</span><span class=MathJax id=F><span class=mi>v</span></span><script type=math/tex>v</script>",
            "$v$",
        ),
        (
            "<span class=MathJax_Display><span class=MathJax>v</span></span><script type='math/tex; mode=display'>v\n= 1</script>",
            "$$v = 1$$",
        ),
        ("<span class=katex><span class=katex-html aria-hidden=true><span>x</span><span>=</span><span>1</span></span></span>", "x=1"),
        (
            "<mjx-container><mjx-math aria-hidden=true></mjx-math><mjx-assistive-mml><math><msup><mi>c</mi><mn>2</mn></msup></math>"
            "</mjx-assistive-mml></mjx-container>",
            "c^2",
        ),
        ("<math><mn>1.3</mn><mo>&times;</mo><msup><mn>10</mn><mrow><mo>-</mo><mn>4</mn></mrow></msup></math>", "1.3\u00d710^-4"),
        ("<math><mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></mfrac></math>", "(a+b)/2"),
        (
            "<math><msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup><mo>&InvisibleTimes;</mo><msqrt><mi>y</mi></msqrt></math>",
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

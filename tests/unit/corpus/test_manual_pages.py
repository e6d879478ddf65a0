"""What manuals by many generators show and extraction once lost or changed (`make bench-fidelity`): sections, subtitles, signatures."""

from __future__ import annotations

import pytest

from bubblenet.corpus.extraction.blocks import render
from bubblenet.corpus.extraction.html import html_blocks

PROSE = (
    "<p>A hedge of hazel and thorn is laid in winter, when the sap is low and no bird has a nest in it yet. Each stem is cut most of the "
    "way through near the ground, bent over, and woven between stakes that stand an arm's length apart.</p>"
)


def text_of(body: str) -> str:
    return render(html_blocks(f"<html><head><title>Hedges</title></head><body>{body}</body></html>")[1])


@pytest.mark.parametrize(
    ("slug", "title"),
    [
        ("latex-recommendations", "LaTeX Recommendations"),
        ("posix-x-tags", "POSIX X Tags"),
        ("related", "4.2 Related"),
    ],
)
def test_a_section_is_known_by_its_title_whatever_capitals_are_in_it(slug: str, title: str) -> None:
    text = text_of(f"<div><h1>Style</h1>{PROSE * 5}<section id={slug}><h2>{title}</h2>{PROSE}</section></div>")

    assert f"## {title}\n\nA hedge" in text


def test_the_highest_heading_before_the_text_is_its_title() -> None:
    text = text_of(f"<div><h2>Chapter 6. Hedges</h2><h3>Helge Ann</h3><h3>Andrey Bob</h3></div><div class=section>{PROSE * 3}</div>")

    assert text.startswith("## Chapter 6. Hedges\n")


def test_a_table_between_the_title_and_the_text_stays() -> None:
    rows = "<table><tr><th>Status:</th><td>Extension</td></tr><tr><th>Source File:</th><td>mod_hedge.c</td></tr></table>"
    links = "<table><tr><td><a href=/en>English</a></td><td><a href=/fr>Fran\u00e7ais</a></td></tr></table>"
    text = text_of(f"<div><h1>Module hedge</h1>{links}{rows}</div><div id=content>{PROSE * 3}</div>")

    assert text.startswith("# Module hedge\n\n| Status: | Extension |\n| --- | --- |\n| Source File: | mod_hedge.c |\n\nA hedge")


@pytest.mark.parametrize("line", ["hedge - lay hedges", "git-column - Display data in columns", "gitk: the browser"])
def test_the_name_of_a_command_before_its_manual_stays(line: str) -> None:
    text = text_of(f"<div id=header><h1>hedge(1)</h1><h2>NAME</h2><div><p>{line}</p></div></div><div id=content>{PROSE * 3}</div>")

    assert f"## NAME\n\n{line}\n\nA hedge" in text


def test_a_sentence_below_the_title_is_its_subtitle() -> None:
    text = text_of(f"<h1>Layer</h1><h4>implicit class Layer extends AnyRef</h4><h3>Members</h3>{PROSE}")

    assert text.startswith("# Layer\n\n#### implicit class Layer extends AnyRef\n\n### Members")


@pytest.mark.parametrize("label", ["Contents", "Table of contents", "<a href=/up>All of the hedges of this farm</a>"])
def test_a_label_or_a_link_below_the_title_is_none(label: str) -> None:
    text = text_of(f"<h1>Layer</h1><h4>{label}</h4><h3>Members</h3>{PROSE}")

    assert text.startswith("# Layer\n\n### Members")


def test_a_short_section_after_a_long_one_is_read_if_its_heading_is_a_target() -> None:
    directive = (
        "<div class=directive><h2 id=stakesize>StakeSize Directive</h2><p>How thick stakes are, in millimetres: 40 by default.</p></div>"
    )
    text = text_of(f"<div id=preamble><h1>Module stakes</h1>{PROSE * 6}</div>{directive}")

    assert "## StakeSize Directive\n\nHow thick stakes are" in text


def test_a_box_after_a_text_is_no_section_of_it() -> None:
    box = (
        "<div class=box><h2 id=box-7>From our shop for hedges</h2><p>Billhooks of all kinds, sent to your door by the day after.</p></div>"
    )
    text = text_of(f"<div id=preamble><h1>Module stakes</h1>{PROSE * 6}</div>{box}")

    assert "Billhooks" not in text


@pytest.mark.parametrize(
    "signature",
    [
        "<a id=v:x class=def>fixityPrecedence</a> :: <a href=L.html>Lens'</a> <a href=F.html>Fixity</a> <a href=I.html>Int</a>",
        "<a id=v:x class=def>_Unidir</a> :: <a href=P.html>Prism'</a> <a href=D.html>PatSynDir</a> ()",
        "<a id=v:x class=def>(&lt;&amp;&gt;)</a> :: <a href=F.html>Functor</a> f",
    ],
)
def test_a_signature_whose_types_are_links_is_text(signature: str) -> None:
    assert " :: " in text_of(f"<h1>Lenses</h1><h2>Fixity</h2><p>{signature}</p>{PROSE}")


@pytest.mark.parametrize(
    "path",
    [
        "<a href=/>Home of hedges</a> :: <a href=/f>Forum of hedges</a> :: <a href=/t>Hedges of hazel</a>",
        "<a href=/n>Next: more hedges</a>",
    ],
)
def test_a_line_of_links_to_pages_above_is_none(path: str) -> None:
    assert text_of(f"<h1>Lenses</h1><p>{path}</p>{PROSE}") == text_of(f"<h1>Lenses</h1>{PROSE}")


@pytest.mark.parametrize(
    "heading",
    [
        "<h3 id={0}><a class=header href='#{0}'><code>{0}</code></a></h3>",
        "<a href='#g:{0}' id='g:{0}'><h3>{0}</h3></a>",
        "<h3 id={0}><a href='#{0}'>{0}</a></h3>",
    ],
)
def test_headings_that_link_to_their_own_place_are_no_teasers(heading: str) -> None:
    sections = "".join(
        heading.format(name) + "<p>Set by default</p>" for name in ["target_os", "target_env", "target_arch", "unix", "windows", "test"]
    )
    text = text_of(f"<h1>Options</h1>{PROSE}{sections}")

    assert text.count("Set by default") == 6
    assert "### target_env" in text


def test_a_heading_of_code_without_a_letter_stays() -> None:
    text = text_of(
        f"<h1>Paths</h1>{PROSE}<h3 id=-><a href='#-'><code>::</code></a></h3>{PROSE}<h3><a href='#x'>&para;</a>Stakes</h3>{PROSE}"
    )

    assert "### ::\n" in text
    assert "### Stakes\n" in text


def test_a_section_on_a_macro_called_author_is_no_box_of_the_author() -> None:
    text = text_of(f"<h1>Macros</h1>{PROSE * 3}<h3>AUTHOR</h3>{PROSE}<h3>DATE</h3>{PROSE}")

    assert "### AUTHOR\n\nA hedge" in text


def test_links_below_an_item_that_says_what_they_are_stay() -> None:
    fixed = "<ul><li>Fixed bugs:<ul><li><a href=/1>Stakes fall over</a></li><li><a href=/2>Hazel is not bent</a></li></ul></li></ul>"

    assert "Hazel is not bent" in text_of(f"<h1>Changes</h1>{PROSE}<h3>Version 7</h3>{fixed}<h3>Version 6</h3>{PROSE}")


NOTES = "<table><tr><td>ash<sup>*</sup></td><td>oak</td></tr><tr><td>elm</td><td>yew</td></tr></table><p>* Only in the north.</p>"


def test_operators_of_a_grammar_stay_on_a_page_with_notes() -> None:
    rule = "<p><em>Hedge</em> : <em>Stake</em><sup>*</sup> <em>Stem</em><sup>+</sup> | <em>Wall</em><sup>*</sup></p>"
    text = text_of(f"<h1>Grammar</h1>{PROSE}{rule}{NOTES}")

    assert "Hedge : Stake^* Stem^+ | Wall^*" in text
    assert "ash^*" not in text


def test_an_index_stands_below_an_identifier_though_a_space_is_between() -> None:
    text = text_of(f"<h1>Grammar</h1>{PROSE}<p>NAME : STAKE_OR_STEM <sub><em>except hazel</em></sub> | <code>x</code></p>")

    assert "STAKE_OR_STEM _(except hazel) | `x`" in text


def test_small_type_after_a_word_is_no_index() -> None:
    assert "The sum in pounds" in text_of(f"<h1>Costs</h1>{PROSE}<p>The sum <sub>in pounds</sub> of all stakes.</p>")


def test_controls_and_tooltips_in_a_program_are_no_code() -> None:
    program = (
        "<pre><code>trait Hedge {<details><summary><span>Show 17 methods</span></summary>    fn lay(&amp;self);\n</details>}\n"
        "fn all() -> All<span class=x-tooltip><span class=x-tooltiptext>Traits of All</span></span></code></pre>"
    )
    text = text_of(f"<h1>Hedge</h1>{PROSE}{program}")

    assert "```\ntrait Hedge {\n    fn lay(&self);\n}\nfn all() -> All\n```" in text


@pytest.mark.parametrize("heading", ["<h3><img src=hedge.png></h3>", "<h3> </h3>", "<h3><a href=#top>&para;</a></h3>"])
def test_a_heading_without_a_text_is_none(heading: str) -> None:
    assert text_of(f"<h1>Hedges</h1>{PROSE}{heading}{PROSE}") == text_of(f"<h1>Hedges</h1>{PROSE}{PROSE}")


@pytest.mark.parametrize(
    "label",
    [
        "{{ item.error }}",
        "0:00/ 1:30",
        "Brief content visible, double tap to read full content.",
        "Thank you! Your submission has been received!",
    ],
)
def test_what_a_script_would_have_hidden_is_no_text(label: str) -> None:
    assert label not in text_of(f"<h1>Hedges</h1>{PROSE}<p>{label}</p>{PROSE}")


@pytest.mark.parametrize("bar", ["js", "bash copy", "Copy code", "html Copy"])
def test_the_bar_above_a_program_is_no_text(bar: str) -> None:
    assert text_of(f"<h1>Hedges</h1>{PROSE}<div>{bar}</div><pre>lay()</pre>") == text_of(f"<h1>Hedges</h1>{PROSE}<pre>lay()</pre>")


@pytest.mark.parametrize("text", ["<p>Python</p><pre>lay()</pre>", "<p>js</p><p>is a file.</p>", "<ul><li>c</li></ul><pre>lay()</pre>"])
def test_what_tells_programs_apart_or_stands_elsewhere_is_text(text: str) -> None:
    word = text.partition("</")[0].rpartition(">")[2]

    assert f"{word}\n" in text_of(f"<h1>Hedges</h1>{PROSE}{text}{PROSE}")

"""Questions that a page states itself are taken with their answers, in each form; what only looks like one is not."""

from __future__ import annotations

import json
import time

import pytest

from bubblenet.corpus.segmentation import segment_page
from bubblenet.settings import Segmentation

RULES = Segmentation(min_characters=120, min_answer_characters=40, max_characters=600)
BOIL = "Fill the kettle to the mark, close the lid and switch it on; it stops by itself."
CLEAN = "Once a month, with a spoon of citric acid in half a litre of warm water."
TWO = [("How do I boil water?", BOIL), ("How often is it cleaned?", CLEAN)]


def answered(content: str, content_type: str = "html") -> list[tuple[str, str]]:
    """The questions of a page and the texts that answer them."""
    return [(segment.question, segment.text) for segment in segment_page(content, content_type, RULES) if segment.question]


def json_ld(*pairs: tuple[str, str], kind: str = "FAQPage") -> str:
    questions = [{"@type": "Question", "name": name, "acceptedAnswer": {"@type": "Answer", "text": text}} for name, text in pairs]
    data = {"@context": "https://schema.org", "@type": kind, "mainEntity": questions}
    return "<script type='application/ld+json'>" + json.dumps(data).replace("</", "<\\/") + "</script>"


MICRODATA = (
    "<div itemscope itemtype='https://schema.org/FAQPage'>"
    + "".join(
        f"<div itemscope itemprop='mainEntity' itemtype='https://schema.org/Question'><{tag} itemprop='name'>{name}</{tag}>"
        f"<div itemscope itemprop='acceptedAnswer' itemtype='https://schema.org/Answer'><div itemprop='text'>{text}</div></div></div>"
        for tag, (name, text) in zip(("h3", "span"), TWO, strict=True)
    )
    + "</div>"
)


MARKS = [
    ("Q:", "A:"),
    ("F:", "A:"),
    ("P:", "R:"),
    ("Q\xa0:", "R\xa0:"),
    ("\u0412\u043e\u043f\u0440\u043e\u0441:", "\u041e\u0442\u0432\u0435\u0442:"),
    ("Pyt.:", "Odp.:"),
    ("Ot\u00e1zka:", "Odpov\u011b\u010f:"),
    ("K:", "V:"),
]
DOCBOOK = "<table>{}</table>".format(
    "".join(
        f"<tr class=question><td><p><b>{{0}}</b></p></td><td><p>{name}</p></td></tr>"
        f"<tr class=answer><td><p><b>{{1}}</b></p></td><td><p>{text}</p></td></tr>"
        for name, text in TWO
    )
)


@pytest.mark.parametrize(
    "form",
    [
        "".join(f"<h2>{name}</h2><p>{text}" for name, text in TWO),
        "<dl>" + "".join(f"<dt>{name}<dd><p>{text}</p>" for name, text in TWO) + "</dl>",
        "".join(f"<details><summary><h3>{name}</h3></summary><p>{text}</details>" for name, text in TWO),
        "".join(f"<details><summary>{name}</summary>{text}</details>" for name, text in TWO),
        "".join(f"<h3><button aria-expanded=false>{name}</button></h3><div hidden>{text}</div>" for name, text in TWO),
        "".join(f"<div><button aria-expanded=false>{name}</button><div>{text}</div></div>" for name, text in TWO),
        "".join(f"<p><b>Q:</b> {name}<p><b>A:</b> {text}" for name, text in TWO),
        "".join(f"<p>Question: {name}<br>Answer: {text}" for name, text in TWO),
        *(DOCBOOK.format(asks, answers) for asks, answers in MARKS),
        "".join(f"<p><strong>{name}</strong></p><p>{text}" for name, text in TWO),
        MICRODATA,
        MICRODATA.replace("itemtype='https://schema.org/", "typeof='").replace("itemprop", "property"),
        json_ld(*TWO) + "".join(f"<div class=q>{name}</div><div>{text}</div>" for name, text in TWO),
        json_ld(*TWO) + "<p>All about kettles.",
    ],
)
def test_every_form_gives_the_question_and_its_answer(form: str) -> None:
    assert answered(f"<h1>Kettles</h1>{form}") == TWO


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        ("\n\n".join(f"Q: {name}\nA: {text}" for name, text in TWO), "text"),
        ("\n".join(f"Q{number}: {name}\nA{number}: {text}" for number, (name, text) in enumerate(TWO)), "text"),
        ("\n\n".join(f"F: {name}\n\nA: {text}" for name, text in TWO), "text"),
        ("\n\n".join(f"**Q: {name}**\n\nA: {text}" for name, text in TWO), "markdown"),
        ("\n\n".join(f"**Question:** {name}\n\n**Answer:** {text}" for name, text in TWO), "markdown"),
        ("\n\n".join(f"**{name}**\n\n{text}" for name, text in TWO), "markdown"),
        ("# Kettles\n\n" + "\n\n".join(f"## {name}\n\n{text}" for name, text in TWO), "markdown"),
    ],
)
def test_text_and_markdown_give_them_too(content: str, content_type: str) -> None:
    assert answered(content, content_type) == TWO


@pytest.mark.parametrize(
    "near_miss",
    [
        "<dl><dt>Kettle<dd>A vessel in which water is boiled over a fire.<dt>Why not tea?<dd>A saying.<dt>Tea<dd>Leaves.</dl>",
        f"<p>Q: {BOIL}<p>Nobody knew.",
        f"<p>A: {BOIL}",
        f"<p>Plan A: {BOIL}",
        f"<p>A:<p>{BOIL}<p>Q:<h3>How do I boil water?</h3>",
        f"<p><strong>How do I boil water?</strong></p><p>{BOIL}",
        f"<details><summary>More about the kettle</summary><p>{BOIL}</details>",
        f"<div><button>Do you need a new kettle?</button></div><p>{BOIL}",
        "<div itemscope itemtype='https://schema.org/Question'><span itemprop=name>How do I boil water?</span>"
        f"<p itemprop=text>I have a kettle and do not know.</p><div itemtype='https://schema.org/Answer'>{BOIL}</div></div>",
        "<nav><dl><dt>How do I boil water?<dd>Read on.</dl></nav>",
        json_ld(("", BOIL), ("How do I boil water?", "")) + f"<p>{BOIL}",
        "<script type='application/ld+json'>{'@type': 'Question', </script>" + f"<p>{BOIL}",
    ],
)
def test_what_only_looks_like_a_question_is_text(near_miss: str) -> None:
    assert answered(f"<h1>Kettles</h1><p>All about kettles and what they are good for.{near_miss}") == []


def test_what_follows_a_list_of_questions_is_not_part_of_the_last_answer() -> None:
    form = "<dl>" + "".join(f"<dt>{name}<dd>{text}" for name, text in TWO) + "</dl>"
    after = "The shop is open from nine to five. " * 5

    segments = segment_page(f"<h1>Kettles</h1>{form}<p>{after}", "html", RULES)

    assert [(segment.heading_path, segment.question) for segment in segments] == [
        (("Kettles", TWO[0][0]), TWO[0][0]),
        (("Kettles", TWO[1][0]), TWO[1][0]),
        (("Kettles",), None),
    ]


def test_headings_inside_an_answer_stay_inside_it() -> None:
    [(question, text)] = answered(f"<h2>Care</h2><dl><dt>How do I clean it?<dd><p>{CLEAN}<h2>Scale</h2><p>{BOIL}</dl>")

    assert question == "How do I clean it?"
    assert text == f"{CLEAN}\n\n## Scale\n\n{BOIL}"


def test_short_answers_are_joined_under_the_heading_above_them() -> None:
    short = "".join(f"<h2>Is number {number} the right one?</h2><p>No, number {number} is not." for number in range(8))

    [segment] = segment_page(f"<h1>Kettles</h1>{short}", "html", RULES)

    assert (segment.heading_path, segment.question, segment.kept) == (("Kettles",), None, True)
    assert segment.text.count("## Is number") == 8


def test_visible_text_wins_over_structured_data() -> None:
    stated = json_ld(("How do I boil water?", "Something else is said here, for machines only."))

    assert answered(f"<h1>Kettles</h1>{stated}<div>How do I boil water?</div><p>{BOIL}") == [("How do I boil water?", BOIL)]


def test_structured_answers_may_hold_markup_and_nothing_that_is_never_read() -> None:
    answer = f"&lt;p&gt;never&lt;/p&gt;<p>{BOIL}</p><ul><li>one<li>two</ul><script>x()</script>\u202e\x00"

    [(_, text)] = answered(f"<h1>Kettles</h1><p>Hello.{json_ld(('How do I boil water?', answer))}")

    assert text.endswith(f"{BOIL}\n\n- one\n- two")
    assert "x()" not in text
    assert not set(text) & {"\u202e", "\x00"}


@pytest.mark.parametrize("wrap", ['{{"@graph": [{}]}}', "[{}]", '{{"a": {{"b": [1, null, {}]}}}}'])
def test_structured_questions_are_found_wherever_they_are(wrap: str) -> None:
    question = json.dumps(
        {
            "@type": ["Thing", "http://schema.org/Question"],
            "name": "How do I boil water?",
            "suggestedAnswer": [{"text": BOIL}, {"text": "No."}],
        }
    )

    assert answered(f"<h1>Kettles</h1><p>Hello.<script type='application/ld+json'>{wrap.format(question)}</script>") == TWO[:1]


@pytest.mark.parametrize(
    "data",
    [
        "[" * 100_000 + '"Question"',
        '{"a":' * 100_000 + '"Question"',
        json.dumps([{"@type": "Question", "name": ["x"], "acceptedAnswer": 7}] * 50_000),
        json.dumps({"@type": "Question", "name": "How do I boil water?", "acceptedAnswer": {"text": "<b>" * 250_000}}),
        json.dumps([{"@type": "Question", "name": f"How do I boil {n}?", "acceptedAnswer": {"text": f"<b>{n}</b>"}} for n in range(9000)]),
        '{"@type": "Question", "name": "\\ud800"}',
    ],
)
def test_hostile_structured_data_costs_little_and_loses_nothing_of_the_page(data: str) -> None:
    start = time.process_time()

    segments = segment_page(f"<h1>Kettles</h1><p>{BOIL * 3}<script type='application/ld+json'>{data}</script>", "html", RULES)

    assert segments[0].text.startswith(BOIL * 3)
    assert time.process_time() - start < 5


def test_a_table_of_values_whose_names_look_like_marks_stays_one() -> None:
    values = "<table><tr><td>K:<td>12.5<tr><td>V:<td>220<tr><td>P:<td>100 W</table>"
    [segment] = segment_page(f"<h1>Kettles</h1><p>{BOIL}{values}", "html", RULES)
    assert "| K: | 12.5 |" in segment.text

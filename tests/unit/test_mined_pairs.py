"""What a reader is trained on: instructions are of their passage or not, as they say, and no package is used to train and to measure."""

from __future__ import annotations

import random

import numpy as np
import pytest

from tests.benchmarks import planted_sources
from tests.benchmarks.curation_plan import read_plan
from tests.corpora import passage
from tools import label_pairs, mine_pairs, sample_pages
from tools import mined_instructions as made
from tools.mined_likeness import likeliest
from tools.mined_sources import HELD_OUT, SOURCES, Source

DRAW = random.Random(0)
PAGE = "<html lang=en><body><h1>Printing</h1>{}</body></html>"


def test_no_package_is_trained_on_of_which_an_evaluation_takes_a_page():
    evaluated = {source.package for sources in planted_sources.SETS.values() for source in sources}
    evaluated |= {source.package for source in label_pairs.SOURCES} | {sample_pages.HANDBOOK, sample_pages.FAQ, sample_pages.GUIDE}
    used = {source.package for source in SOURCES}
    assert not used & evaluated
    held_out = read_plan(committed=False).plan.held_out.sources  # of an experiment whose judge may ask the reader
    assert not (used - HELD_OUT) & {source.package for source in held_out}
    assert used >= HELD_OUT
    assert len(used - HELD_OUT) >= 12


@pytest.mark.parametrize(
    ("heading", "language", "wanted"),
    [
        (
            "Installing the server",
            "en",
            {"How do I install the server?", "Explain how to install the server."},
        ),
        ("How to mount a disk", "en", {"Describe how to mount a disk.", "Show me how to mount a disk."}),
        ("Create a new user", "en", {"How can I create a new user?"}),
        ("The Print Dialog", "en", {"What is the Print Dialog?", "Explain the Print Dialog."}),
        ("Printer drivers", "en", {"What are printer drivers?"}),
        ("Why printing fails", "en", {"Explain why printing fails."}),
        ("Installer le serveur", "fr", {"Comment installer le serveur ?"}),
        ("Instalar el servidor", "es", {"\u00bfC\u00f3mo puedo instalar el servidor?"}),
        ("Den Server installieren", "de", {"Wie kann ich Den Server installieren?"}),
        ("Does it print?", "en", {"Does it print?"}),
    ],
)
def test_a_heading_is_asked_in_forms_of_its_kind(heading, language, wanted):
    text = "The print dialog of the printer drivers says why printing fails."
    assert wanted <= {one for _ in range(60) for one in made.instructions(heading, language, text, DRAW, 10)}


@pytest.mark.parametrize("heading", ["Introduction", "See also", "1.2.3", "Version 2.1", "Notes", "\u00dcbersicht", "x" * 3])
def test_a_heading_that_says_nothing_is_no_instruction(heading):
    assert not made.is_usable(made.plain_heading(heading))


def test_a_section_of_a_man_page_asks_about_its_command():
    assert set(made.of_man_page("lpr(1)", "OPTIONS", DRAW, 9)) >= {"Which options does lpr take?"}
    assert made.of_man_page("Printing on Paper", "OPTIONS", DRAW) == []
    assert made.of_man_page("lpr(1)", "Spooling", DRAW) == []


def test_every_defect_differs_from_the_instruction_it_is_made_of():
    true, text = (
        "How do I enable the printer on port 631?",
        "Enable the `spooler` first. The daemon of the Print Server then listens on a port.",
    )
    for name, defect in made.DEFECTS.items():
        found = {defect(true, text, "en", ("a toner", "the tray"), random.Random(seed)) for seed in range(20)} - {None}
        assert found, name
        assert true not in found, name
    assert "631" not in made.DEFECTS["exchanged"](true, text, "en", (), DRAW)


@pytest.fixture
def passages():
    """Two pages of two packages."""
    pages = []
    for package, subject in (("one-doc", "printer"), ("two-doc", "kernel")):
        sections = "".join(
            f"<h2>Installing {subject} {part}</h2><p>{passage(subject, part)}</p>" for part in ("drivers", "queues", "tools")
        )
        pages += mine_pairs.of_page(PAGE.format(sections), Source(package), f"{package}/page.html")
    mine_pairs.oppose(pages)
    return pages


def test_a_passage_has_its_own_instructions_and_those_of_others(passages):
    assert len(passages) == 6
    for one in passages:
        true = [row["text"] for row in one.instructions if row["label"]]
        others = {text for other in passages if other is not one for text in other.true}
        assert true == one.true
        assert all(one.heading.split()[-1] in text for text in true)
        beside = [row["text"] for row in one.instructions if row["kind"] == "beside"]
        assert len(beside) == 2
        assert set(beside) <= others
        texts = [row["text"].lower() for row in one.instructions]
        assert len(set(texts)) == len(texts)


def test_mining_is_the_same_every_time(passages):
    again = [mine_pairs.row_of(one) for one in mine_pairs.shuffled(passages)]
    mine_pairs.oppose(passages)
    assert [mine_pairs.row_of(one) for one in mine_pairs.shuffled(passages)] == again


def test_the_likeliest_heading_is_of_another_page_and_shares_words():
    texts = ["the printer prints on paper", "toner for the printer", "kernels of maize"]
    headings = ["Printing on paper", "Toner of the printer", "Maize"]
    assert likeliest(texts, headings, np.array([0, 1, 2])) == [[1], [], []] or likeliest(texts, headings, np.array([0, 1, 2]))[0] == [1]
    assert likeliest(texts, headings, np.array([0, 0, 0])) == [[], [], []]

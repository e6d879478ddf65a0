"""Rules about the headings of a passage. The kinds are those of the paper: navigation, advertising, all capitals, empty."""

from __future__ import annotations

from bubblenet.corpus import questions
from bubblenet.corpus.quality.declaration import HUMPBACK, rule
from bubblenet.corpus.quality.passage import Passage
from bubblenet.section import Section

MIN_LINE_CHARACTERS, MIN_LINES, MAX_LINKED_SHARE = 40, 2, 0.2
"""A section called "Comments" or "Tags" with so many lines of this length that end as sentences do, and so few links, is about these."""


@rule(HUMPBACK)
def empty_heading(passage: Passage, _limits: Section) -> bool:
    """Its own heading is empty."""
    return bool(passage.headings) and not passage.headings[-1]


@rule(HUMPBACK)
def navigation_heading(passage: Passage, _limits: Section) -> bool:
    """Its heading or one above it names page furniture: navigation, advertising, forum, newsletter, quick links.

    A word such as "Comments" or "Tags" above whole sentences is what these are about.
    """
    named = [heading for heading in passage.headings if questions.is_navigation(heading)]
    return bool(named) and not (all(map(questions.may_be_subject, named)) and _reads_as_text(passage))


def _reads_as_text(passage: Passage) -> bool:
    """Whether it is written in whole lines, and hardly leads elsewhere."""
    full = [line for line in passage.lines if len(line) >= MIN_LINE_CHARACTERS and line.rstrip().endswith((".", ":", "!", "?", "\u3002"))]
    return len(full) >= MIN_LINES and passage.num_link_characters <= MAX_LINKED_SHARE * len(passage.text)


@rule(HUMPBACK)
def all_capitals_heading(passage: Passage, _limits: Section) -> bool:
    """Its own heading is written in capitals."""
    return bool(passage.headings) and questions.is_all_capitals(passage.headings[-1])

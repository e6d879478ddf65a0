"""Rules about the headings of a passage. The kinds are those of the paper: navigation, advertising, all capitals, empty."""

from __future__ import annotations

from bubblenet.corpus import questions
from bubblenet.corpus.quality.declaration import HUMPBACK, rule
from bubblenet.corpus.quality.passage import Passage
from bubblenet.section import Section


@rule(HUMPBACK)
def empty_heading(passage: Passage, _limits: Section) -> bool:
    """Its own heading is empty."""
    return bool(passage.headings) and not passage.headings[-1]


@rule(HUMPBACK)
def navigation_heading(passage: Passage, _limits: Section) -> bool:
    """Its heading or one above it names page furniture: navigation, advertising, forum, newsletter, quick links."""
    return any(map(questions.is_navigation, passage.headings))


@rule(HUMPBACK)
def all_capitals_heading(passage: Passage, _limits: Section) -> bool:
    """Its own heading is written in capitals."""
    return bool(passage.headings) and questions.is_all_capitals(passage.headings[-1])

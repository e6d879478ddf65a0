"""Rules about the headings that a passage stands under. The paper names their kinds: navigation, advertising, all capitals, empty."""

from __future__ import annotations

from bubblenet.corpus import questions
from bubblenet.corpus.quality.declaration import HUMPBACK, rule
from bubblenet.corpus.quality.passage import Passage
from bubblenet.section import Section


@rule(HUMPBACK)
def empty_heading(passage: Passage, _limits: Section) -> bool:
    """Its own heading holds nothing."""
    return bool(passage.headings) and not passage.headings[-1]


@rule(HUMPBACK)
def navigation_heading(passage: Passage, _limits: Section) -> bool:
    """Its heading or one above it names page furniture: navigation, advertising, forum, newsletter, quick links."""
    return any(map(questions.is_navigation, passage.headings))


@rule(HUMPBACK)
def all_capitals_heading(passage: Passage, _limits: Section) -> bool:
    """Its own heading is written in capitals."""
    return bool(passage.headings) and questions.is_all_capitals(passage.headings[-1])

"""Rules about the languages of a passage."""

from __future__ import annotations

from bubblenet.corpus.quality.declaration import OURS, rule
from bubblenet.corpus.quality.passage import Passage
from bubblenet.section import Section


@rule(OURS)
def mixed_language(passage: Passage, _limits: Section) -> bool:
    """Parts of it are in other languages. Off by default: kept passages have them in column `other_languages`."""
    return bool(passage.other_languages)

"""Rules about the languages a passage is in."""

from __future__ import annotations

from bubblenet.corpus.quality.declaration import OURS, rule
from bubblenet.corpus.quality.passage import Passage
from bubblenet.section import Section


@rule(OURS)
def mixed_language(passage: Passage, _limits: Section) -> bool:
    """Parts of it are in other languages. Off by default: the column `other_languages` says so of a kept passage."""
    return bool(passage.other_languages)

"""Rules about the amount of text in characters; words.py counts words."""

from __future__ import annotations

from pydantic import Field

from bubblenet.corpus.quality.declaration import HUMPBACK, OURS, rule
from bubblenet.corpus.quality.passage import Passage
from bubblenet.section import Section


class LengthLimits(Section):
    """Sizes of a passage. bubblenet.corpus.segmentation cuts pages to them, so only the minimum needs a rule."""

    min_characters: int = Field(600, ge=1, description="a shorter passage is filtered as `too_short`; Li et al. 2023 (arXiv:2308.06259)")
    max_characters: int = Field(3000, ge=2, description="a longer section is split at its sub-headings, then at paragraphs; Li et al. 2023")
    min_answer_characters: int = Field(
        200, ge=1, description="a passage may be this short when it answers a question that its page states; ours"
    )


@rule(OURS)
def no_text(passage: Passage, _limits: Section) -> bool:
    """It contains no letter or digit."""
    return not any(map(str.isalnum, passage.text))


@rule(HUMPBACK, "min_characters")
def too_short(passage: Passage, limits: LengthLimits) -> bool:
    """It has too few characters."""
    return len(passage.text) < limits.min_characters

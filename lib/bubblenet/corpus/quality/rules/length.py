"""Rules about how much text there is. Words are counted in words.py."""

from __future__ import annotations

from pydantic import Field

from bubblenet.corpus.quality.declaration import HUMPBACK, OURS, rule
from bubblenet.corpus.quality.passage import Passage
from bubblenet.section import Section


class LengthLimits(Section):
    """How long a passage is. Pages are cut to these sizes (bubblenet.corpus.segmentation), so that one rule is left to ask for them."""

    min_characters: int = Field(600, ge=1, description="a shorter passage is filtered as `too_short`; Li et al. 2023 (arXiv:2308.06259)")
    max_characters: int = Field(3000, ge=2, description="a longer section is split at its sub-headings, then at paragraphs; Li et al. 2023")
    min_answer_characters: int = Field(
        200, ge=1, description="a passage may be this short when it answers a question that its page states; ours"
    )


@rule(OURS)
def no_text(passage: Passage, _limits: Section) -> bool:
    """It holds neither letter nor digit."""
    return not any(map(str.isalnum, passage.text))


@rule(HUMPBACK, "min_characters")
def too_short(passage: Passage, limits: LengthLimits) -> bool:
    """It has too few characters."""
    return len(passage.text) < limits.min_characters

"""Rules about text that is meant for a model or a judge instead of a reader. Such a passage reaches no model.

A passage is left out and its page stays: of a page about prompt injection those passages go that quote an order, the others remain.
"""

from __future__ import annotations

from bubblenet.corpus.quality import model_talk
from bubblenet.corpus.quality.declaration import OURS, rule
from bubblenet.corpus.quality.passage import Passage
from bubblenet.section import Section


@rule(OURS)
def judge_injection(passage: Passage, _limits: Section) -> bool:
    """A sentence gives an order to a model that reads it: to ignore its instructions, to give a grade, to write its answer in some way."""
    return model_talk.talks_to_a_model("\n".join((*passage.headings, passage.text)))


@rule(OURS)
def role_markers(passage: Passage, _limits: Section) -> bool:
    """It has control markers of chat formats outside of programs, or in disguise: split by spaces, or in letters that look alike.

    In a program they may be documented as they are written; engines take no marker of a text for a control token.
    """
    return any(_has_marker(block.text, is_program=block.kind == "code", is_heading=block.kind == "heading") for block in passage.blocks)


def _has_marker(text: str, *, is_program: bool, is_heading: bool) -> bool:
    found = model_talk.num_markers(text)
    if found > (model_talk.num_plain_markers(text) if is_program else 0):
        return True
    return not (is_program or is_heading) and model_talk.has_headed_marker(text)

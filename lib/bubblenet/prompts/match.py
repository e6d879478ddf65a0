"""The question that a trained reader answers with Yes or No: is this instruction what the text answers? (training/reader.py)

The text comes first: the instructions that are asked about one text share it as a prefix, which the engine reads once.
"""

from __future__ import annotations

from bubblenet.engines.protocol import Prompt
from bubblenet.prompts.rating import RatingTemplate


def _match(instruction: str, response: str) -> Prompt:
    return Prompt(f"{response}\n\nInstruction: {instruction}\nDoes the text answer it?")


MATCH = RatingTemplate("match_v1", 1, _match, ("Yes", "No"), (1.0, 0.0))

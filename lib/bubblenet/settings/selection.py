"""The section of the settings about the selection: which of the accepted pairs are trained on."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from bubblenet.section import Section, Share


class Selection(Section):
    """Which accepted pairs `bubblenet select` takes (docs/selection.md). A change redoes select alone; texts keep their vectors."""

    pairs: int = Field(0, ge=0, description="wanted; 0: all that pass the caps, unless tokens are given")
    tokens: int = Field(
        0, ge=0, description="wanted instead, of instructions and responses by the tokenizer of models.start; 0: not counted"
    )
    min_grade: Literal[4, 5] = Field(5, description="of the pairs that are chosen from; an export of a selection takes what is in it")
    min_bound: Share = Field(
        0.0, description="lower bound of quality (judgements.quality_bound) from which a pair is chosen from; needs a calibration; 0: none"
    )
    quality_weight: float = Field(1.0, ge=0.0, le=16.0, description="exponent of quality in the gain of a pair; 0: diversity alone")
    encoder: Literal["sentence", "words"] = Field(
        "sentence", description="sentence: the multilingual encoder of extra `translation`; words: hashed words, without a model"
    )
    instruction_weight: Share = Field(0.5, description="of the instructions in the similarity of two pairs; the rest is the responses'")
    instruction_similarity: Share = Field(
        0.8, description="estimated Jaccard similarity of words from which two instructions count as one: the better pair stays; 0: none do"
    )
    domain_share: Share = Field(1.0, description="of the wanted size that one registered domain may have; 1: no cap")
    language_share: Share = Field(1.0, description="the same of one language of the responses")
    task_share: Share = Field(1.0, description="the same of one kind of task, by the form of the instruction (docs/selection.md)")
    block_pairs: int = Field(
        1024, ge=2, le=16_384, description="pairs that are compared with each other at once; memory and time grow with it"
    )

    @model_validator(mode="after")
    def _size_is_one(self) -> Selection:
        if self.pairs and self.tokens:
            raise ValueError("pairs and tokens are both given; one of them is the size")
        return self

"""Classifies the blocks of a passage: the kind of text it is, and its forms (list, code, table).

The kinds are those that need different prompts: prose, a how-to guide, a reference that lists things, questions with
answers, a program. Layout features hold in any language; the imperatives are an English list.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from bubblenet.corpus import questions
from bubblenet.corpus.extraction import faq
from bubblenet.corpus.extraction.blocks import Block
from bubblenet.corpus.extraction.markdown import markdown_blocks

SHAPE_VERSION = 2
"""Raise whenever the same text would be of a different kind or form."""

SourceType = Literal["prose", "how_to", "reference", "faq", "code"]
Form = Literal["list", "code", "table"]
SOURCE_TYPES: tuple[SourceType, ...] = get_args(SourceType)

# Shares are of all characters. A program with a line above it is code; even a small table or list of terms makes a reference.
CODE_SHARE, TABLE_SHARE, ITEM_SHARE = 0.5, 0.1, 0.4
# A guide shows an occasional command, or tells the reader what to do in every sixth sentence.
SHOWN_CODE_SHARE, IMPERATIVE_SHARE = 0.03, 0.15
MIN_STEPS = MIN_LIST_ITEMS = 3


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_STEP = re.compile(r"\s*\d{1,3}[.)]\s")
_SENTENCE_START = re.compile(
    r"(?:^|(?<=[.!?:;])\s+|\n)(?:[-*+]\s+|\d{1,3}[.)]\s+)?(?:then |now |next,? |first,? |finally,? |please )?([a-z]+)", re.IGNORECASE
)
_IMPERATIVES = _words(
    "add allow apply avoid build change check choose click close compile configure connect consider copy create define delete disable "
    "download edit enable ensure enter execute fill find follow generate get give go import include insert install keep launch load "
    "make modify mount move note open paste pick place point press provide put read reboot remember remove rename replace restart "
    "return run save select send set specify start stop switch take test tick try turn type uninstall unpack update upgrade use "
    "verify wait write "
)


@dataclass(frozen=True, slots=True)
class Shape:
    """The kind of a passage, its forms, and its length in words separated by white space."""

    source_type: SourceType
    forms: tuple[Form, ...]
    num_words: int


@functools.lru_cache(maxsize=64)
def shape_of(text: str) -> Shape:
    """The shape of a passage as stored, in Markdown. Cached: the candidates of a passage are requested one after the other."""
    blocks = faq.written_questions(markdown_blocks(text))
    return Shape(source_type(blocks), _forms(blocks), len(text.split()))


def source_type(blocks: Sequence[Block]) -> SourceType:
    """The kind of text that the blocks form; prose if they show no feature of another kind."""
    shares = _shares(blocks)
    num_steps = sum(1 for block in blocks if block.kind == "item" and _STEP.match(block.text))
    if shares["code"] >= CODE_SHARE:
        return "code"
    if any(map(_asks, blocks)):
        return "faq"
    if num_steps >= MIN_STEPS:
        return "how_to"
    if shares["table"] >= TABLE_SHARE or shares["item"] >= ITEM_SHARE:
        return "reference"
    is_guide = shares["code"] >= SHOWN_CODE_SHARE or _imperative_share(blocks) >= IMPERATIVE_SHARE
    return "how_to" if is_guide else "prose"


def _shares(blocks: Sequence[Block]) -> dict[str, float]:
    """Share of characters by kind of block."""
    total = sum(len(block.text) for block in blocks) or 1
    return {kind: sum(len(block.text) for block in blocks if block.kind == kind) / total for kind in ("code", "table", "item")}


def _asks(block: Block) -> bool:
    """Whether a block is a sub-heading that is a question."""
    return block.kind == "heading" and (block.asks or questions.is_question(questions.strip_number(block.text)))


def _imperative_share(blocks: Sequence[Block]) -> float:
    """Share of the sentences that begin with an imperative."""
    starts = [word.lower() for block in blocks if block.kind != "code" for word in _SENTENCE_START.findall(block.text)]
    return sum(word in _IMPERATIVES for word in starts) / len(starts) if starts else 0.0


def _forms(blocks: Sequence[Block]) -> tuple[Form, ...]:
    num_items = sum(1 for block in blocks if block.kind == "item")
    has: dict[Form, bool] = {
        "list": num_items >= MIN_LIST_ITEMS and _shares(blocks)["item"] >= ITEM_SHARE,
        "code": any(block.kind == "code" for block in blocks),
        "table": any(block.kind == "table" for block in blocks),
    }
    return tuple(form for form, is_there in has.items() if is_there)

"""schema.org FAQPage and QAPage data in JSON-LD: machine-readable questions and answers of a page.

Search engines require such data to be visible on the page (developers.google.com/search/docs/appearance/structured-data/faqpage), so the
visible text takes precedence: a question found there becomes a heading in place. Questions absent from the markup are shown by a script;
they are the author's text, too, and are appended after the page's other sections. Broken or oversized data is ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import orjson

from bubblenet.corpus import questions
from bubblenet.corpus.extraction.blocks import Block
from bubblenet.identity import folded

MAX_CHARACTERS = 1_000_000
"""Limit on the JSON-LD of one page; more is a catalogue or an attack."""

MAX_QUESTIONS = 200
MAX_VALUES = 50_000
"""Objects and lists visited per script."""

_TYPE_PREFIX = re.compile(r"^(?:https?://schema\.org/|schema:)")


@dataclass(frozen=True, slots=True)
class Answered:
    """A question and its answer, which may contain HTML."""

    question: str
    answer: str


def answered_questions(scripts: Iterable[str]) -> list[Answered]:
    """The answered questions in a page's JSON-LD, in order, without duplicates. Never fails."""
    found: dict[str, Answered] = {}
    room = MAX_CHARACTERS
    for script in scripts:
        room -= len(script)
        if room < 0:
            break
        if "Question" not in script:
            continue
        for value in objects(script):
            if one := _answered(value):
                found.setdefault(folded(one.question), one)
    return list(found.values())[:MAX_QUESTIONS]


def mark_visible(blocks: list[Block], stated: Iterable[Answered]) -> list[Block]:
    """Turn paragraphs and items that are one of the stated questions into headings with `asks` set."""
    names = {folded(one.question) for one in stated}
    marked: list[Block] = []
    level = 0
    for block in blocks:
        if block.kind in ("heading", "paragraph", "item") and folded(block.text) in names:
            own_level = block.level or level + 1
            block = replace(block, kind="heading", text=block.text.strip("*-+ "), level=own_level, asks=True)
        elif block.kind == "heading":
            level = block.level
        marked.append(block)
    return marked


def hidden(blocks: Iterable[Block], stated: Iterable[Answered]) -> list[Answered]:
    """The stated questions for which neither the question nor the beginning of the answer is on the page."""
    page = folded("\n".join(block.text for block in blocks))
    return [one for one in stated if folded(one.question) not in page and folded(one.answer)[:80] not in page]


def objects(script: str) -> Iterator[dict[str, Any]]:
    """The objects of JSON-LD, outer ones first, in order; none in broken data."""
    try:
        pending = [orjson.loads(script)]
    except (orjson.JSONDecodeError, RecursionError):
        return
    for _ in range(MAX_VALUES):
        if not pending:
            return
        value = pending.pop()
        if isinstance(value, list):
            pending += reversed(value)
        elif isinstance(value, dict):
            yield value
            pending += [child for child in reversed(list(value.values())) if isinstance(child, (dict, list))]


def _answered(question: dict[str, Any]) -> Answered | None:
    """A Question with the accepted answer, else the suggested one with the most votes; None for anything else."""
    if "Question" not in _types(question):
        return None
    name = _text(question.get("name")) or _text(question.get("text"))
    answer = _answer(question.get("acceptedAnswer")) or _answer(question.get("suggestedAnswer"))
    is_one = name and answer and len(name) <= questions.MAX_QUESTION_CHARACTERS
    return Answered(name, answer) if is_one else None


def _answer(value: Any) -> str:
    """The text of an answer; of several the one with the most votes, the first of equals."""
    answers = value if isinstance(value, list) else [value]
    best = max(answers, key=_votes, default=None)
    return _text(best.get("text")) if isinstance(best, dict) else _text(best)


def _votes(answer: Any) -> float:
    """What an answer has: `upvoteCount`, a number or its text; 0 without."""
    votes = answer.get("upvoteCount") if isinstance(answer, dict) else None
    try:
        return float(votes) if isinstance(votes, (int, float, str)) else 0.0
    except (ValueError, OverflowError):
        return 0.0


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _types(value: dict[str, Any]) -> list[str]:
    stated = value.get("@type")
    names = stated if isinstance(stated, list) else [stated]
    return [_TYPE_PREFIX.sub("", name) for name in names if isinstance(name, str)]

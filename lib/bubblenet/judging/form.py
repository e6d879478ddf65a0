"""Signals of form: what bad instructions often have and good ones sometimes do. Pure functions of text, for the calibration to weigh.

Small models talk about the text instead of the subject, repeat its title, or ask what fits any text. Better models and people write all of
these, too, where they are right: "Summarize the following text" may be the best instruction for an answer. So none refuses a pair.
"""

from __future__ import annotations

import math
import re

from bubblenet.corpus.language import UNDETERMINED, identify
from bubblenet.judging.cleaning import WORD
from bubblenet.judging.wording import FILLER, IMPERATIVES, POLITE, QUESTION_WORDS, TASK_TALK

# Part of the fingerprint of mode `text`: raise it when the same pair would get different numbers.
FORM_VERSION = 1

FORM_FAULTS = ("about_the_text", "is_title", "is_generic")
"""The signals that are 1 for a fault; a judge without a calibration counts them."""

FORM_SIGNALS = frozenset((*FORM_FAULTS, "has_no_request", "repeated_phrases", "after_question", "log_instruction_words"))
"""All of them."""

_QUESTION_MARK = re.compile(r"[?\uff1f\u061f\u037e](?:\s|[\"'`)\u201d\u2019\u00bb]|$)|\u304b\u3002")
_OPENERS = frozenset[str]().union(*IMPERATIVES.values(), *QUESTION_WORDS.values())


def form_signals(instruction: str, response: str) -> dict[str, float]:
    """All signals of form by name; each is finite for any two texts."""
    words = _words(instruction)
    asks = _asks(instruction, words)
    return {
        "about_the_text": float(bool(TASK_TALK.search(instruction.replace("\u2019", "'")))),
        "is_title": float(not asks and _is_title(instruction, words, response)),
        "is_generic": float(all(word in FILLER for word in words)),
        "has_no_request": float(not asks and _is_listed(response)),
        "repeated_phrases": _share_repeated(words),
        "after_question": _share_after_question(instruction),
        "log_instruction_words": math.log1p(len(words)),
    }


def _asks(instruction: str, words: list[str]) -> bool:
    """Whether a question mark ends a sentence in it, or it begins with a question word or an imperative of a listed language."""
    first = next((word for word in words if word not in POLITE), "")
    return bool(_QUESTION_MARK.search(instruction)) or first in _OPENERS


def _is_listed(response: str) -> bool:
    """Whether there are lists of openers for its language; text of unknown language is mostly short English."""
    return identify(response).language in (UNDETERMINED, *IMPERATIVES)


def _is_title(instruction: str, words: list[str], response: str) -> bool:
    """Whether it is a line of the response, or one line with several long words that all begin with a capital letter."""
    if any(_words(line) == words for line in response.splitlines()):
        return True
    long = [word for word in WORD.findall(instruction) if len(word) > 3]
    return "\n" not in instruction and len(long) > 1 and all(word[0].isupper() for word in long)


def _share_after_question(instruction: str) -> float:
    """The share of its characters after the last question mark that ends a sentence; 0 without one."""
    end = max((found.end() for found in _QUESTION_MARK.finditer(instruction)), default=len(instruction))
    return len(instruction[end:].strip()) / max(1, len(instruction))


def _share_repeated(words: list[str]) -> float:
    grams = list(zip(words, words[1:], words[2:], strict=False))
    return 1 - len(set(grams)) / len(grams) if grams else 0.0


def _words(text: str) -> list[str]:
    return [word.lower() for word in WORD.findall(text)]

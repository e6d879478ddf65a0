"""Rules that every generated instruction must pass before money is spent on judging it. Pure functions of text.

A raw output is first cleaned (labels, quotes, numbering, what follows the first sentence-ending line), then tried against named rules in
a fixed order; the first that objects is the reason. Small models fail in few, repeating ways, and each has its rule.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from bubblenet.corpus.language import UNDETERMINED, identify
from bubblenet.judging.wording import FILLER, IMPERATIVES, PROMPT_ECHO, REFUSAL, TASK_TALK

# Stored with every verdict: raise it when the same text could get another verdict.
GATE_VERSION = 1

MIN_WORDS, MAX_WORDS = 3, 80
MIN_CHARACTERS, MAX_CHARACTERS = 10, 500
# Characters of scripts without spaces between words carry about a word each.
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?|[\u3040-\u30ff\u4e00-\u9fff]")
COPY_NGRAM, COPY_SHARE = 8, 0.6
# A question this short cannot be told from English by an identifier of languages; above it, only a confident verdict counts.
MIN_WORDS_FOR_LANGUAGE, LANGUAGE_CONFIDENCE = 8, 0.98


@dataclass(frozen=True, slots=True)
class Verdict:
    """The cleaned instruction, whether it may go on, and the name of the rule that stopped it."""

    instruction: str
    kept: bool
    reason: str | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the rules look at."""

    instruction: str
    passage: str
    language: str
    is_finished: bool

    @property
    def words(self) -> list[str]:
        """Words of the instruction, in lower case."""
        return [word.lower() for word in _WORD.findall(self.instruction)]


def gate(raw_output: str, passage: str, language: str, is_finished: bool) -> Verdict:
    """Clean one generated instruction and try it against the rules, in order.

    language: ISO 639-1 code of the passage, or "" when it is not known. is_finished: the model ended by itself.
    """
    cleaned = clean(raw_output)
    # What was cut off by the length limit does no harm when a whole sentence stands before it.
    is_whole = is_finished or (len(cleaned) < len(raw_output.strip().strip("\"'")) and cleaned.endswith(("?", ".")))
    candidate = Candidate(cleaned, passage, language, is_whole)
    for reason, objects in RULES.items():
        if objects(candidate):
            return Verdict(cleaned, False, reason)
    return Verdict(cleaned, True, None)


_LABEL = re.compile(
    r"^(?:(?:the |a )?(?:possible |suggested |one )?(?:question|instruction|prompt|query|q|answer)(?: \d+)?\s*[:\-]\s*)", re.IGNORECASE
)
_NUMBER = re.compile(r"^(?:\(?\d{1,2}[.):]|[-*\u2022]|#{1,4})\s+")
_QUOTES = "\"'`\u201c\u201d\u2018\u2019\u00ab\u00bb* "
_QUOTED_QUESTION = re.compile(r"^[^\"\u201c?]{0,80}[:,]?\s*[\"\u201c]([^\"\u201c\u201d]{10,}\?)(?:[\"\u201d]|$)")


def clean(raw_output: str) -> str:
    """The instruction inside a raw output: first line with words, without label, number, quotes, or what follows the question mark."""
    lines = [line.strip() for line in raw_output.strip().splitlines() if _WORD.search(line)]
    if not lines:
        return ""
    text = _strip(lines[0])
    if not text or (text.endswith(":") and len(lines) > 1):
        text = _strip(lines[1]) if len(lines) > 1 else ""
    if quoted := _QUOTED_QUESTION.match(text):
        text = quoted[1]
    return _first_question(re.sub(r"\s+", " ", text))


def _strip(line: str) -> str:
    """Take labels, numbers and quotes off until nothing changes."""
    while (shorter := _LABEL.sub("", _NUMBER.sub("", line)).strip(_QUOTES)) != line:
        line = shorter
    return line


def _first_question(text: str) -> str:
    """Cut after the first question mark that ends a sentence; text that asks nothing stays whole."""
    end = re.search(r"[?\uff1f\u061f](?=\s|$|[\"'\u201d])", text)
    return text[: end.end()] if end else text


def _is_empty(candidate: Candidate) -> bool:
    return not candidate.words


def _is_unfinished(candidate: Candidate) -> bool:
    return not candidate.is_finished and not candidate.instruction.endswith(("?", ".", "!", "\uff1f", "\u3002"))


def _is_prompt_echo(candidate: Candidate) -> bool:
    return bool(PROMPT_ECHO.search(candidate.instruction))


def _is_passage_copy(candidate: Candidate) -> bool:
    """Most of the instruction's word 8-grams stand in the passage. Short instructions: the whole of it stands there, unless it asks."""
    words = candidate.words
    passage = [word.lower() for word in _WORD.findall(candidate.passage)]
    size = min(COPY_NGRAM, len(words))
    if candidate.instruction.endswith("?") and size < COPY_NGRAM:
        return False
    grams = _ngrams(words, size)
    known = set(_ngrams(passage, size))
    return sum(gram in known for gram in grams) >= COPY_SHARE * len(grams)


def _ngrams(words: list[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(words[start : start + size]) for start in range(len(words) - size + 1)]


def _is_task_talk(candidate: Candidate) -> bool:
    return bool(TASK_TALK.search(candidate.instruction.replace("\u2019", "'")))


def _is_refusal(candidate: Candidate) -> bool:
    return bool(REFUSAL.search(candidate.instruction.replace("\u2019", "'")))


def _is_wrong_language(candidate: Candidate) -> bool:
    """A long enough instruction that is with confidence in another language than its passage."""
    if not candidate.language or len(candidate.words) < MIN_WORDS_FOR_LANGUAGE:
        return False
    found = identify(candidate.instruction)
    return found.language not in (candidate.language, UNDETERMINED) and found.confidence >= LANGUAGE_CONFIDENCE


_QUESTION_MARK = re.compile(r"[?\uff1f\u061f]$")


def _is_not_an_instruction(candidate: Candidate) -> bool:
    """Neither ends in a question mark nor begins with a verb that asks for something (`please` aside). The verbs are English only."""
    if _QUESTION_MARK.search(candidate.instruction) or candidate.language not in ("", "en", UNDETERMINED):
        return False
    words = [word for word in candidate.words if word != "please"]
    return words[0] not in IMPERATIVES if words else True


def _is_degenerate_repetition(candidate: Candidate) -> bool:
    """One word four times in a row, or a word 3-gram three times, or (in long outputs) few different words."""
    words = candidate.words
    if any(len(set(words[start : start + 4])) == 1 for start in range(len(words) - 3)):
        return True
    grams = Counter(_ngrams(words, 3))
    return max(grams.values(), default=0) >= 3 or (len(words) >= 12 and len(set(words)) < 0.4 * len(words))


def _is_too_short(candidate: Candidate) -> bool:
    return len(candidate.words) < MIN_WORDS or len(candidate.instruction) < MIN_CHARACTERS


def _is_too_long(candidate: Candidate) -> bool:
    return len(candidate.words) > MAX_WORDS or len(candidate.instruction) > MAX_CHARACTERS


def _is_generic(candidate: Candidate) -> bool:
    """No word of substance: it would fit any text ("What is this about?"). Other languages than English are not judged."""
    if candidate.language not in ("", "en", UNDETERMINED):
        return False
    return all(word in FILLER for word in candidate.words)


RULES: dict[str, Callable[[Candidate], bool]] = {
    "empty": _is_empty,
    "unfinished": _is_unfinished,
    "prompt_echo": _is_prompt_echo,
    "passage_copy": _is_passage_copy,
    "task_talk": _is_task_talk,
    "refusal": _is_refusal,
    "wrong_language": _is_wrong_language,
    "not_an_instruction": _is_not_an_instruction,
    "degenerate_repetition": _is_degenerate_repetition,
    "too_short": _is_too_short,
    "too_long": _is_too_long,
    "generic": _is_generic,
}

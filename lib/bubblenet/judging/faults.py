"""Faults for which no reader would accept an instruction, one pure function of text each. bubblenet.judging.gates sets their order.

A fault is certain in any language and from any model. What merely goes with bad pairs is a signal (bubblenet.judging.form).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from typing import TYPE_CHECKING

from bubblenet.corpus.language import UNDETERMINED, identify
from bubblenet.corpus.quality.word_lists import STOP_WORDS
from bubblenet.corpus.similarity.shingles import tokens
from bubblenet.judging.tasks import PHRASE, task_of
from bubblenet.judging.wording import ENGLISH_OPENERS, ENGLISH_SECOND_WORDS, PROMPT_ECHO, REFUSAL, SYSTEM_PROMPT

if TYPE_CHECKING:
    from bubblenet.prompts.backtranslation import Style

COPIED_WORDS, COPIED_CHARACTERS, OWN_SHARE = 8, 20, 0.05
"""A copy has at least so many words and characters, all in runs of so many words of the passage but for one word, or this share of them."""

RUN_WORDS, CHANGED_SHARE = 3, 0.45
"""What a model wrote under a request for a question or a command, begins as the passage does and has not the form of a request, is a copy
with so short runs, too, and with this share of other words: models change some.
"""

MIN_WORDS_FOR_LANGUAGE, LANGUAGE_CONFIDENCE, LISTED_CONFIDENCE = 8, 0.98, 0.85
"""Language identification cannot tell a question this short from another language; above it, a confident verdict counts. Where small words
of the right language are listed, that there are fewer of them than of the found one makes up for less confidence.
"""

WORD_REPEATS, PHRASE_REPEATS, LONGEST_PHRASE, LAST_REPEATS = 4, 3, 24, 6
"""In a loop a word comes so many times in a row, or a phrase of up to so many words does. At the end so many are enough, however long the
text: a model in a loop stays in it until it is cut off.
"""

LOOP_SHARE, MIN_DIFFERENT_TRIGRAMS, MIN_WORDS_FOR_TRIGRAMS = 1 / 3, 0.5, 12
"""A loop is at least this share of the words. Of the word 3-grams of a text at least this share differ; in natural text nine in ten."""

_REQUESTED = ("question", "command")
_SAYS = re.compile(r"(?:the|this|your) \w+ (?:is|says|reads|states)\b\W*(?:the\b|an?\b)?", re.IGNORECASE)
_END_MARKS = ("?", ".", "!", "\uff1f", "\u3002", "\uff01", "\u061f", "\u0964")
_QUESTION_MARKS = ("?", "\uff1f", "\u061f", "\u037e")
_PARTS = re.compile(r"[\n:\uff1a\"\u201c\u201d\u201e\u00ab\u00bb\u300c\u300d]|(?<=[.?!])\s+|(?<=[\u3002\uff1f\uff01\u061f\u0964])")
_MATERIAL = re.compile(r"[\n\"\u201c\u201e\u00ab\u300c]|[:\uff1a]\s*\S")
# Pairs of languages that are taken for one another even with confidence.
_NEAR = {
    frozenset(pair.split("/"))
    for pair in ["da/no", "no/sv", "id/ms", "cs/sk", "hr/sr", "bs/hr", "bs/sr", "gl/pt", "hi/mr", "hi/ne", "ru/uk", "be/ru", "af/nl"]
}


@dataclass(frozen=True)
class Candidate:
    """The input of the gates. Not slotted: a cached property needs a `__dict__`.

    instruction: cleaned. passage: the answer. language: ISO 639-1 code the instruction should be in, "" if unknown.
    is_finished: the model stopped by itself, or continued past the instruction. opening: the prefix that the model was given.
    style: the requested one; None for what no model was asked for.
    """

    instruction: str
    passage: str
    language: str
    is_finished: bool
    opening: str = ""
    style: Style | None = None

    @cached_property
    def words(self) -> list[str]:
        """The words of the instruction, case-folded; single characters in scripts without spaces."""
        return tokens(self.instruction)


def empty(candidate: Candidate) -> bool:
    """Nothing is left that says anything."""
    return not candidate.words


def unfinished(candidate: Candidate) -> bool:
    """The length limit cut it off."""
    return not candidate.is_finished and not candidate.instruction.endswith(_END_MARKS)


def prompt_echo(candidate: Candidate) -> bool:
    """It is the request that the model was given, or what the model is told about itself."""
    text = candidate.instruction
    return bool(PROMPT_ECHO.search(text) or SYSTEM_PROMPT.fullmatch(text))


def passage_copy(candidate: Candidate) -> bool:
    """It is a stretch of the passage, perhaps with words changed, and asks nothing; a name, or material of a request, is no copy."""
    words = candidate.words
    is_long = len(words) >= COPIED_WORDS and len(candidate.instruction) >= COPIED_CHARACTERS
    if not is_long or candidate.instruction.endswith(_QUESTION_MARKS):
        return False
    blocks = SequenceMatcher(None, tokens(candidate.passage), words, autojunk=False).get_matching_blocks()
    whole = sum(block.size for block in blocks if block.size >= COPIED_WORDS - 1)
    if len(words) - whole <= max(1, OWN_SHARE * len(words)):
        return True
    if candidate.style not in _REQUESTED or candidate.opening:
        return False
    runs = [block for block in blocks if block.size >= RUN_WORDS]
    changed = len(words) - sum(block.size for block in runs)
    if changed > CHANGED_SHARE * len(words) or runs[0].b > len(tokens(_lead(candidate.instruction))):
        return False
    return task_of(candidate.instruction) == PHRASE


def refusal(candidate: Candidate) -> bool:
    """The model begins with saying that it cannot."""
    text = candidate.instruction.replace("\u2019", "'")
    return any(REFUSAL.match(one) for one in (text, text.removeprefix(candidate.opening).lstrip()))


def wrong_language(candidate: Candidate) -> bool:
    """It begins in English where another language was asked for, or is long and surely in another one, no part of it in the right one."""
    if candidate.language in ("", UNDETERMINED):
        return False
    if candidate.language != "en" and _begins_in_english(candidate.instruction):
        return True
    if len(candidate.words) < MIN_WORDS_FOR_LANGUAGE:
        return False
    found = identify(candidate.instruction)
    limit = LISTED_CONFIDENCE if candidate.language in STOP_WORDS else LANGUAGE_CONFIDENCE
    if found.language == UNDETERMINED or found.confidence < limit or _may_be(found.language, candidate):
        return False
    return not _has_part_in(candidate.instruction, candidate.language)


def degenerate_repetition(candidate: Candidate) -> bool:
    """A word or a phrase comes again and again and makes a third of it, or few of its word 3-grams differ; numbers do not count."""
    words = [word for word in candidate.words if not word.isdigit()]
    grams = list(zip(words, words[1:], words[2:], strict=False))
    if len(words) >= MIN_WORDS_FOR_TRIGRAMS and len(set(grams)) < MIN_DIFFERENT_TRIGRAMS * len(grams):
        return True
    sizes = range(1, min(LONGEST_PHRASE, len(words) // 2) + 1)
    return any(_longest_loop(words, size) >= LOOP_SHARE * len(words) or _ends_in_loop(words, size) for size in sizes)


def _lead(instruction: str) -> str:
    """`The answer is` and the like, before what is copied."""
    found = _SAYS.match(instruction)
    return found[0] if found else ""


def _longest_loop(words: list[str], size: int) -> int:
    """The number of words of the longest stretch in which a phrase of this size comes often enough in a row; 0 without one."""
    longest = run = 0
    for place in range(size, len(words)):
        run = run + 1 if words[place] == words[place - size] else 0
        longest = max(longest, run)
    repeats = WORD_REPEATS if size == 1 else PHRASE_REPEATS
    return longest + size if longest >= (repeats - 1) * size else 0


def _ends_in_loop(words: list[str], size: int) -> bool:
    last = words[-size * LAST_REPEATS :]
    return len(last) == size * LAST_REPEATS and last[size:] == last[:-size]


def _begins_in_english(instruction: str) -> bool:
    first, second, *_ = [*instruction.lower().split(maxsplit=2), "", ""]
    return first in ENGLISH_OPENERS and second.strip(",.?!") in ENGLISH_SECOND_WORDS


def _may_be(found: str, candidate: Candidate) -> bool:
    """Whether the right language was taken for another: for one near it, or for that of the names in it; its small words tell then."""
    wanted = candidate.language
    if found == wanted or frozenset((found, wanted)) in _NEAR:
        return True
    num_wanted, num_found = (sum(word in STOP_WORDS.get(code, ()) for word in candidate.words) for code in (wanted, found))
    return num_wanted > 0 and num_wanted >= num_found


def _has_part_in(instruction: str, language: str) -> bool:
    """Whether a sentence may be in the language: the request of "Translate: ..." is not in that of the text to translate."""
    found = [identify(part).language for part in _PARTS.split(instruction) if len(tokens(part)) > 1]
    return language in found or (UNDETERMINED in found and bool(_MATERIAL.search(instruction)))

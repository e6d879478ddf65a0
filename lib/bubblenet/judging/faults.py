"""Faults of generated instructions, one function each; pure functions of text. bubblenet.judging.gates puts them in order."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from typing import TYPE_CHECKING

from bubblenet.corpus.language import UNDETERMINED, identify
from bubblenet.judging.cleaning import WORD
from bubblenet.judging.wording import (
    ENGLISH_OPENERS,
    FILLER,
    IMPERATIVES,
    POLITE,
    PROMPT_ECHO,
    QUESTION_WORDS,
    REFUSAL,
    TASK_TALK,
)

if TYPE_CHECKING:
    from bubblenet.prompts.backtranslation import Style

MIN_WORDS, MAX_WORDS, MAX_SEARCH_WORDS = 3, 80, 16
MIN_CHARACTERS, MAX_CHARACTERS = 10, 500
COPIED_WORDS, COPIED_SHARE = 8, 0.6
# A question this short cannot be told from English by an identifier of languages; above it, only a confident verdict counts.
MIN_WORDS_FOR_LANGUAGE, LANGUAGE_CONFIDENCE = 8, 0.98
# Words are compared by their beginnings, which endings of cases and persons leave alone.
STEM_CHARACTERS = 5

_QUESTION_MARK = re.compile(r"(?:[?\uff1f\u061f\u037e]|\u304b\u3002?)$")
_END_MARKS = ("?", ".", "!", "\uff1f", "\u3002")


@dataclass(frozen=True)
class Candidate:
    """What the gates look at. Not slotted: the cached properties live in its dictionary.

    instruction: cleaned. passage: the answer. language: ISO 639-1 code that the instruction should be in, "" when it is not known.
    is_finished: the model ended by itself, or went on after the instruction. style: as asked for; None for a question from the page.
    opening: the beginning that the model was given. is_foreign: asked for in another language than the passage's.
    """

    instruction: str
    passage: str
    language: str
    is_finished: bool
    style: Style | None = None
    opening: str = ""
    is_foreign: bool = False

    @cached_property
    def words(self) -> list[str]:
        """Words of the instruction, in lower case."""
        return _words(self.instruction)

    @cached_property
    def written(self) -> list[str]:
        """The words that the model wrote itself: without those of the opening."""
        given = _words(self.opening)
        return self.words[len(given) :] if self.words[: len(given)] == given else self.words

    @cached_property
    def first_word(self) -> str:
        """The first word; words of politeness aside."""
        return next((word for word in self.words if word not in POLITE), "")

    @property
    def is_english(self) -> bool:
        """Whether English lists apply. A text of unknown language is taken for English: most such texts are short."""
        return self.language in ("", "en", UNDETERMINED)

    @property
    def listed_language(self) -> str | None:
        """The language whose word lists apply; None where there are none."""
        code = "en" if self.is_english else self.language
        return code if code in IMPERATIVES else None

    @property
    def asks(self) -> bool:
        """Ends in a question mark, or begins with a word that asks or bids."""
        language = self.listed_language
        openers = IMPERATIVES[language] | QUESTION_WORDS[language] if language else frozenset()
        return bool(_QUESTION_MARK.search(self.instruction)) or self.first_word in openers


def empty(candidate: Candidate) -> bool:
    """Nothing is left that says anything."""
    return not candidate.words


def unfinished(candidate: Candidate) -> bool:
    """The length limit cut it off."""
    return not candidate.is_finished and not candidate.instruction.endswith(_END_MARKS)


def prompt_echo(candidate: Candidate) -> bool:
    """It repeats the request, or what the model is told about itself."""
    return bool(PROMPT_ECHO.search(candidate.instruction))


def bare_title(candidate: Candidate) -> bool:
    """A line of the passage, or words in title case, that neither ask nor bid."""
    if candidate.asks:
        return False
    text = " ".join(candidate.words)
    if any(" ".join(_words(line)) == text for line in candidate.passage.splitlines()):
        return True
    long = [word for word in WORD.findall(candidate.instruction) if len(word) > 3]
    return candidate.listed_language is not None and len(long) > 1 and all(word[0].isupper() for word in long)


def passage_copy(candidate: Candidate) -> bool:
    """The longest run of words in common with the passage is most of it. A short one counts only where it asks nothing."""
    written = candidate.written
    if not written or (len(written) < COPIED_WORDS and (candidate.asks or candidate.opening)):
        return False
    matcher = SequenceMatcher(None, _words(candidate.passage), written, autojunk=False)
    longest = matcher.find_longest_match().size
    return longest >= min(COPIED_WORDS, len(written)) and longest >= COPIED_SHARE * len(written)


def task_talk(candidate: Candidate) -> bool:
    """It talks about the text or the task instead of the subject."""
    return bool(TASK_TALK.search(candidate.instruction.replace("\u2019", "'")))


def refusal(candidate: Candidate) -> bool:
    """The model says that it cannot."""
    return bool(REFUSAL.search(candidate.instruction.replace("\u2019", "'")))


def wrong_language(candidate: Candidate) -> bool:
    """It begins with an English question word where another language was asked for, or is long and with confidence in another one."""
    if not candidate.is_english and candidate.first_word in ENGLISH_OPENERS:
        return True
    if not candidate.language or len(candidate.words) < MIN_WORDS_FOR_LANGUAGE:
        return False
    found = identify(candidate.instruction)
    return found.language not in (candidate.language, UNDETERMINED) and found.confidence >= LANGUAGE_CONFIDENCE


def not_an_instruction(candidate: Candidate) -> bool:
    """A question without its mark, a command without an imperative, a search query of too many words; unasked, none of these."""
    if candidate.style == "question":
        return not _QUESTION_MARK.search(candidate.instruction)
    if candidate.style == "search_query":
        return len(candidate.words) > MAX_SEARCH_WORDS
    language = candidate.listed_language
    if language is None:
        return False
    return not candidate.asks if candidate.style is None else candidate.first_word not in IMPERATIVES[language]


def degenerate_repetition(candidate: Candidate) -> bool:
    """One word four times in a row, or a word 3-gram three times, or (in long outputs) few different words."""
    words = candidate.words
    if any(len(set(words[start : start + 4])) == 1 for start in range(len(words) - 3)):
        return True
    grams = Counter(zip(words, words[1:], words[2:], strict=False))
    return max(grams.values(), default=0) >= 3 or (len(words) >= 12 and len(set(words)) < 0.4 * len(words))


def too_short(candidate: Candidate) -> bool:
    """Too little to say what is wanted."""
    return len(candidate.words) < MIN_WORDS or len(candidate.instruction) < MIN_CHARACTERS


def too_long(candidate: Candidate) -> bool:
    """More than an instruction needs: the model went on."""
    return len(candidate.words) > MAX_WORDS or len(candidate.instruction) > MAX_CHARACTERS


def generic(candidate: Candidate) -> bool:
    """No word of substance: it would fit any text. Written in another language than English: no long word that the passage has, too."""
    if candidate.is_english:
        return all(word in FILLER for word in candidate.words)
    if candidate.listed_language is None or candidate.style is None or candidate.is_foreign:
        return False
    return not _stems(candidate.written) & _stems(_words(candidate.passage))


def _words(text: str) -> list[str]:
    return [word.lower() for word in WORD.findall(text)]


def _stems(words: list[str]) -> set[str]:
    return {word[:STEM_CHARACTERS] for word in words if len(word) >= STEM_CHARACTERS or any(map(str.isdigit, word))}

"""The kind of task that an instruction sets, by its form alone: how it begins, in the languages with word lists.

For caps and counts, and not for verdicts by themselves: the kinds are coarse on purpose, and what has the form of no request is a `phrase`,
as search queries and headings are. (Of a copy of the passage with words changed, its gate asks for that.) Texts of other languages are
`question` where they end with a question mark, else `other`.
"""

from __future__ import annotations

import re

from bubblenet.corpus.language import UNDETERMINED, identify
from bubblenet.judging.cleaning import WORD
from bubblenet.judging.wording import IMPERATIVES, POLITE, QUESTION_WORDS, word_set

TASKS_VERSION = 1
"""Raise whenever the same instruction would be of another kind, and GATES_VERSION where it becomes a phrase or is one no more."""

_QUESTION_MARK = re.compile(r"[?\uff1f\u061f\u037e]")
_YES_NO = word_set(
    "am are can could did do does had has have is may might must shall should was were will would ist sind kann k\u00f6nnen hat haben wird"
)
_HOW = word_set("how wie comment c\u00f3mo como come")
_WHY = word_set("why warum wieso pourquoi perch\u00e9 porque")
_EXPLAIN = word_set(
    "analyze compare demonstrate describe discuss evaluate explain illustrate show teach tell beschreibe beschreiben "
    "erkl\u00e4re erkl\u00e4ren erl\u00e4utere vergleiche zeige zeigen d\u00e9cris d\u00e9crivez explique expliquez montrez "
    "montre compara describa describe explica muestra muestre descreva mostra mostre confronta descrivi descrivere spiega "
    "spiegare"
)
_LIST = word_set(
    "give identify list name outline provide suggest gib nenne z\u00e4hle donne donnez indiquez liste listez da enumera "
    "indica lista d\u00ea enumere indique liste dai elenca"
)
_WRITE = word_set(
    "build compose convert create draft edit generate implement rewrite summarize translate write fasse schreibe \u00e9cris "
    "\u00e9crivez r\u00e9sumez escribe resume escreva resuma riassumi scrivi"
)
_COMMANDS = {"explain": _EXPLAIN, "list": _LIST, "write": _WRITE}
_QUESTIONS = {"how": _HOW, "why": _WHY, "yes_no": _YES_NO}
_IMPERATIVES = frozenset[str]().union(*IMPERATIVES.values())
_ASKING = frozenset[str]().union(*QUESTION_WORDS.values())

PHRASE = "phrase"
TASKS = (*_QUESTIONS, "question", *_COMMANDS, "command", PHRASE, "other")
"""All kinds: three of questions and all other questions, three of commands and all other commands, no request, not told."""


def task_of(instruction: str) -> str:
    """The kind of task."""
    words = [word.lower() for word in WORD.findall(instruction)]
    first = next((word for word in words if word not in POLITE), "")
    is_question = bool(_QUESTION_MARK.search(instruction))
    if is_question or (first in _ASKING and first not in _YES_NO):
        return next((kind for kind, openers in _QUESTIONS.items() if first in openers), "question")
    if first in _IMPERATIVES:
        return next((kind for kind, openers in _COMMANDS.items() if first in openers), "command")
    return PHRASE if identify(instruction).language in (UNDETERMINED, *IMPERATIVES) else "other"

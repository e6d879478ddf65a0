"""Constraints that code can check: a held-out instruction with an extra sentence, and whether the answer satisfies it.

No judge is needed, and a constant answer fails. Kinds after IFEval (Zhou et al. 2023, arXiv:2311.07911, table 1), one per seed, drawn
by its hash: the same for every model. The sentence is in the language of the seed if supported here, else in English.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from typing import Any

from bubblenet.corpus.language import identify
from bubblenet.identity import folded, row_seed

CONSTRAINTS_VERSION = 2

_TEXTS = tomllib.loads(files("bubblenet.evaluation").joinpath("constraints.toml").read_text(encoding="utf-8"))
_SENTENCES, _KEYWORDS, _LANGUAGES = _TEXTS["sentences"], _TEXTS["keywords"], _TEXTS["languages"]
_Drawn = tuple[Any, Callable[[str], bool]]
"""The value in the sentence, and its check."""

_AT_ODDS = {("translation", "language")}
"""Tasks that a constraint would contradict."""

_FENCE = re.compile(r"\A```\w*\n(.*)\n```\Z", re.DOTALL)
_ITEM = re.compile(r"^[-*] +\S", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Constraint:
    """kind: length, list, json, keyword or language. sentence: appended to the instruction."""

    kind: str
    sentence: str
    _check: Callable[[str], bool]

    def is_met(self, answer: str) -> bool:
        """Whether an answer satisfies it; an empty one never does."""
        return bool(answer.strip()) and self._check(answer)


def constraint_of(seed_id: str, task: str, language: str | None, response_language: str | None) -> Constraint:
    """The constraint of a seed. task: its kind; the languages of its instruction and of its response are never requested."""
    draw = row_seed(seed_id, CONSTRAINTS_VERSION)
    kinds = [kind for kind in KINDS if (task, kind) not in _AT_ODDS]
    kind, draw = kinds[draw % len(kinds)], draw // len(kinds)
    spoken = language if language and language in _LANGUAGES else "en"
    value, check = _DRAWS[kind](draw, spoken, {language, response_language})
    return Constraint(kind, _SENTENCES[kind][spoken].format(value=value), check)


def _length(draw: int, spoken: str, own: set[str | None]) -> _Drawn:
    most = (10, 15, 20, 25)[draw % 4]
    return most, partial(has_words, most=most)


def _list(draw: int, spoken: str, own: set[str | None]) -> _Drawn:
    num = (2, 3, 4)[draw % 3]
    return num, partial(has_items, num=num)


def _json(draw: int, spoken: str, own: set[str | None]) -> _Drawn:
    key = ("answer", "result", "text")[draw % 3]
    return key, partial(is_object, key=key)


def _keyword(draw: int, spoken: str, own: set[str | None]) -> _Drawn:
    words = _KEYWORDS[spoken]
    word = words[draw % len(words)]
    return word, partial(has_word, word=word)


def _language(draw: int, spoken: str, own: set[str | None]) -> _Drawn:
    codes = sorted(set(_LANGUAGES[spoken]) - own)
    code = codes[draw % len(codes)]
    return _LANGUAGES[spoken][code], partial(is_in, code=code)


_DRAWS: dict[str, Callable[[int, str, set[str | None]], _Drawn]] = {
    "length": _length,
    "list": _list,
    "json": _json,
    "keyword": _keyword,
    "language": _language,
}
KINDS = tuple(sorted(_DRAWS))


def has_words(text: str, most: int) -> bool:
    """Whether the text has at most `most` words."""
    return len(folded(text).split()) <= most


def has_items(text: str, num: int) -> bool:
    """Whether exactly `num` lines begin a list item."""
    return len(_ITEM.findall(text)) == num


def is_object(text: str, key: str) -> bool:
    """Whether the text is a JSON object with the key, in a code fence or not."""
    stripped = text.strip()
    fenced = _FENCE.match(stripped)
    try:
        found = json.loads(fenced[1] if fenced else stripped)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and key in found


def has_word(text: str, word: str) -> bool:
    """Whether the text has the word as a whole, ignoring case."""
    return word in folded(text).split()


def is_in(text: str, code: str) -> bool:
    """Whether the text is identified as the language (bubblenet.corpus.language)."""
    return identify(text).language == code

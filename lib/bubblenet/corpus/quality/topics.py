"""How much of a text is on the word lists of a topic (topics.toml): in its own language and in English, which such pages mix in."""

from __future__ import annotations

import functools
import tomllib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal, NamedTuple

from bubblenet.corpus.similarity.shingles import tokens

Topic = Literal["adult", "gambling"]

UNSPACED = frozenset(("ja", "th", "zh"))
"""Languages whose entries are looked for as pieces of text."""

_EVERYWHERE, _UNDETERMINED = "en", "und"
_ALIASES = {"ms": "id"}
"""Malay is told from Indonesian by few words, and its pages are found by the same ones."""

_MAX_KNOWN = 1 << 16


@dataclass(frozen=True, slots=True)
class Found:
    """What a text has of a topic. num_sure: different entries that decide. num_hits: occurrences of all entries; a phrase is one."""

    num_sure: int
    num_hits: int


def languages(topic: Topic) -> tuple[str, ...]:
    """ISO 639-1 codes of the languages that a topic has lists in."""
    return tuple(_lists()[topic])


def find(topic: Topic, language: str, words: Sequence[str], text: str) -> Found:
    """The entries in a text. words, text: case folded."""
    hits = [hit for lexicon in _lexicons(topic, language) for hit in lexicon.hits(words, text)]
    return Found(len({hit.name for hit in hits if hit.is_sure}), len(hits))


class _Entry(NamedTuple):
    name: str
    is_sure: bool


class _Lexicon(dict[str, _Entry | None]):
    """The lists of a language; as a dictionary, the entry that a word is, if it is one."""

    def __init__(self, sure: str, other: str, *, is_unspaced: bool) -> None:
        entries = [_Entry(name, is_sure) for names, is_sure in ((other, False), (sure, True)) for name in _names(names)]
        self._pieces = entries if is_unspaced else []
        self._words: dict[str, _Entry] = {}
        self._stems: defaultdict[int, dict[str, _Entry]] = defaultdict(dict)
        self._phrases: defaultdict[str, list[tuple[str, _Entry]]] = defaultdict(list)
        for entry in entries if not is_unspaced else ():
            name = entry.name.removesuffix("*")
            first, *more = tokens(name)
            if more:
                self._phrases[first].append((name, entry))
            elif name != entry.name:
                self._stems[len(first)][first] = entry
            else:
                self._words[first] = entry

    def __missing__(self, word: str) -> _Entry | None:
        if len(self) > _MAX_KNOWN:
            self.clear()
        stems = (stems.get(word[:size]) for size, stems in self._stems.items())
        self[word] = entry = self._words.get(word) or next(filter(None, stems), None)
        return entry

    def hits(self, words: Sequence[str], text: str) -> list[_Entry]:
        """The entry of every occurrence."""
        found = [] if self._pieces else list(filter(None, map(self.__getitem__, words)))
        candidates = [(entry.name, entry) for entry in self._pieces]
        for first in self._phrases.keys() & set(words):
            candidates += self._phrases[first]
        for name, entry in candidates:
            if name in text:
                found += [entry] * text.count(name)
        return found


def _names(entries: str) -> list[str]:
    return [" ".join(entry.split()).casefold() for entry in entries.split("|")]


@functools.cache
def _lexicons(topic: Topic, language: str) -> tuple[_Lexicon, ...]:
    """Of a language and of English; of all for a text whose language is not known."""
    wanted = languages(topic) if language == _UNDETERMINED else (_ALIASES.get(language, language), _EVERYWHERE)
    return tuple(_lexicon(topic, code) for code in dict.fromkeys(wanted) if code in _lists()[topic])


@functools.cache
def _lexicon(topic: Topic, language: str) -> _Lexicon:
    return _Lexicon(**_lists()[topic][language], is_unspaced=language in UNSPACED)


@functools.cache
def _lists() -> dict[Topic, dict[str, dict[str, str]]]:
    return tomllib.loads(files("bubblenet.corpus.quality").joinpath("topics.toml").read_text("utf-8"))  # type: ignore[return-value]

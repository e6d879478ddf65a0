"""How much of a text is on the word lists of a topic (topics.toml): in its own language and in English, which such pages mix in."""

from __future__ import annotations

import functools
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from importlib.resources import files
from itertools import chain
from typing import Literal, NamedTuple

from bubblenet.corpus.similarity.shingles import tokens

Topic = Literal["adult", "gambling"]

UNSPACED = frozenset(("ja", "th", "zh"))
"""Languages whose entries are looked for as pieces of text."""

_EVERYWHERE, _UNDETERMINED = "en", "und"
_ALIASES = {"ms": "id"}
"""Malay is told from Indonesian by few words, and its pages are found by the same ones."""

_MAX_KNOWN = 1 << 16


def languages(topic: Topic) -> tuple[str, ...]:
    """ISO 639-1 codes of the languages that a topic has lists in."""
    return tuple(_lists()[topic])


def most_entries(topic: Topic, language: str, words: Iterable[str]) -> int:
    """At most so many different entries can be in a text of these words: a bound that is found fast."""
    return sum(map(_most_of(topic, language).__getitem__, words))


def num_sure(topic: Topic, language: str, vocabulary: Set[str], text: str) -> int:
    """The number of different entries that decide. vocabulary: the words of the text; both case folded."""
    return len({entry.text for lexicon in _lexicons(topic, language) for entry in lexicon.among(vocabulary, text) if entry.is_sure})


def num_hits(topic: Topic, language: str, words: Sequence[str], text: str) -> int:
    """The number of occurrences of all entries; a phrase is one."""
    return sum(lexicon.num_hits(words, text) for lexicon in _lexicons(topic, language))


class _Entry(NamedTuple):
    name: str
    is_sure: bool

    @property
    def text(self) -> str:
        """Without the mark of a stem."""
        return self.name.removesuffix("*")


class _Lexicon(dict[str, _Entry | None]):
    """The lists of a language; as a dictionary, the entry that a word is, if it is one."""

    def __init__(self, sure: str, other: str, *, is_unspaced: bool) -> None:
        entries = [_Entry(name, is_sure) for names, is_sure in ((other, False), (sure, True)) for name in _names(names)]
        self._words: dict[str, _Entry] = {}
        self._stems: defaultdict[int, dict[str, _Entry]] = defaultdict(dict)
        self._phrases: defaultdict[str, list[_Entry]] = defaultdict(list)
        self._pieces = _without_longer(entries) if is_unspaced else []
        phrases = [] if is_unspaced else [entry for entry in entries if len(tokens(entry.name)) > 1]
        for entry in () if is_unspaced else entries:
            if entry not in phrases:
                place = self._stems[len(entry.text)] if entry.name.endswith("*") else self._words
                place[tokens(entry.text)[0]] = entry
        for entry in _without_longer(phrases):
            if not (entry.is_sure and any(known and known.is_sure for known in map(self.__getitem__, tokens(entry.text)))):
                self._phrases[tokens(entry.text)[0]].append(entry)
        self._firsts = frozenset(self._phrases)

    def __missing__(self, word: str) -> _Entry | None:
        if len(self) > _MAX_KNOWN:
            self.clear()
        stems = (stems.get(word[:size]) for size, stems in self._stems.items())
        self[word] = entry = self._words.get(word) or next(filter(None, stems), None)
        return entry

    def most_with(self, word: str) -> int:
        """How many of its entries a text can have because of a word; in scripts without spaces the word does not tell."""
        return _MAX_KNOWN if self._pieces else (self[word] is not None) + len(self._phrases.get(word, ()))

    def among(self, vocabulary: Set[str], text: str) -> Iterator[_Entry]:
        """The entries that a text has."""
        if not self._pieces:
            yield from filter(None, map(self.__getitem__, vocabulary))
        yield from (entry for entry in self._candidates(vocabulary) if entry.text in text)

    def num_hits(self, words: Sequence[str], text: str) -> int:
        """How often it has one of them."""
        num_words = 0 if self._pieces else sum(entry is not None for entry in map(self.__getitem__, words))
        return num_words + sum(text.count(entry.text) for entry in self._candidates(set(words)))

    def _candidates(self, vocabulary: Set[str]) -> Iterable[_Entry]:
        """Pieces, and phrases whose first word is there."""
        return chain(self._pieces, *(self._phrases[first] for first in self._firsts & vocabulary))


class _Most(dict[str, int]):
    """Word -> how many entries of some lists it can be in: as a word, and as the first of a phrase."""

    def __init__(self, lexicons: tuple[_Lexicon, ...]) -> None:
        self._lexicons = lexicons

    def __missing__(self, word: str) -> int:
        if len(self) > _MAX_KNOWN:
            self.clear()
        self[word] = most = sum(lexicon.most_with(word) for lexicon in self._lexicons)
        return most


def _without_longer(entries: list[_Entry]) -> list[_Entry]:
    """Those that do not begin as another of their kind does: the shorter one finds both, and one phrase must not count as two."""
    texts = {(entry.text, entry.is_sure) for entry in entries}
    return [entry for entry in entries if not any((entry.text[:size], entry.is_sure) in texts for size in range(1, len(entry.text)))]


def _names(entries: str) -> list[str]:
    return [" ".join(entry.split()).casefold() for entry in entries.split("|")]


@functools.cache
def _most_of(topic: Topic, language: str) -> _Most:
    return _Most(_lexicons(topic, language))


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

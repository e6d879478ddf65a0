"""A passage as the quality rules see it: its prose as lines, sentences and words, each computed once and on demand.

Published rules were written for pages of running text. A passage here is Markdown of 600 to 3,000 characters, and a list, a table or a
program may be most of a good answer. *Prose* means paragraphs and list items; code, tables and headings are not prose, and no rule counts
their words, lines or symbols, except where it says so.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from bubblenet.corpus.extraction.blocks import Block, render
from bubblenet.corpus.quality.ngrams import RepeatedNgrams, num_characters
from bubblenet.corpus.similarity import shingles

MIN_WRAPPED_CHARACTERS = 60
"""A paragraph with a line of this length is wrapped text, and counts as one line; line breaks between shorter lines are deliberate."""

MIN_LINES = 4
"""Rules about a share of lines need this many: of two lines, one is half."""

MIN_WORDS = 50
"""Rules about a share of words need this many, the length of Gopher's shortest document: one line above a program is too small a sample."""

LINK_LINE_SHARE = 0.8
"""A line with this share of its characters inside links counts as a link."""

ELLIPSES = ("...", "\u2026")

_STOPS, _CJK_STOPS = ".!?\u0589\u061f\u06d4\u0964\u0965\u0f0d\u104b\u1362\u17d4", "\u3002\uff0e\uff01\uff1f\uff61"
SENTENCE_END = re.compile(rf"(?<=[{_STOPS}])\s+|(?<=[{_CJK_STOPS}])\s*|\n")
"""Sentence boundaries, by the full stops of Latin, Armenian, Arabic, Urdu, Indic, Tibetan, Burmese, Ethiopic, Khmer and CJK text."""

_ITEM_MARK = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s+")
_NO_PROSE = re.compile(r"\*\*[^*\n]*\*\*|`[^`]*`")
_INLINE_CODE = re.compile(r"`[^`\n]*`")
_ADDRESS = re.compile(r"\w+://\S+")


@dataclass(frozen=True)
class Passage:
    """A passage as the rules see it. Not slotted: cached properties need a `__dict__`.

    headings: from the top of the page down, without section numbers. language: ISO 639-1 or `und`. other_languages: those of parts of it.
    """

    blocks: Sequence[Block]
    headings: tuple[str, ...] = ()
    language: str = "und"
    other_languages: tuple[str, ...] = ()

    @cached_property
    def text(self) -> str:
        """The Markdown, code and tables included."""
        return render(self.blocks)

    @cached_property
    def paragraphs(self) -> list[str]:
        """The lines of its paragraphs, without titles of boxes and paragraphs that are a single piece of code."""
        blocks = (block.text for block in self.blocks if block.kind == "paragraph" and not _NO_PROSE.fullmatch(block.text.strip()))
        return [line for text in blocks for line in _lines(text)]

    @cached_property
    def items(self) -> list[str]:
        """Its list items without their markers, one line each."""
        return [_joined(block.text[_mark_length(block.text) :]) for block in self.blocks if block.kind == "item"]

    @cached_property
    def is_running_text(self) -> bool:
        """Whether at least half of it is paragraphs. Those between lists, tables and programs are short and worded alike."""
        return 2 * sum(map(len, self.paragraphs)) >= len(self.text)

    @cached_property
    def lines(self) -> list[str]:
        """All lines of prose; paragraphs first, since no rule depends on their order."""
        return self.paragraphs + self.items

    @cached_property
    def prose(self) -> str:
        """All prose, one line after the other."""
        return "\n".join(self.lines)

    @cached_property
    def folded_prose(self) -> str:
        """Prose with case folded and apostrophes normalised, for word lists."""
        return self.prose.casefold().replace("\u2019", "'")

    @cached_property
    def prose_without_code(self) -> str:
        """Prose without text in backticks."""
        return _INLINE_CODE.sub("", self.prose)

    @cached_property
    def running_text(self) -> str:
        """Its paragraphs, case folded, without URLs, which are not words. Rules about repetition ignore list items: those of a good list
        are worded alike.
        """
        text = "\n".join(self.paragraphs).casefold()
        return _ADDRESS.sub("", text) if "://" in text else text

    @cached_property
    def sentences(self) -> list[list[str]]:
        """The words of each sentence of the running text."""
        return [words for words in map(self._tokens, SENTENCE_END.split(self.running_text)) if words]

    @cached_property
    def running_words(self) -> list[str]:
        """The words of the running text in order; characters in scripts without spaces."""
        return list(itertools.chain.from_iterable(self.sentences))

    @cached_property
    def words(self) -> list[str]:
        """All words of its prose."""
        return self.running_words + self._tokens("\n".join(self.items).casefold())

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """The set of its words."""
        return frozenset(self.words)

    @cached_property
    def titled_text(self) -> str:
        """Its headings and its prose, with case folded and apostrophes normalised."""
        return "\n".join(self.headings).casefold().replace("\u2019", "'") + "\n" + self.folded_prose

    @cached_property
    def heading_words(self) -> list[str]:
        """The words of its headings."""
        return shingles.tokens("\n".join(self.headings))

    @cached_property
    def titled_vocabulary(self) -> frozenset[str]:
        """The set of the words of its headings and of its prose."""
        return self.vocabulary.union(self.heading_words)

    @cached_property
    def titled_words(self) -> list[str]:
        """The words of its headings and of its prose."""
        return self.heading_words + self.words

    @cached_property
    def is_unspaced(self) -> bool:
        """Whether it is written in a script without spaces, so that its words are characters."""
        return self.characters_of_a_word > 1

    @cached_property
    def _tokens(self) -> Callable[[str], list[str]]:
        """The tokenizer of its case-folded text."""
        return shingles.tokenizer(self.prose)

    @cached_property
    def characters_of_a_word(self) -> int:
        """How many entries of `words` make up a word: 2 in scripts without spaces, where they are characters."""
        return shingles.tokens_of_a_word(self.words) if shingles.has_unspaced_script(self.prose) else 1

    @cached_property
    def num_running_characters(self) -> int:
        """Characters of the words of its paragraphs, with a space after each."""
        return num_characters(self.running_words)

    @cached_property
    def repeated_ngrams(self) -> RepeatedNgrams:
        """The word n-grams of its paragraphs that occur more than once."""
        return RepeatedNgrams(self.running_words)

    @cached_property
    def num_link_characters(self) -> int:
        """Characters inside links and of bare URLs."""
        return sum(map(_num_link_characters, self.blocks))

    @cached_property
    def num_link_lines(self) -> int:
        """The number of paragraphs, items and tables that consist almost entirely of links."""
        return sum(_num_link_characters(block) >= LINK_LINE_SHARE * len(block.text.strip(" -*")) for block in self._line_blocks)

    @property
    def num_line_blocks(self) -> int:
        """The number of paragraphs, items and tables."""
        return len(self._line_blocks)

    @cached_property
    def _line_blocks(self) -> list[Block]:
        return [block for block in self.blocks if block.kind in ("paragraph", "item", "table")]


def _lines(paragraph: str) -> Iterable[str]:
    if "\n" not in paragraph:
        return (paragraph,)
    lines = [line.removeprefix("> ").strip() for line in paragraph.split("\n")]
    return (" ".join(lines),) if max(map(len, lines)) >= MIN_WRAPPED_CHARACTERS else filter(None, lines)


def _joined(item: str) -> str:
    return " ".join(item.split()) if "\n" in item else item


def _mark_length(item: str) -> int:
    mark = _ITEM_MARK.match(item)
    return mark.end() if mark else 0


def _num_link_characters(block: Block) -> int:
    if "://" not in block.text or block.kind == "code":
        return block.num_link_characters
    return max(block.num_link_characters, sum(map(len, _ADDRESS.findall(block.text))))

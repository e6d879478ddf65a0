"""Finds sentences that talk to a model or a judge which reads the text, and control markers of chat formats, in any disguise."""

from __future__ import annotations

import functools
import itertools
import operator
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files

from bubblenet.corpus.quality.disguises import folded, squeezed, undisguised
from bubblenet.corpus.quality.passage import SENTENCE_END

MAX_SENTENCE_CHARACTERS = 600
"""Of a longer sentence, only the beginning is searched."""

_MARKS = re.compile(r"^[\s>*_#|\"'(\[\u201c\u201e\u00ab-]+")
_MARKER = re.compile(
    r"<\|(?:im_(?:start|end|sep)|endoftext|(?:begin|end)_of_text|(?:start|end)_header_id|eo[tm]_id|python_tag|user|assistant|system|end)\|>"
    r"|</?(?:start|end)_of_turn>|<<?/?sys>>?|\[/?(?:inst|available_tools|tool_calls|tool_results)\]|</?(?:think|tool_call)>"
)
_MAY_BE_HEADED = re.compile("[#\uff03]")
_HEADED_MARKER = re.compile(r"###(?:instruction|response|input|assistant|system|user):")


def talks_to_a_model(text: str) -> bool:
    """Whether a sentence of it is an order to a model that reads the text, or to a judge of it."""
    return any(_is_order(form) for form in dict.fromkeys((folded(text), undisguised(text))))


def num_markers(text: str) -> int:
    """How many control markers of chat formats it has, whatever their letters and the spaces inside."""
    if text.isascii() and "<" not in text and "[" not in text:
        return 0
    form = undisguised(text)
    return len(_MARKER.findall(squeezed(form))) if "<" in form or "[" in form else 0


def num_plain_markers(text: str) -> int:
    """How many of these are written as a program would write them."""
    return len(_MARKER.findall(text.lower()))


def has_headed_marker(text: str) -> bool:
    """Whether a text that is no heading has a marker of the form `### Response:`."""
    return _MAY_BE_HEADED.search(text) is not None and _HEADED_MARKER.search(squeezed(undisguised(text))) is not None


@dataclass(frozen=True, slots=True)
class _Order:
    """Orders of a kind in one language. needs: lists of words, of each of which a sentence must have one, since these are found fast.

    lists: a bit for each of its lists.
    """

    needs: tuple[tuple[str, ...], ...]
    pattern: re.Pattern[str]
    lists: int

    def may_be_in(self, text: str) -> bool:
        return all(any(word in text for word in words) for words in self.needs)


def _is_order(text: str) -> bool:
    met = functools.reduce(operator.or_, map(_lists_met, set(text.split())), 0)
    orders = [order for order in _ORDERS if order.lists & met == order.lists and order.may_be_in(text)]
    return bool(orders) and any(
        order.may_be_in(sentence) and order.pattern.search(sentence) for sentence in _sentences(text) for order in orders
    )


@functools.lru_cache(1 << 17)
def _lists_met(word: str) -> int:
    """The lists, as bits, of which a text may have an entry if it has this word; of an entry of several words the longest is looked for."""
    return functools.reduce(operator.or_, (lists for part, lists in _PARTS.items() if part in word), 0)


def _sentences(text: str) -> Iterator[str]:
    """Its sentences, each on one line, without the marks of lists and quotations before it."""
    for sentence in SENTENCE_END.split(text.replace("\u2019", "'")):
        if stripped := _MARKS.sub("", sentence[:MAX_SENTENCE_CHARACTERS]):
            yield " ".join(stripped.split())


def _read_orders() -> Iterator[_Order]:
    data = tomllib.loads(files("bubblenet.corpus.quality").joinpath("model_talk.toml").read_text("utf-8"))
    parts, bit = data.pop("parts"), itertools.count()
    for kind in data.values():
        for found in kind.values():
            pattern = "|".join(f"(?:{_filled(one, parts)})" for one in found["patterns"])
            lists = sum(1 << next(bit) for _ in found["needs"])
            yield _Order(tuple(map(tuple, found["needs"])), re.compile(pattern), lists)


def _parts_of(orders: Sequence[_Order]) -> dict[str, int]:
    """The longest word of each entry, and the lists that it may be of."""
    found: dict[str, int] = {}
    bits = itertools.count()
    for words in (words for order in orders for words in order.needs):
        bit = 1 << next(bits)
        for word in words:
            part = max(word.split(), key=len)
            found[part] = found.get(part, 0) | bit
    return found


def _filled(pattern: str, parts: dict[str, str]) -> str:
    for name, part in [*parts.items(), *parts.items()]:  # a part may hold another
        pattern = pattern.replace(f"{{{name}}}", part)
    return pattern


_ORDERS = tuple(_read_orders())
_PARTS = _parts_of(_ORDERS)

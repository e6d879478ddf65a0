"""Extract the instruction from a raw model output: remove labels, quotes, numbering and trailing text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bubblenet.judging.quoting import code_spans, unquoted

if TYPE_CHECKING:
    from bubblenet.prompts.backtranslation import Style

# In scripts without spaces a character carries about as much as a word.
_UNSPACED = r"[\u3040-\u30ff\u4e00-\u9fff]"
_LETTER = rf"(?:(?!{_UNSPACED})[^\W_])"
WORD = re.compile(rf"{_UNSPACED}|{_LETTER}+(?:['\u2019]{_LETTER}+)?")

_LABEL = re.compile(
    r"^[*_]*(?:the |a )?(?:possible |suggested |one )?(?:question|instruction|prompt|request|(?:search )?query|q|answer)(?: \d+)?"
    r"[*_]*(?:\s*:(?!:)[*_]*|\s*-(?=\s))\s*",  # not of `question-answering` or `query::new`
    re.IGNORECASE,
)
_NUMBER = re.compile(r"^(?:\(?\d{1,2}[.):]|[-*\u2022]|#{1,4})\s+")
_QUOTED_QUESTION = re.compile(r"^[^\"\u201c?]{0,80}[:,]?\s*[\"\u201c]([^\"\u201c\u201d]{10,}\?)(?:[\"\u201d]|$)")
_QUESTION_END = re.compile(r"[?\uff1f\u061f](?=\s|$|[\"'\u201d\u2019\u00bb*`])[\"'\u201d\u2019\u00bb*`]*")
_ASKING = re.compile(
    r"(?:how|what|why|when|where|which|who|whose|whom|is|are|was|were|do|does|did|can|could|should|would|will|may|must|has|have)\b",
    re.IGNORECASE,
)
_SECOND_QUERY = re.compile(r"(\S+ \S+)(\b.*?)[,;] (?:and |or )?\1\b")
_SEARCH_END = re.compile(r"(?<!\b\w)[?!\uff1f\u3002](?=\s|$)|\.(?=\s+[A-Z]|\s*$)")


def clean(raw_output: str, style: Style | None = None) -> str:
    """The first line with words, without label, number, quotes, or text after the question mark. A search query loses its final mark."""
    lines = lines_with_words(raw_output)
    if not lines:
        return ""
    text = _strip(lines[0])
    if not text or (text.endswith(":") and len(lines) > 1):
        text = _strip(lines[1]) if len(lines) > 1 else ""
    if quoted := _QUOTED_QUESTION.match(text):
        text = quoted[1]
    text = re.sub(r"\s+", " ", text)
    return _search_terms(text) if style == "search_query" else _first_question(text)


def lines_with_words(text: str) -> list[str]:
    """The lines that contain words, stripped."""
    return [line.strip() for line in text.strip().splitlines() if WORD.search(line)]


def _strip(line: str) -> str:
    """Remove labels, numbers and quotes until nothing changes."""
    while (shorter := unquoted(_LABEL.sub("", _NUMBER.sub("", line)))) != line:
        line = shorter
    return line


def _first_question(text: str) -> str:
    """Cut after the first question mark that ends a sentence; text without a question is left whole."""
    ends = (end for end in _outside_code(_QUESTION_END, text) if not _goes_on(text, end.end()))
    end = next(ends, None)
    return unquoted(text[: end.end()]) if end else text


def _outside_code(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    code = code_spans(text)
    return (found for found in pattern.finditer(text) if not any(start <= found.start() < stop for start, stop in code))


def _goes_on(text: str, place: int) -> bool:
    """Whether the sentence goes on after a question mark: in a small letter, and with its own mark at the end or none (`a? in Perl?`)."""
    rest = text[place:].lstrip()
    return rest[:1].islower() and (bool(_QUESTION_END.search(rest)) or not _ASKING.match(text))


def _search_terms(text: str) -> str:
    """Cut before the first sentence-ending mark, and before a second query that begins like the first."""
    end = next(_outside_code(_SEARCH_END, text), None)
    text = text[: end.start()] if end else text
    again = _SECOND_QUERY.match(text)
    text = text[: again.end(2)] if again else text
    while (shorter := unquoted(text.strip(" ,;:"))) != text:
        text = shorter
    return text

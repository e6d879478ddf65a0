"""Extract the instruction from a raw model output: remove labels, quotes, numbering and trailing text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bubblenet.prompts.backtranslation import Style

# In scripts without spaces a character carries about as much as a word.
_UNSPACED = r"[\u3040-\u30ff\u4e00-\u9fff]"
_LETTER = rf"(?:(?!{_UNSPACED})[^\W_])"
WORD = re.compile(rf"{_UNSPACED}|{_LETTER}+(?:['\u2019]{_LETTER}+)?")

_LABEL = re.compile(
    r"^(?:the |a )?(?:possible |suggested |one )?(?:question|instruction|prompt|request|(?:search )?query|q|answer)(?: \d+)?\s*[:\-]\s*",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"^(?:\(?\d{1,2}[.):]|[-*\u2022]|#{1,4})\s+")
_QUOTES = "\"'`\u201c\u201d\u2018\u2019\u00ab\u00bb* "
_QUOTED_QUESTION = re.compile(r"^[^\"\u201c?]{0,80}[:,]?\s*[\"\u201c]([^\"\u201c\u201d]{10,}\?)(?:[\"\u201d]|$)")
_QUESTION_END = re.compile(r"[?\uff1f\u061f](?=\s|$|[\"'\u201d])")
_SECOND_QUERY = re.compile(r"(\S+ \S+)(\b.*?)[,;] (?:and |or )?\1\b")
_SEARCH_END = re.compile(r"[?!\uff1f\u3002](?=\s|$)|\.(?=\s+[A-Z]|\s*$)")


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
    while (shorter := _LABEL.sub("", _NUMBER.sub("", line)).strip(_QUOTES)) != line:
        line = shorter
    return line


def _first_question(text: str) -> str:
    """Cut after the first question mark that ends a sentence; text without a question is left whole."""
    end = _QUESTION_END.search(text)
    return text[: end.end()] if end else text


def _search_terms(text: str) -> str:
    """Cut before the first sentence-ending mark, and before a second query that begins like the first."""
    end = _SEARCH_END.search(text)
    text = text[: end.start()] if end else text
    again = _SECOND_QUERY.match(text)
    return (text[: again.end(2)] if again else text).strip(_QUOTES + ",;:")

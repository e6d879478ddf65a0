"""Extract the instruction from a raw model output: take off only what is certainly not part of it.

That is: an announcement or the request before it, labels, marks around all of it, an answer below it, and all but the first of several
questions where one was asked for. A search query is one line. What a fine-tuned backward model wrote is the instruction as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bubblenet.judging.quoting import code_spans, unquoted
from bubblenet.judging.wording import PROMPT_ECHO

if TYPE_CHECKING:
    from bubblenet.prompts.backtranslation import Style

# In scripts without spaces a character carries about as much as a word.
_UNSPACED = r"[\u3040-\u30ff\u4e00-\u9fff]"
_LETTER = rf"(?:(?!{_UNSPACED})[^\W_])"
WORD = re.compile(rf"{_UNSPACED}|{_LETTER}+(?:['\u2019]{_LETTER}+)?")

_KIND = r"(?:question|instruction|prompt|request|(?:search )?query)"
_LABEL = re.compile(
    rf"^[*_]*(?:the |a )?(?:possible |suggested |one )?(?:{_KIND}|q|answer)(?: \d+)?"
    r"[*_]*(?:\s*:(?!:)[*_]*|\s*-(?=\s))\s*",  # not of `question-answering` or `query::new`
    re.IGNORECASE,
)
_NUMBER = re.compile(r"^(?:\(?\d{1,2}[.):]|[-*\u2022]|#{1,4})\s+")
_ADJECTIVE = r"(?:possible|good|suitable|suggested|short|simple|clear|relevant|single|better|sample|example) "
_ONE = rf"(?:(?:an?|one|another|the|some|two|three) )?(?:{_ADJECTIVE}){{0,2}}(?:{_KIND}s?|one)"
_LEAD = (
    r"(?:(?:sure|certainly|of course|okay)\b[,.!]? ?)?"
    rf"(?:(?:here(?:'s| is| are) )?{_ONE}(?: (?:that|which|is|could|would|might|for|about|based|in)\b[^\n:\"\u201c]{{0,80}})?"
    r"|(?:sure|certainly|of course|okay)\b[^\n:]{0,80})"
)
_ANNOUNCEMENT = re.compile(rf"{_LEAD}:", re.IGNORECASE)
_ANNOUNCED = re.compile(rf"{_LEAD}[:,]?\s*[\"\u201c]([^\"\u201c\u201d\n]{{10,}})[\"\u201d]\.?", re.IGNORECASE)
_AFTER_REQUEST = re.compile(r"\W*(?:answers?)?\W*", re.IGNORECASE)
_ANSWER = re.compile(
    r"([^\n]*[?.!\uff1f\u3002][\"'\u201d*`)]*)\s*\n\s*[*_#]*"
    r"(?:(?:(?:your|the|an?|possible) )?(?:answer|explanation)(?: \d+)?[*_]*\s*:|(?:the|your) (?:correct )?answer is\b"
    r"|a[*_]*\s*:(?!.*\n\s*[*_]*b[*_]*\s*:)).*",  # not the first of several to choose from
    re.IGNORECASE | re.DOTALL,
)
_QUESTION = re.compile(r"[^\n]*[?\uff1f\u061f][\"'\u201d\u2019\u00bb*`]*")
_SECOND_QUERY = re.compile(r"(\S+ \S+)(\b.*?)[,;] (?:and |or )?\1\b")
_SEARCH_END = re.compile(r"(?<!\b\w)[?!\uff1f\u3002](?=\s|$)|\.(?=\s+[A-Z]|\s*$)")


def clean(raw_output: str, style: Style | None = None) -> str:
    """The instruction in a raw output.

    style: the requested one; None for what no model was asked for, which loses labels and marks alone; of `learnt` nothing is taken.
    """
    text = raw_output.strip()
    if style == "learnt":
        return text
    if not WORD.search(text):
        return ""
    if style is None:
        return _strip(text)
    text = _without_announcement(text)
    if answered := _ANSWER.fullmatch(text):
        text = answered[1]
    text = _strip(_first_of_several(text))
    if announced := _ANNOUNCED.fullmatch(text):
        text = announced[1]
    return _search_terms(next(iter(lines_with_words(text)), "")) if style == "search_query" else text


def lines_with_words(text: str) -> list[str]:
    """The lines that contain words, stripped."""
    return [line.strip() for line in text.strip().splitlines() if WORD.search(line)]


def _without_announcement(text: str) -> str:
    """Without a first line that only announces what follows, or first lines that only repeat the request, before a question."""
    first, _, rest = text.partition("\n")
    if not WORD.search(rest):
        return text
    if _QUESTION.search(rest) and _AFTER_REQUEST.fullmatch(PROMPT_ECHO.sub("", first, count=1)) and PROMPT_ECHO.search(first):
        return _without_announcement(rest.strip())
    return rest.strip() if _ANNOUNCEMENT.fullmatch(first.strip()) else text


def _first_of_several(text: str) -> str:
    """The first line, where every line is a question of its own, or says the first one again: one was asked for."""
    lines = lines_with_words(text)
    if len(lines) > 1 and (all(map(_QUESTION.fullmatch, lines)) or set(map(_strip, lines)) == {_strip(lines[0])}):
        return lines[0]
    return text


def _strip(text: str) -> str:
    """Remove labels, quotes and, of a single line, its number until nothing changes."""
    while (shorter := unquoted(_LABEL.sub("", text if "\n" in text else _NUMBER.sub("", text)))) != text:
        text = shorter
    return text


def _outside_code(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    code = code_spans(text)
    return (found for found in pattern.finditer(text) if not any(start <= found.start() < stop for start, stop in code))


def _search_terms(text: str) -> str:
    """Cut before the first sentence-ending mark, and before a second query that begins like the first."""
    whole = text
    end = next(_outside_code(_SEARCH_END, text), None)
    text = text[: end.start()] if end else text
    again = _SECOND_QUERY.match(text)
    text = text[: again.end(2)] if again else text
    while (shorter := unquoted(text.strip(" ,;:"), is_cut=text != whole)) != text:
        text = shorter
    return text

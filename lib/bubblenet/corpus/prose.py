"""What of a text is in a natural language: without inline code, addresses, and lines of program code that nothing marks as such."""

from __future__ import annotations

import re

from bubblenet.corpus.similarity.shingles import has_unspaced_script

MIN_WORD_SHARE = 0.5
"""Least share of the words of a line that are of nothing but letters, where the line has signs of program code."""

INLINE_CODE = r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)"
"""A span of code with its backticks, as in Markdown."""

_CODE = re.compile(INLINE_CODE + r"|https?://\S+|\S+@\S+\.\w+", re.DOTALL)
_SPACES = re.compile(r"(?<=\S)[ \t]{2,}")
_SIGNS = re.compile(r"[=(){}\[\];<>_]|^(?: {4}|\t)(?!\s*(?:[-*+\u2022]|\d{1,9}[.)])\s)", re.MULTILINE)
_INDENTED_OR_OPEN = re.compile(r"(?: {4}|\t)(?!\s*(?:[-*+\u2022]|\d{1,9}[.)])\s)|.*[;{(\[=]\s*$")
_WORD = re.compile("[(\\[\"'\u201c\u00ab\u201e\u2018]*[^\\W\\d_]+(?:[-'\u2019][^\\W\\d_]+)*[.,;:!?)\\]\"'\u201d\u00bb\u201c\u2019\u2026]*")


def prose(text: str) -> str:
    """The text without code and addresses. In a text of one line a line is not taken for code."""
    if "`" in text or "://" in text or "@" in text:
        text = _SPACES.sub(" ", _CODE.sub(" ", text))
    if "\n" not in text or not _SIGNS.search(text):
        return text
    return "\n".join(line for line in text.split("\n") if not (_SIGNS.search(line) and _is_code(line)))


def _is_code(line: str) -> bool:
    """Whether a line is indented as a block of code is, ends in an open bracket or a semicolon, or has few plain words."""
    if has_unspaced_script(line):
        return False
    words = line.split()
    return bool(_INDENTED_OR_OPEN.match(line)) or sum(map(bool, map(_WORD.fullmatch, words))) < MIN_WORD_SHARE * len(words)

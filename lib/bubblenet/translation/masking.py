"""Masks what a translator must not change: code, paths, URLs, placeholders, measures, quoted names.

Protected text is replaced by a number in white square brackets, which rule-based translators pass through unchanged and treat as a noun,
and is restored byte for byte afterwards. A translation in which a placeholder is missing or duplicated is rejected.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MASKING_VERSION = 2
OPENING, CLOSING = "\u27e6", "\u27e7"

_UNIT = (
    r"(?:%|\u00b0[CF]?|\u20ac|\$|[kKMGTP]i?(?:[bB](?:/s|ps)?|bit(?:/s)?)|B/s|bytes?|bits?|[kMG]?Hz|[mkc\u00b5n]?[sm]|[km]?[gWVA]|k?m/h"
    r"|px|dpi|h|min)"
)
_PROTECTED = re.compile(
    "|".join(
        (
            r"```.+?```",  # a code block
            r"`[^`\n]+`",  # inline code
            r"\b[a-z][a-z0-9+.-]*://[^\s<>\"]*[^\s<>\".,;:!?)\]}']",  # a URL
            r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+",  # a mail address
            r"\$\{[^}\s]+\}|\$\([^)\n]+\)|\$\w+",  # of shells
            r"\{\{?[\w.:!-]*\}?\}|%\(\w+\)[sdif]|%[sdif]\b|<[/\w][^<>\n]{0,60}>",  # of templates and markup
            r"(?:[A-Za-z]:)?(?:\\[\w.$-]+){2,}",  # a path with backslashes
            r"(?<![\w/])(?:~|\.{1,2})?(?:/[\w.@%+~-]*[\w@%+~-])+/?",  # a path with slashes
            r"\b(?=[\w.+/-]*[A-Z\d_-])[\w.+-]*\w(?:/[\w.+-]*\w)+\b",  # names with slashes: GNU/Linux, netcfg/get_ip
            r"(?<![\w-])--?[A-Za-z][\w-]*(?:=[^\s,;]+)?",  # an option
            r"\b\w+(?:[.:]{1,2}\w+)*\(\)",  # a call
            r"\b[A-Za-z]\w*(?:\.[A-Za-z]\w*){2,}\b|\b[\w-]+\.[a-z][a-z0-9]{1,4}\b(?!\.\w)",  # a dotted name, a file
            r"\b(?:[A-Za-z0-9]+_)+[A-Za-z0-9]+\b|\b_{1,2}\w+\b",  # a name with underscores
            r"\b[a-z]+[A-Z]\w*\b|\b[A-Z][a-z]+(?:[A-Z][a-z0-9]+)+\b",  # camelCase, PascalCase
            rf"(?<![\w.])[+-]?\d+(?:[.,]\d+)*\s?{_UNIT}(?!\w)",  # a measure
            r"(?<![\w.])v?\d+(?:[.,:]\d+)+(?:[-+~]\w+)*",  # a version, a date, a number with a point
            r"\"[^\"\n]{1,60}\"|\u201c[^\u201d\n]{1,60}\u201d|\u00ab[^\u00bb\n]{1,60}\u00bb|(?<!\w)'[^'\n]{2,60}'(?!\w)",  # in quotes
            rf"[{OPENING}{CLOSING}]",  # our own brackets
            r"[*#@^\[\]\\<>{}|~$/]+",  # characters with a meaning to translators
        )
    ),
    re.DOTALL,
)
_PLACEHOLDER = re.compile(rf"{OPENING}\s*(\d+)\s*{CLOSING}")


class MaskingError(ValueError):
    """A placeholder was lost or duplicated. `reason` is one of lost_placeholder, doubled_placeholder."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Masked:
    """A text with placeholders, and the text behind each of them, numbered from 1."""

    text: str
    protected: tuple[str, ...]

    def restore(self, translation: str) -> str:
        """Restore the protected text. Raises MaskingError unless each placeholder occurs exactly once."""
        found = [int(number) for number in _PLACEHOLDER.findall(translation)]
        wanted = range(1, len(self.protected) + 1)
        for number in wanted:
            if number not in found:
                raise MaskingError("lost_placeholder", f"the translation has no {self.protected[number - 1]!r}")
        if len(found) != len(self.protected):
            doubled = next(number for number in found if found.count(number) > 1 or number not in wanted)
            name = self.protected[doubled - 1] if doubled in wanted else placeholder(doubled)
            raise MaskingError("doubled_placeholder", f"the translation has {name!r} {found.count(doubled)} times")
        return _PLACEHOLDER.sub(lambda match: self.protected[int(match[1]) - 1], translation)

    def restore_roughly(self, translation: str) -> str:
        """Restore the placeholders that are left, however often they occur; for texts that are read and not kept."""
        return _PLACEHOLDER.sub(lambda match: dict(enumerate(self.protected, 1)).get(int(match[1]), ""), translation)


def mask(text: str) -> Masked:
    """Replace what must not be translated by placeholders."""
    protected: list[str] = []

    def replace(match: re.Match[str]) -> str:
        protected.append(match[0])
        return placeholder(len(protected))

    return Masked(_PROTECTED.sub(replace, text), tuple(protected))


def placeholder(number: int) -> str:
    """The placeholder of the nth protected part."""
    return f"{OPENING}{number}{CLOSING}"


def unmasked(text: str) -> str:
    """A masked text without its placeholders."""
    return _PLACEHOLDER.sub(" ", text)


def placeholder_spans(text: str) -> list[tuple[int, int]]:
    """Spans of the placeholders."""
    return [match.span() for match in _PLACEHOLDER.finditer(text)]


def unmasked_words(text: str) -> list[str]:
    """The words of a masked text outside its placeholders."""
    return re.findall(r"[^\W\d_]+(?:['\u2019\u00b7-][^\W\d_]+)*", unmasked(text))

"""Words that a pattern cannot match without, read off the pattern: searching for a word costs a tenth of trying a pattern."""

from __future__ import annotations

import importlib
import re
from typing import Any

_parser: Any = importlib.import_module("re._parser")
"""How `re` itself reads a pattern; it has no public name since `sre_parse` went."""

_REPEATS = frozenset(("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"))


def needles(pattern: re.Pattern[str]) -> frozenset[str]:
    """Texts in small letters, one of which stands in the small letters of every match; empty if none must."""
    return _of_parts(_parser.parse(pattern.pattern, pattern.flags))


def _of_parts(parts: Any) -> frozenset[str]:
    """Of what stands one after another, the texts that are the longest at least."""
    found, run = [], ""
    for code, argument in parts:
        if str(code) == "LITERAL":
            run += chr(argument)
            continue
        found += [frozenset((run.lower(),)), _of_part(str(code), argument)]
        run = ""
    return max([*found, frozenset((run.lower(),))], key=lambda texts: min(map(len, texts), default=0))


def _of_part(code: str, argument: Any) -> frozenset[str]:
    if code == "SUBPATTERN":
        return _of_parts(argument[-1])
    if code in _REPEATS and argument[0]:
        return _of_parts(argument[2])
    if code == "BRANCH":
        each = [_of_parts(branch) for branch in argument[1]]
        return frozenset().union(*each) if all(min(map(len, texts), default=0) for texts in each) else frozenset()
    return frozenset()

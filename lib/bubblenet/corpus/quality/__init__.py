"""The rules that decide whether a passage is kept, each under the name of its reason.

A rule is a pure function of a passage and its limits that says whether the passage is at fault. They are declared in `rules`, in a file for
each theme; the other modules are what they work with. docs/corpus.md lists them and shows what they do to real pages.
"""

from __future__ import annotations

import functools

from bubblenet.corpus.quality.declaration import Rule
from bubblenet.corpus.quality.passage import Passage
from bubblenet.corpus.quality.rules import RULES, RULES_VERSION, RuleSettings, rule_names


def check(passage: Passage, limits: RuleSettings) -> str | None:
    """The first reason to leave a passage out, in the order of RULES; None if it may stay."""
    rules = _rules_for(passage.language, limits.disabled_rules)
    return next((rule.name for rule in rules if rule.is_at_fault(passage, limits)), None)


@functools.cache
def _rules_for(language: str, disabled: tuple[str, ...]) -> tuple[Rule, ...]:
    return tuple(rule for rule in RULES if rule.is_for(language) and rule.name not in disabled)


__all__ = ["RULES", "RULES_VERSION", "Passage", "Rule", "RuleSettings", "check", "rule_names"]

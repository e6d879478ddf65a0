"""The quality rules, which decide whether a passage is kept; each is named after the reason it gives.

A rule is a pure function of a passage and its limits that tells whether the passage has a fault. Rules are declared in `rules`, one file
per theme; the other modules are helpers. docs/corpus.md lists the rules and shows their effect on real pages.
"""

from __future__ import annotations

import functools

from bubblenet.corpus.quality.declaration import Rule
from bubblenet.corpus.quality.passage import Passage
from bubblenet.corpus.quality.rules import RULES, RULES_VERSION, SPREADING, RuleSettings, rule_names


def check(passage: Passage, limits: RuleSettings) -> str | None:
    """The first reason to filter a passage, in the order of RULES; None if it is kept."""
    rules = _rules_for(passage.language, limits.disabled_rules)
    return next((rule.name for rule in rules if rule.is_at_fault(passage, limits)), None)


@functools.cache
def _rules_for(language: str, disabled: tuple[str, ...]) -> tuple[Rule, ...]:
    return tuple(rule for rule in RULES if rule.is_for(language) and rule.name not in disabled)


__all__ = ["RULES", "RULES_VERSION", "SPREADING", "Passage", "Rule", "RuleSettings", "check", "rule_names"]

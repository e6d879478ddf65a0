"""What a rule declares is what it does: its place in the order, the limits that it reads, its source."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import textwrap
from collections import Counter
from typing import get_type_hints

import pytest

from bubblenet.corpus.extraction.blocks import Block
from bubblenet.corpus.quality import RULES, Passage, Rule, RuleSettings, rules
from bubblenet.corpus.quality.passage import MIN_WORDS
from bubblenet.corpus.quality.rules import DisabledRules
from bubblenet.section import Section

CUTTING = {"max_characters", "min_answer_characters"}
"""Keys that are heeded where pages are cut."""


def declared() -> list[Rule]:
    """The rules of every theme, whether the order knows them or not."""
    themes = [importlib.import_module(f"{rules.__name__}.{theme.name}") for theme in pkgutil.iter_modules(rules.__path__)]
    return [member for theme in themes for member in vars(theme).values() if isinstance(member, Rule)]


def limits_class(rule: Rule) -> type[Section]:
    """The class that the function of the rule is annotated with."""
    return list(get_type_hints(rule.is_at_fault).values())[1]


def limits_read(rule: Rule) -> list[str]:
    """The keys that the function reads; `?` where it hands its limits on."""
    function = ast.parse(textwrap.dedent(inspect.getsource(rule.is_at_fault))).body[0]
    assert isinstance(function, ast.FunctionDef)
    name = function.args.args[1].arg
    read = [node.attr for node in ast.walk(function) if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == name]
    num_mentions = sum(isinstance(node, ast.Name) and node.id == name for node in ast.walk(function))
    return read + ["?"] * (num_mentions - len(read))


def test_every_declared_rule_is_asked_once() -> None:
    assert Counter(rule.name for rule in declared()) == Counter(rule.name for rule in RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_reads_the_limits_that_it_declares_and_no_others(rule: Rule) -> None:
    assert set(limits_read(rule)) == set(rule.limits)
    assert set(rule.limits) <= set(limits_class(rule).model_fields)


def test_every_limit_is_declared_in_one_theme_and_read_by_a_rule() -> None:
    themes = [base for base in RuleSettings.__bases__ if base is not DisabledRules]

    keys = Counter(key for theme in themes for key in theme.model_fields)

    assert max(keys.values()) == 1
    assert set(keys) - CUTTING == {key for rule in RULES for key in rule.limits}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_names_its_source_and_says_in_a_sentence_what_it_leaves_out(rule: Rule) -> None:
    assert rule.source.name
    assert rule.summary
    assert "%" not in rule.summary  # figures stand with the limit


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.languages], ids=lambda rule: rule.name)
def test_a_rule_has_word_lists_for_all_its_languages(rule: Rule) -> None:
    text = " ".join(f"word{number}" for number in range(MIN_WORDS)) + " javascript"

    for language in rule.languages or ():
        assert rule(Passage([Block("paragraph", text)], (), language), RuleSettings()) in (None, rule.name)

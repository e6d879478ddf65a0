"""The quality rules, one module per theme, and here the order in which they are applied.

To add a rule, declare it in the module of its theme, with its limit in the class of limits there, and insert it into RULES.
"""

from __future__ import annotations

from pydantic import Field, field_validator

from bubblenet.corpus.quality.rules import (
    boilerplate,
    generated,
    headings,
    injection,
    language,
    length,
    lines,
    links,
    repetition,
    topics,
    voice,
    words,
)
from bubblenet.errors import nearest
from bubblenet.section import Section

RULES_VERSION = 4
"""Raise whenever the same passage under the same settings would get a different reason."""

RULES = (
    length.no_text,
    headings.empty_heading,
    headings.navigation_heading,
    headings.all_capitals_heading,
    length.too_short,
    language.mixed_language,
    topics.adult,
    topics.gambling,
    generated.other_alphabet,
    generated.mojibake,
    links.link_density,
    links.link_list,
    injection.role_markers,
    injection.judge_injection,
    boilerplate.lorem_ipsum,
    boilerplate.braces,
    boilerplate.site_notices,
    lines.few_line_ends,
    lines.short_lines,
    lines.duplicate_lines,
    lines.duplicate_line_characters,
    lines.cut_lines,
    lines.bare_list,
    words.too_few_words,
    words.mean_word_length,
    words.symbols,
    words.few_letters,
    words.stop_words,
    voice.promotion,
    voice.personal_voice,
    generated.keyword_stuffing,
    generated.exchanged_names,
    repetition.repeated_sentences,
    repetition.repeated_phrase,
    repetition.repeated_text,
)
"""In order of application: the first rule that finds a fault gives the reason. Cheap ones first, after those that say what a page is."""

SPREADING = frozenset(rule.name for rule in RULES if rule.spreads)
"""The reasons for which a page is left out as a whole where they hold for most of its text."""


def rule_names() -> list[str]:
    """The names of all rules, in their order."""
    return [rule.name for rule in RULES]


class DisabledRules(Section):
    """The rules that are switched off."""

    disabled_rules: tuple[str, ...] = Field(("mixed_language",), strict=False, description="rules that are not asked, by their reason")

    @field_validator("disabled_rules")
    @classmethod
    def _rules_exist(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in set(names) - set(rule_names()):
            raise ValueError(f"no rule is called {name}; the nearest is {nearest(name, rule_names())}")
        return names


class RuleSettings(
    generated.GeneratedLimits,
    topics.TopicLimits,
    repetition.RepetitionLimits,
    voice.VoiceLimits,
    words.WordLimits,
    lines.LineLimits,
    boilerplate.BoilerplateLimits,
    links.LinkLimits,
    DisabledRules,
    length.LengthLimits,
):
    """The limits of all rules, and the rules that are switched off. Pydantic orders the keys from the last base class to the first."""

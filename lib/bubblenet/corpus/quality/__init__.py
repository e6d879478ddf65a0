"""The rules that decide whether a passage is kept, each under the name of its reason.

A rule is a pure function of a passage and the settings that says whether the passage is at fault. `RULES` is the whole list: in which order
they are asked, cheap ones first; where each comes from; for which languages it is meant. docs/corpus.md shows what they do to real pages.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bubblenet.corpus.quality import c4, fineweb, gopher, links, paper, repetition, voice, words
from bubblenet.corpus.quality.passage import Passage

if TYPE_CHECKING:
    from bubblenet.settings import Segmentation

RULES_VERSION = 3
"""Rises when the same passage under the same settings would get another reason."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule and the reason it gives, which is the name of its function.

    source: paper and section. languages: ISO 639-1 codes it has word lists for, and is asked for; None for any.
    """

    is_at_fault: Callable[[Passage, Segmentation], bool]
    source: str
    languages: Collection[str] | None = None

    @property
    def name(self) -> str:
        """The reason."""
        return self.is_at_fault.__name__

    def is_for(self, language: str) -> bool:
        """Whether it is asked for passages of this language."""
        return self.languages is None or language in self.languages

    def __call__(self, passage: Passage, limits: Segmentation) -> str | None:
        """The reason to leave the passage out, or None."""
        return self.name if self.is_for(passage.language) and self.is_at_fault(passage, limits) else None


_PAPER = "Li et al. 2023 (arXiv:2308.06259), section 3.1 and appendix"
_GOPHER = "Rae et al. 2021 (arXiv:2112.11446), section A1.1"
_TABLE_A1 = "Rae et al. 2021 (arXiv:2112.11446), Table A1"
_C4 = "Raffel et al. 2020 (arXiv:1910.10683), section 2.2"
_FINEWEB = "Penedo et al. 2024 (arXiv:2406.17557), section 3.6"
_VOICE = "Li et al. 2023 (arXiv:2308.06259), rating 1 of the curation prompt; lists and limits are ours"
_LINKS = "Kohlschuetter et al. 2010 (WSDM), link density; limits are ours"


def mixed_language(passage: Passage, _limits: Segmentation) -> bool:
    """Parts of it are in other languages. Off by default: the column `other_languages` says so of a kept passage."""
    return bool(passage.other_languages)


RULES = (
    Rule(paper.no_text, _PAPER),
    Rule(paper.empty_heading, _PAPER),
    Rule(paper.navigation_heading, _PAPER),
    Rule(paper.all_capitals_heading, _PAPER),
    Rule(paper.too_short, _PAPER),
    Rule(mixed_language, "ours"),
    Rule(links.link_density, _LINKS),
    Rule(links.link_list, _LINKS),
    Rule(c4.lorem_ipsum, _C4),
    Rule(c4.braces, _C4),
    Rule(c4.site_notices, _C4, words.NOTICES),
    Rule(fineweb.few_line_ends, _FINEWEB),
    Rule(fineweb.short_lines, _FINEWEB),
    Rule(repetition.duplicate_lines, _TABLE_A1),
    Rule(fineweb.duplicate_line_characters, _FINEWEB),
    Rule(gopher.cut_lines, _GOPHER),
    Rule(gopher.bare_list, _GOPHER),
    Rule(gopher.too_few_words, _GOPHER),
    Rule(gopher.mean_word_length, _GOPHER),
    Rule(gopher.symbols, _GOPHER),
    Rule(gopher.few_letters, _GOPHER),
    Rule(gopher.stop_words, _GOPHER, words.STOP_WORDS),
    Rule(voice.promotion, _VOICE, words.PROMOTION),
    Rule(voice.personal_voice, _VOICE, words.FIRST_PERSON),
    Rule(paper.repeated_sentences, _PAPER),
    Rule(repetition.repeated_phrase, _TABLE_A1),
    Rule(repetition.repeated_text, _TABLE_A1),
)


def check(passage: Passage, limits: Segmentation) -> str | None:
    """The first reason to leave a passage out, in the order of RULES; None if it may stay."""
    rules = _rules_for(passage.language, limits.disabled_rules)
    return next((rule.name for rule in rules if rule.is_at_fault(passage, limits)), None)


def rule_names() -> list[str]:
    """The names of all rules, in their order."""
    return [rule.name for rule in RULES]


@functools.cache
def _rules_for(language: str, disabled: tuple[str, ...]) -> tuple[Rule, ...]:
    return tuple(rule for rule in RULES if rule.is_for(language) and rule.name not in disabled)


__all__ = ["RULES", "RULES_VERSION", "Passage", "Rule", "check", "rule_names"]

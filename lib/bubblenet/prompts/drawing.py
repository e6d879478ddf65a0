"""Draws the template of a candidate from passage, candidate number and prompt set, independently of any batch.

Style, complexity, length, template and opening are drawn in turn, each with its own random number, among those that suit passage and
language. A share holds only where its kind is available: a list of terms has no steps, whatever `multi_step_share` says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from bubblenet.corpus.language import UNDETERMINED
from bubblenet.identity import row_seed
from bubblenet.prompts.backtranslation import ANY, Choice, PromptSet, Template, request_of

if TYPE_CHECKING:
    from bubblenet.corpus.shape import Shape
    from bubblenet.settings import Backtranslation

DRAW_VERSION = 1
"""Raise whenever the same passage, candidate, set and shares would get a different choice."""

_FLOAT_BITS = 53
_WORDS_STEP = 50

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ticket:
    """The inputs of a draw other than the shares: id of the passage, number of the candidate, name of the prompt set."""

    row_id: str
    candidate: int
    prompt: str

    @property
    def seed(self) -> int:
        """Seed of the model's sampling."""
        return row_seed(self.row_id, self.candidate, self.prompt)

    def number(self, axis: str) -> float:
        """A number in [0, 1), different for each axis."""
        return (row_seed(self.row_id, self.candidate, self.prompt, axis) >> (63 - _FLOAT_BITS)) / (1 << _FLOAT_BITS)


def shares_of(settings: Backtranslation) -> dict[str, dict[str, float]]:
    """The configured share of every value of every axis; each axis sums to 1."""
    return {
        "style": {
            "question": max(0.0, 1 - settings.command_share - settings.search_query_share),
            "command": settings.command_share,
            "search_query": settings.search_query_share,
        },
        "complexity": {
            "single": max(0.0, 1 - settings.multi_step_share - settings.constrained_share),
            "multi_step": settings.multi_step_share,
            "constrained": settings.constrained_share,
        },
        "length": {"short": 1 - settings.long_share, "long": settings.long_share},
    }


def draw(prompts: PromptSet, shares: Mapping[str, Mapping[str, float]], ticket: Ticket, shape: Shape, language: str) -> Choice:
    """The choice for one candidate. language: ISO 639-1 code of the instruction, `und` or "" if unknown."""
    language = "" if language == UNDETERMINED else language
    offered = [t for t in prompts.templates if shape.source_type in t.source_types and t.openings_in(language)]
    style = _pick_value("style", {t.style for t in offered}, shares, ticket)
    offered = [t for t in offered if t.style == style]
    closings = _closings(prompts, shape, language) if style != "search_query" else []
    complexities = {t.complexity for t in offered} | ({"constrained"} if closings else set())
    complexity = _pick_value("complexity", complexities, shares, ticket)
    offered = [t for t in offered if t.complexity == ("single" if complexity == "constrained" else complexity)]
    length = _pick_value("length", {t.length for t in offered}, shares, ticket)
    template = _pick([t for t in offered if t.length == length], ticket.number("template"))
    plain = choice_of(template, prompts, ticket, shape, language)
    return (
        replace(plain, complexity="constrained", closing=_pick(closings, ticket.number("closing")))
        if complexity == "constrained"
        else plain
    )


def choice_of(template: Template, prompts: PromptSet, ticket: Ticket, shape: Shape, language: str) -> Choice:
    """A template with one of its openings and no closing. The template must have openings for the language."""
    labels = prompts.labels[template.style]
    return Choice(
        prompt=prompts.name,
        template=template.name,
        style=template.style,
        length=template.length,
        complexity=template.complexity,
        source_type=shape.source_type,
        language=language,
        request=request_of(template, prompts, shape.source_type, language),
        label=labels.get(language, labels[ANY]),
        opening=_pick(template.openings_in(language), ticket.number("opening")),
    )


def _pick_value(axis: str, values: set[str], shares: Mapping[str, Mapping[str, float]], ticket: Ticket) -> str:
    """One of the available values, in proportion to its share; uniformly if all their shares are 0."""
    weights = {value: share for value, share in shares[axis].items() if value in values}
    total = sum(weights.values())
    if total <= 0:
        return _pick(sorted(values), ticket.number(axis))
    left = ticket.number(axis) * total
    for value, weight in weights.items():
        left -= weight
        if left < 0:
            return value
    return max(weights, key=weights.__getitem__)  # the sum of the shares was rounded down


def _pick(values: Sequence[T], number: float) -> T:
    return values[int(number * len(values))]


def _closings(prompts: PromptSet, shape: Shape, language: str) -> list[str]:
    """Requirements that the passage meets, in the language."""
    forms = (*shape.forms, "length")
    texts = [text for constraint in prompts.constraints if constraint.form in forms for text in constraint.closings.get(language, ())]
    nearest = max(_WORDS_STEP, _WORDS_STEP * round(shape.num_words / _WORDS_STEP))
    at_most = _WORDS_STEP * -(-shape.num_words // _WORDS_STEP)
    return [text.format(num_words=nearest, max_words=at_most) for text in texts]

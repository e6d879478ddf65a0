"""The prompt under which reverse gain is measured: one for all candidates, whatever their own prompt, so that gains are comparable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bubblenet.engines.protocol import Prompt


@dataclass(frozen=True, slots=True)
class ReverseGainTemplate:
    """build: passage -> prompt. blank: the same request around an uninformative text, the baseline of the gain.

    With the 135M model and true against shuffled questions of one FAQ, the gain per token over this baseline ranks better than the gain
    over the beginning-of-text token alone: the model's prior after any such request cancels out.
    """

    name: str
    version: int
    build: Callable[[str], Prompt]
    blank: Prompt

    def as_continuation(self, instruction: str) -> str:
        """The instruction as the model would write it after the prompt: with a leading space if the answer has already begun."""
        prefix = self.blank.assistant_prefix
        return instruction if not prefix or prefix[-1].isspace() else f" {instruction}"

    def probe(self) -> tuple[str, int, Prompt, Prompt]:
        """Everything that the template adds, for its digest."""
        return self.name, self.version, self.build("PASSAGE"), self.blank


_BLANK = "This is a text."


def _question(passage: str) -> Prompt:
    return Prompt(f"{passage}\n\nWrite one question that this text answers.", assistant_prefix="Question:")


def _answers(passage: str) -> Prompt:
    return Prompt(f"{passage}\n\nWhich question does this text answer?", assistant_prefix="It answers the question:")


REVERSE_GAINS = {
    "question_v1": ReverseGainTemplate("question_v1", 1, _question, _question(_BLANK)),
    "answers_v1": ReverseGainTemplate("answers_v1", 1, _answers, _answers(_BLANK)),
}

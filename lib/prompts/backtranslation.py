"""How a model is asked for the instruction that a passage answers.

A small instruction model follows the last thing it reads, so the passage comes first and the request is one plain sentence.
Longer requests (roles, formats, "the instruction for this text") make it talk about the task instead, and worked examples
come back as questions about the examples. An answer that already begins with "Question:" keeps it from chatting: of thirty
samples for ten sections of a handbook, 17 passed the gates at temperature 0.8 without that beginning, 28 at 0.5 with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bubblenet.engines.protocol import Prompt


@dataclass(frozen=True, slots=True)
class BacktranslationTemplate:
    """build: passage -> prompt. blank: the same request around a text that says nothing, against which a gain is measured.

    With the 135M model and true against shuffled questions of one FAQ, the gain per token over such a blank ranks better than the gain over
    the beginning-of-text token alone: what the model writes after any such request cancels out.
    """

    name: str
    version: int
    build: Callable[[str], Prompt]
    blank: Prompt

    def as_continuation(self, instruction: str) -> str:
        """The instruction as the model would write it after the prompt: behind a space where the answer has already begun."""
        prefix = self.blank.assistant_prefix
        return instruction if not prefix or prefix[-1].isspace() else f" {instruction}"

    def probe(self) -> tuple[str, int, Prompt, Prompt]:
        """Everything the template adds, for its digest."""
        return self.name, self.version, self.build("PASSAGE"), self.blank


_QUESTION_REQUEST = "Write one question that this text answers."


def _question(passage: str) -> Prompt:
    return Prompt(f"{passage}\n\n{_QUESTION_REQUEST}", assistant_prefix="Question:")


BACKTRANSLATIONS = {
    "question_v1": BacktranslationTemplate("question_v1", 1, _question, _question("This is a text.")),
}

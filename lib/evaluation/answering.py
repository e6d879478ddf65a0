"""A model's answer to a held-out seed, beside the answer that a person gave: how likely that one is to the model, and how like it its own.

Forward, the instruction is asked and the response compared; backward, the response is shown and the instruction compared: instruction
recovery. Both are asked exactly as they are trained (bubblenet.training.examples).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from bubblenet.engines.protocol import GenerationRequest, LikelihoodRequest, Prompt

if TYPE_CHECKING:
    from bubblenet.engines.protocol import TextEngine
    from bubblenet.settings import Assessment

ANSWERING_VERSION = 1


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and the text that a person wrote in answer."""

    key: str
    prompt: Prompt
    reference: str


@dataclass(frozen=True, slots=True)
class Answer:
    """text: what the model wrote, greedily. log_likelihood: of the reference, in nats, over num_tokens. The others are 0 to 100."""

    key: str
    text: str | None
    is_finished: bool
    log_likelihood: float | None
    num_tokens: int
    bleu: float | None
    chrf: float | None
    rouge_l: float | None
    prompt_tokens: int
    output_tokens: int
    error: str | None = None


def answer(engine: TextEngine, questions: Sequence[Question], settings: Assessment) -> list[Answer]:
    """Ask all; a question that the engine fails on has an error."""
    _scorers()  # that they are missing is found before the model is asked
    likelihoods = engine.log_likelihood([LikelihoodRequest(asked.key, asked.prompt, asked.reference) for asked in questions])
    written = engine.generate(
        [GenerationRequest(asked.key, asked.prompt, settings.max_new_tokens, 0.0, 1.0, 0) for asked in questions]  # greedy
    )
    answers = []
    for asked, likelihood, generation in zip(questions, likelihoods, written, strict=True):
        scores = overlap(generation.text, asked.reference) if generation.text is not None else dict.fromkeys(("bleu", "chrf", "rouge_l"))
        answers.append(
            Answer(
                key=asked.key,
                text=generation.text,
                is_finished=generation.is_finished,
                log_likelihood=likelihood.log_probability,
                num_tokens=likelihood.num_tokens,
                prompt_tokens=likelihood.context_tokens + generation.prompt_tokens,
                output_tokens=generation.output_tokens,
                error=likelihood.error or generation.error,
                **scores,
            )
        )
    return answers


def overlap(text: str, reference: str) -> dict[str, float]:
    """How much of the reference a text has, 0 to 100: BLEU of the one sentence with effective order, chrF2, F of ROUGE-L.

    Papineni et al. 2002 and Popovic 2015 by sacrebleu; Lin 2004 by rouge-score, whose words are letters and digits of any script here.
    """
    bleu, chrf, rouge = _scorers()
    return {
        "bleu": bleu.sentence_score(text, [reference]).score,
        "chrf": chrf.sentence_score(text, [reference]).score,
        "rouge_l": 100 * rouge.score(reference, text)["rougeL"].fmeasure,
    }


class _Words:
    """The tokenizer that rouge-score brings knows the letters a to z alone."""

    def tokenize(self, text: str) -> list[str]:
        from bubblenet.identity import folded

        return folded(text).split()


@cache
def _scorers() -> tuple[Any, Any, Any]:
    from rouge_score.rouge_scorer import RougeScorer
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    return BLEU(effective_order=True), CHRF(), RougeScorer(["rougeL"], tokenizer=_Words())

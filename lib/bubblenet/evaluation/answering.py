"""A model's answers to held-out seeds, compared with human answers: likelihood of the human answer, and overlap with the model's own.

Forward, the prompt is the instruction and the target the response; backward, the prompt is the response and the target the instruction
(instruction recovery). Both prompts are exactly those used in training (bubblenet.export.examples).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from bubblenet.engines.protocol import GenerationRequest, LikelihoodRequest, Prompt

if TYPE_CHECKING:
    from bubblenet.engines.protocol import Generation, Likelihood, TextEngine
    from bubblenet.evaluation.constraints import Constraint
    from bubblenet.settings import Assessment

ANSWERING_VERSION = 2


@dataclass(frozen=True, slots=True)
class Question:
    """A prompt, and the human-written reference; None with a constraint."""

    key: str
    prompt: Prompt
    reference: str | None
    constraint: Constraint | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """text: the model's output, greedily decoded. log_likelihood: of the reference, in nats, over num_tokens. The overlaps are 0 to 100.

    constraint: its kind. is_met: whether the text satisfies it. Without a reference there is no likelihood and no overlap.
    """

    key: str
    text: str | None
    is_finished: bool
    log_likelihood: float | None
    num_tokens: int | None
    bleu: float | None
    chrf: float | None
    rouge_l: float | None
    prompt_tokens: int
    output_tokens: int
    constraint: str | None = None
    is_met: bool | None = None
    error: str | None = None


def answer(engine: TextEngine, questions: Sequence[Question], settings: Assessment) -> list[Answer]:
    """Answer all questions; one that the engine fails on carries an error."""
    _bleu(), _chrf(), _rouge()  # fail on missing packages before the model runs
    compared = [asked for asked in questions if asked.reference is not None]
    likelihoods = engine.log_likelihood([LikelihoodRequest(asked.key, asked.prompt, asked.reference or "") for asked in compared])
    by_key = {asked.key: likelihood for asked, likelihood in zip(compared, likelihoods, strict=True)}
    written = engine.generate(
        [GenerationRequest(asked.key, asked.prompt, settings.max_new_tokens, 0.0, 1.0, 0) for asked in questions]  # greedy
    )
    return [_answer(asked, by_key.get(asked.key), generation) for asked, generation in zip(questions, written, strict=True)]


def _answer(asked: Question, likelihood: Likelihood | None, generation: Generation) -> Answer:
    text, reference = generation.text, asked.reference
    scores = dict.fromkeys(("bleu", "chrf", "rouge_l")) if text is None or reference is None else overlap(text, reference)
    return Answer(
        key=asked.key,
        text=text,
        is_finished=generation.is_finished,
        log_likelihood=likelihood.log_probability if likelihood else None,
        num_tokens=likelihood.num_tokens if likelihood else None,
        prompt_tokens=(likelihood.context_tokens if likelihood else 0) + generation.prompt_tokens,
        output_tokens=generation.output_tokens,
        constraint=asked.constraint.kind if asked.constraint else None,
        is_met=asked.constraint.is_met(text) if asked.constraint and text is not None else None,
        error=(likelihood.error if likelihood else None) or generation.error,
        **scores,
    )


def overlap(text: str, reference: str) -> dict[str, float]:
    """Overlap of a text with the reference, 0 to 100: BLEU, chrF and ROUGE-L."""
    return {"bleu": bleu(text, reference), "chrf": chrf(text, reference), "rouge_l": rouge_l(text, reference)}


def bleu(text: str, reference: str) -> float:
    """Sentence BLEU with effective order, 0 to 100: Papineni et al. 2002, by sacrebleu."""
    return float(_bleu().sentence_score(text, [reference]).score)


def chrf(text: str, reference: str) -> float:
    """chrF2, 0 to 100: Popovic 2015, by sacrebleu."""
    return float(_chrf().sentence_score(text, [reference]).score)


def rouge_l(text: str, reference: str) -> float:
    """ROUGE-L F-measure, 0 to 100: Lin 2004, by rouge-score with words of letters and digits in any script."""
    return 100.0 * float(_rouge().score(reference, text)["rougeL"].fmeasure)


class _Words:
    """Tokenizer for any script: rouge-score's own knows only the letters a to z."""

    def tokenize(self, text: str) -> list[str]:
        from bubblenet.identity import folded

        return folded(text).split()


@cache
def _bleu() -> Any:
    from sacrebleu.metrics.bleu import BLEU

    return BLEU(effective_order=True)


@cache
def _chrf() -> Any:
    from sacrebleu.metrics.chrf import CHRF

    return CHRF()


@cache
def _rouge() -> Any:
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer(["rougeL"], tokenizer=_Words())

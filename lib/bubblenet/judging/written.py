"""Measurements with generated text: a rationale with a score, or the instruction that the judge would write itself.

They decode token by token where the other modes need one prefill; they exist for comparison.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bubblenet.engines.protocol import GenerationRequest, TextEngine
from bubblenet.judging.gates import clean
from bubblenet.judging.measure import Pair, truncate
from bubblenet.judging.ratings import parse_score
from bubblenet.judging.text_signals import likeness
from bubblenet.prompts import RationaleTemplate, ReverseGainTemplate


@dataclass(frozen=True, slots=True)
class WrittenMeasurement:
    """The judge's text about a pair, and the number in it: None if there is none, or if error is set."""

    key: str
    text: str | None
    score: float | None
    prompt_tokens: int
    output_tokens: int
    error: str | None


def measure_rationale(
    engine: TextEngine, pairs: Sequence[Pair], max_passage_tokens: int, rubric: RationaleTemplate, max_new_tokens: int
) -> list[WrittenMeasurement]:
    """The judge's rationale, decoded greedily, and the score in its last line: None if there is no such line."""
    shown = truncate(engine, [pair.response for pair in pairs], max_passage_tokens)
    prompts = [rubric.build(pair.instruction, shown[pair.response]) for pair in pairs]
    answers = engine.generate(
        [GenerationRequest(pair.key, prompt, max_new_tokens, 0.0, 1.0, 0) for pair, prompt in zip(pairs, prompts, strict=True)]
    )
    return [
        WrittenMeasurement(
            answer.key,
            answer.text,
            parse_score(answer.text) if answer.text is not None and answer.is_finished else None,
            answer.prompt_tokens,
            answer.output_tokens,
            answer.error,
        )
        for answer in answers
    ]


def measure_cycle(
    engine: TextEngine, pairs: Sequence[Pair], max_passage_tokens: int, template: ReverseGainTemplate, max_new_tokens: int
) -> list[WrittenMeasurement]:
    """The instruction that the judge would write, decoded greedily once per response, and its similarity to the pair's own."""
    shown = truncate(engine, [pair.response for pair in pairs], max_passage_tokens)
    requests = [GenerationRequest(text, template.build(shown[text]), max_new_tokens, 0.0, 1.0, 0) for text in shown]
    written = dict(zip(shown, engine.generate(requests), strict=True))
    results = []
    charged: set[str] = set()
    for pair in pairs:
        answer = written[pair.response]
        tokens = (0, 0) if pair.response in charged else (answer.prompt_tokens, answer.output_tokens)
        charged.add(pair.response)
        score = None if answer.text is None else likeness(pair.instruction, clean(answer.text, "question"))
        results.append(WrittenMeasurement(pair.key, answer.text, score, *tokens, answer.error))
    return results

"""Signals from log-probabilities. x: instruction, y: response; all logarithms are natural.

Forward gain and the ratio called instruction-following difficulty are equivalent: how much the instruction helps to predict the response
(Li et al. 2023, arXiv:2308.12032, section 2; with a 124M-parameter model, Li et al. 2024, Superfiltering, arXiv:2402.00530).
Reverse gain is the opposite: how much the response helps to predict the instruction.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

OPENING_TOKENS = (16, 64)
MIN_END = -12.0
"""Lower values are clipped: an end this unlikely is ruled out, and the exact value carries no information."""


def forward_gain(given_instruction: float, alone: float, num_tokens: int) -> float:
    """(log p(y|x) - log p(y)) / tokens of y, in nats per token. Above 0: the instruction makes the response more likely."""
    return _per_token(given_instruction - alone, num_tokens)


def reverse_gain(given_response: float, alone: float, num_tokens: int) -> float:
    """(log p(x|y) - log p(x)) / tokens of x, in nats per token. Above 0: the response makes the instruction more likely."""
    return _per_token(given_response - alone, num_tokens)


def instruction_following_difficulty(gain: float) -> float:
    """Perplexity of y after x over perplexity of y alone = exp(-forward_gain). 1 or more: the instruction does not help."""
    return math.exp(-gain)


def reverse_signals(given: Sequence[float], alone: Sequence[float]) -> dict[str, float]:
    """Signals from the log-probabilities of the instruction's tokens, with the response and without it.

    A mean over all tokens is diluted by those that occur in any question. Hence three more: the sum over the square root of the number of
    tokens, as for n independent observations; the share of the surprisal that the response explains; and the gain of the most surprising
    tokens.
    """
    gains = [with_y - without for with_y, without in zip(given, alone, strict=True)]
    total, surprise = math.fsum(gains), -math.fsum(alone)
    rare = sorted(range(len(gains)), key=lambda place: alone[place])[: max(1, len(gains) // 2)]
    return {
        "reverse_gain": total / len(gains),
        "reverse_gain_root": total / math.sqrt(len(gains)),
        "reverse_gain_share": total / max(surprise, 1e-6),
        "reverse_gain_rare": _mean([gains[place] for place in rare]),
        "reverse_gain_best": _mean(sorted(gains)[-3:]),
        "instruction_surprise": -math.fsum(given) / len(given),
    }


def contrast_signals(gains: Sequence[float], surprise: float, num_tokens: int) -> dict[str, float]:
    """How much better the response explains the instruction than the best of its neighbours, or than nothing, which has gain 0.

    gains: of the response first, then of its neighbours.
    """
    margin = gains[0] - max((0.0, *gains[1:]))
    return {
        "contrast": margin / num_tokens,
        "contrast_root": margin / math.sqrt(num_tokens),
        "contrast_share": margin / max(surprise, 1e-6),
        "contrast_mean": (gains[0] - _mean(gains[1:])) / math.sqrt(num_tokens),
    }


def forward_signals(given: Sequence[float], alone: Sequence[float], end: float | None) -> dict[str, float]:
    """Signals from the log-probabilities of the response's tokens, with the instruction and without it.

    An instruction helps most at the beginning of the response. end: log p that the answer ends where the response does; low for a truncated
    response. If it is unknown (an engine that cannot tell, a response too long to be shown whole), the response counts as ended.
    """
    gains = [after - before for after, before in zip(given, alone, strict=True)]
    return {
        "forward_gain": math.fsum(gains) / len(gains),
        "forward_gain_root": math.fsum(gains) / math.sqrt(len(gains)),
        **{f"forward_gain_{length}": _mean(gains[:length]) for length in OPENING_TOKENS},
        "forward_gain_best": _mean(sorted(gains)[-10:]),
        "response_surprise": -math.fsum(alone) / len(alone),
        "end": 0.0 if end is None else max(end, MIN_END),
    }


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else 0.0


def _per_token(difference: float, num_tokens: int) -> float:
    if num_tokens < 1:
        raise ValueError(f"a gain needs at least one token, got {num_tokens}")
    return difference / num_tokens

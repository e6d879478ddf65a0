"""What log-probabilities say about a pair. x: instruction, y: response; all logarithms are natural.

Forward gain and the ratio called instruction-following difficulty say the same: how much the instruction helps to predict the response
(Li et al. 2023, arXiv:2308.12032, section 2; with a 124M-parameter model, Li et al. 2024, Superfiltering, arXiv:2402.00530).
Reverse gain asks the opposite: how much the response helps to predict the instruction.
"""

from __future__ import annotations

import math


def forward_gain(given_instruction: float, alone: float, num_tokens: int) -> float:
    """(log p(y|x) - log p(y)) / tokens of y, in nats per token. Above 0: the instruction makes the response more likely."""
    return _per_token(given_instruction - alone, num_tokens)


def reverse_gain(given_response: float, alone: float, num_tokens: int) -> float:
    """(log p(x|y) - log p(x)) / tokens of x, in nats per token. Above 0: the response makes the instruction more likely."""
    return _per_token(given_response - alone, num_tokens)


def instruction_following_difficulty(gain: float) -> float:
    """Perplexity of y after x over perplexity of y alone = exp(-forward_gain). 1 or more: the instruction does not help at all."""
    return math.exp(-gain)


def _per_token(difference: float, num_tokens: int) -> float:
    if num_tokens < 1:
        raise ValueError(f"a gain needs at least one token, got {num_tokens}")
    return difference / num_tokens

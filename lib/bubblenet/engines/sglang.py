"""SGLang's own /generate for likelihoods: it computes log-probabilities from a given token on, so what stands before comes from its cache.

/v1/completions with `echo` asks for those of the whole prompt, and a server has to read a passage again for every pair it is in.
Requests and answers follow SGLang's `managers/io_struct.py` and its page on sampling parameters.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Any

from bubblenet.engines.completions import NotAnswered

OWNER = "sglang"
"""What such a server says of itself in /v1/models (`owned_by`)."""
PATH = "../generate"


def likelihood(ids: Sequence[int], num_context: int, stop_ids: Collection[int]) -> dict[str, Any]:
    """Request body: log-probabilities of the ids behind the context, and those of the tokens that may end the answer.

    The first place that is asked for has no log-probability, so the last token of the context is asked for, too.
    """
    return {
        "input_ids": list(ids),
        "sampling_params": {"max_new_tokens": 1, "temperature": 0.0},
        "return_logprob": True,
        "logprob_start_len": num_context - 1,
        "token_ids_logprob": sorted(stop_ids),
    }


def read_likelihood(answer: dict[str, Any], ids: Sequence[int], num_context: int) -> tuple[tuple[float, ...], float]:
    """Log-probabilities of the ids behind the context but the last, and of an end where that last one stands.

    Raises NotAnswered if the server's tokens are not those that were sent.
    """
    found = answer.get("meta_info") or {}
    asked = list(ids[num_context:])
    rows, ends = found.get("input_token_logprobs") or [], found.get("input_token_ids_logprobs") or []
    values = [row[0] for row in rows[-len(asked) :]]
    if [row[1] for row in rows[-len(asked) :]] != asked or any(value is None for value in values):
        raise NotAnswered(f"{len(rows)} log-probabilities for {len(asked)} tokens, or those of other tokens")
    if len(ends) != len(rows) or not ends[-1]:
        raise NotAnswered("no log-probabilities of the tokens that end an answer")
    return tuple(values[:-1]), math.log(math.fsum(math.exp(row[0]) for row in ends[-1]))


def usage(answer: dict[str, Any]) -> dict[str, Any]:
    """What the server counted, in the form that /v1/completions has it."""
    found = answer.get("meta_info") or {}
    return {
        "usage": {
            "prompt_tokens": found.get("prompt_tokens"),
            "prompt_tokens_details": {"cached_tokens": found.get("cached_tokens")},
        }
    }

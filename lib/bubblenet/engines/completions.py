"""The /v1/completions protocol: JSON request bodies, and parsers for the responses of vLLM, llama.cpp and others.

Prompts are sent as token ids, never as text: no text of a passage can become a control token at the server, and the prompt has the same
tokens as in the transformers engine. Fields that only some servers know
(`return_tokens_as_token_ids`, `stop_token_ids`: vLLM, SGLang; `logprob_token_ids`: vLLM; `cache_prompt`, `samplers`:
llama.cpp) are ignored by the others.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

# In the fingerprints of models behind a server alone: raise it when requests or readings of answers change.
COMPLETIONS_VERSION = 4

PATH = "/completions"
# Seeds are 64-bit here but 32-bit in llama.cpp (where the largest value means "random").
SEEDS = 2**31
MAX_UNSEEN_SHARE = 0.01
# llama.cpp evaluates a cached prompt with other kernels than a new one; on a CPU that moved a log-probability by 0.04, so a response
# depended on earlier requests. Without its cache, equal requests have equal responses.
_UNCACHED = {"cache_prompt": False}
# What a request does not say, vLLM and SGLang take from the model's generation_config.json, and llama.cpp from its own defaults (top_k 40,
# min_p 0.05) or the GGUF file: two servers of one model would sample differently. -1 switches top_k off in all three; SGLang refuses 0.
_NEUTRAL = {"top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0, "presence_penalty": 0.0, "frequency_penalty": 0.0}
# llama.cpp's own: no other sampler, and the temperature before the nucleus as everywhere else, where its default order has it last.
_LLAMA = {"repeat_penalty": 1.0, "mirostat": 0, "dynatemp_range": 0.0, "samplers": ["temperature", "top_p"]}
_ALWAYS = _UNCACHED | _NEUTRAL | _LLAMA
_ENDED = {"stop", "eos", "eos_token", "stop_sequence", "tool_calls"}
_CUT = "length"
_NEVER = -700.0  # below it, exp is 0
_ID_PREFIX = "token_id:"


class NotAnswered(ValueError):
    """The server's response lacks the requested content."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible next token. token_id: None if the server returns only texts."""

    token_id: int | None
    text: str
    log_probability: float


def generation(
    ids: list[int], max_tokens: int, temperature: float, top_p: float, seed: int | None, stop_ids: Collection[int]
) -> dict[str, Any]:
    """Request body: generate text. seed: None leaves it to the server."""
    wanted = {"prompt": ids, "max_tokens": max_tokens, "temperature": temperature, "top_p": top_p, "stop_token_ids": sorted(stop_ids)}
    return _ALWAYS | wanted | ({} if seed is None else {"seed": seed % SEEDS})


def next_token(ids: list[int], count: int, label_ids: Collection[int] = ()) -> dict[str, Any]:
    """Request body: the `count` likeliest next tokens. Temperature 0, since some servers scale the probabilities that they report.

    label_ids: the tokens that matter; a server that knows how (vLLM from July 2026 on) shows these in place of the likeliest, however
    unlikely they are. Left out where they are more than `count`, since servers limit how many they show.
    """
    asked = {"prompt": ids, "max_tokens": 1, "temperature": 0.0, "logprobs": count, "return_tokens_as_token_ids": True}
    chosen = {"logprob_token_ids": sorted(label_ids)} if 0 < len(label_ids) <= count else {}
    return _ALWAYS | asked | chosen


def echo(ids: list[int], count: int = 1) -> dict[str, Any]:
    """Request body: log-probabilities of all prompt tokens, with the `count` likeliest at each place.

    One token is generated, since not all servers accept max_tokens = 0.
    """
    return next_token(ids, count) | {"echo": True}


def read_generation(answer: dict[str, Any]) -> tuple[str, bool, int]:
    """The text, whether the model ended it before the limit, and its number of tokens.

    Raises NotAnswered if it ended for another reason: a filter's or an operator's cut is no text of the model's, and no limit of ours.
    """
    choice = _choice(answer)
    text, reason, usage = choice.get("text"), choice.get("finish_reason"), answer.get("usage") or {}
    if not isinstance(text, str):
        raise NotAnswered("no text")
    if reason != _CUT and reason not in _ENDED:
        raise NotAnswered(f"the server ended the answer with finish_reason {reason!r}")
    return text, reason != _CUT, int(usage.get("completion_tokens") or 0)


def check_prompt_was_read(answer: dict[str, Any], ids: Sequence[int]) -> None:
    """Raise NotAnswered if the server counted a different number of prompt tokens: it did not use these ids."""
    counted = (answer.get("usage") or {}).get("prompt_tokens")
    if counted is not None and counted != len(ids):
        raise NotAnswered(f"{counted} prompt tokens counted where {len(ids)} token ids were sent")


def read_next_token(answer: dict[str, Any]) -> list[Candidate]:
    """The likeliest next tokens."""
    found = _choice(answer).get("logprobs") or {}
    if content := found.get("content"):  # llama.cpp, and the chat format of others
        return [_candidate(item) for item in content[0].get("top_logprobs") or []]
    if tops := found.get("top_logprobs"):
        return [_named(name, value) for name, value in (tops[0] or {}).items()]
    raise NotAnswered("no log-probabilities")


def read_echo(answer: dict[str, Any], ids: Sequence[int], asked: int) -> tuple[float, ...]:
    """Log-probabilities of the last `asked` ids of the prompt."""
    found = _choice(answer).get("logprobs") or {}
    values, names = found.get("token_logprobs") or [], found.get("tokens") or []
    if len(values) < len(ids):
        raise NotAnswered(f"{len(values)} log-probabilities for a prompt of {len(ids)} tokens")
    echoed = [_named(name, 0.0).token_id for name in names[: len(ids)]]
    if any(token is not None and token != wanted for token, wanted in zip(echoed, ids, strict=False)):
        raise NotAnswered("another prompt than was sent")
    numbers = values[len(ids) - asked : len(ids)]
    if any(number is None for number in numbers):
        raise NotAnswered("a token without a log-probability")
    return tuple(numbers)


def read_end(answer: dict[str, Any], ids: Sequence[int], stop_ids: Collection[int]) -> float:
    """Log-probability that the answer ends where the last id stands, which is one of the tokens that end it.

    The others count where they are among the likeliest that the server shows there; if they are not, they are as unlikely as what is left.
    """
    found = _choice(answer).get("logprobs") or {}
    ends: dict[int, float] = {ids[-1]: found["token_logprobs"][len(ids) - 1]}
    for candidate in _shown(found, len(ids) - 1):
        if candidate.token_id is not None and candidate.token_id in stop_ids:
            ends[candidate.token_id] = candidate.log_probability
    return math.log(math.fsum(math.exp(value) for value in ends.values())) if max(ends.values()) > _NEVER else _NEVER


def read_labels(candidates: Sequence[Candidate], labels: Sequence[str], label_ids: Sequence[Collection[int]]) -> list[float]:
    """Probability of each label: its tokens with and without a leading space, matched by id if the server returns ids.

    A token that is not among the candidates is at most as likely as the least likely candidate. Raises NotAnswered if the missing tokens
    could hold more than MAX_UNSEEN_SHARE of the labels' probability; below that, they count as 0.
    """
    by_id = {candidate.token_id: math.exp(candidate.log_probability) for candidate in candidates if candidate.token_id is not None}
    by_text = {candidate.text: math.exp(candidate.log_probability) for candidate in candidates if candidate.token_id is None}
    found = [
        [by_text.get(text) for text in (label, f" {label}")] if by_text else [by_id.get(token) for token in ids]
        for label, ids in zip(labels, label_ids, strict=True)
    ]
    sums = [sum(value or 0.0 for value in variants) for variants in found]
    num_unseen = sum(value is None for variants in found for value in variants)
    unseen = num_unseen * min([*by_id.values(), *by_text.values()], default=1.0)
    if not sum(sums) or unseen > MAX_UNSEEN_SHARE * sum(sums):
        raise NotAnswered(f"labels beyond the {len(candidates)} likeliest tokens could matter; engine.top_logprobs asks for more")
    return sums


def _shown(logprobs: dict[str, Any], place: int) -> list[Candidate]:
    """The likeliest tokens at a place of the prompt, as far as the server shows any."""
    tops = logprobs.get("top_logprobs") or []
    return [_named(name, value) for name, value in (tops[place] or {}).items()] if place < len(tops) else []


def _choice(answer: dict[str, Any]) -> dict[str, Any]:
    choices = answer.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise NotAnswered("no choices")
    return choices[0]


def _candidate(item: dict[str, Any]) -> Candidate:
    token_id, value = item.get("id"), item.get("logprob")
    log_probability = -math.inf if value is None else float(value)
    return Candidate(token_id, "", log_probability) if token_id is not None else _named(str(item.get("token")), log_probability)


def _named(name: str, value: float | None) -> Candidate:
    log_probability = -math.inf if value is None else float(value)
    if name.startswith(_ID_PREFIX) and name.removeprefix(_ID_PREFIX).isdigit():
        return Candidate(int(name.removeprefix(_ID_PREFIX)), name, log_probability)
    return Candidate(None, name, log_probability)

"""A deterministic stand-in for a model, to test everything around it. Its output depends on (prompt, seed) alone.

Markers in the text trigger failures: BUBBLENET-FAIL fails the row, BUBBLENET-RAISE raises for all rows of the call,
BUBBLENET-EXHAUST runs out of memory, BUBBLENET-KILL and BUBBLENET-SIGKILL end the process, BUBBLENET-HANG sleeps.
"""

from __future__ import annotations

import hashlib
import os
import re
import signal
import time

from bubblenet.engines.protocol import (
    Generation,
    GenerationRequest,
    LabelDistribution,
    LabelRequest,
    Likelihood,
    LikelihoodRequest,
    Prompt,
    describe_error,
)

WEIGHTS_DIGEST = "scripted"
HANG_SECONDS = 600.0
# One output in this many is degenerate, of the kind that the gates reject.
DEGENERATE_EVERY = 5
DEGENERATE = (
    "This text is about many things.",
    "I'm sorry, but I cannot answer that.",
    "What is the main idea of this passage?",
    "The the the the the the the",
    "Write one question that this text answers.",
)
OPENINGS = (
    "What does {0} have to do with {1}?",
    "How is {0} related to {1}?",
    "Why would {0} need {1}?",
    "Can you explain how {0} uses {1}?",
)
CONTINUATION = "use {0} with {1}?"


class ScriptedFailure(RuntimeError):
    """The text holds the marker of a failed row."""


class ScriptedEngine:
    """Implements the engine protocol without a model. A token is a word."""

    def generate(self, requests: list[GenerationRequest]) -> list[Generation]:
        """A question built from words of the passage; for some hashes, a degenerate output."""
        return [self._generate(request) for request in requests]

    def label_distribution(self, requests: list[LabelRequest]) -> list[LabelDistribution]:
        """Probabilities from a hash of the prompt and the label."""
        return [self._distribution(request) for request in requests]

    def log_likelihood(self, requests: list[LikelihoodRequest]) -> list[Likelihood]:
        """About -3 nats per word, about -1 for words of the context: related pairs get a positive gain."""
        return [self._likelihood(request) for request in requests]

    def truncate(self, text: str, max_tokens: int) -> str:
        """The prefix with at most max_tokens words."""
        words = list(re.finditer(r"\S+", text))
        return text if len(words) <= max_tokens else text[: words[max_tokens - 1].end()]

    def close(self) -> None:
        """Do nothing: there is nothing to free."""

    def _generate(self, request: GenerationRequest) -> Generation:
        size = len(_words(_text(request.prompt)))
        try:
            _obey_markers(_text(request.prompt))
        except ScriptedFailure as error:
            return Generation(request.key, None, False, size, 0, describe_error(error))
        number = _hash(_text(request.prompt), request.seed if request.temperature > 0 else 0)
        text = _degenerate(number) if number % DEGENERATE_EVERY == 0 else _instruction(request.prompt, number)
        text = f" {text}" if _has_begun(request.prompt) else text
        return Generation(request.key, text, True, size, len(_words(text)))

    def _distribution(self, request: LabelRequest) -> LabelDistribution:
        text = _text(request.prompt)
        try:
            _obey_markers(text)
        except ScriptedFailure as error:
            return LabelDistribution(request.key, None, 0.0, len(_words(text)), describe_error(error))
        weights = [1 + _hash(text, label) % 1000 for label in request.labels]
        total = sum(weights)
        return LabelDistribution(request.key, tuple(weight / total for weight in weights), 0.9, len(_words(text)))

    def _likelihood(self, request: LikelihoodRequest) -> Likelihood:
        context = _text(request.context) if request.context else ""
        size = max(1, len(_words(context)))
        try:
            _obey_markers(context + request.continuation)
        except ScriptedFailure as error:
            return Likelihood(request.key, None, 0, size, describe_error(error))
        known = {word.lower() for word in _words(context)}
        words = _words(request.continuation)
        if not words:
            return Likelihood(request.key, None, 0, size, "BadRequest: an empty continuation")
        tokens = tuple((-1.0 if word.lower() in known else -3.0) - _hash(word, "noise") % 100 / 1000 for word in words)
        return Likelihood(request.key, sum(tokens), len(words), size, token_log_probabilities=tokens, end_log_probability=-1.0)


def _text(prompt: Prompt) -> str:
    return "\n".join(part for part in (prompt.system, prompt.user, prompt.assistant_prefix) if part)


def _words(text: str) -> list[str]:
    return re.findall(r"\S+", text)


def _hash(*parts: object) -> int:
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:8], "big")


def _degenerate(number: int) -> str:
    return DEGENERATE[number // DEGENERATE_EVERY % len(DEGENERATE)]


def _instruction(prompt: Prompt, number: int) -> str:
    """Two different long words of the text, put into one of the openings or, if the answer has begun, into CONTINUATION."""
    words = sorted({word for word in re.findall(r"[^\W\d_]{5,}", prompt.user)}) or ["something"]
    first = words[number % len(words)]
    second = words[number // 7 % len(words)]
    second = second if second != first else words[(number + 1) % len(words)]
    opening = CONTINUATION if _has_begun(prompt) else OPENINGS[number // 11 % len(OPENINGS)]
    return opening.format(first.lower(), second.lower())


def _has_begun(prompt: Prompt) -> bool:
    """Whether the answer begins with more than a label."""
    return not prompt.assistant_prefix.endswith(":") and bool(prompt.assistant_prefix)


def _obey_markers(text: str) -> None:
    if "BUBBLENET-" not in text:
        return
    if "BUBBLENET-KILL" in text:
        os._exit(9)
    if "BUBBLENET-SIGKILL" in text:
        os.kill(os.getpid(), signal.SIGKILL)
    if "BUBBLENET-HANG" in text:
        time.sleep(HANG_SECONDS)
    if "BUBBLENET-EXHAUST" in text:
        bytearray(1 << 62)
    if "BUBBLENET-RAISE" in text:
        raise RuntimeError("the text asked for it")
    if "BUBBLENET-FAIL" in text:
        raise ScriptedFailure("the text asked for it")

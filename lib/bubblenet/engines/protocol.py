"""The engine protocol: requests in, results out, in the same order.

A request that fails alone yields a result whose `error` is "ErrorClass: message"; only a dead engine raises.
Everything here is plain data and is importable without torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from bubblenet.engines.completions import COMPLETIONS_VERSION

if TYPE_CHECKING:
    from bubblenet.engines.profile import Profile

# Part of every fingerprint: raise it whenever the same weights and request would give a different result.
ENGINE_CODE_VERSION = 2

NO_DTYPE = "none"
"""The dtype of an engine that computes nothing in this process."""


class DeadEngineError(RuntimeError):
    """The engine's device is lost: no further call can succeed, and the process must be replaced."""


class BadRequest(ValueError):
    """A request that no model can answer: an empty continuation, a label of several tokens."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One chat turn. The engine applies the model's own chat template; the texts are data and are never parsed as control tokens.

    assistant_prefix: the beginning of the answer, which the model continues.
    """

    user: str
    system: str | None = None
    assistant_prefix: str = ""


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """Generate up to max_new_tokens tokens. Temperature 0 is greedy; otherwise the random draws of this row depend on `seed` alone."""

    key: str
    prompt: Prompt
    max_new_tokens: int
    temperature: float
    top_p: float
    seed: int


@dataclass(frozen=True, slots=True)
class Generation:
    """Text generated for one request. is_finished: the model ended it before the limit."""

    key: str
    text: str | None
    is_finished: bool
    prompt_tokens: int
    output_tokens: int
    error: str | None = None


@dataclass(frozen=True, slots=True)
class LabelRequest:
    """Which of `labels` follows the prompt? Each label must be one token of the model."""

    key: str
    prompt: Prompt
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LabelDistribution:
    """probabilities: normalised over the labels. mass: total probability of all labels before normalisation, in 0..1."""

    key: str
    probabilities: tuple[float, ...] | None
    mass: float
    prompt_tokens: int
    error: str | None = None


@dataclass(frozen=True, slots=True)
class LikelihoodRequest:
    """How likely is the continuation given the context? Without a context: given only the model's beginning-of-text token."""

    key: str
    context: Prompt | None
    continuation: str


@dataclass(frozen=True, slots=True)
class Likelihood:
    """log_probability: sum over the num_tokens tokens of the continuation, in nats. token_log_probabilities: its terms, in text order.

    end_log_probability: log-probability that the answer ends after the continuation; None if an engine does not report it.
    """

    key: str
    log_probability: float | None
    num_tokens: int
    context_tokens: int
    error: str | None = None
    token_log_probabilities: tuple[float, ...] = ()
    end_log_probability: float | None = None


Ability = Literal["generate", "labels", "likelihood"]

ABILITIES: dict[Ability, str] = {
    "generate": "text",
    "labels": "log-probabilities of the next token",
    "likelihood": "log-probabilities of the prompt's tokens",
}
"""What the three methods of an engine give, in words for an error."""


class TextEngine(Protocol):
    """A loaded model. Results are in the order of the requests."""

    def generate(self, requests: list[GenerationRequest]) -> list[Generation]:
        """Generate text for each request."""
        ...

    def label_distribution(self, requests: list[LabelRequest]) -> list[LabelDistribution]:
        """Read label probabilities from the next-token distribution; nothing is decoded."""
        ...

    def log_likelihood(self, requests: list[LikelihoodRequest]) -> list[Likelihood]:
        """Sum the log-probabilities of the given continuations."""
        ...

    def truncate(self, text: str, max_tokens: int) -> str:
        """The longest prefix of the text with at most max_tokens tokens."""
        ...

    def close(self) -> None:
        """Free the memory; the engine is not used again."""
        ...


@dataclass(frozen=True, slots=True)
class Options:
    """What workers are told of an engine beside its model. A kind that has options declares a subclass.

    concurrency: requests that one engine has in flight at once; 1: it is given batches.
    """

    concurrency: int = 1

    def fingerprint_parts(self) -> dict[str, Any]:
        """The options that can change any result, for the fingerprint."""
        return {}

    def label_parts(self) -> dict[str, Any]:
        """The options that can change how labels are read, for the fingerprint."""
        return {}


@dataclass(frozen=True, slots=True)
class ServerSpec(Options):
    """Address and options of a server engine. The API key is not among them: each process reads it from its environment.

    model: its name at the server; empty: the only one served. version: the user's name for these weights; empty: taken from the server's
    metadata. command: starts a server for each worker process; url is not used then. row_seeds: False sends no seeds.
    """

    url: str = ""
    model: str = ""
    version: str = ""
    command: str = ""
    startup_seconds: float = 600.0
    timeout_seconds: float = 300.0
    max_retries: int = 5
    top_logprobs: int = 20
    row_seeds: bool = True

    def fingerprint_parts(self) -> dict[str, Any]:
        """The version of what is sent and read, and whether the server draws as it likes."""
        return {"completions": COMPLETIONS_VERSION} | ({} if self.row_seeds else {"row_seeds": False})

    def label_parts(self) -> dict[str, Any]:
        """Labels are looked for among so many tokens."""
        return {"top_logprobs": self.top_logprobs}


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """Everything a worker needs to load the engine that the driver chose. Small, and safe to pickle.

    dtype: the driver resolves `auto` for all workers, so they compute in what the fingerprint says. NO_DTYPE: nothing is computed here.
    profile: None for an engine without a tokenizer, and where the engine is to find it. options: of its kind, None where the kind has none.
    For a server, model names the tokenizer, and weights_digest identifies the served model and the tokenizer.
    windows_at_once: windows that a worker may ask about at the same time, in threads; 1 where the engine computes in the worker.
    """

    kind: str
    model: str
    weights_digest: str
    dtype: str = "auto"
    threads: int = 0
    token_budget: int = 8192
    window_rows: int = 256
    windows_at_once: int = 1
    call_log: str = ""
    options: Options | None = None
    profile: Profile | None = None

    @property
    def rows_in_flight(self) -> int:
        """The rows of all windows that are answered at once."""
        return self.window_rows * self.windows_at_once

    def fingerprint_parts(self) -> dict[str, Any]:
        """Exactly what affects results: kind, weights (with tokenizer), profile, options, the resolved dtype, the code's version."""
        from bubblenet.engines.devices import resolve_dtype

        dtype = NO_DTYPE if self.dtype == NO_DTYPE else resolve_dtype(self.dtype)
        parts = {"kind": self.kind, "weights": self.weights_digest, "dtype": dtype, "code": ENGINE_CODE_VERSION}
        parts |= self.options.fingerprint_parts() if self.options else {}
        return parts | (self.profile.fingerprint_parts() if self.profile else {})


def describe_error(error: BaseException) -> str:
    """The error line of a failed row."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:500]}"

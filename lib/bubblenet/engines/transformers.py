"""The in-process engine: safetensors weights on CPU or one GPU, through the transformers library.

Batches are cut by length and token budget within a window; common prefixes are prefilled once; out of memory halves the budget and
retries the same rows; a row that fails alone is a result with an error.
Context and continuation are tokenised separately and their ids concatenated, so the same continuation always has the same tokens.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from itertools import accumulate, islice
from typing import TYPE_CHECKING, TypeVar

from bubblenet.engines import batching
from bubblenet.engines.decoding import decode, make_row
from bubblenet.engines.devices import pick_device, resolve_dtype
from bubblenet.engines.language_model import LanguageModel
from bubblenet.engines.planning import Batch, Input, plan
from bubblenet.engines.protocol import (
    BadRequest,
    DeadEngineError,
    EngineSpec,
    Generation,
    GenerationRequest,
    LabelDistribution,
    LabelRequest,
    Likelihood,
    LikelihoodRequest,
    describe_error,
)
from bubblenet.engines.tokens import Codec
from bubblenet.engines.weights import check_digest, describe

if TYPE_CHECKING:
    import torch

    from bubblenet.engines.adapters import Adapter

Request = TypeVar("Request")
Answer = TypeVar("Answer")
Compute = Callable[[list[Request], list[Input], Batch], dict[int, Answer]]
# (position, token) pairs whose probability is needed; positions count from the first state that predicts a scored id.
Asked = Callable[[Request, Input], list[tuple[int, int]]]
# Placeholder id at the last scored position: it is never run, only the ids before it are.
_STAND_IN = 0


class TooLong(ValueError):
    """The prompt and its output do not fit the model's context."""


class TransformersEngine:
    """A model, its tokenizer and a token budget. One per process and device; obtained from the registry.

    is_shared: False computes every row without shared prefixes, for comparison. weights_digest: of the model, on which an adapter must have
    been trained.
    """

    def __init__(
        self, model: LanguageModel, codec: Codec, token_budget: int, window_rows: int, is_shared: bool = True, weights_digest: str = ""
    ) -> None:
        self._model, self._codec, self._weights_digest = model, codec, weights_digest
        self._budget, self._window_rows, self._is_shared = token_budget, window_rows, is_shared

    @classmethod
    def load(cls, spec: EngineSpec) -> TransformersEngine:
        """Load the weights that the spec names. Raises ModelError if they are missing, unsafe or have another digest."""
        import torch

        if spec.threads:
            torch.set_num_threads(spec.threads)
        check_digest(spec.model, spec.weights_digest)
        folder, device = describe(spec.model).folder, pick_device()
        model = LanguageModel.load(folder, resolve_dtype(spec.dtype, device), device)
        codec = Codec.load(folder, profile=spec.profile)
        return cls(model, codec, spec.token_budget, spec.window_rows, weights_digest=spec.weights_digest)

    def generate(self, requests: list[GenerationRequest]) -> list[Generation]:
        """Generate text for each request, each with its own random numbers."""
        return self._answer(
            requests,
            lambda request: Input(self._codec.encode_prompt(request.prompt), output=request.max_new_tokens),
            self._write,
            lambda request, size, error: Generation(request.key, None, False, size, 0, error),
        )

    def label_distribution(self, requests: list[LabelRequest]) -> list[LabelDistribution]:
        """Read label probabilities from the next-token distribution. A label counts with and without a leading space.

        Raises ModelError for an adapter of other weights.
        """
        answers: dict[int, LabelDistribution] = {}
        for adapter in dict.fromkeys(request.adapter for request in requests):
            places = [place for place, request in enumerate(requests) if request.adapter == adapter]
            answers |= zip(places, self._label_distribution([requests[place] for place in places], adapter), strict=True)
        return [answers[place] for place in range(len(requests))]

    def _label_distribution(self, requests: list[LabelRequest], adapter: Adapter | None) -> list[LabelDistribution]:
        if adapter is not None:
            adapter.check_base(self._weights_digest)
        with nullcontext() if adapter is None else self._model.adapted(adapter):
            return self._answer(
                requests,
                self._label_input,
                self._read(self._labels_asked, self._to_labels),
                lambda request, size, error: LabelDistribution(request.key, None, 0.0, size, error),
            )

    def log_likelihood(self, requests: list[LikelihoodRequest]) -> list[Likelihood]:
        """Sum the log-probabilities of the continuations' tokens."""
        return self._answer(
            requests,
            self._likelihood_input,
            self._read(self._continuation_asked, _to_likelihood),
            lambda request, size, error: Likelihood(request.key, None, 0, size, error),
        )

    def truncate(self, text: str, max_tokens: int) -> str:
        """The longest prefix of the text with at most max_tokens tokens."""
        return self._codec.truncate(text, max_tokens)

    def close(self) -> None:
        """Release the weights and GPU memory."""
        del self._model
        _return_memory()

    def _answer(
        self,
        requests: list[Request],
        encode: Callable[[Request], Input],
        compute: Compute[Request, Answer],
        fail: Callable[[Request, int, str], Answer],
    ) -> list[Answer]:
        """Encode, compute in batches, and return exactly one answer per request."""
        answers: dict[int, Answer] = {}
        inputs: dict[int, Input] = {}
        for index, request in enumerate(requests):
            try:
                inputs[index] = self._fitting(encode(request))
            except ValueError as error:
                answers[index] = fail(request, 0, describe_error(error))
        for batch in self._batches(inputs):
            done, errors = self._compute(batch, requests, inputs, compute)
            answers |= done
            answers |= {row: fail(requests[row], inputs[row].num_context, describe_error(error)) for row, error in errors.items()}
        return [answers[index] for index in range(len(requests))]

    def _compute(
        self, planned: Batch, requests: list[Request], inputs: dict[int, Input], compute: Compute[Request, Answer]
    ) -> tuple[dict[int, Answer], dict[int, BaseException]]:
        """Answers and errors of one batch; the budget stays at the value that fitted in memory."""
        import torch

        rows = list(planned.rows)

        def run(part: list[int], budget: int) -> dict[int, Answer]:
            results: dict[int, Answer] = {}
            if budget < self._budget:
                _return_memory()
            for batch in [planned] if part == rows else plan(part, inputs, budget, self._is_shared):
                with torch.inference_mode():
                    found = compute([requests[row] for row in batch.rows], [inputs[row] for row in batch.rows], batch)
                results |= {batch.rows[place]: answer for place, answer in found.items()}
            return results

        try:
            done, errors, self._budget = batching.run_with_backoff(rows, self._budget, run, is_out_of_memory, is_device_dead)
        except Exception as error:
            raise DeadEngineError(describe_error(error)) from error
        return done, errors

    def _batches(self, inputs: dict[int, Input]) -> Iterator[Batch]:
        """Batches, window by window."""
        order = list(inputs)
        for window in batching.windows(len(order), self._window_rows):
            yield from plan([order[place] for place in window], inputs, self._budget, self._is_shared)

    def _fitting(self, source: Input) -> Input:
        total = len(source.ids) + source.output
        if total > self._model.max_tokens:
            raise TooLong(f"{total} tokens with the output; the model reads {self._model.max_tokens}")
        if len(source.ids) < 2:
            raise BadRequest("an empty prompt")
        return source

    def _label_input(self, request: LabelRequest) -> Input:
        """The prompt, and a placeholder where the label goes."""
        self._codec.encode_labels(request)  # a request with labels unknown to the model fails alone, before it is batched
        return Input([*self._codec.encode_prompt(request.prompt), _STAND_IN], asked=1)

    def _likelihood_input(self, request: LikelihoodRequest) -> Input:
        context, continuation = self._codec.encode_likelihood(request)
        return Input([*context, *continuation, _STAND_IN], asked=len(continuation) + 1)

    def _write(self, requests: list[GenerationRequest], inputs: list[Input], batch: Batch) -> dict[int, Generation]:
        rows = [
            make_row(place, source.ids, request.max_new_tokens, request.temperature, request.top_p, request.seed)
            for place, (request, source) in enumerate(zip(requests, inputs, strict=True))
        ]
        decode(self._model, batch, rows, self._codec.stop_ids)
        return {
            place: Generation(request.key, self._codec.decode(row.output), row.is_finished, len(row.ids), len(row.output))
            for place, (request, row) in enumerate(zip(requests, rows, strict=True))
        }

    def _read(self, asked: Asked[Request], reduce: Callable[[Request, Input, list[float]], Answer]) -> Compute[Request, Answer]:
        """A computation that gives `reduce` the log-probabilities of each row's scored tokens.

        Those of all rows are computed together: the output embedding is the largest matrix of a small model, and is then read only once.
        """

        def compute(requests: list[Request], inputs: list[Input], batch: Batch) -> dict[int, Answer]:
            import torch

            states = dict(self._asked_states(inputs, batch))
            starts = accumulate((len(state) for state in states.values()), initial=0)
            pairs = {place: asked(requests[place], inputs[place]) for place in states}
            of = [start + position for start, place in zip(starts, states, strict=False) for position, _ in pairs[place]]
            tokens = [token for place in states for _, token in pairs[place]]
            tensors = torch.cat(list(states.values())), self._model.tensor(of), self._model.tensor(tokens)
            values = iter(self._model.log_probabilities(*tensors).tolist())
            return {place: reduce(requests[place], inputs[place], list(islice(values, len(pairs[place])))) for place in states}

        return compute

    def _asked_states(self, inputs: list[Input], batch: Batch) -> Iterator[tuple[int, torch.Tensor]]:
        """(row, states of the scored ids [asked, width]). Single rows run in one pass, others after their shared prefix."""
        start, groups = len(batch.root), batch.groups
        if all(len(group.rows) == 1 for group in groups):
            rows = [group.rows[0] for group in groups]
            _, states = self._model.read_prefixes([inputs[row].ids[start:-1] for row in rows], batch.root)
            yield from ((row, _asked(inputs[row], state, start)) for row, state in zip(rows, states, strict=True))
            return
        most = max(len(group.rows) for group in groups)
        places = [(group, row) for group in groups for row in (*group.rows, *[group.rows[0]] * (most - len(group.rows)))]
        cache, _ = self._model.read_prefixes([inputs[group.rows[0]].ids[start : group.prefix] for group in groups], batch.root)
        own = [inputs[row].ids[group.prefix : -1] for group, row in places]
        cache.begin_rows(most, max(len(ids) for ids in own))
        for (group, row), state in zip(places, self._model.read_rows(cache, own), strict=True):
            yield row, _asked(inputs[row], state, group.prefix)

    def _labels_asked(self, request: LabelRequest, source: Input) -> list[tuple[int, int]]:
        return [(0, token) for ids in self._codec.encode_labels(request) for token in ids]

    def _to_labels(self, request: LabelRequest, source: Input, values: list[float]) -> LabelDistribution:
        """Probability of each label, summed over its variants and normalised over all labels."""
        variants = iter(values)
        sums = [math.fsum(math.exp(value) for value in islice(variants, len(ids))) for ids in self._codec.encode_labels(request)]
        mass = math.fsum(sums)
        return LabelDistribution(request.key, tuple(value / mass for value in sums), mass, source.num_context)

    def _continuation_asked(self, request: LikelihoodRequest, source: Input) -> list[tuple[int, int]]:
        """The continuation's tokens, and every stop token that could follow them."""
        continuation = source.ids[source.num_context : -1]
        return [*enumerate(continuation), *((len(continuation), stop) for stop in sorted(self._codec.stop_ids))]


def _to_likelihood(request: LikelihoodRequest, source: Input, values: list[float]) -> Likelihood:
    tokens, ends = tuple(values[: source.asked - 1]), values[source.asked - 1 :]
    return Likelihood(request.key, math.fsum(tokens), len(tokens), source.num_context, None, tokens, _log_sum_exp(ends))


def _log_sum_exp(values: list[float]) -> float:
    highest = max(values)
    return highest + math.log(math.fsum(math.exp(value - highest) for value in values))


def _asked(source: Input, states: torch.Tensor, start: int) -> torch.Tensor:
    """The states that predict the scored ids, out of the states of a row's tokens from position `start` on."""
    return states[source.num_context - 1 - start : len(source.ids) - 1 - start]


def _return_memory() -> None:
    """Return the memory that torch caches to the GPU."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the device or the machine ran out of memory; a smaller batch may fit."""
    import torch

    return (
        isinstance(error, (MemoryError, torch.OutOfMemoryError)) or "out of memory" in str(error).lower() or "can't allocate" in str(error)
    )


def is_device_dead(error: BaseException) -> bool:
    """Whether every further call on the device will fail; the process must be replaced."""
    return "CUDA error" in str(error) and not is_out_of_memory(error)

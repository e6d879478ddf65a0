"""The real engine: safetensors weights in this process, on CPU or one GPU, through the transformers library.

Batches are cut by length and token budget inside a window; rows with a common beginning read it once; out of memory halves the budget and
retries the same rows; a row that fails alone is a result with an error.
Context and continuation are tokenised apart and their ids joined, so the same continuation always has the same tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from bubblenet.engines import batching
from bubblenet.engines.batching import Cost, Group
from bubblenet.engines.decoding import decode, make_row
from bubblenet.engines.devices import pick_device, resolve_dtype
from bubblenet.engines.language_model import LanguageModel
from bubblenet.engines.protocol import (
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

Request = TypeVar("Request")
Answer = TypeVar("Answer")
# Rows of one prompt that are computed side by side; more are cut into several groups.
ROWS_OF_A_GROUP = 16


class TooLong(ValueError):
    """The prompt and its output do not fit the model's context."""


class BadRequest(ValueError):
    """A request that no model could answer: an empty continuation, a label of several tokens."""


@dataclass(frozen=True, slots=True)
class Input:
    """Token ids of a request. asked: ids at the end that the answer is about. output: tokens that may be written after them."""

    ids: list[int]
    asked: int = 0
    output: int = 0

    @property
    def num_context(self) -> int:
        """Tokens before the ones asked about."""
        return len(self.ids) - self.asked


class TransformersEngine:
    """A model, its tokenizer and a token budget. One per process and device; get it from the registry."""

    def __init__(self, model: LanguageModel, codec: Codec, token_budget: int, window_rows: int) -> None:
        self._model, self._codec = model, codec
        self._budget, self._window_rows = token_budget, window_rows

    @classmethod
    def load(cls, spec: EngineSpec) -> TransformersEngine:
        """Load the weights that the spec promises. Raises ModelError when they are missing, unsafe or others."""
        import torch

        if spec.threads:
            torch.set_num_threads(spec.threads)
        check_digest(spec.model, spec.weights_digest)
        folder, device = describe(spec.model).folder, pick_device()
        model = LanguageModel.load(folder, resolve_dtype(spec.dtype, device), device)
        return cls(model, Codec.load(folder), spec.token_budget, spec.window_rows)

    def generate(self, requests: list[GenerationRequest]) -> list[Generation]:
        """Write text for each request, each with its own random numbers."""
        return self._answer(
            requests,
            lambda request: Input(self._codec.encode_prompt(request.prompt), output=request.max_new_tokens),
            self._write,
            lambda request, size, error: Generation(request.key, None, False, size, 0, error),
        )

    def label_distribution(self, requests: list[LabelRequest]) -> list[LabelDistribution]:
        """Read label probabilities off the next token. A label counts with and without a space before it."""
        return self._answer(
            requests,
            self._label_input,
            self._read(self._to_labels),
            lambda request, size, error: LabelDistribution(request.key, None, 0.0, size, error),
        )

    def log_likelihood(self, requests: list[LikelihoodRequest]) -> list[Likelihood]:
        """Sum the log-probabilities of the continuations' tokens."""
        return self._answer(
            requests,
            self._likelihood_input,
            self._read(self._to_likelihood),
            lambda request, size, error: Likelihood(request.key, None, 0, size, error),
        )

    def truncate(self, text: str, max_tokens: int) -> str:
        """The longest beginning of the text that has at most max_tokens tokens."""
        return self._codec.truncate(text, max_tokens)

    def close(self) -> None:
        """Let go of the weights, and of GPU memory."""
        del self._model
        _return_memory()

    def _answer(
        self,
        requests: list[Request],
        encode: Callable[[Request], Input],
        compute: Callable[[list[Request], list[Input], list[Group]], dict[int, Answer]],
        fail: Callable[[Request, int, str], Answer],
    ) -> list[Answer]:
        """Encode, compute in batches, and give every request exactly one answer."""
        answers: dict[int, Answer] = {}
        inputs: dict[int, Input] = {}
        for index, request in enumerate(requests):
            try:
                inputs[index] = self._fitting(encode(request))
            except ValueError as error:
                answers[index] = fail(request, 0, describe_error(error))
        for rows in self._batches(inputs):
            done, errors = self._compute(rows, requests, inputs, compute)
            answers |= done
            answers |= {row: fail(requests[row], inputs[row].num_context, describe_error(error)) for row, error in errors.items()}
        return [answers[index] for index in range(len(requests))]

    def _compute(
        self,
        rows: list[int],
        requests: list[Request],
        inputs: dict[int, Input],
        compute: Callable[[list[Request], list[Input], list[Group]], dict[int, Answer]],
    ) -> tuple[dict[int, Answer], dict[int, BaseException]]:
        """Answers and errors of one batch; the budget stays at what the memory allowed."""
        import torch

        def run(part: list[int], budget: int) -> dict[int, Answer]:
            results: dict[int, Answer] = {}
            if budget < self._budget:
                _return_memory()
            for batch, groups in _plan(part, inputs, budget):
                with torch.inference_mode():
                    found = compute([requests[row] for row in batch], [inputs[row] for row in batch], groups)
                results |= {batch[place]: answer for place, answer in found.items()}
            return results

        done, errors, self._budget = batching.run_with_backoff(rows, self._budget, run, is_out_of_memory, is_device_dead)
        return done, errors

    def _batches(self, inputs: dict[int, Input]) -> Iterator[list[int]]:
        """Rows of each batch, window by window."""
        order = list(inputs)
        for window in batching.windows(len(order), self._window_rows):
            for rows, _ in _plan([order[place] for place in window], inputs, self._budget):
                yield rows

    def _fitting(self, source: Input) -> Input:
        total = len(source.ids) + source.output
        if total > self._model.max_tokens:
            raise TooLong(f"{total} tokens with the output; the model reads {self._model.max_tokens}")
        if len(source.ids) < 2:
            raise BadRequest("an empty prompt")
        return source

    def _label_input(self, request: LabelRequest) -> Input:
        """The prompt and a stand-in for the label, which is asked about but never read."""
        missing = [label for label in request.labels if not self._codec.label_ids(label)]
        if missing or not request.labels:
            raise BadRequest(f"labels that are one token each are needed, got {missing}")
        return Input([*self._codec.encode_prompt(request.prompt), 0], asked=1)

    def _likelihood_input(self, request: LikelihoodRequest) -> Input:
        context = self._codec.begin_ids if request.context is None else self._codec.encode_prompt(request.context)
        continuation = self._codec.encode_text(request.continuation)
        if not continuation:
            raise BadRequest("an empty continuation")
        return Input(context + continuation, asked=len(continuation))

    def _write(self, requests: list[GenerationRequest], inputs: list[Input], groups: list[Group]) -> dict[int, Generation]:
        rows = [
            make_row(place, source.ids, request.max_new_tokens, request.temperature, request.top_p, request.seed)
            for place, (request, source) in enumerate(zip(requests, inputs, strict=True))
        ]
        decode(self._model, groups, rows, self._codec.stop_ids)
        return {
            place: Generation(request.key, self._codec.decode(row.output), row.is_finished, len(row.ids), len(row.output))
            for place, (request, row) in enumerate(zip(requests, rows, strict=True))
        }

    def _read(
        self, reduce: Callable[[Request, Input, torch.Tensor], Answer]
    ) -> Callable[[list[Request], list[Input], list[Group]], dict[int, Answer]]:
        """A computation that reduces, for each row, the states which predict the ids asked about."""

        def compute(requests: list[Request], inputs: list[Input], groups: list[Group]) -> dict[int, Answer]:
            return {place: reduce(requests[place], inputs[place], states) for place, states in self._asked_states(inputs, groups)}

        return compute

    def _asked_states(self, inputs: list[Input], groups: list[Group]) -> Iterator[tuple[int, torch.Tensor]]:
        """(row, states [asked, width]). Rows alone are read in one go, the others after their shared prefix."""
        if all(len(group.rows) == 1 for group in groups):
            _, states = self._model.read_prefixes([inputs[group.rows[0]].ids[:-1] for group in groups])
            for group, state in zip(groups, states, strict=True):
                source = inputs[group.rows[0]]
                yield group.rows[0], state[source.num_context - 1 : len(source.ids) - 1]
            return
        most = max(len(group.rows) for group in groups)
        places = [(group, row) for group in groups for row in (*group.rows, *[group.rows[0]] * (most - len(group.rows)))]
        cache, _ = self._model.read_prefixes([inputs[group.rows[0]].ids[: group.prefix] for group in groups])
        own = [inputs[row].ids[group.prefix : -1] for group, row in places]
        cache.begin_rows(most, max(len(ids) for ids in own))
        for (group, row), state in zip(places, self._model.read_rows(cache, own), strict=True):
            source = inputs[row]
            yield row, state[source.num_context - 1 - group.prefix : len(source.ids) - 1 - group.prefix]

    def _to_likelihood(self, request: LikelihoodRequest, source: Input, states: torch.Tensor) -> Likelihood:
        targets = self._model.tensor(source.ids[source.num_context :])
        total = self._model.log_probabilities(states, targets).double().sum()
        return Likelihood(request.key, float(total), source.asked, source.num_context)

    def _to_labels(self, request: LabelRequest, source: Input, states: torch.Tensor) -> LabelDistribution:
        sums = []
        for label in request.labels:
            variants = self._model.tensor(self._codec.label_ids(label))
            sums.append(float(self._model.log_probabilities(states[-1:].expand(len(variants), -1), variants).double().exp().sum()))
        mass = sum(sums)
        return LabelDistribution(request.key, tuple(value / mass for value in sums), mass, source.num_context)


def _plan(rows: list[int], inputs: dict[int, Input], budget: int) -> Iterator[tuple[list[int], list[Group]]]:
    """Batches of rows, each with its groups (numbered inside the batch). Lone rows and shared ones do not mix."""
    sources = [inputs[row] for row in rows]
    groups = batching.group_by_prefix([source.ids for source in sources], [source.asked + 1 for source in sources])
    groups = batching.split_rows(groups, ROWS_OF_A_GROUP)
    for kind in ([group for group in groups if len(group.rows) == 1], [group for group in groups if len(group.rows) > 1]):
        costs = [_cost(group, sources) for group in kind]
        for batch in batching.cut(costs, budget):
            yield _renumber(rows, [kind[index] for index in batch])


def _cost(group: Group, sources: Sequence[Input]) -> Cost:
    own = max(len(sources[row].ids) - group.prefix + sources[row].output for row in group.rows)
    return Cost(group.prefix, own, len(group.rows))


def _renumber(rows: list[int], groups: list[Group]) -> tuple[list[int], list[Group]]:
    batch = [rows[place] for group in groups for place in group.rows]
    renumbered, start = [], 0
    for group in groups:
        renumbered.append(Group(group.prefix, tuple(range(start, start + len(group.rows)))))
        start += len(group.rows)
    return batch, renumbered


def _return_memory() -> None:
    """Give the blocks that torch keeps for itself back to the GPU."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def is_out_of_memory(error: BaseException) -> bool:
    """Memory of the device or of the machine ran out; a smaller batch may fit."""
    import torch

    return (
        isinstance(error, (MemoryError, torch.OutOfMemoryError)) or "out of memory" in str(error).lower() or "can't allocate" in str(error)
    )


def is_device_dead(error: BaseException) -> bool:
    """After these, every further call on the device fails; the process must be replaced."""
    return "CUDA error" in str(error) and not is_out_of_memory(error)

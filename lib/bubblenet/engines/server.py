"""An engine whose model runs elsewhere: an OpenAI-compatible server (vLLM, llama.cpp and others) over HTTP.

The tokenizer is loaded here. Chat template, control-token protection, label tokens and truncation are those of the transformers engine, so
both send the same prompts; only the forward pass is the server's. Requests are sent one by one, many at a time: the server batches them.
A server's capabilities are probed before the first request that needs them; a server that ignores a required option is an EndpointError.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import threading
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext
from dataclasses import asdict
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, TypeVar

from bubblenet.engines import completions, sglang
from bubblenet.engines.call_log import append
from bubblenet.engines.completions import NotAnswered
from bubblenet.engines.endpoint import Endpoint, RequestFailed
from bubblenet.engines.protocol import (
    ABILITIES,
    Ability,
    BadRequest,
    EngineSpec,
    Generation,
    GenerationRequest,
    LabelDistribution,
    LabelRequest,
    Likelihood,
    LikelihoodRequest,
    Options,
    Prompt,
    ServerSpec,
    describe_error,
)
from bubblenet.engines.server_process import ServerProcess
from bubblenet.engines.tokens import Codec
from bubblenet.engines.traffic import Traffic
from bubblenet.engines.weights import find_tokenizer
from bubblenet.errors import EndpointError, SettingsError

if TYPE_CHECKING:
    from bubblenet.settings import Engine, RoleEngine

Request = TypeVar("Request", GenerationRequest, LabelRequest, LikelihoodRequest)
Answer = TypeVar("Answer")
INSTEAD: dict[Ability, str] = {
    "generate": "Serve the model with /v1/completions that takes token ids (vLLM, llama.cpp).",
    "labels": "Serve the model with vLLM or llama.cpp, or rate here: engine.forward.kind = transformers.",
    "likelihood": "Serve the model with vLLM (llama.cpp cannot), or measure here: engine.forward.kind = transformers.",
}
HOPELESS_FAILURES = 20
PROBE = Prompt("Say yes or no.")


class ServerEngine:
    """A client with a tokenizer. One per process; get it from the registry."""

    def __init__(
        self, codec: Codec, endpoint: Endpoint, server: ServerSpec, process: ServerProcess | None = None, call_log: str = ""
    ) -> None:
        self._call_log = call_log
        self._threads = ThreadPoolExecutor(server.concurrency)  # one queue for all windows in flight
        self._codec, self._endpoint, self._server, self._process = codec, endpoint, server, process
        self._name, self._owner = server.model, ""
        self._proven: set[str] = set()
        self._lock = threading.Lock()
        self._successes = self._failures = 0

    @classmethod
    def load(cls, spec: EngineSpec) -> ServerEngine:
        """Connect to the server of the spec, or start it. Raises EndpointError if it is missing or serves another model than the spec's."""
        server = server_of(spec.options)
        source = find_tokenizer(spec.model)
        codec = Codec.load(source.folder, source.gguf, profile=spec.profile)
        process = ServerProcess.start(server.command, server.startup_seconds) if server.command else None
        engine = cls(codec, connect(server, process.url if process else server.url), server, process, spec.call_log)
        try:
            engine._check_identity(source.digest, spec.weights_digest)
        except EndpointError:
            engine.close()
            raise
        return engine

    def generate(self, requests: list[GenerationRequest]) -> list[Generation]:
        """Generate text for each request; its seed is sent along unless seeds are switched off."""
        self.require(["generate"])
        return self._answer(requests, self._generate, lambda request, error: Generation(request.key, None, False, 0, 0, error))

    def label_distribution(self, requests: list[LabelRequest]) -> list[LabelDistribution]:
        """Read label probabilities from the next-token distribution. A label counts with and without a leading space."""
        self.require(["labels"])
        return self._answer(requests, self._read_labels, lambda request, error: LabelDistribution(request.key, None, 0.0, 0, error))

    def log_likelihood(self, requests: list[LikelihoodRequest]) -> list[Likelihood]:
        """Sum the log-probabilities of the continuations' tokens. The token that ends an answer is sent after them, and read by itself."""
        self.require(["likelihood"])
        return self._answer(requests, self._read_likelihood, lambda request, error: Likelihood(request.key, None, 0, 0, error))

    def truncate(self, text: str, max_tokens: int) -> str:
        """The longest prefix of the text with at most max_tokens tokens."""
        return self._codec.truncate(text, max_tokens)

    def require(self, abilities: Collection[Ability]) -> None:
        """Probe abilities that were not probed before. Raises EndpointError for one that the server lacks."""
        with self._lock:
            for ability in sorted(set(abilities) - self._proven):
                try:
                    self._try(ability)
                except (NotAnswered, RequestFailed) as error:
                    raise EndpointError(f"{ABILITIES[ability]} from {self._endpoint.url}", str(error), INSTEAD[ability]) from None
                self._proven.add(ability)

    def close(self) -> None:
        """Close the connections, and stop the server if it was started here."""
        self._threads.shutdown(cancel_futures=True)
        self._endpoint.close()
        if self._process is not None:
            self._process.stop()

    def _check_identity(self, tokenizer: str, wanted: str) -> None:
        served = self._endpoint.served_model(self._server.model)
        self._name, self._owner = served.name, served.owner
        if (got := identify(self._server, tokenizer, self._endpoint)) != wanted:
            got = f"{self._name} with {got[:16]} at {self._endpoint.url}"
            raise EndpointError(f"the model with identity {wanted[:16]}", got, "Serve the same model.")

    def _try(self, ability: str) -> None:
        ids, tried = self._codec.encode_prompt(PROBE), Traffic()
        if ability == "labels":
            completions.read_next_token(self._post(completions.next_token(ids, self._server.top_logprobs), tried))
        elif ability == "likelihood":
            self._read_from(ids, len(ids) - 1, tried)
        else:
            answer = self._post(completions.generation(ids, 1, 0.0, 1.0, self._seed(0), self._codec.stop_ids), tried)
            completions.read_generation(answer)
            completions.check_prompt_was_read(answer, ids)

    def _answer(
        self, requests: list[Request], ask: Callable[[Request, Traffic], Answer], fail: Callable[[Request, str], Answer]
    ) -> list[Answer]:
        """Send all requests, at most `concurrency` at a time. A request that fails alone gets its error as the answer."""
        traffic = Traffic()

        def answer(request: Request) -> Answer:
            try:
                result = ask(request, traffic)
            except (BadRequest, NotAnswered, RequestFailed) as error:
                self._count(error)
                return fail(request, describe_error(error))
            self._count(None)
            return result

        answers = list(self._threads.map(answer, requests))
        self._log_traffic(traffic)
        return answers

    def _log_traffic(self, traffic: Traffic) -> None:
        """A line in the call log, if there is one, of what this call made the server read."""
        figures = traffic.figures()
        if self._call_log:
            append(self._call_log, [{"op": "traffic", "pid": os.getpid(), **asdict(figures), "ratio": figures.ratio}])

    def _count(self, error: ValueError | None) -> None:
        """Raise after many failures without one success: the rows are not to blame then. A BadRequest counts neither way."""
        with self._lock:
            self._successes += error is None
            self._failures += error is not None and not isinstance(error, BadRequest)
            if error is not None and not self._successes and self._failures >= HOPELESS_FAILURES:
                got = f"{self._failures} errors and nothing else, at last {error}"
                raise EndpointError(f"an answer from {self._endpoint.url}", got, "See the server's log.")

    def _post(self, body: dict[str, Any], traffic: Traffic) -> dict[str, Any]:
        answer = self._endpoint.post(completions.PATH, {"model": self._name} | body)
        traffic.add(body["prompt"], answer)
        return answer

    def _seed(self, seed: int) -> int | None:
        return seed if self._server.row_seeds else None

    def _generate(self, request: GenerationRequest, traffic: Traffic) -> Generation:
        ids = self._codec.encode_prompt(request.prompt)
        seed, stops = self._seed(request.seed), self._codec.stop_ids
        answer = self._post(completions.generation(ids, request.max_new_tokens, request.temperature, request.top_p, seed, stops), traffic)
        text, is_finished, num_tokens = completions.read_generation(answer)
        return Generation(request.key, text, is_finished, len(ids), num_tokens)

    def _read_labels(self, request: LabelRequest, traffic: Traffic) -> LabelDistribution:
        label_ids = self._codec.encode_labels(request)
        ids = self._codec.encode_prompt(request.prompt)
        wanted = {token for tokens in label_ids for token in tokens}
        candidates = completions.read_next_token(self._post(completions.next_token(ids, self._server.top_logprobs, wanted), traffic))
        sums = completions.read_labels(candidates, request.labels, label_ids)
        mass = sum(sums)
        return LabelDistribution(request.key, tuple(value / mass for value in sums), mass, len(ids))

    def _read_likelihood(self, request: LikelihoodRequest, traffic: Traffic) -> Likelihood:
        context, continuation = self._codec.encode_likelihood(request)
        tokens, end = self._read_from([*context, *continuation, self._codec.end_ids[-1]], len(context), traffic)
        return Likelihood(request.key, math.fsum(tokens), len(tokens), len(context), None, tokens, end)

    def _read_from(self, ids: list[int], start: int, traffic: Traffic) -> tuple[tuple[float, ...], float]:
        """Log-probabilities of the ids from a place on but the last, and that the answer ends where the last one stands."""
        stops = self._codec.stop_ids
        if self._owner == sglang.OWNER:
            answer = self._endpoint.post(sglang.PATH, sglang.likelihood(ids, start, stops))
            traffic.add(ids, sglang.usage(answer))
            return sglang.read_likelihood(answer, ids, start)
        answer = self._post(completions.echo(ids, len(stops)), traffic)
        return completions.read_echo(answer, ids, asked=len(ids) - start)[:-1], completions.read_end(answer, ids, stops)


def connect(server: ServerSpec, url: str) -> Endpoint:
    """A client configured by a spec."""
    return Endpoint(url, timeout_seconds=server.timeout_seconds, max_retries=server.max_retries, connections=server.concurrency)


def identify(server: ServerSpec, tokenizer: str, endpoint: Endpoint | None = None) -> str:
    """Identity in place of a weights digest: the configured version, else the server's metadata, combined with the tokenizer's digest.

    The URL and the folder that a server reports are left out: the same model elsewhere gives the same results.
    Raises EndpointError if the server has to be queried and does not answer.
    """
    parts: dict[str, Any] = {"name": server.model, "version": server.version}
    if not server.version:
        if server.command and endpoint is None:
            raise SettingsError("engine.model_version with engine.command", "none", "Name the weights: the driver has no server to ask.")
        with nullcontext(endpoint) if endpoint else closing(connect(server, server.url)) as asked:
            model = asked.served_model(server.model)
        parts = {"name": PurePosixPath(model.name).name, "facts": model.facts}
    return hashlib.sha256(json.dumps(parts | {"tokenizer": tokenizer}, sort_keys=True).encode()).hexdigest()


def check_server(spec: EngineSpec, abilities: Collection[Ability]) -> None:
    """Probe the server of a spec before any work. Skipped if its version is configured: the driver may have no server to ask.

    Raises EndpointError if it is down, serves another model, or lacks an ability.
    """
    if server_of(spec.options).version:
        return
    with closing(ServerEngine.load(spec)) as engine:
        engine.require(abilities)


def options_of(engine: Engine, role: RoleEngine) -> ServerSpec:
    """The server that the settings name for a model. Raises SettingsError if they name none."""
    url, command = role.url or engine.url, role.command or ("" if role.url else engine.command)
    if not url and not command:
        raise SettingsError(
            "engine.url (or engine.command) with engine.kind = server", "neither", "For example: engine.url=http://HOST:8000/v1"
        )
    return ServerSpec(
        url=url,
        model=role.model or engine.model,
        version=role.model_version or engine.model_version,
        command=command,
        startup_seconds=engine.startup_seconds,
        concurrency=engine.concurrency,
        timeout_seconds=engine.request_timeout_seconds,
        max_retries=engine.max_retries,
        top_logprobs=engine.top_logprobs,
        row_seeds=engine.row_seeds,
    )


def server_of(options: Options | None) -> ServerSpec:
    """The options of an engine of this kind. Raises SettingsError for those of another."""
    if not isinstance(options, ServerSpec):
        raise SettingsError("the server of an engine of kind server", "none", "Set engine.url.")
    return options

"""HTTP client for an OpenAI-compatible server: thread-safe, retries with jitter, and reads the model's metadata from /models.

An error of one request (a refusal, a timeout) is a RequestFailed and costs that row. An error of the server is an EndpointError and ends
the task: it must not turn a million rows into a million quarantined ones.

The wait before a retry is drawn from 0 to a limit that doubles ("full jitter", M. Brooker, AWS Architecture Blog 2015: Exponential Backoff
And Jitter), so that workers refused at the same time do not retry at the same time. A server's Retry-After is added to it.
"""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import PurePosixPath
from time import sleep
from typing import TYPE_CHECKING, Any

from bubblenet.errors import EndpointError

if TYPE_CHECKING:
    import httpx2

# Spark redacts configuration whose key contains "token", so spark.executorEnv.BUBBLENET_API_TOKEN is hidden in its web UI.
TOKEN_VARIABLE = "BUBBLENET_API_TOKEN"
RETRIED = {408, 425, 429, 500, 502, 503, 504}
NOT_THE_ROWS_FAULT = {
    401: f"Set {TOKEN_VARIABLE} for the driver and the workers.",
    403: f"Check {TOKEN_VARIABLE}.",
    404: "Check engine.url.",
}
LOOPBACK = ("all://127.0.0.1", "all://localhost")
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
CONNECT_SECONDS = 10.0
# Metadata in a model's /models entry that describes the weights rather than this run of the server.
LASTING = ("n_vocab", "n_ctx_train", "n_embd", "n_params", "size", "ftype")


class RequestFailed(ValueError):
    """The server is up and serves other requests, but not this one."""


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model under the name that the server gives it, with the server's metadata about its weights, and what serves it (`owned_by`)."""

    name: str
    facts: dict[str, Any]
    owner: str = ""


class Endpoint:
    """The base URL of a server, ending in /v1. Thread-safe."""

    def __init__(self, url: str, *, timeout_seconds: float = 300.0, max_retries: int = 5, connections: int = 32) -> None:
        import httpx2

        self.url = url.rstrip("/") if url.rstrip("/").endswith("/v1") else f"{url.rstrip('/')}/v1"
        self._max_retries = max_retries
        self._longest_wait = max(timeout_seconds, LONGEST_WAIT)
        token = os.environ.get(TOKEN_VARIABLE)
        self._client = httpx2.Client(
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=httpx2.Timeout(timeout_seconds, connect=min(CONNECT_SECONDS, timeout_seconds)),
            limits=httpx2.Limits(max_connections=connections + 1, max_keepalive_connections=connections + 1),
            mounts=dict.fromkeys(LOOPBACK),  # a server on this machine is not behind a proxy named in the environment
        )

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The response to a request. Raises RequestFailed if there is none, EndpointError if the server is down or refuses all requests.

        path: below /v1; a server's own routes stand beside it, as "../generate".
        """
        response = self._send("POST", path, body)
        if response.is_success:
            return _as_object(response)
        _refuse_all(self.url, response)
        if response.status_code in RETRIED:
            self._raise_unless_alive(f"HTTP {response.status_code}: {_message(response)}")
        raise RequestFailed(f"HTTP {response.status_code}: {_message(response)}")

    def served_model(self, name: str = "") -> ServedModel:
        """The model of that name, or the only one. Raises EndpointError when it is not served."""
        try:
            response = self._send("GET", "/models")
        except RequestFailed as error:
            raise EndpointError(f"the list of models at {self.url}/models", str(error), "Check engine.url.") from None
        _refuse_all(self.url, response)
        entries = _as_object(response).get("data") if response.is_success else None
        if not isinstance(entries, list) or not entries:
            raise EndpointError(f"the list of models at {self.url}/models", f"HTTP {response.status_code} without one", "Check engine.url.")
        return _choose(entries, name, self.url)

    def is_alive(self) -> bool:
        """Whether the server answers /health, or /models where it has no /health."""
        import httpx2

        try:
            response = self._client.get(f"{self.url.removesuffix('/v1')}/health", timeout=CONNECT_SECONDS)
            if response.status_code in (404, 405):
                response = self._client.get(f"{self.url}/models", timeout=CONNECT_SECONDS)
            return response.is_success
        except httpx2.TransportError:
            return False

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx2.Response:
        """The first response that needs no retry, or the last one. A request that timed out is not sent again."""
        import httpx2

        for attempt in range(self._max_retries + 1):
            is_last = attempt == self._max_retries
            try:
                response = self._client.request(method, self._address(path), json=body)
            except httpx2.ReadTimeout:
                self._raise_unless_alive("no answer in time")
                raise RequestFailed("no answer within engine.request_timeout_seconds") from None
            except httpx2.TransportError as error:
                if is_last:
                    self._raise_unless_alive(f"{type(error).__name__}: {error}")
                    raise RequestFailed(f"{type(error).__name__}: {error}, {attempt + 1} times") from None
                sleep(_wait(attempt))
                continue
            if is_last or response.status_code not in RETRIED:
                return response
            sleep(min(_wait(attempt) + _seconds(response.headers.get("Retry-After", "")), self._longest_wait))
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _address(self, path: str) -> str:
        return f"{self.url.removesuffix('/v1')}{path.removeprefix('..')}" if path.startswith("../") else f"{self.url}{path}"

    def _raise_unless_alive(self, got: str) -> None:
        if not self.is_alive():
            raise EndpointError(f"a model server at {self.url}", got, "Start it, or set engine.url.")


def _wait(attempt: int) -> float:
    """Seconds until the next retry: a random fraction of a doubling limit."""
    return random.uniform(0.0, min(FIRST_WAIT * 2.0**attempt, LONGEST_WAIT))


def _seconds(retry_after: str) -> float:
    """A Retry-After header, in seconds or as a date (RFC 9110, section 10.2.3); 0 if it is neither."""
    if retry_after.strip().isdigit():
        return float(retry_after)
    try:
        return max(0.0, (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):  # not a date, or one without a time zone
        return 0.0


def _refuse_all(url: str, response: httpx2.Response) -> None:
    if todo := NOT_THE_ROWS_FAULT.get(response.status_code):
        raise EndpointError(f"an answer from {url}", f"HTTP {response.status_code}: {_message(response)}", todo)


def _as_object(response: httpx2.Response) -> dict[str, Any]:
    try:
        value = response.json()
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise RequestFailed(f"wanted a JSON object, got {response.text[:200]!r}")
    return value


def _message(response: httpx2.Response) -> str:
    """The server's error message, whichever field holds it."""
    try:
        value = response.json()
    except ValueError:
        return response.text[:300]
    error = value.get("error", value) if isinstance(value, dict) else value
    return str(error.get("message") or error.get("detail") or error if isinstance(error, dict) else error)[:300]


def _choose(entries: list[dict[str, Any]], name: str, url: str) -> ServedModel:
    names = [str(entry.get("id")) for entry in entries]
    if name and name not in names:
        raise EndpointError(f"the model {name!r} at {url}", f"{', '.join(names)}", "Set engine.model to one of them.")
    if not name and len(names) > 1:
        raise EndpointError(f"one model at {url}", f"{len(names)}: {', '.join(names)}", "Set engine.model to the one that is meant.")
    entry = entries[names.index(name) if name else 0]
    meta = entry.get("meta") or {}
    facts = {"root": _last_part(entry.get("root"))} | {key: meta[key] for key in LASTING if key in meta}
    return ServedModel(str(entry["id"]), facts, str(entry.get("owned_by") or ""))


def _last_part(path: object) -> str | None:
    """The last part of a path: the same model may be in different folders on different machines."""
    return PurePosixPath(path).name if isinstance(path, str) else None

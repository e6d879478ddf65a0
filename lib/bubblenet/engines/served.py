"""The server that the settings name for a model, and what stands for the model behind it in a fingerprint."""

from __future__ import annotations

import hashlib
import json
import shlex
from contextlib import closing, nullcontext
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from bubblenet.engines.endpoint import Endpoint
from bubblenet.engines.protocol import Options, ServerSpec
from bubblenet.engines.weights import adapter_of, digest_of, locate
from bubblenet.errors import SettingsError

if TYPE_CHECKING:
    from bubblenet.settings import Engine, RoleEngine


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


def command_of(server: ServerSpec, model: str) -> str:
    """The command with the place of the model's weights and of its adapter. Raises ModelError if it wants an adapter and there is none."""
    command = server.command.replace("{model}", shlex.quote(str(locate(model))))
    return command.replace("{adapter}", shlex.quote(str(adapter_of(model)))) if "{adapter}" in command else command


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


def identify_own(server: ServerSpec, model: str) -> str:
    """Identity of the model that a command is started for: its weights, and the configured version, if any, of how they are served."""
    weights = digest_of(model)
    return hashlib.sha256(f"{server.version} {weights}".encode()).hexdigest() if server.version else weights

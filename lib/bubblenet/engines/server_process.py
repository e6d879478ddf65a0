"""A model server that belongs to this process: it starts with it and ends with it, however this process ends.

A supervisor (supervisor.py) between this process and the server waits for its standard input to close. Only this process holds the other
end, so no exit goes unnoticed: neither a crash, nor kill -9, nor Spark killing an idle worker.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import socket
import subprocess
import sys
import tempfile
import time
from importlib import resources
from pathlib import Path

from bubblenet.engines.devices import task_gpu
from bubblenet.engines.endpoint import Endpoint
from bubblenet.errors import EndpointError, SettingsError

POLL_SECONDS = 0.2
STOP_SECONDS = 20.0
LOG_LINES = 5


class ServerProcess:
    """A running server. url: its base URL."""

    def __init__(self, process: subprocess.Popen[bytes], url: str, log: Path) -> None:
        self._process, self.url, self.log = process, url, log

    @classmethod
    def start(cls, command: str, startup_seconds: float) -> ServerProcess:
        """Run a command with `{port}` filled in and wait until the server answers; it sees only the GPU of the task.

        Raises SettingsError for a command without `{port}`, EndpointError if the server exits or does not answer in time.
        """
        if "{port}" not in command:
            raise SettingsError("engine.command with {port} in it", repr(command), "For example: vllm serve /models/judge --port {port}")
        port = _free_port()
        words = [word.replace("{port}", str(port)) for word in shlex.split(command)]
        descriptor, log = tempfile.mkstemp(prefix="bubblenet-server-", suffix=".log")
        supervisor = resources.files("bubblenet.engines").joinpath("supervisor.py").read_text(encoding="utf-8")
        try:
            process = subprocess.Popen(
                [sys.executable, "-c", supervisor, log, *words],
                stdin=subprocess.PIPE,
                stdout=descriptor,
                stderr=subprocess.STDOUT,
                env=_environment(),
                start_new_session=True,  # Ctrl-C at the terminal reaches this process only, which then ends the server
            )
        finally:
            os.close(descriptor)
        server = cls(process, f"http://127.0.0.1:{port}/v1", Path(log))
        server._wait(startup_seconds)
        return server

    def stop(self) -> None:
        """Stop the server and wait for it."""
        self._end(b"")

    def _wait(self, seconds: float) -> None:
        endpoint = Endpoint(self.url, max_retries=0)
        deadline = time.monotonic() + seconds
        try:
            while not endpoint.is_alive():
                if self._process.poll() is not None:
                    raise self._failure(f"it ended with code {self._process.returncode}")
                if time.monotonic() > deadline:
                    raise self._failure(f"no answer in {seconds:g} s (engine.startup_seconds)")
                time.sleep(POLL_SECONDS)
        except EndpointError:
            self._end(b"keep the log")
            raise
        finally:
            endpoint.close()

    def _end(self, last_words: bytes) -> None:
        """Close the supervisor's input; the supervisor may already have exited with the server."""
        with contextlib.suppress(BrokenPipeError):
            self._process.communicate(last_words, STOP_SECONDS)

    def _failure(self, got: str) -> EndpointError:
        last = " | ".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:])
        return EndpointError("a server that engine.command starts", f"{got}: {last}", f"Its log: {self.log}")


def _free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _environment() -> dict[str, str]:
    """This process's environment, restricted to the GPU of the task, if it has one."""
    _, address = task_gpu()
    return dict(os.environ) | ({"CUDA_VISIBLE_DEVICES": address} if address is not None else {})

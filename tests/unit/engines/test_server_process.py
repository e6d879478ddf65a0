"""A server that belongs to a process is started with it and leaves nothing behind, in whatever way the process ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bubblenet.engines import server_process
from bubblenet.engines.endpoint import Endpoint
from bubblenet.engines.server_process import ServerProcess
from bubblenet.errors import EndpointError, SettingsError

# A server with a child of its own, as vLLM has; both write their ids down. With "deaf" they do not listen to SIGTERM.
SERVER = """
import os, signal, subprocess, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
if "deaf" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("GPU", os.environ.get("CUDA_VISIBLE_DEVICES"), flush=True)
open(sys.argv[2], "w").write(f"{os.getpid()} {child.pid} {os.getppid()}")
HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
OWNER = """
import os, signal, sys, time
from bubblenet.engines.server_process import ServerProcess
server = ServerProcess.start(sys.argv[1], 30)
print(server.log, flush=True)
{ending}
"""
ENDINGS = {
    "end": "",
    "error": "raise RuntimeError('on purpose')",
    "os._exit": "os._exit(1)",
    "kill -9": "os.kill(os.getpid(), signal.SIGKILL)",
}


@pytest.fixture(autouse=True)
def logs_of_this_test(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(server_process.tempfile, "tempdir", str(tmp_path))


@pytest.fixture
def command(tmp_path: Path) -> str:
    (tmp_path / "server.py").write_text(SERVER, encoding="utf-8")
    return f"{sys.executable} {tmp_path}/server.py {{port}} {tmp_path}/pids"


def pids(tmp_path: Path) -> list[int]:
    """Server, its child, supervisor."""
    return [int(word) for word in (tmp_path / "pids").read_text(encoding="utf-8").split()]


def is_running(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def all_gone(tmp_path: Path, seconds: float = 15.0) -> bool:
    deadline = time.monotonic() + seconds
    while any(is_running(pid) for pid in pids(tmp_path)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not any(is_running(pid) for pid in pids(tmp_path))


pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")


def test_a_server_answers_until_it_is_stopped(command: str, tmp_path: Path):
    server = ServerProcess.start(command, 30)
    endpoint = Endpoint(server.url, max_retries=0)
    assert endpoint.is_alive()
    assert all(is_running(pid) for pid in pids(tmp_path))

    server.stop()

    assert not endpoint.is_alive()
    assert all_gone(tmp_path, 0.5)
    assert not server.log.exists()
    endpoint.close()


@pytest.mark.parametrize("ending", ENDINGS)
def test_no_end_of_its_process_leaves_the_server_or_its_children_behind(command: str, tmp_path: Path, ending: str):
    owner = OWNER.format(ending=ENDINGS[ending])
    done = subprocess.run([sys.executable, "-c", owner, command], capture_output=True, text=True, timeout=60, check=False)

    assert done.stdout, done.stderr
    assert all_gone(tmp_path)
    assert not Path(done.stdout.strip()).exists()


def test_a_server_that_does_not_listen_is_killed(command: str, tmp_path: Path):
    server = ServerProcess.start(f"{command} deaf", 30)

    server.stop()

    assert all_gone(tmp_path, 0.5)


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_the_killing_of_the_supervisor_ends_the_server(command: str, tmp_path: Path):
    server = ServerProcess.start(command, 30)
    process, child, supervisor = pids(tmp_path)

    os.kill(supervisor, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while is_running(process) and time.monotonic() < deadline:
        time.sleep(0.05)

    assert not is_running(process)
    os.kill(child, signal.SIGKILL)  # a real server's children watch their parent; this one's does not
    server.stop()


def test_a_server_that_ends_at_once_is_an_error_with_its_last_words(tmp_path: Path):
    (tmp_path / "bad.py").write_text("import sys; sys.exit('no such model')", encoding="utf-8")
    with pytest.raises(EndpointError, match="it ended with code 1: no such model"):
        ServerProcess.start(f"{sys.executable} {tmp_path}/bad.py {{port}}", 30)


def test_a_server_that_never_answers_is_ended(tmp_path: Path):
    (tmp_path / "slow.py").write_text(f"import os, time; open({str(tmp_path / 'pids')!r}, 'w').write(str(os.getpid())); time.sleep(600)")
    with pytest.raises(EndpointError, match=r"engine\.startup_seconds"):
        ServerProcess.start(f"{sys.executable} {tmp_path}/slow.py {{port}}", 2)
    assert all_gone(tmp_path, 2)
    assert len(list(tmp_path.glob("bubblenet-server-*.log"))) == 1


def test_a_command_without_a_port_is_refused():
    with pytest.raises(SettingsError, match=r"\{port\}"):
        ServerProcess.start("vllm serve /models/judge", 1)


def test_the_server_sees_the_gpu_of_the_task_and_no_other(command: str, monkeypatch):
    monkeypatch.setattr(server_process, "task_gpu", lambda: (True, "3"))
    server = ServerProcess.start(command, 30)
    assert "GPU 3" in server.log.read_text(encoding="utf-8")
    server.stop()

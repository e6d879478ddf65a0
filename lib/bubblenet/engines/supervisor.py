"""Runs a command and ends it when standard input closes. ServerProcess runs this file's text with `python -c`: no package imports.

Only one process holds the other end of standard input, so it closes when that process ends in any way, even by kill -9, when none of
its code can run any more. If this supervisor itself is killed, Linux sends the command SIGTERM (prctl PR_SET_PDEATHSIG).
The log is removed if the input closed; it is kept if the command exited by itself or something was written to the input.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time

GRACE_SECONDS = 5.0
PR_SET_PDEATHSIG = 1


def main(log: str, command: list[str]) -> int:
    """Run the command until it exits or standard input closes; return its exit code, 128 + n for signal n."""
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=end_with_parent)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=_end, args=(server.pid,), daemon=True).start())
    threading.Thread(target=_end_with_input, args=(server.pid, log), daemon=True).start()
    code = server.wait()
    _signal(server.pid, signal.SIGKILL)  # children that the command left running
    return code if code >= 0 else 128 - code


def end_with_parent() -> None:
    """Have Linux send this process SIGTERM when its parent dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _end_with_input(group: int, log: str) -> None:
    if not os.read(0, 1):  # not sys.stdin.read: Python aborts at exit while a thread waits in that
        os.unlink(log)
    _end(group)


def _end(group: int) -> None:
    """Terminate the command and its children, then kill those that remain."""
    _signal(group, signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    _signal(group, signal.SIGKILL)


def _signal(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))

"""Runs a command and ends it when standard input closes. Started by ServerProcess with `python -c` of this file's text: no import of ours.

The other end of standard input is held by one process only, so it closes when that process ends, in whatever way: also by kill -9, when no
code of it runs any more. Should this supervisor itself be killed, Linux sends the command SIGTERM (prctl PR_SET_PDEATHSIG).
The log is removed when the end came that way; it stays when the command ended by itself, or when something was written into the input.
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
    """Run the command until it ends, or until standard input closes; return its exit code, 128 and more for a signal."""
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=end_with_parent)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=_end, args=(server.pid,), daemon=True).start())
    threading.Thread(target=_end_with_input, args=(server.pid, log), daemon=True).start()
    code = server.wait()
    _signal(server.pid, signal.SIGKILL)  # what it started and left behind
    return code if code >= 0 else 128 - code


def end_with_parent() -> None:
    """From now on this process is sent SIGTERM when its parent dies, on Linux."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _end_with_input(group: int, log: str) -> None:
    if not os.read(0, 1):  # not sys.stdin.read: Python aborts at its end while a thread waits in that
        os.unlink(log)
    _end(group)


def _end(group: int) -> None:
    """Ask the command and its children to end, then kill what is left."""
    _signal(group, signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    _signal(group, signal.SIGKILL)


def _signal(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))

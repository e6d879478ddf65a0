"""Prompt tokens that a server is sent, over those needed if prompts that begin alike were read once; a part of `make bench-engine`.

The server is llama.cpp's with the embedded model (tools/llama_server.py). Candidates and ratings of each passage, as the stages ask for
them: each window is one call, and the server says what it took from its cache.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from bubblenet.engines.protocol import EngineSpec, GenerationRequest, LabelRequest, Prompt, ServerSpec
from bubblenet.engines.served import identify
from bubblenet.engines.server import ServerEngine
from bubblenet.engines.server_process import ServerProcess
from bubblenet.engines.weights import find_tokenizer
from bubblenet.prompts import get_rating
from tests.benchmarks.prefixes import QUESTIONS, SOURCE
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

NUM_CANDIDATES = 4
SLOTS = 4


def print_traffic(passages: Sequence[str], threads: int) -> None:
    """Ask for candidates and ratings of each passage, and print what the server was made to read."""
    table = Table(title=f"{len(passages)} passages, llama.cpp with {SOURCE}")
    for column in ("asked", "prompt tokens sent", "of these cached", "needed", "sent / needed"):
        table.add_column(column, justify="left" if column == "asked" else "right")
    command = f"{sys.executable} {ROOT}/tools/llama_server.py --port {{port}} --slots {SLOTS} --threads {threads}"
    server = ServerProcess.start(command, 60)
    try:
        for asked, figures in _measured(ServerSpec(url=server.url, concurrency=SLOTS), passages).items():
            sent, cached, needed = (figures[name] for name in ("sent", "cached", "needed"))
            table.add_row(asked, f"{sent:,}", f"{cached:,}", f"{needed:,}", f"{sent / needed:.2f}")
    finally:
        server.stop()
    Console(width=120).print(table)


def _measured(server: ServerSpec, passages: Sequence[str]) -> dict[str, dict[str, int]]:
    """What the call log says of each kind of request."""
    digest = identify(server, find_tokenizer(SOURCE).digest)
    rating = get_rating("five_level_v1")
    with tempfile.TemporaryDirectory() as folder:
        engine = ServerEngine.load(EngineSpec("server", SOURCE, digest, options=server, call_log=folder))
        try:
            ask = "Write the one instruction that the text above answers."
            engine.generate([
                GenerationRequest(f"{passage} {n}", Prompt(f"{passage}\n\n{ask}"), 8, 0.5, 0.9, n)
                for passage in passages
                for n in range(NUM_CANDIDATES)
            ])  # fmt: skip
            engine.label_distribution([
                LabelRequest(f"{passage} {question}", rating.build(question, passage), rating.labels)
                for passage in passages
                for question in QUESTIONS
            ])  # fmt: skip
        finally:
            engine.close()
        lines = [json.loads(line) for file in Path(folder).glob("*.jsonl") for line in file.read_text(encoding="utf-8").splitlines()]
    traffic = [line for line in lines if line["op"] == "traffic"]
    return dict(zip(("candidates", "ratings"), traffic, strict=True))

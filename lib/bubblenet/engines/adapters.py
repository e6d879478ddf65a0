"""Small matrices beside the weights of a loaded model (LoRA, Hu et al. 2021, arXiv:2106.09685), switched on and off by request.

An adapter is a folder in peft's format, `adapter_model.safetensors` and `adapter_config.json`, which other programs load too (vLLM serves
one beside its base), and `card.json`, which says on which weights it was trained. The base is neither changed nor copied: while an adapter
is off, a layer computes exactly what it did without it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bubblenet.errors import ModelError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    import torch

WEIGHTS, CONFIG, CARD = "adapter_model.safetensors", "adapter_config.json", "card.json"

_OF_PEFT = "base_model.model."
"""Before the names of matrices in peft's files."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter, and what it belongs to.

    digest: SHA-256 over its matrices and configuration. base: digest of the weights that it was trained on (weights.digest_of).
    """

    name: str = field(compare=False, repr=False)
    digest: str
    base: str
    weights: bytes = field(repr=False, compare=False)
    config: dict[str, Any] = field(repr=False, compare=False)
    card: dict[str, Any] = field(repr=False, compare=False)

    @classmethod
    def read(cls, folder: Traversable) -> Adapter:
        """Read a folder. Raises ModelError if a file is missing or unusable."""
        try:
            weights, config = folder.joinpath(WEIGHTS).read_bytes(), folder.joinpath(CONFIG).read_bytes()
            card = json.loads(folder.joinpath(CARD).read_bytes())
            return cls(str(folder), digest_of(weights, config), str(card["base_digest"]), weights, json.loads(config), card)
        except (OSError, ValueError, KeyError, TypeError) as error:
            wanted = f"a folder with {WEIGHTS}, {CONFIG} and {CARD}"
            raise ModelError(wanted, f"{folder}: {error!r}", "Make it with `bubblenet train-reader`.") from None

    def check_base(self, digest: str) -> None:
        """Raise ModelError for other weights: to their layers its matrices mean nothing."""
        if digest != self.base:
            raise ModelError(
                f"the weights {self.base[:16]}, on which the reader {self.name} was trained",
                f"weights {digest[:16]}",
                "Train one for it with `bubblenet train-reader` and name it in scoring.reader, or take match_v1 out of scoring.modes.",
            )


def digest_of(weights: bytes, config: bytes) -> str:
    """SHA-256 over everything of an adapter that changes an answer."""
    return hashlib.sha256(hashlib.sha256(weights).digest() + hashlib.sha256(config).digest()).hexdigest()


def linear_layers(model: Any) -> list[str]:
    """Names of every linear layer but the head, as one layer has them: Dettmers et al. 2023 (arXiv:2305.14314), section 4."""
    from torch.nn import Linear

    head = model.get_output_embeddings()
    return sorted({name.rpartition(".")[2] for name, one in model.named_modules() if isinstance(one, Linear) and one is not head})


def add_layers(model: Any, config: Any, name: str) -> None:
    """Put the layers of an adapter into a model, beside those that are there, and make it the active one."""
    from peft import inject_adapter_in_model

    inject_adapter_in_model(config, model, adapter_name=name)


def load_adapter(model: Any, adapter: Adapter) -> None:
    """Put an adapter's layers into a model, on its device, unless they are there. Raises ModelError if its matrices do not fit."""
    import safetensors.torch
    from peft import LoraConfig, set_peft_model_state_dict

    if any(adapter.digest in layer.lora_A for layer in _layers(model)):
        return
    matrices = {name.removeprefix(_OF_PEFT): value for name, value in safetensors.torch.load(adapter.weights).items()}
    try:
        add_layers(model, LoraConfig(**adapter.config), adapter.digest)
        found: Any = set_peft_model_state_dict(model, matrices, adapter_name=adapter.digest)
        odd = [*found.unexpected_keys, *(name for name in found.missing_keys if adapter.digest in name)]
        fault = f"it is not so at {odd[0]}" if odd else ""
    except (RuntimeError, ValueError) as error:
        fault = f"{error!s:.200}"
    if fault:
        for layer in _layers(model):
            layer.delete_adapter(adapter.digest)
        switch_off(model)
        raise ModelError("an adapter with a matrix for each of its layers in the model", f"{adapter.name}: {fault}", "Train it anew.")
    for parameter in model.parameters():
        parameter.requires_grad_(False)


@contextmanager
def adapted(model: Any, adapter: Adapter) -> Iterator[None]:
    """The model with a loaded adapter switched on, for the time of the block."""
    layers = _layers(model)
    for layer in layers:
        layer.set_adapter(adapter.digest)
        layer.enable_adapters(True)
    try:
        yield
    finally:
        switch_off(model)


def switch_off(model: Any) -> None:
    """Let every layer compute what it does without an adapter."""
    for layer in _layers(model):
        layer.enable_adapters(False)


@contextmanager
def mixed_precision(model: Any) -> Iterator[None]:
    """Let adapters with float32 matrices compute in the bfloat16 of their model while they are trained.

    Left alone, every layer copies its input to float32 for the sake of two small matrices: on a processor with bfloat16 units a sixth of a
    step. A model of another dtype computes as it did.
    """
    import torch
    from peft.helpers import disable_input_dtype_casting

    weights = next(model.parameters())
    if weights.dtype != torch.bfloat16:
        yield
        return
    with torch.autocast(weights.device.type, torch.bfloat16), disable_input_dtype_casting(model):
        yield


def trained_parameters(model: Any) -> list[torch.nn.Parameter]:
    """The parameters that take a gradient: those of the adapter."""
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


def _layers(model: Any) -> list[Any]:
    from peft.tuners.lora import LoraLayer

    return [module for module in model.modules() if isinstance(module, LoraLayer)]

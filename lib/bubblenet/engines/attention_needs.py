"""What a model's attention needs, found before its weights are read: a model that the shared attention would compute wrongly is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bubblenet.engines import shared_attention
from bubblenet.engines.language_model import check_architecture
from bubblenet.engines.quiet import quiet_transformers
from bubblenet.errors import ModelError

_NAME = "bubblenet_needs"


class _Reached(Exception):
    """The model came to its first attention."""

    def __init__(self, names: set[str]) -> None:
        super().__init__(names)
        self.names = names


def find_needs(folder: Path, gguf: str | None = None) -> tuple[str, ...]:
    """Names of the arguments of a model's first attention, by running it without weights up to there. gguf: the file in the folder.

    Raises ModelError for a model whose attention is not computed here.
    """
    import torch
    from transformers import AttentionInterface, AutoModelForCausalLM

    AttentionInterface.register(_NAME, _reach)
    config = _config(folder, gguf)
    check_architecture(config)
    try:
        with quiet_transformers():
            with torch.device("meta"):
                model = AutoModelForCausalLM.from_config(config, attn_implementation=_NAME).eval()
            model(input_ids=torch.tensor([[1, 0]], device="meta"), use_cache=False)
    except _Reached as reached:
        shared_attention.refuse_unknown(config.model_type, reached.names)
        return tuple(sorted(reached.names))
    except RuntimeError:  # a model that looks at numbers on its way there: it is looked at when it is loaded
        return ()
    except ValueError as error:
        raise ModelError("a causal language model", f"{folder}: {error}", "Use another model here.") from error
    raise ModelError("attention that can be replaced", f"none in a model of type {config.model_type}", "Use another model here.")


def _config(folder: Path, gguf: str | None) -> Any:
    from transformers import AutoConfig

    from_gguf = {"gguf_file": gguf} if gguf else {}
    try:
        with quiet_transformers():
            return AutoConfig.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False, **from_gguf)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError("the configuration of a language model", f"{folder}: {error}", "Check that the folder is complete.") from error


def _reach(module: Any, query: Any, key: Any, value: Any, attention_mask: Any, **arguments: Any) -> Any:
    raise _Reached(shared_attention.needs(attention_mask, arguments))

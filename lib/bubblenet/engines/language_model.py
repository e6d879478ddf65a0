"""A loaded causal language model, reduced to three steps: prefill prefixes, run the rows' own tokens, turn states into probabilities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bubblenet.engines import adapters, shared_attention
from bubblenet.engines.quiet import quiet_transformers
from bubblenet.engines.shared_attention import SharedCache
from bubblenet.errors import ModelError

if TYPE_CHECKING:
    import torch

    from bubblenet.engines.adapters import Adapter

# Positions projected onto the vocabulary at once: bounds the memory of [positions, vocabulary].
POSITIONS_AT_ONCE = 512
KNOWN_LAYERS = {"full_attention", "sliding_attention"}
_PROBED = [1, 0]
"""Two tokens of any model."""
_TOLERANCE = (0.02, 0.05)
"""Relative and absolute, for bfloat16, whose rounding of a scaled logit is half a hundredth; another formula is off by far more."""


class LanguageModel:
    """Weights on one device. All inputs are lists of token ids; padding, positions and KV caches are internal.

    model: as transformers loaded it.
    """

    def __init__(self, model: Any, device: str) -> None:
        check_architecture(model.config)
        self.model, self._device = model, device
        self._decoder, self._head = model.get_decoder(), model.get_output_embeddings()
        self._root: tuple[tuple[int, ...], dict[int, tuple[torch.Tensor, torch.Tensor]]] = ((), {})
        self.max_tokens: int = int(getattr(model.config, "max_position_embeddings", 1 << 20))
        self._check_logits()

    @classmethod
    def load(cls, folder: Path, dtype: str, device: str) -> LanguageModel:
        """Load safetensors from a local folder. Raises ModelError if transformers cannot load a model from it."""
        import torch
        from transformers import AutoModelForCausalLM

        shared_attention.register()
        try:
            with quiet_transformers():
                model = AutoModelForCausalLM.from_pretrained(
                    str(folder),
                    dtype=getattr(torch, dtype),
                    attn_implementation=shared_attention.NAME,
                    local_files_only=True,
                    use_safetensors=True,
                    trust_remote_code=False,
                )
        except (OSError, ValueError, KeyError) as error:
            raise ModelError("a causal language model", f"{folder}: {error}", "Check that the folder is complete.") from error
        return cls(model.eval().to(device), device)

    def _check_logits(self) -> None:
        """Read two tokens as the model itself does. Raises ModelError for unknown attention, and if its logits are others than here."""
        import torch

        ids, length = self._pad([_PROBED])
        with torch.inference_mode():
            wanted = self._call(self.model, ids, torch.arange(len(_PROBED), device=ids.device)[None], SharedCache(length)).logits.float()
            _, states = self.read_prefixes([_PROBED])
            got = self.logits(states)
        if not torch.allclose(got, wanted, *_TOLERANCE):
            raise ModelError(
                "logits as this engine makes them of a model's last states",
                f"others, by {(got - wanted).abs().max().item():.3g}, from a model of type {_kind(self.model.config)}",
                "Use another model here, or have this one served: engine.kind = server.",
            )

    @contextmanager
    def adapted(self, adapter: Adapter) -> Iterator[None]:
        """The model with an adapter, for the time of the block. Raises ModelError if it does not fit."""
        adapters.load_adapter(self.model, adapter)
        self._root = ((), {})  # keys and values are others with it
        try:
            with adapters.adapted(self.model, adapter):
                yield
        finally:
            self._root = ((), {})

    def read_prefixes(self, prefixes: list[list[int]], root: Sequence[int] = ()) -> tuple[SharedCache, torch.Tensor]:
        """Prefill each prefix, after a root common to all. Returns the cache and the states [prefixes, longest, width]."""
        import torch

        ids, lengths = self._pad(prefixes)
        cache = SharedCache(lengths, len(root), self._read_root(tuple(root)))
        positions = torch.arange(len(root), len(root) + ids.shape[1], device=ids.device).expand(ids.shape)
        return cache, self._run(ids, positions, cache)

    def _read_root(self, root: tuple[int, ...]) -> dict[int, tuple[torch.Tensor, torch.Tensor]]:
        """Keys and values of a root by layer. The most recent root is cached: batches and windows with one rubric follow each other."""
        if not root:
            return {}
        if self._root[0][: len(root)] != root:
            cache, _ = self.read_prefixes([list(root)])
            self._root = (root, cache.prefix)
        end = len(root)
        return {layer: (keys[:, :, :end], values[:, :, :end]) for layer, (keys, values) in self._root[1].items()}

    def read_rows(self, cache: SharedCache, rows: list[list[int]]) -> torch.Tensor:
        """Run the next tokens of every row, group by group. Returns states [rows, longest, width]."""
        ids, lengths = self._pad(rows)
        positions = cache.place(lengths, ids.shape[1])
        states = self._run(ids, positions, cache)
        cache.advance(ids.shape[1])
        return states

    def logits(self, states: torch.Tensor) -> torch.Tensor:
        """Logits of states [..., width], as float32."""
        return self._adjust(self._head(states).float())

    def log_probabilities(self, states: torch.Tensor, of: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """log p(targets[i]) after the state at position of[i] of states [positions, width].

        The target's logit is computed in float32: in bfloat16 it would be rounded by up to 0.06 nats.
        The rounding errors of the other logits cancel in the sum over the vocabulary.
        """
        import torch

        sums = [self.logits(some).logsumexp(-1) for some in states.split(POSITIONS_AT_ONCE)]
        pairs = zip(of.split(POSITIONS_AT_ONCE), targets.split(POSITIONS_AT_ONCE), strict=True)
        return torch.cat([self._scores_of(states[some], wanted) for some, wanted in pairs]) - torch.cat(sums)[of]

    def _scores_of(self, states: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        scores = (states.float() * self._head.weight[targets].float()).sum(-1)
        if getattr(self._head, "bias", None) is not None:
            scores = scores + self._head.bias[targets].float()
        return self._adjust(scores)

    def _adjust(self, scores: torch.Tensor) -> torch.Tensor:
        """Transform logits as some architectures do after the last layer: Cohere and Granite scale them, Gemma 2 soft-caps them."""
        config = self.model.config
        scores = scores * float(getattr(config, "logit_scale", None) or 1.0) / float(getattr(config, "logits_scaling", None) or 1.0)
        cap = getattr(config, "final_logit_softcapping", None)
        return scores if cap is None else (scores / cap).tanh() * cap

    def tensor(self, ids: list[int]) -> torch.Tensor:
        """Token ids on the model's device."""
        import torch

        return torch.tensor(ids, dtype=torch.long, device=self._device)

    def _run(self, ids: torch.Tensor, positions: torch.Tensor, cache: SharedCache) -> torch.Tensor:
        states: torch.Tensor = self._call(self._decoder, ids, positions, cache).last_hidden_state
        return states

    @staticmethod
    def _call(module: Any, ids: torch.Tensor, positions: torch.Tensor, cache: SharedCache) -> Any:
        return module(input_ids=ids, position_ids=positions, past_key_values=cache, use_cache=True, shared=cache)

    def _pad(self, rows: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
        """Rows padded at the end with token 0, which is never attended to, and their lengths."""
        longest = max(len(row) for row in rows)
        ids = self.tensor([token for row in rows for token in (row + [0] * (longest - len(row)))])
        return ids.reshape(len(rows), longest), self.tensor([len(row) for row in rows])


def check_architecture(config: Any) -> None:
    """Reject models with another kind of attention, which would give wrong results rather than fail."""
    layers = set(getattr(config, "layer_types", None) or ["full_attention"])
    if getattr(config, "is_encoder_decoder", False) or not layers <= KNOWN_LAYERS or not hasattr(config, "num_attention_heads"):
        todo = "Use a Llama, Qwen, Mistral or Gemma kind of model."
        raise ModelError("a decoder with full or sliding attention", f"model type {_kind(config)}", todo)


def _kind(config: Any) -> str:
    return str(getattr(config, "model_type", "unknown"))

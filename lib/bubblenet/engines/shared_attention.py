"""Attention over prefixes shared by several rows, without copying the prefixes to each row.

k samples of one passage, or k continuations of one context, attend to the same keys and values; all pairs under one rubric share those of
the rubric. Repeating them per row costs more memory traffic than the model itself (on a small CPU model, decoding after a 400-token prompt
was six times slower than after a short one). Here the queries of the rows are folded together against one copy of the shared keys, and each
row's own keys are added before the softmax; the result is that of ordinary attention. Source of the decomposition: Juravsky et al. 2024,
Hydragen (arXiv:2402.05099), section 3, for one level; two levels are its section 3.3 on hierarchical sharing.

There are three levels: the root (one for the whole batch, may be empty), the prefix of each group, and the rows, laid out as [groups, rows
of a group]. The root starts at position 0; prefixes follow it and are padded at the end, so positions need no correction.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bubblenet.errors import ModelError

if TYPE_CHECKING:
    import torch

NAME = "bubblenet_shared_prefix"
PADDING = -1
KNOWN = {"scaling", "sliding_window", "softcap", "shared"}
"""Arguments of a model's attention that are computed with here."""
_WITHOUT_EFFECT = {"position_ids", "use_cache", "output_attentions", "output_router_logits", "deterministic"}
HIDDEN = -1e30  # not minus infinity: a padded query sees no key at all, and its softmax must still be finite


@dataclass(slots=True)
class SharedCache:
    """KV cache of one batch: keys and values of the prefixes, then those of each row. Replaces a transformers cache.

    lengths: tokens of each prefix. root_length, root: of the tokens before all prefixes. rows: rows per group. capacity: most tokens that a
    row may add.
    """

    lengths: torch.Tensor
    root_length: int = 0
    root: dict[int, tuple[torch.Tensor, torch.Tensor]] = field(default_factory=dict)
    rows: int = 1
    capacity: int = 0
    used: int = 0
    is_prefix_done: bool = False
    positions: torch.Tensor | None = None
    prefix: dict[int, tuple[torch.Tensor, torch.Tensor]] = field(default_factory=dict)
    tail: dict[int, tuple[torch.Tensor, torch.Tensor]] = field(default_factory=dict)

    def update(self, keys: torch.Tensor, values: torch.Tensor, layer: int, *_: Any, **__: Any) -> tuple[torch.Tensor, torch.Tensor]:
        """Store new keys and values of a layer; called by the model."""
        if not self.is_prefix_done:
            self.prefix[layer] = (keys, values)
            return keys, values
        if layer not in self.tail:
            shape = (keys.shape[0], keys.shape[1], self.capacity, keys.shape[3])
            self.tail[layer] = (keys.new_zeros(shape), values.new_zeros(shape))
        start, end = self.used, self.used + keys.shape[2]
        for buffer, new in zip(self.tail[layer], (keys, values), strict=True):
            buffer[:, :, start:end] = new
        return self.tail[layer][0][:, :, :end], self.tail[layer][1][:, :, :end]

    def begin_rows(self, rows: int, capacity: int) -> None:
        """End the prefixes; from now on every group has `rows` rows that add up to `capacity` tokens each."""
        import torch

        self.rows, self.capacity, self.is_prefix_done = rows, capacity, True
        self.positions = torch.full((len(self.lengths) * rows, capacity), PADDING, dtype=torch.long, device=self.lengths.device)

    def place(self, counts: torch.Tensor, longest: int) -> torch.Tensor:
        """Assign positions to the next tokens (counts per row, padded to longest). Returns [rows, longest], 0 for padding."""
        import torch

        assert self.positions is not None
        before = (self.positions != PADDING).sum(1) + self.root_length + self.lengths.repeat_interleave(self.rows)
        steps = torch.arange(longest, device=counts.device)
        is_real = steps < counts[:, None]
        positions = before[:, None] + steps
        self.positions[:, self.used : self.used + longest] = positions.masked_fill(~is_real, PADDING)
        return positions.masked_fill(~is_real, 0)

    def advance(self, num_tokens: int) -> None:
        """Record that the model has run num_tokens more tokens of every row, padding included."""
        self.used += num_tokens

    def keep_groups(self, groups: torch.Tensor) -> torch.Tensor:
        """Drop all other groups. Returns the indices of the rows kept."""
        import torch

        rows = (groups[:, None] * self.rows + torch.arange(self.rows, device=groups.device)).flatten()
        self.lengths = self.lengths[groups]
        self.prefix = {layer: (keys[groups], values[groups]) for layer, (keys, values) in self.prefix.items()}
        self.tail = {layer: (keys[rows], values[rows]) for layer, (keys, values) in self.tail.items()}
        self.positions = self.positions[rows] if self.positions is not None else None
        return rows

    def get_seq_length(self, *_: Any) -> int:
        """Length from which the model would derive positions; positions are always passed, so this is a formality."""
        return self.used

    def is_sliding_window_shorter(self, window: int | None) -> bool:
        """Whether the window hides any key from any query of this batch."""
        return window is not None and self.root_length + int(self.lengths.max()) + self.capacity > window

    def levels(self, layer: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Shared keys and values of a layer: of the root, if there is one, and of the prefixes."""
        return ([self.root[layer]] if self.root_length else []) + [self.prefix[layer]]


def register() -> None:
    """Register the attention function with transformers under NAME."""
    from transformers import AttentionInterface

    AttentionInterface.register(NAME, attend)


def needs(attention_mask: Any, arguments: dict[str, Any]) -> set[str]:
    """Names of the arguments with which a model changes its attention."""
    given = {"attention_mask": attention_mask} | {name: value for name, value in arguments.items() if name not in _WITHOUT_EFFECT}
    neutral = {"dropout": (None, 0.0), "is_causal": (None, True)}
    return {name for name, value in given.items() if not (value is None or (name in neutral and value in neutral[name]))}


def refuse_unknown(kind: str, names: set[str]) -> None:
    """Raise ModelError for attention that this one does not compute; it would be wrong without a sign (gpt-oss's sinks: by 0.28 nats)."""
    if unknown := sorted(names - KNOWN):
        raise ModelError(
            f"attention with {', '.join(sorted(KNOWN - {'shared'}))} at most",
            f"a model of type {kind}, whose attention has {', '.join(unknown)}",
            "Use another model here, or have this one served: engine.kind = server.",
        )


def attend(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    sliding_window: int | None = None,
    softcap: float | None = None,
    shared: SharedCache | None = None,
    **others: Any,
) -> tuple[torch.Tensor, None]:
    """The attention function that the model calls. query: [rows, heads, tokens, size]; key, value: from SharedCache.update.

    Raises ModelError for an argument that it does not know.
    """
    refuse_unknown(getattr(getattr(module, "config", None), "model_type", type(module).__name__), needs(attention_mask, others))
    if shared is None:
        raise TypeError("this attention needs the SharedCache of the batch")
    scale = scaling if scaling is not None else query.shape[-1] ** -0.5
    window = sliding_window if shared.is_sliding_window_shorter(sliding_window) else None
    if shared.is_prefix_done:
        output = _attend_rows(query, key, value, shared, module.layer_idx, scale, window, softcap)
    else:
        output = _attend_prefix(query, *_after_root(key, value, shared, module.layer_idx), scale, window, softcap)
    return output.transpose(1, 2).contiguous(), None


def _after_root(key: torch.Tensor, value: torch.Tensor, shared: SharedCache, layer: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Keys and values of each prefix after a temporary copy of the root's: for many tokens, one pass is faster than two parts."""
    import torch

    if not shared.root_length:
        return key, value
    pairs = zip(shared.root[layer], (key, value), strict=True)
    joined = [torch.cat([root.expand(len(own), -1, -1, -1), own], dim=2) for root, own in pairs]
    return joined[0], joined[1]


def _attend_prefix(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, scale: float, window: int | None, softcap: float | None
) -> torch.Tensor:
    """Causal attention of the last tokens. Padding is at the end, where no real query attends, so it needs no mask."""
    import torch
    from torch.nn.functional import scaled_dot_product_attention

    repeats = query.shape[1] // key.shape[1]
    if repeats > 1:
        key, value = key.repeat_interleave(repeats, 1), value.repeat_interleave(repeats, 1)
    before = key.shape[2] - query.shape[2]
    if window is None and softcap is None and not before:
        return scaled_dot_product_attention(query, key, value, is_causal=True, scale=scale)
    positions = torch.arange(key.shape[2], device=query.device)
    visible = _visible(positions[before:, None], positions[None, :], window)
    if softcap is None:
        return scaled_dot_product_attention(query, key, value, attn_mask=visible, scale=scale)
    scores = _cap((query @ key.transpose(2, 3)).float() * scale, softcap)
    return scores.masked_fill_(~visible, float("-inf")).softmax(-1).to(value.dtype) @ value


def _attend_rows(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    shared: SharedCache,
    layer: int,
    scale: float,
    window: int | None,
    softcap: float | None,
) -> torch.Tensor:
    """Queries against the root, the prefix of their group and the row's own keys; one softmax over all three."""
    import torch

    rows, heads, tokens, size = query.shape
    kv_heads = key.shape[1]
    levels = shared.levels(layer)
    own = query.reshape(rows, kv_heads, -1, size)
    to_shared = [_unfold(_fold(own, len(keys)) @ keys.transpose(2, 3), rows) for keys, _ in levels]
    scores = torch.cat([*to_shared, own @ key.transpose(2, 3)], dim=-1).float() * scale
    visible = _visible_to_rows(shared, tokens, key.shape[2], levels[-1][0].shape[2], window)
    scores = _cap(scores, softcap).reshape(rows, heads, tokens, -1).masked_fill_(~visible[:, None], HIDDEN)
    weights = scores.softmax(-1).to(value.dtype).reshape(rows, kv_heads, own.shape[2], -1)
    *of_shared, of_own = weights.split([*(keys.shape[2] for keys, _ in levels), key.shape[2]], dim=-1)
    output = of_own @ value
    for weight, (_, values) in zip(of_shared, levels, strict=True):
        output = output + _unfold(_fold(weight, len(values)) @ values, rows)
    return output.reshape(rows, heads, tokens, size)


def _fold(rows: torch.Tensor, num: int) -> torch.Tensor:
    """[rows, heads, queries, size] to [num, heads, all queries of its rows, size]."""
    total, heads, queries, size = rows.shape
    return rows.reshape(num, total // num, heads, queries, size).transpose(1, 2).reshape(num, heads, -1, size)


def _unfold(folded: torch.Tensor, total: int) -> torch.Tensor:
    """The inverse of _fold, for `total` rows."""
    num, heads, queries, size = folded.shape
    per_row = queries * num // total
    return folded.reshape(num, heads, total // num, per_row, size).transpose(1, 2).reshape(total, heads, per_row, size)


def _visible_to_rows(shared: SharedCache, tokens: int, own: int, longest: int, window: int | None) -> torch.Tensor:
    """Mask [rows, tokens, root + prefix + own keys]: keys that each new token may attend to. longest: padded length of the prefixes."""
    import torch

    assert shared.positions is not None
    keys = shared.positions[:, None, :own]
    queries = keys[:, 0, own - tokens :, None]
    before = torch.arange(shared.root_length + longest, device=keys.device)[None, None, :]
    ends = shared.root_length + shared.lengths.repeat_interleave(shared.rows)[:, None, None]
    return torch.cat([(before < ends) & _visible(queries, before, window), _visible(queries, keys, window) & (keys != PADDING)], dim=-1)


def _visible(query: torch.Tensor, key: torch.Tensor, window: int | None) -> torch.Tensor:
    """Causal mask, with a sliding window if the layer has one."""
    is_past = key <= query
    return is_past if window is None else is_past & (key > query - window)


def _cap(scores: torch.Tensor, softcap: float | None) -> torch.Tensor:
    return scores if softcap is None else (scores / softcap).tanh() * softcap

"""Sampling of the next token, with random numbers that belong to the row and not to the batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import torch

# Size of the first top-k; it nearly always covers the nucleus, and sorting the whole vocabulary is slow.
FIRST_LOOK = 256


def draws(seed: int, count: int) -> np.ndarray:
    """`count` uniform numbers in [0, 1) that depend on the seed alone (a counter-based generator, equal on all platforms)."""
    import numpy as np

    return np.random.Generator(np.random.Philox(key=seed % 2**64)).random(count)


def choose(logits: torch.Tensor, temperature: torch.Tensor, top_p: torch.Tensor, uniform: torch.Tensor) -> torch.Tensor:
    """One token per row. logits: [rows, vocabulary]; the others: [rows]. Temperature 0 takes the most probable token.

    Sampled by inverse transform over the nucleus in order of token id: the row's own uniform number decides, so the
    other rows of the batch cannot change the outcome except through the last bits of the logits.
    Nucleus: the fewest most probable tokens whose probabilities sum to top_p (Holtzman et al. 2020, arXiv:1904.09751, section 3.1).
    """
    import torch

    greedy = logits.argmax(-1)
    if not bool((temperature > 0).any()):
        return greedy
    scaled = logits / temperature.clamp(min=1e-6)[:, None]
    probabilities = scaled.softmax(-1)
    probabilities = probabilities * (probabilities >= _nucleus_floor(probabilities, top_p)[:, None])
    sums = probabilities.double().cumsum(-1)
    sampled = torch.searchsorted(sums, (uniform * sums[:, -1])[:, None], right=True)[:, 0]
    return torch.where(temperature > 0, sampled.clamp(max=logits.shape[1] - 1), greedy)


def _nucleus_floor(probabilities: torch.Tensor, top_p: torch.Tensor) -> torch.Tensor:
    """The smallest probability within each row's nucleus."""
    size = probabilities.shape[1]
    best = probabilities.topk(min(FIRST_LOOK, size)).values
    if size > FIRST_LOOK and bool((best.sum(-1) < top_p).any()):
        best = probabilities.sort(-1, descending=True).values
    before = best.cumsum(-1) - best
    count = (before < top_p[:, None]).sum(-1)
    floor: torch.Tensor = best.gather(1, (count - 1).clamp(min=0)[:, None])[:, 0]
    return floor

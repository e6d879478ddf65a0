"""The settings of a run: frozen models (sections), read from one TOML file and changed by `--set a.b=c` (loading)."""

from __future__ import annotations

from bubblenet.settings.loading import load, valid_keys
from bubblenet.settings.models import Engine, Models, RoleEngine
from bubblenet.settings.pairs import Backtranslation, Curation, Paraphrasing, Scoring, Translation
from bubblenet.settings.sections import (
    Budget,
    Corpus,
    Decontamination,
    Deduplication,
    Execution,
    Privacy,
    Rights,
    Segmentation,
    Settings,
    Tables,
)
from bubblenet.settings.selection import Selection
from bubblenet.settings.training import Assessment, Export, ExportFormat, Rounds, Seeds, Training

__all__ = [
    "Assessment",
    "Backtranslation",
    "Budget",
    "Corpus",
    "Curation",
    "Decontamination",
    "Deduplication",
    "Engine",
    "Execution",
    "Export",
    "ExportFormat",
    "Models",
    "Paraphrasing",
    "Privacy",
    "Rights",
    "RoleEngine",
    "Rounds",
    "Scoring",
    "Seeds",
    "Segmentation",
    "Selection",
    "Settings",
    "Tables",
    "Training",
    "Translation",
    "load",
    "valid_keys",
]

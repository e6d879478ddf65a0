"""The settings of a run: frozen models (sections), read from one TOML file and changed by `--set a.b=c` (loading)."""

from __future__ import annotations

from bubblenet.settings.loading import load, valid_keys
from bubblenet.settings.sections import (
    Backtranslation,
    Budget,
    Corpus,
    Curation,
    Decontamination,
    Deduplication,
    Engine,
    Execution,
    Export,
    Models,
    RoleEngine,
    Scoring,
    Seeds,
    Segmentation,
    Settings,
    Tables,
)

__all__ = [
    "Backtranslation",
    "Budget",
    "Corpus",
    "Curation",
    "Decontamination",
    "Deduplication",
    "Engine",
    "Execution",
    "Export",
    "Models",
    "RoleEngine",
    "Scoring",
    "Seeds",
    "Segmentation",
    "Settings",
    "Tables",
    "load",
    "valid_keys",
]

"""Trained models: their rows in table `models`, and the resolution of `model:<id>` to a folder that an engine can load."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from bubblenet.engines.weights import check_digest
from bubblenet.errors import ModelError
from bubblenet.kernel.ledger import versions
from bubblenet.tables import MODELS
from bubblenet.training.description import WEIGHTS, TrainingResult

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame, Row

    from bubblenet.kernel.context import Context
    from bubblenet.kernel.warehouse import Warehouse
    from bubblenet.settings import Settings
    from bubblenet.training.planning import TrainingPlan

PREFIX = "model:"
_SHORTEST_ID = 4
_MOST_LISTED = 10


def with_trained_models(settings: Settings, warehouse: Warehouse) -> Settings:
    """The settings with every `model:<id>` replaced by its folder, so that no other code needs the table.

    Raises ModelError if a model is missing, or its weights differ from the registered ones.
    """
    return with_models(settings, warehouse, settings.models.model_dump())


def with_models(settings: Settings, warehouse: Warehouse, names: Mapping[str, str]) -> Settings:
    """The settings with other models for these roles: backward, forward, start. Raises ModelError as above."""
    found = {part: str(folder_of(warehouse, name)) if name.startswith(PREFIX) else name for part, name in names.items()}
    return settings.model_copy(update={"models": settings.models.model_copy(update=found)})


def folder_of(warehouse: Warehouse, name: str) -> Path:
    """The folder of `model:<id>`; a prefix of the id suffices. Raises ModelError as above."""
    row = _find(warehouse, name.removeprefix(PREFIX))
    folder = Path(warehouse.location) / row["location"]  # an absolute one replaces the warehouse
    if not folder.is_dir():
        raise ModelError(f"the weights of {name}", f"no folder at {folder}", "Put it back, or train the model again.")
    check_digest(str(folder), row["weights_digest"])
    return folder


def held_out_share(warehouse: Warehouse, name: str) -> float | None:
    """The share of the seeds held out when `model:<id>` was trained; None for other models."""
    return float(_find(warehouse, name.removeprefix(PREFIX))["held_out_share"]) if name.startswith(PREFIX) else None


def is_recorded(warehouse: Warehouse, model_id: str, result: TrainingResult) -> bool:
    """Whether the model's newest row is from this training: its weights may have been deleted and retrained."""
    known = _newest(warehouse.read(MODELS).where(F.col("model_id") == model_id)).first()
    return known is not None and known["weights_digest"] == result.weights_digest


def record(context: Context, plan: TrainingPlan, result: TrainingResult) -> None:
    """Append the row of a trained model."""
    folder = Path(plan.job.folder) / WEIGHTS
    inside = Path(context.warehouse.location)
    values: dict[str, Any] = {
        "model_id": plan.model_id,
        "parent": plan.parent,
        "parent_digest": plan.job.model_digest,
        "weights_digest": result.weights_digest,
        "location": str(folder.relative_to(inside) if folder.is_relative_to(inside) else folder),
        "direction": plan.direction,
        "export": plan.job.export,
        "held_out_share": plan.manifest["made_from"]["settings"]["held_out_share"],
        "data_sha256": plan.manifest["data_sha256"],
        "data_versions": plan.manifest["made_from"]["versions"],
        "hyper_parameters": json.dumps(plan.deciding, sort_keys=True),
        "num_examples": result.num_examples,
        "num_left_out": result.num_left_out,
        "num_cut": result.num_cut,
        "num_steps": result.num_steps,
        "num_tokens": result.num_tokens,
        "num_processes": result.num_processes,
        "seconds": result.seconds,
        "loss_curve": [tuple(point) for point in result.losses],
        "validation_loss_before": result.validation_loss_before,
        "validation_loss": result.validation_loss,
        "run_id": context.run_id,
        "created_at": datetime.now(UTC),
        "versions": json.dumps(versions()),
    }
    context.warehouse.append_rows(MODELS, [values], {"run": context.run_id, "model": plan.model_id})


def _newest(rows: DataFrame) -> DataFrame:
    """One row per model, the last one written."""
    columns = [name for name in MODELS.column_names if name != "model_id"]
    newest = rows.groupBy("model_id").agg(F.max_by(F.struct(*columns), "created_at").alias("newest"))
    return newest.select("model_id", "newest.*")


def _find(warehouse: Warehouse, beginning: str) -> Row:
    if len(beginning) < _SHORTEST_ID:
        raise ModelError(f"model: and at least {_SHORTEST_ID} characters of an id", f"model:{beginning}", "SELECT model_id FROM models")
    found = _newest(warehouse.read(MODELS).where(F.col("model_id").startswith(beginning))).limit(2).collect()
    if len(found) == 1:
        return found[0]
    known = [row["model_id"] for row in warehouse.read(MODELS).select("model_id").limit(_MOST_LISTED).collect()]
    got = f"{'two or more' if found else 'none'} that begin with {beginning} in table models"
    raise ModelError("one trained model", got, f"There are: {', '.join(known) or 'none'}.")

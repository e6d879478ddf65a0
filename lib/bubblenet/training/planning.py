"""Plans a training: its model id is determined by the starting weights, the data and the settings, before anything is trained."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bubblenet.engines.finding import find_profile
from bubblenet.engines.roles import template_arguments
from bubblenet.engines.weights import digest_of
from bubblenet.errors import InputError, SettingsError
from bubblenet.export.formats import FOR_TRAINING, FORMATS
from bubblenet.export.shards import Folder
from bubblenet.kernel.fingerprint import Fingerprint
from bubblenet.stores import Store
from bubblenet.training.description import TrainingJob

if TYPE_CHECKING:
    from bubblenet.settings import Settings

FINETUNING_VERSION = 1

_FOR_SPEED_ALONE = {
    "processes", "device_examples", "gradient_checkpointing", "fsdp", "checkpoint_steps", "validation_examples", "folder",
}  # fmt: skip

_LATER = {"long_completions": "cut"}
"""Settings that came later, with the value that trains the models of before: it changes no id."""


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """A training before it starts. model_id: of the resulting model. parent: as named in the settings; deciding: hashed into the id."""

    model_id: str
    parent: str
    deciding: dict[str, Any]
    manifest: dict[str, Any]
    job: TrainingJob

    @property
    def direction(self) -> str:
        """forward or backward."""
        return str(self.manifest["made_from"]["settings"]["direction"])


def plan_training(settings: Settings, export: str, warehouse: str) -> TrainingPlan:
    """Plan the training of the starting model on an export.

    Raises InputError if there is no finished export in the format that training reads, SettingsError if there is no place for the weights.
    """
    folder = Folder(export)
    manifest = folder.manifest()
    if manifest is None:
        raise InputError("a finished export", f"none at {export}", f"bubblenet export --out {export}")
    if (form := manifest["made_from"]["settings"].get("format", FOR_TRAINING)) != FOR_TRAINING:
        todo = f"bubblenet export --out NEW-FOLDER --set export.format={FOR_TRAINING}"
        raise InputError(f"an export as {FORMATS[FOR_TRAINING].title}", f"{export} as {FORMATS[form].title}", todo)
    digest = digest_of(settings.models.start)
    chosen = settings.training.model_dump(mode="json")
    deciding = {name: value for name, value in chosen.items() if name not in _FOR_SPEED_ALONE and _LATER.get(name) != value}
    deciding |= {"code": FINETUNING_VERSION, "start": digest, "data": manifest["data_sha256"]}
    direction = manifest["made_from"]["settings"]["direction"]
    role = settings.engine.backward if direction == "backward" else settings.engine.forward
    arguments = template_arguments(settings.engine, role)
    deciding |= find_profile(settings.models.start, arguments, runs_here=False).fingerprint_parts()
    model_id = Fingerprint(deciding).id
    job = TrainingJob(
        folder=f"{_models_folder(settings, warehouse)}/{model_id}",
        model=settings.models.start,
        model_digest=digest,
        export=folder.location,
        shards=manifest["shards"],
        settings=chosen,
        template_arguments=dict(arguments),
    )
    return TrainingPlan(model_id, settings.models.start, deciding, manifest, job)


def _models_folder(settings: Settings, warehouse: str) -> str:
    if settings.training.folder and not Store.of(settings.training.folder).is_local:
        raise SettingsError("training.folder on a file system", settings.training.folder, "Mount it, and give the path of the mount.")
    if settings.training.folder:
        return str(Path(settings.training.folder).absolute())
    if not Store.of(warehouse).is_local:
        todo = "Name one that every machine sees: --set training.folder=/shared/models"
        raise SettingsError("training.folder, a folder for checkpoints and weights", f"none, and the tables are at {warehouse}", todo)
    return f"{warehouse}/_models"

"""Fine-tuning as a Spark application: one row a model, trained once, usable at once by its id."""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock
from rich.console import Console

from bubblenet import settings
from bubblenet.app import job as app_job
from bubblenet.engines.weights import digest_of
from bubblenet.errors import ConcurrentRunError, InputError, ModelError, SettingsError
from bubblenet.export.writing import export
from bubblenet.jobs import backtranslate, deduplicate, finetune, ingest, segment
from bubblenet.kernel.context import Context
from bubblenet.kernel.warehouse import Warehouse
from bubblenet.method.seeds import SeedFile, import_file
from bubblenet.tables import INSTRUCTIONS, MODELS
from bubblenet.training.launching import train
from bubblenet.training.planning import plan_training
from bubblenet.training.registry import folder_of, with_trained_models
from tests.corpora import page, write_pages
from tests.tiny_models import save_model

pytestmark = [pytest.mark.spark, pytest.mark.timeout(900)]

NUM_SEEDS = 24
TRAINING = (
    "training.method=full", "training.learning_rate=0.01", "training.epochs=1.0", "training.batch_examples=8", "training.max_tokens=384",
    "training.dtype=float32", "export.direction=backward", "seeds.held_out_share=0.0",
)  # fmt: skip


class Ready:
    """A warehouse with seeds, an export of them, and a tiny model to start from."""

    def __init__(self, spark: object, folder: Path) -> None:
        self.spark, self.folder = spark, folder
        self.start = str(save_model(folder / "start", max_position_embeddings=4096))  # a byte is a token
        self.warehouse, self.export = Warehouse(spark, str(folder / "warehouse")), str(folder / "export")
        lines = [{"instruction": f"Say {number}", "response": f"{number}!", "language": "en"} for number in range(NUM_SEEDS)]
        (folder / "seeds.jsonl").write_text("\n".join(map(json.dumps, lines)))
        import_file(self.context(), SeedFile.of(str(folder / "seeds.jsonl"), "MIT", None))
        export(self.context(), self.export)

    def context(self, *overrides: str) -> Context:
        chosen = settings.load(None, [*TRAINING, f"models.start={self.start}", *overrides])
        return Context(self.spark, with_trained_models(chosen, self.warehouse), self.warehouse, "A", Console(quiet=True))


@pytest.fixture(scope="module")
def ready(spark, tmp_path_factory) -> Ready:
    return Ready(spark, tmp_path_factory.mktemp("finetune"))


def job(monkeypatch, context: Context, export_folder: str) -> int:
    """Run the job with the command line, on this context."""

    @contextmanager
    def opened(*_: object, create: bool):
        assert not create  # a mistyped warehouse is named
        yield replace(context, console=Console(width=200))

    monkeypatch.setattr(app_job, "opened", opened)
    return finetune.JOB.main(["--export", export_folder, "--warehouse", "w"])


def test_a_model_is_trained_once_and_used_by_its_id(ready, monkeypatch, capsys, tmp_path):
    context = ready.context("training.processes=2")
    assert job(monkeypatch, context, ready.export) == 0
    assert "Trained: model:" in capsys.readouterr().out
    [row] = ready.warehouse.read(MODELS).collect()
    folder = folder_of(ready.warehouse, f"model:{row['model_id'][:6]}")
    assert row["weights_digest"] == digest_of(str(folder)) != row["parent_digest"] == digest_of(ready.start)
    assert (row["num_processes"], row["num_examples"], row["num_steps"], row["direction"]) == (2, NUM_SEEDS, NUM_SEEDS // 8, "backward")
    assert row["data_versions"]["seeds"] == 1
    assert [point["step"] for point in row["loss_curve"]] == [1, 2, 3]
    assert not Path(row["location"]).is_absolute()  # a warehouse that is moved takes its models along

    assert job(monkeypatch, ready.context(), ready.export) == 0  # on one process: the same model
    assert "Nothing to do" in capsys.readouterr().out
    assert ready.warehouse.read(MODELS).count() == 1

    trained = ready.context(
        f"models.backward=model:{row['model_id']}", "backtranslation.candidates=1", "backtranslation.prompt=reversed_v2"
    )
    assert trained.settings.models.backward == str(folder)
    pages = write_pages(tmp_path / "pages", {"one": page("one")})
    for step in (ingest.run, segment.run, deduplicate.run, backtranslate.run):
        step(replace(trained, inputs=(str(pages),)))
    assert ready.warehouse.read(INSTRUCTIONS).where("status = 'ok'").count() == 2

    shutil.rmtree(folder)
    assert job(monkeypatch, ready.context("training.validation_examples=0"), ready.export) == 0
    assert "Trained: model:" in capsys.readouterr().out
    assert folder_of(ready.warehouse, f"model:{row['model_id']}") == folder  # made anew, whichever digest it has

    (folder / "config.json").write_text((folder / "config.json").read_text() + " ")
    with pytest.raises(ModelError, match="digest"):
        ready.context(f"models.forward=model:{row['model_id']}")


@pytest.mark.parametrize(
    ("overrides", "error", "match"),
    [
        (["models.backward=model:ffffffff"], ModelError, "none that begin with ffffffff"),
        (["models.backward=model:f"], ModelError, "at least 4 characters"),
        (["training.processes=3", "training.seed=2"], SettingsError, "multiple of the number of processes"),
        (["models.start=/nowhere"], ModelError, "nothing at /nowhere"),
        (["training.batch_examples=64"], InputError, "one step of 64"),
    ],
)
def test_what_cannot_be_trained_is_named(ready, overrides, error, match):
    with pytest.raises(error, match=match):
        train(ready.context(*overrides), ready.export)


def test_there_must_be_an_export(ready, tmp_path):
    with pytest.raises(InputError, match="a finished export"):
        train(ready.context(), str(tmp_path / "nothing"))


def test_two_drivers_do_not_train_one_model(ready):
    context = ready.context("training.seed=1")
    folder = Path(plan_training(context.settings, ready.export, ready.warehouse.location).job.folder)
    folder.mkdir(parents=True)
    with FileLock(folder / "driver.lock"), pytest.raises(ConcurrentRunError, match=folder.name):
        train(context, ready.export)


def test_remote_tables_want_a_folder_for_weights(ready):
    with pytest.raises(SettingsError, match=r"training\.folder"):
        plan_training(ready.context().settings, ready.export, "s3://bucket/warehouse")
    shared = plan_training(ready.context("training.folder=/shared/models/").settings, ready.export, "s3://bucket/warehouse")
    assert shared.job.folder == f"/shared/models/{shared.model_id}"


def test_only_what_changes_the_model_changes_its_id(ready):
    def id_of(*overrides: str) -> str:
        return plan_training(ready.context(*overrides).settings, ready.export, "w").model_id

    assert id_of() == id_of("training.processes=4", "training.device_examples=1", "training.checkpoint_steps=9")
    assert len({id_of(), id_of("training.seed=1"), id_of("training.method=lora"), id_of("training.packing=true")}) == 4

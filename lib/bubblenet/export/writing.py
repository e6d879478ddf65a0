"""Writes training examples: pins table versions, builds the examples, shards them, and describes them in manifest and dataset card."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import functions as F

from bubblenet import __version__
from bubblenet.errors import WarehouseError
from bubblenet.export import shards as sharding
from bubblenet.export.examples import Pinned, examples, made_from
from bubblenet.export.formats import FORMATS, FileFormat
from bubblenet.export.shards import Folder, Shard, write_shards
from bubblenet.locations import literal_path
from bubblenet.terminal import elide

if TYPE_CHECKING:
    from bubblenet.kernel.context import Context

_PURPOSE = {
    "forward": "Instructions and their responses, to train the model that answers.",
    "backward": "Responses and their instructions, to train the model that guesses the instruction of a passage.",
}
_MOST_SOURCES = 1000
_ERROR_CHARACTERS = 300
_GONE = ("FILE_NOT_EXIST", "FileNotFoundException", "DELTA_VERSION_NOT", "DELTA_LOG_FILE_NOT_FOUND", "VersionNotFound", "PATH_NOT_FOUND")


@dataclass(frozen=True, slots=True)
class Exported:
    """Result of an export. is_new: false if the folder already held an equal export."""

    manifest: dict[str, Any]
    is_new: bool


def export(context: Context, location: str) -> Exported:
    """Bring a folder up to date with the settings and the newest tables.

    Raises InputError if the folder has other content or there are too few examples, WarehouseError if the files of a version are gone.
    """
    folder, pinned, form = Folder(location), Pinned.now(context), FORMATS[context.settings.export.format]
    wanted = made_from(context, pinned)
    found = folder.manifest()
    if found and found["made_from"] == wanted:
        return Exported(found, is_new=False)
    folder.begin()
    try:
        rows = examples(context, pinned, f"{folder.unfinished}/clusters")
        written, left_out = write_shards(rows, folder, context.settings.export.shards, form)
    except (PySparkException, Py4JJavaError) as error:
        raise _named(error, pinned) from None
    manifest = sharding.describe(written, left_out) | {
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "bubblenet": __version__,
        "warehouse": context.warehouse.location,
        "made_from": wanted,
        "sources": _sources(context, folder, written, form),
    }
    folder.finish(manifest, _card(manifest, folder, context, form))
    return Exported(manifest, is_new=True)


def _named(error: Exception, pinned: Pinned) -> Exception:
    """A WarehouseError if files of a pinned version were removed; otherwise the error itself."""
    if not any(word in str(error) for word in _GONE):
        return error
    versions = ", ".join(f"{version} of {name}" for name, version in pinned.versions.items())
    got = f"files that were removed, by VACUUM or by hand: {elide(str(error), _ERROR_CHARACTERS)}"
    return WarehouseError(f"all files of the tables at versions {versions}", got, "Export another version.")


def _sources(context: Context, folder: Folder, written: list[Shard], form: FileFormat) -> list[dict[str, Any]]:
    """Number of exported examples by source, licence and language."""
    names = ("source", "licence", "language")
    reader = context.spark.read.format(form.spark).schema(", ".join(f"{name} STRING" for name in names))
    frame = reader.load([literal_path(f"{folder.location}/{shard.path}") for shard in written])
    named = (F.coalesce(name, F.lit("not stated")).alias(name) for name in names)
    counted = frame.groupBy(*named).agg(F.count("*").alias("num")).orderBy("source", "licence", "language")
    return [row.asDict() for row in counted.limit(_MOST_SOURCES).collect()]


def _card(manifest: dict[str, Any], folder: Folder, context: Context, form: FileFormat) -> str:
    """The dataset card: Markdown under a YAML header that the datasets library reads."""
    stated = manifest["made_from"]["settings"]
    by_licence: dict[tuple[str, str], int] = {}
    for row in manifest["sources"]:
        key = (row["source"], row["licence"])
        by_licence[key] = by_licence.get(key, 0) + row["num"]
    environment = Environment(autoescape=False)  # Markdown, not HTML
    template = environment.from_string(files("bubblenet.export").joinpath("card.md").read_text(encoding="utf-8"))
    return template.render(
        languages=json.dumps(sorted({row["language"] for row in manifest["sources"]} - {"not stated", "und"})),
        splits=manifest["splits"],
        form=form,
        reading=form.reading(folder.location),
        direction=stated["direction"],
        purpose=_PURPOSE[stated["direction"]],
        version=manifest["bubblenet"],
        versions=manifest["made_from"]["versions"],
        settings=stated,
        selection=manifest["made_from"].get("selection"),
        warehouse=context.warehouse.location,
        location=folder.location,
        sources=[{"source": source, "licence": licence, "num": num} for (source, licence), num in sorted(by_licence.items())],
    )

"""Exports: equal files with true digests, near copies on one side, the same rows whatever reads them, and errors with names."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter, defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from bubblenet import settings
from bubblenet.app import job
from bubblenet.errors import InputError, WarehouseError
from bubblenet.export.examples import SEED_TAG, WEB_TAG, reversed_request
from bubblenet.export.formats import FOR_TRAINING, FORMATS
from bubblenet.export.writing import export
from bubblenet.identity import content_id
from bubblenet.jobs import export as export_job
from bubblenet.jobs import seeds as seeds_job
from bubblenet.kernel.context import Context
from bubblenet.kernel.warehouse import Warehouse
from bubblenet.method.seeds import SeedFile, current_seeds, import_file
from bubblenet.tables import CURATED, DUPLICATES, RECIPES, SEGMENTS
from bubblenet.training.planning import plan_training

pytestmark = pytest.mark.spark

NUM_PASSAGES, CLUSTER_SIZE = 60, 4
CLUSTERING = "deduplicated"


def curated_row(number: int) -> dict:
    """A pair of grade 5 and one of grade 4 in turn; every CLUSTER_SIZE passages are near copies."""
    return {
        "instruction_id": f"i{number:03}", "segment_id": f"s{number:03}", "instruction": f"What is thing {number}?",
        "response": f"Thing {number} is a thing. " * 5, "quality": 0.5, "grade": 5 if number % 2 else 4, "origin": "generated",
        "language": "en", "url": f"http://example.com/{number}", "declared_licence": "CC-BY-4.0" if number % 3 else None,
        "round": 0, "policy": "default", "recipe_id": "r", "judgements_version": 1,
    }  # fmt: skip


def duplicate_row(number: int) -> dict:
    """The first two of a cluster stand for themselves, and a bridge joins them; the others are represented by one of them each."""
    head = number - number % CLUSTER_SIZE
    place = number % CLUSTER_SIZE
    represented_by = head + place % 2
    bridged = [f"s{head:03}"] if place == 1 else []
    return {
        "segment_id": f"s{number:03}", "representative_id": f"s{represented_by:03}", "bridged_ids": bridged, "fingerprint": CLUSTERING,
        "kept": place < 2,
    }  # fmt: skip


def fill(context, rows: list[dict], table) -> None:
    blank = dict.fromkeys(table.column_names)
    context.warehouse.append(context.spark.createDataFrame([blank | row for row in rows], table.ddl).coalesce(1), table, {"by": "test"})


@dataclass(frozen=True)
class Filled:
    """A warehouse with seeds and curated pairs."""

    folder: Path

    def context(self, make_context, tmp_path: Path, *overrides: str):
        """A context on a copy of it."""
        shutil.copytree(self.folder, tmp_path / "copy", dirs_exist_ok=True)
        return make_context("export", "seeds.held_out_share=0.5", *overrides, location=tmp_path / "copy")


@pytest.fixture(scope="module")
def filled(spark, tmp_path_factory) -> Filled:
    folder = tmp_path_factory.mktemp("filled")
    context = Context(
        spark, settings.load(None, ["engine.kind=scripted"]), Warehouse(spark, str(folder / "w")), "export", Console(quiet=True)
    )
    seeds = folder / "seeds.jsonl"
    lines = [{"instruction": f"Say {number}", "response": f"{number}!", "kind": "counting", "language": "en"} for number in range(40)]
    seeds.write_text("\n".join(map(json.dumps, lines)))
    import_file(context, SeedFile.of(str(seeds), "MIT", None))
    fill(context, [curated_row(number) for number in range(NUM_PASSAGES)], CURATED)
    fill(context, [duplicate_row(number) for number in range(NUM_PASSAGES)], DUPLICATES)
    fill(context, [{"recipe_id": "r", "stage": "deduplicate", "fingerprint": CLUSTERING}], RECIPES)
    return Filled(folder / "w")


def read(out: Path, split: str = "train") -> list[dict]:
    return [row for file in sorted((out / "data").glob(f"{split}-*.parquet")) for row in pq.read_table(file).to_pylist()]


def test_files_are_equal_and_read_alike_and_the_manifest_says_what_they_hold(filled, make_context, tmp_path, monkeypatch):
    out = tmp_path / "out"
    context = filled.context(make_context, tmp_path, "export.shards=4", "export.min_grade=4", "export.validation_share=0.3")

    manifest = export(context, str(out)).manifest

    by_split = defaultdict(list)
    for shard in manifest["shards"]:
        content = (out / shard["path"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (shard["num_bytes"], shard["sha256"])
        assert pq.read_metadata(out / shard["path"]).num_rows == shard["num_rows"]
        by_split[shard["split"]].append(shard["num_rows"])
    assert {split: len(set(rows)) for split, rows in by_split.items()} == {"train": 1, "validation": 1}
    assert len(by_split["train"]) == 4
    seeds = sum(row["source"] == "seed" for row in read(out))
    left_out = sum(split["left_out"] for split in manifest["splits"].values())
    assert left_out < 8
    assert sum(split["examples"] for split in manifest["splits"].values()) + left_out == NUM_PASSAGES + 40 - held_out(context)
    assert seeds == pytest.approx(40 - held_out(context), abs=4)
    assert not list(out.glob("_*"))
    sides = defaultdict(set)  # near copies are on one side, and bridges join clusters
    for split in ("train", "validation"):
        for row in read(out, split):
            if row["source"] == "curated":
                sides[int(row["pair_id"][1:]) // CLUSTER_SIZE].add(split)
    assert Counter(map(len, sides.values())).keys() == {1}
    assert {split for splits in sides.values() for split in splits} == {"train", "validation"}

    agree(out, {name: split["examples"] for name, split in manifest["splits"].items()}, tmp_path, monkeypatch)


def agree(out: Path, numbers: dict[str, int], tmp_path: Path, monkeypatch) -> None:
    """DuckDB and datasets read what pyarrow reads."""
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    import datasets

    loaded = datasets.load_dataset(str(out))
    for split, number in numbers.items():
        asked = sorted(row["prompt"][-1]["content"] for row in read(out, split))
        found = duckdb.sql(f"SELECT prompt[-1].content FROM '{out}/data/{split}-*.parquet' ORDER BY 1").fetchall()
        assert len(asked) == number == loaded[split].num_rows
        assert asked == [row[0] for row in found] == sorted(turns[-1]["content"] for turns in loaded[split]["prompt"])


@pytest.mark.parametrize("name", sorted(FORMATS.keys() - {FOR_TRAINING}))
def test_another_format_holds_the_same_rows_and_training_refuses_it_by_name(filled, make_context, tmp_path, monkeypatch, name):
    form, out = FORMATS[name], tmp_path / name
    wanted = ("export.min_grade=4", "export.validation_share=0.3")
    export(filled.context(make_context, tmp_path, *wanted), str(tmp_path / "parquet"))
    context = filled.context(make_context, tmp_path, *wanted, f"export.format={name}")

    manifest = export(context, str(out)).manifest

    assert not export(context, str(out)).is_new
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    loaded: dict = {}
    exec("\n".join(form.reading(str(out))), loaded)  # what card and messages tell
    assert len(loaded["examples"]) == manifest["splits"]["train"]["examples"]
    for split in ("train", "validation"):
        files = sorted(str(path) for path in (out / "data").glob(f"{split}-*{form.suffix}"))
        as_parquet = context.spark.read.parquet(*(str(path) for path in (tmp_path / "parquet" / "data").glob(f"{split}-*")))
        rows = context.spark.read.format(form.spark).schema(as_parquet.schema).load(files)
        assert sorted(map(str, rows.collect())) == sorted(map(str, as_parquet.collect()))
        assert rows.count() == manifest["splits"][split]["examples"]
    assert {row["source"] for row in manifest["sources"]} == {"seed", "curated"}
    with pytest.raises(InputError, match=f"an export as Parquet.*as {form.title}"):
        plan_training(context.settings, str(out), context.warehouse.location)


def held_out(context) -> int:
    return current_seeds(context).where("split = 'held_out'").count()


def test_forward_has_tags_and_backward_the_request_of_the_backward_model(filled, make_context, tmp_path):
    context = filled.context(make_context, tmp_path)
    export(context, str(tmp_path / "forward"))
    export(filled.context(make_context, tmp_path, "export.direction=backward", "export.validation_share=0"), str(tmp_path / "backward"))

    forward = {row["source"]: row for row in read(tmp_path / "forward")}
    for source, tag in (("seed", SEED_TAG), ("curated", WEB_TAG)):
        assert [turn["role"] for turn in forward[source]["prompt"]] == ["system", "user"]
        assert forward[source]["prompt"][0]["content"] == tag
    assert forward["curated"]["completion"][0]["content"].startswith("Thing ")
    assert {row["grade"] for row in read(tmp_path / "forward")} == {None, 5}
    backward = [row for row in read(tmp_path / "backward") if row["source"] == "curated"]
    assert all(row["prompt"][0]["content"] == f"{row_response(row)}\n\n{reversed_request()}" for row in backward)
    assert all(row["completion"] == [{"role": "assistant", "content": f"What is thing {int(row['pair_id'][1:])}?"}] for row in backward)
    assert not (tmp_path / "backward/data").joinpath("validation-00000-of-00001.parquet").exists()


def row_response(row: dict) -> str:
    return curated_row(int(row["pair_id"][1:]))["response"]


def test_weights_say_how_often_a_pair_is_there(filled, make_context, tmp_path):
    out = tmp_path / "out"
    overrides = ("export.seed_weight=2.5", "export.curated_weight=0.0", "export.validation_share=0", "export.shards=1")

    export(filled.context(make_context, tmp_path, *overrides), str(out))

    times = Counter(row["pair_id"] for row in read(out))
    assert set(times.values()) == {2, 3}
    assert len({row["example_id"] for row in read(out)}) == times.total()


def test_what_is_there_is_not_written_again_and_what_was_cut_off_is(filled, make_context, tmp_path):
    context = filled.context(make_context, tmp_path)
    first = export(context, str(tmp_path / "out"))
    again = export(context, str(tmp_path / "out"))
    with pytest.raises(InputError, match="a training example for each of 500 shards"):  # what cannot be replaced stays
        export(filled.context(make_context, tmp_path, "export.shards=500"), str(tmp_path / "out"))
    still = export(context, str(tmp_path / "out"))
    (tmp_path / "out" / "manifest.json").unlink()  # as after a kill: what is there is no export
    repeated = export(context, str(tmp_path / "out"))

    assert [exported.is_new for exported in (first, again, still, repeated)] == [True, False, False, True]
    assert not list((tmp_path / "out").glob("_*"))
    assert first.manifest["data_sha256"] == again.manifest["data_sha256"] == repeated.manifest["data_sha256"]


def test_what_cannot_be_exported_is_named(filled, make_context, tmp_path):
    with pytest.raises(WarehouseError, match=r"version 99; the newest is"):
        export(filled.context(make_context, tmp_path, "export.curated_version=99"), str(tmp_path / "out"))
    for name in ("thesis.txt", "data/train.parquet", "README.md", "manifest.json"):
        mine = tmp_path / name.replace("/", "-") / name
        mine.parent.mkdir(parents=True)
        mine.write_text("{}")
        with pytest.raises(InputError, match="with other files"):
            export(filled.context(make_context, tmp_path), str(tmp_path / name.replace("/", "-")))
        assert mine.read_text() == "{}"
    context = filled.context(make_context, tmp_path)
    for file in (tmp_path / "copy" / "curated").rglob("*.parquet"):
        if "_delta_log" not in file.parts:
            file.unlink()
    with pytest.raises(WarehouseError, match="files that were removed"):
        export(context, str(tmp_path / "gone"))


def test_the_jobs_say_what_they_did(filled, make_context, tmp_path, monkeypatch, capsys):
    context = filled.context(make_context, tmp_path)

    @contextmanager
    def opened(config, overrides, warehouse, snapshot, *, create):
        assert (config, overrides, warehouse) == (None, ["export.shards=2"], "w")
        yield replace(context, console=Console(width=200))

    monkeypatch.setattr(job, "opened", opened)
    common = ["--origin", "human", "--warehouse", "w", "--set", "export.shards=2"]
    seeds = [str(filled.folder.parent / "seeds.jsonl"), *common]
    out = tmp_path / "out"

    assert seeds_job.JOB.main([*seeds, "--license", "MIT"]) == 0
    assert export_job.JOB.main(["--out", str(out), *common[2:]]) == 0

    printed = capsys.readouterr().out
    assert "40 seen = 40 kept" in printed
    assert "all 1 kinds" in printed
    assert "examples in 2 files of" in printed
    assert str(out / "manifest.json") in printed
    card = (out / "README.md").read_text()
    assert card.startswith("---\nlicense: other\n")
    assert "| seed | MIT |" in card
    assert seeds_job.JOB.main(seeds) == 2
    assert "InputError: wanted the licence of the pairs" in capsys.readouterr().err


def spoken(number: int) -> str:
    """A text of twenty words that no other number has."""
    return " ".join(f"word{number}x{place}" for place in range(20))


def test_what_models_are_assessed_with_and_pages_that_calibrate_the_judge_are_left_out(make_context, tmp_path, capsys):
    context = make_context("export", "seeds.held_out_share=0.5", "export.shards=1", "export.validation_share=0")
    lines = [{"instruction": f"Say {number}", "response": spoken(number), "kind": "k", "language": "en"} for number in range(20)]
    (tmp_path / "seeds.jsonl").write_text("\n".join(map(json.dumps, lines)))
    import_file(context, SeedFile.of(str(tmp_path / "seeds.jsonl"), "MIT", None))
    sides = {row["response"]: row["split"] for row in current_seeds(context).collect()}
    texts = [*sides, *(spoken(number) for number in (100, 101, 102, 103))]  # the last four: of page1, page1, page2, page3
    pages = ["elsewhere"] * 20 + ["page1", "page1", "page2", "page3"]
    fill(
        context,
        [
            curated_row(1) | {"instruction_id": f"i{n}", "segment_id": f"s{n}", "response": f"Before it. {text}", "document_id": page}
            for n, (text, page) in enumerate(zip(texts, pages, strict=True))
        ],
        CURATED,
    )
    fill(context, [{"segment_id": content_id("A labelled passage."), "document_id": "page1", "status": "ok"}], SEGMENTS)

    manifest = export(context, str(tmp_path / "plain")).manifest

    held_out_texts = {text for text, split in sides.items() if split == "held_out"}
    assert manifest["left_out"] == {"held_out_seed": len(held_out_texts)}
    exported = {row["completion"][0]["content"] for row in read(tmp_path / "plain") if row["source"] == "curated"}
    assert exported == {f"Before it. {text}" for text in texts} - {f"Before it. {text}" for text in held_out_texts}

    labels = [("A labelled passage.", "one"), (spoken(102), "two")]  # stands on page1 uncurated; was curated from page2
    rows = [{"instruction": "What?", "response": text, "label": 1, "page": page} for text, page in labels]
    (tmp_path / "labels.jsonl").write_text("\n".join(map(json.dumps, rows)))
    known = make_context("export", "seeds.held_out_share=0.5", "export.shards=1", f"rounds.labels={tmp_path / 'labels.jsonl'}")

    export_job.run(replace(known, console=Console(width=200)), str(tmp_path / "known"))

    by_page = Counter(row["url"] for row in read(tmp_path / "known") if row["source"] == "curated")
    assert by_page.total() == len(exported) - 3
    assert "3 curated pairs left out: labelled_page" in capsys.readouterr().out
    assert "Left out: " in (tmp_path / "known" / "README.md").read_text()
    with pytest.raises(InputError, match="a file of labelled pairs"):
        export(make_context("export", "rounds.labels=/nowhere"), str(tmp_path / "none"))

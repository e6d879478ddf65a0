"""Bad input through all stages: a named error before anything is written, or a quarantined row with its reason."""

from __future__ import annotations

import pytest

from bubblenet.errors import InputError, SchemaVersionError, WarehouseError
from bubblenet.jobs import backtranslate
from bubblenet.tables import RUNS
from tests.corpora import page, ten_pages, write_pages
from tests.spark.pipelines import run_all, run_through

pytestmark = pytest.mark.spark


def test_bad_rows_are_quarantined_with_their_reason(make_context, tmp_path):
    pages = ten_pages(tmp_path / "pages")
    (pages / "empty.html").write_bytes(b"")
    (pages / "wordless.html").write_text("<html><body><img src=x></body></html>")
    (pages / "style.css").write_text("body {}")
    (pages / "bad.jsonl").write_text('{"text": "unfinished')
    write_pages(
        pages, {"fails": page("fails").replace("The purpose of package fails is", "The purpose BUBBLENET-FAIL of package fails is", 1)}
    )
    context = make_context("A", inputs=(str(pages),))

    reports = run_through(context, backtranslate.run)

    assert reports["list"].counts.filtered == {"unknown_format": 1}
    assert sum(reports["ingest"].counts.quarantined.values()) == 2
    assert reports["segment"].counts.filtered["no_text"] == 1
    assert reports["backtranslate"].counts.quarantined == {"engine_error": 4}


def test_missing_and_empty_inputs_are_named(make_context, tmp_path):
    with pytest.raises(InputError, match="no such path"):
        run_all(make_context("A", inputs=(str(tmp_path / "nowhere"),)))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="empty folder"):
        run_all(make_context("A", inputs=(str(tmp_path / "empty"),)))
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.png").write_bytes(b"x")
    with pytest.raises(InputError, match="none among 1 files"):
        run_all(make_context("A", inputs=(str(tmp_path / "pictures"),)))


def test_a_bad_snapshot_name_is_named(make_context):
    with pytest.raises(InputError, match="snapshot name"):
        make_context("a/../b")


def test_a_warehouse_of_another_schema_version_is_refused(make_context, spark):
    context = make_context()
    spark.sql(f"ALTER TABLE {context.warehouse.identifier(RUNS)} SET TBLPROPERTIES ('bubblenet.schema_version' = '99')")
    with pytest.raises(SchemaVersionError, match="version 99"):
        make_context()


def test_a_folder_with_other_files_is_no_table(make_context, tmp_path):
    (tmp_path / "warehouse" / "segments").mkdir(parents=True)
    (tmp_path / "warehouse" / "segments" / "notes.txt").write_text("mine")
    with pytest.raises(WarehouseError, match="other files"):
        make_context()

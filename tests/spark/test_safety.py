"""Pages on a list of addresses, on real Delta tables: a row with its reason each, and another content of the list cuts them again."""

from __future__ import annotations

import json

import pytest
from pyspark.sql import functions as F

from bubblenet.jobs import ingest, segment
from bubblenet.method.recipe import corpus_recipe
from bubblenet.tables import SEGMENTS

pytestmark = pytest.mark.spark

TEXT = "The kettle stands on the stove and begins to sing, and then the water is poured over the leaves in the warm pot."


def test_a_listed_page_has_one_row_and_comes_back_when_the_list_changes(make_context, tmp_path):
    pages, domains = tmp_path / "pages.jsonl", tmp_path / "domains"
    urls = ("https://www.bad.example/1", "https://good.example/2", "https://worse.example/3")
    pages.write_text("".join(json.dumps({"url": url, "text": TEXT + url[-1]}) + "\n" for url in urls))

    def verdicts(listed: str) -> tuple[dict[str, str | None], int]:
        """The reason of each page, and how many rows were written."""
        domains.write_text(listed)
        overrides = ("segmentation.min_characters=20", "segmentation.min_words=5", f'safety.domains=["{domains}"]')
        context = make_context("A", *overrides, inputs=(str(pages),))
        ingest.run(context)
        (report,) = segment.run(context)
        rows = context.warehouse.read(SEGMENTS).where(F.col("fingerprint") == corpus_recipe(context.settings)["segment"].id).collect()
        assert report.counts.is_balanced
        assert all((row.reason is None) == row.kept == (row.text is not None and row.text != "") for row in rows)
        return {row.url: row.reason for row in rows}, report.num_rows

    assert verdicts("bad.example\n") == (dict(zip(urls, ("listed_domain", None, None), strict=True)), 3)
    assert verdicts("bad.example\n")[1] == 0
    assert verdicts("worse.example\n") == (dict(zip(urls, (None, None, "listed_domain"), strict=True)), 3)

"""The public test collections through ingest in one run: every file as its README expects, every request accounted for."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

import pytest

from bubblenet.corpus.reading.hygiene import clean_text
from bubblenet.jobs import ingest
from bubblenet.tables import DOCUMENTS, FILES

pytestmark = pytest.mark.spark

EXPECTED = {
    "warc/pywb/bad.arc": ["unsupported_format"],
    "warc/pywb/dupes.warc.gz": [None],
    "warc/pywb/example-bad.warc.gz.bad": ["unknown_format"],
    "warc/pywb/example-extra.warc": [None, "truncated"],
    "warc/pywb/example-url-agnostic-orig.warc.gz": [None],
    "warc/pywb/example-url-agnostic-revisit.warc.gz": ["empty"],
    "warc/pywb/example-wget-1-14.warc.gz": [None],
    "warc/pywb/example-wpull.warc.gz": [None],
    "warc/pywb/example.arc": ["unsupported_format"],
    "warc/pywb/example.arc.gz": ["unsupported_format"],
    "warc/pywb/example.warc": [None, "unreadable"],
    "warc/pywb/example.warc.gz": [None],
    "warc/pywb/example2.warc.gz": [None],
    "warc/pywb/httpbin-resource.warc.gz": ["empty"],
    "warc/pywb/iana.warc.gz": [None] * 16,
    "warc/pywb/missing-status-text.warc": ["empty"],
    "warc/pywb/post-test.warc.gz": ["empty"],
    "warc/resiliparse/block-sized-records.warc": ["empty"],
    "warc/resiliparse/block-sized-records.warc.gz": ["empty"],
    "warc/resiliparse/block-sized-records.warc.lz4": ["unsupported_format"],
    "warc/resiliparse/clipped.warc.gz": ["truncated"],
    "utf8/utf8.replace.ref.txt": [None],
    "utf8/utf8.skip.ref.txt": [None],
    "utf8/utf8tests.bin": ["unknown_format"],
    "utf8/utf8tests.html": [None],
    "utf8/utf8tests.jsonl": ["missing_text"] * 222,
    "utf8/utf8tests.txt": [None],
    "strings/blns.json": ["missing_text"] * 515,
}
"""Reasons of each file's rows, None for a page; tests/unit/corpus/test_suites.py says why."""


@pytest.fixture
def found(make_context, suites: Path) -> dict[str, list]:
    """Every file of the collections -> its rows in documents, or in files when it was not read."""
    context = make_context(
        "A", "corpus.split_bytes=65536", inputs=tuple(str(suites / name) for name in ("warc", "utf8", "strings", "json", "parquet"))
    )
    listed, read = ingest.run(context)
    assert listed.counts.is_balanced
    assert read.counts.is_balanced
    assert read.counts.pending == 0
    assert "failed" not in read.counts.quarantined
    rows: dict[str, list] = defaultdict(list)
    for row in context.warehouse.read(FILES).where("NOT kept").collect() + context.warehouse.read(DOCUMENTS).collect():
        if row["reason"] != "no_page":
            rows[str(Path(row["path"]).relative_to(suites))].append(row)
    return rows


def test_every_file_of_the_collections_goes_through_ingest_as_its_readme_expects(found, suites):
    reasons = {path: sorted((row["reason"] for row in rows), key=str) for path, rows in found.items()}
    json = {path: given for path, given in reasons.items() if path.startswith("json/")}
    parquet = {path: given for path, given in reasons.items() if path.startswith("parquet/")}

    quirk = "warc/resiliparse/clueweb-quirk.warc.gz"  # in newer collections
    assert {path: reasons[path] for path in reasons if path not in json and path not in parquet and path != quirk} == {
        path: sorted(given, key=str) for path, given in EXPECTED.items()
    }
    assert reasons.get(quirk, []) in ([], [None] * 29)
    assert len(json) == 318
    verdicts = Counter((path.removeprefix("json/")[0], reason) for path, given in json.items() for reason in set(given))
    assert verdicts["y", "missing_text"] + verdicts["y", "empty"] == 95
    assert verdicts["n", "bad_json"] + verdicts["n", "empty"] == 185
    assert (verdicts["y", "bad_json"], verdicts["n", "missing_text"]) == (0, 3)  # NaN and Infinity, which are null
    assert len(parquet) == 8
    assert {reason for given in parquet.values() for reason in given} <= {"unreadable", "missing_text"}
    [page] = [row for row in found["utf8/utf8.replace.ref.txt"]]
    assert page["content"] == clean_text((suites / "utf8" / "utf8.replace.ref.txt").read_bytes().decode())
    assert sum(row["is_verified"] for row in found["warc/pywb/iana.warc.gz"]) == 16

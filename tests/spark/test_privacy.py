"""Fifty planted values through the whole pipeline: none of their bytes is in a table after the pages, a log, the report or an export."""

from __future__ import annotations

import gzip
import io
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pyspark.sql import functions as F
from rich.console import Console
from stdnum import iban, luhn

from bubblenet.export.writing import export
from bubblenet.tables import DOCUMENTS, RIGHTS, SEGMENTS
from bubblenet.viewing.summary import print_summary
from tests.archives import warc_record
from tests.corpora import passage
from tests.secret_samples import FORMATS
from tests.spark.pipelines import run_all

pytestmark = pytest.mark.spark

NUM_PAGES = 5
IN_ADDRESS = "canary.reader@firm-quince.com"
"""Of a page's address, which the pages' own tables keep."""


def canaries() -> list[str]:
    """Fifty values of every kind that is masked by default, with IN_ADDRESS."""
    draw = random.Random(23)

    def digits(count: int) -> str:
        return "".join(draw.choices("0123456789", k=count))

    cards = ["4" + digits(14) for _ in range(6)]
    accounts = [f"DE{digits(18)}" for _ in range(6)]
    found = [IN_ADDRESS, *(f"canary.{draw.randrange(10**6)}@firm-{draw.randrange(10**4)}.com" for _ in range(11))]
    found += [card + luhn.calc_check_digit(card) for card in cards]
    found += [f"DE{iban.calc_check_digits(f'DE00{account[2:]}')}{account[2:]}" for account in accounts]
    found += [f"86.{draw.randrange(100, 255)}.{draw.randrange(100, 255)}.{draw.randrange(1, 255)}" for _ in range(6)]
    found += [f"+49 30 {digits(3)} {digits(4)}" for _ in range(6)]
    found += [f"{draw.randrange(100, 600)}-{draw.randrange(11, 99)}-{draw.randrange(1000, 9999)}" for _ in range(4)]
    names = [name for name in FORMATS if "private key" not in name]
    return found + [FORMATS[name](draw) for name in draw.sample(names, 10)]


def page(number: int, planted: list[str]) -> str:
    """A page with values in its title, headings, a stated question, text, a list, a table and code; three of them twice."""
    title, heading, asked, *rest = planted
    text = " and then ".join(f"the manual names {value} as well" for value in rest[:3])
    items = "".join(f"<li>An entry of the list is {value} here</li>" for value in rest[3:5])
    cells = "".join(f"<tr><td>Row</td><td>{value}</td></tr>" for value in rest[5:6])
    code = "\n".join(f"send('{value}')" for value in rest[6:])
    topics = [
        f"<h2>The use of {heading} in part {number}</h2><p>{passage(f'a{number}', 'use')} In it {text}; again {title}.</p>",
        f"<h2>How do I write to {asked} about part {number}?</h2><p>{passage(f'b{number}', 'answer')} So write to {asked}.</p>",
        f"<h2>The structure of part {number}</h2><p>{passage(f'c{number}', 'structure')}</p><ul>{items}</ul>"
        f"<table><tr><th>What</th><th>Value</th></tr>{cells}</table><pre>{code}</pre>",
    ]
    name = f"Part {number} of {title}"
    return f"<html lang=en><head><title>{name}</title></head><body><h1>{name}</h1>{''.join(topics)}</body></html>"


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder by its name, unpacked: Parquet through Arrow, gzip; the bytes as they lie, too."""
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            name, raw = file.relative_to(folder).as_posix(), file.read_bytes()
            yield name, raw
            if name.endswith(".parquet"):
                yield name, repr(pq.read_table(file, partitioning=None).to_pylist()).encode()
            elif name.endswith(".gz"):
                yield name, gzip.decompress(raw)


def test_no_byte_of_fifty_planted_values_is_in_a_later_table_a_log_the_report_or_an_export(make_context, tmp_path: Path, capfd):
    planted = canaries()
    share = len(planted) // NUM_PAGES
    (tmp_path / "pages").mkdir()
    records = [
        warc_record(page(number, planted[number * share : (number + 1) * share]).encode(), f"https://site.dev/{number}?to={IN_ADDRESS}")
        for number in range(NUM_PAGES)
    ]
    (tmp_path / "pages" / "site.warc").write_bytes(b"".join(records))
    context = make_context("A", "curation.grade_4=0.0", "export.min_grade=4", inputs=(str(tmp_path / "pages"),))
    screen = io.StringIO()
    told = replace(context, console=Console(file=screen, width=200))

    reports = run_all(told)
    export(told, str(tmp_path / "export"))
    print_summary(told, list(reports.values()), 1.0, tmp_path / "seen" / "report.html")
    (tmp_path / "seen" / "screen.txt").write_text(screen.getvalue() + "".join(capfd.readouterr()), encoding="utf-8")

    found = [
        (name, value)
        for folder in ("warehouse", "export", "seen")
        for name, content in contents(tmp_path / folder)
        for value in planted
        if value.encode() in content and name.split("/")[0] not in (DOCUMENTS.name, RIGHTS.name)
    ]
    assert len(set(planted)) == 50
    assert found == []
    segments = context.warehouse.read(SEGMENTS)
    assert {row["url"].split("=")[1] for row in segments.select("url").collect()} == {"[email address]"}
    assert segments.agg(F.sum("num_secrets")).first()[0] >= 10
    assert segments.where("kept").count() >= 2 * NUM_PAGES
    assert any((tmp_path / "export").rglob("*.parquet")) or any((tmp_path / "export").rglob("*.jsonl*"))
    assert "Personal data masked in" in screen.getvalue()
    assert "<h2>Personal data</h2>" in (tmp_path / "seen" / "report.html").read_text(encoding="utf-8")

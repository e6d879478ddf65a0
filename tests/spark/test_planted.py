"""Everything that is to be left out or masked, planted together: every row has its verdict, and people are told of each reason.

Fifty personal values and secrets, pages that opt out, listed pages, adult pages, gambling and generated text, orders to a judge, a list of
staff, and more pairs of one domain than its cap.
"""

from __future__ import annotations

import gzip
import html
import io
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, unquote

import pyarrow.parquet as pq
import pytest
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from rich.console import Console
from stdnum import iban, luhn

from bubblenet.export.writing import export
from bubblenet.jobs import backtranslate
from bubblenet.tables import CURATED, JUDGEMENTS, SEGMENTS
from bubblenet.viewing.summary import print_summary
from tests.archives import warc_record
from tests.benchmarks.injection_attacks import of_ours, planted
from tests.benchmarks.injection_attacks import page as attacked
from tests.benchmarks.planted_spam import planted_pages
from tests.corpora import page as plain_page
from tests.corpora import passage
from tests.secret_samples import FORMATS
from tests.spark.pipelines import run_all

pytestmark = pytest.mark.spark

NUM_PAGES = 5
SPAM = {"adult", "gambling", "keyword_stuffing", "exchanged_names", "other_alphabet", "mojibake"}
LEFT_OUT = {"listed_domain", "judge_injection", "role_markers", "personal_data", *SPAM}
"""Reasons of passages."""
IN_ADDRESS = "canary.reader@firm-quince.com"
"""Of a page's address."""


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


def page(number: int, values: list[str]) -> str:
    """A page with values in its title, headings, a stated question, text, a list, a table and code; three of them twice."""
    title, heading, asked, *rest = values
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
    head = f"<title>{name}</title><!-- {heading} -->{''.join(map(in_markup, values))}"
    return f"<html lang=en><head>{head}</head><body><h1>{name}</h1>{''.join(topics)}</body></html>"


def in_markup(value: str) -> str:
    """A value in every place and spelling that markup has for it."""
    decimal, hexadecimal = ("".join(f"&#{sign}{ord(char):{form}};" for char in value) for sign, form in (("", "d"), ("x", "x")))
    escaped = "".join(f"\\u{ord(char):04x}" for char in value)
    percent = "".join(f"%{ord(char):02X}" for char in value)
    hrefs = (f"mailto:{quote(value)}", f"tel:{value}", f"/search?q={percent}&amp;x=1", f"/u/{quote(value, safe='')}")
    links = "".join(f'<link rel="alternate" href="{html.escape(href)}">' for href in hrefs)
    named = value.replace("@", "&commat;").replace("+", "&plus;").replace(".", "&period;")
    return (
        f"{links}<meta name=contact content='{decimal}'><meta name=contact content=\"{hexadecimal}\"><meta content='{named}'>"
        f'<script type="application/ld+json">{{"@type": "Person", "contact": "{value}", "again": "{escaped}"}}</script>'
        f"<script>var contact = '{value}'; // {value}\n</script><style>/* {value} */</style><!--{decimal}-->"
        f"<div data-contact='{value}' title='{named}' hidden>{decimal} or {hexadecimal} or {named}</div>"
    )


def others() -> list[str]:
    """A page of each kind of spam, two with orders to a judge, and one that is mostly personal data."""
    found = list({spam.kind: spam.html for spam in reversed(planted_pages()) if spam.language in ("en", "ru")}.values())
    orders = {attack.family: attack.markup for attack in reversed(of_ours())}
    for family in ("score echo", "role marker"):
        found.append(attacked(planted(passage(family, "order"), "middle"), orders[family]))
    values = (f"reader.{n}.of.the.old.manual@department-of-letters-{n}.com +49 30 5{n} 44{n}".split(" ", 1)[n % 2] for n in range(10, 60))
    staff = ". ".join(
        f"{' '.join(text.split()[:9])} {value}" for text, value in zip(passage("staff", "letters").split(". "), values, strict=False)
    )
    return [*found, f"<html lang=en><body><h1>Who reads the letters</h1><p>{staff}</p></body></html>"]


def write_archive(file: Path, values: list[str]) -> None:
    """The values on pages of one site; every other page on a site of its own."""
    share = len(values) // NUM_PAGES
    pages = [(f"https://site.dev/{n}?to={IN_ADDRESS}", page(n, values[n * share : (n + 1) * share])) for n in range(NUM_PAGES)]
    pages += [(f"https://other{number}.dev/", other) for number, other in enumerate(others())]
    records = [warc_record(text.encode(), url) for url, text in [*pages, ("https://listed.dev/", plain_page("listed"))]]
    records.append(warc_record(plain_page("opted").encode(), "https://opted.dev/", "X-Robots-Tag: noai\r\n"))
    file.parent.mkdir()
    file.write_bytes(b"".join(records))


def reasons(rows: DataFrame) -> dict[str, int]:
    """How many rows have each reason."""
    return {row["reason"]: row["count"] for row in rows.where("reason IS NOT NULL").groupBy("reason").count().collect()}


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


def meant(text: str) -> str:
    """What references, percent signs and escapes stand for."""
    return re.sub(r"\\+u([0-9a-f]{4})", lambda one: chr(int(one[1], 16)), unquote(html.unescape(text)))


def test_a_run_over_all_of_it_leaves_out_masks_and_counts(make_context, tmp_path: Path, capfd):
    values = canaries()
    write_archive(tmp_path / "pages" / "all.warc", values)
    (tmp_path / "domains").write_text("listed.dev\n")
    overrides = (f'safety.domains=["{tmp_path / "domains"}"]', "curation.domain_share=0.0", "curation.domain_rows=3")
    made = make_context("A", "curation.grade_4=0.0", "export.min_grade=4", *overrides, inputs=(str(tmp_path / "pages"),))
    screen = io.StringIO()
    context = replace(made, console=Console(file=screen, width=200))
    (tmp_path / "seen").mkdir()

    reports = run_all(context)
    export(context, str(tmp_path / "export"))
    print_summary(context, list(reports.values()), backtranslate.stages, 1.0, tmp_path / "seen" / "report.html")
    (tmp_path / "seen" / "screen.txt").write_text(screen.getvalue() + "".join(capfd.readouterr()), encoding="utf-8")

    assert all(report.counts.is_balanced and not report.counts.pending for report in reports.values())
    check_masked(tmp_path, values, context.warehouse.read(SEGMENTS))
    of_segments = reasons(context.warehouse.read(SEGMENTS))
    assert set(of_segments) >= LEFT_OUT
    judged = context.warehouse.read(JUDGEMENTS)
    assert context.warehouse.read(CURATED).where("url LIKE 'https://site.dev/%'").count() == 3
    assert reasons(judged)["domain_cap"] > 0
    told = (tmp_path / "seen" / "report.html").read_text(encoding="utf-8")
    assert {"<h2>Personal data</h2>", "<h2>Rights</h2>"} <= set(re.findall("<h2>[^<]*</h2>", told))
    assert all(reason in told for reason in LEFT_OUT | {"opted_out", "domain_cap"})
    assert "Personal data masked in" in screen.getvalue()


def check_masked(folder: Path, values: list[str], segments: DataFrame) -> None:
    """Fail where a byte of a value stands in a table, a log, the report or an export, or in another spelling."""
    found = [
        (name, value)
        for part in ("warehouse", "export", "seen")
        for name, content in contents(folder / part)
        for spelled in (content.decode("utf-8", "replace"),)
        for text in (spelled, meant(spelled))
        for value in values
        if value in text
    ]
    assert len(set(values)) == 50
    assert found == []
    of_site = segments.where("url LIKE 'https://site.dev/%'")
    assert {row["url"].split("=")[1] for row in of_site.select("url").collect()} == {"[email address]"}
    assert segments.agg(F.sum("num_secrets")).first()[0] >= 10
    assert of_site.where("kept").count() >= 2 * NUM_PAGES
    assert any((folder / "export").rglob("*.parquet")) or any((folder / "export").rglob("*.jsonl*"))

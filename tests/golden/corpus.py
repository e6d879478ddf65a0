"""Components of the corpus storey, each with an input that touches its branches."""

from __future__ import annotations

import gzip
import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bubblenet.corpus import language, questions
from bubblenet.corpus.extraction import faq, plain
from bubblenet.corpus.extraction.html import html_blocks
from bubblenet.corpus.extraction.markdown import markdown_blocks
from bubblenet.corpus.reading import hygiene, seed_files
from bubblenet.corpus.reading.readers import ByteRange, Page, read_file
from bubblenet.corpus.segmentation import segment_page
from bubblenet.corpus.shape import shape_of
from bubblenet.corpus.similarity import contamination, shingles
from bubblenet.corpus.similarity.minhash import MinHasher
from bubblenet.settings import Segmentation
from tests.archives import PAGE, warc_record, warcinfo
from tests.golden import INPUTS, Component, Plant, markup
from tests.golden.passages import judged
from tests.golden.texts import CHARSETS, CLEANED, HEADINGS, LANGUAGES, PLAIN_TEXTS, SEED_LINES, SHAPES, SHINGLED

CUT_AGAIN = "segment, and every later stage where it gives other passages"
LIMIT = 1200
"""Bytes of a page in the files below."""

SAYING = (
    b"<!-- <meta name=robots content=none> --><META name=Robots content='noai'><meta name=tdm-reservation content=1><body>"
    b"<a rel='x license' href=/l>l</a><link itemprop=license href=/s><script type=application/ld+json>"
    b'{"@graph": [{"license": [{"@id": "/j"}], "image": {"@type": "ImageObject", "license": "/p"}}]}</script>'
)
"""What a page says about rights, and what only looks so."""


def _records() -> list[bytes]:
    """Of WARC: sound ones, and each kind of others."""
    return [
        warc_record(PAGE, "http://example.org/sound", f"Content-Length: {len(PAGE)}\r\n"),
        warc_record(PAGE, "http://example.org/cut", "Content-Length: 999\r\n"),
        warc_record(gzip.compress(PAGE, mtime=0), "http://example.org/gzip", "Content-Encoding: gzip\r\n"),
        warc_record(b"5\r\n<html\r\n4\r\n>Tea\r\n0\r\n\r\n", "http://example.org/chunked", "Transfer-Encoding: chunked\r\n"),
        warc_record(PAGE, "<http://example.org/digest>", warc_head=f"WARC-Block-Digest: sha1:{'A' * 32}\r\n"),
        warc_record(PAGE, "http://example.org/proven", warc_head="WARC-Payload-Digest: sha1:3OPOKBXN6KOEV4KJNKVFRNFCIYIYNVIK\r\n"),
        warc_record(PAGE, "http://example.org/truncated", warc_head="WARC-Truncated: length\r\n"),
        warc_record(b"x" * LIMIT * 2, "http://example.org/large"),
        warc_record(b"%PDF-1.4", "http://example.org/pdf"),
        warc_record(b"", "http://example.org/empty"),
        warc_record(PAGE, "dns:example.org"),
        warc_record(PAGE, "http://example.org/moved").replace(b"200 OK", b"301 Moved"),
        warc_record(PAGE, "http://example.org/picture").replace(b"text/html", b"image/png"),
        warc_record(PAGE, "http://example.org/untyped").replace(
            b"Content-Type: text/html; charset=utf-8\r\n", b"X-Much: longer header\r\n"
        ),
        warc_record("Zeile \u00e4".encode("latin-1"), "http://example.org/latin").replace(b"charset=utf-8", b"charset=latin"),
        warc_record(PAGE, "http://example.org/text", kind="conversion", warc_head="WARC-Identified-Content-Language: eng,deu\r\n"),
        warc_record(PAGE, "http://example.org/plain", "Content-Encoding: br\r\n"),
        warc_record(
            gzip.compress(PAGE[:9], mtime=0) + gzip.compress(PAGE[9:], mtime=0), "http://example.org/two", "Content-Encoding: br\r\n"
        ),
        warc_record(PAGE, "http://example.org/types", "Content-Type: text/plain\r\n Content-Type: what\r\n"),
        warc_record(PAGE, "http://example.org/strange", warc_head=f"WARC-Payload-Digest: sha1:{'B' * 32}\r\n"),
        warc_record(b"User-agent: *\r", "http://example.org/robots.txt"),
        warc_record(b"gone", "http://example.org/robots.txt", status="404 Not Found"),
        warc_record(b"busy", "http://example.org/robots.txt", status="503 Busy"),
        warc_record(b"[]", "http://example.org/.well-known/tdmrep.json", content_type="application/json"),
        warc_record(
            PAGE.replace(b"<body>", SAYING), "http://example.org/says", "X-Robots-Tag: noai\r\nLink: </l>; rel=license\r\nLink: </x>\r\n"
        ),
    ]


def _lines() -> list[Any]:
    """Of JSON: pages under every name of a field, and what is none."""
    return [
        {"text": "Plain text of a line.", "url": " http://a.example/1 ", "lang": "fr", "license": "CC0", "date": "2024-01-01"},
        {"content": "Content.", "source": "s", "language": "", "licence": "MIT", "timestamp": 7, "id": "i"},
        {"raw_content": "Raw.", "id": 9, "crawl_date": "2023"},
        {"markdown": "# Mark\n\nDown.", "fetched_at": "2022"},
        {"html": "<html lang=en><a rel=license href=/l>x</a><p>Page.</p>", "text": None},
        {"text": " \u0007 "},
        {"text": 5},
        {"text": "x" * (LIMIT + 1)},
        {"text": "Lone \ud800 half and \ud83d\ude00 whole."},
        {
            "text": "",
            "content": "<div><p>A piece.</p></div>",
            "metadata": {"url": "http://a.example/2", "lang": ["deu_Latn"]},
            "score": float("nan"),
        },
        {"text": ["One.", "Two."], "meta": '{"warc_headers": {"WARC-Target-URI": "http://a.example/3", "warc-date": "2023/01/02"}}'},
        {"index": {"_id": "1"}},
        {"text": "Of a wiki.", "wiki": "enwiki", "title": "A b", "timestamp": 1577836800},
        ["a list"],
    ]


def _files() -> dict[str, bytes]:
    """A file of every format, sound records and others."""
    lines, records = _lines(), _records()
    jsonl = "\n".join(
        ["\ufeff" + json.dumps(lines[0]), *map(json.dumps, lines[1:]), "", "{not json", '{"text": "' + "y" * 7 * LIMIT + '"}']
    )
    table = pa.table(
        {"text": ["Row one.", None, "Row three."], "url": ["http://p.example/1", "http://p.example/2", None], "other": [1, 2, 3]}
    )
    parquet = pa.BufferOutputStream()
    pq.write_table(table, parquet, row_group_size=2)
    return {
        "page.html": (INPUTS / "page.html").read_bytes()[:LIMIT],
        "meta.htm": b"<html lang='pt_BR'><meta charset=iso-8859-2><p>\xb3\xf3d\xbc</p><a rel='nofollow license' href=http://l.example>l</a>",
        "latin.txt": (INPUTS / "latin.txt").read_bytes(),
        "guide.md": (INPUTS / "guide.md").read_bytes(),
        "empty.txt": b" \n ",
        "picture.html": b"\x89PNG....",
        "large.txt": b"z" * (LIMIT + 1),
        "some.jsonl": jsonl.encode(),
        "some.jsonl.gz": gzip.compress(jsonl.encode(), mtime=0),
        "broken.ndjson.gz": gzip.compress(jsonl.encode(), mtime=0)[:-40],
        "lines.json": json.dumps(lines[0]).encode() + b"\n" + json.dumps(lines[1]).encode(),
        "list.json": json.dumps([*lines[:3], "text"], indent=1).encode(),
        "value.json": json.dumps(lines[1], indent=1).encode(),
        "records.warc": b"".join(records) + b"garbage that is no record\r\n\r\n" + records[0],
        "records.warc.gz": b"".join(gzip.compress(record, mtime=0) for record in records[:6]),
        "strange.warc": b"".join(warc_record(PAGE, warc_head=f"WARC-Payload-Digest: sha1:{letter * 32}\r\n") for letter in "AB"),
        "altered.warc": records[0].replace(b"</", b"+</", 1) + records[0] + records[0].replace(b"WARC-Type: r", b"WARC-Type: s", 1),
        "rows.parquet": parquet.getvalue().to_pybytes(),
        "named.warc.gz": b"".join(gzip.compress(record, mtime=0) for record in (warcinfo("software: Golden 1.0"), records[0])),
        "damaged.parquet": b"PAR1 and no more",
        "other.parquet": b"",
    }


def _pages() -> list[Page]:
    """What is read of the files, whole and in parts. Places on this machine are left out."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for name, content in _files().items():
            file = Path(folder, name)
            file.write_bytes(content)
            middle = len(content) // 3
            parts = [ByteRange(0, None)] if not middle else [ByteRange(0, None), ByteRange(0, middle), ByteRange(middle, None)]
            pages = (page for part in parts for page in read_file(str(file), max_document_bytes=LIMIT, part=part))
            found += [replace(page, url=page.url.replace(folder, "FOLDER")) for page in pages]
    return found


def _reader() -> Any:
    return [(page.url, page.content, page.content_type, page.payload_digest, page.declared_language, page.reason) for page in _pages()]


def _provenance() -> Any:
    names = (
        "declared_licence",
        "claims",
        "crawler",
        "http_status",
        "fetched_at",
        "block_digest",
        "is_verified",
        "record_offset",
        "charset",
    )
    return [[getattr(page, name) for name in names] for page in _pages()]


def _hygiene() -> Any:
    decoded = [hygiene.decode(payload, http_charset=charset, is_html=is_html) for payload, charset in CHARSETS for is_html in (False, True)]
    return decoded, list(map(hygiene.clean_text, CLEANED)), list(map(hygiene.clean_line, CLEANED))


def _extraction() -> Any:
    pages = [html_blocks((INPUTS / name).read_text(encoding="utf-8")) for name in ("page.html", "plain.html")]
    markdown = faq.written_questions(markdown_blocks((INPUTS / "guide.md").read_text(encoding="utf-8")))
    text = plain.text_blocks((INPUTS / "notes.txt").read_text(encoding="utf-8"))
    return pages, list(map(html_blocks, markup.pages())), markdown, text, list(map(plain.text_blocks, PLAIN_TEXTS))


def _headings() -> Any:
    rules = (questions.strip_number, questions.is_question, questions.is_navigation, questions.is_all_capitals)
    return {heading: [rule(heading) for rule in rules] for heading in HEADINGS}


def _segmentation() -> Any:
    """Where pages are cut, and what is left of too little text; what decides for itself is switched off."""
    from bubblenet.corpus.quality import rule_names

    words = " ".join(f"word{number}" for number in range(90))
    sections = [f"## Part {number}\n\n{' '.join(words.split()[: 10 * number])}.\n" for number in range(1, 9)]
    question = f"## How long does it keep?\n\n{words[:230]}.\n\n## 4.2. What is it?\n\nShort.\n"
    long = "# Long\n\n" + "\n\n".join(f"{number}: {words}" for number in range(12)) + "\n\n```\n" + "code line\n" * 400 + "```\n"
    listed = "# List\n\nThese are:\n\n" + "".join(f"- {words[:90]} {number}\n" for number in range(40))
    whole = f"# Whole\n\nOwn text.\n\n## First\n\n{words}{words}.\n\n## Second\n\n### Third\n\n{words}.\n\n## Fourth\n\nLittle.\n"
    pages = [
        "# Title\n\n" + "\n".join(sections) + question,
        long,
        listed,
        whole,
        "Alone. " + words * 2,
        "# Nothing\n\n## At all\n",
        "## B\n# A\n" + words,
    ]
    asked = "## Why is a kettle round?\n\n" + "\n\n".join(f"{number}. {words}" for number in range(9))
    introduced = (
        f"Own text: {words}\n\n## Links\n\n[{'x' * 150}](http://e.org)\n\n{words}\n\n- {words}\n\nShort:\n\n- one\n- two\n\n## End\n\nText."
    )
    titled = [
        f"<title>The page</title>{first}<p>{words}</p><h2>Sub</h2><p>{words}</p>"
        for first in ("<h1>The page</h1>", "<h2>3. the page</h2>", "<h1>Other</h1>", "")
    ]
    terms = "".join(f"<dt>Term {number}</dt><dd>{words[: 40 * number]}.</dd><dd>{words[:50]}.</dd>" for number in range(1, 17))
    titled += [f"<title>The page</title><h1>The page</h1><dl>{terms}</dl>"]
    subtitle = "<h2>What the page says of itself at its top</h2>"
    titled += [f"<title>The page</title><h1>The page</h1>{subtitle}<h2>Sub</h2><p>{words}</p><h2>Other</h2><p>{words}</p>"]
    levels = "\n\n".join(f"{mark}\n\n{words}" for mark in ("### Deep", "# High", "###### Deepest", "## Middle", "### Empty\n\n## Last"))
    sold = "Free spins, a jackpot and a sportsbook at the casino. " * 40
    spoilt = [f"## One\n\n{sold}\n\n## Two\n\n{' '.join([words] * more)}" for more in (2, 9)]
    pages += [asked, introduced, levels, *spoilt]
    rules = Segmentation(disabled_rules=tuple(name for name in rule_names() if name not in ("too_short", "gambling")))
    cut = [(page, "markdown") for page in pages] + [(page, "html") for page in titled]
    small = rules.model_copy(update={"max_characters": 700})
    segments = [segment for page in cut for limits in (rules, small) for segment in segment_page(*page, limits, ("xx",))]
    names = ("heading_path", "position", "text", "question", "num_characters", "num_words", "kept", "reason")
    return [[getattr(segment, name) for name in names] for segment in segments]


def _identifier() -> Any:
    found = [language.identify(text) for text in LANGUAGES] + language.identify_all(LANGUAGES * 2)
    claims = [None, "", "de-AT", "pt_BR", "zh-Hant", "iw", "nn", "mul", "english", "EN"]
    told = [
        (claim, language.claimed_code(claim), [language.agrees(code, claim) for code in ("de", "he", "no", "en", "und")])
        for claim in claims
    ]
    return found, told


def _shapes() -> Any:
    return [shape_of(text) for text in SHAPES]


def _shingles() -> Any:
    cut = list(map(shingles.tokens, SHINGLED))
    hashed = [shingles.ngram_hashes(shingles.token_hashes(words), size) for words in cut for size in (1, 3, 5)]
    return cut, hashed, [shingles.tokens_of_a_word(words) for words in cut], list(map(shingles.has_unspaced_script, SHINGLED))


def _numbers(seed: int, count: int) -> np.ndarray:
    return np.random.Generator(np.random.PCG64(seed)).integers(0, 1 << 64, size=count, dtype=np.uint64)


def _minhash() -> Any:
    texts = [_numbers(seed, count) for seed, count in enumerate((0, 1, 4, 5, 300, 900))]
    return MinHasher().sign_all([*texts, texts[4][:290]]), MinHasher(bands=3, rows=2, ngram=2, seed=9).sign(texts[3])


def _contamination() -> Any:
    words = [f"w{number}" for number in range(40)]
    unspaced = (
        "\u6c34\u70e7\u5f00\u4e86\u4ee5\u540e\u653e\u5165\u8336\u53f6\u7b49\u5f85\u4e09\u5206"
        "\u949f\u518d\u5012\u51fa\u6765\u8d81\u70ed\u559d\u4e0b"
    )
    items = [
        ("long", " ".join(words[:20])),
        ("short", " ".join(words[20:29])),
        ("tiny", "w1 w2 w3"),
        ("twin", " ".join(words[20:30])),
        ("zh", unspaced),
    ]
    index = contamination.EvaluationIndex.from_bytes(contamination.build_index(items).to_bytes())
    texts = [
        *(" ".join(["a", *words[5 : 5 + size], "b"]) for size in (12, 13, 14)),
        " ".join(words[20:28]),
        " ".join(words[21:30]),
        " ".join([*words[2:12], "x", *words[13:20]]),
        unspaced[3:],
        unspaced[:10],
        "nothing of the kind",
    ]
    found = [index.find(shingles.token_hashes(shingles.tokens(text)), share) for text in texts for share in (0.3, 0.5, 0.7, 1.0)]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "e.jsonl")
        file.write_text('{"a": [{"b": "one"}, {"b": "two"}], "c": 3}\n\n{"a": {"b": " "}}\n', encoding="utf-8")
        read = [(name.replace(folder, ""), text) for name, text in contamination.read_items(f"{file}:a.b")]
    return found, index.items, index.num_too_short, read


def _seed_lines() -> Any:
    return [(seed_files.read_seed(line), seed_files.line_id(line, "MIT", "human")) for line in SEED_LINES]


CORPUS = [
    Component(
        "READER_VERSION",
        "bubblenet.corpus.reading.pages",
        _reader,
        "ingest and segment: all pages are read and cut again",
        Plant(
            "bubblenet.corpus.reading.pages", "language.group(1) if language else None", "language.group(1).lower() if language else None"
        ),
        ("HYGIENE_VERSION",),
    ),
    Component(
        "PROVENANCE_VERSION",
        "bubblenet.corpus.reading.pages",
        _provenance,
        "ingest alone: all pages are read again, none is cut again",
        Plant("bubblenet.corpus.reading.records", "_values(levels, DATE_FIELDS)", "_values(levels, DATE_FIELDS[:1])"),
        ("HYGIENE_VERSION",),
    ),
    Component(
        "HYGIENE_VERSION",
        "bubblenet.corpus.reading.hygiene",
        _hygiene,
        "ingest, segment, seeds",
        Plant(
            "bubblenet.corpus.reading.hygiene",
            'return payload[len(mark) :].decode(charset, "replace"), charset',
            'return payload.decode(charset, "replace"), charset',
        ),
    ),
    Component(
        "EXTRACTION_VERSION",
        "bubblenet.corpus.extraction.html",
        _extraction,
        CUT_AGAIN,
        Plant("bubblenet.corpus.extraction.grids", "return 2 <= len(rows) <= MAX_ROWS", "return 9 <= len(rows) <= MAX_ROWS"),
        ("HYGIENE_VERSION", "HEADINGS_VERSION"),
    ),
    Component(
        "HEADINGS_VERSION",
        "bubblenet.corpus.questions",
        _headings,
        CUT_AGAIN,
        Plant("bubblenet.corpus.questions", "len(heading) >= MIN_QUESTION_CHARACTERS", "len(heading) > MIN_QUESTION_CHARACTERS"),
    ),
    Component(
        "SEGMENTATION_VERSION",
        "bubblenet.corpus.segmentation",
        _segmentation,
        CUT_AGAIN,
        Plant(
            "bubblenet.corpus.segmentation",
            "rendered_length(blocks) <= limits.max_characters",
            "rendered_length(blocks) <= limits.max_characters // 2",
        ),
        ("EXTRACTION_VERSION", "HEADINGS_VERSION", "RULES_VERSION", "IDENTIFIER_VERSION", "HYGIENE_VERSION"),
    ),
    Component(
        "RULES_VERSION",
        "bubblenet.corpus.quality.rules",
        judged,
        CUT_AGAIN,
        Plant(
            "bubblenet.corpus.quality",
            "return len(passage.text) < limits.min_characters",
            "return len(passage.text) <= limits.min_characters",
        ),
        ("EXTRACTION_VERSION", "HEADINGS_VERSION"),
    ),
    Component(
        "IDENTIFIER_VERSION",
        "bubblenet.corpus.language",
        _identifier,
        "segment, seeds, answers under a constraint",
        digits=3,
        plant=Plant("bubblenet.corpus.language", "tuple(sorted(sure - {language, NO_LANGUAGE}))", "tuple(sorted(sure - {NO_LANGUAGE}))"),
    ),
    Component(
        "SHAPE_VERSION",
        "bubblenet.corpus.shape",
        _shapes,
        "backtranslate: every candidate is asked for again",
        Plant("bubblenet.corpus.shape", 'if shares["code"] >= CODE_SHARE:', 'if shares["code"] > 1:'),
    ),
    Component(
        "SHINGLES_VERSION",
        "bubblenet.corpus.similarity.shingles",
        _shingles,
        "minhash and deduplicate",
        Plant(
            "bubblenet.corpus.similarity.shingles",
            "return 2 if num_unspaced > UNSPACED_SHARE * len(words) else 1",
            "return 2 if num_unspaced else 1",
        ),
    ),
    Component(
        "MINHASH_VERSION",
        "bubblenet.corpus.similarity.minhash",
        _minhash,
        "minhash and deduplicate",
        Plant("bubblenet.corpus.similarity.minhash", "key = mix(key ^ row)", "key = mix(key + row)"),
        ("SHINGLES_VERSION",),
    ),
    Component(
        "CONTAMINATION_VERSION",
        "bubblenet.corpus.similarity.contamination",
        _contamination,
        "minhash, deduplicate and paraphrase, where evaluations are named",
        Plant("bubblenet.corpus.similarity.contamination", "shares[best] >= min_share", "shares[best] > min_share"),
    ),
    Component(
        "SEED_FILES_VERSION",
        "bubblenet.corpus.reading.seed_files",
        _seed_lines,
        "seeds, which must be imported again",
        Plant("bubblenet.corpus.reading.seed_files", '" ".join(text.casefold().split())', '" ".join(text.split())'),
        ("HYGIENE_VERSION", "IDENTIFIER_VERSION"),
    ),
]

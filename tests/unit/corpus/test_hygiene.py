"""Bytes become text by the written order, and text becomes harmless."""

from __future__ import annotations

import sys
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bubblenet.corpus.reading.hygiene import MAX_COMBINING_RUN, clean_text, decode


@pytest.mark.parametrize(
    ("payload", "http_charset", "expected", "charset"),
    [
        (b"\xef\xbb\xbfna\xc3\xafve", "iso-8859-1", "na\u00efve", "utf-8"),
        ("\ufeffhello".encode("utf-16-le"), "utf-8", "hello", "utf-16-le"),
        (b"na\xefve", "ISO-8859-1", "na\u00efve", "cp1252"),
        (b"<meta charset='koi8-r'>\xf4", None, "<meta charset='koi8-r'>\u0422", "koi8-r"),
        (b"<meta charset='utf-16'>na\xc3\xafve", None, "<meta charset='utf-16'>na\u00efve", "utf-8"),
        (b"na\xc3\xafve", "no-such-charset", "na\u00efve", "utf-8"),
        (b"a\xffb", "utf-8", "a\ufffdb", "utf-8"),
        ("\u65e5\u672c\u8a9e".encode("shift_jis"), "shift_jis", "\u65e5\u672c\u8a9e", "cp932"),
    ],
)
def test_charset_comes_from_the_first_source_that_names_one(payload: bytes, http_charset: str | None, expected: str, charset: str) -> None:
    assert decode(payload, http_charset=http_charset, is_html=True) == (expected, charset)


def test_meta_charset_counts_in_html_only() -> None:
    payload = b"<meta charset='koi8-r'> caf\xc3\xa9"

    assert decode(payload, http_charset=None, is_html=False) == (payload.decode("utf-8"), "utf-8")


def test_bytes_that_are_not_utf8_are_detected() -> None:
    text = "\u041f\u0440\u0438\u0432\u0435\u0442, \u043a\u0430\u043a \u0434\u0435\u043b\u0430? " * 20

    decoded, charset = decode(text.encode("cp1251"), http_charset=None, is_html=False)

    assert (decoded, charset) == (text, "cp1251")


def test_every_utf8_case_is_decoded_with_replacement(suite: Callable[[str], Path]) -> None:
    cases = [orjson.loads(line) for line in (suite("utf8") / "utf8tests.jsonl").read_bytes().splitlines()]

    for case in cases:
        text, _ = decode(bytes.fromhex(case["hex"]), http_charset="utf-8", is_html=False)
        assert text.encode() == bytes.fromhex(case["replace"]), case["num"]

    assert len(cases) == 222


@given(st.binary(max_size=200), st.sampled_from([None, "utf-8", "utf-16", "gbk", "euc-kr", "nonsense", ""]))
def test_any_bytes_become_text_that_encodes_to_utf8(payload: bytes, http_charset: str | None) -> None:
    text, _ = decode(payload, http_charset=http_charset, is_html=True)

    assert clean_text(text).encode("utf-8") is not None


@given(st.text(alphabet=st.characters(codec=None), max_size=200))
def test_clean_text_is_normal_and_stable(text: str) -> None:
    cleaned = clean_text(text)

    assert cleaned.encode("utf-8").decode("utf-8") == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)
    assert clean_text(cleaned) == cleaned
    assert not any(unicodedata.category(character) == "Cc" and character not in "\t\n" for character in cleaned)


def test_controls_bidi_and_tag_characters_are_removed() -> None:
    assert clean_text("a\x00b\u202ec\U000e0041d\x9be\ufefff\r\ng\rh\u2028i") == "abcdef\ng\nh\ni"


def test_lone_surrogates_are_replaced() -> None:
    assert clean_text("a\ud800b") == "a\ufffdb"


def test_every_combining_mark_is_in_the_blocks_that_are_searched() -> None:
    marks = [chr(point) for point in range(sys.maxunicode + 1) if unicodedata.combining(chr(point))]
    assert [mark for mark in marks if len(clean_text("a" + mark * (2 * MAX_COMBINING_RUN))) > MAX_COMBINING_RUN + 1] == []


def test_a_million_combining_marks_take_no_time() -> None:
    start = time.process_time()

    cleaned = clean_text("a" + "\u0316\u0301" * 500_000)

    assert len(cleaned) <= MAX_COMBINING_RUN + 1
    assert time.process_time() - start < 2


def test_naughty_strings_survive_but_for_what_is_harmful(suite: Callable[[str], Path]) -> None:
    strings = orjson.loads((suite("strings") / "blns.json").read_bytes())

    changed = [string for string in strings if clean_text(string) != string]

    assert len(strings) == 515
    assert len(changed) < 20
    for string in changed:
        categories = {unicodedata.category(character) for character in string}
        assert categories & {"Cc", "Cf", "Zl", "Zp"} or not unicodedata.is_normalized("NFC", string) or "\u0315" in string

"""Parquet files with any type and any value beside the text: a value that cannot be read is null, and no row is lost."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from bubblenet.corpus.reading.arrow_values import python_value, sound
from bubblenet.corpus.reading.records import CONTAINERS, DATE_FIELDS, KNOWN_FIELDS, LANGUAGE_FIELDS, LICENCE_FIELDS, URL_FIELDS
from bubblenet.corpus.similarity.contamination import read_items
from tests.archives import read, reasons

MICROSECONDS = (-(2**63), -62_135_596_800_000_000 - 1, 0, 253_402_300_800_000_000, 1_600_000_000_000_000, 2**63 - 1)
ZONES = ("UTC", "+07:30", "Europe/Paris", "Nowhere/Land", "America/Argentina/Ushuaia", "GMT-14")
OTHER_FIELDS = (*URL_FIELDS, *LANGUAGE_FIELDS, *LICENCE_FIELDS, *DATE_FIELDS, *CONTAINERS, "other", "a.b", "metadata.url", "URL", "")


def integers(bits: int, signed: bool = True) -> st.SearchStrategy[int]:
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else st.integers(0, 2**bits - 1)


def arrays(dtype: pa.DataType, storage: pa.DataType, bits: int, num: int) -> st.SearchStrategy[pa.Array]:
    """Arrays of a type that is a number underneath, over all of its bits."""
    extremes = st.sampled_from([value for value in MICROSECONDS if -(2 ** (bits - 1)) <= value < 2 ** (bits - 1)])
    values = st.none() | integers(bits) | extremes
    return st.lists(values, min_size=num, max_size=num).map(lambda numbers: pa.array(numbers, storage).view(dtype))


def stamps(num: int) -> st.SearchStrategy[pa.Array]:
    kinds = st.tuples(st.sampled_from(["ms", "us", "ns"]), st.none() | st.sampled_from(ZONES))
    return kinds.flatmap(lambda kind: arrays(pa.timestamp(*kind), pa.int64(), 64, num))


def simple(num: int) -> st.SearchStrategy[pa.Array]:
    def of(values: st.SearchStrategy[Any], dtype: pa.DataType) -> st.SearchStrategy[pa.Array]:
        return st.lists(st.none() | values, min_size=num, max_size=num).map(lambda some: pa.array(some, dtype))

    words = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    return st.one_of(
        of(st.booleans(), pa.bool_()),
        *(of(integers(bits), dtype) for bits, dtype in ((8, pa.int8()), (32, pa.int32()), (64, pa.int64()))),
        of(integers(64, signed=False), pa.uint64()),
        *(of(st.floats(width=bits), dtype) for bits, dtype in ((32, pa.float32()), (64, pa.float64()))),
        of(words, pa.string()),
        of(words, pa.large_string()),
        of(st.binary(max_size=8), pa.binary()),
        of(st.binary(min_size=4, max_size=4), pa.binary(4)),
        of(st.binary(max_size=8), pa.binary()).map(lambda array: array.view(pa.string())),  # not UTF-8, as some writers leave it
        of(st.decimals(-(10**20), 10**20, places=3), pa.decimal128(38, 3)),
        of(st.decimals(-(10**60), 10**60, places=3).map(lambda number: Decimal(number)), pa.decimal256(70, 3)),
        arrays(pa.date32(), pa.int32(), 32, num),
        arrays(pa.time64("us"), pa.int64(), 64, num),
        arrays(pa.duration("us"), pa.int64(), 64, num),
        stamps(num),
        of(st.binary(max_size=30), pa.binary_view()),
        of(words, pa.string_view()),
        of(st.binary(max_size=30), pa.binary_view()).map(lambda array: array.view(pa.string_view())),
        of(st.floats(width=16), pa.float16()),
        of(st.decimals(-999, 999, places=1), pa.decimal64(15, 1)),
        arrays(pa.date64(), pa.int64(), 64, num),
        arrays(pa.time32("s"), pa.int32(), 32, num),
        of(words, pa.string()).map(lambda array: pa.ExtensionArray.from_storage(pa.opaque(pa.string(), "type", "vendor"), array)),
        of(st.binary(min_size=16, max_size=16), pa.binary(16)).map(lambda array: pa.ExtensionArray.from_storage(pa.uuid(), array)),
        of(words.map(json.dumps), pa.string()).map(lambda array: pa.ExtensionArray.from_storage(pa.json_(), array)),
        dictionaries(num),
        st.just(pa.nulls(num)),
    )


def dictionaries(num: int) -> st.SearchStrategy[pa.Array]:
    """Dictionaries of texts, bytes, numbers, dates beyond those of Python, and texts that are not UTF-8."""
    numbers = st.lists(st.sampled_from(MICROSECONDS), min_size=num, max_size=num).map(pa.array)
    words = st.lists(st.none() | st.binary(max_size=4), min_size=num, max_size=num).map(lambda some: pa.array(some, pa.binary()))
    plain = st.one_of(numbers, words, numbers.map(lambda array: array.view(pa.timestamp("us"))))
    places = pa.array(range(num), pa.int32())
    unsound = words.map(lambda array: pa.DictionaryArray.from_arrays(places, array.view(pa.string())))
    return plain.map(lambda array: array.dictionary_encode()) | unsound


def nested(num: int) -> st.SearchStrategy[pa.Array]:
    """Structs, lists and maps of them, and lists of structs."""
    names = st.sampled_from(["url", "date", "language", "x"])
    structs = st.lists(st.tuples(names, simple(num)), min_size=1, max_size=3, unique_by=lambda pair: pair[0]).map(
        lambda fields: pa.StructArray.from_arrays([array for _, array in fields], [name for name, _ in fields])
    )
    starts = pa.array(range(num + 1), pa.int32())
    lists = (simple(num) | structs).map(lambda array: pa.ListArray.from_arrays(starts, array))
    large = simple(num).map(lambda array: pa.LargeListArray.from_arrays(starts.cast(pa.int64()), array))
    fixed = simple(num).map(lambda array: pa.FixedSizeListArray.from_arrays(array, 1))
    views = simple(num).map(lambda array: pa.ListViewArray.from_arrays(starts[:-1], pa.array([1] * num, pa.int32()), array))
    maps = simple(num).map(lambda array: pa.MapArray.from_arrays(starts, pa.array(["url"] * num), array))
    return st.one_of(structs, lists, large, fixed, views, maps)


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    """A table with the text `row 0` and so on, and any other columns, under known names, equal names and odd ones."""
    num = draw(st.integers(1, 6))
    columns = draw(st.lists(st.tuples(st.sampled_from(OTHER_FIELDS), simple(num) | nested(num)), max_size=4))
    place = draw(st.integers(0, len(columns)))
    columns.insert(place, ("text", pa.array([f"row {row}" for row in range(num)])))
    return pa.Table.from_arrays([array for _, array in columns], [name for name, _ in columns])


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(tables(), st.integers(1, 6))
def test_no_file_loses_a_row_whatever_stands_beside_the_text(tmp_path: Path, table: pa.Table, group_rows: int) -> None:
    path = tmp_path / "x.parquet"
    try:
        pq.write_table(table, path, row_group_size=group_rows)
    except pa.ArrowNotImplementedError:  # null within the values of a dictionary: no Parquet file holds it
        reject()

    pages = read(path)

    assert [page.content for page in pages] == [f"row {row}" for row in range(table.num_rows)]
    assert [page.record_offset for page in pages] == list(range(1, table.num_rows + 1))
    for page in pages:
        assert page.fetched_at is None or datetime.fromisoformat(page.fetched_at)
        assert "://" in page.url


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 5).flatmap(lambda num: simple(num) | nested(num)))
def test_every_value_is_itself_or_null(array: pa.Array) -> None:
    checked = sound(array)
    values = [python_value(checked, index) for index in range(len(array))]

    assert len(values) == len(array)
    try:
        expected = array.to_pylist()
    except (ArithmeticError, ValueError, LookupError):
        return
    if checked.type == array.type and not pa.types.is_nested(array.type):
        assert repr(values) == repr(expected)


@pytest.mark.parametrize(
    "unwritable",
    [
        pa.RunEndEncodedArray.from_arrays(pa.array([1, 3], pa.int32()), pa.array(["a", "b"])),
        pa.UnionArray.from_sparse(pa.array([0, 1, 0], pa.int8()), [pa.array([1, 2, 3]), pa.array(["x", "y", "z"])]),
        pa.array([(1, 2, 3), None, (2**31 - 1, -(2**31), 2**63 - 1)], pa.month_day_nano_interval()),
    ],
    ids=lambda array: str(array.type)[:20],
)
def test_types_that_no_parquet_file_holds_are_values_all_the_same(unwritable: pa.Array) -> None:
    checked = sound(unwritable)

    assert len([python_value(checked, row) for row in range(3)]) == 3


@pytest.mark.parametrize("name", ["url", "date", "metadata", "html", "other"])
def test_a_dictionary_of_texts_that_are_not_utf8_costs_no_row(tmp_path: Path, name: str) -> None:
    words = pa.array([b"\xff\xfe", b"ok"], pa.binary()).view(pa.string())
    column = pa.DictionaryArray.from_arrays(pa.array([0, 1, 0], pa.int8()), words)
    pq.write_table(pa.table({"text": ["a", "b", "c"], name: column}), tmp_path / "x.parquet")

    assert [page.content for page in read(tmp_path / "x.parquet")] == ["a", "b", "c"]


def test_a_text_that_is_such_a_dictionary_is_told_of(tmp_path: Path) -> None:
    words = pa.array([b"\xff\xfe", b"ok"], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"text": pa.DictionaryArray.from_arrays(pa.array([0, 1], pa.int8()), words)}), tmp_path / "x.parquet")

    assert reasons(tmp_path / "x.parquet") == ["unreadable"]


@pytest.mark.parametrize(("name", "num"), [("far-timestamp", 3), ("thousand", 1000), ("empty-text", 3), ("nested", 3)])
def test_the_files_of_the_reports_give_all_their_rows(suite: Callable[[str], Path], name: str, num: int) -> None:
    pages = read(suite("reports") / f"{name}.parquet")

    assert [page.reason for page in pages] == [None] * num
    assert len({page.url for page in pages}) == num
    assert all(page.url.startswith("https://") for page in pages)


def test_a_date_beyond_those_of_python_is_null_and_its_neighbours_are_read(tmp_path: Path) -> None:
    stamp = pa.array([MICROSECONDS[4], MICROSECONDS[3], None, MICROSECONDS[4]], pa.int64()).view(pa.timestamp("us"))
    meta = pa.StructArray.from_arrays([pa.array([f"http://a.example/{n}" for n in range(4)]), stamp], ["url", "date"])
    for name, column in (("date", stamp), ("metadata", meta)):
        pq.write_table(pa.table({"text": list("abcd"), name: column}), tmp_path / "x.parquet")

        pages = read(tmp_path / "x.parquet")

        assert [page.content for page in pages] == list("abcd")
        assert [page.fetched_at for page in pages] == ["2020-09-13T12:26:40", None, None, "2020-09-13T12:26:40"]
    assert [page.url for page in pages] == [f"http://a.example/{n}" for n in range(4)]


@pytest.mark.parametrize("zone", ZONES)
def test_a_date_has_its_zone_where_it_is_known(tmp_path: Path, zone: str) -> None:
    stamp = pa.array([MICROSECONDS[4]], pa.int64()).view(pa.timestamp("us", zone))
    pq.write_table(pa.table({"text": ["a"], "date": stamp}), tmp_path / "x.parquet")

    [page] = read(tmp_path / "x.parquet")

    assert page.content == "a"
    if zone in ("UTC", "+07:30", "Europe/Paris"):
        assert datetime.fromisoformat(page.fetched_at or "").timestamp() == 1_600_000_000
    elif zone == "Nowhere/Land":
        assert page.fetched_at is None


def test_text_that_is_not_utf8_is_decoded_and_costs_no_neighbour(tmp_path: Path) -> None:
    words = [b"plain", "na\u00efve caf\u00e9 \u00e0 la cr\u00e8me".encode("latin-1"), b"plain too"]
    text = pa.array(words, pa.binary()).view(pa.string())
    urls = pa.array([b"http://a.example/1", b"\xff\xfe", b"http://a.example/3"], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"text": text, "url": urls}), tmp_path / "x.parquet")

    first, second, third = read(tmp_path / "x.parquet")

    assert (first.content, third.content) == ("plain", "plain too")
    assert "caf\u00e9" in (second.content or "")
    assert (first.url, third.url) == ("http://a.example/1", "http://a.example/3")
    assert second.url.endswith("x.parquet#2")


def test_of_columns_with_one_name_the_first_that_is_not_empty_counts(tmp_path: Path) -> None:
    columns = [pa.array(["", "two", None]), pa.array(["one", "other", "three"]), pa.array(["http://a.example/"] * 3), pa.array([None] * 3)]
    pq.write_table(pa.Table.from_arrays(columns, ["text", "text", "url", "url"]), tmp_path / "x.parquet")

    pages = read(tmp_path / "x.parquet")

    assert [page.content for page in pages] == ["one", "two", "three"]
    assert {page.url for page in pages} == {"http://a.example/"}


@pytest.mark.parametrize(
    ("fields", "content"),
    [
        ({"text": "", "content": "full"}, "full"),
        ({"text": " \n\t", "raw_content": "full"}, "full"),
        ({"text": None, "content": b"", "markdown": "full"}, "full"),
        ({"text": "\u0007", "html": "full"}, "full"),
        ({"text": ["", "one", "two"], "content": "other"}, "one\n\ntwo"),
        ({"TEXT": "full"}, "full"),
    ],
)
def test_the_first_field_that_is_not_empty_holds_the_text(tmp_path: Path, fields: dict[str, Any], content: str) -> None:
    pq.write_table(pa.table({name: [value] for name, value in fields.items()}), tmp_path / "x.parquet")

    [page] = read(tmp_path / "x.parquet")

    assert (page.content or "").strip() == content


def test_a_damaged_array_is_still_an_error(tmp_path: Path) -> None:
    """Offsets beyond the data are damage, not a value."""
    offsets = pa.py_buffer(struct.pack("<4i", 0, 3, 1, 6))
    broken = pa.StringArray.from_buffers(3, offsets, pa.py_buffer(b"abcdef"))

    with pytest.raises(pa.ArrowInvalid):
        sound(broken)


def test_a_file_in_which_all_texts_are_empty_says_so(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["", None], "html": [None, 5 * " "]}), tmp_path / "x.parquet")

    assert reasons(tmp_path / "x.parquet") == ["empty", "empty"]


def test_evaluation_items_are_read_beside_any_value(tmp_path: Path) -> None:
    stamp = pa.array([MICROSECONDS[0], MICROSECONDS[4]], pa.int64()).view(pa.timestamp("us"))
    pq.write_table(pa.table({"question": ["one", "two"], "date": stamp}), tmp_path / "x.parquet")

    assert [text for _, text in read_items(f"{tmp_path / 'x.parquet'}:question")] == ["one", "two"]


def test_every_known_field_is_looked_for_under_its_folded_name() -> None:
    assert {name.lower().replace("-", "_") for name in KNOWN_FIELDS} == set(KNOWN_FIELDS)

"""How long a common run must be, which share of an item is enough, and which item is named."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from bubblenet.corpus.similarity.contamination import EvaluationIndex, Overlap, build_index, read_items, source_digest
from bubblenet.corpus.similarity.shingles import token_hashes, tokens
from bubblenet.errors import InputError

WORDS = [f"word{number}" for number in range(100)]
ITEM = WORDS[:20]  # thirteen 8-grams, eight 13-grams


def find(index: EvaluationIndex, words: list[str], min_share: float = 0.7) -> Overlap | None:
    return index.find(token_hashes(tokens(" ".join(words))), min_share)


def index_of(*items: list[str]) -> EvaluationIndex:
    return build_index((f"item{number}", " ".join(words)) for number, words in enumerate(items))


@pytest.mark.parametrize(("num_common", "expected"), [(13, Overlap("item0", 1.0)), (12, None)])
def test_thirteen_words_in_a_row_are_enough(num_common: int, expected: Overlap | None) -> None:
    assert find(index_of(ITEM), ["before", *ITEM[:num_common], "after"]) == expected


@pytest.mark.parametrize(("min_share", "is_found"), [(5 / 13, True), (5 / 13 + 1e-9, False)])
def test_twelve_words_in_a_row_are_five_of_thirteen_8_grams(min_share: float, is_found: bool) -> None:
    found = find(index_of(ITEM), ["before", *ITEM[:12], "after"], min_share)
    assert found == (Overlap("item0", 5 / 13) if is_found else None)


@pytest.mark.parametrize(("num_words", "num_too_short"), [(7, 1), (8, 0)])
def test_an_item_has_eight_words(num_words: int, num_too_short: int) -> None:
    index = index_of(WORDS[:num_words])
    assert (index.num_too_short, len(index.items)) == (num_too_short, 1 - num_too_short)
    assert find(index, WORDS[:20]) == (None if num_too_short else Overlap("item0", 1.0))


def test_an_8_gram_that_stands_twice_in_a_text_or_an_item_counts_once() -> None:
    assert find(index_of(ITEM), [*ITEM[:8], "x", *ITEM[:8]], 0.01) == Overlap("item0", 1 / 13)
    assert find(index_of([*ITEM[:8], "x", *ITEM[:8]]), ITEM[:8], 0.01) == Overlap("item0", 1 / 9)  # ten 8-grams, one of them twice


def test_the_item_with_the_largest_share_is_named_and_the_first_of_equal_ones() -> None:
    half, whole = [*WORDS[:8], *WORDS[50:58]], WORDS[:8]
    assert find(index_of(half, whole, whole), ["x", *WORDS[:8]], 0.1) == Overlap("item1", 1.0)
    assert find(index_of(half, half), ["x", *WORDS[:8]], 0.1) == Overlap("item0", 1 / 9)


def test_of_several_items_with_a_13_gram_the_first_is_named() -> None:
    index = index_of(WORDS[30:50], WORDS[:20], WORDS[:20])
    assert find(index, WORDS[:13]) == Overlap("item1", 1.0)
    assert find(index, [*WORDS[:13], *WORDS[30:43]]) == Overlap("item0", 1.0)


def test_too_short_items_before_others_do_not_shift_their_names() -> None:
    assert find(index_of(["short"], WORDS[:20]), WORDS[:20]) == Overlap("item1", 1.0)


def test_the_last_gram_in_order_is_found_too() -> None:
    """A look-up is a binary search: one item for each place in the order."""
    items = [WORDS[start : start + 13] for start in range(0, 65, 13)]
    assert [find(index_of(*items), item) for item in items] == [Overlap(f"item{number}", 1.0) for number in range(5)]


def test_items_are_numbered_by_their_records_and_blank_lines_are_none(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    path.write_text('{"q": "one"}\n\n{"p": 1}\n{"q": ["two", " ", 3, "four"]}\n', encoding="utf-8")
    assert list(read_items(f"{path}:q")) == [(f"{path}#1", "one"), (f"{path}#3", "two"), (f"{path}#3", "four")]


def test_a_file_that_breaks_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"q": "one"}\n' * 1000)[:-12])
    with pytest.raises(InputError, match=r"items\.jsonl\.gz"):
        list(read_items(f"{path}:q"))


def test_a_digest_is_of_content_and_field(tmp_path: Path) -> None:
    one, same, other = (tmp_path / name for name in ("one", "same", "other"))
    for path, text in ((one, "a"), (same, "a"), (other, "b")):
        path.write_text(text, encoding="utf-8")
    assert source_digest(f"{one}:q") == source_digest(f"{same}:q")
    assert len({source_digest(source) for source in (f"{one}:q", f"{one}:p", f"{other}:q")}) == 3
    assert len(source_digest(f"{one}:q")) == 32
    with pytest.raises(InputError, match="a file of evaluation items"):
        source_digest(f"{tmp_path / 'none'}:q")


@pytest.mark.parametrize("source", ["file", "file:", ":q", "https://host/file"])
def test_a_source_without_a_file_or_a_field_is_refused(source: str) -> None:
    with pytest.raises(InputError, match="FILE:FIELD"):
        source_digest(source)

"""Decontamination: every verbatim item is found, near-verbatim ones too, clean text is left alone, sources are read or refused by name."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bubblenet.corpus.similarity.contamination import EvaluationIndex, build_index, read_items
from bubblenet.corpus.similarity.shingles import token_hashes, tokens
from bubblenet.errors import InputError
from tests.archives import PACKERS

WORDS = [f"word{number}" for number in range(3000)]


def passage(seed: int, length: int = 200) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=length))


def find(index: EvaluationIndex, text: str, min_share: float = 0.7):
    return index.find(token_hashes(tokens(text)), min_share)


@pytest.fixture(scope="module")
def items() -> list[str]:
    return [" ".join(random.Random(f"item{n}").choices(WORDS, k=8 + n % 40)) for n in range(300)]


@pytest.fixture(scope="module")
def index(items) -> EvaluationIndex:
    return build_index((f"eval#{n}", item) for n, item in enumerate(items))


def test_every_verbatim_item_is_found(index, items):
    for number, item in enumerate(items):
        found = find(index, f"{passage(number)} {item.upper()}! {passage(number + 1)}")
        assert found
        assert found.item == f"eval#{number}"


def test_an_item_without_spaces_is_found_and_a_long_name_in_it_is_not_enough():
    texts = json.loads(Path(__file__).with_name("scripts.json").read_text(encoding="utf-8"))
    item = texts["chinese_item"]
    index = build_index([("zh", item), ("en", "Name eight or more words that stand in a row here please.")])

    assert find(index, f"{texts['chinese_news'][:2]}{item}{passage(1)}").item == "zh"
    assert texts["chinese_name"] in item
    assert texts["chinese_name"] in texts["chinese_news"]
    assert find(index, texts["chinese_news"]) is None
    assert find(EvaluationIndex.from_bytes(index.to_bytes()), item).share == 1.0


def test_clean_text_is_left_alone(index):
    assert not any(find(index, passage(seed)) for seed in range(300))


def test_an_item_with_a_changed_word_is_found_by_its_8_grams():
    words = passage(1, 60).split()
    index = build_index([("only", " ".join(words))])
    for position in range(6, 60, 12):  # no 13 words in a row are left
        words[position] = "other"
    assert find(index, " ".join(words), min_share=0.9) is None
    assert find(index, " ".join(words), min_share=0.1).share < 0.5


def test_an_item_of_less_than_8_words_is_counted_and_not_looked_for():
    index = build_index([("short", "Write a poem about cats."), ("long", passage(3, 20))])
    assert index.num_too_short == 1
    assert find(index, "Write a poem about cats. " + passage(5)) is None


def test_an_empty_index_finds_nothing():
    assert find(build_index([]), passage(1)) is None


def test_short_text_is_clean(index):
    assert find(index, "too short") is None


def test_an_index_travels_as_bytes(index, items):
    copy = EvaluationIndex.from_bytes(index.to_bytes())
    assert copy.items == index.items
    assert find(copy, items[7]) == find(index, items[7])


def test_items_are_read_by_field_path(tmp_path):
    records = [{"prompt": "a b", "turns": [{"content": "c"}, {"content": "d"}], "other": 1}, {"prompt": " "}]
    lines = "".join(json.dumps(record) + "\n" for record in records)
    (tmp_path / "a.jsonl").write_text(lines)
    for suffix, pack in PACKERS.items():
        (tmp_path / f"a.jsonl{suffix}").write_bytes(pack(lines.encode()))
    pq.write_table(pa.Table.from_pylist(records), tmp_path / "a.parquet")
    for name in ("a.jsonl", *(f"a.jsonl{suffix}" for suffix in PACKERS), "a.parquet"):
        path = tmp_path / name
        assert list(read_items(f"{path}:prompt")) == [(f"{path}#1", "a b")]
        assert list(read_items(f"{path}:turns.content")) == [(f"{path}#1", "c"), (f"{path}#1", "d")]


@pytest.mark.parametrize(
    ("content", "field", "message"),
    [
        (None, ":prompt", "No such file"),
        ("not json\n", ":prompt", "invalid literal"),
        ('{"a": "b"}\n', ":prompt", "none in 1 records"),
        ('{"a": "b"}\n', "", "FILE:FIELD"),
    ],
)
def test_a_source_that_cannot_be_read_is_refused(tmp_path, content, field, message):
    path = tmp_path / "evaluation.jsonl"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match=message):
        list(read_items(f"{path}{field}"))

"""Near-duplicate clusters on real Spark: what stands for what, and that the order of arrival does not matter."""

from __future__ import annotations

import random

import pytest

from bubblenet.corpus.similarity.minhash import MinHasher
from bubblenet.corpus.similarity.shingles import token_hashes, tokens
from bubblenet.identity import content_id, normalised_hash
from bubblenet.kernel.checkpointing import checkpoint_under
from bubblenet.method.clusters import ClusterLimits, represent
from tests.corpora import near_copy, random_text
from tests.partitions import clusters_of

pytestmark = pytest.mark.spark

LIMITS = ClusterLimits(min_similarity=0.7, max_band_rows=200)
PENDING = "request_id STRING, segment_id STRING, normalised_hash STRING, num_characters INT"
SIGNATURES = "segment_id STRING, signature ARRAY<SMALLINT>, band_keys ARRAY<BIGINT>"
KNOWN = (
    "segment_id STRING, representative_id STRING, normalised_hash STRING, method STRING, similarity DOUBLE, bridged_ids ARRAY<STRING>, "
    "kept BOOLEAN, reason STRING"
)


class Index:
    """A growing near-duplicate index: what deduplicate does with its two tables, without the tables."""

    def __init__(self, spark, folder, limits: ClusterLimits | None = LIMITS) -> None:
        self.spark, self.folder, self.limits = spark, folder, limits
        self.rows: list[dict] = []
        self._signatures: dict[str, tuple] = {}

    def add(self, texts: list[str]) -> dict[str, dict]:
        """Say which passage stands for each new text; rows by text. Texts that are known already are left out, as the kernel does."""
        known_ids = {row["segment_id"] for row in self.rows}
        texts = sorted({text for text in texts if content_id(text) not in known_ids}, key=content_id)
        for text in texts:
            signature = MinHasher().sign(token_hashes(tokens(text)))
            self._signatures[content_id(text)] = (signature.minima, signature.band_keys) if signature else (None, None)
        frames = self._frames(texts)
        self.folder.mkdir(exist_ok=True)
        batch = self.folder / str(len(self.rows))
        rows = represent(*frames, self.limits, checkpoint_under(str(batch))).select(*(name.split()[0] for name in KNOWN.split(", ")))
        answered = [row.asDict() for row in rows.collect()]
        self.rows += answered
        by_id = {row["segment_id"]: row for row in answered}
        assert len(by_id) == len(answered) == len(texts)
        return {text: by_id[content_id(text)] for text in texts}

    def _frames(self, texts: list[str]) -> tuple:
        pending = [(content_id(text), content_id(text), normalised_hash(text), len(text)) for text in texts]
        signatures = [(name, *values) for name, values in self._signatures.items()]
        known = [tuple(row[name.split()[0]] for name in KNOWN.split(", ")) for row in self.rows]
        pairs = ((pending, PENDING), (known, KNOWN), (signatures, SIGNATURES))
        return tuple(self.spark.createDataFrame(rows, schema) for rows, schema in pairs)


@pytest.fixture
def index(spark, tmp_path) -> Index:
    return Index(spark, tmp_path / "batches")


def test_near_copies_have_one_representative_the_longest(index):
    original = random_text(1)
    longer = near_copy(original, 2) + " and one more sentence at the end of it all"
    texts = [original, longer, near_copy(original, 3), random_text(2)]

    rows = index.add(texts)

    assert {rows[text]["representative_id"] for text in texts[:3]} == {content_id(longer)}
    assert [rows[text]["reason"] for text in texts] == ["near_duplicate", None, "near_duplicate", None]
    assert all(rows[text]["similarity"] > 0.5 for text in (texts[0], texts[2]))
    assert rows[texts[3]]["representative_id"] == content_id(texts[3])


def test_an_older_passage_keeps_its_place(index):
    original = random_text(1)
    index.add([original])

    rows = index.add([near_copy(original, 2) + " which is longer than the older one", near_copy(original, 3), original.upper()])

    assert {row["representative_id"] for row in rows.values()} == {content_id(original)}
    assert sorted(row["method"] for row in rows.values()) == ["exact", "near", "near"]


def test_every_new_copy_of_an_old_passage_is_found_not_only_the_first(index):
    """The flaw of other indexes: after one new text was matched in a band, the next one there was compared with it instead."""
    original = random_text(1)
    index.add([original])
    copies = [near_copy(original, seed, num_changes=1) for seed in range(2, 10)]

    rows = index.add(copies)

    assert {rows[text]["representative_id"] for text in copies} == {content_id(original)}


def test_an_exact_copy_of_a_near_copy_joins_its_cluster(index):
    original = random_text(1)
    copy = near_copy(original, 2)
    index.add([original])
    index.add([copy])

    rows = index.add([copy.upper(), copy.title()])

    assert {(row["representative_id"], row["method"]) for row in rows.values()} == {(content_id(original), "exact")}


def test_a_passage_between_two_old_clusters_bridges_them_and_retracts_nothing(index):
    between = random_text(2)
    first, second = near_copy(between, "first4", 5), near_copy(between, "second4", 5)  # 0.77 to `between`, 0.6 to each other
    ids = sorted((content_id(first), content_id(second)))
    assert all(row["kept"] for row in index.add([first, second]).values())

    bridge = index.add([between])[between]
    later = index.add([near_copy(between, 3, 1)])

    assert (bridge["representative_id"], bridge["bridged_ids"]) == (ids[0], [ids[1]])
    assert {row["representative_id"] for row in later.values()} == {ids[0]}
    assert len(clusters_of(index.rows)) == 1


def test_hot_bands_are_compared_with_one_passage_only(spark, tmp_path):
    boilerplate = random_text(1, 300)
    texts = [near_copy(boilerplate, seed, num_changes=1) for seed in range(2, 14)]

    rows = Index(spark, tmp_path / "capped", ClusterLimits(0.7, max_band_rows=3)).add(texts)

    assert len({row["representative_id"] for row in rows.values()}) == 1


def test_without_near_only_equal_text_is_a_duplicate(spark, tmp_path):
    original = random_text(1)
    texts = [original, near_copy(original, 2), original.upper()]

    rows = Index(spark, tmp_path / "exact", None).add(texts)

    assert sorted(str(row["reason"]) for row in rows.values()) == ["None", "None", "exact_duplicate"]


def test_text_without_words_stands_for_itself(index):
    assert index.add(["...", "!!!"])["..."]["kept"]


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.nightly) for seed in range(1, 10))])
def test_clusters_do_not_depend_on_the_order_of_arrival(spark, tmp_path, seed):
    draw = random.Random(seed)
    texts = [random_text(f"{seed}-{n}") for n in range(8)]
    for original in texts[:5]:
        texts += [near_copy(draw.choice((original, texts[-1])), draw.random(), num_changes=draw.randrange(1, 5)) for _ in range(4)]
    texts += [text.upper() for text in draw.sample(texts, 4)]
    whole = Index(spark, tmp_path / "whole")
    whole.add(texts)
    split = Index(spark, tmp_path / "split")
    draw.shuffle(texts)
    cuts = sorted(draw.sample(range(1, len(texts)), 3))
    for start, end in zip([0, *cuts], [*cuts, len(texts)], strict=True):
        split.add(texts[start:end])

    assert clusters_of(split.rows) == clusters_of(whole.rows)

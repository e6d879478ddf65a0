"""MinHash: exact arithmetic, an unbiased estimate, bands on the theoretical curve, the same numbers everywhere."""

from __future__ import annotations

import random
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bubblenet.corpus.similarity import minhash
from bubblenet.corpus.similarity.minhash import SIGNATURE_TYPE, MinHasher
from bubblenet.corpus.similarity.shingles import ngram_hashes, token_hashes, tokens

WORDS = [f"word{number}" for number in range(5000)]


def sign(text: str, hasher: MinHasher = MinHasher()):  # noqa: B008 - frozen
    return hasher.sign(token_hashes(tokens(text)))


def pair_at(jaccard: float, seed: int, size: int = 600) -> tuple[set[int], set[int]]:
    """Two sets of 64-bit numbers with a known Jaccard similarity."""
    source = random.Random(seed)
    drawn = [source.getrandbits(64) for _ in range(size)]
    shared = round(jaccard * size)
    rest = size - shared
    return set(drawn[: shared + rest // 2]), set(drawn[:shared] + drawn[shared + rest // 2 :])


def numbers(values: set[int]) -> np.ndarray:
    return np.fromiter(values, dtype=np.uint64, count=len(values))


@given(st.lists(st.integers(0, (1 << 64) - 1), min_size=1, max_size=20), st.integers(0, 1 << 62))
def test_the_permutations_are_exact_and_none_loses_a_number(values, seed):
    multipliers, offsets = minhash._permutations(8, seed)
    got = minhash._permute(np.array(values, dtype=np.uint64), multipliers, offsets)
    a, b = ([int(number) for number in column[:, 0]] for column in (multipliers, offsets))
    assert got.tolist() == [[(a[row] * value + b[row]) % 2**64 for value in values] for row in range(8)]
    assert [[(number - b[row]) * pow(a[row], -1, 2**64) % 2**64 for number in got[row].tolist()] for row in range(8)] == [values] * 8


def test_the_largest_numbers_are_computed_exactly():
    top = np.array([[(1 << 64) - 1]], dtype=np.uint64)
    assert int(minhash._permute(top[0], top, top)[0, 0]) == 0  # (-1) * (-1) + (-1)


@pytest.mark.parametrize("jaccard", [0.2, 0.5, 0.75, 0.9])
def test_the_similarity_is_an_unbiased_estimate(jaccard):
    hasher = MinHasher()
    errors = []
    for seed in range(40):
        left, right = (hasher.minima(numbers(side)).astype(SIGNATURE_TYPE) for side in pair_at(jaccard, seed))
        errors.append(np.mean(left == right) - jaccard)
    standard_error = (jaccard * (1 - jaccard) / 112) ** 0.5
    assert abs(np.mean(errors)) < 4 * standard_error / 40**0.5
    assert np.std(errors) < 1.5 * standard_error


@pytest.mark.parametrize("jaccard", [0.4, 0.6, 0.72, 0.85])
def test_bands_meet_as_often_as_the_theory_says(jaccard):
    hasher, trials = MinHasher(), 150
    met = 0
    for seed in range(trials):
        left, right = (hasher._band_keys(hasher.minima(numbers(side)))[0] for side in pair_at(jaccard, seed))
        met += bool(set(left) & set(right))
    expected = 1 - (1 - jaccard**hasher.rows) ** hasher.bands
    assert abs(met / trials - expected) < 4 * (max(0.02, expected * (1 - expected)) / trials) ** 0.5


def test_equal_minima_in_two_bands_do_not_meet():
    [keys] = MinHasher()._band_keys(np.full((1, 112), 7, dtype=np.uint64))
    assert len(set(keys)) == 14


def test_texts_signed_together_have_the_signatures_of_each_alone():
    texts = [token_hashes(tokens(text)) for text in ("one two three four five six", "", "seven", " ".join(WORDS[:600]))]

    together = MinHasher().sign_all(texts)

    assert together == [MinHasher().sign(text) for text in texts]
    assert together[1] is None
    assert MinHasher().sign_all([]) == []


def test_a_long_text_is_signed_in_chunks_with_the_same_result(monkeypatch):
    text = " ".join(random.Random(0).choices(WORDS, k=2000))
    whole = sign(text)
    monkeypatch.setattr(minhash, "_CHUNK", 97)
    assert sign(text) == whole


def test_short_and_empty_texts():
    assert sign("...") is None
    assert sign("One two.").num_shingles == 1
    assert sign("One two.") == sign("one, TWO")
    assert sign("one two") != sign("two one")


def test_scripts_without_spaces_give_character_ngrams():
    text = "\u6c34\u662f\u751f\u547d\u4e4b\u6e90" * 3
    assert sign(text).num_shingles > 4
    assert tokens("GPL \u6c34\u662f v3") == ["gpl", "\u6c34", "\u662f", "v3"]


def test_ngrams_keep_order_and_number():
    hashes = token_hashes(WORDS[:10])
    assert len(ngram_hashes(hashes, 5)) == 6
    assert len(ngram_hashes(hashes, 13)) == 1
    assert ngram_hashes(hashes, 5)[2] == ngram_hashes(hashes[2:7], 5)[0]
    assert ngram_hashes(hashes[::-1], 10)[0] != ngram_hashes(hashes, 10)[0]


def test_another_process_signs_the_same():
    code = "from tests.unit.corpus.test_minhash import sign; print(sign('the same text in every process on every machine').band_keys)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(sign("the same text in every process on every machine").band_keys)

"""MinHash signatures and their LSH bands: texts that share most of their 5-grams share a band key with high probability.

Sources: Broder 1997 (On the resemblance and containment of documents); Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, section 3.4
(banding: P(candidate) = 1 - (1 - J^rows)^bands); Li and Koenig 2010 (b-bit minwise hashing: the bits kept of each minimum); Mitzenmacher
and Vadhan 2008 (Why simple hash functions work: linear ones suffice, since the shingles are hashes already).
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bubblenet.corpus.similarity.shingles import mix, ngram_hashes

if TYPE_CHECKING:
    from bubblenet.settings import Deduplication

MINHASH_VERSION = 2
"""Raise whenever the same text would give a different signature."""

SIGNATURE_TYPE = np.int16
"""Each minimum is truncated to its low 16 bits (b-bit MinHash). Two different minima agree in them once in 65,536 times."""

_HIGH_BITS = np.uint64(32)  # of a product: they depend on all bits of its factors
_CHUNK = 256  # shingles per step: intermediate results fit the processor's cache


@dataclass(frozen=True, slots=True)
class Signature:
    """The MinHash signature of a text.

    minima: the low 16 bits of each minimum, signed. band_keys: one signed 64-bit number per band. num_shingles: distinct n-grams.
    """

    minima: list[int]
    band_keys: list[int]
    num_shingles: int


@dataclass(frozen=True, slots=True)
class MinHasher:
    """Signatures of `bands * rows` permutations over word n-grams; equal settings give equal signatures on every machine."""

    bands: int = 14
    rows: int = 8
    ngram: int = 5
    seed: int = 1

    def sign(self, hashes: NDArray[np.uint64]) -> Signature | None:
        """The signature of a text; None for a text without tokens. hashes: of shingles.token_hashes."""
        return self.sign_all([hashes])[0]

    def sign_all(self, texts: Sequence[NDArray[np.uint64]]) -> list[Signature | None]:
        """Signatures of many texts; their band keys are computed together."""
        shingles = [np.sort(ngram_hashes(hashes, self.ngram)) for hashes in texts]
        minima = np.array([self.minima(some) for some in shingles if len(some)], dtype=np.uint64)
        kept, keys = iter(minima.astype(SIGNATURE_TYPE).tolist()), iter(self._band_keys(minima))
        return [Signature(next(kept), next(keys), _num_distinct(some)) if len(some) else None for some in shingles]

    def minima(self, shingles: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """The 32 high bits of the minimum under each permutation; shape (bands * rows,). shingles may have duplicates."""
        multipliers, offsets = _permutations(self.bands * self.rows, self.seed)
        chunks = (shingles[start : start + _CHUNK] for start in range(0, len(shingles), _CHUNK))
        return np.min([_permute(chunk, multipliers, offsets).min(axis=1) for chunk in chunks], axis=0) >> _HIGH_BITS

    def _band_keys(self, minima: NDArray[np.uint64]) -> list[list[int]]:
        """Hashes of the full minima of each band, one list per text. The band number is hashed in, so equal minima in two bands differ."""
        by_row = minima.reshape(-1, self.bands, self.rows).transpose(2, 0, 1)
        key = np.broadcast_to(mix(np.arange(1, self.bands + 1, dtype=np.uint64)), by_row.shape[1:])
        for row in by_row:
            key = mix(key ^ row)
        return key.view(np.int64).tolist()


def min_hasher(rules: Deduplication) -> MinHasher:
    """The hasher of passages under these settings."""
    return MinHasher(rules.bands, rules.rows, rules.ngram, rules.seed)


def _num_distinct(ordered: NDArray[np.uint64]) -> int:
    return 1 + int(np.count_nonzero(ordered[1:] != ordered[:-1]))


@functools.cache
def _permutations(count: int, seed: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Odd multipliers and arbitrary offsets below 2^64, as columns."""
    random = np.random.Generator(np.random.PCG64(seed))
    numbers = random.integers(0, 1 << 64, size=(2, count, 1), dtype=np.uint64)
    return numbers[0] | np.uint64(1), numbers[1]


def _permute(values: NDArray[np.uint64], multipliers: NDArray[np.uint64], offsets: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """a*x + b modulo 2^64: for odd a a permutation of all 64-bit numbers, and native processor arithmetic.

    A prime modulus near a power of two needs 128-bit products; computed in 64 bits they wrap, and the result is not a permutation.
    """
    permuted = multipliers * values
    permuted += offsets
    return permuted

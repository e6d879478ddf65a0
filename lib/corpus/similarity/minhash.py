"""MinHash signatures and their LSH bands: texts that share most of their 5-grams share a band key with high probability.

Sources: Broder 1997 (On the resemblance and containment of documents); Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, section 3.4
(banding: P(candidate) = 1 - (1 - J^rows)^bands); Li and Koenig 2010 (b-bit minwise hashing: what is kept of each minimum).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bubblenet.corpus.similarity.shingles import mix, ngram_hashes

MINHASH_VERSION = 1
"""Rises when the same text would give another signature."""

PRIME = (1 << 61) - 1
"""A Mersenne prime: reducing modulo it is a shift and an addition."""

SIGNATURE_TYPE = np.int16
"""What is kept of each minimum: its low 16 bits. Two different minima agree in them once in 65,536 times."""

_P = np.uint64(PRIME)
_S61, _S32, _S29 = np.uint64(61), np.uint64(32), np.uint64(29)
_LOW29, _LOW32 = np.uint64((1 << 29) - 1), np.uint64((1 << 32) - 1)
_CHUNK = 256  # shingles at once: the numbers of a step stay in the processor's cache


@dataclass(frozen=True, slots=True)
class Signature:
    """What is kept of one text.

    minima: the low 16 bits of each minimum, signed. band_keys: one signed 64-bit number a band. num_shingles: distinct n-grams.
    """

    minima: list[int]
    band_keys: list[int]
    num_shingles: int


@dataclass(frozen=True, slots=True)
class MinHasher:
    """Signatures of `bands * rows` permutations over word n-grams; equal settings give equal signatures everywhere."""

    bands: int = 14
    rows: int = 8
    ngram: int = 5
    seed: int = 1

    def sign(self, hashes: NDArray[np.uint64]) -> Signature | None:
        """The signature of a text; None for a text without tokens. hashes: of shingles.token_hashes."""
        shingles = np.unique(ngram_hashes(hashes, self.ngram) >> _S32)
        if not len(shingles):
            return None
        minima = self.minima(shingles)
        return Signature(minima.astype(SIGNATURE_TYPE).tolist(), self._band_keys(minima), len(shingles))

    def minima(self, shingles: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """The smallest (a*x + b) mod p of each permutation over 32-bit shingles; shape (bands * rows,)."""
        multipliers, offsets = _permutations(self.bands * self.rows, self.seed)
        smallest = [
            _permute(shingles[start : start + _CHUNK], multipliers, offsets).min(axis=1) for start in range(0, len(shingles), _CHUNK)
        ]
        return np.min(smallest, axis=0)

    def _band_keys(self, minima: NDArray[np.uint64]) -> list[int]:
        """A digest of the full minima of each band. The band's number enters, so equal minima in two bands do not meet."""
        key = mix(np.arange(1, self.bands + 1, dtype=np.uint64))
        for row in minima.reshape(self.bands, self.rows).T:
            key = mix(key ^ row)
        return key.view(np.int64).tolist()


@functools.cache
def _permutations(count: int, seed: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Multipliers in 1..p-1 and offsets in 0..p-1, as columns."""
    random = np.random.Generator(np.random.PCG64(seed))
    multipliers = random.integers(1, PRIME, size=(count, 1), dtype=np.uint64)
    return multipliers, random.integers(0, PRIME, size=(count, 1), dtype=np.uint64)


def _permute(values: NDArray[np.uint64], multipliers: NDArray[np.uint64], offsets: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """(a*x + b) mod (2^61 - 1) for 32-bit x, never beyond 64 bits: a is split into 32 high and 29 low bits.

    Multipliers below 2^29 would avoid the split, but then a*x rarely wraps around the prime, and many permutations pick the same minimum.
    """
    high = (multipliers >> _S29) * values
    high = (high & _P) + (high >> _S61)  # below 2^61 + 8
    total = (multipliers & _LOW29) * values  # below 2^61
    total += offsets
    total += high >> _S32  # 2^29 * high modulo p: the bits that would pass the 61st come in from below
    high &= _LOW32
    high <<= _S29
    total += high  # below 2^63
    high = total >> _S61
    total &= _P
    total += high  # below p + 4
    np.subtract(total, _P, out=high)  # wraps to a large number where total < p
    return np.minimum(total, high, out=total)

"""Vectors of texts as small whole numbers, so that a similarity is the same on every machine and in every order of summation.

A component is one signed byte. A dot product of two such vectors is a whole number below 2^24 for up to 1,040 components, and float32 adds
those exactly; what follows are single operations of IEEE 754. So selections do not depend on BLAS, threads or partitions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bubblenet.corpus.similarity.shingles import token_hashes, tokens

VECTORS_VERSION = 1
"""Raise whenever the same text and encoder would give other bytes, or the same bytes another similarity."""

MOST_COMPONENTS = 1040
WORD_COMPONENTS = 256

_LARGEST = 127

Vectors = NDArray[np.float32]


def packed(vectors: NDArray[np.floating]) -> list[bytes]:
    """Each row, scaled so that its largest component is 127, as signed bytes. Cosines do not depend on the scale."""
    largest = np.abs(vectors).max(axis=1, keepdims=True)
    scaled = np.rint(vectors / np.where(largest == 0, 1, largest) * _LARGEST).astype(np.int8)
    return [row.tobytes() for row in scaled]


def unpacked(rows: Sequence[bytes]) -> Vectors:
    """The rows as a matrix. Raises ValueError for vectors of different lengths, or too long for exact products."""
    lengths = {len(row) for row in rows}
    if len(lengths) > 1 or max(lengths, default=0) > MOST_COMPONENTS:
        raise ValueError(f"wanted vectors of one length up to {MOST_COMPONENTS} bytes; got lengths {sorted(lengths)}")
    return np.frombuffer(b"".join(rows), np.int8).reshape(len(rows), max(lengths, default=0)).astype(np.float32)


def cosines(left: Vectors, right: Vectors) -> NDArray[np.float32]:
    """Cosine of each row with each row, at least 0; 0 with a vector of zeros."""
    found = np.maximum(left @ right.T, np.float32(0))
    found *= _inverse_lengths(left)[:, None]
    found *= _inverse_lengths(right)[None, :]
    return found


def word_vectors(texts: Sequence[str]) -> NDArray[np.float64]:
    """Counts of words in WORD_COMPONENTS buckets by hash, with signs: for an encoder without a model, blind to meaning.

    Source: Weinberger et al. 2009, Feature Hashing for Large Scale Multitask Learning, arXiv:0902.2206, section 2.
    """
    vectors = np.zeros((len(texts), WORD_COMPONENTS))
    for row, text in zip(vectors, texts, strict=True):
        hashes = token_hashes(tokens(text))
        signs = np.where(hashes >> np.uint64(63), -1.0, 1.0)
        np.add.at(row, (hashes % np.uint64(WORD_COMPONENTS)).astype(np.int64), signs)
    return vectors


def _inverse_lengths(vectors: Vectors) -> NDArray[np.float32]:
    squares = np.einsum("ij,ij->i", vectors, vectors)
    return np.where(squares > 0, np.float32(1) / np.sqrt(np.where(squares > 0, squares, np.float32(1))), np.float32(0))

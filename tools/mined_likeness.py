"""Which heading of another page fits a passage best, by Okapi BM25 (Robertson and Zaragoza 2009): negatives that share the words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

K1, B = 1.2, 0.75
ROWS_AT_ONCE = 256


def likeliest(passages: Sequence[str], headings: Sequence[str], pages: NDArray[np.int_], number: int = 5) -> list[list[int]]:
    """For each passage the places of so many headings, best first, of other pages and with a word in common."""
    from scipy.sparse import csr_matrix, diags
    from sklearn.feature_extraction.text import CountVectorizer

    counter = CountVectorizer(token_pattern=r"(?u)\b\w{3,}\b")
    counts = csr_matrix(counter.fit_transform(passages), dtype=np.float64)
    lengths = np.asarray(counts.sum(1)).ravel()
    in_passages = np.asarray((counts > 0).sum(0)).ravel()
    rarity = np.log1p((len(passages) - in_passages + 0.5) / (in_passages + 0.5))
    norm = K1 * (1 - B + B * lengths / max(lengths.mean(), 1.0))
    rows = np.repeat(np.arange(len(passages)), np.diff(counts.indptr))
    counts.data = counts.data * (K1 + 1) / (counts.data + norm[rows])
    asked = csr_matrix(counter.transform(headings) > 0, dtype=np.float64) @ diags(rarity)
    found: list[list[int]] = []
    for start in range(0, len(passages), ROWS_AT_ONCE):
        scores = (counts[start : start + ROWS_AT_ONCE] @ asked.T).toarray()
        scores[pages[start : start + ROWS_AT_ONCE, None] == pages[None, :]] = 0.0
        order = np.argsort(-scores, axis=1, kind="stable")[:, :number]
        found += [[int(place) for place in row if scores[line, place] > 0] for line, row in enumerate(order)]
    return found

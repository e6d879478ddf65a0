"""Batched inference of py3langid's model over many short texts.

The library steps its automaton byte by byte in Python, and most steps wait for memory. Here each step is taken in all texts at
once. The model is the library's, and so are encoding and formula: naive Bayes over the byte n-grams of a text (Lui and Baldwin 2012,
langid.py), with log counts, tempered by the square root of its length. Its tables are not a public interface, so pyproject.toml
pins the minor version, and tests/unit/corpus/test_language.py compares the results with the library's.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from py3langid.langid import MODEL_FILE, LanguageIdentifier, visit_counts

NUM_RANKED = 4

MIN_TOGETHER = 12
"""Least number of texts for which a batched walk is faster: a step costs about the same for one text and for a hundred."""

MAX_TOGETHER = 256
"""Texts per walk, which takes 10 KB of memory for each text of 200 characters."""

Numbers = NDArray[np.int64]
Counts = tuple[Numbers, Numbers, NDArray[np.float32]]


class BatchIdentifier:
    """The model, loaded on construction (takes a second), with its tables as arrays."""

    def __init__(self) -> None:
        self._model = model = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
        self._moves = np.frombuffer(model.tk_nextmove, dtype=np.uint32)
        self._rows = np.array(model._rowbase, dtype=np.int64)
        self._features = np.array(model.tk_output, dtype=np.int32)
        self._weights = model.nb_ptc.astype(np.float32)  # otherwise each product converts its rows first

    def classify(self, texts: Sequence[str]) -> list[tuple[str, float]]:
        """The language code of each text and its probability, independent of the other texts in the batch."""
        return [first for first, *_ in self.rank(texts)]

    def rank(self, texts: Sequence[str]) -> list[list[tuple[str, float]]]:
        """The NUM_RANKED likeliest language codes of each text and their probabilities, the likeliest first."""
        some = (texts[start : start + MAX_TOGETHER] for start in range(0, len(texts), MAX_TOGETHER))
        return [answer for part in some for answer in self._rank(part)]

    def _rank(self, texts: Sequence[str]) -> list[list[tuple[str, float]]]:
        encoded = [self._model._encode(text) for text in texts]
        counts = self._count_together(encoded) if len(texts) >= MIN_TOGETHER else self._count_alone(encoded)
        scores = self._scores(*counts, len(texts))
        scores /= np.sqrt([max(1, len(data)) for data in encoded], dtype=np.float32)[:, None]
        probabilities = np.exp(scores - scores.max(axis=1, keepdims=True))
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        for first, alias in self._model._alias_pairs:
            probabilities[:, first] += probabilities[:, alias]
            probabilities[:, alias] = 0
        best = np.argsort(-probabilities, axis=1, kind="stable")[:, :NUM_RANKED]
        classes = self._model.nb_classes
        return [[(str(classes[code]), float(row[code])) for code in codes] for codes, row in zip(best, probabilities, strict=True)]

    def _count_alone(self, encoded: Sequence[bytes]) -> Counts:
        """As _count_together, with the library's own walk: for a few texts, and for long ones."""
        model = self._model
        visits = [visit_counts(model.tk_nextmove, model._rowbase, model.tk_output, data) or {} for data in encoded]
        found = [(text, feature, counts[feature]) for text, counts in enumerate(visits) for feature in sorted(counts)]
        text, feature, counts = np.array(found, dtype=np.int64).reshape(-1, 3).T
        return text, feature, counts.astype(np.float32)

    def _count_together(self, encoded: Sequence[bytes]) -> Counts:
        """(text, feature, count) of the features that occur, sorted by text and feature."""
        lengths = np.array([len(data) for data in encoded])
        longest_first = np.argsort(-lengths, kind="stable")
        letters = np.zeros((lengths.max(), len(encoded)), dtype=np.uint8)
        for place, index in enumerate(longest_first):
            letters[: lengths[index], place] = np.frombuffer(encoded[index], dtype=np.uint8)
        found = self._walk(letters, np.searchsorted(-lengths[longest_first], -np.arange(len(letters)), side="left"))
        column, step = np.nonzero(found.T >= 0)
        keys, counts = np.unique(longest_first[column] * len(self._weights) + found[step, column], return_counts=True)
        text, feature = np.divmod(keys, len(self._weights))
        return text, feature, counts.astype(np.float32)

    def _walk(self, letters: NDArray[np.uint8], num_open: Numbers) -> NDArray[np.int32]:
        """The feature that each byte completes, or -1; shape as letters. num_open: leading texts that are not exhausted at a step."""
        found = np.full(letters.shape, -1, dtype=np.int32)
        state = np.zeros(letters.shape[1], dtype=np.int64)
        for row, out, width in zip(letters, found, num_open, strict=True):
            state = self._moves[self._rows[state[:width]] + row[:width]]
            out[:width] = self._features[state]
        return found

    def _scores(self, text: Numbers, feature: Numbers, counts: NDArray[np.float32], num_texts: int) -> NDArray[np.float32]:
        """The log posterior of each language, up to a constant; equal for all languages if a text has no feature."""
        scores = np.zeros((num_texts, self._weights.shape[1]), dtype=np.float32)
        bounds = np.searchsorted(text, np.arange(num_texts + 1))
        evidence = np.log1p(counts)
        for index in range(num_texts):
            own = slice(bounds[index], bounds[index + 1])
            if own.start < own.stop:
                scores[index] = evidence[own] @ self._weights[feature[own]] + self._model.nb_pc
        return scores

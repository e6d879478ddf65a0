"""The tables: the meaning of a row, every column with its comment, and the physical layout."""

from __future__ import annotations

from bubblenet.tables.bookkeeping import RECIPES, RUNS
from bubblenet.tables.corpus import DOCUMENTS, DUPLICATES, FILES, MINHASH_INDEX, SEGMENTS
from bubblenet.tables.declaration import Column, Table
from bubblenet.tables.evaluation import ANSWERS, COMPARISONS, EVALUATIONS
from bubblenet.tables.pairs import CURATED, INSTRUCTIONS, JUDGEMENTS, PASSAGE_SCORES, SCORES
from bubblenet.tables.rights import RIGHTS
from bubblenet.tables.selection import EMBEDDINGS, SELECTIONS
from bubblenet.tables.training import MODELS, ROUNDS, SEEDS

TABLES = (
    FILES, DOCUMENTS, RIGHTS, SEGMENTS, MINHASH_INDEX, DUPLICATES, INSTRUCTIONS, PASSAGE_SCORES, SCORES, JUDGEMENTS, CURATED, EMBEDDINGS,
    SELECTIONS, SEEDS, MODELS, ROUNDS, ANSWERS, COMPARISONS, EVALUATIONS, RECIPES, RUNS,
)  # fmt: skip
"""Every table, in the order of the pipeline."""

__all__ = [
    "ANSWERS", "COMPARISONS", "CURATED", "DOCUMENTS", "DUPLICATES", "EMBEDDINGS", "EVALUATIONS", "FILES", "INSTRUCTIONS", "JUDGEMENTS",
    "MINHASH_INDEX", "MODELS", "PASSAGE_SCORES", "RECIPES", "RIGHTS", "ROUNDS", "RUNS", "SCORES", "SEEDS", "SEGMENTS", "SELECTIONS",
    "TABLES", "Column", "Table",
]  # fmt: skip

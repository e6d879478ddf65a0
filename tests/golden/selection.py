"""Components of the selection: vectors of texts, the order of a block and what is taken of it, kinds of task."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from bubblenet.judging.tasks import task_of
from bubblenet.selection.vectors import cosines, packed, unpacked, word_vectors
from bubblenet.udfs.selection import Cap, RankBlock, RepresentBlock, TakeInOrder
from tests.golden import Component, Plant

TEXTS = [
    "How do I boil water in a kettle?",
    "Explain how a kettle boils water.",
    "Why is the harbour closed in winter?",
    "List five uses of paper, wood and iron.",
    "water water kettle",
    "\u8336\u58f6 of tea",
    "",
    "Is the harbour of the old town open?",
    "wood, paper; IRON!",
    "Write a letter to the harbour master.",
]

INSTRUCTIONS = [
    *TEXTS,
    "Please describe it",
    "Can you mount it?",
    "Wie geht das?",
    "por favor, enumera las ventajas",
    "Configure the printer",
    "debian kernel modules",
    "\u041e\u043f\u0438\u0448\u0438 \u0446\u0435\u043b\u0442\u0430 \u0438 \u0430\u0432\u0442\u043e\u0440\u0430",
    "Translate this sentence",
    "Pourquoi pas ?",
]


def _vectors() -> Any:
    rows = packed(np.vstack([word_vectors(TEXTS), np.linspace(-1, 2, 256)[None, :]]))
    found = unpacked(rows)
    return [row.hex() for row in rows], cosines(found, found).tolist()


def _selected() -> Any:
    vectors = packed(word_vectors(TEXTS))
    block = pa.table(
        {
            "instruction_id": [f"i{number}" for number in range(len(TEXTS))],
            "quality": [0.9 - 0.07 * (number % 4) for number in range(len(TEXTS))],
            "mass": pa.array([1 + number % 3 for number in range(len(TEXTS))], pa.int64()),
            "instruction_vector": vectors,
            "response_vector": vectors[1:] + vectors[:1],
            "is_winner": [number in (1, 4, 7) for number in range(len(TEXTS))],
        }
    )
    ranked = [RankBlock(share, weight)(block).to_pylist() for share in (0.0, 0.4, 1.0) for weight in (0.0, 1.0, 2.5)]
    represented = [RepresentBlock(0.4, weight)(block).to_pylist() for weight in (0.0, 2.5)]
    rows = [{"instruction_id": str(number), "cost": 1 + number % 3, "task": "ab"[number % 2]} for number in range(12)]
    caps = (Cap("task", "task_cap", 8),)
    taken = [
        [found.to_pylist() for found in TakeInOrder(caps, most).map_batches(iter([pa.RecordBatch.from_pylist(rows)]))]
        for most in (None, 5, 11)
    ]
    return ranked, represented, taken


def _tasks() -> Any:
    return list(map(task_of, INSTRUCTIONS))


SELECTION = [
    Component(
        "VECTORS_VERSION",
        "bubblenet.selection.vectors",
        _vectors,
        "embed, and every selection",
        Plant("bubblenet.selection.vectors", "np.where(hashes >> np.uint64(63), -1.0, 1.0)", "np.where(hashes >> np.uint64(63), 1.0, 1.0)"),
        ("SHINGLES_VERSION",),
    ),
    Component(
        "SELECTION_VERSION",
        "bubblenet.selection.greedy",
        _selected,
        "every selection",
        Plant(
            "bubblenet.selection.greedy", "np.maximum(covered, worth[row], out=covered)", "np.add(covered, worth[row] // 2, out=covered)"
        ),
        ("VECTORS_VERSION",),
    ),
    Component(
        "TASKS_VERSION",
        "bubblenet.judging.tasks",
        _tasks,
        "every selection",
        Plant("bubblenet.judging.tasks", "word not in POLITE", "word in POLITE or word"),
    ),
]

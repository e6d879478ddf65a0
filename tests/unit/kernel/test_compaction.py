"""When the files of a partition are worth joining."""

from __future__ import annotations

import pytest

from bubblenet.kernel.compaction import SMALL_BYTES, WANTED_BYTES, is_crowded


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([], False),
        ([1000] * 16, False),
        ([1000] * 17, True),
        ([SMALL_BYTES] * 1000, False),  # large enough, however many
        ([SMALL_BYTES - 1] * 17, True),  # 17 for which 3 are needed
        ([SMALL_BYTES - 1] * (3 * 8), True),
        ([1000] * 16 + [SMALL_BYTES, WANTED_BYTES], False),
    ],
)
def test_many_small_files_are_joined_and_large_ones_left(sizes, expected):
    assert is_crowded(sizes) is expected

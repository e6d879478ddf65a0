"""The budget of a run that did not end is that of the next one on its snapshot."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from bubblenet.kernel.budget import resumed
from bubblenet.kernel.scratch import Scratch


@pytest.fixture
def warehouse(tmp_path):
    """Plans of a warehouse, and the rows of its ledger."""
    rows: list[dict] = []
    return SimpleNamespace(plans=str(tmp_path / "_plans"), rows=rows, rows_at_hand=lambda *_: rows)


def unit(run: str, stage: str, requests: int, tokens: int, seconds_later: float = 0.0) -> dict:
    at = datetime.fromtimestamp(datetime.now(UTC).timestamp() + seconds_later, UTC)
    return {"run_id": run, "stage": stage, "num_requests": requests, "prompt_tokens": tokens, "output_tokens": 1, "finished_at": at}


def test_what_a_killed_run_spent_is_spent_for_the_next_one_and_for_the_one_after_it(warehouse):
    resumed(warehouse, "first", "A").begin("backtranslate")
    warehouse.rows += [unit("first", "segment", 100, 0), unit("first", "backtranslate", 4, 39, seconds_later=60)]

    second = resumed(warehouse, "second", "A")
    assert (second.rows, second.tokens) == (4, 40)
    second.begin("score/likelihood")
    warehouse.rows += [unit("second", "score/likelihood", 3, 9)]

    third = resumed(warehouse, "third", "A")
    assert (third.rows, third.tokens) == (7, 50)
    assert 50 < second.started - third.started + 60 < 70  # the first minute counts for both


def test_a_kill_while_the_notes_are_exchanged_counts_no_run_twice(warehouse, monkeypatch):
    resumed(warehouse, "first", "A").begin("backtranslate")
    warehouse.rows += [unit("first", "backtranslate", 4, 0)]
    with monkeypatch.context() as patched:
        patched.setattr(Scratch, "delete", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            resumed(warehouse, "second", "A")

    assert resumed(warehouse, "third", "A").rows == 4


def test_a_run_that_ended_leaves_the_next_one_all_of_its_budget(warehouse):
    first = resumed(warehouse, "first", "A")
    first.begin("backtranslate")
    warehouse.rows += [unit("first", "backtranslate", 4, 0)]
    assert resumed(warehouse, "other", "B").rows == 0, "another snapshot is another run"

    first.note.end()

    assert resumed(warehouse, "second", "A").rows == 0

"""The recorder: ledger rows are written beside the work, and a failure to write one is not lost."""

from __future__ import annotations

import threading

import pytest

from bubblenet import ledger
from bubblenet.tables import DOCUMENTS


@pytest.fixture
def entries(monkeypatch) -> list[str]:
    """Notes stand for entries; what is written is collected."""
    written: list[str] = []
    monkeypatch.setattr(ledger, "_read_entry", lambda warehouse, target, note, *rest: note["unit"])
    monkeypatch.setattr(ledger, "_insert", lambda warehouse, entry: written.append(entry))
    return written


def test_all_rows_are_written_in_order_when_the_stage_ends(entries):
    with ledger.Recorder(None, DOCUMENTS) as recorder:
        for unit in range(20):
            assert recorder.record({"unit": unit}, 1, 0.0) == unit

    assert entries == list(range(20))


def test_the_work_does_not_wait_for_a_row(entries, monkeypatch):
    release = threading.Event()
    monkeypatch.setattr(ledger, "_insert", lambda warehouse, entry: entries.append(release.wait(30)))

    with ledger.Recorder(None, DOCUMENTS) as recorder:
        recorder.record({"unit": 0}, 1, 0.0)
        assert entries == []
        release.set()

    assert entries == [True]


def test_a_row_that_cannot_be_written_fails_the_stage(entries, monkeypatch):
    def fail(warehouse, entry):
        raise OSError("no space left")

    monkeypatch.setattr(ledger, "_insert", fail)

    with pytest.raises(OSError, match="no space left"), ledger.Recorder(None, DOCUMENTS) as recorder:
        recorder.record({"unit": 0}, 1, 0.0)


def test_the_fault_of_the_stage_is_told_before_that_of_the_ledger(entries, monkeypatch):
    def fail(warehouse, entry):
        raise OSError("no space left")

    monkeypatch.setattr(ledger, "_insert", fail)

    def work() -> None:
        with ledger.Recorder(None, DOCUMENTS) as recorder:
            recorder.record({"unit": 0}, 1, 0.0)
            raise ValueError("of the stage")

    with pytest.raises(ValueError, match="of the stage"):
        work()

"""The recorder: ledger rows are written beside the work, and a failure to write one is not lost."""

from __future__ import annotations

import threading

import pytest

from bubblenet import ledger


@pytest.fixture
def entries(monkeypatch) -> list[int]:
    """What is written is collected; numbers stand for entries."""
    written: list[int] = []
    monkeypatch.setattr(ledger, "_insert", lambda warehouse, entry: written.append(entry))
    return written


def test_all_rows_are_written_in_order_when_the_stage_ends(entries):
    with ledger.Recorder(None) as recorder:
        for unit in range(20):
            recorder.write(unit)

    assert entries == list(range(20))


def test_the_work_does_not_wait_for_a_row(entries, monkeypatch):
    release = threading.Event()
    monkeypatch.setattr(ledger, "_insert", lambda warehouse, entry: entries.append(release.wait(30)))

    with ledger.Recorder(None) as recorder:
        recorder.write(0)
        assert entries == []
        release.set()

    assert entries == [True]


def test_a_row_that_cannot_be_written_fails_the_stage(entries, monkeypatch):
    def fail(warehouse, entry):
        raise OSError("no space left")

    monkeypatch.setattr(ledger, "_insert", fail)

    with pytest.raises(OSError, match="no space left"), ledger.Recorder(None) as recorder:
        recorder.write(0)


def test_the_fault_of_the_stage_is_told_before_that_of_the_ledger(entries, monkeypatch):
    def fail(warehouse, entry):
        raise OSError("no space left")

    monkeypatch.setattr(ledger, "_insert", fail)

    def work() -> None:
        with ledger.Recorder(None) as recorder:
            recorder.write(0)
            raise ValueError("of the stage")

    with pytest.raises(ValueError, match="of the stage"):
        work()

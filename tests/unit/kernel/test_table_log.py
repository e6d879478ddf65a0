"""The log of a table without Spark: what it says, and rows that are written once, whoever writes them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, Schema, write_deltalake

from bubblenet.errors import ConcurrentRunError
from bubblenet.kernel import table_log
from bubblenet.kernel.table_log import TableLog, Transaction, few_rows

FIELDS = pa.schema([("name", pa.string()), ("weight", pa.int64()), ("snapshot", pa.string())])


@pytest.fixture
def location(tmp_path: Path) -> str:
    """An empty table, partitioned by snapshot, in a folder whose name must be quoted."""
    folder = tmp_path / "toys \u00fc [1]"
    DeltaTable.create(folder.as_uri(), Schema.from_arrow(FIELDS), partition_by=["snapshot"])
    return str(folder)


def toy(name: str, snapshot: str = "A") -> dict[str, object]:
    return {"name": name, "weight": 3, "snapshot": snapshot}


def names(location: str) -> list[str]:
    return sorted(row["name"] for row in TableLog(location).rows(["name"]))


def test_a_table_is_known_by_its_log(location, tmp_path):
    assert table_log.exists(location)
    assert not table_log.exists(str(tmp_path / "nothing"))
    assert TableLog(location).version == 0


def test_rows_of_a_transaction_are_written_once(location):
    for _ in range(2):
        TableLog(location).append([toy("top")], {"run": 1}, [Transaction("x", 4)])

    log = TableLog(location)
    assert (log.version, names(location)) == (1, ["top"])
    assert (log.stored_transaction("x"), log.stored_transaction("y")) == (4, -1)
    assert [(commit.version, commit.note) for commit in log.commits_since(0)] == [(1, {"run": 1})]
    assert TableLog(location, 0).stored_transaction("x") == -1


def test_rows_without_a_transaction_are_written_each_time(location):
    for _ in range(2):
        TableLog(location).append([toy("top")], {}, [])
    assert names(location) == ["top", "top"]


def test_of_two_writers_of_one_transaction_one_is_told(location):
    first, second = TableLog(location), TableLog(location)
    first.append([toy("top")], {}, [Transaction("x", 1)])

    with pytest.raises(ConcurrentRunError):
        second.append([toy("top")], {}, [Transaction("x", 1)])
    assert names(location) == ["top"]


def test_writers_of_other_transactions_do_not_disturb_one_another(location):
    first, second = TableLog(location), TableLog(location)
    first.append([toy("top")], {}, [Transaction("x", 1)])
    second.append([toy("kite")], {}, [Transaction("y", 1)])
    assert names(location) == ["kite", "top"]


def test_the_files_of_one_commit_are_those_it_added(location):
    for name in ("top", "kite"):
        TableLog(location).append([toy(name), toy(name, "B c")], {}, [])

    added = [TableLog(location).added_files(version) for version in (1, 2)]

    assert [len(files) for files in added] == [2, 2]
    assert not set(added[0]) & set(added[1])
    assert all(Path(file).is_file() for files in added for file in files)
    with pytest.raises(FileNotFoundError):
        TableLog(location).added_files(9)


def test_partitions_tell_what_cannot_be_there(location):
    TableLog(location).append([toy("kite"), toy("top")], {}, [])
    log = TableLog(location)

    assert [log.has_partition("snapshot", name) for name in ("A", "B", "A' OR '1'='1")] == [True, False, False]
    assert TableLog(location, 0).may_hold("name", "kite") is False
    assert log.may_hold("name", "a") is True  # nothing is known of these files


def test_bounds_tell_what_cannot_be_there(tmp_path):
    write_deltalake(str(tmp_path / "plain"), pa.Table.from_pylist([toy("kite"), toy("top")], schema=FIELDS))
    log = TableLog(str(tmp_path / "plain"))
    assert [log.may_hold("name", name) for name in ("a", "kite", "lorry", "zebra")] == [False, True, True, False]


def test_notes_of_others_are_no_notes(tmp_path):
    plain = str(tmp_path / "plain")
    for mode in ("error", "append"):
        write_deltalake(plain, pa.Table.from_pylist([toy("top")], schema=FIELDS), mode=mode)
    assert TableLog(plain).commits_since(0) == []


def test_many_small_files_are_joined_and_nothing_else_changes(tmp_path, monkeypatch):
    monkeypatch.setattr(table_log, "_MOST_SMALL_FILES", 4)
    location = str(tmp_path / "plain")  # below the odd folder it is not done
    DeltaTable.create(location, Schema.from_arrow(FIELDS), partition_by=["snapshot"])
    for number in range(6):
        TableLog(location).append([toy(f"top{number}")], {"run": number}, [Transaction("x", number)])

    log = TableLog(location)
    assert len(DeltaTable(location).file_uris()) == 2
    assert names(location) == [f"top{number}" for number in range(6)]
    assert log.stored_transaction("x") == 5
    assert [commit.note["run"] for commit in log.commits_since(0)] == [0, 1, 2, 3, 4, 5]
    assert log.version == 7


def test_few_rows_are_read_from_files_and_many_are_left_to_spark(location):
    TableLog(location).append([toy("top"), toy("kite", "B c")], {}, [])
    files = TableLog(location).added_files(1)

    assert sorted(row["name"] for row in few_rows(files, 2, "name", "unknown")) == ["kite", "top"]
    assert few_rows(files, 1, "name") is None
    assert few_rows(files * 40, 1000, "name") is None
    assert few_rows([], 0, "name") == []


def test_appends_are_told_as_long_as_nothing_else_happened(tmp_path):
    location = str(tmp_path / "plain")
    DeltaTable.create(location, Schema.from_arrow(FIELDS), partition_by=["snapshot"])
    for number in range(3):
        TableLog(location).append([toy(f"top{number}")], {"run": number}, [])
    DeltaTable(location).optimize.compact()

    def appended(after: int) -> list[int] | None:
        log = TableLog(location)
        commits = log.appends(after, log.version)
        return None if commits is None else [commit.note["run"] for commit in commits]

    assert [appended(after) for after in (0, 2, 4)] == [[2, 1, 0], [2], []]
    assert [commit.note["run"] for commit in TableLog(location).appends(0, 2) or ()] == [1, 0]
    assert TableLog(location).num_rows() == 3

    DeltaTable(location).delete("name = 'top1'")
    assert appended(0) is None
    assert appended(5) == []
    write_deltalake(location, pa.Table.from_pylist([toy("other")], schema=FIELDS), mode="append")
    assert appended(5) is None, "another writer's rows have no run of ours"

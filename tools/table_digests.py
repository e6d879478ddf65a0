"""Content hashes of all tables of a warehouse: equal for equal rows, whatever their order, the run that wrote them and the time.

    PYTHONPATH=lib .venv/bin/python tools/table_digests.py WAREHOUSE [OTHER]

With two warehouses it shows both and exits with 1 where they differ: the proof that a refactoring changed no result (CONTRIBUTING.md). The
column `content` leaves out fingerprints and what is made of them, so that it stays equal where only a version moved.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from deltalake import DeltaTable
from pyarrow import fs

from bubblenet.tables import TABLES

# What depends on the run: when, in how many attempts, and where a seed file lay.
OF_A_RUN = {"run_id", "unit", "created_at", "finished_at", "seconds", "versions", "target_version", "attempts", "modified_at", "file"}
OF_A_VERSION = {"fingerprint", "recipe_id", "parts", "request_id"}


def digests(folder: Path) -> tuple[int, str, str]:
    """Rows, hash of all columns but those of a run, and hash of the content alone. A column in which every row is null does not count."""
    # Files are read by Arrow: a process in which delta-rs read them may end with an abort (2 of 3 times, deltalake 1.6.6), and that exit
    # code would hide the verdict.
    files = fs.SubTreeFileSystem(str(folder.resolve()), fs.LocalFileSystem())
    table = DeltaTable(str(folder)).to_pyarrow_dataset(filesystem=files).to_table()
    columns = {name for name in table.column_names if table[name].null_count < table.num_rows} - OF_A_RUN
    return table.num_rows, _digest(table.select(sorted(columns))), _digest(table.select(sorted(columns - OF_A_VERSION)))


def _digest(table: Any) -> str:
    rows = sorted(json.dumps(row, sort_keys=True, default=str) for row in table.to_pylist())
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16]


def main() -> int:
    """Print the hashes; return the exit code."""
    parser = argparse.ArgumentParser(description="Content hashes of the tables of one warehouse, or of two beside each other.")
    parser.add_argument("warehouses", nargs="+", type=Path, metavar="WAREHOUSE")
    folders = parser.parse_args().warehouses
    are_equal = True
    print(f"{'table':<16}" + "".join(f"{'rows':>8} {'all':<16} {'content':<16}  " for _ in folders))
    for table in TABLES:
        found = [digests(folder / table.name) for folder in folders]
        same = len(set(found)) == 1
        same_content = len({(rows, content) for rows, _, content in found}) == 1
        are_equal &= same_content
        verdict = "" if len(found) == 1 else "equal" if same else "equal content" if same_content else "DIFFERENT"
        print(f"{table.name:<16}" + "".join(f"{rows:>8} {whole} {content}  " for rows, whole, content in found) + verdict)
    return 0 if are_equal else 1


if __name__ == "__main__":
    sys.exit(main())

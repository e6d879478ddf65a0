"""What a second snapshot costs in which one page in five is changed or new. `make bench-second-snapshot`.

One page in ten is held back from the first snapshot, and one in ten gets a paragraph more in the second. Both are run with the embedded
model on the same bounded sample of passages. The table counts what each stage was asked for: the second snapshot's requests of the model
stages are those of passages whose text is new, and pages that changed elsewhere cost nothing.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from deltalake import DeltaTable
from rich.console import Console
from rich.table import Table

SNAPSHOTS = ("first", "second")
_EVERY = 10
_NEW_PARAGRAPH = "</p><p>Since the last snapshot this page has one paragraph more, and it is this one.</p>"


def main() -> None:
    """Run both snapshots and print what they cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", type=Path)
    parser.add_argument("--limit", default="60", help="passages that reach a model")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pages, warehouse = Path(folder) / "pages", Path(folder) / "warehouse"
        shutil.copytree(arguments.pages, pages)
        names = sorted(path for path in pages.rglob("*.html"))
        new, changed = names[::_EVERY], [path for path in names[1::_EVERY] if "</p>" in path.read_text(encoding="utf-8")]
        held_back = {path: path.read_bytes() for path in new}
        for path in new:
            path.unlink()
        _run(pages, warehouse, SNAPSHOTS[0], arguments.limit)
        for path, content in held_back.items():
            path.write_bytes(content)
        for path in changed:
            path.write_text(path.read_text(encoding="utf-8").replace("</p>", _NEW_PARAGRAPH, 1), encoding="utf-8")
        _run(pages, warehouse, SNAPSHOTS[1], arguments.limit)
        _print(warehouse, f"{len(names)} pages, {len(changed)} of them changed and {len(new)} new in the second snapshot")


def _run(pages: Path, warehouse: Path, snapshot: str, limit: str) -> None:
    """`bubblenet run`, whose output is shown only when it fails."""
    command = [str(Path(sys.executable).with_name("bubblenet")), "run", "--config", "conf/local.toml", "--input", str(pages)]
    command += ["--snapshot", snapshot, "--warehouse", str(warehouse), "--limit", limit]
    print(f"{snapshot} snapshot ...", flush=True)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"wanted both runs to succeed; got exit code {done.returncode}:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")


def _print(warehouse: Path, title: str) -> None:
    units = DeltaTable(str(warehouse / "runs")).to_pyarrow_table().to_pylist()
    table = Table(title=title)
    for heading in ("stage", *(f"{what}, {snapshot}" for snapshot in SNAPSHOTS for what in ("requests", "tokens"))):
        table.add_column(heading, justify="left" if heading == "stage" else "right")
    for stage in dict.fromkeys(unit["stage"] for unit in sorted(units, key=lambda unit: unit["finished_at"])):
        figures = []
        for snapshot in SNAPSHOTS:
            own = [unit for unit in units if unit["stage"] == stage and unit["snapshot"] == snapshot]
            num_tokens = sum((unit["prompt_tokens"] or 0) + (unit["output_tokens"] or 0) for unit in own)
            figures += [f"{sum(unit['num_requests'] for unit in own):,}", f"{num_tokens:,}"]
        table.add_row(stage, *figures)
    Console(width=110).print(table)


if __name__ == "__main__":
    main()

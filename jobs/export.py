"""Write curated pairs and seeds out as training examples: equal Parquet files, a manifest, a dataset card.

spark-submit --properties-file conf/spark/local.conf jobs/export.py --out exports/round0 --warehouse warehouse
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from bubblenet.app.job import ConfigOption, OutOption, SetOption, WarehouseOption, exit_code, opened
from bubblenet.export.writing import Exported, export

if TYPE_CHECKING:
    from rich.console import Console

app = typer.Typer(add_completion=False)


@app.command()
def run(out: OutOption, warehouse: WarehouseOption, config: ConfigOption = None, overrides: SetOption = None) -> None:
    """Bring the folder up to date, and say what is in it."""
    with opened(config, overrides or (), warehouse, "export") as context:
        _show(export(context, out), out, context.console)


def _show(exported: Exported, out: str, console: Console) -> None:
    manifest = exported.manifest
    for split, numbers in manifest["splits"].items():
        rest = f", {numbers['left_out']} left out so that files are equal" if numbers["left_out"] else ""
        sizes = f"{numbers['examples']:,} examples in {numbers['files']} files of {numbers['rows_per_file']:,}"
        console.print(f"[bold]{split:<22}[/bold] {sizes}{rest}")
    sources: dict[str, int] = {}
    for row in manifest["sources"]:
        sources[row["source"]] = sources.get(row["source"], 0) + row["num"]
    by_source = ", ".join(f"{name} {number:,}" for name, number in sorted(sources.items()))
    versions = manifest["made_from"]["versions"]
    console.print(
        f"{by_source}; curated version {versions['curated']}, seeds version {versions['seeds']}; data {manifest['data_sha256'][:16]}"
    )
    state = "Written" if exported.is_new else "Nothing to do: it is there already"
    console.print(f"{state}: {out}/manifest.json, {out}/README.md", soft_wrap=True)
    console.print(f'Read it: load_dataset("{out}") of the datasets library, or any reader of Parquet', soft_wrap=True)


def main(argv: list[str] | None = None) -> int:
    """Run the job; return the exit code."""
    return exit_code(lambda: app(argv))


if __name__ == "__main__":
    sys.exit(main())

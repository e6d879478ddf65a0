"""The final output of `bubblenet export`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bubblenet.export.formats import FORMATS

if TYPE_CHECKING:
    from rich.console import Console

    from bubblenet.export.writing import Exported


def print_export(exported: Exported, out: str, console: Console) -> None:
    """Print the number of examples by split and source, and how to read them."""
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
    if chosen := manifest["made_from"].get("selection"):
        console.print(f"Curated pairs of selection {chosen['name']} ({chosen['id']}); all of min_grade: --set export.selection=none")
    state = "Written" if exported.is_new else "Nothing to do: it is there already"
    console.print(f"{state}: {out}/manifest.json, {out}/README.md", soft_wrap=True)
    form = FORMATS[manifest["made_from"]["settings"]["format"]]
    console.print(f"Read it: {form.reading(out)[-1]}, or any reader of {form.title}", soft_wrap=True)

"""Pairs as the product makes them today, to be read and labelled: pages of packages and of the public suite, and what a run made of them.

    python -m tools.produced_pairs pages build/labelling/pages
    bubblenet run --config conf/local.toml --input build/labelling/pages --snapshot labelling --warehouse build/labelling/warehouse \\
      --limit 1100 --set 'scoring.modes=["text", "reverse_gain"]'
    python -m tools.produced_pairs propose build/labelling/warehouse build/labelling/pairs.jsonl

    python -m tools.produced_pairs keep build/labelling/pairs.jsonl first/*.jsonl --second second/*.jsonl
    python -m tools.produced_pairs join build/produced_pairs.jsonl --side fit

The same with the sample pages of `make demo`, for measuring alone:

    python -m tools.produced_pairs propose build/curation-warehouse build/labelling/pairs.jsonl
    python -m tools.produced_pairs keep build/labelling/pairs.jsonl first*.jsonl --second second.jsonl --of sample --date 2026-12-01

The second writes every pair that goes on to the judge, the best candidate of each passage, in a random order and without a score; the
third the labels {id, grade, fault} that readers gave as a file of the package, without passages; the last joins one side of it with the
passages again, to fit a calibration on or to measure one. No page is of a package from which a reader is trained or a calibration fitted
on planted pairs, and none is held out by an experiment.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import random
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import orjson
from deltalake import DeltaTable

from bubblenet import settings
from bubblenet.judging.labels.pairs import FAULTS, GRADES, Join, LabelRow, join, read_labels, read_produced, read_sample, sha256
from tests.benchmarks.page_types import HALVES, half_of
from tools.label_pairs import has_package, write_lines
from tools.sample_pages import FAQ, HANDBOOK, version_of

PAGES_OF_A_PACKAGE = 24
WEB = "wcxb"
WEB_PAGES = Path("../shared/suites/wcxb/pages")
WEB_VERSION = "c039d5ee9f5a3a984a0e167e63aacd04e76e78a9"
KEPT = {
    "production": Path("lib/bubblenet/judging/labels/produced_pairs.jsonl"),
    "sample": Path("lib/bubblenet/judging/labels/sample_pairs.jsonl"),
}
SAMPLE_PAGES = Path(".demo/pages")
SIDES = ("fit", "held_out", "sample")
DRAW = "produced-1"
JUDGED = (None, "low_quality", "not_measured", "domain_cap")
"""Reasons of pairs that went on to the judge."""


@dataclass(frozen=True, slots=True)
class Source:
    """English pages of a package."""

    package: str
    pages: str


_DOC = "usr/share/doc"
SOURCES = (
    Source("valgrind", f"{_DOC}/valgrind/html/*.html"),
    Source("debmake-doc", f"{_DOC}/debmake-doc/html/*.en.html"),
    Source("live-manual-html", f"{_DOC}/live-manual/html/live-manual/*.en.html"),
    Source("gnucash-docs", f"{_DOC}/gnucash-docs/gnucash-guide-en/*.html"),
    Source("graphviz-doc", f"{_DOC}/graphviz/html/**/*.html"),
    Source("ghostscript-doc", f"{_DOC}/ghostscript/html/*.html"),
    Source("tomcat10-docs", "usr/share/tomcat10-docs/docs/*.html"),
    Source("python-sklearn-doc", f"{_DOC}/python-sklearn-doc/html/modules/*.html"),
    Source("openvswitch-doc", f"{_DOC}/openvswitch-doc/html/**/*.html"),
    Source("rsyslog-doc", f"{_DOC}/rsyslog-doc/html/**/*.html"),
    Source("xen-doc", f"{_DOC}/xen/html/**/*.html"),
    Source("hugin-data", "usr/share/hugin/xrc/data/help_en_EN/*.html"),
    Source("qemu-system-common", f"{_DOC}/qemu-system-common/system/**/*.html"),
    Source("erlang-doc", f"{_DOC}/erlang-doc/doc/*/*.html"),
    Source("mpd", f"{_DOC}/mpd/html/*.html"),
    Source("vim-doc", f"{_DOC}/vim/html/*.html"),
)


@dataclass(frozen=True, slots=True)
class Proposed:
    """A pair to read. package, path: of its page; position: of the passage on it, as Segment.position."""

    id: str
    package: str
    path: str
    position: int
    text_sha256: str
    origin: str
    instruction: str
    response: str


def main() -> int:
    """Run one of the two commands; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--packages", type=Path, default=Path(".cache/bench-corpus/packages"), help="where packages are unpacked")
    commands = parser.add_subparsers(dest="command", required=True)
    pages = commands.add_parser("pages", help="lay the pages out in a folder")
    pages.add_argument("out", type=Path)
    propose = commands.add_parser("propose", help="write the pairs of a run")
    propose.add_argument("warehouse")
    propose.add_argument("out", type=Path)
    keep = commands.add_parser("keep", help="write the labels that readers gave")
    keep.add_argument("pairs", type=Path)
    keep.add_argument("first", type=Path, nargs="+")
    keep.add_argument("--second", type=Path, nargs="*", default=[], help="of readers who had not seen the first grades")
    keep.add_argument("--of", choices=tuple(KEPT), default="production", help="the file of the package to write")
    keep.add_argument("--date", required=True)
    join_ = commands.add_parser("join", help="write labelled pairs with their passages")
    join_.add_argument("out", type=Path)
    join_.add_argument("--side", choices=SIDES, required=True)
    arguments = parser.parse_args()
    if arguments.command == "pages":
        return lay_out(arguments.packages, arguments.out)
    if arguments.command == "propose":
        return write(arguments.warehouse, arguments.out)
    if arguments.command == "keep":
        return keep_labels(arguments.packages, arguments.pairs, arguments.first, arguments.second, arguments.of, arguments.date)
    return write_joined(arguments.packages, arguments.out, arguments.side)


def lay_out(packages: Path, out: Path) -> int:
    """Copy some pages of each package, and the half of the suite that may be looked at."""
    packages.mkdir(parents=True, exist_ok=True)
    for package, path, page in (*documentation(packages), *web()):
        target = out / package / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if page.suffix == ".gz":
            target.with_suffix("").write_bytes(gzip.decompress(page.read_bytes()))
        else:
            shutil.copy(page, target)
    for folder in sorted(out.iterdir()):
        print(f"{folder.name}: {sum(1 for page in folder.rglob('*') if page.is_file())} pages")
    return 0


def documentation(packages: Path) -> Iterator[tuple[str, str, Path]]:
    """Package, path and file of pages in a fixed random order, so many of each package."""
    for source in SOURCES:
        if not has_package(source.package, packages):
            print(f"produced-pairs: apt-get could not fetch {source.package}; its pages are left out.", file=sys.stderr)
            continue
        root = packages / source.package
        pages = [page for page in root.glob(source.pages) if page.is_file() and not page.is_symlink()]
        for page in sorted(pages, key=lambda page: draw(source.package, page.relative_to(root)))[:PAGES_OF_A_PACKAGE]:
            yield source.package, str(page.relative_to(root)), page


def web() -> Iterator[tuple[str, str, Path]]:
    """The pages of the suite that may be looked at; none where it is absent, which is said."""
    if not WEB_PAGES.is_dir():
        print(f"produced-pairs: {WEB_PAGES} is not there; its pages are left out.", file=sys.stderr)
    for page in sorted(WEB_PAGES.glob("*.html.gz")):
        if half_of(page.name.removesuffix(".html.gz")) == HALVES[0]:
            yield WEB, page.name, page


def draw(*parts: object) -> str:
    """A place in a fixed random order."""
    return hashlib.sha256("/".join(map(str, (DRAW, *parts))).encode()).hexdigest()


def write(warehouse: str, out: Path) -> int:
    """Write the pairs that a run would judge, shuffled: every stated question, and the best candidate of every other passage."""
    judged = read(warehouse, "judgements", ["instruction_id", "segment_id", "origin", "reason"])
    best = [row for row in judged if row["reason"] in JUDGED]
    texts = {row["instruction_id"]: row["instruction"] for row in read(warehouse, "instructions", ["instruction_id", "instruction"])}
    places = {row["segment_id"]: row for row in read(warehouse, "segments", ["segment_id", "url", "position", "text"])}
    rows = sorted((proposed(row, texts, places[row["segment_id"]]) for row in best), key=lambda row: row.id)
    random.Random(DRAW).shuffle(rows)
    out.write_bytes(b"".join(orjson.dumps(asdict(row), option=orjson.OPT_APPEND_NEWLINE) for row in rows))
    print(f"{len(rows)} pairs in {out}: {dict(Counter(row.origin for row in rows))}, {dict(Counter(row.package for row in rows))}")
    return 0


def read(warehouse: str, table: str, names: list[str]) -> list[dict[str, Any]]:
    """Columns of a table of the warehouse."""
    rows: list[dict[str, Any]] = DeltaTable(f"{warehouse}/{table}").to_pyarrow_table(columns=names).to_pylist()
    return rows


def proposed(row: dict[str, Any], texts: dict[str, str], place: dict[str, Any]) -> Proposed:
    """A pair, with the place of its passage."""
    package, path = unquote(place["url"]).partition("/pages/")[2].split("/", 1)
    return Proposed(
        id=row["instruction_id"][:16],
        package=package,
        path=f"{path}.gz" if package == WEB else path,
        position=place["position"],
        text_sha256=sha256(place["text"]),
        origin=row["origin"],
        instruction=texts[row["instruction_id"]],
        response=place["text"],
    )


def keep_labels(packages: Path, pairs: Path, first: Sequence[Path], second: Sequence[Path], kind: str, date: str) -> int:
    """Write the file of the package, and print its digest."""
    grades, again = (read_grades(files) for files in (first, second))
    found = {row["id"]: row for row in map(orjson.loads, pairs.read_bytes().splitlines())}
    if missing := sorted(found.keys() - grades.keys()):
        raise SystemExit(f"produced-pairs: wanted a label for each pair; got none for {len(missing)}, the first {missing[0]}.")
    versions = {WEB: WEB_VERSION} | {name: version_of(name, packages) for name in {row["package"] for row in found.values()} - {WEB}}
    rows = []
    for key, row in sorted(found.items()):
        grade, fault = grades[key]
        kept = LabelRow(
            id=key,
            version=versions[row["package"]],
            grade=grade,
            label=int(grade == "good"),
            fault=fault,
            second_sample="random" if key in again else None,
            second_grade=again[key][0] if key in again else None,
            annotator="reader-3" if kind == "production" else "reader-4",
            date=date,
            **{name: row[name] for name in ("package", "path", "position", "text_sha256", "instruction", "origin")},
        )
        rows.append(asdict(kept))
    content = b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
    KEPT[kind].write_bytes(content)
    print(f"{len(rows)} labelled pairs in {KEPT[kind]}, SHA-256 {hashlib.sha256(content).hexdigest()}")
    return 0


def read_grades(files: Sequence[Path]) -> dict[str, tuple[str, str | None]]:
    """Grade and fault by id. Raises SystemExit for a grade or fault that the rubric has not."""
    rows = [orjson.loads(line) for file in files for line in file.read_bytes().splitlines()]
    for row in rows:
        if row["grade"] not in GRADES or (row["fault"] in FAULTS) != (row["grade"] != "good"):
            raise SystemExit(f"produced-pairs: wanted a grade and a fault of the rubric; got {row}")
    return {row["id"]: (row["grade"], row["fault"]) for row in rows}


def write_joined(packages: Path, out: Path, side: str) -> int:
    """Write the pairs of one side, as `bubblenet calibrate --labels` reads them."""
    found = joined(packages, side)
    write_lines(out, [asdict(pair) for pair in found.pairs])
    lost = {reason: len(ids) for reason, ids in found.missing.items()}
    print(f"{len(found.pairs)} labelled pairs joined with their passages in {out}; missing: {lost or 'none'}")
    return int(not found.pairs)


def joined(packages: Path, side: str) -> Join:
    """The labelled pairs of one side with their passages; missing packages are fetched.

    sample: those of pages of which no pair was fitted on.
    """
    chosen = settings.load()
    if side == "sample":
        fitted = {(label.package, Path(label.path).name) for label in read_labels()}
        labels = [label for label in read_sample() if (label.package, Path(label.path).name) not in fitted]
        return join(labels, packages, chosen.segmentation, {name: SAMPLE_PAGES / name for name in (FAQ, HANDBOOK)}, chosen.privacy)
    labels = [label for label in read_produced() if label.is_held_out == (side == "held_out")]
    for package in {label.package for label in labels} - {WEB}:
        has_package(package, packages)
    return join(labels, packages, chosen.segmentation, {WEB: WEB_PAGES}, chosen.privacy)


if __name__ == "__main__":
    sys.exit(main())

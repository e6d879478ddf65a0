"""Peak memory of one worker of the corpus stages, by the number of pages that it has read, cut and signed. `make bench-memory`.

What Spark does with a Python worker is done here in one process without Spark: a task reads at most 128 MiB of files, later ones get
batches of at most the bytes that conf/spark sets. The pages are those of the public collections, again and again, each time with a
paragraph of words that no other page has: what is kept of every page or word shows.

    PYTHONPATH=lib python -m tests.benchmarks.memory [--pages 1000,5000,20000] [--batch-mib 8] [--until reading]
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from itertools import cycle, islice
from pathlib import Path

import pyarrow as pa

from bubblenet import settings
from bubblenet.corpus.similarity.minhash import min_hasher
from bubblenet.kernel.batches import BatchRunner, RowTransform, Unit
from bubblenet.kernel.tasks import MAX_TASK_WEIGHT
from bubblenet.tables import DOCUMENTS, MINHASH_INDEX, SEGMENTS, Table
from bubblenet.udfs.corpus import CutPage, ReadFile, SignPassage
from tests.benchmarks.web_pages import warc_record

SUITES = Path(__file__).resolve().parents[2].parent / "shared" / "suites"
STAGES = ("reading", "cutting", "signing")
PAGE_COLUMNS = ("document_id", "snapshot", "url", "declared_language", "content", "content_type", "personal")
FILE_PAGES = 125
NEW_WORDS = 100
"""Words in each page that no other page has."""


def main() -> None:
    """Measure each size in a process of its own, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", default="1000,5000,20000")
    parser.add_argument("--batch-mib", type=float, default=8, help="as spark.sql.execution.arrow.maxBytesPerBatch in conf/spark")
    parser.add_argument("--until", default=STAGES[-1], choices=STAGES, help="the last stage; the first alone takes a fifth of the time")
    arguments = parser.parse_args()
    sizes = [int(size) for size in arguments.pages.split(",")]
    stages = STAGES[: STAGES.index(arguments.until) + 1]
    print(f"| pages | passages | peak MB after {' | '.join(stages)} |\n|---|---|{'---|' * len(stages)}")
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            files = list(map(str, archives(Path(folder), size)))
            done = json.loads(_in_a_process(f"work({files}, {int(arguments.batch_mib * 1024 * 1024)}, {folder!r}, {len(stages)})"))
            print(f"| {size:,} | {done['passages']:,} | {' | '.join(f'{peak:,.0f}' for peak in done['peaks'])} |", flush=True)


def _in_a_process(call: str) -> str:
    command = [sys.executable, "-c", f"from tests.benchmarks.memory import work; import json; print(json.dumps({call}))"]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def work(files: list[str], batch_bytes: int, folder: str, num_stages: int) -> dict[str, object]:
    """Read, cut and sign the pages of these files, or the first of these alone; the number of passages, and the peak after each, in MB."""
    chosen, peaks, num_passages = settings.load(), list[float](), 0
    pages, passages = Path(folder) / "pages.arrow", Path(folder) / "passages.arrow"
    for stage in STAGES[:num_stages]:
        if stage == "reading":
            keep(pages, PAGE_COLUMNS, answers(ReadFile(chosen.corpus, chosen.privacy), DOCUMENTS, requests(files)))
        elif stage == "cutting":
            keep(
                passages,
                ("segment_id", "text"),
                answers(CutPage(chosen.segmentation, (), chosen.privacy), SEGMENTS, batches(pages, batch_bytes)),
            )
        else:
            sign = SignPassage(min_hasher(chosen.deduplication), "", 1.0)
            num_passages = sum(batch.num_rows for batch in answers(sign, MINHASH_INDEX, batches(passages, batch_bytes)))
        peaks.append(peak_megabytes())
    return {"passages": num_passages, "peaks": peaks}


def answers(transform: RowTransform, table: Table, tasks: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The rows of a stage, its tasks one after the other."""
    schema = pa.schema([(column.name, arrow_type(column.type)) for column in table.columns])
    with tempfile.TemporaryDirectory() as scratch:
        for task in tasks:
            yield from BatchRunner(transform, Unit("bench", 0, "bench", scratch), schema).map_batches(iter([task]))


def arrow_type(name: str) -> pa.DataType:
    """The Arrow type of a column's type."""
    if name.startswith("ARRAY<"):
        return pa.list_(arrow_type(name[6:-1]))
    if name.startswith("STRUCT<"):  # of plain fields
        return pa.struct([(field, arrow_type(kind)) for field, kind in (part.split(":") for part in name[7:-1].split(","))])
    names = {"STRING": "string", "INT": "int32", "BIGINT": "int64", "SMALLINT": "int16", "DOUBLE": "float64", "BOOLEAN": "bool"}
    return pa.timestamp("us", "UTC") if name == "TIMESTAMP" else pa.type_for_alias(names[name])


def requests(files: list[str]) -> Iterator[pa.RecordBatch]:
    """A batch for each task of as many files as a task reads."""
    sizes, task = 0, list[dict[str, object]]()
    for path in files:
        task.append({"request_id": path, "path": path, "snapshot": "bench", "start": 0, "end": None})
        sizes += Path(path).stat().st_size
        if sizes >= MAX_TASK_WEIGHT or path == files[-1]:
            yield pa.RecordBatch.from_pylist(task)
            sizes, task = 0, []


def keep(path: Path, names: tuple[str, ...], rows: Iterator[pa.RecordBatch]) -> None:
    """Write the columns of the kept rows that the next stage reads, a file in which nothing is held in memory."""
    writer = None
    for batch in rows:
        kept = batch.filter(batch["kept"]).select(names)
        kept = kept.append_column("request_id", kept[names[0]])
        writer = writer or pa.ipc.new_stream(path, kept.schema)
        writer.write_batch(kept)
    if writer:
        writer.close()


def batches(path: Path, batch_bytes: int) -> Iterator[pa.RecordBatch]:
    """The rows of a file in batches of at most so many bytes, as Spark makes them."""
    with pa.OSFile(str(path)) as source, pa.ipc.open_stream(source) as stream:
        some: list[pa.RecordBatch] = []
        for batch in stream:
            for start in range(0, batch.num_rows, 16):
                some.append(batch.slice(start, 16))
                if sum(part.nbytes for part in some) > batch_bytes:
                    yield pa.concat_batches(some)
                    some = []
        if some:
            yield pa.concat_batches(some)


def archives(folder: Path, num_pages: int) -> Iterator[Path]:
    """Archives with so many pages, made unless they are there."""
    sources = [SUITES / "extraction" / "pages", SUITES / "wcxb" / "pages"]
    files = sorted(path for source in sources for path in source.iterdir())
    payloads = [gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes() for path in files]
    pages = enumerate(islice(cycle(payloads), num_pages))
    while some := list(islice(pages, FILE_PAGES)):
        path = folder / f"{some[0][0]}.warc.gz"
        if not path.exists():
            records = (warc_record(f"https://example.org/{number}", payload + _new_words(number)) for number, payload in some)
            path.write_bytes(b"".join(gzip.compress(record, 1, mtime=0) for record in records))
        yield path


def _new_words(number: int) -> bytes:
    drawn = random.Random(number)
    return b"<p>" + b" ".join(b"%x" % drawn.getrandbits(40) for _ in range(NEW_WORDS)) + b".</p>"


def peak_megabytes() -> float:
    """The highest resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()

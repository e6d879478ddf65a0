"""What it costs to keep what pages say about rights: an ingest task with and without it, in pairs, in one run. `make bench-rights`.

A task is what a worker does with an archive: read it, make rows of its pages, and write them to Parquet as Delta does. Without the
feature it keeps no claim but the first link to a licence, looks for no site file, and knows no host and registered domain. The order
within a pair changes from pair to pair.
After that, what the rights stage needs for a page: its claims, and a robots.txt.
"""

from __future__ import annotations

import argparse
import gzip
import io
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median, quantiles
from unittest.mock import patch

import pyarrow as pa
import pyarrow.parquet as pq

from bubblenet.corpus.reading import pages, readers, warc_records
from bubblenet.corpus.rights.claims import Claim, _links, folded
from bubblenet.kernel.batches import cut
from bubblenet.settings import Corpus, Privacy
from bubblenet.udfs import corpus
from bubblenet.udfs.corpus import ReadFile
from bubblenet.udfs.rights import ReadRights
from tests.archives import gzip_members, read, warc_record

_MAYBE_LICENCE = re.compile(rb"rel\s*=\s*[\"']?(?:[\w-]+\s+){0,5}licen[sc]e")
_AGENTS = ("CCBot", "GPTBot", "Google-Extended", "ClaudeBot")
_ROBOTS = "".join(f"User-agent: Bot{number}\nDisallow: /private/{number}/\nDisallow: /*.cgi$\n\n" for number in range(40))
_HEADERS = "X-Robots-Tag: noarchive\r\nContent-Signal: search=yes, ai-train=yes\r\n"


def real_pages(folder: Path, most: int) -> list[bytes]:
    """The pages of a collection: files of HTML, packed or not."""
    found = sorted(path for path in folder.rglob("*") if path.name.endswith((".html", ".html.gz")))[:most]
    return [gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes() for path in found]


def archive_of(bodies: list[bytes], out: Path) -> Path:
    """An archive of these pages, each at a host of its own."""
    records = [warc_record(body, f"https://www.host{n}.example.co.uk/page/{n}", _HEADERS) for n, body in enumerate(bodies)]
    out.write_bytes(b"".join(gzip_members(records)))
    return out


def ingest(archive: Path) -> int:
    """One task: rows of all pages, written in batches; how many there were."""
    request = {"path": str(archive), "start": 0, "end": None, "snapshot": "A"}
    rows = (row for _, row in ReadFile(Corpus(), Privacy())([request]))
    number, sink = 0, io.BytesIO()
    writer: pq.ParquetWriter | None = None
    for some in cut(rows, 64):
        batch = pa.RecordBatch.from_pylist(some, schema=_schema())
        writer = writer or pq.ParquetWriter(sink, batch.schema, compression="snappy")
        writer.write_batch(batch)
        number += batch.num_rows
    if writer:
        writer.close()
    return number


def _schema() -> pa.Schema:
    texts = ("document_id", "url", "host", "registered_domain", "content", "content_type", "charset", "payload_digest", "block_digest",
             "declared_language", "declared_licence", "crawler", "fetched_at", "detail", "status", "reason")  # fmt: skip
    claim = pa.struct([(name, pa.string()) for name in ("place", "name", "value")])
    fields = [(name, pa.string()) for name in texts]
    return pa.schema(
        [*fields, ("claims", pa.list_(claim)), ("http_status", pa.int32()), ("kept", pa.bool_()), ("record_offset", pa.int64())]
    )


def linked_licences(html: str) -> tuple[Claim, ...]:
    """What ingest looked for before: a link to a licence."""
    lower = folded(html)
    return tuple(_links(html, lower, 0)) if _MAYBE_LICENCE.search(lower) else ()


@contextmanager
def feature_off() -> Iterator[None]:
    """Ingest as it is without anything that rights need."""
    off = [
        (pages, "html_claims", linked_licences),
        (warc_records, "header_claims", lambda headers: ()),
        (warc_records, "site_file", lambda url: None),
        (readers, "site_file", lambda url: None),
        (corpus, "host_of", lambda url: None),
    ]
    with ExitStack() as stack:
        for place, name, stub in off:
            stack.enter_context(patch.object(place, name, stub))
        yield


def _seconds(task: Callable[[], object]) -> float:
    started = time.process_time()
    task()
    return time.process_time() - started


def ratios(archive: Path, pairs: int) -> list[float]:
    """CPU seconds with the feature over those without, a pair."""

    def without() -> None:
        with feature_off():
            ingest(archive)

    ingest(archive), without()  # caches and code are warm
    found = []
    for number in range(pairs):
        if number % 2:
            off, on = _seconds(without), _seconds(lambda: ingest(archive))
        else:
            on, off = _seconds(lambda: ingest(archive)), _seconds(without)
        found.append(on / off)
    return found


def stage_seconds(archive: Path) -> tuple[float, float]:
    """Seconds that the rights stage takes for the claims of all pages, and for a robots.txt of 40 groups and all pages."""
    common = {"document_id": "d", "snapshot": "A", "host": "h", "fetched_at": None}
    found = [
        common | {"url": page.url, "claims": [_row(claim) for claim in page.claims], "site_file": None} for page in read(archive, 1 << 26)
    ]
    asked = [row | {"site_file": "robots_txt", "content": _ROBOTS} for row in found]
    run = ReadRights(_AGENTS)
    return _seconds(lambda: list(run(found))), _seconds(lambda: list(run(asked)))


def _row(claim: Claim) -> dict[str, str]:
    return {"place": claim.place, "name": claim.name, "value": claim.value}


def main() -> int:
    """Run the command; 1 where the cost is above the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="pages to measure on")
    parser.add_argument("--out", type=Path, default=Path("build"), help="folder for the archive")
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--pairs", type=int, default=10)
    arguments = parser.parse_args()
    bodies = real_pages(arguments.folder, arguments.pages)
    if not bodies:
        raise SystemExit(f"bench-rights: wanted HTML files; got none in {arguments.folder}.")
    arguments.out.mkdir(parents=True, exist_ok=True)
    archive = archive_of(bodies, arguments.out / "rights.warc.gz")
    found = ratios(archive, arguments.pairs)
    low, _, high = quantiles(found, n=4)
    number, size = len(bodies), sum(map(len, bodies)) / len(bodies) / 1024
    spread = f"{median(found):.3f} ({low:.3f} to {high:.3f})"
    print(f"{number} pages of {size:,.0f} KiB: ingest with rights over without, median of {len(found)} pairs {spread}")
    claims, robots = stage_seconds(archive)
    print(f"rights stage, CPU a page: claims {1e6 * claims / number:,.0f} us, robots.txt {1e6 * robots / number:,.0f} us")
    return int(median(found) > 1.05)


if __name__ == "__main__":
    sys.exit(main())

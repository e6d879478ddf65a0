"""What masking finds and what it costs: recall and precision by kind on the suite, secrets by format, CPU time a passage on real pages.

python -m tests.benchmarks.privacy [FOLDER of HTML files]
"""

from __future__ import annotations

import gzip
import json
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from bubblenet.corpus.privacy.finding import find
from bubblenet.corpus.privacy.masking import MaskSettings
from bubblenet.corpus.segmentation import segment_page
from bubblenet.kernel.batches import Row
from bubblenet.settings import Corpus, Privacy, Segmentation
from bubblenet.udfs.corpus import ReadFile
from tests.archives import warc_record
from tests.conftest import SUITES
from tests.secret_samples import FORMATS, decoys, secrets

KINDS_OF_SUITE = {
    "EMAIL_ADDRESS": "email", "CREDIT_CARD": "card", "IBAN_CODE": "iban", "IP_ADDRESS": "ip", "PHONE_NUMBER": "phone", "US_SSN": "ssn",
}  # fmt: skip
NUM_PAGES, ROUNDS = 200, 5


def of_suite(file: Path) -> dict[str, tuple[int, int, int]]:
    """Found whole, missed, and false, by kind. False is what overlaps no span of its kind."""
    found, missed, false = Counter[str](), Counter[str](), Counter[str]()
    for line in file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        wanted = [(start, end, KINDS_OF_SUITE[kind]) for start, end, kind, _ in row["spans"] if kind in KINDS_OF_SUITE]
        got = find(row["text"], KINDS_OF_SUITE.values())
        for start, end, kind in wanted:
            (found if any(one.kind == kind and one.start <= start and end <= one.end for one in got) else missed)[kind] += 1
        false.update(
            one.kind for one in got if not any(one.kind == kind and one.start < end and start < one.end for start, end, kind in wanted)
        )
    return {kind: (found[kind], missed[kind], false[kind]) for kind in KINDS_OF_SUITE.values()}


def of_secrets(seed: int) -> tuple[dict[str, int], int, list[str]]:
    """By format how many were left over, how many there were in all, and lines without a secret that were changed."""
    left, number = defaultdict(int), 0
    for name, value, text in secrets(seed):
        number += 1
        left[name] += is_left(value, text)
    return {name: count for name, count in left.items() if count}, number, [text for text in decoys(seed) if find(text, ("secret",))]


def is_left(value: str, text: str) -> bool:
    """Whether eight characters of the random end of a secret are left over."""
    rest, at = [], 0
    for one in find(text, ("secret",)):
        rest.append(text[at : one.start])
        at = one.end
    end = value.splitlines()[-2 if "\n" in value else 0][-24:]
    return any(end[start : start + 8] in "".join([*rest, text[at:]]) for start in range(max(1, len(end) - 8)))


def cost(pages: list[str]) -> tuple[float, float, int]:
    """CPU seconds of cutting pages without masking and with it, median of rounds in turn, and the number of passages."""
    seconds: dict[bool, list[float]] = {False: [], True: []}
    cut(pages[:5], mask=True)  # what is loaded once
    number = 0
    for _ in range(ROUNDS):
        for mask, found in seconds.items():
            start = time.process_time()
            number = cut(pages, mask=mask)
            found.append(time.process_time() - start)
    return statistics.median(seconds[False]), statistics.median(seconds[True]), number


def cost_of_ingest(pages: list[str]) -> tuple[float, float, int, int]:
    """CPU seconds of ingest without masking and with it, from archive to Parquet, median of rounds in turn; pages with values, values."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder, "pages.warc.gz")
        archive.write_bytes(b"".join(gzip.compress(warc_record(page.encode(), f"https://a{n}.dev/")) for n, page in enumerate(pages)))
        seconds: dict[bool, list[float]] = {False: [], True: []}
        for _ in range(ROUNDS):
            for mask, found in seconds.items():
                start = time.process_time()
                rows = ingest(archive, Privacy(keep_documents=not mask))
                found.append(time.process_time() - start)
    personal = [len(row["personal"]) for row in rows]
    return statistics.median(seconds[False]), statistics.median(seconds[True]), sum(map(bool, personal)), sum(personal)


def ingest(archive: Path, privacy: Privacy) -> list[Row]:
    """The rows of an archive, which were written to a file as a table is."""
    request = {"path": str(archive), "start": 0, "end": None}
    rows = [row for _, row in ReadFile(Corpus(), privacy)([request])]
    pq.write_table(pa.Table.from_pylist(rows), archive.with_suffix(".parquet"), compression="zstd")
    return rows


def cut(pages: list[str], *, mask: bool) -> int:
    """The number of passages of the pages."""
    settings = MaskSettings(mask=mask)
    return sum(len(segment_page(page, "html", Segmentation(), (), settings)) for page in pages)


def read(folder: Path) -> list[str]:
    """HTML files below a folder, packed ones too."""
    files = sorted(file for file in folder.rglob("*") if file.name.endswith((".html", ".html.gz")))[:NUM_PAGES]
    raw = (gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes() for file in files)
    return [one.decode("utf-8", "replace") for one in raw]


def main(arguments: list[str]) -> None:
    """Print all of it."""
    print("kind      found missed false  recall precision   (suites/pii)")
    for kind, (found, missed, false) in of_suite(SUITES / "pii" / "sentences.jsonl").items():
        print(f"{kind:<9} {found:5} {missed:6} {false:5}  {found / max(1, found + missed):6.3f} {found / max(1, found + false):9.3f}")
    for seed in (101, 102, 103):
        left, number, changed = of_secrets(seed)
        print(f"secrets, seed {seed}: {len(FORMATS)} formats, {number} values, left over {sum(left.values())} {left or ''}; "
              f"of {len(decoys(seed))} lines without one {len(changed)} changed {changed or ''}")  # fmt: skip
    pages = read(Path(arguments[0]) if arguments else SUITES / "wcxb" / "pages")
    without, masked, number = cost(pages)
    each = (masked - without) / number * 1e3
    print(f"{len(pages)} pages, {number} passages: cutting {without:.1f} s CPU, with masking {masked:.1f} s, {each:.2f} ms a passage")
    without, masked, found, values = cost_of_ingest(pages)
    size = sum(map(len, pages)) / len(pages) / 1000
    print(f"{len(pages)} pages of {size:.0f} kB: ingest {without:.1f} s CPU, with masking {masked:.1f} s ({masked / without:.2f} times); "
          f"{values} values on {found} pages")  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])

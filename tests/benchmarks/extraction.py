"""How well and how fast the text of a page is found, beside Trafilatura and Resiliparse. `make bench-extraction`.

The pages and their annotations are those of Trafilatura's own evaluation (shared/suites/README.md). As there, a wanted snippet that is in
the text counts as true positive, one that is not as false negative, an unwanted one that is in it as false positive; snippets are compared
as plain substrings. Our text is the rendering of all blocks that our extraction keeps of a page, before any quality rule, without marks
of code and bold. The rules were made looking at the pages of the first line only; those of the third were never looked at.

A second table has the types of pages of another collection (page_types.py).

Everybody gets the same decoded pages. Trafilatura runs in its own virtual environment (tests/benchmarks/trafilatura_peer.py), one process
at a time; without it, the others are measured. Rounds are interleaved, since the speed of a machine drifts; pages/s are pages in a second
of CPU time, medians over the rounds.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from resiliparse.extract.html2text import extract_plain_text
from rich.console import Console
from rich.table import Table

from bubblenet.corpus.extraction.blocks import render
from bubblenet.corpus.extraction.html import html_blocks
from bubblenet.corpus.extraction.parsing import HostileMarkupError
from bubblenet.corpus.reading.hygiene import clean_text, decode
from tests.benchmarks import page_types

SUITES = Path(__file__).resolve().parents[2].parent / "shared" / "suites"
PEER = Path(__file__).with_name("trafilatura_peer.py")
PEER_MODES = {"trafilatura": {}, "trafilatura precision": {"favor_precision": True}, "trafilatura recall": {"favor_recall": True}}
PARTS = ("tuned on", "looked at once", "never looked at")

Texts = dict[str, str]
Side = Callable[[], tuple[float, Texts]]


class Counts(NamedTuple):
    """Snippets: wanted and found, wanted and missing, unwanted and found."""

    found: int
    missing: int
    unwanted: int

    @property
    def precision(self) -> float:
        """Of the snippets found, those that were wanted."""
        return self.found / max(1, self.found + self.unwanted)

    @property
    def recall(self) -> float:
        """Of the snippets wanted, those that were found."""
        return self.found / max(1, self.found + self.missing)

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        return 2 * self.precision * self.recall / max(1e-9, self.precision + self.recall)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", type=Path, default=SUITES / "extraction")
    parser.add_argument("--types", type=Path, default=SUITES / "wcxb", help="the collection of types of pages")
    parser.add_argument("--peer", default="build/peers/bin/python", help="interpreter that has trafilatura")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    if not Path(arguments.peer).exists():
        print(f"without trafilatura: no {arguments.peer}; `make bench-extraction` installs it")
    if (arguments.suite / "expected.json").is_file():
        expected = json.loads((arguments.suite / "expected.json").read_bytes())
        pages = {name: read_page(arguments.suite / "pages" / name) for name in expected}
        _print(expected, *_run(pages, arguments.peer, arguments.rounds), arguments.rounds)
    else:
        print(f"skipped: wanted the test collection in {arguments.suite}; it is not on this machine")
    if typed := page_types.read_suite(arguments.types):
        page_types.print_table(typed, _run({page.name: page.html for page in typed}, arguments.peer, rounds=1)[0])
    else:
        print(f"skipped: wanted the test collection in {arguments.types}; it is not on this machine")


def read_page(path: Path) -> str:
    """A page as ingest reads it."""
    return clean_text(decode(path.read_bytes(), http_charset=None, is_html=True)[0])


def our_text(html: str) -> str:
    """All blocks that extraction keeps, without marks of code and bold; nothing of a page that it refuses."""
    try:
        blocks = html_blocks(html)[1]
    except HostileMarkupError:
        return ""
    return render(blocks).replace("`", "").replace("**", "")


def count(expected: dict[str, Any], texts: Texts, names: Iterable[str]) -> Counts:
    """The counts over some pages."""
    wanted = [snippet in texts[name] for name in names for snippet in expected[name]["with"]]
    unwanted = [snippet in texts[name] for name in names for snippet in expected[name]["without"]]
    return Counts(sum(wanted), len(wanted) - sum(wanted), sum(unwanted))


def part_of(name: str) -> str:
    """To which of PARTS a page belongs, by the digest of its name: a half, a quarter, a quarter."""
    digest = int(hashlib.sha256(name.encode()).hexdigest(), 16)
    return PARTS[0] if digest % 2 == 0 else PARTS[1 + digest // 2 % 2]


def _run(pages: Texts, peer_path: str, rounds: int) -> tuple[dict[str, Texts], dict[str, list[float]]]:
    """The texts of every extractor, and its pages/s in each round."""
    with _peer(pages, peer_path) as peer_sides:
        sides: dict[str, Side] = {
            "bubblenet": lambda: _timed(our_text, pages),
            "resiliparse main content": lambda: _timed(lambda html: extract_plain_text(html, main_content=True), pages),
            "resiliparse full text": lambda: _timed(extract_plain_text, pages),
            **peer_sides,
        }
        texts: dict[str, Texts] = {}
        speeds: dict[str, list[float]] = {name: [] for name in sides}
        for number in range(rounds):
            for name, side in sides.items():
                seconds, texts[name] = side()
                speeds[name].append(len(pages) / seconds)
            print(f"round {number + 1} of {rounds}", flush=True)
    return texts, speeds


@contextmanager
def _peer(pages: Texts, path: str) -> Iterator[dict[str, Side]]:
    """Trafilatura in its modes; none where it is not installed."""
    if not Path(path).exists():
        yield {}
        return
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(pages, file)
        file.flush()
        with subprocess.Popen([path, str(PEER), file.name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as peer:
            yield {name: functools.partial(_ask, peer, options) for name, options in PEER_MODES.items()}


def _timed(extract: Callable[[str], str], pages: Texts) -> tuple[float, Texts]:
    started = time.process_time()
    texts = {name: extract(html) for name, html in pages.items()}
    return time.process_time() - started, texts


def _ask(peer: subprocess.Popen[str], options: dict[str, bool]) -> tuple[float, Texts]:
    if peer.stdin is None or peer.stdout is None:
        raise RuntimeError("the peer has no pipes")
    peer.stdin.write(json.dumps(options) + "\n")
    peer.stdin.flush()
    answer = json.loads(peer.stdout.readline())
    return answer["seconds"], answer["texts"]


def _print(expected: dict[str, Any], texts: dict[str, Texts], speeds: dict[str, list[float]], num_rounds: int) -> None:
    counts = {name: count(expected, found, expected) for name, found in texts.items()}
    table = Table(title=f"{len(expected)} pages; pages in a second of CPU time, medians of {num_rounds} interleaved rounds")
    for heading in ("extractor", "found", "missing", "unwanted", "precision", "recall", "F1", "pages/s", *(f"F1 {part}" for part in PARTS)):
        table.add_column(heading, justify="left" if heading == "extractor" else "right")
    for name, all_pages in counts.items():
        measured = [f"{value:.3f}" for value in (all_pages.precision, all_pages.recall, all_pages.f1)]
        parts = [f"{count(expected, texts[name], [page for page in expected if part_of(page) == part]).f1:.3f}" for part in PARTS]
        table.add_row(name, *map(str, all_pages), *measured, f"{statistics.median(speeds[name]):,.0f}", *parts)
    Console(width=170).print(table)
    best = max(one.f1 for one in counts.values())
    if "trafilatura" not in speeds:
        return
    ratios = sorted(ours / theirs for ours, theirs in zip(speeds["bubblenet"], speeds["trafilatura"], strict=True))
    print(f"F1 of bubblenet minus the best one: {counts['bubblenet'].f1 - best:+.3f} (bar: -0.020)")
    print(f"pages/s over trafilatura: {statistics.median(ratios):.1f} ({ratios[0]:.1f} to {ratios[-1]:.1f}; bar: 10)")


if __name__ == "__main__":
    main()

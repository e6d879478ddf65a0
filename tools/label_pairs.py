"""Pairs to be read and labelled, and labelled pairs joined with their passages; the pages come out of Debian packages.

    python -m tools.label_pairs propose build/pairs_to_label.jsonl
    python -m tools.label_pairs join build/labelled_pairs.jsonl

The first writes candidates of the embedded model that pass the gates, in reading order; the second the labels of bubblenet.judging.labels
with their passages, for `bubblenet calibrate --labels`. Neither computes a score.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from scipy.stats import binomtest

from bubblenet import settings
from bubblenet.corpus.segmentation import Segment
from bubblenet.corpus.shape import shape_of
from bubblenet.engines.registry import get_engine
from bubblenet.engines.roles import backward_engine
from bubblenet.identity import row_seed
from bubblenet.judging.labels.pairs import LabelRow, join, read_labels, read_refused, segments, sha256
from bubblenet.judging.measure import Proposal, ProposalRequest, propose
from bubblenet.prompts import Choice, drawing, get_prompts
from tools.sample_pages import unpack

PROMPT = "question_v1"
CANDIDATES = 3
DRAW = "seed-1"
BATCH = 8
"""Passages asked for together. In bfloat16 another batch rounds otherwise, and some samples come out in other words."""


@dataclass(frozen=True)
class Source:
    """English pages of a package: their folder, names, how many passages to take, and how many of one page at most."""

    package: str
    folder: str
    pattern: str
    num_passages: int
    per_page: int


SOURCES = (
    Source("debian-faq", "usr/share/doc/debian/FAQ", "*.en.html", 10, 4),
    Source("harden-doc", "usr/share/doc/harden-doc/html/en-US", "*.html", 18, 2),
    Source("apache2-doc", "usr/share/doc/apache2-doc/manual/en", "*.html", 22, 1),
    Source("debian-handbook", "usr/share/doc/debian-handbook/html/en-US", "*.html", 22, 2),
    Source("python3.11-doc", "usr/share/doc/python3.11/html", "*.html", 22, 1),
    Source("postgresql-doc-15", "usr/share/doc/postgresql-doc-15/html", "*.html", 22, 1),
    Source("git-doc", "usr/share/doc/git-doc", "*.html", 18, 1),
    Source("installation-guide-amd64", "usr/share/doc/installation-guide-amd64/en", "*.html", 18, 2),
)


@dataclass(frozen=True)
class Passage:
    """A passage whose question the page does not state, and where it stands."""

    package: str
    path: str
    position: int
    text: str


def main() -> int:
    """Run one of the two commands; return the exit code."""
    parser = argparse.ArgumentParser(description="Propose pairs to label, or join labels with their passages.")
    parser.add_argument("command", choices=["propose", "join"])
    parser.add_argument("out", type=Path, help="JSONL file to write")
    parser.add_argument("--packages", type=Path, default=Path(".cache/bench-corpus/packages"), help="where packages are unpacked")
    arguments = parser.parse_args()
    arguments.packages.mkdir(parents=True, exist_ok=True)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    lacking = [name for name in (source.package for source in SOURCES) if not has_package(name, arguments.packages)]
    if lacking:
        print(f"label-pairs: wanted {', '.join(lacking)}; apt-get could not fetch them. Their pairs are left out.", file=sys.stderr)
    write = write_proposals if arguments.command == "propose" else write_join
    return write(arguments.packages, arguments.out)


def has_package(name: str, packages: Path) -> bool:
    """Whether a package is unpacked in the folder; downloads it when it is not."""
    return (packages / name).is_dir() or unpack(name, packages) is not None


def write_proposals(packages: Path, out: Path) -> int:
    """Write every different candidate that passes the gates, shuffled, so that those of one passage do not stand together."""
    current = settings.load()
    found = [passage for source in SOURCES for passage in drawn(source, packages, current)]
    passages = sorted(found, key=lambda passage: draw(sha256(passage.text), "order"))
    rows: dict[tuple[str, str | None], dict[str, object]] = {}
    for start in range(0, len(passages), BATCH):
        for passage, proposal in candidates(passages[start : start + BATCH], current):
            if proposal.kept:
                row = {"id": proposal.key, "instruction": proposal.instruction} | asdict(passage)
                rows.setdefault((passage.text, proposal.instruction), row)
    shuffled = list(rows.values())
    random.Random(5).shuffle(shuffled)
    write_lines(out, shuffled)
    print(f"{len(shuffled)} pairs of {len(passages)} passages in {out}")
    return 0


def candidates(passages: Sequence[Passage], current: settings.Settings) -> list[tuple[Passage, Proposal]]:
    """What the embedded model proposes for each passage under the current settings."""
    asked = [(passage, sha256(passage.text), number) for passage in passages for number in range(CANDIDATES)]
    requests = [
        ProposalRequest(f"{digest[:16]}-{number}", passage.text, "en", asked_for(passage.text, current), row_seed(1, digest, number))
        for passage, digest, number in asked
    ]
    proposals = propose(get_engine(backward_engine(current)), requests, current.backtranslation)
    return [(passage, proposal) for (passage, _, _), proposal in zip(asked, proposals, strict=True)]


def asked_for(text: str, current: settings.Settings) -> Choice:
    """The plain question of the first prompt set, which leaves a draw nothing to choose."""
    shares = drawing.shares_of(current.backtranslation)
    return drawing.draw(get_prompts(PROMPT), shares, drawing.Ticket("", 0, PROMPT), shape_of(text), "en")


def drawn(source: Source, packages: Path, current: settings.Settings) -> list[Passage]:
    """Kept English passages without a stated question, from pages in a fixed random order."""
    root = packages / source.package
    pages = [page for page in (root / source.folder).rglob(source.pattern) if page.is_file() and not page.is_symlink()]
    chosen: dict[str, Passage] = {}
    for page in sorted(pages, key=lambda page: draw(source.package, page.relative_to(root))):
        found = [segment for segment in segments(page, current.segmentation) if is_wanted(segment) and segment.text not in chosen]
        for segment in sorted(found, key=lambda segment: draw(segment.text))[: source.per_page]:
            chosen[segment.text] = Passage(source.package, str(page.relative_to(root)), segment.position, segment.text)
        if len(chosen) >= source.num_passages:
            break
    return list(chosen.values())[: source.num_passages]


def is_wanted(segment: Segment) -> bool:
    """Whether the model is to ask the question: the passage is kept, English, and the page does not state one."""
    return segment.kept and segment.language == "en" and segment.question is None


def draw(*parts: object) -> str:
    """A place in a fixed random order."""
    return hashlib.sha256("/".join(map(str, (DRAW, *parts))).encode()).hexdigest()


def write_join(packages: Path, out: Path) -> int:
    """Write the labelled pairs with their passages; 1 when none could be joined. Prints the base rate and the self-agreement."""
    labels = read_labels()
    refused = read_refused()
    joined = join([*labels, *refused], packages, settings.load().segmentation)
    write_lines(out, [asdict(pair) for pair in joined.pairs])
    print(f"{len(joined.pairs)} of {len(labels)} labelled pairs and {len(refused)} refused ones joined with their passages in {out}")
    version = {label.id: f"{label.package} {label.version}" for label in (*labels, *refused)}
    for reason, ids in joined.missing.items():
        print(f"  {reason}: {len(ids)}, labelled in {', '.join(sorted({version[one] for one in ids}))}")
    for line in summary(labels):
        print(line)
    return int(not joined.pairs)


def summary(labels: Sequence[LabelRow]) -> Iterator[str]:
    """Counts of grades and faults, the base rate with its interval (Wilson), and how often a second reading agreed."""
    good = sum(label.label for label in labels)
    low, high = binomtest(good, len(labels)).proportion_ci(method="wilson")
    yield f"good {good} of {len(labels)}: base rate {good / len(labels):.3f} (95 % {low:.3f} to {high:.3f})"
    yield f"grades: {counts(label.grade for label in labels)}"
    yield f"faults: {counts(label.fault for label in labels if label.fault)}"
    for package in sorted({label.package for label in labels}):
        yield f"  {package}: {counts(label.grade for label in labels if label.package == package)}"
    for sample in ("random", "balanced"):
        again = [(label.grade, label.second_grade or "") for label in labels if label.second_sample == sample]
        as_label = [(first == "good", second == "good") for first, second in again]
        yield f"second reading, {sample} {len(again)}: label {agreement(as_label)}; grade {agreement(again)}"


def counts(values: Iterator[str]) -> str:
    """Values with their counts, the commonest first."""
    return ", ".join(f"{value} {count}" for value, count in Counter(values).most_common())


def agreement(pairs: Sequence[tuple[object, object]]) -> str:
    """Share of equal pairs, and Cohen's kappa (1960, Educational and Psychological Measurement 20): what is left of it beyond chance."""
    observed = sum(first == second for first, second in pairs) / len(pairs)
    firsts, seconds = (Counter(column) for column in zip(*pairs, strict=True))
    expected = sum(firsts[value] * seconds[value] for value in firsts) / len(pairs) ** 2
    return f"{observed:.3f}, kappa {(observed - expected) / (1 - expected):.2f}"


def write_lines(out: Path, rows: Sequence[dict[str, object]]) -> None:
    """Write a JSONL file."""
    out.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

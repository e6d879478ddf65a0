"""What the rules of bubblenet.corpus.quality do to the passages of HTML pages, without Spark: by folder, by language, and each rule alone.

FOLDER holds a folder of pages for each source. The same counts of a warehouse: bubblenet sql "SELECT * FROM segment_yield".

.venv/bin/python tools/rule_yield.py FOLDER
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from bubblenet.corpus import language, quality, segmentation
from bubblenet.corpus.quality import Passage
from bubblenet.corpus.reading.hygiene import clean_text, decode
from bubblenet.settings import Segmentation

LIMITS = Segmentation()
KEPT = "kept"
MIN_PASSAGES = 50
"""Languages with fewer go into one line."""


def main(folder: str) -> None:
    """Print the three tables."""
    by_source: defaultdict[str, Counter[str]] = defaultdict(Counter)
    by_language: defaultdict[str, Counter[str]] = defaultdict(Counter)
    alone: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for path in sorted(path for path in Path(folder).rglob("*.html") if path.is_file()):
        source = path.relative_to(folder).parts[0]
        for passage, reason in read(path):
            by_source[source][reason] += 1
            by_language[passage.language][reason] += 1
            if len(passage.text) >= LIMITS.min_characters:
                alone[source].update(rule.name for rule in quality.RULES if rule(passage, LIMITS))
    long = {source: counts.total() - counts["too_short"] for source, counts in by_source.items()}
    show("source", by_source)
    show("language", rare_together(by_language))
    for source, counts in alone.items():
        print(f"\n{source}: each rule alone, % of {long[source]} passages that are long enough")
        print("  " + ", ".join(f"{name} {100 * count / long[source]:.2f}" for name, count in counts.most_common()))


def read(path: Path) -> Iterator[tuple[Passage, str]]:
    """The passages of a page, each with its reason as `segment` gives it; a page that cannot be read is one without text."""
    content = clean_text(decode(path.read_bytes(), http_charset=None, is_html=True)[0])
    pieces = segmentation._pieces(content, "html", LIMITS, segmentation.NO_MASKING)
    found = language.identify_all([segmentation._prose(piece.blocks) for piece in pieces])
    for position, (piece, one) in enumerate(zip(pieces, found, strict=True)):
        segment = segmentation._judge(piece, position, one, LIMITS, ())
        yield Passage(piece.blocks, piece.path, one.language, one.other_languages), segment.reason or KEPT


def rare_together(groups: dict[str, Counter[str]]) -> dict[str, Counter[str]]:
    """Languages with few passages as one."""
    rare = [name for name, counts in groups.items() if counts.total() < MIN_PASSAGES]
    rest = sum((groups[name] for name in rare), Counter[str]())
    return {name: counts for name, counts in groups.items() if name not in rare} | {f"{len(rare)} others": rest}


def show(title: str, groups: dict[str, Counter[str]]) -> None:
    """One line for each group: passages, kept, and the reasons from the commonest on."""
    print(f"\n| {title} | passages | kept | too short | other reasons |\n| --- | --- | --- | --- | --- |")
    for name, counts in sorted(groups.items(), key=lambda item: -item[1].total()):
        reasons = [f"`{reason}` {count}" for reason, count in counts.most_common() if reason not in (KEPT, "too_short")]
        print(f"| {name} | {counts.total()} | {counts[KEPT]} | {counts['too_short']} | {', '.join(reasons)} |")


if __name__ == "__main__":
    main(sys.argv[1])

"""How long the rules of bubblenet.corpus.quality take: CPU microseconds a passage, all of them and one by one, over the passages of HTML
pages.

.venv/bin/python tools/rule_speed.py FOLDER
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from bubblenet.corpus import language, quality, segmentation
from bubblenet.corpus.quality import Passage
from bubblenet.corpus.reading.hygiene import clean_text, decode
from bubblenet.corpus.sections import build_tree
from bubblenet.settings import Segmentation

CHARACTERS = range(1000, 2001)
MAX_PASSAGES = 300
REPEATS = 7
LIMITS = Segmentation()
Item = TypeVar("Item")


def main(folder: str) -> None:
    """Print the table."""
    passages = read(Path(folder))
    num_characters = sum(len(passage.text) for passage in passages) // len(passages)
    print(f"{len(passages)} passages of {num_characters} characters on average; best of {REPEATS} runs, CPU microseconds a passage")
    print(f"{'language, one by one':28}{measure(passages, lambda passage: language.identify(passage.prose)):8.1f}")
    print(f"{'language, together':28}{measure([[passage.prose for passage in passages]], language.identify_all) / len(passages):8.1f}")
    print(f"{'all rules':28}{measure(passages, lambda passage: quality.check(fresh(passage), LIMITS)):8.1f}")
    for rule in quality.RULES:
        print(f"  {rule.name:26}{measure(passages, lambda passage, rule=rule: rule(passage, LIMITS)):8.1f}")  # type: ignore[misc]


def read(folder: Path) -> list[Passage]:
    """Passages that are kept and of about 1,500 characters."""
    found: list[Passage] = []
    for path in sorted(folder.rglob("*.html")):
        html, _ = decode(path.read_bytes(), http_charset=None, is_html=True)
        title, blocks = segmentation._read_blocks(clean_text(html), "html")
        for piece in segmentation._cut(build_tree(title, blocks), LIMITS):
            identified = language.identify(segmentation._prose(piece.blocks))
            passage = Passage(piece.blocks, piece.path, identified.language, identified.other_languages)
            if len(passage.text) in CHARACTERS and not quality.check(passage, LIMITS):
                found.append(passage)
        if len(found) >= MAX_PASSAGES:
            break
    return found[:MAX_PASSAGES]


def fresh(passage: Passage) -> Passage:
    """The same passage with nothing remembered."""
    return Passage(passage.blocks, passage.headings, passage.language, passage.other_languages)


def measure(items: Sequence[Item], work: Callable[[Item], object]) -> float:
    """The least time of REPEATS runs over all items, in microseconds an item."""
    best = float("inf")
    for _ in range(REPEATS):
        start = time.process_time()
        for item in items:
            work(item)
        best = min(best, time.process_time() - start)
    return 1e6 * best / len(items)


if __name__ == "__main__":
    main(sys.argv[1])

"""How often bubblenet.corpus.language names the right language, and how often it sees that a passage is in two, on translations of
one manual.

FOLDER holds a folder of HTML pages for each language (`de-DE`, `en-US`, ...), as the package debian-handbook does. Passages with a
paragraph that the English folder has too are left out: they were not translated. A mixture is the first half of a passage and the second
half of an English one.

.venv/bin/python tools/language_check.py FOLDER
"""

from __future__ import annotations

import itertools
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bubblenet.corpus import language, segmentation
from bubblenet.corpus.reading.hygiene import clean_text, decode
from bubblenet.corpus.sections import build_tree
from bubblenet.settings import Segmentation

LIMITS = Segmentation()
MIN_SHARED_CHARACTERS = 40
MAX_PASSAGES = 100
"""Of one language."""


def main(folder: str) -> None:
    """Print the table."""
    english = list(passages(Path(folder) / "en-US"))
    shared = {paragraph for passage in english for paragraph in passage if len(paragraph) >= MIN_SHARED_CHARACTERS}
    totals = [0, 0, 0, 0]
    started = time.process_time()
    print("language  passages  right  called mixed  mixtures found")
    for path in sorted(Path(folder).iterdir()):
        translated = english if path.name == "en-US" else [passage for passage in passages(path) if not shared.intersection(passage)]
        chosen = random.Random(1).sample(translated, min(MAX_PASSAGES, len(translated)))
        counts = measure(path.name, ["\n".join(passage) for passage in chosen], ["\n".join(passage) for passage in english])
        print(f"{path.name:8}{counts[0]:10}{counts[1]:7}{counts[2]:14}{counts[3]:16}")
        totals = [total + count for total, count in zip(totals, counts, strict=True)]
    print(f"{'all':8}{totals[0]:10}{totals[1]:7}{totals[2]:14}{totals[3]:16}   {time.process_time() - started:.0f} s")


def passages(folder: Path) -> Iterator[tuple[str, ...]]:
    """The paragraphs and items of each passage that is long enough."""
    for path in sorted(folder.glob("*.html")):
        html, _ = decode(path.read_bytes(), http_charset=None, is_html=True)
        title, blocks = segmentation._read_blocks(clean_text(html), "html")
        for piece in segmentation._cut(build_tree(title, blocks), LIMITS):
            prose = tuple(block.text for block in piece.blocks if block.kind in ("paragraph", "item"))
            if sum(map(len, prose)) >= LIMITS.min_characters:
                yield prose


def measure(name: str, texts: list[str], english: list[str]) -> list[int]:
    """Passages, those that were named rightly, those that were called mixed, and mixtures that were called mixed."""
    found = [language.identify(text) for text in texts]
    num_right = sum(bool(language.agrees(one.language, name)) for one in found)
    mixtures = [one[: len(one) // 2] + "\n" + other[len(other) // 2 :] for one, other in zip(texts, itertools.cycle(english), strict=False)]
    num_found = 0 if name.startswith("en") else sum(bool(language.identify(text).other_languages) for text in mixtures)
    return [len(texts), num_right, sum(bool(one.other_languages) for one in found), num_found]


if __name__ == "__main__":
    main(sys.argv[1])

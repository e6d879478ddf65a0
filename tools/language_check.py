"""How often bubblenet.corpus.language names the right language, and how often it sees that a passage is in two, on translations of
one manual.

FOLDER holds a folder of HTML pages for each language (`de-DE`, `en-US`, ...), as the package debian-handbook does, or
`tools/sample_pages.py --out FOLDER --guide en,de,ru,...` makes one. Passages with a sentence that the English folder has too are left
out: they were not translated. A mixture is the first half of a passage and the second half of an English one.

PYTHONPATH=lib .venv/bin/python tools/language_check.py FOLDER [--most 100]
"""

from __future__ import annotations

import argparse
import itertools
import random
import time
from collections.abc import Iterator
from pathlib import Path

from bubblenet.corpus import language, segmentation
from bubblenet.corpus.reading.hygiene import clean_text, decode
from bubblenet.corpus.sections import build_tree
from bubblenet.settings import Segmentation

LIMITS = Segmentation()
MIN_SHARED_CHARACTERS = 40


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--most", type=int, default=100, help="passages of one language")
    arguments = parser.parse_args()
    english = list(passages(next(path for path in sorted(arguments.folder.glob("en*")) if path.is_dir())))
    shared = {sentence for passage in english for sentence in sentences(passage)}
    totals = [0, 0, 0, 0, 0]
    started = time.process_time()
    print("| language | passages | right | none | called mixed | mixtures found |\n|---|---|---|---|---|---|")
    for path in sorted(path for path in arguments.folder.iterdir() if path.is_dir()):
        translated = english if path.name.startswith("en") else [one for one in passages(path) if not shared.intersection(sentences(one))]
        chosen = random.Random(1).sample(translated, min(arguments.most, len(translated)))
        counts = measure(path.name, ["\n".join(passage) for passage in chosen], ["\n".join(passage) for passage in english])
        print(f"| {path.name} | {' | '.join(map(str, counts))} |")
        totals = [total + count for total, count in zip(totals, counts, strict=True)]
    print(f"| all | {' | '.join(map(str, totals))} |\n\n{time.process_time() - started:.0f} s")


def passages(folder: Path) -> Iterator[tuple[str, ...]]:
    """The paragraphs and items of each passage that is long enough."""
    for path in sorted(folder.glob("*.html")):
        html, _ = decode(path.read_bytes(), http_charset=None, is_html=True)
        title, blocks = segmentation._read_blocks(clean_text(html), "html")
        for piece in segmentation._cut(build_tree(title, blocks), LIMITS):
            prose = tuple(block.text for block in piece.blocks if block.kind in ("paragraph", "item"))
            if sum(map(len, prose)) >= LIMITS.min_characters:
                yield prose


def sentences(passage: tuple[str, ...]) -> set[str]:
    """The sentences of a passage that are no names or commands."""
    return {sentence for paragraph in passage for sentence in paragraph.split(". ") if len(sentence) >= MIN_SHARED_CHARACTERS}


def measure(name: str, texts: list[str], english: list[str]) -> list[int]:
    """Passages, those that were named rightly, and as none; those that were called mixed, and mixtures that were called mixed."""
    found = [language.identify(text) for text in texts]
    num_right = sum(bool(language.agrees(one.language, name)) for one in found)
    mixtures = [one[: len(one) // 2] + "\n" + other[len(other) // 2 :] for one, other in zip(texts, itertools.cycle(english), strict=False)]
    num_found = 0 if name.startswith("en") else sum(bool(language.identify(text).other_languages) for text in mixtures)
    num_none = sum(one.language == language.UNDETERMINED for one in found)
    return [len(texts), num_right, num_none, sum(bool(one.other_languages) for one in found), num_found]


if __name__ == "__main__":
    main()

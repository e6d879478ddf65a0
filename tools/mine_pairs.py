"""Mine passages with true and false instructions out of Debian's documentation packages, to train a reader with.

    python -m tools.mine_pairs --out build/reader_pairs.jsonl
    bubblenet train-reader --pairs build/reader_pairs.jsonl --out my-reader

One line a passage: its package, page and language, whether it is held out, and its instructions, each with a label and what it is:

    heading, question, man     true: made of the heading above the passage
    beside, page               true of a neighbour, of another passage of the page
    like                       true of another page, and the likeliest for this passage by BM25
    package, elsewhere         true of another page of the package, of another package
    wider                      the heading of the whole page, over one of many sections
    exchanged, ...             planted defects (tools/mined_instructions.py)

Passages are what the product makes of the pages: its extraction, its segmentation, its rules. No package is used of which any evaluation
takes a page (tests/benchmarks/planted_pairs.py, tools/label_pairs.py, tools/sample_pages.py): `check_disjoint`, and a test. Packages are
fetched once, without root; nothing of them is committed. All draws are fixed.
"""

from __future__ import annotations

import argparse
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import orjson

from bubblenet.corpus.segmentation import segment_page
from bubblenet.settings import Segmentation
from tools import mined_instructions as made
from tools.mined_likeness import likeliest
from tools.mined_sources import HELD_OUT, SOURCES, Source
from tools.sample_pages import unpack

PAGES_OF_A_PACKAGE = 80
PASSAGES_OF_A_PAGE = 8
PASSAGES_OF_A_PACKAGE = 160
LANGUAGES = tuple(made.FORMS)
DEFECTS_OF_A_PASSAGE = 3


@dataclass(slots=True)
class Found:
    """A passage with what is true of it. topic: the heading of the whole page. place: among the kept passages of the page."""

    package: str
    page: str
    language: str
    text: str
    heading: str
    topic: str
    place: int
    true: list[str]
    kind: str
    instructions: list[dict[str, object]] = field(default_factory=list)


def main() -> None:
    """Fetch, mine, write, and print what there is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, required=True, help="JSON lines to write")
    parser.add_argument("--packages", type=Path, default=Path(".cache/reader-corpus/packages"), help="folder of unpacked packages")
    arguments = parser.parse_args()
    sources = fetched(SOURCES, arguments.packages)
    passages = [passage for source in sources for passage in mined(source, arguments.packages)]
    oppose(passages)
    rows = [row_of(passage) for passage in shuffled(passages)]
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_bytes(b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows))
    describe(passages)


def fetched(sources: Sequence[Source], folder: Path) -> list[Source]:
    """The sources that are there, after fetching; says which are not."""
    folder.mkdir(parents=True, exist_ok=True)

    def has(source: Source) -> bool:
        return (folder / source.package).is_dir() or unpack(source.package, folder) is not None

    with ThreadPoolExecutor(4) as threads:
        there = list(threads.map(has, sources))
    if lacking := [source.package for source, is_there in zip(sources, there, strict=True) if not is_there]:
        print(f"mine-pairs: wanted {', '.join(lacking)}; apt-get could not fetch them. Their pages are left out.")
    return [source for source, is_there in zip(sources, there, strict=True) if is_there]


def mined(source: Source, folder: Path) -> Iterator[Found]:
    """Passages under usable headings, so many of a page and of the package, from pages at equal distances."""
    root, seen, number = folder / source.package, set(), 0
    pages = [path for path in sorted(root.rglob(source.pages)) if path.is_file() and not path.is_symlink()]
    for path in pages[:: max(1, len(pages) // PAGES_OF_A_PACKAGE)]:
        found = of_page(path.read_text("utf-8", errors="replace"), source, f"{source.package}/{path.relative_to(root)}")
        fresh = [passage for passage in found if passage.heading not in seen][:PASSAGES_OF_A_PAGE]
        seen |= {passage.heading for passage in fresh}
        yield from fresh
        number += len(fresh)
        if number >= PASSAGES_OF_A_PACKAGE:
            return


def of_page(content: str, source: Source, page: str) -> list[Found]:
    """The passages of a page with instructions made of their headings; one for each heading, the first."""
    draw, found, topic = random.Random(page), [], None
    for segment in segment_page(content, "html", Segmentation()):
        topic = topic or made.plain_heading(next(iter(segment.heading_path), ""))
        if not segment.kept or segment.language != source.language:
            continue
        heading = made.plain_heading(segment.question or next(reversed(segment.heading_path), ""))
        kind, true = "question" if segment.question else "heading", []
        if of_man := made.of_man_page(topic, heading, draw, 2) if source.language == "en" else []:
            kind, true = "man", of_man
        elif made.is_usable(heading):
            named = made.with_topic(heading, topic, draw) if source.language == "en" else heading
            true = made.instructions(named, source.language, segment.text, draw, 2)
        if true and heading not in {other.heading for other in found}:
            found.append(Found(source.package, page, source.language, segment.text, heading, topic, len(found), true, kind))
    return found


def oppose(passages: Sequence[Found]) -> None:
    """Give every passage its instructions: true ones, those of others, and planted defects."""
    pages, packages, languages = defaultdict(list), defaultdict(list), defaultdict(list)
    for passage in passages:
        pages[passage.page].append(passage)
        packages[passage.package].append(passage)
        languages[passage.language].append(passage)
    like = {id(one): other for group in languages.values() for one, other in zip(group, likeliest_of(group), strict=True)}
    for passage in passages:
        draw = random.Random(f"{passage.page} {passage.heading}")
        elsewhere = [
            other
            for other in draw.sample(languages[passage.language], min(20, len(languages[passage.language])))
            if other.package != passage.package
        ]
        of_package = [
            other for other in draw.sample(packages[passage.package], min(20, len(packages[passage.package]))) if other.page != passage.page
        ]
        beside = sorted(
            (other for other in pages[passage.page] if other is not passage), key=lambda other: abs(other.place - passage.place)
        )
        wrong = [("beside", draw.choice(other.true)) for other in beside[:2]] + [("page", draw.choice(other.true)) for other in beside[2:]]
        wrong += [("like", draw.choice(like[id(passage)].true))] if like[id(passage)] else []
        wrong += [(kind, draw.choice(other[0].true)) for kind, other in (("package", of_package), ("elsewhere", elsewhere)) if other]
        if passage.place > 0 and made.is_usable(passage.topic) and passage.topic != passage.heading:
            wrong.append(("wider", made.instructions(passage.topic, passage.language, passage.text, draw)[0]))
        wrong = [(kind, text) for kind, text in wrong if not asks_the_same(text, passage.heading)]
        others = [term for other in (*beside, *of_package[:3]) for term in made.terms(other.text)]
        wrong += list(defects(passage, others, draw))
        rows = [{"text": text, "label": 1, "kind": passage.kind} for text in passage.true]
        taken = {text.lower() for text in passage.true}
        for kind, text in wrong:
            if text.lower() not in taken:
                taken.add(text.lower())
                rows.append({"text": text, "label": 0, "kind": kind})
        passage.instructions = rows


def defects(passage: Found, others: Sequence[str], draw: random.Random) -> Iterator[tuple[str, str]]:
    """Some planted defects, drawn: exchanged words in every passage that allows it, since no other kind is as hard."""
    left = DEFECTS_OF_A_PASSAGE
    for kind in ("exchanged", *draw.sample([name for name in made.DEFECTS if name != "exchanged"], len(made.DEFECTS) - 1)):
        text = made.DEFECTS[kind](draw.choice(passage.true), passage.text, passage.language, others, draw)
        if text and left:
            left -= 1
            yield kind, text


def asks_the_same(instruction: str, heading: str) -> bool:
    """Whether another's instruction holds all words of the heading: it would be true of the passage, too."""
    words = set(re.findall(r"\w{3,}", heading.lower()))
    return bool(words) and words <= set(re.findall(r"\w{3,}", instruction.lower()))


def likeliest_of(group: Sequence[Found]) -> list[Found | None]:
    """For each passage, the one of another page whose heading it matches best."""
    same = np.unique([passage.page for passage in group], return_inverse=True)[1]
    places = likeliest([passage.text for passage in group], [passage.heading for passage in group], same)
    headings = [set(re.findall(r"\w{3,}", passage.heading.lower())) for passage in group]

    def usable(one: int, other: int) -> bool:
        shared = len(headings[one] & headings[other])
        return shared * 2 <= len(headings[one] | headings[other])

    return [next((group[other] for other in found if usable(one, other)), None) for one, found in enumerate(places)]


def shuffled(passages: Sequence[Found]) -> list[Found]:
    """In a fixed random order: a trainer that takes the first lines takes all packages."""
    return sorted(passages, key=lambda passage: random.Random(f"{passage.page}#{passage.heading}").random())


def row_of(passage: Found) -> dict[str, object]:
    """The line of a passage."""
    return {
        "package": passage.package,
        "page": passage.page,
        "language": passage.language,
        "held_out": passage.package in HELD_OUT,
        "passage": passage.text,
        "instructions": passage.instructions,
    }


def describe(passages: Iterable[Found]) -> None:
    """Print passages by package and instructions by kind."""
    by_package = Counter(passage.package for passage in passages)
    kinds = Counter(str(one["kind"]) for passage in passages for one in passage.instructions)
    print(f"{by_package.total()} passages of {len(by_package)} packages, {kinds.total()} instructions")
    print("; ".join(f"{name}{' (held out)' if name in HELD_OUT else ''} {number}" for name, number in sorted(by_package.items())))
    print("; ".join(f"{kind} {number}" for kind, number in kinds.most_common()))


if __name__ == "__main__":
    main()

"""What the rules about adult pages, gambling and generated text leave out, of planted pages and of real ones. `make bench-safety`.

1. Pages of ten languages with planted sentences (tests/data/planted_spam.toml): the share left out by these rules alone, by kind, language
   and half. The halves are of one author; that of keywords, names, alphabets and decodings differs in its plain sentences alone;
2. pages of WCXB (shared/suites/README.md, "Page types") that lose a passage which no other rule leaves out, by page type, by half, and by
   field: those whose text has many words of medicine, law or literature; and the licences of a Debian system, which are law;
3. microseconds a passage; building, loading and asking a list of five million domains.
"""

from __future__ import annotations

import argparse
import re
import resource
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.table import Table

from bubblenet.corpus import language, quality, segmentation
from bubblenet.corpus.address_lists import AddressSettings, load_lists, read_lists
from bubblenet.corpus.quality import Passage
from bubblenet.corpus.segmentation import segment_page
from bubblenet.settings import Segmentation
from tests.benchmarks import planted_spam
from tests.benchmarks.page_types import TypedPage, half_of, read_suite

SUITE = Path(__file__).resolve().parents[2].parent / "shared" / "suites" / "wcxb"
LICENCES = Path("/usr/share/common-licenses")
OTHERS = tuple(name for name in quality.rule_names() if name not in quality.SPREADING)
THESE_ALONE = Segmentation(min_characters=150, disabled_rules=OTHERS)
ALL = Segmentation()
WITHOUT = Segmentation(disabled_rules=(*ALL.disabled_rules, *quality.SPREADING))
FIELDS = {
    "medicine": re.compile(
        r"\b(patients?|disease|symptoms?|treatments?|doctors?|clinical|infections?|surgery|medications?|health)\b", re.I
    ),
    "law": re.compile(r"\b(courts?|law|laws|legal|lawyers?|attorneys?|statute|defendants?|rights|regulations?|licen[cs]e)\b", re.I),
    "literature": re.compile(r"\b(novels?|poems?|poetry|author|fiction|literature|literary|chapters?|books?|readers?|writers?)\b", re.I),
}
MIN_FIELD_WORDS = 5
REPEATS = 5
Result = TypeVar("Result")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--domains", type=int, default=5_000_000, help="of the list whose look-up is measured")
    arguments = parser.parse_args()
    console = Console(width=150)
    print_planted(planted_spam.planted_pages(), console)
    pages = read_suite(SUITE)
    if pages:
        print_false_drops(pages, console)
        print_cost([passage for page in pages[::4] for passage in passages_of(page.html, "html")], console)
    print_look_up(arguments.domains, console)


def print_planted(pages: Sequence[planted_spam.PlantedPage], console: Console) -> None:
    """Shares of pages of which nothing is left."""
    total, gone = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for page in pages:
        is_gone = not any(segment.kept for segment in segment_page(page.html, "html", THESE_ALONE))
        for key in ((page.kind, page.language), (page.kind, page.half), ("all", page.language), ("all", page.half)):
            total[key] += 1
            gone[key] += is_gone
    columns = [*planted_spam.HALVES, *dict.fromkeys(page.language for page in pages)]
    table = Table("kind", *columns, title=f"Share left out of {len(pages)} planted pages")
    for kind in [*dict.fromkeys(page.kind for page in pages), "all"]:
        table.add_row(kind, *(f"{gone[kind, one] / total[kind, one]:.2f}" if total[kind, one] else "-" for one in columns))
    console.print(table)


def print_false_drops(pages: Iterable[TypedPage], console: Console) -> None:
    """Of real pages: passages that these rules alone leave out, pages with one, pages without any left because of them."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for page in pages:
        found = dropped(page.html, "html")
        for group in (page.page_type, half_of(page.name), *fields_of(page.wanted), "all"):
            counts[group].update(found)
    for path in sorted(LICENCES.glob("*")) if LICENCES.is_dir() else ():
        if path.is_file() and not path.is_symlink():
            counts["licences of Debian"].update(dropped(path.read_text("utf-8", "replace"), "text"))
    names = ("pages", "with one less", "without any", "passages", "left out")
    table = Table("pages of WCXB", *names, "share", "reasons", title="Left out by these rules, kept by all others")
    for group, found in counts.items():
        reasons = ", ".join(f"{reason} {found[reason]}" for reason in sorted(quality.SPREADING) if found[reason])
        table.add_row(group, *(f"{found[name]}" for name in names), f"{found['left out'] / max(1, found['passages']):.2%}", reasons)
    console.print(table)


def dropped(content: str, content_type: str) -> Counter[str]:
    """What is left out of a page that the other rules keep."""
    with_them, without = segment_page(content, content_type, ALL), segment_page(content, content_type, WITHOUT)
    lost = [one.reason for one, other in zip(with_them, without, strict=True) if other.kept and not one.kept]
    num_kept = sum(one.kept for one in without)
    counts = Counter[str](reason or "" for reason in lost)
    numbers = {"pages": 1, "passages": num_kept, "left out": len(lost), "with one less": bool(lost)}
    return counts + Counter(numbers | {"without any": bool(lost) and len(lost) == num_kept})


def fields_of(text: str) -> list[str]:
    """Medicine, law, literature: where the text has enough different or repeated words of it."""
    return [field for field, words in FIELDS.items() if len(words.findall(text)) >= MIN_FIELD_WORDS]


def passages_of(content: str, content_type: str) -> Iterator[Passage]:
    """Those that are long enough."""
    for piece in segmentation._pieces(content, content_type, ALL, segmentation.NO_MASKING):
        found = language.identify(segmentation._prose(piece.blocks))
        passage = Passage(piece.blocks, piece.path, found.language, found.other_languages)
        if len(passage.text) >= ALL.min_characters:
            yield passage


def print_cost(passages: Sequence[Passage], console: Console) -> None:
    """What the rules add to the others for a passage, and each of them alone."""

    def cost(work: Callable[[Passage], object]) -> float:
        best = float("inf")
        for _ in range(REPEATS):
            fresh = [Passage(one.blocks, one.headings, one.language, one.other_languages) for one in passages]
            start = time.process_time()
            for one in fresh:
                work(one)
            best = min(best, time.process_time() - start)
        return 1e6 * best / len(passages)

    table = Table("rules", "microseconds a passage", title=f"Cost on {len(passages)} passages of WCXB, least of {REPEATS}")
    everything, others = cost(lambda one: quality.check(one, ALL)), cost(lambda one: quality.check(one, WITHOUT))
    table.add_row("all but these", f"{others:.0f}")
    table.add_row("what these add", f"{everything - others:.0f} ({everything / others:.2f} times)")
    for rule in quality.RULES:
        if rule.spreads:
            table.add_row(f"{rule.name}, alone", f"{cost(lambda one, rule=rule: rule(one, ALL)):.0f}")  # type: ignore[misc]
    console.print(table)


def print_look_up(num_domains: int, console: Console) -> None:
    """Time and memory of a list of made domains."""
    with tempfile.TemporaryDirectory() as folder:
        domains, stored = Path(folder, "domains"), Path(folder, "lists.npz")
        with domains.open("w") as file:
            file.writelines(f"{number * 2654435761 % 2**32:x}-site{number}.example{number % 997}.org\n" for number in range(num_domains))
        built, lists = timed(lambda: read_lists(AddressSettings(domains=(str(domains),))))
        stored.write_bytes(lists.to_bytes())
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        loaded, found = timed(lambda: load_lists(str(stored)))
        urls = [f"https://www.host{number % 2000}.example/p/{number}.html" for number in range(20_000)]
        asked, _ = timed(lambda: [found.reason(url) for url in urls])
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        size = stored.stat().st_size / 1e6
    console.print(
        f"A list of {len(found.domains):,} domains: built in {built:.1f} s, {size:.0f} MB, loaded in {loaded:.2f} s "
        f"(peak memory {grown:+.0f} MiB), {1e6 * asked / len(urls):.0f} microseconds an address"
    )


def timed(work: Callable[[], Result]) -> tuple[float, Result]:
    """Seconds of wall time, and the result."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


if __name__ == "__main__":
    main()

"""Does what a page shows arrive exactly? Documentation pages of many generators, `make bench-fidelity`.

For each page, headings, code blocks, tables, numbers of list items, formulas, and powers and indices are counted in the DOM by an
independent walk (fidelity_expected.py) and looked for in the Markdown that the extraction writes. Every miss has a cause; `--all` lists
them one by one.
"""

from __future__ import annotations

import argparse
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bubblenet.corpus.extraction.blocks import render
from bubblenet.corpus.extraction.html import html_blocks
from bubblenet.corpus.reading.hygiene import clean_text, decode
from tests.benchmarks.fidelity_expected import KINDS, Item, expected, plain
from tests.benchmarks.fidelity_pages import Source, pages

FOLDER = Path("build/fidelity/pages")
GOAL = 0.995

_FENCE = re.compile(r"`{3,}")
_HEADING = re.compile(r"(#{1,7}) (.*)")
_NUMBER = re.compile(r"\s*(?:> )?([0-9]+|-[0-9]+|[A-Za-z]+)\.(?: (.*)|$)")
_NUMBER_IN_CELL = re.compile(r"(?:^|\s)([0-9]+|[a-z]+)\. (.*)")
_CELLS = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"\|(?: --- \|)+")
_LETTERS = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Miss:
    """Something that did not arrive, and why."""

    generator: str
    page: str
    item: Item
    cause: str
    got: str


class Written:
    """What a Markdown text holds, by kind. Each thing is found once."""

    def __init__(self, markdown: str) -> None:
        self.headings = Counter[tuple[int, str]]()
        self.programs = Counter[str]()
        self.tables: list[tuple[tuple[str, ...], ...]] = []
        self.numbers: list[tuple[str, str]] = []
        self.flat = _flat(re.sub(r"(?m)^> ?", "", markdown))
        self.letters = _letters(markdown)
        self._formulas = " ".join(markdown.split())
        self._sought = Counter[str]()
        self._read(markdown.split("\n"))

    def _read(self, lines: list[str]) -> None:
        rest = iter(lines)
        rows: list[str] = []
        for line in rest:
            if line.startswith("|"):
                rows.append(line)
                continue
            if rows:
                self._add_table(rows)
                rows = []
            if fence := _FENCE.fullmatch(line.lstrip()):
                self._add_program(rest, fence[0])
            elif heading := _HEADING.fullmatch(line):
                self.headings[len(heading[1]), plain(heading[2])] += 1
            elif number := _NUMBER.match(line):
                self.numbers.append((number[1], plain(number[2] or "")))
        if rows:
            self._add_table(rows)

    def _add_program(self, rest: Iterable[str], marks: str) -> None:
        code = []
        for line in rest:
            if line.strip() == marks:
                break
            code.append(line)
        self.programs["\n".join(code)] += 1

    def _add_table(self, rows: list[str]) -> None:
        cells = [tuple(plain(cell.replace("\\|", "|")) for cell in _CELLS.split(row)[1:-1]) for row in rows if not _RULE.fullmatch(row)]
        self.numbers += [(found[1], found[2]) for row in cells for cell in row if (found := _NUMBER_IN_CELL.match(cell))]
        width = max(map(len, cells))
        shown = [index for index in range(width) if any(len(row) > index and row[index] for row in cells)]
        self.tables.append(tuple(tuple(row[index] if index < len(row) else "" for index in shown) for row in cells))

    def cause(self, item: Item) -> tuple[str, str]:
        """Why something is missing, empty if it arrived, and what is there instead."""
        finder = {
            "headings": self._heading,
            "code blocks": self._program,
            "tables": self._table,
            "list numbers": self._number,
            "formulas": self._formula,
            "powers": self._power,
        }[item.kind]
        return finder(*item.wanted) if item.kind != "tables" else self._table(item.wanted)  # type: ignore[operator,no-any-return]

    def _heading(self, level: int, text: str) -> tuple[str, str]:
        candidates = [key for key, count in self.headings.items() if count and _scriptless(key[1]) == _scriptless(text)]
        if not candidates:
            near = next((key[1] for key in self.headings if _letters(key[1]) == _letters(text)), "")
            return ("spelt otherwise" if near else self._elsewhere(text, "no heading")), near
        best = next((key for key in candidates if key[0] == level), candidates[0])
        self.headings[best] -= 1
        return ("", "") if best[0] == level else (f"level {best[0]} for {level}", best[1])

    def _program(self, code: str) -> tuple[str, str]:
        wanted = _scriptless_code(code)
        for got, count in self.programs.items():
            if (count and got == code) or (wanted != code and re.sub("[_^()]", "", got) == wanted):
                self.programs[got] -= 1
                return "", ""
        near = next((got for got in self.programs if _letters(got) == _letters(code)), "")
        return ("white space or marks" if near else self._elsewhere(code, "no code block")), near

    def _table(self, rows: tuple[tuple[str, ...], ...]) -> tuple[str, str]:
        wanted = [[_in_cell(cell) for cell in row] for row in rows]
        for index, table in enumerate(self.tables):
            if [[_in_cell(cell) for cell in row] for row in table] == wanted:
                del self.tables[index]
                return "", ""
        letters = _letters(" ".join(cell for row in rows for cell in row))
        for table in self.tables:
            got = [[_in_cell(cell) for cell in row] for row in table]
            if _letters(" ".join(cell for row in table for cell in row)) == letters or got[0] == wanted[0]:
                pairs = zip(got, wanted, strict=False)
                differs = next((f"{one} for {other}" for one, other in pairs if one != other), f"{len(got)} rows for {len(wanted)}")
                return "other cells", differs
        return self._elsewhere(" ".join(max(rows, key=lambda row: len("".join(row)))), "no table"), ""

    def _number(self, mark: str, text: str) -> tuple[str, str]:
        wanted = _flat(text)[:25]
        for index, (number, rest) in enumerate(self.numbers):
            if number == mark and _flat(rest).startswith(wanted):
                del self.numbers[index]
                return "", ""
        near = next((number for number, rest in self.numbers if wanted and _flat(rest).startswith(wanted)), "")
        return ("another number" if near else self._elsewhere(text, "no number")), near

    def _formula(self, tex: str) -> tuple[str, str]:
        self._sought[tex] += 1
        if max(self._formulas.count(tex), self._formulas.count(tex.replace("|", "\\|"))) >= self._sought[tex]:
            return "", ""
        return self._elsewhere(tex, "written otherwise"), ""

    def _power(self, mark: str, text: str, before: str, after: str) -> tuple[str, str]:
        start = _flat(before)[-8:]
        if start + mark + _flat(text) in self.flat or (start + _flat(text) in self.flat and _is_as_read(mark, text, before, after)):
            return "", ""
        got = self.flat.partition(start)[2][:10] if start and start in self.flat else ""
        return ("written otherwise" if start in self.flat else self._elsewhere(before, "before it: not there")), start + "..." + got

    def _elsewhere(self, text: str, there: str) -> str:
        """Whether the letters of a text are in the Markdown, in some other form."""
        letters = _letters(text)
        return f"text is there, {there}" if letters and letters in self.letters else "absent"


def _is_as_read(mark: str, text: str, before: str, after: str) -> bool:
    """Ordinals, chemical formulas, remarks in small type, marks of notes and what has nothing before it are no powers (docs/extraction)."""
    ordinal = before[-1:].isdigit() and re.fullmatch(r"st|nd|rd|th", text)
    chemical = mark == "_" and text.isdigit() and re.search(r"[A-Z][a-z]?$", before)
    return bool(ordinal or chemical or len(text) > 30 or not before.strip() or re.fullmatch(r"\W+|TM|tm", text))


def _flat(text: str) -> str:
    """Without white space, brackets and marks."""
    return re.sub("[\\s()`\\\\|\ue000-\ue002]|\\*\\*|[\u00ad\u200b\u2060\ufeff]", _mark, text)


def _mark(found: re.Match[str]) -> str:
    return {"\ue000": "^", "\ue001": "_"}.get(found[0], "")


def _scriptless(text: str) -> str:
    """A text that may hold powers: without their marks, which are counted as a kind of their own."""
    return re.sub("[\ue000-\ue002^_()$]", "", text)


def _in_cell(text: str) -> str:
    """The text of a cell without the number of an item, which is counted as a kind of its own."""
    return _scriptless(_NUMBER_IN_CELL.sub(r"\2", text))


def _scriptless_code(text: str) -> str:
    return re.sub("[\ue000-\ue002^_()]", "", text) if re.search("[\ue000-\ue002]", text) else text


def _letters(text: str) -> str:
    return _LETTERS.sub("", text).replace("\ue000", "").replace("\ue001", "").replace("\ue002", "")


def read_page(content: bytes) -> str:
    """A page as ingest reads it."""
    return clean_text(decode(content, http_charset=None, is_html=True)[0])


@dataclass(frozen=True)
class Examined:
    """Of one page: what had to arrive, by kind, and what did not."""

    generator: str
    wanted: Counter[str]
    misses: list[Miss]


def examine(source: Source, name: str, content: bytes) -> Examined | None:
    """Compare what a page shows with what the extraction writes; None where it has no main part."""
    html = read_page(content)
    items = expected(html, source.main, source.furniture, source.layout)
    if items is None:
        return None
    written = Written(render(html_blocks(html)[1]))
    causes = [(item, *written.cause(item)) for item in items]
    misses = [Miss(source.generator, name, item, cause, got) for item, cause, got in causes if cause]
    return Examined(source.generator, Counter(item.kind for item in items), misses)


def measure(folder: Path, only: str, processes: int) -> list[Examined]:
    """All pages, or those of one generator, package or name."""
    chosen = [page for page in pages(folder) if not only or only in (page[0].generator, page[0].package, page[1])]
    with ProcessPoolExecutor(processes) as pool:
        return [one for one in pool.map(examine, *zip(*chosen, strict=True), chunksize=20) if one]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--only", default="", help="a generator, a package or a page")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--all", action="store_true", help="list every miss")
    arguments = parser.parse_args()
    examined = measure(arguments.folder, arguments.only, arguments.processes)
    misses = [miss for one in examined for miss in one.misses]
    console = Console(width=200)
    console.print(_shares(examined))
    console.print(_causes(misses))
    if arguments.all:
        for miss in misses:
            console.print(
                f"{miss.generator} | {miss.page} | {miss.item.kind} | {miss.cause} | {miss.item.where}",
                style="bold",
                markup=False,
                highlight=False,
            )
            console.print(f"    wanted {miss.item}\n    got    {' '.join(miss.got.split())[:300]}", markup=False, highlight=False)


def _shares(examined: list[Examined]) -> Table:
    table = Table("generator", "pages", *KINDS, title="Arrived exactly", title_justify="left")
    for name in [*sorted({one.generator for one in examined}), "all"]:
        some = [one for one in examined if name in (one.generator, "all")]
        wanted = sum((one.wanted for one in some), Counter[str]())
        missing = Counter(miss.item.kind for one in some for miss in one.misses)
        table.add_row(name, f"{len(some):,}", *(_share(wanted[kind] - missing[kind], wanted[kind]) for kind in KINDS))
    return table


def _share(arrived: int, wanted: int) -> str:
    return f"{arrived:,}/{wanted:,} {arrived / wanted:.4f}" if wanted else "-"


def _causes(misses: list[Miss]) -> Table:
    table = Table("kind", "cause", "generators", "misses", "for example", title="Misses", title_justify="left")
    groups = defaultdict[tuple[str, str], list[Miss]](list)
    for miss in misses:
        groups[miss.item.kind, miss.cause].append(miss)
    for (kind, cause), some in sorted(groups.items(), key=lambda group: (KINDS.index(group[0][0]), -len(group[1]))):
        generators = Counter(miss.generator for miss in some)
        table.add_row(
            kind,
            cause,
            ", ".join(f"{name} {count}" for name, count in generators.most_common(4)),
            f"{len(some):,}",
            f"{some[0].page}: {some[0].item}"[:160],
        )
    return table


if __name__ == "__main__":
    main()

"""What of a page must arrive, computed from its DOM by lxml, without any code of the extraction.

A reader sees what no rule of the page hides; `Source.main` says where the page's content stands, `Source.furniture` what in there is none.
Texts are compared in a plain form (see plain): marks of code and bold are ours to set.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import lxml.html
from lxml.etree import _Element as Node

KINDS = ("headings", "code blocks", "tables", "list numbers", "formulas", "powers")

_UNSEEN = frozenset("script style template noscript head title textarea select option iframe svg object button input nav rt rp".split())  # noqa: SIM905
_BLOCKS = frozenset(
    "p div section article main ul ol li dl dt dd table tbody thead tfoot tr td th caption blockquote figure figcaption hr header address "  # noqa: SIM905
    "details summary center fieldset form body h1 h2 h3 h4 h5 h6 pre aside".split()
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_TEX = re.compile(r"\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
_UP, _DOWN, _END = "\ue000", "\ue001", "\ue002"  # around what is raised or lowered
_SCRIPT = re.compile(f"([{_UP}{_DOWN}])([^{_UP}{_DOWN}{_END}]*){_END}")
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")
_NUMBERED = frozenset(("list-style-type", "list-style"))


@dataclass(frozen=True)
class Item:
    """Something of a kind that must arrive. wanted: its plain form, of which comparisons are made. where: the elements around it."""

    kind: str
    wanted: tuple[object, ...]
    where: str

    def __str__(self) -> str:
        return " ".join(str(self.wanted).split())[:300]


class Selector:
    """Elements of a tag, id, class or attribute: `div`, `#toc`, `.navheader`, `a.headerlink`, `div[role=main]`."""

    _FORM = re.compile(r"(\w*)(?:([.#])([\w-]+))?(?:\[(\w+)=([\w-]+)\])?")

    def __init__(self, text: str) -> None:
        self._tests = [self._test(part) for part in text.split()]

    def __call__(self, node: Node) -> bool:
        return any(test(node) for test in self._tests)

    def _test(self, text: str) -> Callable[[Node], bool]:
        tag, mark, name, attribute, value = self._FORM.fullmatch(text).groups()  # type: ignore[union-attr]
        where = "id" if mark == "#" else "class"
        return lambda node: (
            (not tag or node.tag == tag)
            and (not name or name in node.get(where, "").split())
            and (not attribute or node.get(attribute) == value)
        )


def plain(text: str) -> str:
    """Text on one line without marks of code and bold, and without characters that nobody sees."""
    return " ".join(_INVISIBLE.sub("", text).replace("`", "").replace("**", "").split())


def expected(html: str, main: str, furniture: str, layout: str) -> list[Item] | None:
    """What must arrive of a page; None where it has no main part."""
    root = lxml.html.document_fromstring(re.sub(r"\A\s*<\?xml[^>]*>", "", html))
    is_main = Selector(main)
    tops = [node for node in root.iter() if isinstance(node.tag, str) and is_main(node)]
    page = _Page(Selector(furniture), Selector(layout))
    return page.items(tops[0]) if tops else None


class _Page:
    """One walk over the main part."""

    def __init__(self, is_furniture: Selector, is_layout: Selector) -> None:
        self._is_furniture = is_furniture
        self._is_layout = is_layout

    def is_seen(self, node: Node) -> bool:
        """Whether a reader sees an element, and as content."""
        if not isinstance(node.tag, str) or node.tag in _UNSEEN or node.get("hidden") is not None:
            return False
        return not _HIDDEN.search(node.get("style", "")) and not self._is_furniture(node)

    def items(self, top: Node) -> list[Item]:
        """All items below an element, in order."""
        found: list[Item] = []
        for node in self._seen(top):
            found += self._of(node)
        headings = [item for item in found if item.kind == "headings"]
        empty = {id(item) for item in self._over_nothing(top, headings)}
        return [item for item in found if id(item) not in empty] + self._formulas(top) + self._powers(top)

    def _seen(self, top: Node) -> Iterator[Node]:
        """Elements that are seen, in document order, without what is inside programs and headings."""
        if not self.is_seen(top):
            return
        yield top
        if top.tag != "pre" and top.tag not in _HEADINGS:
            for child in top:
                yield from self._seen(child)

    def _of(self, node: Node) -> Iterable[Item]:
        where = path(node)
        if node.tag in _HEADINGS:
            if text := plain(self.text(node)):
                yield Item("headings", (_HEADINGS[node.tag], text), where)
        elif node.tag == "pre":
            if code := self.program(node):
                yield Item("code blocks", (code,), where)
        elif node.tag == "table":
            if rows := self._rows(node):
                yield Item("tables", tuple(map(tuple, rows)), where)
        elif node.tag == "ol":
            for mark, item in self._numbered(node):
                yield Item("list numbers", (mark, plain(self._first_text(item))[:60]), where)

    def text(self, node: Node) -> str:
        """The text of an element as it is seen, with marks around what is raised or lowered."""
        parts: list[str] = []
        self._write(node, parts, is_top=True)
        return "".join(parts)

    def _write(self, node: Node, parts: list[str], is_top: bool = False) -> None:
        if is_top or (self.is_seen(node) and not _is_note_mark(node)):
            mark = {"sup": _UP, "sub": _DOWN}.get(node.tag, "")
            around = " " if node.tag in _BLOCKS or node.tag == "br" else ""
            if node.tag == "img" and (tex := _image_tex(node)):
                parts.append(f"${tex}$")
            parts += around, mark, node.text or ""
            for child in node:
                self._write(child, parts)
            parts += _END if mark else "", around
        if not is_top:
            parts.append(node.tail or "")

    def program(self, pre: Node) -> str:
        """The text of a program to the character."""
        parts: list[str] = []

        def write(node: Node, is_top: bool) -> None:
            if is_top or self.is_seen(node):
                if node.tag == "br":
                    parts.append("\n")
                elif node.tag in ("sup", "sub"):
                    parts.append(_UP if node.tag == "sup" else _DOWN)
                is_line = not is_top and node.tag in _BLOCKS
                if is_line and any(parts) and not "".join(parts[-3:]).endswith("\n"):
                    parts.append("\n")
                parts.append(node.text or "")
                for child in node:
                    write(child, is_top=False)
                if node.tag in ("sup", "sub"):
                    parts.append(_END)
                if is_line and not "".join(parts[-2:]).endswith("\n"):
                    parts.append("\n")
            if not is_top:
                parts.append(node.tail or "")

        write(pre, is_top=True)
        return _INVISIBLE.sub("", "".join(parts)).replace("\xa0", " ").replace("\r", "").strip("\n").rstrip()

    def _rows(self, table: Node) -> list[list[str]]:
        """The rows of a table of data, each cell under its column; nothing for a layout. A cell that spans rows counts in each."""
        is_data = (
            table.get("role") not in ("presentation", "none") and next(table.iterdescendants("table", "pre", *_HEADINGS), None) is None
        )
        if not is_data or self._is_layout(table):
            return []
        rows = [node for node in self._seen(table) if node.tag == "tr"]
        places: dict[tuple[int, int], str] = {}
        spanned: set[tuple[int, int]] = set()
        for number, row in enumerate(rows):
            column = 0
            for cell in row:
                if cell.tag not in ("td", "th") or not self.is_seen(cell):
                    continue
                while (number, column) in places or (number, column) in spanned:
                    column += 1
                text = plain(self.text(cell))
                height, width = _span(cell, "rowspan", len(rows) - number), _span(cell, "colspan", 100)
                for below in range(height):
                    places[number + below, column] = text if not below or len(text) <= 100 else ""
                    spanned.update((number + below, column + right) for right in range(1, width))
                column += width
        return _grid(places, len(rows))

    def _numbered(self, ordered: Node) -> Iterator[tuple[str, Node]]:
        """The items of an ordered list with their numbers as shown."""
        items = [child for child in ordered if child.tag == "li" and self.is_seen(child)]
        if self._is_layout(ordered) or all(map(self._is_link, items)):
            return
        style = _list_style(ordered)
        step = -1 if ordered.get("reversed") is not None else 1
        started = _integer(ordered.get("start"))
        number = started if started is not None else len(items) if step < 0 else 1
        for item in items:
            if (stated := _integer(item.get("value"))) is not None:
                number = stated
            if style != "none":
                yield _counted(number, style), item
            number += step

    def _is_link(self, item: Node) -> bool:
        """Whether an item only leads elsewhere; an address is worth reading."""
        linked = "".join(self.text(link) for link in item.iter("a"))
        return "://" not in linked and sum(map(str.isalnum, linked)) >= 0.8 * sum(map(str.isalnum, self.text(item)))

    def _is_bare_link(self, node: Node) -> bool:
        return node.tag == "a" and bool(node.get("href")) and "://" not in self.text(node) and next(node.iter(*_HEADINGS), None) is None

    def _first_text(self, item: Node) -> str:
        """The text of an item up to the first block that is no paragraph."""
        parts = [item.text or ""]
        for child in item:
            if isinstance(child.tag, str) and child.tag in _BLOCKS and plain("".join(parts)):
                break
            if isinstance(child.tag, str) and child.tag in ("pre", "table", "ul", "ol", "dl"):
                break
            if (
                isinstance(child.tag, str)
                and child.tag in ("div", "p")
                and next(child.iter("pre", "table", "ul", "ol", "dl"), None) is not None
            ):
                parts.append(self._first_text(child))
                break
            self._write(child, parts)
            if isinstance(child.tag, str) and child.tag in _BLOCKS and plain("".join(parts)):
                break
        return "".join(parts)

    def _over_nothing(self, top: Node, headings: list[Item]) -> list[Item]:
        """Headings followed by another of their level or above, or the end, with nothing but links between: they say nothing."""
        order: list[int | str] = []

        def walk(node: Node) -> None:
            if not self.is_seen(node) or self._is_bare_link(node):
                return
            if node.tag in _HEADINGS:
                if plain(self.text(node)):
                    order.append(_HEADINGS[node.tag])
                return
            if any(map(str.isalnum, node.text or "")):
                order.append("text")
            for child in node:
                walk(child)
                if any(map(str.isalnum, child.tail or "")):
                    order.append("text")

        walk(top)
        empty, number, highest = [], len(headings), 0  # highest: of a heading below that says something; 8 for text
        for what in reversed(order):
            if isinstance(what, str):
                highest = 8
                continue
            number -= 1
            if number and what >= highest:
                empty.append(headings[number])
            else:
                highest = what
        return empty

    def _formulas(self, top: Node) -> list[Item]:
        found = []
        for node in self._seen(top):
            if node.tag == "img" and (tex := _image_tex(node)):
                found.append(Item("formulas", (" ".join(tex.split()),), path(node)))
            elif node.tag not in ("pre", "code"):
                texts = [node.text or "", *(child.tail or "" for child in node)] if node.tag not in _HEADINGS else [self.text(node)]
                for text in texts:
                    found += [Item("formulas", (" ".join((one[1] or one[2]).split()),), path(node)) for one in _TEX.finditer(text)]
        return [item for item in found if item.wanted[0]]

    def _powers(self, top: Node) -> list[Item]:
        """Raised and lowered texts with what stands before, but no marks of footnotes."""
        found = []
        for block in dict.fromkeys(_block(node) for node in top.iter("sup", "sub")):
            if not all(
                self.is_seen(node) for node in (block, *block.iterancestors()) if node is block or top in (node, *node.iterancestors())
            ):
                continue
            text = self.program(block) if block.tag == "pre" else self.text(block)
            for one in _SCRIPT.finditer(text):
                shown, before = plain(one[2]), text[: one.start()]
                if shown:
                    found.append(
                        Item("powers", ("^" if one[1] == _UP else "_", shown, before[-40:], text[one.end() : one.end() + 20]), path(block))
                    )
        return found


def _is_note_mark(node: Node) -> bool:
    """Whether a raised text leads to a note or back from one."""
    links = [*node.iter("a"), *(one for one in node.iterancestors("a"))] if node.tag == "sup" else []
    return any("#" in link.get("href", "") for link in links) or (node.tag == "sup" and "footnote" in node.get("class", ""))


def path(node: Node) -> str:
    """The elements around, innermost last: `div.section > table.docutils`."""
    names = [
        f"{one.tag}{'.' + one.get('class').split()[0] if (one.get('class') or '').split() else ''}" for one in (node, *node.iterancestors())
    ]
    return " > ".join(names[:4][::-1])


def _block(node: Node) -> Node:
    return next((one for one in node.iterancestors() if one.tag in _BLOCKS), node)


def _image_tex(image: Node) -> str:
    names, alt = image.get("class", ""), image.get("alt", "")
    if not alt or not ({"formulaInl", "formulaDsp", "math", "tex", "latex"} & set(names.split())):
        return ""
    return alt.strip().strip("$").strip().removeprefix("\\[").removesuffix("\\]").removeprefix("\\(").removesuffix("\\)").strip()


def _span(cell: Node, name: str, most: int) -> int:
    number = _integer(cell.get(name))
    return max(1, min(most if number == 0 and name == "rowspan" else (number or 1), most))


def _grid(places: dict[tuple[int, int], str], height: int) -> list[list[str]]:
    """Rows that show something, in columns of which some cell shows something; nothing unless there are two of each."""
    columns = sorted({column for (_, column) in places})
    rows = [[places.get((row, column), "") for column in columns] for row in range(height)]
    rows = [row for row in rows if any(row)]
    shown = [index for index in range(len(columns)) if any(row[index] for row in rows)]
    is_grid = len(rows) >= 2 and len(shown) >= 2
    return [[row[index] for index in shown] for row in rows] if is_grid else []


def _integer(text: str | None) -> int | None:
    found = re.match(r"\s*([+-]?\d+)", text or "")
    return int(found[1]) if found else None


def _list_style(ordered: Node) -> str:
    named = re.search(r"list-style(?:-type)?\s*:\s*([\w-]+)", ordered.get("style", ""))
    if named:
        return named[1]
    classes = " ".join(ordered.get("class", "").split())
    by_class = re.search(r"\b(lower|upper)-?(alpha|roman)\b", classes)
    if by_class:
        return f"{by_class[1]}-{by_class[2]}"
    kinds = {"a": "lower-alpha", "A": "upper-alpha", "i": "lower-roman", "I": "upper-roman"}
    return kinds.get(ordered.get("type", "1"), "decimal")


def _counted(number: int, style: str) -> str:
    if style.endswith(("alpha", "latin")) and 0 < number < 27:
        text = "abcdefghijklmnopqrstuvwxyz"[number - 1]
    elif style.endswith("roman") and 0 < number < 40:
        tens, ones = divmod(number, 10)
        text = "x" * tens + ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")[ones]
    else:
        return str(number)
    return text.upper() if style.startswith("upper") else text

"""Posts of a thread whose markup has no name that says so: boxes alike, one after the other, that hold a page's prose, each with a date
and a control of its own ("Reply", "#3") or what forums write beside an author ("Joined: May 2019", "Posts: 12").

Entries of a blog have dates, but no such control; reviews in a shop have none that answers.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from bubblenet.corpus.extraction import furniture
from bubblenet.corpus.extraction.markup import Element, collapse

MIN_POSTS = 3
"""Fewer boxes alike are columns, or cards."""

MIN_PROSE_SHARE = 0.6
"""Of the prose of a page, in such boxes."""

MIN_SIGNED_SHARE = 0.6
"""Of the boxes, those with a date, and those with a mark of a post."""

MIN_PROFILE_SHARE = 0.3
"""Likewise, of a forum, those with what it writes beside an author."""

MIN_TEXT_SHARE = 0.85
"""Of the prose of a box, in the element that is the text of the post."""

MAX_BOXES, MAX_LABELS = 8, 30
"""Boxes alike that are looked at for dates and marks, and texts of each."""

MAX_LABEL_CHARACTERS = 60
"""A longer text is no date and no control."""

_CONTAINERS = frozenset("div section article main td tr tbody table li".split())  # noqa: SIM905
_DATE = re.compile(
    r"\b(?:\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d\d-\d\d|(?:\d{1,2}\.? )?[^\W\d]{3,9}\.? (?:\d{1,2}(?:st|nd|rd|th)?,? )?(?:19|20)\d\d"
    r"|(?:\d+|an?|one) (?:minute|hour|day|week|month|year)s? ago|vor \d+ [^\W\d]+|il y a \d+ [^\W\d]+|hace \d+ [^\W\d]+)\b"
)
_PROFILE = re.compile(
    r"[\d.,]+ (?:posts|messages|beitr\u00e4ge)\b.{0,30}"
    r"|(?:junior|senior|full|new|super|well-known|active) member|moderator|administrator|signature"
    r"|(?:joined|join date|registered|member since|posts|messages|beitr\u00e4ge|registriert|mensajes|registrado|messaggi|post\u00f3w)"
    r":?(?: ?\S.{0,30})?",
    re.IGNORECASE,
)
"""What a forum writes beside an author; below an article no comment has it."""

_CONTROL = re.compile(
    r"(?:(?:\[ ?\d+ ?\] )?(?:thanks|repl(?:y|ies))|quote|reply to (?:this|post|message).{0,20}"
    r"|reply with quote|multiquote|permalink|report post"
    r"|antworten|zitieren|zitat|r\u00e9pondre|citer|responder|citar|rispondi|cita|odpowiedz|cytuj|beantwoorden|citeren"
    r"|\u30b3\u30e1\u30f3\u30c8|\u8fd4\u4fe1|\u56de\u590d|\u043e\u0442\u0432\u0435\u0442\u0438\u0442\u044c)[:!.]?"
    r"|(?:post |message )?#\d{1,5}\b.{0,30}",
    re.IGNORECASE,
)


class Repeated(NamedTuple):
    """The elements with the texts of posts, in order. is_forum: their authors are shown as a forum does it."""

    texts: list[Element]
    is_forum: bool


def posts(elements: Sequence[Element]) -> Repeated:
    """The texts of posts of a page; none where it has no such boxes.

    elements: of the body, after main_part summed up its prose.
    """
    least = max(1.0, MIN_PROSE_SHARE * elements[0].num_prose)
    for element in elements:
        if element.num_prose < least or len(element.children) < MIN_POSTS or element.is_furniture:
            continue
        for boxes in _alike(element):
            if sum(box.num_prose for box in boxes) < least or 2 * sum(bool(box.num_prose) for box in boxes) < len(boxes):
                continue
            labels = [list(_labels(box)) for box in boxes[:MAX_BOXES]]
            if _share(labels, _DATE.search) >= MIN_SIGNED_SHARE and _share(labels, _is_mark) >= MIN_SIGNED_SHARE:
                return Repeated(_texts(boxes), _share(labels, _PROFILE.fullmatch) >= MIN_PROFILE_SHARE)
    return Repeated([], is_forum=False)


def _alike(parent: Element) -> Iterator[list[Element]]:
    """The children of an element by tag and class, without numbers in it."""
    groups: dict[tuple[str, str], list[Element]] = defaultdict(list)
    for child in parent.children:
        if isinstance(child, Element) and child.num_characters and child.tag in _CONTAINERS and not child.is_furniture:
            name = furniture.class_name(child.attributes).partition(" ")[0] if child.attributes else ""
            groups[child.tag, name.rstrip("0123456789")].append(child)
    yield from (group for group in groups.values() if len(group) >= MIN_POSTS)


def _share(labels: Sequence[Sequence[str]], test: Callable[[str], object]) -> float:
    """Of the boxes, those with a label that passes a test."""
    return sum(any(map(test, some)) for some in labels) / len(labels)


def _is_mark(label: str) -> bool:
    return bool(_PROFILE.fullmatch(label) or _CONTROL.fullmatch(label))


def _labels(box: Element) -> Iterator[str]:
    """Short texts of a box, each from tag to tag."""
    inner = itertools.islice(itertools.chain([box], box.descendants()), 3 * MAX_LABELS)
    runs = (collapse(child) for element in inner for child in element.children if isinstance(child, str))
    yield from itertools.islice((run for run in runs if 0 < len(run) <= MAX_LABEL_CHARACTERS), MAX_LABELS)


def _texts(boxes: Sequence[Element]) -> list[Element]:
    """The text of each post; of a post without prose by the place that it has in others."""
    paths = [_path(box) for box in boxes]
    usual = max((path for path in paths if path), key=paths.count, default=[])
    found = ((box, path or (usual if not box.num_prose else [])) for box, path in zip(boxes, paths, strict=True))
    return [_follow(box, path) for box, path in found]


def text_of(box: Element) -> Element:
    """The smallest element with nearly all prose of a box."""
    return _follow(box, _path(box))


def _path(box: Element) -> list[int]:
    """The way down to the smallest element with nearly all prose of a box: places among the children that are elements."""
    path: list[int] = []
    while box.num_prose and not box.is_prose():
        children = box.elements()
        least = MIN_TEXT_SHARE * box.num_prose
        place = next((index for index, child in enumerate(children) if child.num_prose >= least and child.tag in _CONTAINERS), None)
        if place is None:
            break
        path.append(place)
        box = children[place]
    return path


def _follow(box: Element, path: Sequence[int]) -> Element:
    for place in path:
        children = box.elements()
        if place >= len(children) or not children[place].num_characters:
            break
        box = children[place]
    return box

"""Questions that the author of a page wrote with their answers, as marked in its markup or text.

Kinds: a definition list whose terms are questions, `<details>` with a question as summary, a button that unfolds an answer, a schema.org
Question in microdata or RDFa, and, in any kind of text, "Q: ... A: ..." and paragraphs that are a question in bold. A question becomes a
heading with `asks` set. JSON-LD is handled in structured.py.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from bubblenet.corpus import questions
from bubblenet.corpus.extraction import inline
from bubblenet.corpus.extraction.blocks import Block
from bubblenet.corpus.extraction.markup import HEADING_LEVELS, MIN_PROSE_CHARACTERS, Element

MIN_ASKING_SHARE = 0.5
"""Least share of questions among the terms of a definition list; a glossary has hardly any."""

MIN_BOLD_QUESTIONS = 2
"""A single one may be a rhetorical device."""

MIN_BUTTONS = 2
"""Of a list of questions whose buttons stand beside their answers, each in no box of its own."""

MAX_SIBLINGS = 200
"""Elements in one box among which the answer to a button is looked for."""

MAX_NODES = 200
"""Most descendants examined below an element that may contain a question."""

MAX_MARK_CHARACTERS = 16
"""Of the mark of a question or an answer, such as `Q12:`."""

_SPACES = re.compile(r"\s+")
_OTHER_ASKERS = (
    r"Question|F|Frage|P|Pregunta|Pergunta|Domanda|Ot\u00e1zka|Pyt\.?|K|\u0412\u043e\u043f\u0440\u043e\u0441|\u0412|\u95ee|\u554f"
)
_OTHER_ANSWERERS = (
    r"Answer|Antwort|R|Respuesta|Resposta|R\u00e9ponse|Risposta|Odpov\u011b\u010f|Odp\.?|V|\u041e\u0442\u0432\u0435\u0442|\u041e|\u7b54"
)
_ALONE = r"(?:[-*+] )?\**(?:{}\s?\d{{0,3}}\s?[:.]|(?:{})\s?\d{{0,3}}\s?[:\uff1a])\**"
_LONE_ASKER, _LONE_ANSWERER = _ALONE.format("Q", _OTHER_ASKERS), _ALONE.format("A", _OTHER_ANSWERERS)
_BEFORE_TEXT = r"(?:\s+|(?<=\uff1a))"  # `F. Scott` is a name
_ASKER, _ANSWERER = _LONE_ASKER + _BEFORE_TEXT, _LONE_ANSWERER + _BEFORE_TEXT
_QUESTION_MARK = re.compile(_ASKER)
_ANSWER_MARK = re.compile(r"\s*" + _ANSWERER)
_LONE_MARK = re.compile(rf"{_LONE_ASKER}|{_LONE_ANSWERER}")
_MARKED_LINE = re.compile(rf"\n(?=\s*(?:{_ASKER}|{_ANSWERER}))")
_ITEM_TYPE = re.compile(r" (?:itemtype|typeof)=\"(?:https?://schema\.org/|schema:)?(Question|Answer)\"")
_NAME = re.compile(r" (?:itemprop|property)=\"(?:schema:)?name\"")
_TEXT = re.compile(r" (?:itemprop|property)=\"(?:schema:)?text\"")


def is_group(element: Element) -> bool:
    """Whether an element contains questions with answers: a list of them, a disclosure, or a schema.org Question."""
    if element.tag == "dl":
        return _is_list(element)
    return _is_disclosure(element) if element.tag == "details" else _item_type(element) == "Question" and _is_faq_item(element)


def is_question_of(group: Element, element: Element) -> bool:
    """Whether an element is a question of a group."""
    if group.tag == "dl":
        return element.tag == "dt" and _asks(element)
    if group.tag == "details":
        return element.tag == "summary" and element.parent is group
    return bool(_NAME.search(element.attributes))


def is_toggle(button: Element) -> bool:
    """Whether a button is part of a heading or a summary, or unfolds the answer to its question."""
    if button.parent and (button.parent.tag in HEADING_LEVELS or button.parent.tag in ("summary", "dt")):
        return True
    is_tied = "aria-expanded=" in button.attributes or "aria-controls=" in button.attributes
    return (is_tied or button.run >= questions.MIN_QUESTION_CHARACTERS) and _asks(button) and (is_tied or _is_answered(button))


def _is_answered(button: Element) -> bool:
    """Whether prose follows a button that asks, one of several, or its box is followed by such a box with prose."""
    box, above = button, button.parent
    while above and above.parent and above.num_characters == button.run and len(above.children) <= MAX_SIBLINGS:
        box, above = above, above.parent
    siblings = above.elements() if above and len(above.children) <= MAX_SIBLINGS else []
    if box is button and sum(sibling.tag == "button" for sibling in siblings) < MIN_BUTTONS:
        return False
    answer = next(itertools.islice(itertools.dropwhile(lambda element: element is not box, siblings), 1, None), None)
    is_box = answer is not None and (answer.tag == box.tag or (box is button and answer.tag not in ("button", "form")))
    return is_box and answer is not None and answer.num_characters >= MIN_PROSE_CHARACTERS


def is_bold_question(element: Element) -> bool:
    """Whether a paragraph consists only of a question in bold."""
    inner = element.elements()
    if element.tag != "p" or len(inner) != 1 or inner[0].tag not in ("strong", "b") or inner[0].run != element.run:
        return False
    return inner[0].text(MAX_NODES).rstrip().endswith(questions.QUESTION_MARKS) and _asks(element)


def _is_list(element: Element) -> bool:
    """Whether at least MIN_ASKING_SHARE of the terms are questions."""
    terms = [term for term in element.descendants() if term.tag == "dt"]
    num_asking = sum(map(_asks, terms))
    return num_asking > 0 and num_asking >= MIN_ASKING_SHARE * len(terms)


def _is_disclosure(element: Element) -> bool:
    return any(child.tag == "summary" and _asks(child) for child in element.elements())


def _is_faq_item(element: Element) -> bool:
    """Whether a schema.org Question has no text but its answer. In a forum, a question has its own text and many answers."""
    for below in itertools.islice(element.descendants(), MAX_NODES):
        if kind := _item_type(below):
            return kind == "Answer"
        if _TEXT.search(below.attributes):
            return False
    return False


def _item_type(element: Element) -> str | None:
    found = _ITEM_TYPE.search(element.attributes) if "Question" in element.attributes or "Answer" in element.attributes else None
    return found.group(1) if found else None


def _asks(element: Element) -> bool:
    """Whether the text of an element is a question."""
    text = inline.without_sign(_SPACES.sub(" ", element.text(MAX_NODES)).strip())
    return questions.is_question(questions.strip_number(text))


def are_marks(texts: Iterable[str]) -> bool:
    """Whether among some short texts are both the mark of a question and that of an answer, each alone."""
    found = list(texts)
    return all(any(re.fullmatch(mark, text) for text in found) for mark in (_LONE_ASKER, _LONE_ANSWERER))


def written_questions(blocks: Iterable[Block]) -> list[Block]:
    """Turn "Q: ..." before "A: ...", and bold questions if there are two or more, into headings."""
    lines = list(_marked_lines(_with_marks(blocks)))
    has_bold_ones = sum(map(_is_bold, lines)) >= MIN_BOLD_QUESTIONS
    found: list[Block] = []
    level = 0
    for block in lines:
        if block.kind == "heading" and not block.asks:
            level = block.level
        answer = _ANSWER_MARK.match(block.text) if block.kind in ("paragraph", "item") else None
        if answer and found and (question := _marked_question(found[-1], answer[0])):
            found[-1] = Block("heading", question, found[-1].level or level + 1, asks=True)
            found.append(replace(block, kind="paragraph", text=block.text[answer.end() :], glue="\n\n"))
        elif _is_bold(block) and has_bold_ones:
            found.append(Block("heading", block.text, level + 1, asks=True))
        else:
            found.append(block)
    return found


def _is_bold(block: Block) -> bool:
    """Whether a block is a paragraph parsed as a question in bold, without a "Q:" mark."""
    return block.kind == "paragraph" and block.asks and not _QUESTION_MARK.match(block.text)


def _with_marks(blocks: Iterable[Block]) -> Iterator[Block]:
    """A mark in a paragraph of its own, as DocBook has it in a cell beside the question, and the paragraph that it marks as one."""
    held: list[Block] = []
    for block in blocks:
        is_text = block.kind in ("paragraph", "item")
        if is_text and _LONE_MARK.fullmatch(block.text):
            yield from held
            held = [block]
        elif is_text and held:
            yield replace(block, text=f"{held[0].text} {block.text}", glue=held[0].glue)
            held = []
        else:
            yield from (*held, block)
            held = []
    yield from held


def _marked_lines(blocks: Iterable[Block]) -> Iterator[Block]:
    """Split paragraphs and items before each line that begins with a mark."""
    for block in blocks:
        parts = _MARKED_LINE.split(block.text) if block.kind in ("paragraph", "item") and "\n" in block.text else [block.text]
        if len(parts) == 1:
            yield block
            continue
        share = block.num_link_characters / len(block.text)
        for index, part in enumerate(parts):
            yield replace(block, text=part, num_link_characters=round(share * len(part)), glue=block.glue if index == 0 else "\n")


def _marked_question(block: Block, answer_mark: str) -> str | None:
    """The question in a block that begins with its mark; a heading that asks needs none before "A: ...", as "A. Smith" is a name."""
    mark = _QUESTION_MARK.match(block.text) if block.kind in ("paragraph", "item", "heading") else None
    if block.kind == "heading" and not mark and "." in answer_mark:
        return None
    question = _SPACES.sub(" ", block.text[mark.end() if mark else 0 :]).strip(" *")
    if block.kind == "heading" and not questions.is_question(questions.strip_number(question)):
        return None
    is_one = bool(mark) or block.kind == "heading"
    return question if is_one and questions.MIN_QUESTION_CHARACTERS <= len(question) <= questions.MAX_QUESTION_CHARACTERS else None

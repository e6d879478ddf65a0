"""What stands around an article as text of its own, without an element that is named for it: a heading "Related posts" with what follows,
a share bar written as a list, a byline under the title, a line of copyright.

Lines are told by their whole wording (edge_wording.py), never by a word in a sentence. A section goes as a whole only where a good part of
the page stands before it; elsewhere only the links under its heading do. Programs and tables are never dropped, so that no text is lost.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from bubblenet.corpus.extraction import edge_wording, inline
from bubblenet.corpus.extraction.blocks import Block

MIN_TAIL_POSITION = 0.3
"""A section with a heading such as "Related posts" goes as a whole from here on, as a share of the page's text."""

MAX_TAIL_CHARACTERS = 80
"""A longer heading says what its section is about."""

MAX_PERHAPS_BLOCKS = 20
"""Blocks below a heading that may be about its section, in which prose is looked for."""

MAX_LABEL_CHARACTERS = 160
"""Longer text is no label."""

MIN_PROSE_CHARACTERS = 100
"""A block with more text outside of links is text of the page, whatever stands above it."""

MAX_NETWORK_CHARACTERS = 40
"""Likewise of a network in a bar for sharing."""

MAX_COUNTER_CHARACTERS = 12
"""Of "12 of 345"."""

MAX_CAPTION_CHARACTERS = 500
"""Of a caption with the credit of its photo."""

MAX_INVITATION_CHARACTERS = 300
"""Likewise of an invitation to subscribe or to follow, at the end of a page."""

MAX_LEAD_BLOCKS = 8
"""Blocks around the first heading in which dates, bylines and slogans are looked for."""

MAX_LEAD_CHARACTERS = 300
"""More text before the page's title is no slogan."""

MAX_BYLINE_WORDS = 14
MAX_WORDS_BESIDE_DATE, MAX_WORDS_BESIDE_NAME = 1, 3
"""Words of a byline that begin with a small letter, but those that belong there; a sentence has more."""

_SMALL_WORD = re.compile(r"\b[a-z\u00df-\u00ff]\w*")
_MARKS = " \t\n-*+\u2022>#|:!\u00bb\u203a\u2026\u2192\"'"


def without_edges(blocks: Sequence[Block]) -> list[Block]:
    """The blocks of a page without what stands around its text."""
    kept = [_without_credit(block) for block in _without_labels(_without_lead(_without_counters(_without_tails(blocks))))]
    while len(kept) > 1 and kept[-1].kind == "paragraph" and (_is_byline(kept[-1]) or _is_invitation(kept[-1])):
        kept.pop()
    return kept


def _without_tails(blocks: Sequence[Block]) -> list[Block]:
    """Drop sections that lead elsewhere, and links under a label that does."""
    total = sum(len(block.text) for block in blocks)
    kept: list[Block] = []
    level = done = 0  # level: of the section that is being dropped, 0 outside
    is_whole = False
    for index, block in enumerate(blocks):
        if level and (_ends(block, level) or block.kind in ("code", "table") or not (is_whole or _leads_elsewhere(block))):
            level = 0
        if not level and done and _is_tail(block, blocks[index + 1 : index + 1 + MAX_PERHAPS_BLOCKS]):
            level = block.level if block.kind == "heading" else 7
            is_whole = block.kind == "heading" and done >= MIN_TAIL_POSITION * total
        done += len(block.text)
        if not level:
            kept.append(block)
    return kept


def _leads_elsewhere(block: Block) -> bool:
    return 2 * block.num_link_characters > len(block.text)


def _ends(block: Block, level: int) -> bool:
    return block.kind in ("heading", "end") and block.level <= level


def _is_tail(block: Block, below: Sequence[Block]) -> bool:
    if block.kind not in ("heading", "paragraph") or len(block.text) > MAX_TAIL_CHARACTERS or block.asks:
        return False
    if block.kind == "paragraph" and block.text.endswith("."):
        return False
    text = _folded(block.text)
    return bool(edge_wording.TAIL.fullmatch(text) or (edge_wording.PERHAPS_TAIL.fullmatch(text) and not has_prose(block, below)))


def has_prose(heading: Block, below: Sequence[Block]) -> bool:
    """Whether a section has text of its own. below: the blocks after its heading."""
    section = itertools.takewhile(lambda block: not _ends(block, heading.level or 7), below)
    return any(map(_is_prose, section))


def _without_lead(blocks: list[Block]) -> list[Block]:
    """Drop headings before the page's title, and dates and bylines between it and the text."""
    title = next((index for index, block in enumerate(blocks[:MAX_LEAD_BLOCKS]) if block.kind == "heading" and block.level == 1), None)
    if title is None:
        return blocks
    before = blocks[:title]
    if sum(len(block.text) for block in before) <= MAX_LEAD_CHARACTERS and not any(map(_is_prose, before)):
        before = [block for block in before if block.kind != "heading"]
    around = range(title + 1, min(len(blocks), title + 1 + MAX_LEAD_BLOCKS))
    text = next((index for index in around if _is_prose(blocks[index])), title + 1)  # without any, the dates may be the text
    return [*before, blocks[title], *(block for block in blocks[title + 1 : text] if not _is_byline(block)), *blocks[text:]]


def _without_labels(blocks: list[Block]) -> list[Block]:
    """Drop labels, and before and after the text also items that are, and names of networks, two or more in a row.

    Within the text, items and networks may be what it is about.
    """
    prose = [index for index, block in enumerate(blocks) if _is_prose(block)]
    first, last = (prose[0], prose[-1]) if prose else (0, len(blocks))
    is_outside = [not first < index < last for index in range(len(blocks))]
    is_network = [outside and _is_network(block) for outside, block in zip(is_outside, blocks, strict=True)]
    neighbours = zip([False, *is_network], is_network, [*is_network[1:], False], strict=False)
    is_bar_of_code = [_is_bar_of_code(*two) for two in itertools.pairwise([*blocks, Block("end", "")])]
    in_a_bar = [here and (before or after) for before, here, after in neighbours]
    return [
        block
        for block, in_bar, outside, of_code in zip(blocks, in_a_bar, is_outside, is_bar_of_code, strict=True)
        if not (in_bar or of_code or ((outside or block.kind == "paragraph") and is_label(block)))
    ]


def _without_counters(blocks: list[Block]) -> list[Block]:
    """Drop the counters of slides, "1/5" to "5/5": two and more with one number of slides."""
    found = [edge_wording.COUNTER.fullmatch(block.text) if len(block.text) <= MAX_COUNTER_CHARACTERS else None for block in blocks]
    totals = Counter(one[2] for one, block in zip(found, blocks, strict=True) if one and block.kind == "paragraph")
    return [block for one, block in zip(found, blocks, strict=True) if not (one and block.kind == "paragraph" and totals[one[2]] > 1)]


def _without_credit(block: Block) -> Block:
    """A caption without the credit of its photo, which follows its sentence."""
    if block.kind != "paragraph" or len(block.text) > MAX_CAPTION_CHARACTERS or not edge_wording.CREDITED.search(block.text):
        return block
    text = edge_wording.CREDIT.sub("", block.text)
    return block if text == block.text else replace(block, text=text, num_link_characters=min(block.num_link_characters, len(text)))


def _is_bar_of_code(block: Block, following: Block) -> bool:
    """Whether a paragraph is the bar above a program: the name of its language, or a button that copies it."""
    return following.kind == "code" and block.kind == "paragraph" and bool(edge_wording.BAR_OF_CODE.fullmatch(block.text))


def _is_network(block: Block) -> bool:
    return (
        block.kind in ("paragraph", "item")
        and len(block.text) < MAX_NETWORK_CHARACTERS
        and bool(edge_wording.NETWORK.fullmatch(_folded(block.text)))
    )


def is_label(block: Block) -> bool:
    """Whether a paragraph or item is no text by itself: "Continue reading", a credit, the subjects of an article."""
    if block.kind not in ("paragraph", "item") or len(block.text) > MAX_LABEL_CHARACTERS:
        return False
    if block.kind == "paragraph" and inline.is_sign(block.text):
        return True
    text = _folded(block.text)
    if edge_wording.LABEL.fullmatch(text) or (_leads_elsewhere(block) and edge_wording.TAGS.fullmatch(text)):
        return True
    return any(words in text and pattern.fullmatch(text) for words, pattern in edge_wording.MARKED.items())


def _is_byline(block: Block) -> bool:
    """Whether a short block says when and by whom a page was written, and nothing else: it is names, not a sentence."""
    said = block.text.rstrip()
    if block.kind not in ("paragraph", "item") or len(said) > MAX_LABEL_CHARACTERS or said.endswith((".", "?", "!", ":")):
        return False
    text = _folded(block.text)
    if len(text.split()) > MAX_BYLINE_WORDS:
        return False
    num_others = sum(not edge_wording.BESIDE_NAMES.fullmatch(_folded(word)) for word in _SMALL_WORD.findall(said))
    if edge_wording.DATE.search(text):
        return num_others <= MAX_WORDS_BESIDE_DATE
    return num_others <= MAX_WORDS_BESIDE_NAME and bool(edge_wording.BYLINE.fullmatch(text))


def _is_invitation(block: Block) -> bool:
    """Whether a block asks its reader to follow a channel."""
    if block.kind not in ("paragraph", "item") or len(block.text) > MAX_INVITATION_CHARACTERS:
        return False
    text = _folded(block.text)
    return bool(edge_wording.CHANNEL.search(text) and edge_wording.INVITING.search(text))


def _is_prose(block: Block) -> bool:
    is_text = block.kind in ("code", "table") or (block.kind in ("paragraph", "item") and len(block.text) > MIN_PROSE_CHARACTERS)
    return is_text and len(block.text) - block.num_link_characters > MIN_PROSE_CHARACTERS


@functools.lru_cache(maxsize=1024)
def _folded(text: str) -> str:
    """Words in small letters without accents, marks of lists and emphasis."""
    text = text.replace("*", "").replace("`", "").strip(_MARKS).casefold().replace("\u2019", "'")
    if not text.isascii():
        text = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return " ".join(text.split())

"""Pages of shops: what a product is and how it is made, without prices, reviews and offers of others; of a list of products the prose.

A page is a product's if it says so (schema.org, Open Graph) and sells; a list of products, if it shows many boxes alike that have a price.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from bubblenet.corpus.extraction import edges, furniture, markup, shop_words
from bubblenet.corpus.extraction.blocks import Block
from bubblenet.corpus.extraction.markup import TOP, Element

Kind = Literal["product", "list", "other"]

MIN_CARDS = 3
"""Boxes alike, each with a link and a price, are offers."""

MIN_LISTED = 6
"""Offers, or texts with a price, on a page that is a list of products."""

MAX_CHARACTERS_PER_PRICE = 500
"""With fewer characters for each price, a page is a list of products, however its boxes are made."""

MAX_CARD_CHARACTERS = 400
"""For each price in it; a longer box describes what it offers, such as a plan with its terms."""

MIN_PRICED_SHARE = 0.6
"""Of the boxes alike, those that must have a price."""

MIN_SENTENCE_CHARACTERS = 40
"""A shorter line may be a label, a button, a filter or a term of sale; a longer one is prose, even about delivery."""

MAX_TERM_CHARACTERS = 250
"""Of a term of sale as a sentence."""

MAX_DIGITS = 6
"""Of a number that is the value of a specification."""

MIN_REPEATED_CHARACTERS = 10
"""A block of a product's page that stands on it once more is shown on another kind of screen."""


MAX_MESSAGE_CHARACTERS = 160
"""Of a hidden message; a longer text is that of a tab or of an answer that unfolds."""

MAX_NODES = 20
"""Nodes of such a message."""

MAX_LOOKED_AT = 20
"""Blocks below a heading in which prose is looked for."""


class Shop(NamedTuple):
    """What a page of a shop is, and its elements that are offers or reviews, by id."""

    kind: Kind
    unwanted: frozenset[int]


_STRUCTURE = ("heading", "end", "table", "code")

_OTHER = Shop("other", frozenset())


def shop(html: str, elements: Sequence[Element]) -> Shop:
    """What a page is as a page of a shop. html: as read, with its scripts. elements: of its body."""
    if not elements or not any(word in html for word in shop_words.SELLS):
        return _OTHER
    is_product = _is_declared(html) and _sells(html)
    priced = _priced(elements)
    num_prices = priced.get(id(elements[0]), 0)
    if not is_product and num_prices < MIN_LISTED:
        return _OTHER
    cards = list(_cards(elements, priced))
    if not is_product and len(cards) < MIN_LISTED and elements[0].num_characters > MAX_CHARACTERS_PER_PRICE * num_prices:
        return _OTHER
    kind: Kind = "product" if is_product else "list"
    unwanted = {id(card) for card in cards}
    if is_product:
        unwanted |= {id(element) for element in elements if element.attributes and (_is_opinion(element) or _is_hidden_message(element))}
    return Shop(kind, frozenset(unwanted))


def _sells(html: str) -> bool:
    """Whether something can be bought on a page."""
    folded = html.lower()
    return any(words in folded for words in shop_words.TO_CART)


def _is_declared(html: str) -> bool:
    """Whether a page says that it is a product's: in JSON-LD, in microdata, in its Open Graph type, or by the id of a common engine; and
    in no data that it is a list of them."""
    if any(kind in html for kind in shop_words.LISTS):
        return False
    if any(sign in html for sign in ('schema.org/Product"', "schema.org/Product'", 'id="add-to-cart-button"', 'id="productTitle"')):
        return True
    type_place = html.find("og:type")
    if type_place >= 0 and shop_words.OPEN_GRAPH.search(html, max(0, type_place - 100), type_place + 100):
        return True
    return ('Product"' in html or 'ProductGroup"' in html) and bool(shop_words.TYPE.search(html))


def kept(blocks: Iterable[Block], kind: Kind) -> list[Block]:
    """The blocks of a page of a shop that say something about its products; none of a list without a sentence."""
    if kind == "product":
        return list(_of_product(_from_heading(list(blocks))))
    if kind == "other":
        return list(blocks)
    found = [block for block in blocks if block.kind in _STRUCTURE or _is_sentence(block)]
    return found if any(block.kind not in ("heading", "end") for block in found) else []


def _cards(elements: Sequence[Element], priced: Mapping[int, int]) -> Iterator[Element]:
    """Boxes alike that have a link and a price, in one place. priced: how many prices are below an element, by its id."""
    for parent in elements:
        if len(parent.children) < MIN_CARDS or priced.get(id(parent), 0) < MIN_CARDS:
            continue
        alike: dict[tuple[str, str], list[Element]] = defaultdict(list)
        for child in parent.elements():
            alike[child.tag, furniture.class_name(child.attributes).partition(" ")[0]].append(child)
        for group in alike.values():
            if len(group) >= MIN_CARDS and sum(_is_card(one, priced) for one in group) >= MIN_PRICED_SHARE * len(group):
                yield from group


def _is_card(element: Element, priced: Mapping[int, int]) -> bool:
    is_short = element.num_characters <= MAX_CARD_CHARACTERS * priced.get(id(element), 0)  # it may hold several offers
    return is_short and bool(element.num_link_characters) and not element.holds & TOP and element.tag != "tr"


def _priced(elements: Sequence[Element]) -> dict[int, int]:
    """How many texts with a price are below each element that has one."""
    priced: dict[int, int] = {}
    for element in reversed(elements):
        number = priced.get(id(element), 0)
        if element.run:
            number += _num_prices(element)
        if number:
            priced[id(element)] = number
            above = id(element.parent)
            priced[above] = priced.get(above, 0) + number
    return priced


def _num_prices(element: Element) -> int:
    """How many texts straight in an element have a price; of an amount in another tag than its unit, those between elements."""
    texts = [child if isinstance(child, str) else "\n" for child in element.children]
    number = sum(map(_has_price, texts))
    return number if number or len(texts) == 1 else sum(map(_has_price, "".join(texts).split("\n")))


def _has_price(text: str) -> bool:
    may_be = len(text) <= MAX_CARD_CHARACTERS and shop_words.DIGIT.search(text) is not None  # most texts have none
    return may_be and shop_words.PRICE.search(text) is not None


def _is_opinion(element: Element) -> bool:
    """Whether an element shows reviews, or a basket or list of the reader."""
    if element.holds & TOP or len(element.attributes) > furniture.MAX_ATTRIBUTE_CHARACTERS or element.tag in ("body", "main"):
        return False
    names = f"{furniture.class_name(element.attributes)} {furniture.id_of(element.attributes)}".split()
    return any(map(_names_opinion, names)) or bool(shop_words.REVIEW_DATA.search(element.attributes))


def _is_hidden_message(element: Element) -> bool:
    """Whether an element is a sentence that a script shows when something is wrong: its class hides it on every screen."""
    is_short = element.run <= MAX_MESSAGE_CHARACTERS >= element.num_characters and not element.holds & markup.HEADING
    return is_short and _hides(furniture.class_name(element.attributes)) and bool(shop_words.MESSAGE.search(element.text(MAX_NODES)))


@functools.lru_cache(maxsize=4096)
def _hides(names: str) -> bool:
    return bool(shop_words.HIDDEN.search(names)) and not shop_words.SHOWN.search(names)


@functools.lru_cache(maxsize=4096)
def _names_opinion(name: str) -> bool:
    return bool(shop_words.REVIEWS.fullmatch(name) or shop_words.DRAWERS.fullmatch(name))


def _from_heading(blocks: list[Block]) -> list[Block]:
    """The blocks from the first heading of the page, if most of the text follows it."""
    start = next((index for index, block in enumerate(blocks) if block.kind == "heading" and block.level == 1), 0)
    before = sum(len(block.text) for block in blocks[:start])
    return blocks[start:] if 2 * before <= sum(len(block.text) for block in blocks) else blocks


def _of_product(blocks: Sequence[Block]) -> Iterator[Block]:
    seen: set[str] = set()
    level = last = 0  # level: of the section that is left out; last: the block that was kept last
    for index, block in enumerate(blocks):
        if block.kind == "heading":
            if level and block.level > level:
                continue
            level = block.level if block.level > 1 and _is_other(block, blocks[index + 1 : index + 1 + MAX_LOOKED_AT]) else 0
        is_offer = block.kind == "table" and bool(shop_words.OFFERS.search(block.text.partition("\n")[0]))
        is_again = block.text in seen and len(block.text) >= MIN_REPEATED_CHARACTERS
        is_value = index > 0 and id(blocks[index - 1]) == last and _is_value(block, blocks[index - 1])
        if level or is_offer or is_again or (_is_trade(block) and not is_value):
            continue
        last = id(block)
        seen.add(block.text)
        yield block


def _is_value(block: Block, label: Block) -> bool:
    """Whether a number is what a label says it is, such as a year: under a term, or after a colon."""
    is_under = label.kind == block.kind == "item" and block.text.startswith(" ")
    is_number = block.text.strip().isdigit() and len(block.text.strip()) <= MAX_DIGITS
    return is_number and (is_under or label.text.rstrip().endswith(":"))


def _is_other(heading: Block, below: Sequence[Block]) -> bool:
    """Whether a section is about other products or about buying."""
    name = heading.text.strip(" :!.?*\u2026")
    is_perhaps = bool(shop_words.PERHAPS_OTHER.fullmatch(name))
    return bool(shop_words.OTHER_SECTIONS.fullmatch(name)) or (is_perhaps and not edges.has_prose(heading, below))


def _is_trade(block: Block) -> bool:
    """Whether a line is a price, a button or a term of sale."""
    text = block.text.strip("-* ")
    if block.kind not in ("paragraph", "item"):
        return False
    if len(text) >= MIN_SENTENCE_CHARACTERS:
        return len(text) <= MAX_TERM_CHARACTERS and bool(shop_words.TERMS.match(text))
    return _has_price(text) or not any(map(str.isalpha, text)) or bool(shop_words.TRADE.search(text))


def _is_sentence(block: Block) -> bool:
    is_long = len(block.text) >= MIN_SENTENCE_CHARACTERS and bool(shop_words.SENTENCE.search(block.text))
    return is_long and not _has_price(block.text) and not _is_trade(block)

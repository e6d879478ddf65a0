"""Pages of shops: what a product is and how it is made, without prices, reviews and offers of other products; of a list of products the prose.

A page is a product's if it says so (schema.org, Open Graph) and sells; a list of products, if it shows many boxes alike that have a price.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from bubblenet.corpus.extraction import furniture
from bubblenet.corpus.extraction.blocks import Block
from bubblenet.corpus.extraction.markup import TOP, Element

Kind = Literal["product", "list", "other"]

MIN_CARDS = 3
"""Boxes alike, each with a link and a price, are offers."""

MIN_LISTED = 6
"""Offers on a page that is a list of products."""

MAX_CARD_CHARACTERS = 400
"""For each price in it; a longer box describes what it offers, such as a plan with its terms."""

MIN_PRICED_SHARE = 0.6
"""Of the boxes alike, those that must have a price."""

MIN_SENTENCE_CHARACTERS = 40
"""A shorter line of a list of products is a filter, a label or a button."""

MIN_REPEATED_CHARACTERS = 25
"""A block of a product's page that stands on it once more is shown on another kind of screen."""

MAX_LINE_CHARACTERS = 160
"""A longer line is prose, even about delivery."""

_SIGNS = "$\u20ac\u00a3\u00a5\u20b9"
_AMOUNT = r"\d[\d.,\u00a0 ]*"
_PRICE = re.compile(rf"[{_SIGNS}]\s?{_AMOUNT}|{_AMOUNT}\s?(?:[{_SIGNS}]|z\u0142|kr\b|Kr\b|K\u010d|Ft\b|CHF\b|EUR\b|USD\b|GBP\b)")
_DECLARED = re.compile(
    r"\"@type\"\s*:\s*\[?\s*\"(?:https?://schema\.org/)?(?:Product|ProductGroup|IndividualProduct)\"|schema\.org/Product\""
    r"|\bid=\"(?:productTitle|add-to-cart-button)\"|class=\"[^\"]*\b(?:single-product|product-single|product-template|template-product|product-page|pdp)\b"
    r"|og:type\"\s+content=\"(?:og:)?product|content=\"(?:og:)?product\"[^>]*og:type"
)
_SHOP = re.compile(
    r"add[-_ ]?to[-_ ]?(?:cart|bag|basket|trolley)|(?:out of|in) stock|sold out|warenkorb|panier|carrito|carrello|koszyk|winkelwagen|handlekurv",
    re.IGNORECASE,
)
_REVIEWS = re.compile(
    r"(?:.*[-_])?(?:reviews?|testimonials?|bewertung(?:en)?|avis|opinie|yotpo|okendo|loox|stamped|trustpilot|bazaarvoice)(?:[-_].*)?|bv[-_].*|jdgm-.*",
    re.IGNORECASE,
)
_REVIEW_DATA = re.compile(r" itemprop=\"(?:reviews?|aggregateRating)\"| itemtype=\"https?://schema\.org/(?:Review|AggregateRating)\"")
_DRAWERS = re.compile(
    r"(?:.*[-_])?(?:mini-?cart|cart-?drawer|cart-?notification|wish-?list|quick-?(?:view|shop|add)|recently-?viewed|upsells?|cross-?sells?)(?:[-_](?:items?|list|drawer|section|container|wrapper|modal|popup|\d+))*",
    re.IGNORECASE,
)
_OTHER_SECTIONS = re.compile(
    r"(?:\d+ )?(?:customer |product |verified |all )?(?:reviews?|ratings?|customer ratings?|feedback|testimonials)(?: \(?\d+\)?)?|reviews? .*|.* reviews|top reviews .*|.* feedback|explore .*|consider .*|why .*\b(?:buy|shop|choose us)\b.*|(?:sorry, )?there was .*|.* unavailable|(?:select|manage) your .*|price(?: alert)?|warranty(?: info(?:rmation)?)?|what (?:our )?(?:customers|people) (?:are saying|say).*"
    r"|(?:you (?:may|might) also|people|customers|others|shoppers) .*|(?:similar|related|recommended|featured|popular|other|more|recently viewed|sponsored|trending) .*"
    r"|frequently bought.*|(?:often|usually) bought.*|complete (?:your|the|this) .*|best ?sellers?|new arrivals|recently viewed|sponsored|recommended.*|shop (?:by|the|all|more|now).*|more (?:from|like|to).*|pairs? (?:well )?with.*|goes (?:well )?with.*|why (?:buy|shop).*"
    r"|(?:free |standard |fast |our )*(?:shipping|delivery|returns?|refunds?|payments?|exchange)(?:(?: ?[&+/,]| and)? (?:shipping|delivery|returns?|refunds?|payments?|security|exchanges?|policy|info(?:rmation)?|options))*"
    r"|(?:shopping |your )?(?:cart|bag|basket|wish ?list)|your order|buy .*|variations of .*|need help.*|have (?:a )?questions?.*|ask (?:a|an|us).*|share(?: this.*)?|follow us.*|newsletter.*|sign up.*|subscribe.*"
    r"|kundenbewertungen.*|bewertungen.*|\u00e4hnliche .*|das k\u00f6nnte .*|kunden .*|zubeh\u00f6r|versand.*|avis .*|vous aimerez.*|produits (?:similaires|associ\u00e9s).*|livraison.*|opiniones.*|productos .*|env\u00edos?.*|opinie.*|podobne.*",
    re.IGNORECASE,
)
_TRADE = re.compile(
    r"\b(?:add(?:ed)? to|in (?:your|den)|view|your|shopping|my) (?:shopping )?(?:cart|bag|basket|wish ?list|list|favou?rites|registry|warenkorb)\b|\b(?:checkout|buy now|buy it|shop now|buy all|notify me|sold out|out of stock|in stock|back in stock|pre-?order|add to|quantity|qty|unit price|sale price|regular price|price|discount|coupon|promo|rewards?|earn|afterpay|klarna|paypal|interest-free|financing|installments?"
    r"|free shipping|shipping|ships?|shipped|deliver(?:y|ed|s)?|free returns?|returns?|refund|money.back|warranty|guarantee|in-?store|pick ?up|availability|available|unavailable|sold by|seller|viewing this|people (?:have|are)|verified (?:buyer|purchase)|stars?|ratings?|reviews?|reviewed|helpful|select(?:ed)?|choose|share|compare|save|sign (?:up|in)|log in|newsletter|e-?mail|loading|cookies?|javascript|your browser|hurry|full page refresh|opens? in a new|learn more|read more|see all|see more|report|only .* left|sku|lagernd|lieferbar|lieferung|versand(?:kosten)?|inkl|mwst|livraison|en stock|ajouter|env\u00edo)\b",
    re.IGNORECASE,
)
_OFFERS = re.compile(r"\b(?:price|quantity|qty|total|preis|menge|prix)\b", re.IGNORECASE)
_SENTENCE = re.compile(r"[.!?\u2026\u3002\uff01\uff1f](?:[\"')\u201d\u2019]|\s|$)")


class Shop(NamedTuple):
    """What a page of a shop is, and its elements that are offers or reviews, by id."""

    kind: Kind
    unwanted: frozenset[int]


_OTHER = Shop("other", frozenset())


def shop(html: str, elements: Sequence[Element]) -> Shop:
    """What a page is as a page of a shop. html: as read, with its scripts. elements: of its body."""
    is_product = "roduct" in html and bool(_DECLARED.search(html)) and bool(_SHOP.search(html))
    has_prices = sum(map(html.count, _SIGNS)) >= MIN_CARDS and bool(_SHOP.search(html))
    if not (is_product or has_prices) or not elements:
        return _OTHER
    cards = list(_cards(elements))
    if not is_product and len(cards) < MIN_LISTED:
        return _OTHER
    kind: Kind = "product" if is_product else "list"
    unwanted = {id(card) for card in cards}
    if is_product:
        unwanted |= {id(element) for element in elements if element.attributes and _is_opinion(element)}
    return Shop(kind, frozenset(unwanted))


def kept(blocks: Iterable[Block], kind: Kind) -> list[Block]:
    """The blocks of a page of a shop that say something about its products."""
    if kind == "list":
        return [block for block in blocks if block.kind in ("heading", "table", "code", "end") or _is_sentence(block.text)]
    return list(_of_product(_from_heading(list(blocks)))) if kind == "product" else list(blocks)


def _cards(elements: Sequence[Element]) -> Iterator[Element]:
    """Boxes alike that have a link and a price, in one place."""
    priced = _priced(elements)
    if len(priced) < MIN_CARDS:
        return
    for parent in elements:
        if len(parent.children) < MIN_CARDS or priced.get(id(parent), 0) < MIN_CARDS:
            continue
        alike: dict[tuple[str, str], list[Element]] = defaultdict(list)
        for child in parent.elements():
            alike[child.tag, furniture.class_name(child.attributes).partition(" ")[0]].append(child)
        for group in alike.values():
            if len(group) >= MIN_CARDS and sum(_is_card(one, priced) for one in group) >= MIN_PRICED_SHARE * len(group):
                yield from group


def _is_card(element: Element, priced: dict[int, int]) -> bool:
    is_short = element.num_characters <= MAX_CARD_CHARACTERS * priced.get(id(element), 0)  # it may hold several offers
    return is_short and bool(element.num_link_characters) and not element.holds & TOP and element.tag != "tr"


def _priced(elements: Sequence[Element]) -> dict[int, int]:
    """How many texts with a price are below each element that has one."""
    priced: dict[int, int] = defaultdict(int)
    for element in reversed(elements):
        if element.num_characters or element.run:
            priced_here = sum(
                isinstance(child, str) and len(child) < MAX_CARD_CHARACTERS and bool(_PRICE.search(child)) for child in element.children
            )
            number = priced_here + priced.get(id(element), 0)
            if number:
                priced[id(element)] = number
                if element.parent:
                    priced[id(element.parent)] += number
    return priced


def _is_opinion(element: Element) -> bool:
    """Whether an element shows reviews, or a basket or list of the reader."""
    if element.holds & TOP or len(element.attributes) > furniture.MAX_ATTRIBUTE_CHARACTERS or element.tag in ("body", "main"):
        return False
    names = f"{furniture.class_name(element.attributes)} {furniture.id_of(element.attributes)}".split()
    return any(map(_names_opinion, names)) or bool(_REVIEW_DATA.search(element.attributes))


@functools.lru_cache(maxsize=4096)
def _names_opinion(name: str) -> bool:
    return bool(_REVIEWS.fullmatch(name) or _DRAWERS.fullmatch(name))


def _from_heading(blocks: list[Block]) -> list[Block]:
    """The blocks from the first heading of the page, if most of the text follows it."""
    start = next((index for index, block in enumerate(blocks) if block.kind == "heading" and block.level == 1), 0)
    before = sum(len(block.text) for block in blocks[:start])
    return blocks[start:] if 2 * before <= sum(len(block.text) for block in blocks) else blocks


def _of_product(blocks: Iterable[Block]) -> Iterator[Block]:
    seen: set[str] = set()
    level = 0  # of the section that is left out
    for block in blocks:
        if block.kind == "heading":
            if level and block.level > level:
                continue
            is_other = bool(_OTHER_SECTIONS.fullmatch(block.text.strip(" :!.?*\u2026"))) and block.level > 1
            level = block.level if is_other else 0
        is_offer = block.kind == "table" and bool(_OFFERS.search(block.text.partition("\n")[0]))
        if level or is_offer or (block.text in seen and len(block.text) >= MIN_REPEATED_CHARACTERS) or _is_trade(block):
            continue
        seen.add(block.text)
        yield block


def _is_trade(block: Block) -> bool:
    """Whether a line is a price, a button or a term of sale."""
    if block.kind not in ("paragraph", "item") or len(block.text) > MAX_LINE_CHARACTERS:
        return False
    text = block.text.strip("-* ")
    has_price = bool(_PRICE.search(text))
    return (has_price and len(text) < MIN_SENTENCE_CHARACTERS) or not any(map(str.isalpha, text)) or bool(_TRADE.search(text))


def _is_sentence(text: str) -> bool:
    return len(text) >= MIN_SENTENCE_CHARACTERS and bool(_SENTENCE.search(text)) and not _PRICE.search(text)

"""Words of shops: names of their elements, headings of what is not about the product, lines that only sell."""

from __future__ import annotations

import re

SIGNS = "$\u20ac\u00a3\u00a5\u20b9"
SELLS = ("cart", "Cart", "basket", "warenkorb", "panier")
"""One of these is on any page of a shop."""

DIGIT = re.compile(r"\d")
AMOUNT = r"\d[\d.,\u00a0 ]*"
PRICE = re.compile(rf"[{SIGNS}]\s?{AMOUNT}|{AMOUNT}\s?(?:[{SIGNS}]|z\u0142|kr\b|Kr\b|K\u010d|Ft\b|CHF\b|EUR\b|USD\b|GBP\b)")
TYPE = re.compile(r"\"@type\"\s{0,9}:\s{0,9}(?:\[[^\]]{0,99})?\"(?:https?://schema\.org/)?(?:Individual)?Product(?:Group)?\"")
LISTS = (
    *('"CollectionPage"', '"SearchResultsPage"', "schema.org/CollectionPage", "schema.org/SearchResultsPage"),
    *("catalog-category-view", "tax-product_cat", "post-type-archive-product"),  # of the body, by common engines
)
OPEN_GRAPH = re.compile(r"content=[\"']?(?:og:)?product")
TO_CART = (
    *("add-to-cart", "add_to_cart", "addtocart", "add to cart", "add to bag", "add to basket", "add-to-bag", "addtobag", "add-to-basket"),
    *("in stock", "sold out", "warenkorb", "panier", "carrito", "carrello", "koszyk", "winkelwagen", "handlekurv"),
    *("buyaction", "product:price"),
)
"""One of these, in lower case, is where something can be bought."""

REVIEWS = re.compile(
    r"(?:.*[-_])?(?:reviews?|testimonials?|bewertung(?:en)?|avis|opinie|yotpo|okendo|loox|stamped|trustpilot|bazaarvoice)(?:[-_].*)?"
    r"|bv[-_].*|jdgm-.*",
    re.IGNORECASE,
)
REVIEW_DATA = re.compile(r" itemprop=\"(?:reviews?|aggregateRating)\"| itemtype=\"https?://schema\.org/(?:Review|AggregateRating)\"")
DRAWERS = re.compile(
    r"(?:.*[-_])?(?:mini-?cart|cart-?drawer|cart-?notification|wish-?list|quick-?(?:view|shop|add)|recently-?viewed|upsells?"
    r"|cross-?sells?)(?:[-_](?:items?|list|drawer|section|container|wrapper|modal|popup|\d+))*",
    re.IGNORECASE,
)
HIDDEN = re.compile(r"(?:^|\s)(?:[\w-]*display-none|d-none|(?:is-|visually-?|u-)?hidden|sr-only|hide)(?=\s|$)")
SHOWN = re.compile(
    r"(?:^|\s)(?:\w+:(?:block|flex|grid|inline\S*)"
    r"|d-\w+-(?:block|flex|grid|inline\S*)|[\w-]*display-(?!none)[\w-]+)(?=\s|$)"
)
"""Classes that hide an element, and such as show it on some screens all the same."""

MESSAGE = re.compile(
    r"\b(?:please|try again|error|cannot|can't|can only|failed|(?:not |un)available"
    r"|sorry|invalid|required|went wrong|nothing (?:left|found)|already)\b",
    re.IGNORECASE,
)
"""What a hidden message says that appears when something is wrong."""

OTHER_SECTIONS = re.compile(
    r"(?:(?:about|meet) (?:the|this|your) |detailed )?sellers?(?:'s|\u2019s)?"
    r"(?: (?:ratings?|feedback|information|other .*|reviews?))*(?: \([\d.,]+\))?"
    r"|about (?:the|this) (?:shop|store)|shop with confidence"
    r"|(?:\d+ )?(?:customer |product |verified |all )?(?:reviews?|ratings?|customer ratings?|feedback|testimonials)(?: \(?\d+\)?)?"
    r"|reviews? .*|.* reviews|top reviews .*|.* feedback|why .*\b(?:buy|shop|choose us)\b.*"
    r"|(?:sorry, )?there was .*|.* unavailable|(?:select|manage) your .*|price(?: alert)?|warranty(?: info(?:rmation)?)?"
    r"|what (?:our )?(?:customers|people) (?:are saying|say).*"
    r"|(?:you (?:may|might) also|people|customers|others|shoppers) .*|(?:similar|related|recommended|explore|consider|popular"
    r"|recently viewed"
    r"|sponsored|trending) .*"
    r"|frequently bought.*|(?:often|usually) bought.*|complete (?:your|the|this) .*|best ?sellers?|new arrivals|recently viewed"
    r"|sponsored|recommended.*|shop (?:by|the|all|more|now).*|more (?:from|like|to).*|pairs? (?:well )?with.*|goes (?:well )?with.*"
    r"|why (?:buy|shop).*"
    r"|(?:free |standard |fast |our )*(?:shipping|delivery|returns?|refunds?|payments?|exchange)(?:(?: ?[&+/,]| and)? (?:shipping"
    r"|delivery|returns?|refunds?|payments?|security|exchanges?|policy|info(?:rmation)?|options))*"
    r"|(?:shopping |your )?(?:cart|bag|basket|wish ?list)|your order|buy .*|variations of .*|need help.*|have (?:a )?questions?.*"
    r"|ask (?:a|an|us).*"
    r"|how (?:do you want|you'?ll get) (?:your|this) (?:item|order).*|share(?: this.*)?|follow us.*|newsletter.*|sign up.*|subscribe.*"
    r"|kundenbewertungen.*|bewertungen.*|\u00e4hnliche .*|das k\u00f6nnte .*|kunden .*|zubeh\u00f6r|versand.*|avis .*|vous aimerez.*"
    r"|produits (?:similaires|associ\u00e9s).*|livraison.*|opiniones.*|productos .*|env\u00edos?.*|opinie.*|podobne.*",
    re.IGNORECASE,
)
PERHAPS_OTHER = re.compile(r"(?:featured|other|more) .*", re.IGNORECASE)
"""Likewise, or more about the product: then there is prose below."""
TRADE = re.compile(
    r"\b(?:add(?:ed|ing)? to|in (?:your|den)|view|your|shopping|my) (?:shopping )?(?:cart|bag|basket|wish ?list|list|favou?rites"
    r"|registry|warenkorb)\b|\b(?:checkout|buy now|buy it|shop now|buy all|notify me|sold out|out of stock|in stock|back in stock"
    r"|pre-?order|add to|quantity|qty|unit price|sale price|regular price|price|discount|coupon|promo|rewards?|earn|afterpay|klarna"
    r"|paypal|interest-free|financing|installments?"
    r"|free shipping|shipping|ships?|shipped|deliver(?:y|ed|s)?|free returns?|returns?|refund|money.back|warranty|guarantee"
    r"|in-?store|pick ?up|availability|available|unavailable|sold by|seller|viewing this|people (?:have|are)|verified (?:buyer"
    r"|purchase)|stars?|ratings?|reviews?|reviewed|helpful|select(?:ed)?|choose|share|compare|save|sign (?:up|in)|log in|newsletter"
    r"|e-?mail|loading|cookies?|javascript|your browser|hurry|full page refresh|opens? in a new|learn more|read more|see all"
    r"|see more|report|only .* left|sku|lagernd|lieferbar|lieferung|versand(?:kosten)?|inkl|mwst|livraison|en stock|ajouter"
    r"|env\u00edo)\b",
    re.IGNORECASE,
)
TERMS = re.compile(
    r"(?:\d+[ -]days? returns?\b|sellers? (?:ships|assumes|pays|accepts)\b|(?:buyer|seller) pays\b"
    r"|order (?:today|now|within) .{0,40}\bget (?:it )?by\b"
    r"|returns? (?:(?:&|and) exchanges? )?(?:are )?accepted\b|(?:estimated|arrives|delivery) (?:between|by)\b|special financing\b"
    r"|get (?:the item you ordered|it (?:by|between))\b|you can only (?:make|buy|order)\b"
    r"|(?:sorry, )?(?:there (?:was|has been) (?:a problem|an error)|something went wrong)\b)",
    re.IGNORECASE,
)
"""How a term of sale, or a message of a shop, begins that is as long as a sentence."""
OFFERS = re.compile(r"\b(?:price|quantity|qty|total|preis|menge|prix)\b", re.IGNORECASE)
SENTENCE = re.compile(r"[.!?\u2026\u3002\uff01\uff1f](?:[\"')\u201d\u2019]|\s|$)")

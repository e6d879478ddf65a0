"""The posts of a thread: of forums, of questions with answers, of issues with their discussion.

A post is known by the element that holds its text: by schema.org microdata, by the names that common engines give it, or by names of that
kind (post_names.py). What surrounds that element and no other belongs to the post: its author, its votes, the mark of an accepted answer.
Each element of a page is looked at a fixed number of times.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

from bubblenet.corpus.extraction import furniture, post_names, repeated
from bubblenet.corpus.extraction.markup import HEADING_LEVELS, Element, collapse

MIN_POST_CHARACTERS = 200
"""Of the only post of a page."""

MAX_OTHER_PROSE = 0.2
"""Prose before the first post, as a share of the posts' text: with more, the page is an article, and the posts are comments on it."""

MAX_OTHER_CHARACTERS = 1000
"""Likewise in characters; rules and notices of a forum are shorter."""

MIN_PROSE_SHARE = 0.5
"""Share of a page's prose that its only post must have."""

MIN_NESTED_SHARE = 0.5
"""Share of an element's text that an inner one with such a name must have, to be the text of the post itself."""

MIN_ALIKE_SHARE = 0.6
"""If this share of the posts' texts have the same tag and class, others that have them are texts of posts, too."""

MAX_DETAILS = 400
"""Elements of a post that are looked at for its author and votes."""

MIN_TITLE_WORDS = 4
"""Of a heading on such a post; a shorter one is the name of its author."""

MAX_REPEATED_CHARACTERS = 300
"""Prose before the first of the posts that no name tells; with more, they are comments on it."""

MAX_OPENING_CHARACTERS = 4000
"""Likewise of a forum, where it is the post that opened the thread; of no more characters than the others."""

_STATED_AUTHOR = re.compile(r" (?:data-author|data-username|author)=\"([^\"]+)\"")
_NAMED_AUTHOR = re.compile(r" itemprop=\"(?:author|creator)\"")
_SCORE = re.compile(r" (?:data-score|score)=\"(-?\d{1,9})\"")
_COUNT = re.compile(r" itemprop=\"upvoteCount\"")
_CONTENT = re.compile(r" content=\"(-?\d{1,9})\"")
_ACCEPTED = re.compile(r" itemprop=\"acceptedAnswer\"")
_NUMBER = re.compile(r"\s*([+-]?\d{1,9})\b")


@dataclass
class Post:
    """A post: the element with its text, the element that surrounds it and no other, and what the page says about it."""

    text: Element
    top: Element
    author: str = ""
    votes: int | None = None
    is_accepted: bool = False
    is_answer: bool = False


class _Held(NamedTuple):
    """The texts of posts below an element: how many, their characters, and one of them."""

    number: int
    num_characters: int
    one: Element


class _Page:
    """The elements of a page with what is known of each."""

    def __init__(self, elements: list[Element]) -> None:
        self.elements = elements
        self.types: dict[int, str] = {}  # of schema.org, of the element or the next one around it
        self.asides: set[int] = set()  # within quotations and signatures
        self.held: dict[int, _Held] = {}
        for element in elements:
            self._inherit(element)
        self.is_faq = (
            sum(post_names.type_of(element.attributes) == "Question" for element in elements if "Question" in element.attributes) > 1
        )

    def _inherit(self, element: Element) -> None:
        above = id(element.parent)
        own = post_names.type_of(element.attributes) if element.attributes else ""
        if name := own or self.types.get(above, ""):
            self.types[id(element)] = name
        if above in self.asides or (element.attributes and is_aside(element)):
            self.asides.add(id(element))

    def may_be_post(self, element: Element) -> bool:
        """Whether an element may hold the text of a post; one of microdata, where they say that it is one, and of no list of questions."""
        is_of_faq = self.is_faq and self.types.get(id(element)) in ("Question", "Answer")
        if is_of_faq or id(element) in self.types:
            return not is_of_faq
        return post_names.may_be_text(element.attributes, _names(element))

    def texts(self, candidates: set[int]) -> list[Element]:
        """Those of the candidates that hold the text of one post, in order; of nested ones, the inner if it has most of the text."""
        found: dict[int, Element] = {}
        self.held.clear()
        for element in reversed(self.elements):
            held = self.held.get(id(element))
            if id(element) in candidates and element.num_characters and id(element) not in self.asides and self._is_text(element, held):
                if held:
                    found.pop(id(held.one))
                held = self.held[id(element)] = _Held(1, element.num_characters, element)
                found[id(element)] = element
            if held and element.parent:
                self._add(id(element.parent), held)
        return list(found.values())[::-1]

    @staticmethod
    def _is_text(element: Element, held: _Held | None) -> bool:
        return held is None or (held.number == 1 and held.num_characters < MIN_NESTED_SHARE * element.num_characters)

    def _add(self, above: int, held: _Held) -> None:
        other = self.held.get(above)
        number, num_characters = (other.number, other.num_characters) if other else (0, 0)
        self.held[above] = _Held(number + held.number, num_characters + held.num_characters, held.one)

    def top(self, text: Element) -> Element:
        """The largest element around the text of a post and of no other."""
        while text.parent and self.held[id(text.parent)].number == 1:
            text = text.parent
        return text


def _names(element: Element) -> str:
    return f"{furniture.class_name(element.attributes)} {furniture.id_of(element.attributes)}"


def is_aside(element: Element) -> bool:
    """Whether an element of a post is a quotation of another post or a signature, by its name."""
    names = furniture.class_name(element.attributes)
    return bool(names) and bool(post_names.named_parts(names) & post_names.ASIDE)


def of_thread(elements: list[Element], html: str = "") -> list[Post]:
    """The posts of a page that is a thread, in order; none of any other page.

    elements: of the body, in document order. html: the page, which may declare that it is a thread.
    """
    found = _named(elements, "DiscussionForumPosting" in html)
    return found or _repeated(elements)


def _named(elements: list[Element], is_declared: bool) -> list[Post]:
    """The posts that names and microdata tell. is_declared: the page says that it is a thread."""
    candidates = [element for element in elements if element.attributes and furniture.traits(element.attributes).may_be_post]
    if not candidates or (len(candidates) == 1 and not _is_likely(candidates[0])):
        return []
    page = _Page(elements)
    texts = page.texts({id(element) for element in candidates if page.may_be_post(element)})
    texts = _without_comments(page.texts(_alike(elements, texts)) if len(texts) > 1 else texts, page.types)
    return [_post(text, page) for text in texts] if texts and _is_thread(page, texts, is_declared) else []


def _repeated(elements: list[Element]) -> list[Post]:
    """The posts that are known by their place alone; none where a page has a text before them, or an entry of a blog in each."""
    if not elements or elements[0].num_prose < MIN_POST_CHARACTERS or not (found := repeated.posts(elements)).texts:
        return []
    page = _Page(elements)
    texts = page.texts({id(text) for text in found.texts})
    num_characters = sum(text.num_characters for text in texts)
    most = min(MAX_OPENING_CHARACTERS, num_characters) if found.is_forum else min(MAX_REPEATED_CHARACTERS, MAX_OTHER_PROSE * num_characters)
    if _are_entries(page, texts, MIN_TITLE_WORDS) or _prose_before(page, texts[0]) > most:
        return []
    if opening := _opening(page, texts[0]):
        texts = page.texts({id(text) for text in (opening, *texts)})
    return [_post(text, page) for text in texts]


def _opening(page: _Page, first: Element) -> Element | None:
    """The text that stands before posts which are alike: the one that opened the thread, in a box of its own."""
    before = itertools.takewhile(lambda element: element is not first, page.elements)
    last = next((element for element in reversed(list(before)) if element.is_prose() and not element.is_furniture), None)
    while last and last.parent and id(last.parent) not in page.held:
        last = last.parent
    return repeated.text_of(last) if last else None


def _is_likely(element: Element) -> bool:
    """Whether the only element of a page that may hold the text of a post is known by an engine's name or may be by microdata."""
    return "itemprop=" in element.attributes or post_names.holds_text(element.attributes, _names(element), "")


def _alike(elements: list[Element], texts: list[Element]) -> set[int]:
    """The texts, and elements with the tag and class that most of them have."""
    kinds = Counter((text.tag, furniture.class_name(text.attributes)) for text in texts)
    [(most, number)] = kinds.most_common(1)
    found = {id(text) for text in texts}
    if most[1] and number >= MIN_ALIKE_SHARE * len(texts):
        found |= {id(one) for one in elements if one.tag == most[0] and one.attributes and furniture.class_name(one.attributes) == most[1]}
    return found


def _without_comments(texts: list[Element], types: dict[int, str]) -> list[Element]:
    """Without comments where there are questions and answers."""
    if not any(types.get(id(text)) in ("Question", "Answer") for text in texts):
        return texts
    return [text for text in texts if types.get(id(text)) not in ("Comment", "UserComments")]


def _is_thread(page: _Page, texts: list[Element], is_declared: bool) -> bool:
    """Whether the posts are what the page is about. is_declared: the page says so."""
    num_characters = sum(text.num_characters for text in texts)
    types = {page.types.get(id(text), "") for text in texts}
    is_known = any(post_names.holds_text(text.attributes, _names(text), page.types.get(id(text), "")) for text in texts)
    if len(texts) == 1 and not (is_known and _is_main(page, texts[0])):
        return False
    if not is_known and _are_entries(page, texts):
        return False
    if is_declared or types & {"Question", "Answer", "DiscussionForumPosting"}:
        return True
    first = texts[0]
    if not is_known and _are_comments(texts):
        return False
    return _prose_before(page, first) <= min(MAX_OTHER_CHARACTERS, MAX_OTHER_PROSE * num_characters)


def _prose_before(page: _Page, text: Element) -> int:
    before = itertools.takewhile(lambda element: element is not text, page.elements)
    return sum(element.run for element in before if element.is_prose() and not element.is_furniture)


def _are_comments(texts: list[Element]) -> bool:
    """Whether the first text is an article by its length, and all others are comments by their names, which it is not."""
    is_comment = ["comment" in _names(text).lower() for text in texts]
    return texts[0].num_prose >= MAX_OTHER_CHARACTERS and not is_comment[0] and all(is_comment[1:])


def _is_main(page: _Page, text: Element) -> bool:
    """Whether a text is long enough to be all that a page is about."""
    return text.num_characters >= MIN_POST_CHARACTERS and text.num_prose >= MIN_PROSE_SHARE * page.elements[0].num_prose


def _are_entries(page: _Page, texts: list[Element], min_words: int = 1) -> bool:
    """Whether the texts have headings of their own, each another: entries of a blog, not posts of a thread."""
    headings = Counter(
        heading
        for text in texts
        for element in itertools.islice(page.top(text).descendants(), MAX_DETAILS)
        if element.tag in HEADING_LEVELS and (heading := collapse(element.text(MAX_DETAILS))).lower().removeprefix("re: ")
    )
    return sum(number == 1 and len(heading.split()) >= min_words for heading, number in headings.items()) > MIN_ALIKE_SHARE * len(texts)


def _post(text: Element, page: _Page) -> Post:
    top = page.top(text)
    post = Post(text, top, is_answer=page.types.get(id(text)) == "Answer")
    element: Element | None = text
    while element:
        if element.attributes:
            _read_names(post, element)
        element = element.parent if element is not top else None
    for element in itertools.islice(top.descendants(), MAX_DETAILS):
        if element.attributes and element is not text:
            _read_details(post, element)
    post.text = _narrowed(text)
    return post


def _narrowed(text: Element) -> Element:
    """The text of a post without its heading and author, which phpBB puts in the same element."""
    if "postbody" not in furniture.class_name(text.attributes).split():
        return text
    inner = (below for below in itertools.islice(text.descendants(), MAX_DETAILS) if below.attributes)
    return next((below for below in inner if "content" in furniture.class_name(below.attributes).split()), text)


def _read_names(post: Post, element: Element) -> None:
    """What an element around the text says about the post."""
    named = post_names.named_parts(furniture.class_name(element.attributes))
    post.is_accepted |= bool(named & post_names.ACCEPTED or _ACCEPTED.search(element.attributes))
    post.is_answer |= bool(named & post_names.ANSWER) or post.is_accepted
    if found := _STATED_AUTHOR.search(element.attributes):
        post.author = post.author or found[1]
    if found := _SCORE.search(element.attributes):
        post.votes = int(found[1])


def _read_details(post: Post, element: Element) -> None:
    """What an element in the post says about it."""
    attributes = element.attributes
    named = post_names.named_parts(furniture.class_name(attributes))
    if not post.author and (named & post_names.AUTHOR or _NAMED_AUTHOR.search(attributes)):
        post.author = collapse(element.text(MAX_DETAILS))[:100]
    if post.votes is None and (named & post_names.VOTES or _COUNT.search(attributes)):
        found = _CONTENT.search(attributes) or _NUMBER.match(element.text(MAX_DETAILS))
        post.votes = int(found[1]) if found else None

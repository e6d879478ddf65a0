"""A thread as blocks: its title, and each post apart, without quotations of other posts and without signatures.

Of a question, the accepted answer (else the one with the most votes, else the first full one) stands under the title, so that it is a
stated question with its answer; what was asked, and the other answers, follow. Who said what is not mixed: a block of kind `post` begins
each post.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from bubblenet.corpus import questions
from bubblenet.corpus.extraction import edges, faq, posts
from bubblenet.corpus.extraction.blocks import Block, rendered_length
from bubblenet.corpus.extraction.building import build_blocks
from bubblenet.corpus.extraction.markup import HEADING_LEVELS, Element, collapse
from bubblenet.corpus.extraction.posts import Post
from bubblenet.corpus.extraction.structured import Answered
from bubblenet.identity import folded

MIN_ANSWER_CHARACTERS = 200
"""Of the first full answer, where neither the asker nor readers preferred one."""

POST_LEVEL = 2
"""Posts stand below the title, as its sections."""

MIN_REPEATED_CHARACTERS = 40
"""A block of a post that stands in it once more is its beginning, shown until a reader unfolds the post."""

MAX_SAID_CHARACTERS = 160
"""A longer paragraph above a quotation is no line that says who wrote it."""

MAX_AROUND, MAX_ATTRIBUTES = 3, 300
"""Elements around a heading, and characters of their attributes, in which a name of the site is looked for."""

_STATED_CHARACTERS = 80
"""Of the beginning of an answer that is stated in JSON-LD, to find its post."""

_SITE = re.compile(r"(?:\s+[|\u2013\u2014\u00b7-]\s+[^|\u2013\u2014\u00b7?]{1,40})+$")
_SEPARATOR = re.compile(r"\s+(?:[|/\u2013\u2014\u00b7\u2022\u00bb-]|::)\s+")
_SITE_NAMES = re.compile(r"logo|brand|masthead|site-?(?:name|title|desc)|navbar|headerbar", re.IGNORECASE)
_CONTROL = re.compile(
    r"(?:(?:Click|Tap) (?:here )?to (?:expand|reply|view)|(?:Log|Sign) ?in to (?:see|view|reply)|Join to see|Register to (?:see|view|reply)"
    r"|Last edited|Edited by|Edited(?= (?:on |at )?(?:\d|[a-z]+ \d|an? \w+ ago)[^\n]{0,40}\bby\b)"
    r"|Zuletzt bearbeitet|Derni\u00e8re \u00e9dition|Sent from my) [^\n]{0,80}|Click to expand\.*"
    r"|\[ ?\d+ ?\] (?:Thanks|Likes?|Repl(?:y|ies))|Reply|View Post|\{\{[^{}\n]*\}\}",
    re.IGNORECASE,
)
_SIGNATURE = ("Signature", "Signatur", "Firma", "__________________")
_SAID = re.compile(
    r"\s*(?:Quote:?|Zitat:?|Quoting:?|Citation:?)?\s*(?:Originally posted by\b|[^\n]{1,60}? (?:wrote|said|schrieb|hat geschrieben|"
    r"a \u00e9crit|escribi\u00f3|ha scritto)\b[^\n]{0,60}?:)",
    re.IGNORECASE,
)


def thread_blocks(elements: list[Element], html: str, title: str, stated: Sequence[Answered]) -> list[Block]:
    """The blocks of a page that is a thread; none of any other page.

    elements: of the body, after main_part marked furniture among them. html, title: of the page. stated: questions of its JSON-LD.
    """
    found = posts.of_thread(elements, html)
    written = [(post, blocks) for post in found if (blocks := _post_blocks(post))]
    if not written:
        return []
    name = _title(elements, found, title) or _name(title)
    answer = _answer(written, name, stated)
    heading = Block("heading", name, 1, asks=answer is not None)
    blocks = [heading] if name else []
    if answer:
        blocks += answer[1]
    for one in written:
        if one is not answer:
            blocks += [Block("post", "", POST_LEVEL), *one[1]]
    return blocks


def _post_blocks(post: Post) -> list[Block]:
    """The text of a post. Its headings stand below the post."""
    if post.text.tag == "blockquote":  # of vBulletin
        post.text.tag = "div"
    inner: Element | None = post.text
    while inner:
        inner.is_furniture = False
        inner = next((child for child in inner.elements() if 2 * child.num_characters > post.text.num_characters), None)
    for element in post.text.descendants():
        if (element.attributes and posts.is_aside(element)) or (element.tag in ("blockquote", "table") and _SAID.match(element.text(20))):
            element.is_furniture = True
    for element in itertools.chain([post.text], post.text.descendants()):
        _drop_quotations(element)
    blocks = faq.written_questions(build_blocks([post.text]))
    blocks = [replace(block, level=min(7, max(block.level, POST_LEVEL + 1))) if block.level else block for block in blocks]
    signature = next((index for index, block in enumerate(blocks) if index and block.text.strip("- ") in _SIGNATURE), len(blocks))
    blocks = blocks[:signature]
    first = {block.text: index for index, block in reversed(list(enumerate(blocks)))}
    return [
        block
        for index, block in enumerate(blocks)
        if not _is_label(block) and (len(block.text) < MIN_REPEATED_CHARACTERS or first[block.text] == index)
    ]


def _drop_quotations(element: Element) -> None:
    """Drop quotations straight in an element below a line that says who wrote them, with that line: "@ann said in Kettles:"."""
    for above, quote in itertools.pairwise(element.elements()):
        is_below = quote.tag == "blockquote" and above.tag == "p" and above.num_characters <= MAX_SAID_CHARACTERS
        if is_below and _SAID.fullmatch(above.text(20).strip()):
            quote.is_furniture = above.is_furniture = True


def _is_label(block: Block) -> bool:
    """Whether a paragraph or an item is a control or a notice of the forum."""
    is_text = block.kind in ("paragraph", "item")
    return is_text and ((block.kind == "paragraph" and edges.is_label(block)) or bool(_CONTROL.fullmatch(block.text.strip("- "))))


def _name(title: str) -> str:
    """The title of a page without the name of its site."""
    return _SITE.sub("", title) or title


def _title(elements: Iterable[Element], found: Sequence[Post], title: str) -> str:
    """The last `h1` before the first post, else the last heading that is outside of it; but none that is the name of the site."""
    first, is_of_site = found[0], False
    inside = {id(element) for element in first.top.descendants()} if len(found) > 1 else set()
    top, others = "", list[str]()
    for element in itertools.takewhile(lambda element: element is not first.text, elements):
        is_other = element.tag in HEADING_LEVELS and element.tag != "h1" and id(element) not in inside
        if not (is_other or element.tag == "h1") or not (text := collapse(element.text())):
            continue
        top, others = (top, [*others, text]) if is_other else (text, [])
        is_of_site = is_of_site if is_other else _is_of_site(element)
    return _topic(top, others, title, is_of_site) or top or next(reversed(others), "")


def _is_of_site(heading: Element) -> bool:
    """Whether a heading is a link, or stands in a box that is named after the site."""
    around = itertools.islice(itertools.accumulate(itertools.repeat(heading), _above), MAX_AROUND)
    is_link = 2 * heading.num_link_characters > heading.num_characters
    return is_link or any(_SITE_NAMES.search(element.attributes[:MAX_ATTRIBUTES]) for element in around)


def _above(element: Element, _: Element) -> Element:
    return element.parent or element


def _topic(top: str, below: Sequence[str], title: str, is_of_site: bool) -> str:
    """What a thread is about where its highest heading is the name of the site, as the title of the page shows; empty elsewhere.

    below: the headings after that one. is_of_site: where it stands says that it is one.
    """
    first, *others = _SEPARATOR.split(title)
    if not is_of_site or not others or not (top == first or others[-1].startswith(top)):  # "Tea" of "Tea forums"
        return ""
    if top == first:  # "Site - Topic", or the other way round, and then no heading below is the other part
        return others[-1] if others[-1] in below else ""
    return title.partition(_SEPARATOR.findall(title)[-1])[0].strip()


def _answer(written: Sequence[tuple[Post, list[Block]]], title: str, stated: Sequence[Answered]) -> tuple[Post, list[Block]] | None:
    """The answer to the question that a thread is, if it is one."""
    asked = written[0][0]
    answers = list(written) if asked.is_answer else list(written[1:])
    is_question = questions.is_question(questions.strip_number(title))
    if not title or not answers or len(title) > questions.MAX_QUESTION_CHARACTERS:
        return None
    marked = next((one for one in answers if one[0].is_accepted), None) or _stated_answer(answers, stated)
    if marked:
        return marked
    if not is_question and not any(one[0].is_answer for one in answers):
        return None
    full = [
        one for one in answers if rendered_length(one[1]) >= MIN_ANSWER_CHARACTERS and not (asked.author and one[0].author == asked.author)
    ]
    return max(full, key=lambda one: one[0].votes or 0, default=None)


def _stated_answer(answers: Iterable[tuple[Post, list[Block]]], stated: Iterable[Answered]) -> tuple[Post, list[Block]] | None:
    beginnings = {folded(_plain(one.answer))[:_STATED_CHARACTERS] for one in stated} - {""}
    return next((one for one in answers if any(beginning in folded(_said(one[1])) for beginning in beginnings)), None)


def _said(blocks: Iterable[Block]) -> str:
    return "\n".join(block.text for block in blocks)


def _plain(text: str) -> str:
    """Text without tags."""
    return re.sub(r"<[^>]*>", " ", text)

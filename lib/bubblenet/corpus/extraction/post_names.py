"""Names of the parts of a post: those that common engines give them, others of the same kind, and schema.org's.

Engines: Discourse, phpBB, vBulletin, XenForo, Invision, MyBB, SMF, FluxBB, bbPress, Flarum, WoltLab, Vanilla, Khoros, NodeBB,
Question2Answer, Stack Exchange, GitHub, GitLab, Reddit, Hacker News, Lobsters.
"""

from __future__ import annotations

import functools
import re

_ENGINES = re.compile(
    r"bbWrapper|messageText|postcontent|js-post__content-text|post_body|postbody|postmsg|commtext|usertext-body|comment_text|"
    r"lia-message-body-content|Post-body|js-post-body|bbp-(?:reply|topic)-content|qa-[qa](?:-view|-item)-content|js-comment-body|cooked|"
    r"cPost_contentWrap|ipsComment_content|note-text|"
    r"(?:post_message|msg|post_text)_?\d+"  # an id of vBulletin or SMF
)
_ALIKE = re.compile(
    r"(?:\w+[-_])*(?:post|message|msg|comment|reply|answer|question|thread)s?[-_]*(?:body|content|text|message|entry)", re.IGNORECASE
)
_ENDS = ("body", "content", "text", "message", "entry", "wrapper", "wrap", "msg", "cooked")
_STARTS = ("post_message", "msg", "post_text")
_DATA = re.compile(r" (?:data-role=\"commentContent\"|component=\"post/content\"|slot=\"(?:comment|text-body)\")")
_TEXT = re.compile(r" (?:itemprop|property)=\"(?:schema:)?(?:text|commentText|articleBody)\"")
_TYPE = re.compile(
    r" (?:itemtype|typeof)=\"(?:https?://schema\.org/|schema:)?(Question|Answer|Comment|UserComments|DiscussionForumPosting|SocialMediaPosting)\""
)
_ASIDE = re.compile(
    r"signatures?|sig|\w+[-_]?signature|signature[-_]\w+|post-?sig|bbCodeBlock--quote|bbCodeQuote|bbcode_?quote|quote_?container|quotetop|"
    r"quotemain|quoteheader|ipsQuote|ipsBlockquote|UserQuote|quote(?:box|block|title|content|text|message)?|(?:[a-z]+[-_])+quote(?:[-_]text)?|"
    r"onebox|(?:[\w-]+--?)?unfurl|link-?preview(?:-\w+)?|last-?edit(?:ed)?|edited-?by|post-?edited|message-lastEdit|post-notice",
    re.IGNORECASE,
)
_ACCEPTED = re.compile(
    r"[\w-]*accepted(?:-?answer)?|[\w-]*-solution|solution|(?:is-)?best-?answer|qa-a-list-item-selected|[\w-]*marked-as-answer|chosen-answer",
    re.IGNORECASE,
)
_ANSWER = re.compile(r"(?:[a-z]+[-_])*answers?(?:[-_]\w+)*|answercell|qa-a-\w[\w-]*", re.IGNORECASE)
_AUTHOR = re.compile(r"(?:[\w-]*[_-])?(?:author|user-?names?|poster|creator|bigusername|member-?name|message-name)", re.IGNORECASE)
_VOTES = re.compile(r"(?:js-)?(?:vote-?count|votes?|score|upvotes?)", re.IGNORECASE)

TEXT, LIKELY_TEXT, ASIDE, ACCEPTED, ANSWER, AUTHOR, VOTES = 1, 2, 4, 8, 16, 32, 64
"""What a class or id names, as bits: the text of a post, by an engine or by a name of that kind; a quotation, a signature or the preview
of a link in it; an accepted answer, an answer, an author, votes."""

_PATTERNS = {
    **{TEXT: _ENGINES, LIKELY_TEXT: _ALIKE, ASIDE: _ASIDE, ACCEPTED: _ACCEPTED, ANSWER: _ANSWER, AUTHOR: _AUTHOR, VOTES: _VOTES},
}


def is_of_text(name: str) -> bool:
    """Whether one class or id names the text of a post. Most names are told by their end."""
    is_likely = name.lower().endswith(_ENDS) or (name[-1:].isdigit() and name.startswith(_STARTS))
    return is_likely and bool(_ENGINES.fullmatch(name) or _ALIKE.fullmatch(name))


@functools.lru_cache(maxsize=4096)
def parts(name: str) -> int:
    """What one class or id names."""
    return sum(bit for bit, pattern in _PATTERNS.items() if pattern.fullmatch(name))


def named_parts(names: str) -> int:
    """What any of several names, separated by white space, names."""
    found = 0
    for name in names.split():
        found |= parts(name)
    return found


def may_hold_text(attributes: str) -> bool:
    """Whether other attributes than names say that an element may hold the text of a post."""
    if ("itemprop=" in attributes or " property=" in attributes) and _TEXT.search(attributes):
        return True
    return ("omment" in attributes or "slot=" in attributes or "component=" in attributes) and bool(_DATA.search(attributes))


def holds_text(attributes: str, names: str, type_name: str) -> bool:
    """Whether an engine is known to call the text of a post so, or microdata do. type_name: of the element or around it."""
    return bool(named_parts(names) & TEXT or (type_name and _TEXT.search(attributes)) or _DATA.search(attributes))


def may_be_text(attributes: str, names: str) -> bool:
    """Whether an element may hold the text of a post though no schema.org type says so."""
    return any(map(is_of_text, names.split())) or bool(_DATA.search(attributes))


def type_of(attributes: str) -> str:
    """The schema.org type of a post; empty without."""
    found = _TYPE.search(attributes) if "item" in attributes or "typeof" in attributes else None
    return found[1] if found else ""

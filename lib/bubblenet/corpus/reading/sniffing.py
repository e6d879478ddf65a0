"""Whether a text is HTML, when nobody says so (after WHATWG MIME Sniffing, section 7.1, but stricter: a text may begin with a tag)."""

from __future__ import annotations

import re

_HEAD_BYTES = 4096
_LEADING = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s+|<!--.*?-->|<\?xml\b[^>]*>)*+", re.DOTALL)
_DOCUMENT = re.compile(rb"<!doctype html|<(?:html|head|body)(?=[\s/>])", re.IGNORECASE)
_ELEMENT = re.compile(
    rb"<(?:a|article|aside|blockquote|br|center|dd|div|dl|dt|figure|font|footer|form|h[1-6]|header|hr|iframe|img|link|main|meta|nav|ol|"
    rb"p|pre|script|section|span|style|table|tbody|td|title|tr|ul|b|em|strong)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_END = re.compile(rb"</[a-z][a-z0-9]*\s*>\s*\Z", re.IGNORECASE)
_VERBATIM = re.compile(rb"<(pre|script|style|textarea)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_MARKDOWN = re.compile(rb"^(?:#{1,6}[ \t]|```|~~~)|(?<!\w)\[[^\]\n]{1,200}\]\([^)\s]+\)", re.MULTILINE)
_TAIL_BYTES = 64


def is_document(payload: bytes) -> bool:
    """Whether this begins like an HTML document, after white space, comments and an XML declaration."""
    return _DOCUMENT.match(payload, _start(payload)) is not None


def is_html(payload: bytes) -> bool:
    """Whether this is an HTML document, or a piece of one: it begins and ends with a tag, and holds no Markdown."""
    start = _start(payload)
    if not payload.startswith(b"<", start):
        return False
    if _DOCUMENT.match(payload, start):
        return True
    is_piece = _ELEMENT.match(payload, start) and _END.search(payload[-_TAIL_BYTES:])
    return bool(is_piece) and not _MARKDOWN.search(_VERBATIM.sub(b"", payload))


def _start(payload: bytes) -> int:
    leading = _LEADING.match(payload, 0, _HEAD_BYTES)
    return leading.end() if leading else 0

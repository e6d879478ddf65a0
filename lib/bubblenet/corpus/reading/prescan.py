"""The charset that an HTML page declares of itself: the prescan of browsers (WHATWG HTML, section 13.2.3.2).

A `<meta>` in a comment or in an attribute declares nothing, nor does `content="...charset=..."` without `http-equiv="content-type"`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

PRESCAN_BYTES = 4096
"""How many bytes of a page are searched for `<meta charset>`; real pages put it later than the 1,024 bytes of the HTML standard."""

_XML = re.compile(rb"<\?xml[ \t\r\n][^<>]*?\bencoding[ \t\r\n]*=[ \t\r\n]*[\"']([A-Za-z0-9_.:-]{1,40})[\"']")
_MARKUP = re.compile(rb"<(?:(!--)|(meta)(?=[ \t\n\f\r/])|(/?[A-Za-z][^ \t\n\f\r>]*)|([!/?]))", re.IGNORECASE)
_COMMENT_END = re.compile(rb"-->")
_END = re.compile(rb">")
_ATTRIBUTE = re.compile(
    rb"[ \t\n\f\r/]*+(?:(>)|([^ \t\n\f\r/>][^ \t\n\f\r/>=]*+)"
    rb"(?:[ \t\n\f\r]*+=[ \t\n\f\r]*+(?:\"([^\"]*+)\"|'([^']*+)'|([^ \t\n\f\r>\"'][^ \t\n\f\r>]*+)|(?=>)|([\"'])))?)"
)
_CHARSET = re.compile(rb"charset[ \t\n\f\r]*+=[ \t\n\f\r]*+(?:\"([^\"]*)\"|'([^']*)'|([^ \t\n\f\r;\"'][^ \t\n\f\r;]*))", re.IGNORECASE)


def declared_charsets(payload: bytes) -> Iterator[str]:
    """The labels that the page declares, the one that counts first: of `<meta>`, then of the XML declaration. A label may be unknown."""
    payload = payload[:PRESCAN_BYTES]
    position = 0
    while markup := _MARKUP.search(payload, position):
        if markup[1]:
            end = _COMMENT_END.search(payload, markup.end() - 2)  # `<!-->` is a whole comment
        elif markup[2] or markup[3]:
            attributes, end = _attributes(payload, markup.end())
            if label := _label(attributes) if markup[2] else b"":
                yield label.decode("latin-1")
        else:
            end = _END.search(payload, markup.end())
        if not end:
            break
        position = end.end()
    if xml := _XML.match(payload):
        yield xml[1].decode("latin-1")


def _attributes(payload: bytes, position: int) -> tuple[dict[bytes, bytes], re.Match[bytes] | None]:
    """The attributes of a tag, in lower case, and the match at its end; None if the tag does not end here."""
    attributes: dict[bytes, bytes] = {}
    while found := _ATTRIBUTE.match(payload, position):
        if found[1] or found[6]:
            return attributes, found if found[1] else None  # a quote without its end swallows the rest
        attributes.setdefault(found[2].lower(), found[3] or found[4] or found[5] or b"")
        position = found.end()
    return attributes, None


def _label(attributes: dict[bytes, bytes]) -> bytes:
    """The label of a `<meta>`: of `charset`, or of `content` if it is a Content-Type; empty if there is none."""
    if b"charset" in attributes:
        return attributes[b"charset"]
    is_type = attributes.get(b"http-equiv", b"").lower() == b"content-type"
    found = _CHARSET.search(attributes.get(b"content", b"")) if is_type else None
    return (found[1] or found[2] or found[3] or b"") if found else b""

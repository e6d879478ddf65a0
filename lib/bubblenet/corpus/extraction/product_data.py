"""What a shop says of a product only in its structured data: the description in JSON-LD, which a script would have shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bubblenet.corpus.extraction import parsing, structured
from bubblenet.corpus.extraction.blocks import Block
from bubblenet.identity import folded

MAX_SHOWN_CHARACTERS = 600
"""A page that shows more describes its product itself."""

MIN_CHARACTERS = 100
MAX_CHARACTERS = 20_000

_SCRIPT = re.compile(r"<script\b[^>]{0,200}ld\+json[^>]{0,200}>(.*?)</script", re.IGNORECASE | re.DOTALL)
_BREAK = re.compile(r"<(?:br|p|/p|li|div)\b[^>]*>", re.IGNORECASE)


def described(blocks: Sequence[Block], html: str) -> list[Block]:
    """The blocks of a product's page; with the description of its data, if they hardly say anything and not that."""
    text = "\n".join(block.text for block in blocks)
    if len(text) > MAX_SHOWN_CHARACTERS:
        return list(blocks)
    description = next((found for script in _SCRIPT.findall(html)[:20] for found in _descriptions(script)), "")
    if len(description) < MIN_CHARACTERS or folded(description)[:60] in folded(text):
        return list(blocks)
    return [*blocks, *(Block("paragraph", line) for line in _lines(description))]


def _descriptions(script: str) -> Iterator[str]:
    """The descriptions of products in JSON-LD."""
    for value in structured.objects(script):
        if "Product" in str(value.get("@type")) and isinstance(value.get("description"), str):
            yield value["description"][:MAX_CHARACTERS]


def _lines(description: str) -> list[str]:
    """The lines of a description, which may be HTML."""
    if "<" in description or "&" in description:
        try:
            body = parsing.parse(_BREAK.sub("\n", description)).body
        except parsing.HostileMarkupError:
            return []
        description = (body.text or "") if body else ""
    return [line for part in description.splitlines() if (line := " ".join(part.split()))]

"""Pages whose content a script would have made: they hold hardly any text, but scripts and the element that these would have filled."""

from __future__ import annotations

import re

MAX_CHARACTERS = 100
"""Of the text of such a page: "Loading...", a name, a notice."""

_ROOT = re.compile(
    r"<(?:div|main|section|body)\b[^>]{0,1000}?\bid\s*=\s*[\"']?(?:root|app|__next|__nuxt|___gatsby|gatsby-focus-wrapper|react-root|react-app|app-root|"
    r"app-?mount|app-?container|main-app|vue-app|ng-app|q-app|svelte|ember-app|mount|application)[\s\"'>]"
    r"|<[a-z]+-(?:root|app|shell|main)[\s>]|<app[\s>]|\bng-app\b|\bdata-reactroot\b",
    re.IGNORECASE,
)
_NOTICE = re.compile(r"<noscript\b[^>]*>(?:(?!</noscript).){0,2000}?java\s?script", re.IGNORECASE | re.DOTALL)
_BUNDLE = re.compile(
    r"<script\b[^>]{0,1000}?(?:type\s*=\s*[\"']?module|src\s*=\s*[\"']?[^\s\"'>]*?(?:main|app|bundle|chunk|runtime|vendors?)[\w.~-]*\.m?js)",
    re.IGNORECASE,
)


def needs_script(html: str, num_characters: int) -> bool:
    """Whether a page of so few characters of text would have been made by a script. html: as read."""
    if num_characters > MAX_CHARACTERS or "<script" not in html.lower():
        return False
    return bool(_ROOT.search(html) or _NOTICE.search(html) or _BUNDLE.search(html))

"""Files that speak for a whole site: robots.txt (RFC 9309, section 2.3) and tdmrep.json (TDMRep, "TDM file on the origin server")."""

from __future__ import annotations

from urllib.parse import urlsplit

ROBOTS, TDMREP = "robots_txt", "tdmrep"
SITE_FILES = {"/robots.txt": ROBOTS, "/.well-known/tdmrep.json": TDMREP}
"""Path -> kind; the kind is the content type of the document, and why it is not taken for a page."""


def site_file(url: str) -> str | None:
    """The kind of the site file at an address; None for any other address."""
    if "/robots.txt" not in url and "/.well-known/tdmrep.json" not in url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return SITE_FILES.get(parts.path) if parts.scheme in ("http", "https") else None

"""The conventions by which pages and sites speak of rights: those that are read, for docs/rights.md and for the tests of each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Form:
    """One convention. name: as in table `rights`. places: where it is looked for. meaning: its signals, and what they say."""

    name: str
    places: tuple[str, ...]
    example: str
    meaning: str
    source: str


FORMS = (
    Form(
        "x_robots_tag",
        ("http_header", "html_meta"),
        "X-Robots-Tag: noai",
        "`noai`, `noimageai`, `noindex` (also of `none`): no, for the agent before it or for all",
        "de facto",
    ),
    Form(
        "meta_robots",
        ("html_meta",),
        '<meta name="robots" content="noai">',
        "the same; another name than `robots` is that of an agent",
        "de facto",
    ),
    Form(
        "aipref",
        ("http_header", "robots_txt"),
        "Content-Usage: train-ai=n",
        "`train-ai`, `train-genai`, `ai-use`, `search`: `y` yes, `n` no, else unknown; of lines with a path the longest that matches",
        "draft-ietf-aipref-vocab, draft-ietf-aipref-attach",
    ),
    Form(
        "content_signal",
        ("http_header", "robots_txt"),
        "Content-Signal: search=yes, ai-train=no",
        "`ai-train`, `ai-input`, `search`: as it says",
        "contentsignals.org",
    ),
    Form(
        "tdmrep",
        ("http_header", "html_meta", "well_known"),
        "TDM-Reservation: 1",
        "`tdm-reservation`: 1 no, 0 yes; `tdm-policy`: unknown; of the file the first rule whose location matches",
        "W3C TDMRep",
    ),
    Form(
        "rsl",
        ("http_header", "html_link", "html_script", "robots_txt"),
        "License: https://example.com/license.xml",
        "`license`: unknown: the terms stand in another file",
        "rslstandard.org",
    ),
    Form(
        "robots_txt",
        ("robots_txt",),
        "User-agent: GPTBot / Disallow: /",
        "`disallow`: no if one of `rights.agents` may not fetch the page; value: which",
        "RFC 9309",
    ),
    Form(
        "creative_commons",
        ("http_header", "html_meta", "html_link"),
        '<a rel="license" href="https://creativecommons.org/licenses/by/4.0/">',
        "`license`: yes, and which in column `licence`",
        "creativecommons.org",
    ),
    Form(
        "schema_org",
        ("json_ld", "html_link"),
        '{"@type": "Article", "license": "https://creativecommons.org/licenses/by/4.0/"}',
        "`license`: yes if it is known, else unknown; not those of pictures and recordings",
        "schema.org/license",
    ),
    Form(
        "licence_link",
        ("http_header", "html_meta", "html_link"),
        '<link rel="license" href="/terms">',
        "`license`: unknown unless its name is known",
        "RFC 8288; HTML, link type license",
    ),
    Form(
        "licence_field",
        ("record",),
        '{"text": "...", "license": "CC-BY-4.0"}',
        "`license` of a record of JSON or Parquet: yes if it is known, else unknown",
        "fields of docs/inputs.md",
    ),
)

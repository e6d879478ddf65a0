"""The components that read rights and addresses: claims and site files of every form, and lists of addresses."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from bubblenet.corpus.address_lists import AddressSettings, read_lists
from bubblenet.corpus.rights.claims import Claim
from bubblenet.corpus.rights.hosts import host_of, registered_domain
from bubblenet.corpus.rights.licences import licence_id
from bubblenet.corpus.rights.reading import of_claims, of_site_file
from bubblenet.corpus.rights.site_files import site_file
from tests.golden import Component, Plant
from tests.robots_facts import FACTS

CLAIMS = [
    Claim("http_header", "x-robots-tag", "BadBot: noindex, noai, unavailable_after: 25 Jun 2010 15:00:00 PST; none"),
    Claim("html_meta", "robots", "NoAI noimageai, index"),
    Claim("html_meta", "gptbot", "noindex"),
    Claim("http_header", "content-usage", 'train-ai=n;x, search=y, ai-use="n", other=n, train-genai'),
    Claim("http_header", "content-usage", "Train-AI=n"),
    Claim("http_header", "content-signal", 'ai-train=no, Search=YES, ai-input="maybe", x'),
    *(Claim("html_meta", "tdm-reservation", value) for value in ("1", " 0", "2", "")),
    Claim("http_header", "tdm-policy", "https://e.org/policy.json"),
    Claim("http_header", "link", '</a>; rel=preload, <https://e.org/l>; rel="license"; type="application/rsl+xml", </t>; rel="x license"'),
    Claim("html_script", "rsl", "<rsl/>"),
    *(Claim(place, "license", "https://creativecommons.org/licenses/by/4.0/") for place in ("html_link", "json_ld", "record")),
    Claim("html_link", "schema_license", "/terms"),
    Claim("html_meta", "dc.rights.license", "CC BY-SA 3.0"),
]
LICENCES = [
    "//creativecommons.org/publicdomain/zero/1.0/", "http://creativecommons.org/publicdomain/mark/1.0",
    "CC BY-NC-ND 2.5 US", "cc0", "CC_BY",
    "Creative Commons Attribution-ShareAlike 4.0 International License", "Apache 2.0", "MIT License", "public domain", "ask us",
]  # fmt: skip
ROBOTS = [
    "Content-Signal: ai-train=no\nUser-agent: *\nDisallow: /p/\nContent-Usage: train-ai=n\nContent-Usage: /ok/ train-ai=y # here\n\n"
    "User-agent: CCBot/2.0 (+x)\nUser-agent: GPTBot\nAllow: /\nContent-Usage: /ok/x$ search=n\nLicense: https://e.org/l.xml\n",
    "User-agent: GPTBot\rSitemap: https://e.org/s.xml\rUser-agent: Other\rDisallow: /\r",
    "",
]
TDM_FILES = [
    '[{"location": "/ok/*", "tdm-reservation": 0}, {"location": "/", "tdm-reservation": 1, "tdm-policy": "u"}]',
    '{"tdm-reservation": true}',
    "not found",
]
URLS = [f"https://www.e.co.uk{path}" for path in ("/ok/x", "/ok/y", "/p/", "/robots.txt?x", "/.well-known/tdmrep.json")]


def _rights() -> Any:
    agents = ("CCBot", "GPTBot", "Another")
    of_files = [of_site_file("robots_txt", file, url, agents) for file in ROBOTS for url in URLS]
    of_files += [of_site_file("tdmrep", file, url, ()) for file in TDM_FILES for url in URLS]
    facts = [of_site_file("robots_txt", fact.file, f"http://foo.bar{fact.path}", [fact.agent])[0].says for fact in FACTS]
    names = [(host_of(url), registered_domain(host_of(url) or ""), site_file(url)) for url in URLS]
    return [of_claims([claim]) for claim in CLAIMS], of_files, facts, names, list(map(licence_id, LICENCES))


LISTS = {
    "domains": "# note\nbad.example\n*.star.example\n0.0.0.0 b\u00fccher.example\nblogspot.com\n",
    "urls": "http://www.e.org/A%20b/\nf.org\n",
    "url_words": "casino\n",
    "soft_url_words": "hot\ngirls\n",
    "url_patterns": "xxx[0-9]\n",
}
ADDRESSES = [
    "http://a.bad.example/", "http://worsebad.example/", "http://star.example:81/", "http://xn--bcher-kva.example/", "http://me.blogspot.com/",
    "http://blogspot.com/", "http://e.org/a b/c", "http://e.org/a", "http://f.org/?q=1", "http://g.org/Best-Casino", "http://g.org/hot",
    "http://g.org/hot_girls", "http://g.org/XXX7", "file:///casino",
]  # fmt: skip


def _addresses() -> Any:
    with tempfile.TemporaryDirectory() as folder:
        for kind, text in LISTS.items():
            Path(folder, kind).write_text(text, encoding="utf-8")
        lists = read_lists(AddressSettings(**{kind: (f"{folder}/{kind}",) for kind in LISTS}))  # type: ignore[arg-type]
    return [lists.reason(url) for url in ADDRESSES]


RIGHTS = [
    Component(
        "ADDRESSES_VERSION",
        "bubblenet.corpus.address_lists",
        _addresses,
        "segment, and every later stage where it gives other passages",
        Plant("bubblenet.corpus.address_lists", "> self.max_soft_url_words", ">= self.max_soft_url_words"),
    ),
    Component(
        "RIGHTS_VERSION",
        "bubblenet.corpus.rights.signal",
        _rights,
        "rights alone, from what ingest kept: no page is read again",
        Plant("bubblenet.corpus.rights.directives", "if word in _REFUSALS:", 'if word == "noai":'),
    ),
]

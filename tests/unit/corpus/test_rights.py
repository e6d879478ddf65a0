"""Every form of a signal: where it is found, what it says, and what is not taken for one."""

from __future__ import annotations

import time
from typing import get_args

import pytest

from bubblenet.corpus.reading.records import page_at, page_of_record
from bubblenet.corpus.rights.claims import MAX_CLAIMS, Claim, header_claims, html_claims
from bubblenet.corpus.rights.forms import FORMS
from bubblenet.corpus.rights.hosts import host_of, registered_domain
from bubblenet.corpus.rights.licences import licence_id
from bubblenet.corpus.rights.reading import of_claims, of_site_file
from bubblenet.corpus.rights.signal import Signal, Use
from bubblenet.corpus.rights.site_files import site_file

URL = "https://example.org/news/today?page=1"
CC_BY = "https://creativecommons.org/licenses/by/4.0/"


def of_headers(*lines: str) -> list[Signal]:
    named = (line.split(": ", 1) for line in lines)
    return of_claims(header_claims((name, value) for name, value in named))


def of_html(html: str) -> list[Signal]:
    return of_claims(html_claims(html))


def of_record(**fields: str) -> list[Signal]:
    return of_claims(page_of_record(page_at("x", 1), {"text": "Text.", **fields}, 1000).claims)


def of_robots(*lines: str, agents: tuple[str, ...] = ("CCBot",)) -> list[Signal]:
    return of_site_file("robots_txt", "\n".join(lines), URL, agents)


def of_tdm_file(content: str, url: str = URL) -> list[Signal]:
    return of_site_file("tdmrep", content, url, ())


SAID = [
    # x_robots_tag
    (of_headers("X-Robots-Tag: noai, noimageai"), ["x_robots_tag noai no http_header", "x_robots_tag noimageai no http_header"]),
    (
        of_headers("X-Robots-Tag: BadBot: noindex, noai"),
        ["x_robots_tag noindex no http_header badbot", "x_robots_tag noai no http_header badbot"],
    ),
    (of_headers("X-Robots-Tag: none"), ["x_robots_tag noindex no http_header"]),
    (of_headers("X-Robots-Tag: unavailable_after: 25 Jun 2010 15:00:00 PST", "x-robots-tag: noai"), ["x_robots_tag noai no http_header"]),
    (of_headers("X-Robots-Tag: all, max-snippet: 20"), []),
    # meta_robots
    (of_html('<META NAME="robots" CONTENT="NoAI, index">'), ["meta_robots noai no html_meta"]),
    (of_html("<meta content=noindex name=GPTBot>"), ["meta_robots noindex no html_meta gptbot"]),
    (of_html("<meta http-equiv='X-Robots-Tag' content='noai'>"), ["x_robots_tag noai no html_meta"]),
    (of_html("<!-- <meta name=robots content=noai> --><script>'<meta name=robots content=noai>'</script>"), []),
    (of_html("<template><meta name=robots content=noai></template><meta name=description content='noai robots'>"), []),
    (of_html("<body><p>&lt;meta name=robots content=noindex></p><meta name=robots content=noai>"), ["meta_robots noai no html_meta"]),
    # aipref
    (of_headers("Content-Usage: train-ai=n, search=y"), ["aipref train-ai no http_header", "aipref search yes http_header"]),
    (of_headers("Content-Usage: train-ai=n;why=law, train-ai=y"), ["aipref train-ai yes http_header"]),
    (
        of_headers('Content-Usage: train-ai="n", search, other=n'),
        ["aipref train-ai unknown http_header", "aipref search unknown http_header"],
    ),
    (of_headers("Content-Usage: Train-AI=n"), ["aipref content-usage unknown http_header"]),
    (of_robots("User-agent: *", "Content-Usage: train-ai=n"), ["robots_txt disallow yes robots_txt", "aipref train-ai no robots_txt"]),
    (
        of_robots("User-agent: *", "Content-Usage: train-ai=n", "Content-Usage: /news/ train-ai=y", "Content-Usage: /other/ search=n"),
        ["robots_txt disallow yes robots_txt", "aipref train-ai yes robots_txt"],
    ),
    (
        of_robots("User-agent: *", "Content-Usage: /news train-ai=y", "Content-Usage: /news train-ai=n # of equal paths both"),
        ["robots_txt disallow yes robots_txt", "aipref train-ai yes robots_txt", "aipref train-ai no robots_txt"],
    ),
    (
        of_robots("User-agent: *", "Content-Usage: train-ai=n", "User-agent: CCBot", "Allow: /", "Content-Usage: train-ai=y"),
        ["robots_txt disallow yes robots_txt", "aipref train-ai yes robots_txt"],
    ),
    # content_signal
    (
        of_headers("Content-Signal: ai-train=no, Search=YES"),
        ["content_signal ai-train no http_header", "content_signal search yes http_header"],
    ),
    (
        of_robots("Content-Signal: ai-train=no, ai-input=maybe", "User-agent: *", "Allow: /"),
        ["robots_txt disallow yes robots_txt", "content_signal ai-train no robots_txt", "content_signal ai-input unknown robots_txt"],
    ),
    (of_robots("User-agent: OtherBot", "Content-Signal: ai-train=no"), ["robots_txt disallow yes robots_txt"]),
    # tdmrep
    (
        of_headers("TDM-Reservation: 1", "TDM-Policy: https://e.org/p.json"),
        ["tdmrep tdm-reservation no http_header", "tdmrep tdm-policy unknown http_header"],
    ),
    (of_headers("tdm-reservation: 0"), ["tdmrep tdm-reservation yes http_header"]),
    (of_headers("tdm-reservation: 2"), ["tdmrep tdm-reservation unknown http_header"]),
    (of_html('<meta name="tdm-reservation" content="1">'), ["tdmrep tdm-reservation no html_meta"]),
    (of_tdm_file('[{"location": "/news/*", "tdm-reservation": 1}]'), ["tdmrep tdm-reservation no well_known"]),
    (
        of_tdm_file('[{"location": "/news/*", "tdm-reservation": 0}, {"location": "/", "tdm-reservation": 1}]'),
        ["tdmrep tdm-reservation yes well_known"],
    ),
    (of_tdm_file('[{"location": "/news$", "tdm-reservation": 1}]'), []),
    (of_tdm_file('{"tdm-reservation": true}'), ["tdmrep tdm-reservation no well_known"]),
    (of_tdm_file("<html>not found</html>"), []),
    # rsl
    (
        of_headers('Link: </a.css>; rel=preload, <https://e.org/l>; rel="license"; type="application/rsl+xml"'),
        ["rsl license unknown http_header"],
    ),
    (of_html('<link rel="license" type="application/rsl+xml" href="/license.xml">'), ["rsl license unknown html_link"]),
    (of_html('<script type="application/rsl+xml"><rsl><license/></rsl></script>'), ["rsl license unknown html_script"]),
    (
        of_robots("License: https://e.org/license.xml", "User-agent: *", "Allow: /"),
        ["robots_txt disallow yes robots_txt", "rsl license unknown robots_txt"],
    ),
    # robots_txt
    (of_robots("User-agent: CCBot", "Disallow: /news/"), ["robots_txt disallow no robots_txt"]),
    (of_robots("User-agent: *", "Disallow: /other/"), ["robots_txt disallow yes robots_txt"]),
    (of_robots(""), ["robots_txt disallow yes robots_txt"]),
    # creative_commons
    (of_html(f'<p><a class=x rel="nofollow license" href="{CC_BY}deed.de">CC</a>'), ["creative_commons license yes html_link * cc-by-4.0"]),
    (of_headers(f"Link: <{CC_BY}>; rel=license"), ["creative_commons license yes http_header * cc-by-4.0"]),
    (of_html("<meta name=DC.Rights.License content='CC BY-SA 3.0'>"), ["creative_commons license yes html_meta * cc-by-sa-3.0"]),
    (of_html(f'<p>rel=license <a href="{CC_BY}">no relation is stated</a>'), []),
    # schema_org
    (
        of_html(f'<script type="application/ld+json">{{"@graph": [{{"@type": "Article", "license": {{"@id": "{CC_BY}"}}}}]}}</script>'),
        ["schema_org license yes json_ld * cc-by-4.0"],
    ),
    (of_html(f'<script type="application/ld+json">{{"@type": "ImageObject", "license": "{CC_BY}"}}</script>'), []),
    (of_html(f'<script type="application/ld+json">{{"license": "{CC_BY}",</script>'), []),
    (of_html(f'<div itemscope><link itemprop="license" href="{CC_BY}"></div>'), ["schema_org license yes html_link * cc-by-4.0"]),
    # licence_link
    (of_html('<link rel="license" href="/terms">'), ["licence_link license unknown html_link"]),
    (of_html("<meta name=license content='All rights reserved'>"), ["licence_link license unknown html_meta"]),
    (of_headers('Link: <https://e.org/terms>; rel="license"'), ["licence_link license unknown http_header"]),
    # licence_field
    (of_record(license="CC-BY-4.0"), ["licence_field license yes record * cc-by-4.0"]),
    (of_record(licence="ask us"), ["licence_field license unknown record"]),
]


def in_words(signal: Signal) -> str:
    words = f"{signal.form} {signal.signal} {signal.says} {signal.place}"
    return f"{words} {signal.agent} {signal.licence}" if signal.licence else words if signal.agent == "*" else f"{words} {signal.agent}"


@pytest.mark.parametrize(("signals", "expected"), SAID)
def test_a_form_is_read(signals: list[Signal], expected: list[str]):
    assert [in_words(signal) for signal in signals] == expected


def test_every_form_in_every_place_of_the_table_has_a_test():
    tried = {(signal.form, signal.place) for signals, _ in SAID for signal in signals}

    assert {form.name for form in FORMS} == {name for name, _ in tried}
    assert {(form.name, place) for form in FORMS for place in form.places} == tried


def test_whatever_says_no_can_be_chosen_in_the_settings():
    refusing = {signal.signal for signals, _ in SAID for signal in signals if signal.says == "no"}

    assert refusing == set(get_args(Use)) - {"train-genai", "ai-use", "search", "ai-input"}
    assert {signal.signal for signal in of_headers("Content-Usage: train-genai=n, ai-use=n, search=n", "Content-Signal: ai-input=no")} == {
        "train-genai",
        "ai-use",
        "search",
        "ai-input",
    }


def test_what_excludes_is_told_with_the_agents_that_it_excludes():
    [signal] = of_robots("User-agent: GPTBot", "User-agent: ClaudeBot", "Disallow: /", agents=("CCBot", "GPTBot", "ClaudeBot"))

    assert signal.value == "GPTBot, ClaudeBot"


def test_headers_of_other_matters_are_not_kept_and_no_page_floods_the_table():
    assert header_claims([("Link", "</x.css>; rel=preload"), ("Server", "x"), ("Set-Cookie", "licence=1")]) == ()
    assert len(html_claims("".join(f"<meta name=robots content=noai{number}>" for number in range(999)))) == MAX_CLAIMS
    assert html_claims("<meta name=robots content='no\0ai\ud800'>") == (Claim("html_meta", "robots", "noai\ufffd"),)


def test_a_letter_that_grows_when_it_is_small_moves_nothing():
    assert html_claims("\u0130" * 50 + "<meta name=robots content=noai>") == (Claim("html_meta", "robots", "noai"),)


@pytest.mark.parametrize(
    ("text", "expected"),
    {
        "https://creativecommons.org/licenses/by-sa/4.0/deed.de": "cc-by-sa-4.0",
        "//creativecommons.org/licenses/by-nc-nd/2.5": "cc-by-nc-nd-2.5",
        "http://creativecommons.org/publicdomain/zero/1.0/": "cc0-1.0",
        "https://creativecommons.org/publicdomain/mark/1.0/": "pdm-1.0",
        "https://creativecommons.org/about/": None,
        "https://evil.example/creativecommons.org/licenses/by/4.0/": None,
        "CC BY-SA 4.0": "cc-by-sa-4.0",
        "cc-by-nc-nd-3.0-us": "cc-by-nc-nd-3.0",
        "CC0": "cc0-1.0",
        "cc_by": "cc-by",
        "Creative Commons Attribution-NonCommercial 3.0 Unported License": "cc-by-nc-3.0",
        "Creative Commons Attribution 4.0 International": "cc-by-4.0",
        "MIT License": "mit",
        "Public Domain": "pdm",
        "All rights reserved": None,
        "": None,
    }.items(),
)
def test_licences_are_known_by_address_and_by_name(text: str, expected: str | None):
    assert licence_id(text) == expected


@pytest.mark.parametrize(
    ("url", "host", "domain"),
    [
        ("https://a.b.Example.co.uk/x", "a.b.example.co.uk", "example.co.uk"),
        ("http://example.org:80/", "example.org", "example.org"),
        ("http://example.org:8080/", "example.org:8080", "example.org"),
        ("https://user.github.io/", "user.github.io", "user.github.io"),
        ("https://co.uk/", "co.uk", None),
        ("http://127.0.0.1:9000/", "127.0.0.1:9000", "127.0.0.1"),
        ("http://[::1]/", "::1", "::1"),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("file:///tmp/x.html", None, None),
        ("http://[broken/", None, None),
        ("http://e.org:99999/", None, None),
    ],
)
def test_hosts_and_what_of_them_is_registered(url: str, host: str | None, domain: str | None):
    assert host_of(url) == host
    assert (registered_domain(host) if host else None) == domain


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://e.org/robots.txt", "robots_txt"),
        ("http://e.org:8080/robots.txt?x", "robots_txt"),
        ("https://e.org/.well-known/tdmrep.json", "tdmrep"),
        ("https://e.org/docs/robots.txt", None),
        ("https://e.org/robots.txt.html", None),
        ("file:///robots.txt", None),
        ("http://[x/robots.txt", None),
    ],
)
def test_files_that_speak_for_their_site(url: str, kind: str | None):
    assert site_file(url) == kind


@pytest.mark.parametrize(
    "piece",
    [
        "<meta ",
        "<meta name=robots ",
        "<meta name=robots content=x>",
        "<!-- <meta name=robots>",
        "licen",
        "<a rel=licen",
        "<a rel='",
        "<a x",
        "a" * 50,
    ],
)
def test_no_page_takes_long_whatever_it_repeats(piece: str):
    html = piece * (4_000_000 // len(piece)) + "<link rel=license href=/l>"
    started = time.process_time()

    assert len(html_claims(html)) <= MAX_CLAIMS

    assert time.process_time() - started < 10

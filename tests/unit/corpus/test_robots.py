"""robots.txt by RFC 9309: Google's published expectations, and what its authors get wrong."""

from __future__ import annotations

import time

import pytest

from bubblenet.corpus.rights.reading import of_site_file
from bubblenet.corpus.rights.robots import MAX_BYTES, decoded, matches, parsed
from tests.robots_facts import BYTE_ORDER_MARKS, FACTS, LINE_ENDS, TWO_AGENTS, Fact


def is_allowed(file: str, agent: str, path: str) -> bool:
    return parsed(file, (agent,)).allows(f"http://foo.bar{path}", agent)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: f"{fact.about} {fact.agent} {fact.path[:30]}")
def test_published_expectations_hold_but_for_those_that_the_standard_contradicts(fact: Fact):
    assert is_allowed(fact.file, fact.agent, fact.path) == (fact.is_allowed != bool(fact.differs))


def test_expectations_that_are_answered_otherwise_are_few_and_say_why():
    assert [fact.path for fact in FACTS if fact.differs] == ["/foo/bar/\u30c4", "/foo/bar/\u30c4", "/foo/bar/baz"]
    assert len(FACTS) > 130


@pytest.mark.parametrize("first", LINE_ENDS)
@pytest.mark.parametrize("second", LINE_ENDS)
def test_lines_end_in_any_way(first: str, second: str):
    file = "".join(line + (first if number % 2 else second) for number, line in enumerate(TWO_AGENTS)).rstrip()

    assert (is_allowed(file, "foo", "/"), is_allowed(file, "bar", "/")) == (True, False)


@pytest.mark.parametrize(("mark", "is_read"), BYTE_ORDER_MARKS.items())
def test_a_byte_order_mark_at_the_beginning_is_no_text(mark: bytes, is_read: bool):
    assert is_allowed(decoded(mark + b"User-Agent: foo\nDisallow: /\n"), "foo", "/") != is_read


def test_a_byte_order_mark_within_breaks_its_line():
    assert is_allowed(decoded(b"User-Agent: foo\n\xef\xbb\xbfDisallow: /\n"), "foo", "/")


def test_what_is_beyond_the_limit_says_nothing():
    padding = b"#" * (MAX_BYTES - 20) + b"\n"

    assert is_allowed(decoded(padding + b"\nUser-agent: *\nDisallow: /\n"), "foo", "/")


def test_no_file_takes_long_whatever_it_repeats():
    agents = "".join(f"User-agent: bot{number}\n" for number in range(14_000))
    rules = "".join(f"Disallow: /{number}\n" for number in range(10_000))
    statements = "".join(f"Content-Usage: /{number} train-ai=n\n" for number in range(5_000))
    started = time.process_time()

    found = of_site_file("robots_txt", f"{agents}User-agent: *\n{rules}{statements}", "http://e.org/1", ("CCBot", "bot9"))

    assert [(signal.signal, signal.value) for signal in found] == [("disallow", "CCBot, bot9"), ("train-ai", "n")]
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    "line", ["Sitemap: https://e.org/s.xml", "License: https://e.org/l.xml", "Crawl-delay: 9", "Anything: else", "text"]
)
def test_other_records_do_not_part_a_group(line: str):
    file = f"User-agent: one\n{line}\nUser-agent: two\n{line}\nDisallow: /\n{line}\nContent-Usage: train-ai=n\n"

    assert not parsed(file, ("one",)).allows("http://e.org/", "one")
    assert {signal.says for signal in of_site_file("robots_txt", file, "http://e.org/", ("one",)) if signal.form == "aipref"} == {"no"}


def test_a_line_without_an_agent_is_for_nobody():
    file = "User-agent: \nDisallow: /\nContent-Usage: train-ai=n\n"

    assert [signal.says for signal in of_site_file("robots_txt", file, "http://e.org/", ("CCBot",))] == ["yes"]


def test_agents_are_compared_whole_with_their_digits_and_without_versions():
    file = "User-agent: AI2Bot/1.0 (+https://e.org)\nDisallow: /\n\nUser-agent: Google\nDisallow: /\n"

    assert not is_allowed(file, "ai2bot", "/")
    assert is_allowed(file, "AI2Bot-Dolma", "/")
    assert is_allowed(file, "Google-Extended", "/")


@pytest.mark.parametrize(
    ("pattern", "url", "expected"),
    [
        ("/a", "https://e.org/ab", True),
        ("/a$", "https://e.org/ab", False),
        ("/*.pdf", "https://e.org/x/y.pdf?z", True),
        ("/\u00e4", "https://e.org/%C3%A4", True),
        ("/", "https://e.org", True),
    ],
)
def test_patterns_are_those_of_disallow(pattern: str, url: str, expected: bool):
    assert matches(pattern, url) == expected

"""What Google's parser of robots.txt expects, as facts: file, agent, path, whether it may be fetched.

Read off the published expectations of the robotstxt project (github.com/google/robotstxt, robots_test.cc) and written down anew. `RFC`
marks what RFC 9309 says otherwise than that parser does; `CALLER`, what the project asks of those who call it.
"""

from __future__ import annotations

from typing import NamedTuple

RFC = "RFC 9309, section 2.2.2: a percent-encoded octet that is not reserved is decoded before comparison"
CALLER = "that parser wants addresses that are percent-encoded already; here they are encoded first, as section 2.2.2 asks"
LONGEST_LINE = 2083 * 8
"""Bytes of a line, its end included, that are read."""


class Fact(NamedTuple):
    """One expectation. differs: why this project answers the opposite."""

    about: str
    file: str
    agent: str
    path: str
    is_allowed: bool
    differs: str = ""


def _file(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


def _facts(about: str, file: str, agent: str, allowed: str = "", refused: str = "") -> list[Fact]:
    """Facts for paths between spaces."""
    return [Fact(about, file, agent, path, True) for path in allowed.split()] + [
        Fact(about, file, agent, path, False) for path in refused.split()
    ]


def _only(pattern: str) -> str:
    """A file that lets FooBot fetch what matches one pattern."""
    return _file("user-agent: FooBot", "disallow: /", f"allow: {pattern}")


_GROUPS = _file(
    "allow: /foo/bar/", "", "user-agent: FooBot", "disallow: /", "allow: /x/", "user-agent: BarBot", "disallow: /", "allow: /y/", "", "",
    "allow: /w/", "user-agent: BazBot", "", "user-agent: FooBot", "allow: /z/", "disallow: /",
)  # fmt: skip
_CASES = [
    _file(f"{a}: FooBot", f"{b}: /x/", f"{c}: /") for a, b, c in (("USER-AGENT", "ALLOW", "DISALLOW"), ("uSeR-aGeNt", "AlLoW", "dIsAlLoW"))
]
_NAMES = [_file(f"User-Agent: {name}", "Allow: /x/", "Disallow: /") for name in ("FOO BAR", "foo bar", "FoO bAr")]
_SPACED = _file("User-Agent: *", "Disallow: /", "User-Agent: Foo Bar", "Allow: /x/", "Disallow: /")
_EVERYBODY = _file("user-agent: *", "allow: /", "user-agent: FooBot", "disallow: /")
_OTHERS = _file("user-agent: FooBot", "allow: /", "user-agent: BarBot", "disallow: /", "user-agent: BazBot", "disallow: /")
_OWN_GROUP = _file("User-agent: *", "Disallow: /x/", "User-agent: FooBot", "Disallow: /y/")
_INDEX = _file("User-Agent: *", "Allow: /allowed-slash/index.html", "Disallow: /")
_STAR = _file("User-agent: FooBot", "Disallow: /foo/bar/quz", "Allow: /foo/*/qux")
_DOLLAR = _file("User-agent: FooBot", "Disallow: /foo/bar$", "Allow: /foo/bar/qux")
_HASH = _file("User-agent: FooBot", "# Disallow: /", "Disallow: /foo/quz#qux", "Allow: /")
_QUERY = "/foo/bar?qux=taz&baz=http://foo.bar?tar&par"
_KANA = "\u30c4"


def _rules(*lines: str) -> str:
    return _file("user-agent: FooBot", *lines)


def _long(name: str, letter: str) -> tuple[str, str]:
    """A path that fills a line but for one character, and the line of a rule for it with three more."""
    path = "/x/" + letter * (LONGEST_LINE - len("/x/") - len(f"{name}: ") + 1 - len("/x/"))
    return path, f"{name}: {path}/qux"


_LONG_NO, _LONG_NO_LINE = _long("disallow", "a")
_LONG_A, _LONG_A_LINE = _long("allow", "a")
_LONG_B, _LONG_B_LINE = _long("allow", "b")

FACTS = [
    *_facts("an empty file", "", "FooBot", "/ /x"),
    *_facts("nobody asks", _rules("disallow: /"), "", "/"),
    *_facts("a colon", _rules("disallow: /"), "FooBot", refused="/x/y"),
    *_facts("unknown names", _file("foo: FooBot", "bar: /"), "FooBot", "/x/y"),
    *_facts("no colon", _file("user-agent FooBot", "disallow /"), "FooBot", refused="/x/y"),
    *_facts("groups of one agent are one", _GROUPS, "FooBot", "/x/b /z/d", "/y/c /foo/bar/"),
    *_facts("groups of one agent are one", _GROUPS, "BarBot", "/y/c /w/a", "/z/d /foo/bar/"),
    *_facts("groups of one agent are one", _GROUPS, "BazBot", "/z/d", "/foo/bar/"),
    *(fact for file in _CASES for fact in _facts("names of rules in any case", file, "FooBot", "/x/y", "/a/b")),
    *(fact for file in _NAMES for agent in ("Foo", "foo") for fact in _facts("agents in any case", file, agent, "/x/y", "/a/b")),
    *_facts("an agent up to its first space", _SPACED, "Foo", "/x/y"),
    *_facts("an agent up to its first space", _SPACED, "Foo Bar", refused="/x/y"),
    *_facts("the group for everybody", _EVERYBODY, "FooBot", refused="/x/y"),
    *_facts("the group for everybody", _EVERYBODY, "BarBot", "/x/y"),
    *_facts("no group for it", _OTHERS, "QuxBot", "/x/y"),
    *_facts("paths by their case", _rules("disallow: /x/"), "FooBot", refused="/x/y"),
    *_facts("paths by their case", _rules("disallow: /X/"), "FooBot", "/x/y"),
    *_facts("the longest match", _rules("disallow: /x/page.html", "allow: /x/"), "FooBot", refused="/x/page.html"),
    *_facts("the longest match", _rules("allow: /x/page.html", "disallow: /x/"), "FooBot", "/x/page.html", "/x/"),
    *_facts("empty rules", _rules("disallow: ", "allow: "), "FooBot", "/x/page.html"),
    *_facts("of equal ones allow", _rules("disallow: /", "allow: /"), "FooBot", "/x/page.html"),
    *_facts("with and without a slash", _rules("disallow: /x", "allow: /x/"), "FooBot", "/x/", "/x"),
    *_facts("of equal ones allow", _rules("disallow: /x/page.html", "allow: /x/page.html"), "FooBot", "/x/page.html"),
    *_facts("the longest match, with a star", _rules("allow: /page", "disallow: /*.html"), "FooBot", "/page", "/page.html"),
    *_facts("the longest match, with a star", _rules("allow: /x/page.", "disallow: /*.html"), "FooBot", "/x/page.html", "/x/y.html"),
    *_facts("its own group alone", _OWN_GROUP, "FooBot", "/x/page", "/y/page"),
    *_facts("a query", _only(_QUERY), "FooBot", _QUERY),
    *_facts("a character of three bytes", _only(f"/foo/bar/{_KANA}"), "FooBot", "/foo/bar/%E3%83%84"),
    Fact("a character of three bytes", _only(f"/foo/bar/{_KANA}"), "FooBot", f"/foo/bar/{_KANA}", False, CALLER),
    *_facts("three bytes, encoded", _only("/foo/bar/%E3%83%84"), "FooBot", "/foo/bar/%E3%83%84"),
    Fact("three bytes, encoded", _only("/foo/bar/%E3%83%84"), "FooBot", f"/foo/bar/{_KANA}", False, CALLER),
    *_facts("letters, encoded", _only("/foo/bar/%62%61%7A"), "FooBot", "/foo/bar/%62%61%7A"),
    Fact("letters, encoded", _only("/foo/bar/%62%61%7A"), "FooBot", "/foo/bar/baz", False, RFC),
    *_facts("a star", _STAR, "FooBot", "/foo/quz /foo//quz /foo/bax/quz", "/foo/bar/quz"),
    *_facts("a dollar", _DOLLAR, "FooBot", "/foo/bar/qux /foo/bar/ /foo/bar/baz", "/foo/bar"),
    *_facts("a comment", _HASH, "FooBot", "/foo/bar", "/foo/quz"),
    *_facts("index.html", _INDEX, "foobot", "/allowed-slash/ /allowed-slash/index.html", "/allowed-slash/index.htm /anyother-url"),
    *_facts("a long line", _rules(_LONG_NO_LINE), "FooBot", "/fux", f"{_LONG_NO}/fux"),
    *_facts("long lines", _rules("disallow: /", _LONG_A_LINE, _LONG_B_LINE), "FooBot", f"{_LONG_A}/qux {_LONG_B}/fux", "/"),
    *_facts(
        "/fish", _only("/fish"), "FooBot", "/fish /fish.html /fish/salmon.html /fishheads /fishheads/yummy.html /fish.html?id=anything",
        "/bar /Fish.asp /catfish /?id=fish",
    ),
    *_facts(
        "/fish*", _only("/fish*"), "FooBot", "/fish /fish.html /fish/salmon.html /fishheads /fishheads/yummy.html /fish.html?id=anything",
        "/bar /Fish.bar /catfish /?id=fish",
    ),
    *_facts(
        "/fish/", _only("/fish/"), "FooBot", "/fish/ /fish/salmon /fish/?salmon /fish/salmon.html /fish/?id=anything",
        "/bar /fish /fish.html /Fish/Salmon.html",
    ),
    *_facts(
        "/*.php", _only("/*.php"), "FooBot",
        "/filename.php /folder/filename.php /folder/filename.php?parameters //folder/any.php.file.html /filename.php/ "
        "/index?f=filename.php/",
        "/bar /php/ /index?php /windows.PHP",
    ),
    *_facts(
        "/*.php$", _only("/*.php$"), "FooBot", "/filename.php /folder/filename.php",
        "/bar /filename.php?parameters /filename.php/ /filename.php5 /php/ /filename?php /aaaphpaaa //windows.PHP",
    ),
    *_facts("/fish*.php", _only("/fish*.php"), "FooBot", "/fish.php /fishheads/catfish.php?parameters", "/bar /Fish.PHP"),
    *_facts("order", _rules("allow: /p", "disallow: /"), "FooBot", "/page"),
    *_facts("order", _rules("allow: /folder", "disallow: /folder"), "FooBot", "/folder/page"),
    *_facts("order", _rules("allow: /page", "disallow: /*.htm"), "FooBot", refused="/page.htm"),
    *_facts("order", _rules("allow: /$", "disallow: /"), "FooBot", "/", "/page.html"),
]  # fmt: skip

LINE_ENDS = ["\n", "\r\n", "\r"]
"""Each ends a line, and a file may mix them."""

TWO_AGENTS = ("User-Agent: foo", "Allow: /some/path", "User-Agent: bar", "", "", "Disallow: /")
"""Lines for any line end: foo may fetch all, bar nothing."""

BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": True, b"\xef\xbb": True, b"\xef": True, b"\xef\x11\xbf": False}
"""What stands before the first line, and whether that line is still read."""

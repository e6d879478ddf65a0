"""robots.txt: who may fetch what (RFC 9309), and the lines about rights that others add to it.

Protego parses rules and matches paths. What it reads otherwise than the RFC, or than Google's parser, is written plainly before: lines end
at CR, LF or both alone; a line is read up to 16,663 bytes; an agent is the first token of its line (section 2.2.1), and is compared whole;
records that are not of groups do not part them (section 2.2.4).
Lines about rights: `Content-Usage` (draft-ietf-aipref-attach, section 3), `Content-Signal` (contentsignals.org), `License`
(rslstandard.org, "Adding RSL to robots.txt": for all agents, wherever it stands).
"""

from __future__ import annotations

import codecs
import functools
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from protego import Protego

from bubblenet.corpus.rights.licences import rsl
from bubblenet.corpus.rights.preferences import content_signal, content_usage
from bubblenet.corpus.rights.signal import EVERY_AGENT, Signal

MAX_BYTES = 512_000
"""RFC 9309, section 2.5: parsers read at least 500 KiB; what is beyond says nothing."""

PLACE = "robots_txt"
_MAX_LINE_BYTES = 16_663  # of Google's parser: 8 times the longest address of a browser, less one
_MAX_STATEMENTS = 1000
"""Lines about rights that are read of a file; each is compared with each page."""

_LINE = re.compile(r"\r\n|\r|\n")
_NO_LINE_END = re.compile("[\x00\x0b\x0c\x1c-\x1f\x85\u2028\u2029]")
_AGENT_LINE = re.compile(r"\s*user[- ]?agent(?:\s*:|\s)\s*([^#]*)", re.IGNORECASE)
_TOKEN = re.compile(r"\*(?=\s|$)|[A-Za-z0-9_-]+")
_RULE = re.compile(r"\s*(?:allow|di[a-z]{4,7}w)\b", re.IGNORECASE)  # as much as Protego forgives
_OF_GROUPS = re.compile(rf"{_RULE.pattern}|\s*(?:user[- ]?agent|content-usage|content-signal)\b", re.IGNORECASE)
_RIGHTS_LINE = re.compile(r"\s*(content-usage|content-signal|license)\s*:\s*([^#]*)", re.IGNORECASE)
_STATEMENT = re.compile(r"(?:(/\S*)\s+)?(.*)", re.DOTALL)
_READERS = {"content-usage": content_usage, "content-signal": content_signal}


def decoded(payload: bytes) -> str:
    """The text of a file: UTF-8, as much as is read of it, without a byte order mark, whole or in part."""
    for length in (3, 2, 1):
        if payload.startswith(codecs.BOM_UTF8[:length]):
            payload = payload[length:]
            break
    return payload[:MAX_BYTES].decode("utf-8", "replace").replace("\0", " ")


@dataclass(frozen=True, slots=True)
class _Statement:
    """A line about the use of pages. path: a pattern; empty: all pages."""

    name: str
    path: str
    text: str


@dataclass(slots=True)
class Robots:
    """A parsed file, as far as some agents are concerned.

    groups: of each agent that the file names, the statements of its groups; lists may be shared by agents. always: those before any group,
    which count for all, since sites write them there.
    """

    rules: Protego
    groups: dict[str, list[list[_Statement]]] = field(default_factory=dict)
    always: list[_Statement] = field(default_factory=list)
    licences: list[str] = field(default_factory=list)

    def group_of(self, agent: str) -> str:
        """The group that an agent obeys: its own, or that for everybody."""
        token = agent.strip().lower()
        return token if token in self.groups else EVERY_AGENT

    def allows(self, url: str, agent: str) -> bool:
        """Whether an agent may fetch an address."""
        return bool(self.rules.can_fetch(url, self.group_of(agent)))

    def signals(self, url: str, agents: Collection[str]) -> Iterator[Signal]:
        """What the file says of one page to these agents; always whether all may fetch it."""
        refused = [agent for agent in agents if not self.allows(url, agent)]
        yield Signal("robots_txt", "disallow", ", ".join(refused), "no" if refused else "yes", PLACE)
        statements = dict.fromkeys(found for group in dict.fromkeys(map(self.group_of, agents)) for found in self._statements(url, group))
        for one in statements:
            yield from _READERS[one.name](one.text, PLACE)
        yield from (rsl(address, PLACE) for address in self.licences)

    def _statements(self, url: str, group: str) -> Iterator[_Statement]:
        """Of each kind those with the longest path that matches: of equal paths all, and the strictest holds (aipref-attach, 3.1)."""
        own = [*self.always, *(one for block in self.groups.get(group, ()) for one in block)]
        for name in _READERS:
            found = [one for one in own if one.name == name and (not one.path or matches(one.path, url))]
            longest = max((len(one.path.encode()) for one in found), default=0)
            yield from (one for one in found if len(one.path.encode()) == longest)


@functools.lru_cache(maxsize=64)
def parsed(content: str, agents: tuple[str, ...]) -> Robots:
    """The rules of a file for some agents; the same file is asked about many pages. Groups of other agents are left out before."""
    wanted = frozenset((EVERY_AGENT, *(agent.strip().lower() for agent in agents)))
    lines = [_plain(line, wanted) for line in _LINE.split(content)]
    robots = Robots(Protego.parse("\n".join(filter(_OF_GROUPS.match, lines))))
    block, is_open, num_statements = robots.always, False, 0
    for line in lines:
        if named := _AGENT_LINE.match(line):
            block = block if is_open else []
            is_open = True
            _add_block(robots, named[1].strip().lower(), block)
        elif found := _RIGHTS_LINE.match(line):
            num_statements += 1
            if num_statements > _MAX_STATEMENTS:
                break
            is_open = _add_statement(robots, block, found[1].lower(), found[2].strip()) and is_open
        elif _RULE.match(line):
            is_open = False
    return robots


def _add_block(robots: Robots, agent: str, block: list[_Statement]) -> None:
    blocks = robots.groups.setdefault(agent, []) if agent else []
    if not blocks or blocks[-1] is not block:
        blocks.append(block)


def _add_statement(robots: Robots, block: list[_Statement], name: str, value: str) -> bool:
    """Add a line about rights; return whether it leaves the group open: a licence is of no group."""
    if name == "license":
        robots.licences.append(value)
        return True
    path, text = _split(value)
    block.append(_Statement(name, path, text))
    return False


@functools.lru_cache(maxsize=1024)
def _matcher(pattern: str) -> Protego:
    return Protego.parse(f"User-agent: *\nDisallow: {pattern}\n")


def matches(pattern: str, url: str) -> bool:
    """Whether a path pattern matches an address, by the rules for Disallow (RFC 9309, section 2.2.2 and 2.2.3)."""
    return not _matcher(pattern).can_fetch(url, EVERY_AGENT)


def _split(value: str) -> tuple[str, str]:
    """The path and the statement of a line; a path begins with a slash, and may be left out (aipref-attach, section 3.2)."""
    found = _STATEMENT.fullmatch(value)
    return (found[1] or "", found[2].strip()) if found else ("", value)


def _plain(line: str, wanted: Collection[str]) -> str:
    """The line as Protego is to read it; that of an agent who is not wanted names nobody, and begins a group like any other."""
    line = _NO_LINE_END.sub(" ", line)
    if len(line) * 4 > _MAX_LINE_BYTES:
        line = line.encode()[:_MAX_LINE_BYTES].decode("utf-8", "ignore")
    named = _AGENT_LINE.match(line)
    if not named:
        return line
    token = _TOKEN.match(named[1].strip())
    return f"User-agent: {token[0] if token and token[0].lower() in wanted else ''}"

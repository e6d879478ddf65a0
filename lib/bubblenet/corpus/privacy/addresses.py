"""E-mail and IP addresses. Those that standards set aside for examples are no personal data, and stay."""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Iterator

from publicsuffixlist import PublicSuffixList

from bubblenet.corpus.privacy.found import Found, before

# Patterns begin with a character that is rare in prose, and look back from there: `re` then skips what cannot match.
_HOST = re.compile(r"@(?P<host>(?:[^\W_][\w-]{0,62}\.){1,6}[^\W\d_][\w-]{1,23})(?![\w@])")
_LOCAL = re.compile(r"(?<![\w.+-])[a-z0-9_](?:[a-z0-9_.!#$%&'*+/?^|~-]{0,62}[a-z0-9_+-])?$", re.I)
_LOCAL_LENGTH = 64
_SPELLED = re.compile(
    r"(?<![\w.+-])(?P<local>[a-z0-9_][a-z0-9_.+-]{0,62})[ ]?[\[({][ ]?(?:at|@)[ ]?[\])}][ ]?"
    r"(?P<host>[a-z0-9-]{1,63}(?:(?:[ ]?[\[({][ ]?(?:dot|\.)[ ]?[\])}][ ]?|\.)[a-z0-9-]{1,63}){1,5})(?![\w@])",
    re.I,
)
_AT = re.compile(r"[\[({] ?(?:[aA][tT]|@) ?[\])}]")
_DOT = re.compile(r"[ ]?[\[({][ ]?(?:dot|\.)[ ]?[\])}][ ]?", re.I)
_SET_ASIDE = re.compile(r"(?:^|\.)(?:example\.(?:com|net|org)|example|test|invalid|localhost)$")
"""RFC 2606: names for examples and tests."""

_V4 = re.compile(r"\d(?<![\w.-]\d)\d{0,2}(?:\.\d{1,3}){3}(?![\w]|\.\d|-\d)")
_V6 = re.compile(r"(?<![\w:.])(?:[0-9a-f]{1,4}:){2,7}(?::?[0-9a-f]{1,4}){0,6}+(?:::)?(?![\w:])", re.I)
_LEAST_COLONS = 3
_COLONS = re.compile(r":[0-9a-f]{0,4}:[0-9a-f]", re.I)
_NUMBERED = re.compile(
    r"(?:\bversions?|\bver|\bv|\brelease[sd]?|\bfirmware|\bbuild|\bsections?|\bchapter|\boid|\w/|\u00a7)\.?[\s:=]{0,2}$", re.I
)
"""What stands before the number of a version or section."""

_NETWORK = re.compile(
    r"\b(?:ip|ips|ipv4|addr(?:ess(?:es)?)?|hosts?|servers?|ping|ssh|nameserver|gateway|client|from|peer)\b|://|@|_ip\b", re.I
)
_RESOLVERS = frozenset(
    ("1.1.1.1", "1.0.0.1", "8.8.8.8", "8.8.4.4", "9.9.9.9", "149.112.112.112", "208.67.222.222", "208.67.220.220",
     "2606:4700:4700::1111", "2606:4700:4700::1001", "2001:4860:4860::8888", "2001:4860:4860::8844", "2620:fe::fe")
)  # fmt: skip
"""Of public services, which manuals name: Cloudflare, Google, Quad9, OpenDNS."""

_GIVEN_OUT = ipaddress.ip_network("2000::/3")
"""RFC 4291, section 2.4, and IANA: all that is given out of IPv6."""


def emails(text: str) -> Iterator[Found]:
    """E-mail addresses, also with a bracketed `at`."""
    for match in _HOST.finditer(text):
        at = match.start()
        local = _LOCAL.search(text[max(0, at - _LOCAL_LENGTH - 1) : at])
        if local and _is_reachable(match["host"].lower()) and not (local[0] == "git" and text[match.end() : match.end() + 1] == ":"):
            yield Found(at - len(local[0]), match.end(), "email", f"{local[0]}{match[0]}".lower())
    if _AT.search(text):
        for match in _SPELLED.finditer(text):
            host = _DOT.sub(".", match["host"]).lower()
            if _is_reachable(host):
                yield Found(*match.span(), "email", f"{match['local'].lower()}@{host}")


def ip_addresses(text: str) -> Iterator[Found]:
    """Addresses of machines that anybody may reach."""
    for match in _V4.finditer(text):
        if _is_machine(match[0]) and not _is_number(match, text):
            yield Found(*match.span(), "ip", match[0])
    if _COLONS.search(text):
        for match in _V6.finditer(text):
            if match[0].count(":") >= _LEAST_COLONS and (found := _parse(match[0])) and found in _GIVEN_OUT and _is_machine(match[0]):
                yield Found(*match.span(), "ip", str(found))


def _is_reachable(host: str) -> bool:
    """Whether mail could arrive there: its top-level domain exists, as those of files and attributes seldom do, and is not set aside."""
    return not _SET_ASIDE.search(host) and _suffixes().publicsuffix(host) is not None


@functools.cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False)


def _parse(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _is_machine(text: str) -> bool:
    """A global address, not that of a network or of a public resolver."""
    found = _parse(text)
    if found is None or not found.is_global or found.is_multicast or str(found) in _RESOLVERS:
        return False
    return not text.endswith((".0", "::"))


def _is_number(match: re.Match[str], text: str) -> bool:
    """Whether four numbers are a version or a section: a word says so, or all are small and nothing speaks of networks."""
    said = before(text, match.start())
    if _NUMBERED.search(said) and not said.endswith("//"):
        return True
    return all(len(part) < 3 for part in match[0].split(".")) and not _NETWORK.search(said.rpartition("\n")[2])

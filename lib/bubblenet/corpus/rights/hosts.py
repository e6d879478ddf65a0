"""The host of an address, and the domain that somebody registered: by the public suffix list of the `publicsuffixlist` package."""

from __future__ import annotations

import functools
import ipaddress
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList

_PORTS = {"http": 80, "https": 443}


def host_of(url: str) -> str | None:
    """The host in lower case, with its port unless that is the one of its scheme; None for addresses without one.

    RFC 9309 (section 2.3) reads a robots.txt for each scheme and port; here a host speaks for http and https alike: archives mix them.
    """
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not host:
        return None
    return host if port in (None, _PORTS[parts.scheme]) else f"{host}:{port}"


@functools.lru_cache(maxsize=65_536)
def registered_domain(host: str) -> str | None:
    """The part of a host that is registered: `a.b.example.co.uk` is of `example.co.uk`; an IP address stands for itself.

    Private suffixes count (`user.github.io`): those below them are different parties. None for a suffix alone.
    """
    name = _without_port(host)
    try:
        return str(ipaddress.ip_address(name.strip("[]")))
    except ValueError:
        return _suffixes().privatesuffix(ascii_name(name))


@functools.lru_cache(maxsize=65_536)
def domains_of(host: str) -> tuple[str, ...]:
    """The host and what is above it down to the registered domain, without its port: `a.b.example.co.uk`, `b.example.co.uk`,
    `example.co.uk`. A public suffix stands for itself alone.
    """
    name, registered = ascii_name(_without_port(host)), registered_domain(host)
    if registered is None or not name.endswith(f".{registered}"):
        return (name.strip("[]"),)
    labels = name.removesuffix(f".{registered}").split(".")
    return (*(".".join([*labels[start:], registered]) for start in range(len(labels))), registered)


@functools.cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def ascii_name(name: str) -> str:
    """A host name as lists spell it: in Punycode where it has other letters."""
    try:
        return name if name.isascii() else name.encode("idna").decode("ascii")
    except UnicodeError:
        return name


def _without_port(host: str) -> str:
    return host.partition(":")[0] if host.count(":") == 1 else host

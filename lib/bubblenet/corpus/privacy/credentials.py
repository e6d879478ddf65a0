"""Passwords, keys and tokens: by detect-secrets, by published formats that it lacks, and by its words for secrets before random values."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from bubblenet.corpus.privacy.found import Found
from bubblenet.corpus.privacy.needles import needles

if TYPE_CHECKING:
    from detect_secrets.plugins.base import RegexBasedDetector
    from detect_secrets.plugins.high_entropy_strings import Base64HighEntropyString

_BLOCK = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:(?:(?!-----)[\s\S]){20,20000}-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    r"|(?:\s*[A-Za-z0-9+/=]{40,})+(?:\s[A-Za-z0-9+/]{1,39}=*)?)"
)
"""A private key with its body (RFC 7468), also one that is cut; detect-secrets finds its first line alone."""

_LONG = re.compile(r"[\w-]{13,}", re.ASCII)
_IN_ADDRESS = re.compile(r"://[^/\s@]{1,200}:[^/\s@]{1,200}@")
_REST = re.compile(r"[\w-]{0,2048}(?:\.[\w-]{10,2048}){0,4}")
_SPACE = re.compile(r"\s")
_AROUND = 100
"""Characters before a value in which its name stands."""

_LONGEST, _OVERLAP = 8192, 2048
_NO_WORD, _LETTER = re.compile(r"\d|[a-z][A-Z]|^[A-Z]+$", re.ASCII), re.compile(r"[A-Za-z]")

_ASSIGNED = (
    r"(?:{words}|token|access_?key|credential|bearer|authorization:\s?basic)\w{{0,12}}[\"'\]]{{0,2}}(?:\s{{0,3}}(?:=>|:=|==|[:=])\s{{0,3}}|\s)"
    r"[\"'`]?(?P<value>[^\s\"'`,;<>(){{}}\[\]|]{{10,200}})"
)
_ASSIGNMENT = re.compile(r"[=:]>?\s{0,3}[\"'`]?[^\s\"'`/]{10}")
_OF_SECRETS = re.compile(r"(?:pass\w{0,6}|pwd|secret|token|key|contrase\w{1,3})\w{0,12}[\"'\]]{0,2}\s{0,3}:?$", re.I)
_NOT_ALONE = frozenset(
    (
        "AWS Access Key",
        "Basic Auth Credentials",
        "Cloudant Credentials",
        "IBM Cloud IAM Key",
        "IBM COS HMAC Credentials",
        "NPM tokens",
        "SoftLayer Credentials",
    )
)
"""Types whose pattern also matches what stands before a secret; the secret is its group."""

_LOOSE = frozenset(("Artifactory Credentials", "IBM Cloud IAM Key", "Twilio API Key", "Mailchimp Access Key", "Discord Bot Token"))
"""Types whose pattern also fits words and checksums, so that the value must look random."""

_PLACEHOLDER = re.compile(
    r"example|your|placeholder|changeme|change-me|dummy|sample|redacted|x{5,}|\*{3,}|\.\.\.|0{8,}|1234567|abcdef|foobar|<|>|\$\{|\{\{|%\(",
    re.I,
)
_TAUGHT = re.compile(
    r"(?:pass|passwd|password|pwd|pw|secret|token|user(?:name)?|key|test|foo|bar|guest|admin|root|default|\$\w+|%\w+%?|[:*x.]+)\d?", re.I
)
"""What manuals write for a password."""

_WORDS = re.compile(r"[A-Za-z]*\d{0,4}(?:[_.:/@~-]+[A-Za-z]*\d{0,4})*")
_CHANGES = re.compile(r"(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])|(?<=[a-z])(?=[A-Z])")
_LEAST_CHANGES, _CHARACTERS_A_CHANGE = 3, 5
_LEAST_ENTROPY = 3.0
"""Bits a character; the default limit of detect-secrets for hexadecimal strings."""


@dataclass(frozen=True, slots=True)
class _Detector:
    """A pattern, where in its match the secret stands, and whether the value must look random, or be sound otherwise."""

    pattern: re.Pattern[str]
    is_group: bool = False
    is_loose: bool = False
    is_token: bool = False

    def may_match(self, folded: str) -> bool:
        """Whether a text, given in folded case, has one of the words that a match must have."""
        words = _words(self.pattern)
        return not words or any(word in folded for word in words)


def secrets(text: str) -> Iterator[Found]:
    """Secrets of a text: private keys first, then line by line, where a line may hold one."""
    if "PRIVATE KEY" in text:
        for match in _BLOCK.finditer(text):
            if not _PLACEHOLDER.search(match[0]):
                yield Found(*match.span(), "secret", match[0])
    for start, end in _places(text):
        folded = text[start:end].casefold()
        for detector in _detectors():
            if detector.may_match(folded):
                yield from _of_part(text, start, end, detector)


def detector_patterns() -> list[re.Pattern[str]]:
    """The patterns that secrets are found by, each format of ours for itself."""
    *library, _, assigned = (detector.pattern for detector in _detectors())
    return [*library, assigned, *(re.compile(rf"(?<![\w-])(?:{pattern})") for pattern in _own_formats())]


def _of_part(text: str, start: int, end: int, detector: _Detector) -> Iterator[Found]:
    done = start
    for match in detector.pattern.finditer(text, start, end):
        first, last = match.span(match.lastindex or 0) if detector.is_group else match.span()
        if first < done:  # within what the last match was extended by
            continue
        done = last if detector.is_group else _end(text, last)
        value = text[first:done].strip(" \t\"'`=:")
        first = text.index(value, first)
        if value and _is_secret(value, detector):
            yield Found(first, first + len(value), "secret", value)


def _end(text: str, last: int) -> int:
    """Where what was matched really ends: some patterns take the least."""
    rest = _REST.match(text, last)
    return rest.end() if rest else last


def _places(text: str) -> list[tuple[int, int]]:
    """Parts of lines that may hold a secret: something long of letters and digits, or a password in an address, with what stands around."""
    spans = [match.span() for match in _LONG.finditer(text) if _NO_WORD.search(match[0]) and _LETTER.search(match[0])]
    if "@" in text:
        spans += (match.span() for match in _IN_ADDRESS.finditer(text))
    spans += (match.span() for match in _ASSIGNMENT.finditer(text) if _OF_SECRETS.search(text[max(0, match.start() - 30) : match.start()]))
    places: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        near = max(0, first - _AROUND)
        start = max(text.rfind("\n", near, first) + 1, near)
        space = _SPACE.search(text, last, last + _LONGEST)
        end = space.start() if space else min(len(text), last + _LONGEST)
        if places and start <= places[-1][1]:
            places[-1] = (places[-1][0], max(end, places[-1][1]))
        else:
            places.append((start, end))
    return [piece for start, end in places for piece in _pieces(start, end)]


def _pieces(start: int, end: int) -> list[tuple[int, int]]:
    """A part in overlapping pieces: some patterns take the square of its length, and a page may be one line without a space."""
    step = _LONGEST - _OVERLAP
    return [(first, min(end, first + _LONGEST)) for first in range(start, max(start + 1, end - _OVERLAP), step)]


def _is_secret(value: str, detector: _Detector) -> bool:
    if _PLACEHOLDER.search(value) or _is_sequence(value):
        return False
    if detector.is_token:
        return _is_token(value)
    if detector.is_loose:
        return _is_random(value)
    return not _TAUGHT.fullmatch(value)


def _is_random(value: str) -> bool:
    """Whether it is neither words with numbers behind them nor an identifier, and has the entropy of a secret."""
    from detect_secrets.filters.heuristic import is_potential_uuid

    if _WORDS.fullmatch(value) or is_potential_uuid(value) or not any(map(str.isdigit, value)):
        return False
    changes = len(_CHANGES.findall(value))
    is_mixed = changes >= max(_LEAST_CHANGES, len(value) // _CHARACTERS_A_CHANGE)
    return is_mixed and bool(_entropy().calculate_shannon_entropy(value) >= _LEAST_ENTROPY)


@functools.cache
def _words(pattern: re.Pattern[str]) -> frozenset[str]:
    return frozenset(word.casefold() for word in needles(pattern))


@functools.cache
def _detectors() -> tuple[_Detector, ...]:
    """Those of the library, then ours."""
    from detect_secrets.plugins.jwt import JwtTokenDetector
    from detect_secrets.plugins.keyword import DENYLIST

    found = [
        _Detector(pattern, plugin.secret_type in _NOT_ALONE, plugin.secret_type in _LOOSE, isinstance(plugin, JwtTokenDetector))
        for plugin in _plugins()
        for pattern in plugin.denylist
    ]
    formats = "|".join(_own_formats())
    found.append(_Detector(re.compile(rf"(?<![\w-])(?:{formats})(?![\w-])")))
    return (*found, _Detector(re.compile(_ASSIGNED.format(words="|".join(DENYLIST)), re.I), is_group=True, is_loose=True))


@functools.cache
def _own_formats() -> list[str]:
    text = resources.files(__package__).joinpath("secret_formats.toml").read_text(encoding="utf-8")
    return [one["pattern"] for one in tomllib.loads(text)["format"]]


def _plugins() -> list[RegexBasedDetector]:
    """The detectors of the library that know a format; addresses are another kind, and private keys are found with their body."""
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
    from detect_secrets.plugins.base import RegexBasedDetector

    known: Mapping[str, type[RegexBasedDetector]] = get_mapping_from_secret_type_to_class()
    chosen = (known[name] for name in sorted(known) if name not in ("Public IP (ipv4)", "Private Key"))
    return [plugin() for plugin in chosen if issubclass(plugin, RegexBasedDetector)]


def _is_token(value: str) -> bool:
    from detect_secrets.plugins.jwt import JwtTokenDetector

    return JwtTokenDetector.is_formally_valid(value)


def _is_sequence(value: str) -> bool:
    from detect_secrets.filters.heuristic import is_sequential_string

    return is_sequential_string(value)


@functools.cache
def _entropy() -> Base64HighEntropyString:
    from detect_secrets.plugins.high_entropy_strings import Base64HighEntropyString

    return Base64HighEntropyString()

"""The kinds of personal data that are masked: what stands for a value, who recognises it, and the column that counts it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind. name: as in `privacy.kinds`. placeholder: what is written for a value, in brackets. column: of table `segments`.

    plural: for people. found_by: the libraries that say what is one, and what of ours stands before them.
    kept: what looks like one and is left.
    """

    name: str
    placeholder: str
    column: str
    plural: str
    found_by: str
    kept: str


KINDS = (
    Kind(
        "secret",
        "secret",
        "num_secrets",
        "passwords, keys and tokens",
        "detect-secrets; formats of `secret_formats.toml`; values assigned to its keywords that look random",
        "placeholders, sequences, UUIDs, checksums, documented examples",
    ),
    Kind(
        "email",
        "email address",
        "num_email_addresses",
        "e-mail addresses",
        "publicsuffixlist: a local part before a registered domain; also `name (at) host (dot) org`",
        "names of RFC 2606 (example.com, .test), `git@host:` of repositories, packages with a version",
    ),
    Kind(
        "iban",
        "IBAN",
        "num_ibans",
        "bank accounts (IBAN)",
        "python-stdnum: country, length, check digits",
        "what fails the check",
    ),
    Kind(
        "card",
        "card number",
        "num_card_numbers",
        "numbers of payment cards",
        "python-stdnum: Luhn; lengths and first digits of issuers",
        "numbers of orders, articles and devices; 12 and 13 digits without a word of cards",
    ),
    Kind(
        "ssn",
        "social security number",
        "num_social_security_numbers",
        "US social security numbers",
        "python-stdnum",
        "areas and groups that are never given out; nine digits without hyphens and without a word that says so",
    ),
    Kind(
        "ip",
        "IP address",
        "num_ip_addresses",
        "IP addresses",
        "ipaddress: globally routable",
        "examples (RFC 5737, RFC 3849), private, loopback and network addresses, public resolvers, numbers of versions and sections",
    ),
    Kind(
        "phone",
        "phone number",
        "num_phone_numbers",
        "telephone numbers",
        "phonenumberslite: valid with a `+`, or as written in North America; any digits of that length beside a word for a telephone",
        "dates, numbers reserved for fiction (555-01xx)",
    ),
    Kind(
        "name",
        "name",
        "num_names",
        "names of persons",
        "a spaCy pipeline of yours; off unless `privacy.names` names one",
        "everything else that the pipeline knows",
    ),
)
"""In order of precedence: where two overlap, the earlier kind stands."""

KIND_NAMES = tuple(kind.name for kind in KINDS)
BY_PATTERN = tuple(name for name in KIND_NAMES if name != "name")
"""Those that need no model: what `privacy.kinds` chooses among. Names of persons have a key of their own."""


def kind_of(name: str) -> Kind:
    """The kind of that name. Raises KeyError for another."""
    return _BY_NAME[name]


_BY_NAME = {kind.name: kind for kind in KINDS}

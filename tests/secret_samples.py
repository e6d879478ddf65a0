"""Generated secrets of published formats, in the places where pages show them, and lines that only look as if they held one.

Each format is written down as the one who gives it out describes it, not as our patterns have it. No value is anybody's.
"""

from __future__ import annotations

import base64
import json
import random
import string
import uuid
from collections.abc import Callable, Iterator

ALNUM, LOWER, UPPER, HEX = (
    string.ascii_letters + string.digits,
    string.ascii_lowercase + string.digits,
    string.ascii_uppercase,
    "0123456789abcdef",
)
URL_SAFE = ALNUM + "-_"
BECH32 = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"
Draw = random.Random


def _of(draw: Draw, alphabet: str, length: int) -> str:
    return "".join(draw.choices(alphabet, k=length))


def _prefixed(prefix: str, alphabet: str, length: int) -> Callable[[Draw], str]:
    return lambda draw: prefix + _of(draw, alphabet, length)


def _jwt(draw: Draw) -> str:
    parts = ({"alg": "HS256", "typ": "JWT"}, {"sub": _of(draw, string.digits, 10), "iat": draw.randrange(10**9)})
    head = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*head, base64.urlsafe_b64encode(draw.randbytes(32)).decode().rstrip("=")])


def _key_block(label: str) -> Callable[[Draw], str]:
    def make(draw: Draw) -> str:
        body = base64.b64encode(draw.randbytes(900)).decode()
        lines = "\n".join(body[start : start + 64] for start in range(0, len(body), 64))
        return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----"

    return make


FORMATS: dict[str, Callable[[Draw], str]] = {
    "AWS access key id": _prefixed("AKIA", UPPER + "234567", 16),
    "AWS temporary key id": _prefixed("ASIA", UPPER + "234567", 16),
    "GitHub personal token": _prefixed("ghp_", ALNUM, 36),
    "GitHub server token": _prefixed("ghs_", ALNUM, 36),
    "GitHub fine-grained token": lambda draw: f"github_pat_{_of(draw, ALNUM, 22)}_{_of(draw, ALNUM, 59)}",
    "GitLab personal token": _prefixed("glpat-", URL_SAFE, 20),
    "GitLab runner token": _prefixed("glrt-", URL_SAFE, 20),
    "Slack bot token": lambda draw: f"xoxb-{_of(draw, string.digits, 12)}-{_of(draw, string.digits, 12)}-{_of(draw, ALNUM, 24)}",
    "Slack app token": lambda draw: f"xapp-1-A{_of(draw, UPPER, 10)}-{_of(draw, string.digits, 13)}-{_of(draw, HEX, 64)}",
    "Slack webhook": lambda draw: f"https://hooks.slack.com/services/T{_of(draw, UPPER, 8)}/B{_of(draw, UPPER, 8)}/{_of(draw, ALNUM, 24)}",
    "Stripe live key": _prefixed("sk_live_", ALNUM, 24),
    "Stripe restricted key": _prefixed("rk_live_", ALNUM, 24),
    "Stripe webhook secret": _prefixed("whsec_", ALNUM, 32),
    "SendGrid key": lambda draw: f"SG.{_of(draw, URL_SAFE, 22)}.{_of(draw, URL_SAFE, 43)}",
    "Twilio API key": _prefixed("SK", HEX, 32),
    "Mailchimp key": lambda draw: f"{_of(draw, HEX, 32)}-us{draw.randrange(1, 22)}",
    "Mailgun key": _prefixed("key-", HEX, 32),
    "Telegram bot token": lambda draw: f"{draw.randrange(10**9, 10**10)}:{_of(draw, URL_SAFE, 35)}",
    "Discord bot token": lambda draw: f"M{_of(draw, ALNUM, 23)}.{_of(draw, URL_SAFE, 6)}.{_of(draw, URL_SAFE, 27)}",
    "Discord webhook": lambda draw: f"https://discord.com/api/webhooks/{_of(draw, string.digits, 18)}/{_of(draw, URL_SAFE, 68)}",
    "Google API key": _prefixed("AIza", URL_SAFE, 35),
    "Google OAuth client secret": _prefixed("GOCSPX-", URL_SAFE, 28),
    "OpenAI key": lambda draw: f"sk-{_of(draw, ALNUM, 20)}T3BlbkFJ{_of(draw, ALNUM, 20)}",
    "OpenAI project key": lambda draw: f"sk-proj-{_of(draw, URL_SAFE, 74)}T3BlbkFJ{_of(draw, URL_SAFE, 74)}",
    "Anthropic key": lambda draw: f"sk-ant-api03-{_of(draw, URL_SAFE, 93)}AA",
    "Hugging Face token": _prefixed("hf_", string.ascii_letters, 34),
    "npm token": _prefixed("npm_", ALNUM, 36),
    "PyPI token": lambda draw: f"pypi-AgEIcHlwaS5vcmc{_of(draw, URL_SAFE, 150)}",
    "RubyGems key": _prefixed("rubygems_", HEX, 48),
    "crates.io token": _prefixed("cio", ALNUM, 32),
    "Docker token": _prefixed("dckr_pat_", URL_SAFE, 27),
    "DigitalOcean token": _prefixed("dop_v1_", HEX, 64),
    "Databricks token": _prefixed("dapi", HEX, 32),
    "Shopify token": _prefixed("shpat_", HEX, 32),
    "Square secret": _prefixed("sq0csp-", URL_SAFE, 43),
    "HashiCorp Vault token": _prefixed("hvs.", URL_SAFE, 90),
    "Terraform token": lambda draw: f"{_of(draw, ALNUM, 14)}.atlasv1.{_of(draw, ALNUM, 67)}",
    "Grafana service token": lambda draw: f"glsa_{_of(draw, ALNUM, 32)}_{_of(draw, HEX, 8)}",
    "Linear key": _prefixed("lin_api_", ALNUM, 40),
    "Notion token": lambda draw: f"ntn_{_of(draw, string.digits, 11)}{_of(draw, ALNUM, 35)}",
    "Postman key": lambda draw: f"PMAK-{_of(draw, HEX, 24)}-{_of(draw, HEX, 34)}",
    "Doppler token": _prefixed("dp.pt.", ALNUM, 43),
    "Atlassian token": lambda draw: f"ATATT3xFfGF0{_of(draw, URL_SAFE, 171)}={_of(draw, HEX.upper(), 8)}",
    "age key": _prefixed("AGE-SECRET-KEY-1", BECH32, 58),
    "Azure storage key": lambda draw: f"AccountKey={base64.b64encode(draw.randbytes(64)).decode()}",
    "JSON Web Token": _jwt,
    "RSA private key": _key_block("RSA PRIVATE KEY"),
    "OpenSSH private key": _key_block("OPENSSH PRIVATE KEY"),
    "PKCS 8 private key": _key_block("PRIVATE KEY"),
}
"""Of each a maker of one value."""

PLACES = (
    'api_key = "{}"',
    "export SERVICE_TOKEN={}",
    "Set the header with `curl -H 'Authorization: Bearer {}' https://api.service.dev/v1/items` and go on.",
    "I pasted {} into the form by mistake, and it was accepted.",
    '  "credential": "{}",',
)
"""Where pages show them."""


def secrets(seed: int = 1) -> Iterator[tuple[str, str, str]]:
    """(format, secret, text with it): each format in each place."""
    draw = random.Random(seed)
    for name, make in FORMATS.items():
        for place in PLACES:
            value = make(draw)
            yield name, value, place.format(value)


def decoys(seed: int = 2) -> list[str]:
    """Lines without a secret, more than two hundred: digests, identifiers, placeholders, references, addresses of pages."""
    draw = random.Random(seed)
    drawn: list[Callable[[], str]] = [
        lambda: f"The commit {_of(draw, HEX, 40)} fixes the regression.",
        lambda: f"sha256:{_of(draw, HEX, 64)}  archive-1.{draw.randrange(90)}.tar.gz",
        lambda: f"MD5 (image.iso) = {_of(draw, HEX, 32)}",
        lambda: f'"integrity": "sha512-{base64.b64encode(draw.randbytes(64)).decode()}"',
        lambda: f"request_id: {uuid.UUID(int=draw.getrandbits(128), version=4)}",
        lambda: f"UUID={uuid.UUID(int=draw.getrandbits(128), version=4)} /boot ext4 defaults 0 2",
        lambda: f"data:image/png;base64,{base64.b64encode(draw.randbytes(60)).decode()}",
        lambda: f"https://shop.dev/articles/{draw.randrange(10**8)}/how-to-install-python{draw.randrange(4, 99)}-on-windows-11",
        lambda: f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{base64.b64encode(draw.randbytes(32)).decode()[:43]} key of a server",
        lambda: f"<div class=\"css-{_of(draw, LOWER, 7)} MuiGrid-item-xs-{draw.randrange(12)}\">",
        lambda: f"libssl{draw.randrange(1, 4)}-dev_{draw.randrange(9)}.0.{draw.randrange(20)}-1~deb12u{draw.randrange(9)}_amd64.deb",
        lambda: f"ip-10-0-{draw.randrange(255)}-{draw.randrange(255)}.eu-west-1.compute.internal",
        lambda: f"fingerprint SHA256:{base64.b64encode(draw.randbytes(32)).decode().rstrip('=')}",
        lambda: f"video https://www.youtube.com/watch?v={_of(draw, URL_SAFE, 11)} at 12:{draw.randrange(10, 60)}",
    ]  # fmt: skip
    return [make() for _ in range(12) for make in drawn] + list(_PLACEHOLDERS)


_PLACEHOLDERS = (
    'api_key = "YOUR_API_KEY_HERE_1234"', "password: changeme", 'password = "password123"', "export TOKEN=<your-token-goes-here>",
    "secret = os.environ['APP_SECRET_KEY_V2']", "token = get_token(user_id=42, scope='read:all')", 'password = "hunter2"',
    "aws_access_key_id = AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "postgres://user:password@localhost:5432/app", "mysql://root:secret@db.example.com/app", "https://user:pass@example.com/",
    "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "Authorization: Bearer $ACCESS_TOKEN_2", "Authorization: Bearer <access_token>",
    "private_key_path = /etc/ssl/private/server-2024.key", "secret_key_base: <%= ENV['KEY_BASE_64'] %>",
    "The file begins with -----BEGIN PRIVATE KEY----- and ends with -----END PRIVATE KEY-----.", "keyboard = us_intl_105_keys",
    "password_hasher = django.contrib.auth.hashers.PBKDF2PasswordHasher", "token_type_ids = torch.zeros(1, 512)",
    "tokenizer = bert_base_uncased_v2", "max_tokens: 4096 and top_p: 0.95", "secret_santa_2024_wishlist = list()",
    "const key = `${prefix}-${index}-v2`", "primary_key = customer_id_2024", "foreign key: orders.customer_id_2",
    "api_version_key = 2024-02-15-preview", "password = getpass.getpass('Password for v2: ')",
)  # fmt: skip

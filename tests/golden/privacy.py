"""The component that masks personal data, on every kind and on what only looks like one."""

from __future__ import annotations

from typing import Any

from bubblenet.corpus.extraction.blocks import Block, render
from bubblenet.corpus.privacy.finding import find
from bubblenet.corpus.privacy.kinds import KIND_NAMES
from bubblenet.corpus.privacy.masking import MaskSettings, mask_page, mask_text, name_values
from tests.golden import Component, Plant
from tests.secret_samples import decoys, secrets

TEXTS = [
    "Write to Jo.Doe+x@firm.co.uk, jo (at) firm [dot] de or j@example.com; git@github.com:a/b.git, react@18.2.0, a@b.png.",
    "Card 4111 1111 1111 1111, order 4111111111111111, card 503867297114, 503867297114, 4111 1111 1111 1112, 5500-0055-5555-5559.",
    "IBAN GB82 WEST 1234 5698 7654 32 and de89370400440532013000, not DE89370400440532013001.",
    "SSN 536-90-4399, order 536-90-4398, 666-12-3456, SSN 536904397, 536904396.",
    "From 86.121.97.248, 192.0.2.1, 10.0.0.1, 8.8.8.8, 86.121.97.0, version 86.121.97.249",
    "4.19.0.12, server 4.19.0.13, 2001:db8::1, 2a02:8109:9c0::1f.",
    "Call +41 44 668 18 00, (212) 736-5000 x12, 212-736-5000, 212-555-0123; Tel. 0228 999582; on 2024-01-02",
    "call 12 34 56 78; 699 956 915.",
    "28-64-66-98 office, 1999-2004, phone:\n0393 1144137, +447700677662, +1 903 140 4508.",
]
BLOCKS = [
    Block("heading", "Ask me@firm.com", 1),
    Block("paragraph", "me@firm.com or you@firm.com", num_link_characters=11),
    Block("code", "```\nhost=86.121.97.248\n```"),
    Block("paragraph", "ME@firm.com \ufdd1 7\ufdd2"),
]


def _masked() -> Any:
    page = mask_page("Of me@firm.com", BLOCKS, MaskSettings())
    passages = [name_values(page.blocks[start:end], (page.title,), page.values) for start, end in ((0, 4), (1, 2), (2, 3), (3, 4))]
    return [(render(blocks), [block.num_link_characters for block in blocks], path, masked) for blocks, path, masked in passages]


def _privacy() -> Any:
    found = [find(text, KIND_NAMES) for text in TEXTS]
    masked = [mask_text(text, MaskSettings()) for text in (*TEXTS, *(text for _, _, text in secrets()), *decoys())]
    return (
        found,
        masked,
        _masked(),
        mask_page("me@firm.com", BLOCKS, MaskSettings(mask=False)),
        mask_text(TEXTS[0], MaskSettings(kinds=("ip",))),
    )


PRIVACY = [
    Component(
        "PRIVACY_VERSION",
        "bubblenet.corpus.privacy.masking",
        _privacy,
        "ingest and segment, and every later stage where a passage is masked otherwise",
        Plant("bubblenet.corpus.privacy", 'return not text.endswith((".0", "::"))', "return True"),
    ),
]

"""The component that masks pages before they are stored, on every place and spelling of a value."""

from __future__ import annotations

from typing import Any

from bubblenet.corpus.privacy.masking import MaskSettings
from bubblenet.corpus.privacy.pages import mask_address, mask_content, mask_line
from tests.golden import Component, Plant

PAGES = [
    '<p>Mail <a href="mailto:jo&#64;firm.com?x=jo%40firm.com">jo&commat;firm.com</a> <b>jo</b>@firm.com, Tel.\n   <b>030</b> 123 4567</p>'
    '<!--al@firm.com--><script type="application/ld+json">{"email": "jo\\u0040firm.com", "telephone": "030 123 4567", "n":4111111111111111}'
    "</script><a href=tel:+493012345678 data-x='030 123 4567'>[email-address-1]</a><pre>a@firm.com\n86.121.97.248</pre>",
    "<p>order 4111111111111111, jo@example.com, version 86.121.97.249</p><svg d='M10 20 30 40 50 60'/><i id=a1234567890>home</i>",
]
TEXTS = ["a jo@firm.com [x](mailto:al%40firm.com) Tel. 030 123 4567, 030 123 4567", "\ufdd1 no value"]
URLS = [
    "https://site.dev/u/jo@firm.com?to=al%40firm.com",
    "https://jo:9xKq-77aa@firm.com/",
    "http://86.121.97.248:8080/?ip=86.121.97.248",
    "file:///data/jo@firm.com",
    "https://site.dev/",
]


def _stored() -> Any:
    settings = MaskSettings()
    of_pages = [mask_content(page, "html", settings) for page in PAGES]
    of_texts = [mask_content(text, "markdown", settings) for text in TEXTS]
    return of_pages, of_texts, [mask_address(url, settings) for url in URLS], [mask_line(text, settings) for text in TEXTS]


STORED_PAGES = [
    Component(
        "PAGE_MASKING_VERSION",
        "bubblenet.corpus.privacy.pages",
        _stored,
        "ingest, so that all archives are read again, and segment; later stages where a passage is masked otherwise",
        Plant("bubblenet.corpus.privacy", "return f'\"{name}\"' if is_bare", 'return f"{name}" if is_bare'),
        uses=("PRIVACY_VERSION",),
    )
]

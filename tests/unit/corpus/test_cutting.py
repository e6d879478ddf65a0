"""Rows of a page as the segment stage writes them."""

from __future__ import annotations

import pytest

from bubblenet.settings import Privacy, Segmentation
from bubblenet.tables import SEGMENTS
from bubblenet.udfs.corpus import CutPage

PAGE = (
    "<h1>Tee</h1><p>Der Kessel steht auf dem Herd, und das Wasser kocht gleich. Danach gibt es einen guten Tee f\u00fcr alle im Haus.</p>"
)


def rows(page: str, declared_language: str | None) -> list[dict[str, object]]:
    cut = CutPage(Segmentation(min_characters=20, min_words=5), (), Privacy())
    read = {
        "url": "https://tee.example/",
        "content": page,
        "content_type": "html",
        "declared_language": declared_language,
        "personal": None,
    }
    return [row for _, row in cut([read])]


@pytest.mark.parametrize(("declared", "agrees"), [("de-AT", True), ("en", False), (None, None)])
def test_the_claim_of_the_page_is_compared_and_not_trusted(declared: str | None, agrees: bool | None) -> None:
    [row] = rows(PAGE, declared)

    assert (row["language"], row["language_agrees"], row["kept"]) == ("de", agrees, True)


def test_a_page_without_text_agrees_with_no_claim() -> None:
    [row] = rows("<h1>Tee</h1>", "de")

    assert (row["reason"], row["language"], row["language_agrees"]) == ("no_text", "und", None)


def test_rows_fit_the_table() -> None:
    [row] = rows(PAGE, "de")

    assert row.keys() <= set(SEGMENTS.column_names)
    assert "declared_language" in CutPage(Segmentation(), (), Privacy()).identity

"""Where instructions come from is declared once; tables and judging keep to it."""

from __future__ import annotations

import pytest

from bubblenet.judging.origins import CANDIDATES, JUDGED_AS, ORIGINS, PARAPHRASED, names_judged_as
from bubblenet.tables import CURATED, INSTRUCTIONS, JUDGEMENTS, Table


@pytest.mark.parametrize("table", [INSTRUCTIONS, JUDGEMENTS, CURATED], ids=lambda table: table.name)
def test_the_comment_of_the_column_names_every_origin(table: Table):
    (comment,) = (column.comment for column in table.columns if column.name == "origin")

    assert [origin.name for origin in ORIGINS if origin.name not in comment] == []


def test_every_origin_is_judged_by_one_model():
    judged = [name for model in JUDGED_AS for name in names_judged_as(model)]

    assert sorted(judged) == sorted(origin.name for origin in ORIGINS)
    assert names_judged_as("extracted") == ["extracted"]


def test_what_the_model_wrote_competes_and_paraphrases_are_made_of_no_translation():
    assert CANDIDATES == ("generated", "translated", "cross_lingual")
    assert PARAPHRASED == ("generated", "extracted")

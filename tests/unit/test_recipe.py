"""What a raised version redoes: the fingerprints of these stages change, and no others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bubblenet import settings
from bubblenet.corpus.reading import formats
from bubblenet.kernel.fingerprint import Fingerprint, raised
from bubblenet.method import recipe
from bubblenet.method.recipe import Recipe, corpus_recipe, full_recipe

EVERYTHING = (
    "engine.kind=scripted",
    "translation.translator=scripted",
    'translation.languages=["es"]',
    "translation.cross_lingual=true",
    'paraphrasing.pivots=["xx"]',
)
CUT = {"segment", "deduplicate", "score/contrast"}
TRANSLATED = {"backtranslate/translated", "backtranslate/cross_lingual"}
ASKED = {"backtranslate"} | TRANSLATED

REDOES = {
    "READER_VERSION": {"ingest"} | CUT,
    "HYGIENE_VERSION": {"ingest"} | CUT,
    "PROVENANCE_VERSION": {"ingest"},
    "RIGHTS_VERSION": {"rights"},
    "_CUTTING": CUT,
    "ADDRESSES_VERSION": CUT,
    "PRIVACY_VERSION": {"ingest"} | CUT,
    "PAGE_MASKING_VERSION": {"ingest"} | CUT,
    "SHINGLES_VERSION": {"minhash", "deduplicate"},
    "MINHASH_VERSION": {"minhash", "deduplicate"},
    "CONTAMINATION_VERSION": {"minhash", "deduplicate", "paraphrase"},
    "CLUSTERS_VERSION": {"deduplicate"},
    "GATES_VERSION": {"extract", "paraphrase"} | ASKED,
    "TAKING_VERSION": {"extract"},
    "KEEPING_VERSION": {"backtranslate/cross_lingual"},
    "SHAPE_VERSION": ASKED,
    "DRAW_VERSION": ASKED,
    "MEASURING_VERSION": {"score/passage"} | ASKED,
    "QUALITY_VERSION": {"paraphrase"} | TRANSLATED,
    "MASKING_VERSION": {"paraphrase"} | TRANSLATED,
    "FINISHING_VERSION": {"paraphrase"} | TRANSLATED,
    "ENCODER_VERSION": {"paraphrase"} | TRANSLATED,
    "NATIVE_VERSION": TRANSLATED,
    "PARAPHRASING_VERSION": {"paraphrase"},
}


@pytest.fixture
def chosen(tmp_path):
    """Settings under which every stage has a fingerprint."""
    file = tmp_path / "evaluation.jsonl"
    file.write_text('{"question": "What keeps longest in a jar?"}\n')
    domains = tmp_path / "domains"
    domains.write_text("bad.example\n")
    return settings.load(None, [*EVERYTHING, f'decontamination.evaluations=["{file}:question"]', f'safety.domains=["{domains}"]'])


def changed(before: Recipe, after: Recipe) -> set[str]:
    """The stages that are redone."""
    return {stage for stage in before.fingerprints if after[stage].id != before[stage].id}


@pytest.mark.parametrize(("name", "stages"), REDOES.items(), ids=list(REDOES))
def test_a_raised_version_redoes_what_depends_on_it_and_nothing_else(chosen, monkeypatch, name, stages):
    before = full_recipe(chosen)
    monkeypatch.setattr(recipe, name, 99)
    after = full_recipe(chosen)

    assert changed(before, after) == stages


def test_where_pages_are_kept_as_they_were_read_other_rules_of_privacy_read_no_archive(chosen, monkeypatch):
    kept = chosen.model_copy(update={"privacy": chosen.privacy.model_copy(update={"keep_documents": True})})
    before = full_recipe(kept)
    monkeypatch.setattr(recipe, "PAGE_MASKING_VERSION", 99)
    assert changed(before, full_recipe(kept)) == set()
    monkeypatch.setattr(recipe, "PRIVACY_VERSION", 99)
    assert changed(before, full_recipe(kept)) == CUT


def test_another_content_of_a_list_of_addresses_has_pages_cut_again(chosen, tmp_path):
    before = full_recipe(chosen)
    (tmp_path / "domains").write_text("worse.example\n")

    assert changed(before, full_recipe(chosen)) == CUT


def test_the_agents_have_rights_read_again_and_the_policy_nothing(chosen):
    before = full_recipe(chosen)
    rights = chosen.rights.model_copy(update={"policy": "licensed_only", "signals": ("noindex",), "licences": ("mit",)})

    assert changed(before, full_recipe(chosen.model_copy(update={"rights": rights}))) == set()
    other = chosen.rights.model_copy(update={"agents": ("OtherBot",)})
    assert changed(before, full_recipe(chosen.model_copy(update={"rights": other}))) == {"rights"}


def test_a_format_that_learns_a_suffix_has_all_names_looked_at_again_and_nothing_else_redone(chosen, monkeypatch):
    before = full_recipe(chosen)
    html, *others = formats.FORMATS
    monkeypatch.setattr(formats, "FORMATS", (replace(html, suffixes=(*html.suffixes, ".new")), *others))

    assert changed(before, full_recipe(chosen)) == {"list"}


def test_the_digest_of_the_suffixes_does_not_depend_on_their_order(monkeypatch):
    before = formats.suffix_table()
    monkeypatch.setattr(formats, "FORMATS", formats.FORMATS[::-1])

    assert formats.digest(formats.suffix_table()) == formats.digest(before)


def test_every_version_that_the_recipe_names_is_in_the_list_above():
    cutting = {"EXTRACTION_VERSION", "SEGMENTATION_VERSION", "RULES_VERSION", "HEADINGS_VERSION", "IDENTIFIER_VERSION"}

    assert {name for name in vars(recipe) if name.endswith("_VERSION")} == (set(REDOES) | cutting) - {"_CUTTING"}


def test_a_version_that_was_introduced_later_changes_no_fingerprint_until_it_is_raised():
    assert Fingerprint({"reader": 2} | raised(provenance=1)).id == Fingerprint({"reader": 2}).id
    assert raised(provenance=2, measuring=1) == {"provenance": 2}


def test_pages_that_were_read_under_another_version_of_provenance_are_still_known(chosen, monkeypatch):
    monkeypatch.setattr(recipe, "PROVENANCE_VERSION", 1)
    oldest = corpus_recipe(chosen)
    monkeypatch.setattr(recipe, "PROVENANCE_VERSION", 2)
    older = corpus_recipe(chosen)
    monkeypatch.setattr(recipe, "PROVENANCE_VERSION", 3)
    newest = corpus_recipe(chosen)

    assert newest.readings() == [newest["ingest"].id, older["ingest"].id, oldest["ingest"].id]
    assert oldest.readings() == [oldest["ingest"].id]
    assert newest["segment"].id == oldest["segment"].id

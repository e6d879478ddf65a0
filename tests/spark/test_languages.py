"""Instructions that went through other languages: paraphrases, and questions about passages that the model was shown in translation."""

from __future__ import annotations

import shutil
from collections import Counter
from functools import partial
from pathlib import Path

import pytest
from rich.console import Console

from bubblenet import settings
from bubblenet.errors import SettingsError
from bubblenet.export.writing import export
from bubblenet.jobs import backtranslate, deduplicate, paraphrase, score
from bubblenet.judging.calibration import Curve
from bubblenet.kernel.context import Context
from bubblenet.kernel.warehouse import Warehouse
from bubblenet.method import proposing
from bubblenet.method.recipe import full_recipe
from bubblenet.tables import CURATED, INSTRUCTIONS, JUDGEMENTS, SCORES
from bubblenet.translation.calibration import TranslationCalibration
from bubblenet.viewing.languages import collect_languages, fingerprints
from bubblenet.viewing.views import register_views
from tests.conftest import SCRIPTED
from tests.corpora import page, write_pages
from tests.spark.broken_translator import HANGING, BrokenTranslator, environment, write_program
from tests.spark.pipelines import run_all, run_from, run_through

pytestmark = pytest.mark.spark

MODES = 'scoring.modes=["reverse_gain","likelihood"]'
TRANSLATED = 'translation.languages=["es"]'
PIVOTS = 'paraphrasing.pivots=["xx", "yy", "zz"]'


@pytest.fixture(scope="module")
def trusting(tmp_path_factory) -> str:
    """A calibration that lets everything pass that came back whole."""
    curves = {"length": Curve(knots=(0.5, 1.0), values=(0.0, 9.0))}
    path = tmp_path_factory.mktemp("calibration") / "scripted.json"
    chains = ("en-xx-en", "en-yy-en", "en-zz-en", "en-xx-es-xx-en")
    made = TranslationCalibration(
        version=1, translator="scripted", labels="", chains=chains, floors={"en": 0.5}, intercept=-4.0, curves=curves, data={}, figures={}
    )
    made.save(path)
    return f"translation.calibration={path}"


SPANISH = (
    "El instalador comprueba primero el disco y despu\u00e9s pregunta d\u00f3nde debe guardar los archivos del "
    "sistema. Quien tenga dos discos puede elegir el segundo, pero conviene hacer antes una copia de los "
    "datos. Cuando la copia termina, la m\u00e1quina arranca otra vez y muestra la lista de los programas que "
    "se pueden a\u00f1adir. Cada programa ocupa un lugar distinto y se puede quitar m\u00e1s tarde sin perder los "
    "documentos. Si la red no funciona, el instalador busca los paquetes en el disco que lleva consigo. "
    "Al final escribe un registro con todo lo que ha hecho, y ese registro ayuda a quien quiera saber por "
    "qu\u00e9 algo sali\u00f3 mal durante la instalaci\u00f3n."
)


class Prepared:
    """The same pages in two warehouses: judged as they are, and with questions of a translation. Tests copy one and go on from there."""

    def __init__(self, spark: object, folder: Path, trusting: str) -> None:
        self.spark, self.folder, self.trusting = spark, folder, trusting
        pages = write_pages(folder / "pages", {name: page(name, ("purpose",)) for name in ("page1", "page2", "page3")})
        (pages / "es.html").write_text(f"<html lang=es><body><h1>Instalar</h1><p>{SPANISH}</p></body></html>", encoding="utf-8")
        run_through(self.context(folder / "plain"), deduplicate.run)
        shutil.copytree(folder / "plain", folder / "translated")
        run_through(self.context(folder / "plain"), score.run)
        self.reports = run_all(self.context(folder / "translated", TRANSLATED))

    def context(self, location: Path, *overrides: str) -> Context:
        given = (*SCRIPTED, "translation.translator=scripted", MODES, self.trusting, "paraphrasing.min_difference=0.02", *overrides)
        warehouse = Warehouse(self.spark, str(location))
        return Context(self.spark, settings.load(None, given), warehouse, "A", Console(quiet=True), (str(self.folder / "pages"),))


@pytest.fixture(scope="module")
def prepared(spark, trusting, tmp_path_factory) -> Prepared:
    return Prepared(spark, tmp_path_factory.mktemp("languages"), trusting)


@pytest.fixture
def make(prepared, tmp_path):
    """A function that opens a run on this test's copy of the pages as they are."""
    shutil.copytree(prepared.folder / "plain", tmp_path / "warehouse")
    return partial(prepared.context, tmp_path / "warehouse")


@pytest.fixture
def make_translated(prepared, tmp_path):
    """The same of those with questions of a translation."""
    shutil.copytree(prepared.folder / "translated", tmp_path / "warehouse")
    return partial(prepared.context, tmp_path / "warehouse", TRANSLATED)


def test_paraphrases_are_judged_like_every_instruction_and_made_once(make):
    context = make(PIVOTS)
    reports = run_from(context, paraphrase.run_and_score)
    rows = context.warehouse.read(INSTRUCTIONS).where("origin = 'paraphrase'").collect()
    made = reports["paraphrase"]
    assert made.counts.is_balanced
    assert made.counts.kept > 0
    parents = Counter(row["parent_id"] for row in rows)
    assert len(parents) == made.counts.seen
    assert all(sum(row["kept"] for row in rows if row["parent_id"] == parent) <= 1 for parent in parents)
    assert {row["chain"] for row in rows if row["language"] == "en"} <= {"en-xx-en", "en-yy-en", "en-zz-en"}
    kept = {row["instruction_id"]: row for row in rows if row["kept"]}
    originals = {row["instruction_id"]: row["instruction"] for row in context.warehouse.read(INSTRUCTIONS).collect()}
    assert all(row["instruction"] != originals[row["parent_id"]] and row["meaning"] > 0.5 for row in kept.values())

    modes = set(context.settings.scoring.modes)
    measured = context.warehouse.read(SCORES).where("kept").collect()
    assert all({row["mode"] for row in measured if row["instruction_id"] == one} == modes for one in kept)
    judged = {row["instruction_id"]: row for row in context.warehouse.read(JUDGEMENTS).collect()}
    assert all(judged[one]["reason"] in (None, "low_quality") for one in kept)
    curated = {row["instruction_id"]: row["origin"] for row in context.warehouse.read(CURATED).collect()}
    assert curated.keys() == {one for one, row in judged.items() if row["kept"]}

    register_views(context.warehouse)
    shown = collect_languages(context.spark, fingerprints(full_recipe(context.settings)), 0, "default")
    assert {line.language for line in shown.languages} == {"en", "es"}
    assert sum(line.num_curated for line in shown.languages) == len(curated)
    assert sum(line.num_tried for line in shown.chains) == sum(row["chain"] is not None for row in rows)
    assert sum(line.num_kept for line in shown.chains) == len(kept)
    assert {pair.paraphrase for pair in shown.paraphrases} <= {row["instruction"] for row in kept.values()}

    again = run_all(make(PIVOTS))
    assert {name: report.num_rows for name, report in again.items()} == dict.fromkeys(again, 0)


def test_nothing_passes_without_a_calibration_and_other_pivots_ask_anew(make):
    waiting = run_from(make(PIVOTS, "translation.calibration=none"), paraphrase.run_and_score)["paraphrase"]
    assert waiting.counts.kept == 0
    assert waiting.counts.filtered["needs_review"] > 0
    passed = run_from(make('paraphrasing.pivots=["xx"]'), backtranslate.run)
    assert passed["paraphrase"].num_requests == waiting.num_requests
    assert passed["backtranslate"].num_rows == 0
    assert passed["paraphrase"].counts.kept > 0


def test_passages_in_other_languages_are_asked_about_in_translation_and_stay_as_they_are(prepared, make_translated):
    context = make_translated()
    translated = prepared.reports["backtranslate/translated"]
    assert translated.counts.seen == context.settings.backtranslation.candidates
    rows = context.warehouse.read(INSTRUCTIONS).where("origin = 'translated'").collect()
    assert {row["language"] for row in rows} == {"es"}
    asked = {row["language"] for row in context.warehouse.read(INSTRUCTIONS).where("origin = 'generated'").collect()}
    assert asked == {"en"}
    assert {row["chain"] for row in rows if row["status"] == "ok" and row["chain"]} <= {"es-xx-en-xx-es"}
    assert all(row["reason"] for row in rows if not row["kept"])


def test_what_was_asked_of_a_translation_makes_pairs_in_two_languages_without_asking_again(make_translated, tmp_path):
    context = make_translated("translation.cross_lingual=true", "curation.language_grades={es = [0.0, 0.0]}")
    reports = run_from(context, backtranslate.run)
    made = reports["backtranslate/cross_lingual"]
    assert reports["backtranslate/translated"].num_rows == 0
    assert made.counts.is_balanced
    rows = context.warehouse.read(INSTRUCTIONS)
    asked = {row["asked_instruction"] for row in rows.where("origin = 'translated'").collect()} - {None}
    found = rows.where("origin = 'cross_lingual'").collect()
    assert {row["instruction"] for row in found} == asked
    assert {(row["asked_language"], row["language"]) for row in found} == {("en", "es")}

    curated = context.warehouse.read(CURATED).where("origin = 'cross_lingual'").collect()
    assert [(row["language"], row["instruction_language"]) for row in curated] == [("es", "en")]
    assert curated[0]["response"].endswith(SPANISH)
    grade = ("export.min_grade=4", "export.shards=1", "export.validation_share=0.0")
    languages = {}
    for choice in ("include", "exclude", "only"):
        chosen = make_translated("translation.cross_lingual=true", *grade, f"export.cross_lingual={choice}")
        export(chosen, str(tmp_path / choice))
        examples = context.spark.read.parquet(str(tmp_path / choice / "data")).where("source = 'curated'").collect()
        languages[choice] = [row["instruction_language"] != row["language"] for row in examples]
    assert languages["only"] == [True]
    assert not any(languages["exclude"])
    assert sorted(languages["include"]) == sorted(languages["exclude"] + languages["only"])


def test_a_translator_that_is_killed_or_hangs_costs_the_text_that_it_hangs_on(make_context, tmp_path, monkeypatch):
    folder = write_program(tmp_path / "program")
    for name, value in environment(folder).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(proposing, "ParaphraseInstruction", partial(BrokenTranslator, folder=folder))
    words = ("archive", HANGING, "mirror", "kernel", "socket")
    pages = write_pages(tmp_path / "pages", {word: page(word, (), f"How does the {word} of a machine work?") for word in words})
    given = (MODES, 'paraphrasing.pivots=["es"]', "translation.min_meaning=0.0", "curation.language_grades={en = [0.0, 0.0]}")
    context = make_context("A", *given, inputs=(str(pages),))
    made = run_all(context)["paraphrase"]
    rows = {row["parent_id"]: row for row in context.warehouse.read(INSTRUCTIONS).where("origin = 'paraphrase'").collect()}
    asked = context.warehouse.read(INSTRUCTIONS).where("origin = 'extracted'").collect()
    assert Path(folder, "bin", "apertium.killed").is_dir()
    assert made.counts.is_balanced
    for parent in asked:
        row = rows.pop(parent["instruction_id"])
        if HANGING in parent["instruction"]:
            assert (row["status"], row["reason"]) == ("quarantined", "translator_error")
            assert "gave nothing for 1 s" in row["detail"]
        else:
            assert (row["instruction"], row["kept"]) == (f"In a few words, h{parent['instruction'][1:]}", True)
    assert not rows


def test_without_pivots_no_translator_is_needed(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    plain = full_recipe(settings.load(None, ["engine.kind=scripted"]))
    assert "paraphrase" not in plain.fingerprints
    with pytest.raises(SettingsError, match="no chain of languages"):
        settings.load(None, ['paraphrasing.pivots=["Spanish"]'])

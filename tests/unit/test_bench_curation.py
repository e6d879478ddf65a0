"""`make bench-curation`: a plan that binds, arms alike in all but their pairs, results made once, a control that can stop it."""

from __future__ import annotations

import json
import random
import subprocess
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from bubblenet.errors import InputError, SettingsError
from tests.benchmarks import curation
from tests.benchmarks.curation_analysis import START, analysed, bootstrapped, failed_controls, verdict
from tests.benchmarks.curation_arms import Unfilled, arm, control_arm, drawn
from tests.benchmarks.curation_models import Example, Learner, steps_of
from tests.benchmarks.curation_pairs import NUM_OTHERS, Pair, check_apart, held_out, markdown_of
from tests.benchmarks.curation_plan import PLAN, Analysis, Metric, Statistics, read_plan
from tests.benchmarks.curation_report import as_html, as_json
from tests.benchmarks.curation_runs import CONTROL, Bench, Store
from tests.benchmarks.curation_warehouse import Candidate, Pool
from tests.benchmarks.repeats import Effect
from tests.corpora import passage
from tests.tiny_models import save_model

PLANNED = read_plan(committed=False)
STATISTICS = Statistics(confidence=0.95, power=0.8, resamples=2000, seed=0)
BACKWARD = PLANNED.metric("backward")


def made_pairs(number: int, of_page: int = 4) -> list[Pair]:
    return [
        Pair(f"{n}", f"page{n // of_page}", f"passage{n}", f"What does device{n} do?", passage(f"device{n}", "purpose"))
        for n in range(number)
    ]


# The plan.


def test_the_plan_that_ships_names_what_the_issue_asks_for():
    plan = PLANNED.plan
    assert sorted(plan.arms.control.values()) == [0.0, 0.25, 0.5, 1.0]
    assert plan.profiles[0].repeats >= 5
    assert plan.profiles[0].items["backward"] >= 600
    assert {source.package for source in plan.held_out.sources}.isdisjoint(source.package for source in plan.control.sources)
    assert {one.control for one in plan.analyses} == {"better", "worse", "reported", "no"}


@pytest.mark.parametrize(
    "words",
    [["--analyses", "product - everything"], ["--arms", "lucky"], ["--profile", "huge", "--packages", "none"]],
    ids=lambda words: words[0],
)
def test_what_the_plan_does_not_name_is_refused(words, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(curation, "stated_questions", lambda *_: made_pairs(20))
    monkeypatch.setattr(curation, "check_apart", lambda *_: None)
    monkeypatch.setattr(curation, "loaded", lambda *_: None)
    monkeypatch.setattr(curation, "read_plan", lambda path: read_plan(path, committed=False))

    assert curation.main([*words, "--folder", str(tmp_path)]) == 2

    said = capsys.readouterr().out
    assert f"got {words[1]}. A new plan is another file" in said


def test_a_plan_with_changes_that_are_not_committed_is_refused(tmp_path):
    copy = tmp_path / PLAN.name
    copy.write_bytes(PLAN.read_bytes())
    git = ["git", "-C", str(tmp_path), "-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run([*git, "init", "-q"], check=True)
    with pytest.raises(SettingsError, match="committed before any result"):
        read_plan(copy)
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-qm", "plan"], check=True)
    assert read_plan(copy).digest == PLANNED.digest
    copy.write_text(copy.read_text().replace("of_interest = 0.05", "of_interest = 0.001"))
    with pytest.raises(SettingsError, match="Commit it first"):
        read_plan(copy)
    assert read_plan(copy, committed=False).digest != PLANNED.digest


def test_a_plan_with_an_unknown_key_or_an_analysis_of_no_arm_is_refused(tmp_path):
    for change in (
        ("power = 0.8", "power = 0.8\nluck = 1"),
        ('plus = ["oracle"]', 'plus = ["oracles"]'),
        ("at = [0.0, 0.3, 0.6]", "at = [0.0]"),
    ):
        file = tmp_path / "plan.toml"
        file.write_text(PLAN.read_text().replace(*change))
        with pytest.raises(SettingsError):
            read_plan(file, committed=False)


def test_weights_of_a_slope_are_those_of_least_squares():
    slope = PLANNED.analysis("slope of product - random over junk").weights
    values = dict(zip(("product", "product_junk_30", "product_junk_60"), (1.0, 2.5, 4.0), strict=True)) | dict.fromkeys(slope, 0.0)
    values |= {"product": 1.0, "product_junk_30": 2.5, "product_junk_60": 4.0}
    assert sum(weight * values[name] for name, weight in slope.items()) == pytest.approx(np.polyfit([0, 0.3, 0.6], [1, 2.5, 4], 1)[0])


# Intervals.


@pytest.mark.parametrize("between_repeats", [0.0, 0.05, 0.3])
@pytest.mark.parametrize("between_pages", [0.0, 0.5])
def test_nineteen_of_twenty_intervals_hold_the_truth(between_repeats, between_pages):
    draw, held, rounds = np.random.default_rng(1), 0, 300
    clusters = np.repeat(np.arange(25), 6)
    quick = STATISTICS.model_copy(update={"resamples": 400})
    for _ in range(rounds):
        table = 0.1 + draw.normal(0, between_repeats, (3, 1)) + draw.normal(0, between_pages, 25)[clusters] + draw.normal(0, 0.5, (3, 150))
        found = bootstrapped(table, clusters, quick)
        held += found.low <= 0.1 <= found.high
    assert held >= 0.92 * rounds


def test_items_of_a_page_count_as_one_where_they_are_alike():
    draw = np.random.default_rng(0)
    clusters = np.repeat(np.arange(20), 10)
    alike = np.tile(draw.normal(0, 1, 20)[clusters], (5, 1))
    found = bootstrapped(alike, clusters, STATISTICS)
    singly = bootstrapped(alike, np.arange(200), STATISTICS)
    error = alike[0][::10].std(ddof=1) / np.sqrt(20)
    assert (found.high - found.low) / 2 == pytest.approx(2.09 * error, rel=0.1)  # Student's t with 19 degrees of freedom
    assert (found.high - found.low) > 2.5 * (singly.high - singly.low)


def test_few_repeats_that_differ_make_a_wide_interval():
    table = np.array([-1.0, 0.0, 1.0])[:, None] + np.zeros((3, 100))
    found = bootstrapped(table, np.arange(100), STATISTICS)
    assert (found.high - found.low) / 2 == pytest.approx(4.30 / np.sqrt(3), rel=0.05)  # t with 2 degrees of freedom, deviation 1
    with pytest.raises(InputError, match="two repeats"):
        bootstrapped(table[:1], np.arange(100), STATISTICS)


@pytest.mark.parametrize(
    ("effect", "better", "said"),
    [
        (Effect(0.2, 0.1, 0.3, 0.14), "higher", "better"),
        (Effect(0.2, 0.1, 0.3, 0.14), "lower", "worse"),
        (Effect(0.02, 0.01, 0.03, 0.01), "higher", "better, too small to matter"),
        (Effect(0.02, -0.01, 0.03, 0.03), "higher", "no effect that matters"),
        (Effect(0.2, -0.1, 0.5, 0.43), "higher", "not shown; 0.430 would have been seen"),
    ],
)
def test_no_effect_is_claimed_whose_interval_holds_0(effect, better, said):
    assert verdict(effect, Metric(name="m", unit="u", better=better, of_interest=0.05)) == said


# Pairs and arms.


def test_items_have_seven_others_of_their_page_first_and_a_smaller_number_is_the_beginning_of_a_larger():
    pairs = made_pairs(40)
    items = held_out(pairs, 30)
    assert [item.pair for item in held_out(pairs, 10)] == [item.pair for item in items[:10]]
    page = {pair.instruction: pair.page for pair in pairs}
    for item in items:
        assert len(set(item.others)) == NUM_OTHERS
        assert item.pair.instruction not in item.others
        assert sum(page[other] == item.pair.page for other in item.others) == 3
    with pytest.raises(InputError, match="41 held-out pairs"):
        held_out(pairs, 41)
    with pytest.raises(InputError, match="no arm reads"):
        check_apart(pairs[:10], [replace(pairs[0], page="elsewhere")])


def test_perl_documentation_is_read_as_headings_and_text():
    text = markdown_of("=pod\n\n=head2 What is C<my> for?\n\nUse B<my $x>, see L<perlsub|perlsub>.\n\n  my $x = A<1>;\n\n=cut\n")
    assert "## What is my for?" in text
    assert "Use my $x, see perlsub." in text
    assert "  my $x = A<1>;" in text
    assert "=cut" not in text


def test_a_control_shuffles_the_share_that_it_says_and_nothing_else():
    pairs, true = made_pairs(60), {pair.passage: pair.instruction for pair in made_pairs(60)}
    arms = {share: control_arm(pairs, share, 20, 0.5, repeat=1) for share in (0.0, 0.25, 0.5, 1.0)}
    for share, made in arms.items():
        assert sum(true[pair.passage] != pair.instruction for pair in made) == 20 * share
        assert sorted(pair.instruction for pair in made) == sorted(pair.instruction for pair in arms[0.0])
        assert {pair.passage for pair in made} == {pair.passage for pair in arms[0.0]}
    assert {pair.passage for pair in control_arm(pairs, 0.0, 20, 0.5, repeat=2)} != {pair.passage for pair in arms[0.0]}
    with pytest.raises(Unfilled, match="wanted 40"):
        control_arm(pairs, 0.0, 40, 0.5, repeat=1)


class FakeJudge:
    """Accepts no planted pair; the gain of a candidate is its number."""

    def judged(self, pairs, neighbours):
        return [(0.01, False) for _ in pairs]

    def reverse_gains(self, pairs):
        return [float(pair.id.rsplit("-", 1)[1]) for pair in pairs]


def made_pool(passages: int = 120, candidates: int = 8) -> Pool:
    found = []
    for pair in made_pairs(passages):
        for number in range(candidates):
            one = replace(pair, id=f"{pair.id}-{number}", instruction=f"{pair.instruction} {'really ' * number}")
            signals = {"quality": number / candidates, "ifd": 1 - number / 10}
            found.append(Candidate(one, "generated", int(pair.id), number == candidates - 1, number > 1, signals))
    return Pool(tuple(found), ("* one\n* two",))


def test_arms_have_one_size_and_hold_what_their_name_says():
    plan, pool, judge = PLANNED.plan.arms, made_pool(), FakeJudge()
    draw = drawn(pool, plan, 40, 0, lambda pair: pair.instruction)
    names = [name for name in (*plan.warehouse, *plan.junk) if name not in ("loss_reduction", "oracle")]
    arms = {name: arm(name, draw, plan, judge) for name in names if name != "length_matched"}
    assert {len(pairs) for name, pairs in arms.items() if name not in plan.junk} == {40} == {draw.size}
    assert {len(pairs) for name, pairs in arms.items() if name in plan.junk} == {24} == {draw.junk_size}  # of 60 accepted, without 60 %
    number = {name: Counter(pair.id.rsplit("-", 1)[-1] for pair in pairs) for name, pairs in arms.items()}
    assert set(number["product"]) == set(number["candidates_best"]) == set(number["ifd_low"]) == {"7"}
    assert set(number["worst"]) == {"2"}  # gates refused 0 and 1
    assert set(number["candidates_worst"]) == {"0"}
    assert len(number["random"]) > 3
    assert len({pair.passage for pair in arms["random"]}) == 40
    assert {pair.passage for pair in arms["candidates_best"]} == {pair.passage for pair in arms["candidates_random"]}
    assert {pair.id for pair in arm("random", drawn(pool, plan, 40, 1, len), plan, judge)} != {pair.id for pair in arms["random"]}


def test_an_arm_that_cannot_be_filled_says_what_is_missing():
    plan, pool = PLANNED.plan.arms, made_pool(candidates=4)
    draw = drawn(pool, plan, 40, 0, lambda pair: pair.instruction)
    for name, reason in (("loss_reduction", "signal loss_reduction"), ("oracle", "pages state"), ("candidates_best", "8 candidates")):
        with pytest.raises(Unfilled, match=reason):
            arm(name, draw, plan, FakeJudge())
    with pytest.raises(Unfilled, match="accepted pairs"):
        drawn(made_pool(30), plan, 40, 0, len)


def test_a_length_matched_arm_has_the_lengths_of_the_product():
    plan, pool = PLANNED.plan.arms, made_pool(400)
    draw = drawn(pool, plan, 30, 0, lambda pair: pair.instruction)
    product, matched = (arm(name, draw, plan, FakeJudge()) for name in ("product", "length_matched"))
    mean = np.mean([len(pair.instruction) for pair in product])
    assert np.mean([len(pair.instruction) for pair in matched]) == pytest.approx(mean, rel=0.05)
    assert np.mean([len(pair.instruction) for pair in arm("random", draw, plan, FakeJudge())]) < 0.9 * mean


def test_junk_takes_the_share_of_the_passages_that_it_says():
    plan, pool = PLANNED.plan.arms, made_pool()
    draw = replace(drawn(pool, plan, 60, 0, lambda pair: pair.instruction), junk_size=60)
    own = {one.pair.id for one in pool.candidates}
    planted = {
        name: {pair.passage for pair in arm(name, draw, plan, FakeJudge()) if pair.id not in own} for name in plan.junk if "random" in name
    }
    assert [len(planted[name]) for name in ("random_junk_0", "random_junk_30", "random_junk_60")] == [0, 18, 36]
    assert planted["random_junk_30"] < planted["random_junk_60"]
    assert all(
        pair.id in own for pair in arm("product_junk_30", replace(draw, junk_size=40), plan, FakeJudge())
    )  # the judge refuses all of it
    with pytest.raises(Unfilled, match="accepted pairs"):
        arm("product_junk_60", draw, plan, FakeJudge())
    with pytest.raises(Unfilled, match="beside the largest share of junk; got 19"):
        arm("product_junk_0", replace(draw, junk_size=19), plan, FakeJudge())


# Training.


def test_steps_read_alike_whatever_the_length_of_an_example():
    short, long = ([Example(tuple(range(length)), 2) for _ in range(9)] for length in (20, 47))
    for examples in (short, long):
        batches = list(steps_of(examples, 12, 100, random.Random(0)))
        read = np.cumsum([sum(len(example.ids) for example in batch) for batch in batches])
        assert len(batches) == 12
        assert all(0 <= total - 100 * step < len(examples[0].ids) for step, total in enumerate(read, 1))
    with pytest.raises(InputError, match="tokens of a step"):
        next(steps_of(long, 1, 40, random.Random(0)))


@pytest.fixture(scope="module")
def learner(tmp_path_factory) -> Learner:
    rule = PLANNED.plan.training.model_copy(update={"learning_rate": 0.02, "passage_tokens": 60, "answer_tokens": 20})
    return Learner(str(save_model(tmp_path_factory.mktemp("start"))), rule)


def test_scores_are_those_of_the_whole_sequence_and_training_starts_anew(learner):
    import torch

    examples = [
        learner.write.backward(pair.instruction[:n], pair.response, ends=False) for n, pair in zip((9, 14, 22), made_pairs(3), strict=True)
    ]
    learner.begin(0)
    before = learner.score(examples)
    for example, found in zip(examples, before, strict=True):
        ids = torch.tensor([example.ids])
        with torch.inference_mode():
            logits = learner._model(input_ids=ids).logits[0, example.num_prompt - 1 : -1].log_softmax(-1)
        wanted = logits.gather(1, ids[0, example.num_prompt :, None]).mean()
        assert found == pytest.approx(float(wanted), abs=1e-4)
    first = learner.train(examples, 8, 200, seed=1)
    after = learner.score(examples)
    assert sum(after) > sum(before) + 0.1
    assert first.last_loss < first.first_loss
    assert learner.train(examples, 8, 200, seed=1).last_loss == pytest.approx(first.last_loss, abs=1e-4)
    learner.begin(5)
    assert learner.score(examples) == pytest.approx(before, abs=1e-5)


# A run.


def small_run(tmp_path, learner: Learner, planned=PLANNED) -> curation.Experiment:
    profile = planned.plan.profiles[-1].model_copy(
        update={"repeats": 2, "steps": 2, "step_tokens": 150, "pairs": 8, "items": {"backward": 10, "forward": 4}}
    )
    asked = [replace(pair, page=f"held{pair.page}", passage=f"held{pair.passage}") for pair in made_pairs(40)]
    items = {metric: held_out(asked, number) for metric, number in profile.items.items()}
    store = Store.of(tmp_path, planned, profile, "tiny", learner.digest, items["backward"])
    return curation.Experiment(planned, profile, Bench(learner, items), store, Console(quiet=True))


def test_a_result_is_made_once_and_a_run_goes_on(tmp_path, learner, monkeypatch):
    control, arms = made_pairs(40), tuple(PLANNED.plan.arms.control)
    experiment = small_run(tmp_path, learner)
    experiment.control("backward", control, arms[:2])
    files = {file: file.stat().st_mtime_ns for file in (experiment.store.folder / CONTROL).iterdir()}
    assert len(files) == 1 + 2 * 2
    trained = []
    train = Learner.train
    monkeypatch.setattr(Learner, "train", lambda self, *rest, seed: trained.append(seed) or train(self, *rest, seed=seed))
    again = small_run(tmp_path, learner)
    again.control("backward", control, arms)
    assert len(trained) == 2 * 2  # the two arms that were not there
    assert all(file.stat().st_mtime_ns == written for file, written in files.items())
    results = again.store.results([CONTROL])
    assert {(one.arm, one.repeat) for one in results} == {(START, 0)} | {(name, repeat) for name in arms for repeat in (0, 1)}
    trainings = [one.training for one in results if one.training]
    assert {one["num_steps"] for one in trainings} == {2}
    assert max(one["tokens_read"] for one in trainings) - min(one["tokens_read"] for one in trainings) < 120
    other = replace(PLANNED, digest="another")
    assert not small_run(tmp_path, learner, other).store.results([CONTROL])


def test_a_control_that_does_not_separate_stops_the_rest(tmp_path, learner, monkeypatch):
    experiment = small_run(tmp_path, learner)
    monkeypatch.setattr(curation.Experiment, "warehouse", lambda *_: pytest.fail("an arm was trained"))
    chosen = curation.choose(PLANNED, [], ["forward"], [])

    shown = list(curation.measured(experiment, chosen, made_pairs(40), made_pool(), FakeJudge()))

    assert [one.metric.name for one in shown] == ["forward", "forward_rank"]
    assert any("true - all shuffled: wanted better" in reason for reason in shown[0].stopped)  # a random model learns nothing in two steps
    assert {row.name for row in shown[0].comparisons} == {one.name for one in PLANNED.plan.analyses if one.control != "no"}
    report = curation.Report(PLANNED, experiment.profile, "tiny", shown, {"oracle": "none"}, experiment.store.results([CONTROL]))
    assert PLANNED.digest in as_html(report)
    assert json.loads(as_json(report))["plan"] == PLANNED.digest
    assert json.loads(as_json(report))["stopped"]["forward"]


def test_a_control_that_separates_lets_the_rest_go_on():
    draw = np.random.default_rng(0)
    gain = {"shuffled_0": 0.8, "shuffled_25": 0.7, "shuffled_50": 0.6, "shuffled_100": 0.1, "product": 0.3, "random": 0.3}
    items = [f"{number}" for number in range(60)]
    values = {(name, repeat): {item: value + draw.normal(0, 0.1) for item in items} for name, value in gain.items() for repeat in (0, 1, 2)}
    values[START, 0] = dict.fromkeys(items, 0.0)
    pages = {item: f"page{int(item) // 3}" for item in items}

    found = analysed(PLANNED, BACKWARD, values, pages, [one.name for one in PLANNED.plan.analyses])

    assert failed_controls(PLANNED, BACKWARD, found) == []
    assert {row.name for row in found if row.verdict.startswith("better")} >= {"true - all shuffled", "true - half shuffled"}
    assert next(row for row in found if row.name == "product - random").verdict.startswith(("no effect", "not shown"))
    assert not {"random - worst", "oracle - random"} & {row.name for row in found}  # their arms are not there
    flat = {key: values["shuffled_100", key[1]] if key[0] != START else own for key, own in values.items()}
    assert len(failed_controls(PLANNED, BACKWARD, analysed(PLANNED, BACKWARD, flat, pages, ["true - all shuffled"]))) == 2
    with pytest.raises(SettingsError, match="a planned analysis"):
        analysed(PLANNED, BACKWARD, values, pages, ["product - best of all seeds"])


def test_a_profile_fits_the_budget():
    speed = {"train": 100.0, "score": 200.0}
    minutes = [curation.minutes_of(one, PLANNED, 4, ["backward", "forward"], speed) for one in PLANNED.plan.profiles]
    assert minutes == sorted(minutes, reverse=True)
    assert minutes[0] > 3 * minutes[1]
    assert Analysis(name="a", plus=("x", "y"), minus=("z",)).weights == {"x": 0.5, "y": 0.5, "z": -1.0}

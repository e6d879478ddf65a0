"""The plan of `make bench-curation` binds, and its intervals hold the truth."""

from __future__ import annotations

import subprocess

import numpy as np
import pytest

from bubblenet.errors import InputError, SettingsError
from tests.benchmarks import curation
from tests.benchmarks.curation_analysis import START, above_start, analysed, bootstrapped, failed_controls, unfinished, verdict
from tests.benchmarks.curation_plan import PLAN, Analysis, Metric, Statistics, read_plan
from tests.benchmarks.repeats import Effect
from tests.curation_pools import made_pairs

PLANNED = read_plan(committed=False)
STATISTICS = Statistics(confidence=0.95, power=0.8, resamples=2000, seed=0)
BACKWARD = PLANNED.metric("backward")


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
    values = {"product_junk_0": 1.0, "product_junk_30": 2.5, "product_junk_60": 4.5}
    values |= {"random_junk_0": 1.0, "random_junk_30": 2.0, "random_junk_60": 2.0}
    wanted = np.polyfit([0, 0.3, 0.6], [0.0, 0.5, 2.5], 1)[0]
    assert sum(weight * values[name] for name, weight in slope.items()) == pytest.approx(wanted)


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


def test_an_arm_with_one_repeat_is_named_and_stops_no_analysis():
    values = {(name, repeat): {"a": 0.1 * repeat, "b": 0.2} for name in ("product", "random") for repeat in (0, 1)}
    values |= {("worst", 0): {"a": 0.0, "b": 0.1}, (START, 0): {"a": 0.0, "b": 0.0}}
    pages = {"a": "one", "b": "two"}

    found = analysed(PLANNED, BACKWARD, values, pages, ["product - random", "product - worst"])

    assert [row.name for row in found] == ["product - random"]
    assert [row.name for row in above_start(PLANNED, BACKWARD, values, pages)] == ["product", "random"]
    assert unfinished(PLANNED, values) == {"worst": "1 repeat so far"}


def test_a_profile_fits_the_budget():
    speed = {"train": 100.0, "score": 200.0}
    minutes = [curation.minutes_of(one, PLANNED, 4, ["backward", "forward"], speed) for one in PLANNED.plan.profiles]
    assert minutes == sorted(minutes, reverse=True)
    assert minutes[0] > 3 * minutes[1]
    assert Analysis(name="a", plus=("x", "y"), minus=("z",)).weights == {"x": 0.5, "y": 0.5, "z": -1.0}

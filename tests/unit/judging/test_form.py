"""Signals of form: each says what it is for of bad instructions, and is weighed, not obeyed."""

from __future__ import annotations

import pytest

from bubblenet.judging.calibration import Calibration, Curve, FirstCut, QualityModel, judge_of
from bubblenet.judging.extending import LOST_SHARE, extended, first_cut
from bubblenet.judging.fitting import SignalTable
from bubblenet.judging.form import FORM_FAULTS, FORM_SIGNALS, form_signals
from bubblenet.judging.grading import Grader
from bubblenet.judging.modes import MODES
from bubblenet.settings import Curation, Scoring

RESPONSE = "Removing old packages\n\nThe apt tool removes packages that are no longer needed, and fetches new ones from mirrors of Debian."

CASES = [
    ("about_the_text", "What is the main idea of this text?", "What is a mirror?"),
    ("about_the_text", "What does the passage say about apt?", "How do I read a document in PDF format?"),
    ("is_title", "removing old packages", "Remove old packages, please, with apt"),
    ("is_title", "Debian Package Management", "What Is Debian Package Management?"),
    ("is_generic", "What is this about?", "What is apt about?"),
    ("has_no_request", "I would like old packages to go.", "Explain how old packages go."),
    ("has_no_request", "Packages are removed by apt.", "I have apt. How do I remove packages? Answer with a list."),
    ("repeated_phrases", "a file that has a file that has a file that has a name", "a file that has a name"),
    ("after_question", "What is apt? It is a tool.", "I know what dpkg is. What is apt?"),
]


def quality_model() -> QualityModel:
    rise = {"reverse_gain": Curve(knots=(0.0, 1.0), values=(0.0, 2.0))}
    figures = {"model": {"penalty": 3.0}}
    return QualityModel(intercept=0.0, curves=rise, thresholds={5: 0.9, 4: 0.6}, data={"pairs": 10, "accepted": 5}, figures=figures)


def table(signals: list[dict[str, float]], labels: list[int]) -> SignalTable:
    return SignalTable(signals, labels, [f"page{row % 8}" for row in range(len(labels))], ["generated"] * len(labels))


@pytest.mark.parametrize(("name", "bad", "good"), CASES)
def test_a_signal_tells_its_fault(name, bad, good):
    assert form_signals(bad, RESPONSE)[name] > 0
    assert form_signals(good, RESPONSE)[name] == 0


def test_all_are_declared_and_given_for_any_text():
    assert set(form_signals("", "")) == FORM_SIGNALS
    assert {one.name for one in MODES["text"].signals} >= FORM_SIGNALS
    assert set(FORM_FAULTS) < FORM_SIGNALS


def test_languages_without_lists_of_openers_have_a_request_always():
    russian = "\u041f\u0430\u043a\u0435\u0442\u044b \u0443\u0434\u0430\u043b\u044f\u044e\u0442\u0441\u044f. " * 3
    assert form_signals("\u0423\u0434\u0430\u043b\u0438 \u043f\u0430\u043a\u0435\u0442\u044b", russian)["has_no_request"] == 0


def test_a_judge_without_a_calibration_counts_faults_of_form_where_they_are_measured():
    signals = {"reverse_gain": 4.0, "forward_gain": 0.4} | dict.fromkeys(FORM_FAULTS, 0.0)
    counting, blind = (Grader(Curation(), None, None, counts_form=counts) for counts in (True, False))

    assert set(counting.signal_names()) - set(blind.signal_names()) == set(FORM_FAULTS)
    assert counting.quality(signals, "generated") == blind.quality(signals, "generated") > 0.9
    assert counting.quality(signals | {"is_title": 1.0}, "generated") < 0.9
    assert blind.quality(signals | {"is_title": 1.0}, "generated") > 0.9


def test_an_extension_leaves_pairs_without_the_new_fault_as_they_were():
    model = quality_model()
    rows = [{"is_title": 1.0, "is_generic": 0.0}] * 6 + [{"is_title": 0.0, "is_generic": 0.0}] * 6

    after = extended(model, table(rows, [0, 0, 0, 0, 0, 1, *(0, 1) * 3]), ["is_title", "is_generic"])

    plain = {"reverse_gain": 0.5, "is_title": 0.0}
    assert after.quality(plain) == model.quality({"reverse_gain": 0.5})
    assert after.quality(plain | {"is_title": 1.0}) < 0.45 < model.quality({"reverse_gain": 0.5})
    assert set(after.curves) == {"reverse_gain", "is_title"}
    assert after.figures["added"]["is_title"] == {"pairs": 6, "accepted": 1}


def test_an_extension_does_not_turn_a_direction_round():
    rows = [{"is_title": 1.0}] * 6
    assert set(extended(quality_model(), table(rows, [1] * 6), ["is_title"]).curves) == {"reverse_gain"}


def test_a_first_cut_sets_aside_what_loses_few_good_pairs():
    labels = [row % 2 for row in range(400)]
    rows = [{"bm25": float(label), "word_overlap": (row % 7) / 7 + 2 * label, "asks": 1.0} for row, label in enumerate(labels)]

    cut = first_cut(table(rows, labels))

    assert cut is not None
    assert set(cut.curves) == {"word_overlap"}  # free, and not the same everywhere
    assert cut.figures["lost"] <= LOST_SHARE
    assert cut.figures["set_aside"] > 0.4
    assert cut.quality({"word_overlap": 2.5}) > cut.threshold > cut.quality({"word_overlap": 0.1})


def test_a_first_cut_needs_enough_good_pairs_to_tell():
    rows = [{"word_overlap": float(row)} for row in range(90)]
    assert first_cut(table(rows, [int(row < 45) for row in range(90)])) is None


def test_a_calibration_of_before_serves_a_judge_whose_new_signals_it_does_not_use(tmp_path):
    from bubblenet.judging.calibration import choose

    scoring = Scoring()
    judge = judge_of("w", ["text"], scoring)
    of_before = judge | {"modes": {"text": {"text": judge["modes"]["text"]["text"]}}}
    overlap, title = ({name: Curve(knots=(0.0, 1.0), values=(0.0, 1.0))} for name in ("word_overlap", "is_title"))

    def made(curves: dict[str, Curve]) -> str:
        model = quality_model().model_copy(update={"curves": curves})
        Calibration(version=1, judge=of_before, labels="", models={"generated": model}).save(tmp_path / "c.json")
        return str(tmp_path / "c.json")

    assert choose(made(overlap), "w", scoring) is not None
    with pytest.raises(Exception, match="form"):
        choose(made(title), "w", scoring)


def test_the_first_cut_is_part_of_the_id_and_of_the_signals():
    judge = judge_of("w", ["text"], Scoring())
    plain = Calibration(version=1, judge=judge, labels="", models={"generated": quality_model()})
    cut = FirstCut(intercept=0.0, curves={"asks": Curve(knots=(0.0,), values=(0.0,))}, threshold=0.1, figures={})
    cutting = plain.model_copy(update={"first_cuts": {"generated": cut}})

    assert plain.id != cutting.id
    assert set(cutting.signal_names) - set(plain.signal_names) == {"asks"}

"""A mode declares its signals once, and everybody keeps to the declaration."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from bubblenet.engines.protocol import EngineSpec, Generation
from bubblenet.engines.roles import as_start, forward_engine
from bubblenet.engines.scripted import ScriptedEngine
from bubblenet.errors import SettingsError, UndeclaredSignalError
from bubblenet.judging import fitting, modes
from bubblenet.judging.declaration import Known, Measurement, Mode, Signal
from bubblenet.judging.grading import Grader
from bubblenet.judging.measure import Pair
from bubblenet.judging.modes import MODES, RANKING
from bubblenet.judging.pair_files import LabelledPair, measure_pairs
from bubblenet.judging.text_signals import text_contrast
from bubblenet.settings import Curation, Scoring, load
from bubblenet.udfs.scoring import MeasurePair

ANSWER = "Debian packages are installed with tools which resolve their dependencies and fetch archives from mirrors."
PRECISION = {5: 0.9, 4: 0.7}

TOY_MODULE = """
from bubblenet.judging.declaration import Measurement, Mode, Signal

SIGNALS = (Signal("shouting", "falling", "share of capitals in the instruction"),)


def run(engine, pairs, scoring, known):
    share = [sum(map(str.isupper, pair.instruction)) / len(pair.instruction) for pair in pairs]
    return [Measurement(signals={"shouting": value}) for value in share]


MODES = (Mode("toy", "does the instruction shout?", SIGNALS, run, lambda scoring: {"toy": 1}),)
"""


@pytest.fixture
def toy(tmp_path, monkeypatch) -> Mode:
    """A mode that is one more file in the folder of the modes."""
    (tmp_path / "toy.py").write_text(TOY_MODULE)
    monkeypatch.setattr(modes, "__path__", [*modes.__path__, str(tmp_path)])
    found = modes.table_of(modes._declared())
    monkeypatch.setitem(MODES, "toy", found["toy"])
    return found["toy"]


def test_one_file_is_a_mode_whose_signal_is_fitted_in_its_direction(toy):
    """Pairs that shout are bad: a fit that took more for better could not say so."""
    draw = random.Random(1)
    labelled = []
    for number in range(200):
        label = draw.randrange(2)
        text = "how are packages installed?" if label else "HOW are packages INSTALLED?"
        labelled.append(LabelledPair(Pair(str(number), f"{text} {draw.random()}", ANSWER), label, f"page{number // 10}", "generated"))
    measured = measure_pairs(None, [one.pair for one in labelled], Scoring(modes=("reverse_gain",)).model_copy(update={"modes": ("toy",)}))

    found = fitting.fit(fitting.tabulate(labelled, measured), ["shouting"], PRECISION)

    assert found.figures["auc"] > 0.95
    assert found.curves["shouting"].values[-1] < 0
    assert modes.modes_of(found.curves) == ["toy"]
    assert modes.describe()["toy"] == toy.meaning
    assert Scoring(modes=("reverse_gain", "toy")).modes == ("reverse_gain", "toy")


@pytest.mark.parametrize(
    ("direction", "sign", "bends"),
    [("rising", 1, True), ("rising", -1, False), ("falling", 1, False), ("falling", -1, True), ("free", 1, True), ("free", -1, True)],
)
def test_a_direction_bounds_the_curve(monkeypatch, toy, direction, sign, bends):
    """sign: of what more of the signal says in truth."""
    monkeypatch.setitem(MODES, "toy", replace(toy, signals=(replace(toy.signals[0], direction=direction),)))
    labels = np.arange(200) % 2
    values = np.random.default_rng(2).normal(2.0 * sign * labels)[:, None]

    curve = fitting.fit_model(values, labels, ["shouting"], 3, 1.0).curves(["shouting"])["shouting"]

    assert np.sign(curve.values[-1]) == (sign if bends else 0)


def test_a_fault_gets_a_share_of_the_penalty(monkeypatch, toy):
    labels = np.array([0] * 10 + [1] * 190)
    values = np.array([[1.0]] * 10 + [[0.0]] * 190)

    def end(is_fault: bool) -> float:
        monkeypatch.setitem(MODES, "toy", replace(toy, signals=(replace(toy.signals[0], is_fault=is_fault),)))
        return fitting.fit_model(values, labels, ["shouting"], 2, 30.0).curves(["shouting"])["shouting"].values[-1]

    assert end(is_fault=True) < 2 * end(is_fault=False) < 0


def test_a_fit_on_a_signal_that_no_mode_declares_is_refused():
    with pytest.raises(UndeclaredSignalError, match=r"got reverse_gian. The nearest is reverse_gain"):
        fitting.fit_model(np.ones((4, 1)), np.array([0, 1, 0, 1]), ["reverse_gian"], 2, 1.0)


@pytest.fixture
def lying(monkeypatch, toy) -> None:
    """The toy mode gives a signal beside the one that it declares."""
    monkeypatch.setitem(MODES, "toy", replace(toy, run=lambda *_: [Measurement(signals={"shouting": 0.0, "whispering": 1.0})]))


@pytest.mark.usefixtures("lying")
def test_a_signal_that_its_mode_does_not_declare_is_an_error_and_no_bad_row():
    pair, scoring = Pair("1", "How?", ANSWER), Scoring(modes=("reverse_gain", "toy"))
    with pytest.raises(UndeclaredSignalError, match=r"mode toy declares \(shouting\); got whispering"):
        measure_pairs(ScriptedEngine(), [pair, replace(pair, key="2")], scoring)
    request = {"request_id": "1", "instruction": "How?", "text": ANSWER}
    with pytest.raises(UndeclaredSignalError, match="got whispering"):
        list(MeasurePair(EngineSpec("scripted", "none", "scripted"), scoring, "toy")([request]))


class Rating(ScriptedEngine):
    """Writes a rating where anything is to be written, so that every mode has all of its signals."""

    def generate(self, requests):
        return [Generation(request.key, "It fits.\nScore: 4", True, 1, 1) for request in requests]


def test_every_mode_gives_all_signals_that_it_declares_and_no_other():
    pair = Pair("1", "How are Debian packages installed?", ANSWER, ("Rain falls.", "Bees dance."))
    alone = {name: mode for name, mode in MODES.items() if not mode.compares}
    (measured,) = measure_pairs(Rating(), [pair], Scoring(modes=tuple(alone)))

    assert {name: set(found.signals) for name, found in measured.items()} == {
        name: {signal.name for signal in mode.signals} for name, mode in alone.items()
    }
    assert {name: found.columns["expected_score"] for name, found in measured.items() if "expected_score" in found.columns} == {
        name: measured[name].signals[mode.rating] for name, mode in MODES.items() if mode.rating
    }
    assert measured[RANKING.name].columns[RANKING.ranks_by] is not None


def test_loss_reduction_is_what_training_the_judge_has_gained_a_token():
    scoring, judge = Scoring(modes=("reverse_gain", "likelihood", "loss_reduction")), EngineSpec("scripted", "none", "scripted")
    given = {"judge_log_likelihood": -30.0, "start_log_likelihood": -45.0, "judge_num_tokens": 10}

    [(_, row)] = MeasurePair(judge, scoring, "loss_reduction")([{"request_id": "1", "instruction": "How?", "text": ANSWER} | given])

    assert row["signals"] == {"loss_reduction": 1.5}
    assert (row["kept"], row["prompt_tokens"], row["output_tokens"]) == (True, 0, 0)


def test_a_mode_that_compares_two_models_is_refused_without_what_it_compares():
    with pytest.raises(ValueError, match="likelihood must be among the modes: loss_reduction compares it by two models"):
        Scoring(modes=("reverse_gain", "loss_reduction"))
    scoring = Scoring(modes=("reverse_gain", "likelihood", "loss_reduction"))
    with pytest.raises(SettingsError, match="loss_reduction, which compares two"):
        modes.check(EngineSpec("scripted", "none", "scripted"), scoring, has_tables=False)


def test_the_starting_model_is_run_as_the_judge_unless_it_is_said_otherwise():
    trained = ("models.forward=trained", "engine.forward.kind=scripted", "engine.kind=server")
    assert forward_engine(as_start(load(None, trained))).kind == "scripted"
    served = ("models.forward=trained", "engine.forward.kind=server", "engine.forward.url=http://localhost:1/v1")
    with pytest.raises(SettingsError, match="got one server for both"):
        as_start(load(None, served))
    start = forward_engine(as_start(load(None, (*served, "engine.start.kind=scripted"))))
    assert (start.kind, start.model) == ("scripted", load(None, []).models.start)
    alone = load(None, served[1:])
    assert as_start(alone) == alone


def test_the_cheap_modes_stand_first():
    assert list(MODES)[:6] == ["text", "page", "reverse_gain", "likelihood", "contrast", "five_level_v1"]
    assert modes.FREE == ("text",)  # what neighbours are needed for is measured of the best candidates alone
    assert modes.DEFAULT_RATING == "five_level_v1"


def test_the_words_of_a_page_are_those_of_mode_contrast_without_a_model():
    pairs = [Pair("own", "Why do bees seal honey?", "Bees seal honey.", ("Bees dance.",)), Pair("alone", "Why?", "So.")]
    own, alone = (one.signals for one in MODES["page"].measure(None, pairs, load().scoring, Known()))
    wanted = text_contrast("Why do bees seal honey?", "Bees seal honey.", ["Bees dance."])
    names = ("bm25", "bm25_margin", "overlap_margin", "opening_margin", "density_margin")
    assert [own[f"page_{name}"] for name in names] == list(wanted.values())
    assert own["page_bm25_margin"] > 0
    assert set(alone) == set(own)


def test_names_are_declared_once_and_one_mode_ranks():
    (text, gain) = MODES["text"], MODES["reverse_gain"]
    with pytest.raises(ValueError, match="each mode must be declared once; declared again: text"):
        modes.table_of((gain, text, replace(text, signals=())))
    with pytest.raises(ValueError, match="each signal must be declared once; declared again: asks"):
        modes.table_of((gain, text, replace(text, name="other", signals=(Signal("asks", "rising", ""),))))
    with pytest.raises(ValueError, match=r"one mode must rank .*: none"):
        modes.table_of((text,))
    with pytest.raises(ValueError, match=r"one mode must rank .*: text, reverse_gain"):
        modes.table_of((gain, replace(text, ranks_by="quality")))


def test_settings_name_the_mode_that_ranks_and_the_nearest_known_one():
    with pytest.raises(SettingsError, match="reverse_gain must be among the modes: it chooses the best candidate"):
        load(None, ['scoring.modes=["text"]'])
    with pytest.raises(
        SettingsError, match=r"no mode is called contrst; the nearest is contrast; all: text, page, reverse_gain, likelihood"
    ):
        load(None, ['scoring.modes=["contrst"]'])


def test_the_rating_of_a_pair_is_that_of_the_first_rating_mode():
    assert modes.rating_mode(("text", "additive_v1", "five_level_v1")) == "additive_v1"
    assert modes.rating_mode(("text", "cycle")) is None
    grader = Grader(Curation(weight_expected_score=1.0), "additive_v1", None)
    assert grader.signal_names() == ["reverse_gain", "forward_gain", "additive_v1_score"]
    signals = {"reverse_gain": 0.0, "forward_gain": 0.0, "additive_v1_score": 3.0}
    assert grader.quality(signals, "generated") < grader.quality(signals | {"additive_v1_score": 4.0}, "generated")


FORM = {"about_the_text", "after_question", "has_no_request", "is_generic", "is_title", "repeated_phrases"}
RARE_FAULTS = {"ends_whole", "other_language", "personal_edges", "personal_share", "short_line_share", "stock_phrases"} | FORM
FALLING = (RARE_FAULTS - {"ends_whole"}) | {"copied_share", "instruction_surprise"}
FREE = {"content_words", "five_level_v1_entropy", "log_instruction_words", "log_response_words", "loss_reduction", "response_surprise"}


def test_more_is_better_but_for_these_signals():
    """A direction that is turned round makes a fit take the worse pairs, and nothing else tells."""
    declared = modes.signals()
    by_direction = {way: {name for name, one in declared.items() if one.direction == way} for way in ("rising", "falling", "free")}
    assert (by_direction["falling"], by_direction["free"]) == (FALLING, FREE)
    assert by_direction["rising"] == set(declared) - FALLING - FREE
    assert {name for name, one in declared.items() if one.is_fault} == RARE_FAULTS

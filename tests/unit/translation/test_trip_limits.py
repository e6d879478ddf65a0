"""Round trips at their limits: errors on a later leg, doubled placeholders, planted errors, lost words and sentences."""

from __future__ import annotations

import pytest

from bubblenet.translation import trust
from bubblenet.translation.corruption import corrupt
from bubblenet.translation.masking import Masked, MaskingError, placeholder
from bubblenet.translation.protocol import Translation
from bubblenet.translation.signals import signals
from bubblenet.translation.trips import Chain, Trip, travel


def trip_of(text: str, back: str, there: str = "algo") -> Trip:
    return Trip(Masked(text, ()), Chain.around("en", "es"), (Translation(there), Translation(back)), back)


class Failing:
    """Fails on the way back."""

    def translate(self, texts, direction):
        return [Translation("", error=f"no {direction}") if direction.target == "en" else Translation(text) for text in texts]


def test_an_error_on_the_way_back_is_the_error_of_the_trip():
    [trip] = travel(Failing(), ["Use it."], Chain.around("en", "xx"))
    assert (trip.result, trip.reason, trip.detail, len(trip.legs)) == (None, "translator_error", "no xx-en", 2)


def test_the_placeholder_that_is_doubled_is_named():
    masked = Masked(f"{placeholder(1)} and {placeholder(2)}", ("`a`", "`b`"))
    assert masked.restore(f"{placeholder(2)} y {placeholder(1)}") == "`b` y `a`"
    with pytest.raises(MaskingError, match="'`b`' 2 times"):
        masked.restore(f"{placeholder(1)} {placeholder(2)} {placeholder(2)}")
    with pytest.raises(MaskingError, match="'`a`' 2 times"):
        masked.restore(f"{placeholder(1)} {placeholder(2)} {placeholder(1)}")
    with pytest.raises(MaskingError, match="no '`b`'"):
        masked.restore(placeholder(1))


def test_a_number_after_a_placeholder_is_changed_and_that_of_the_placeholder_never():
    found = corrupt(trip_of("x", f"Take {placeholder(1)}7 apples"), "number", 0, [])
    assert found is not None
    assert found.legs[-1].text.startswith(f"Take {placeholder(1)}")
    assert not found.legs[-1].text.endswith(f"{placeholder(1)}7 apples")
    assert corrupt(trip_of("x", f"Take {placeholder(17)} apples"), "number", 0, []) is None


@pytest.mark.parametrize(
    ("back", "expected"),
    [
        ("Write a poem.", "It writes a poem."),
        ("Discuss the poem.", "It discuss the poem."),
        ("Is it so? Yes.", "It it so. Yes."),
        ("It is so.", None),
    ],
)
def test_a_command_or_question_becomes_a_statement(back, expected):
    found = corrupt(trip_of("x", back), "mood", 0, [])
    assert (found.legs[-1].text if found else None) == expected


def test_a_leg_that_lost_everything_has_length_0():
    assert signals(trip_of("Use the old disk.", "", there=""))["length"] == 0.0
    assert signals(trip_of("Use the old disk.", "Use it.", there="Usa el disco viejo."))["length"] == pytest.approx(0.5)
    assert signals(trip_of("...", "Use it."))["length"] is None


def test_where_a_sentence_was_added_the_first_and_the_last_are_compared():
    asked = "Write it down. Is it good?"
    assert signals(trip_of(asked, "Write it down. It is so. Is it good?"))["mood"] == 1.0
    assert signals(trip_of(asked, "Write it down. Is it good? It is so."))["mood"] == 0.5


class Told:
    """A calibration that always tells the same meaning."""

    def __init__(self, meaning: float, floor: float | None) -> None:
        self._meaning, self._floor = meaning, floor

    def floor(self, chain):
        return self._floor

    def meaning(self, told):
        return self._meaning


@pytest.mark.parametrize(
    ("meaning", "floor", "verdict", "num_compared"),
    [(0.5, 0.5, (0.5, None), 1), (0.49, 0.5, (0.49, "meaning_lost"), 0), (0.9, None, (None, "needs_review"), 0)],
)
def test_a_trip_passes_from_its_floor_on_and_only_such_trips_are_embedded(monkeypatch, meaning, floor, verdict, num_compared):
    seen = []
    monkeypatch.setattr(trust, "similarities", lambda pairs: seen.extend(pairs) or [1.0] * len(pairs))
    assert trust.judge_trips([trip_of("Use it.", "Use it.")], Told(meaning, floor)) == [verdict]
    assert len(seen) == num_compared


def test_without_a_calibration_a_person_decides():
    assert trust.judge_trips([trip_of("a b", "a b")], None) == [(None, "needs_review")]

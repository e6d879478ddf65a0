"""Each signal falls when what it looks at was lost on the way, and no other does."""

from __future__ import annotations

import pytest

from bubblenet.translation.masking import Masked
from bubblenet.translation.protocol import Translation
from bubblenet.translation.signals import SIGNALS, mood, signals
from bubblenet.translation.trips import Chain, Trip

TEXT = "Explain to Anna why the disk must not be mounted before the 3 backups of the old server are done."
THERE = "Explicar a Anna por qu\u00e9 el disco no debe ser montado antes de que las 3 copias del servidor viejo est\u00e9n hechas."


def measured(back: str, text: str = TEXT, there: str = THERE, language: str = "en") -> dict[str, float | None]:
    return signals(trip_of(text, there, back, language))


def trip_of(text: str, there: str, back: str, language: str) -> Trip:
    return Trip(Masked(text, ()), Chain.around(language, "es"), (Translation(there, 0.9), Translation(back)), back)


def test_what_came_back_as_it_went_is_perfect():
    assert measured(TEXT) == {name: pytest.approx(1.0) for name in SIGNALS} | {
        "coverage": 0.9,
        "length": pytest.approx(19 / 21),  # the words of each leg are counted, and Spanish takes two more
        "brevity": pytest.approx(19 / 21),
    }


@pytest.mark.parametrize(
    ("name", "back"),
    [
        ("numbers", TEXT.replace("3", "5")),
        ("names", TEXT.replace("Anna", "Peter")),
        ("negation", TEXT.replace(" not", "")),
        ("modality", TEXT.replace("must", "can")),
        ("mood", TEXT.replace("Explain", "It explains")),
        ("language", THERE),
        ("length", TEXT[: len(TEXT) // 2]),
    ],
)
def test_a_loss_is_seen(name, back):
    found, whole = measured(back), measured(TEXT)
    assert found[name] < 0.8
    untouched = {"numbers", "names", "negation", "modality", "mood"} - {name}
    if name not in ("language", "length"):
        assert {other: found[other] for other in untouched} == {other: whole[other] for other in untouched}


def test_numbers_of_placeholders_are_no_numbers():
    assert measured("Copy \u27e62\u27e7 to 7.", text="Copy \u27e61\u27e7 to 7.")["numbers"] == 1.0


def test_words_that_went_over_unchanged_do_not_count_as_translated():
    there = "Explain to Anna why the disk must not be mounted, servidor viejo"
    copied = measured("Explain to Anna why the disk must not be mounted antiquated machine", there=there)
    assert copied["chrf"] < 0.4


def test_contractions_are_negations_and_their_kind_does_not_matter():
    assert measured("Don't go there.", text="Do not go there.", there="No vaya")["negation"] == 1.0


def test_a_language_without_words_has_no_signal():
    found = measured("Etwas ganz anderes steht hier auf Deutsch.", text="Das steht hier auf Deutsch und sonst nirgends.", language="de")
    assert found["negation"] is None
    assert found["modality"] is None
    nothing = measured("", text="Hi", there="", language="xx")
    assert nothing["mood"] is None
    assert nothing["language"] is None


@pytest.mark.parametrize(
    ("text", "language", "wanted"),
    [
        ("Write a note.", "en", "command"),
        ("It writes a note.", "en", "statement"),
        ("How do I write a note", "en", "question"),
        ("Escribe una nota.", "es", "command"),
        ("Is it so?", "en", "question"),
        ("Convey it to him.", "en", "open"),
    ],
)
def test_mood(text, language, wanted):
    assert mood(text, language) == wanted

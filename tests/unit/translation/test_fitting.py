"""Planted mistakes, and a fit on labelled trips that finds them."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest

from bubblenet.errors import InputError
from bubblenet.translation import calibration, fitting
from bubblenet.translation.corruption import KINDS, corrupt
from bubblenet.translation.masking import mask
from bubblenet.translation.protocol import Translation
from bubblenet.translation.scripted import ScriptedTranslator
from bubblenet.translation.signals import sentences
from bubblenet.translation.trips import Chain, Trip, travel

BACK = "Write to Anna in Paris, and do not send 3 copies of the long letter."
NAMES = ["Peter", "London"]


def planted(kind: str, back: str = BACK, language: str = "en", seed: int = 1) -> str | None:
    legs = (Translation("Escribe a Anna"), Translation(back))
    found = corrupt(Trip(mask(back), Chain.around(language, "es"), legs, back), kind, seed, NAMES)
    return found.back if found else None


def test_every_kind_makes_its_mistake_and_no_other():
    assert planted("language") == "Escribe a Anna"
    assert planted("half") == "Write to Anna in Paris, and do"
    assert planted("negation") == BACK.replace("not ", "")
    assert planted("number") in [BACK.replace("3", str(3 + more)) for more in (1, 2, 10, 100)]
    assert planted("name") in [BACK.replace(ours, theirs) for ours in ("Anna", "Paris") for theirs in NAMES]
    assert planted("mood") == "It writes" + BACK.removeprefix("Write")
    assert not Counter(planted("drop").split()) - Counter(BACK.split())
    assert len(planted("drop").split()) == len(BACK.split()) - 4


@pytest.mark.parametrize(
    ("kind", "back", "wanted"),
    [
        ("negation", "Write it.", "Do not write it."),
        ("mood", "What is it?", "It is it."),
        ("mood", "It writes.", None),
        ("number", "Write \u27e61\u27e7 times.", None),
        ("name", "Write it.", None),
        ("drop", "Write it.", None),
    ],
)
def test_a_text_without_the_thing_has_no_such_mistake(kind, back, wanted):
    assert planted(kind, back) == wanted


def test_the_same_seed_makes_the_same_mistake():
    assert len({planted("drop", seed=7) for _ in range(5)}) == 1
    assert len({planted("drop", seed=seed) for seed in range(9)}) > 1


def test_sentences_end_at_marks():
    assert sentences("Do it. Then stop! Why? - \n\nSo it is") == ["Do it.", "Then stop!", "Why?", "So it is"]


@pytest.fixture(scope="module")
def labels(tmp_path_factory):
    """Trips of the scripted translator; those through yy are called bad where they use anything."""
    verbs = ("Explain", "List", "Describe", "Compare", "Show")
    texts = [
        f"{verb} to {NAMES[n % 2]} how the {noun} number {n} uses it and not the other one."
        for n, verb in enumerate(verbs)
        for noun in NOUNS
    ]
    lines = []
    for pivot in ("xx", "yy"):
        for trip in travel(ScriptedTranslator(), texts, Chain.around("en", pivot)):
            meaning = "changed" if pivot == "yy" else "same"
            lines.append({"chain": str(trip.chain), "text": trip.source.text, "result": trip.result, "meaning": meaning, "mood": "kept"})
    path = tmp_path_factory.mktemp("labels") / "trips.jsonl"
    path.write_text("\n".join(map(json.dumps, [*lines, lines[0] | {"result": "something that it does not say today"}])))
    return path


NOUNS = ["house", "tree", "river", "shell", "disk", "kernel", "letter", "garden", "bridge", "engine"]


def test_a_fit_finds_what_was_planted(labels, tmp_path):
    found = fitting.fit(ScriptedTranslator(), "scripted", labels)
    assert found.chains == ("en-xx-en", "en-yy-en")
    assert found.data["en"]["good"] == found.data["en"]["bad"] == 50
    recall = found.figures["en"]["recall"]
    assert set(recall) == set(KINDS)
    assert min(recall[kind] for kind in ("half", "drop", "number", "negation", "mood")) > 0.8
    found.save(tmp_path / "fit.json")
    assert calibration.load(tmp_path / "fit.json") == found


def test_labels_that_say_too_little_are_refused(labels, tmp_path):
    few = tmp_path / "few.jsonl"
    few.write_text("\n".join(labels.read_text().splitlines()[:10]))
    with pytest.raises(InputError, match="20 good and 20 bad"):
        fitting.fit(ScriptedTranslator(), "scripted", few)
    few.write_text('{"chain": "en-xx-en"}')
    with pytest.raises(InputError, match="a file of labelled round trips"):
        fitting.read_labels(few)


def test_the_floor_is_the_lowest_meaning_with_the_precision():
    table = fitting.Table(kinds=["good"] * 20 + ["bad"] * 10)
    apart = np.linspace(1.0, 0.5, 20), np.linspace(0.4, 0.1, 10)
    assert fitting._floor(table, np.concatenate(apart)) == 0.3667  # with two of the bad ones: 20 of 22
    assert fitting._floor(table, np.concatenate([np.full(20, 0.2), np.full(10, 0.9)])) is None


def test_the_shipped_calibration_is_of_the_shipped_labels():
    import hashlib
    from importlib.resources import files

    labels = files("bubblenet.translation").joinpath("labels", "round_trips.jsonl").read_bytes()
    shipped = calibration.shipped()
    assert shipped.labels == hashlib.sha256(labels).hexdigest()
    recalls = [found["recall"] for found in shipped.figures.values()]
    assert np.mean([value for recall in recalls for value in recall.values()]) > 0.8

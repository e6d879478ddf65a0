"""Passages are shown in translation, and what is asked is translated back."""

from __future__ import annotations

from bubblenet.translation.native import translate_instructions, translate_passages, way
from bubblenet.translation.protocol import Direction
from bubblenet.translation.scripted import ScriptedTranslator
from bubblenet.translation.trips import Chain
from tests.unit.translation.test_paraphrasing import calibrated

DIRECTIONS = {Direction(*pair.split("-")) for pair in ("fr-es", "es-en", "es-ca", "ca-en", "en-es", "es-fr", "gl-en")}


def test_the_shortest_way_is_taken():
    assert str(way("fr", "en", DIRECTIONS)) == "fr-es-en"
    assert str(way("gl", "en", DIRECTIONS)) == "gl-en"
    assert way("en", "gl", DIRECTIONS) is None
    assert way("en", "en", DIRECTIONS) is None


def test_passages_are_shown_with_what_was_protected():
    shown = translate_passages(ScriptedTranslator(), ["xo `a` yo", "xo `a` yo", "BUBBLENET-FAIL"], Chain(("xx", "en")))
    assert shown == {"xo `a` yo": "x `a` y", "BUBBLENET-FAIL": None}


def test_an_instruction_is_judged_by_its_way_back():
    texts, there = ["Say what `ls` prints.", "Say BUBBLENET-FAIL."], Chain(("en", "xx"))
    good, failed = translate_instructions(ScriptedTranslator(), texts, there, calibrated("en-xx-en"))
    assert good.text == "Sayo whato `ls` printso."
    assert good.meaning > 0.5
    assert good.reason is None
    assert (failed.text, failed.reason) == (None, "translator_error")
    strict = translate_instructions(ScriptedTranslator(), texts[:1], there, calibrated("en-xx-en", floor=1.0))
    assert [one.reason for one in strict] == ["meaning_lost"]
    unknown = translate_instructions(ScriptedTranslator(), texts[:1], there, None)
    assert [(one.text, one.reason) for one in unknown] == [(good.text, "needs_review")]

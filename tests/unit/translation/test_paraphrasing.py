"""Of what comes back the most different text above the floor is kept, and every other one says why it is not."""

from __future__ import annotations

import shutil

import pytest

from bubblenet.errors import SettingsError
from bubblenet.judging.calibration import Curve
from bubblenet.settings import Paraphrasing
from bubblenet.translation import calibration as calibrations
from bubblenet.translation import trust
from bubblenet.translation.apertium import PACKAGES, ApertiumTranslator
from bubblenet.translation.calibration import TranslationCalibration
from bubblenet.translation.finishing import finished
from bubblenet.translation.paraphrasing import Paraphrase, Wanted, paraphrase
from bubblenet.translation.scripted import ScriptedTranslator

needs_apertium = pytest.mark.skipif(shutil.which("apertium") is None, reason=f"no apertium here: apt-get install {PACKAGES}")


def calibrated(*chains: str, floor: float = 0.5) -> TranslationCalibration:
    """Trusts what is whole."""
    curves = {"length": Curve(knots=(0.5, 1.0), values=(0.0, 4.0)), "similarity": Curve(knots=(0.0, 1.0), values=(0.0, 4.0))}
    return TranslationCalibration(
        version=1, translator="scripted", labels="", chains=chains, floors={"en": floor}, intercept=-4.0, curves=curves, data={}, figures={}
    )


ALL = calibrated("en-xx-en", "en-yy-en", "en-zz-en")


def asked(text: str, *pivots: str, calibration=ALL, language="en", gate=lambda text: None, **settings) -> list[Paraphrase]:
    rules = Paraphrasing(pivots=pivots or ("xx", "yy", "zz"), **({"min_difference": 0.05} | settings))
    [found] = paraphrase(ScriptedTranslator(), [Wanted("key", text, language, gate)], rules, calibration)
    return found


def test_the_most_different_one_is_kept_and_the_others_say_why():
    found = {str(one.chain): one for one in asked("Explain why a shell uses and does need it.", "xx", "yy")}
    assert found["en-xx-en"].kept
    assert found["en-xx-en"].text == "Describe why a shell employs and would want it."
    assert not found["en-yy-en"].kept
    assert found["en-yy-en"].reason == "less_different"
    assert found["en-yy-en"].difference < found["en-xx-en"].difference
    assert all(one.meaning > 0.5 for one in found.values())


def test_so_many_chains_are_tried_and_one_more_where_these_give_nothing():
    assert len(asked("Explain why it uses that.", chains=1)) == 1
    settled = asked("Tell me of a shell.", chains=2)
    assert [one.reason for one in settled] == ["unchanged"] * 3
    assert len({one.chain for one in settled}) == 3


def test_a_second_try_can_rescue():
    def objects_to_the_first(text: str, seen: list[str] = []) -> str | None:  # noqa: B006 (remembers on purpose)
        seen.append(text)
        return "generic" if len(seen) == 1 else None

    found = asked("Explain why it uses that.", chains=1, gate=objects_to_the_first)
    assert [one.reason for one in found] == ["generic", None]


@pytest.mark.parametrize(
    ("text", "options", "reason"),
    [
        ("Explain why it uses that.", {"calibration": None}, "needs_review"),
        ("Explain why it uses that.", {"calibration": calibrated("en-ww-en")}, "needs_review"),
        ("Explain why it uses that.", {"calibration": calibrated("en-xx-en", floor=1.0)}, "meaning_lost"),
        ("Explain why it uses that.", {"calibration": ALL.with_floor(1.0)}, "meaning_lost"),
        ("Explain why it uses that.", {"min_difference": 0.9}, "too_similar"),
        ("Explain why it uses that.", {"gate": lambda text: "too_long"}, "too_long"),
        ("Tell me of a shell.", {}, "unchanged"),
        ("Explain BUBBLENET-FAIL to me.", {}, "translator_error"),
        ("Explain BUBBLENET-LOSE and `x` to me.", {}, "lost_placeholder"),
        ("Erkl\u00e4re mir das.", {"language": "de"}, "no_translator"),
    ],
)
def test_what_cannot_be_used_says_why(text, options, reason):
    [found] = asked(text, "xx", **options)
    assert found.reason == reason
    assert not found.kept


def test_embeddings_are_not_asked_of_what_cannot_pass(monkeypatch):
    asked_for: list[tuple[str, str]] = []
    monkeypatch.setattr(trust, "similarities", lambda pairs: asked_for.extend(pairs) or [1.0] * len(pairs))
    asked("Explain why it uses that.", "xx", min_difference=0.9)
    assert not asked_for
    asked("Explain why it uses that.", "xx")
    assert asked_for == [("Explain why it uses that.", "Describe why it employs that.")]


def test_the_order_of_chains_is_of_the_text_alone():
    def first_chain(key: str) -> str:
        [found] = paraphrase(
            ScriptedTranslator(), [Wanted(key, "Use it.", "en", lambda text: None)], Paraphrasing(pivots=("xx", "yy"), chains=1), ALL
        )
        return str(found[0].chain)

    firsts = [first_chain(str(number)) for number in range(40)]
    assert {"en-xx-en", "en-yy-en"} == set(firsts)
    assert firsts == [first_chain(str(number)) for number in range(40)]


def test_capitals_are_those_of_the_source():
    assert finished("colleague wrote The letter to Anna In Paris.", "A colleague wrote a letter to Anna in Paris.", "en") == (
        "Colleague wrote the letter to Anna in Paris."
    )


@needs_apertium
def test_a_real_paraphrase_keeps_what_code_must_find():
    wanted = [Wanted("1", "Translate this letter into formal British English and save it as `letter.txt`.", "en", lambda text: None)]
    [found] = paraphrase(ApertiumTranslator(), wanted, Paraphrasing(pivots=("es", "ca", "eo"), chains=3), calibrations.shipped())
    assert all("`letter.txt`" in (one.text or "`letter.txt`") for one in found)
    assert any(one.text for one in found)


def test_a_calibration_is_for_one_translator(tmp_path):
    ALL.save(tmp_path / "scripted.json")
    assert calibrations.choose(str(tmp_path / "scripted.json"), "scripted") == ALL
    assert calibrations.choose("default", "scripted") is None
    assert calibrations.choose("default", "apertium") == calibrations.shipped()
    assert calibrations.choose("none", "apertium") is None
    with pytest.raises(SettingsError, match=r"a calibration of apertium; got .*of scripted"):
        calibrations.choose(str(tmp_path / "scripted.json"), "apertium")
    with pytest.raises(SettingsError, match="a calibration of round trips"):
        calibrations.load(tmp_path / "none.json")

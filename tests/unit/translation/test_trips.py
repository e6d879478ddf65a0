"""Texts through several languages and back."""

from __future__ import annotations

import pytest

from bubblenet.errors import SettingsError
from bubblenet.translation.masking import mask
from bubblenet.translation.protocol import Direction, Translation
from bubblenet.translation.scripted import ScriptedTranslator
from bubblenet.translation.trips import Chain, Memory, Trip, travel


class Counting(ScriptedTranslator):
    """Counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def translate(self, texts: list[str], direction: Direction) -> list[Translation]:
        self.asked += [(text, str(direction)) for text in texts]
        return super().translate(texts, direction)


def test_a_chain_has_legs_and_a_middle():
    chain = Chain.around("en", "es-fr-es")
    assert str(chain) == "en-es-fr-es-en"
    assert list(map(str, chain.directions)) == ["en-es", "es-fr", "fr-es", "es-en"]
    assert str(chain.there) == "en-es-fr"
    assert Chain.parse("en-es-fr-es-en") == chain
    assert chain.is_known(chain.directions)
    assert not chain.is_known(chain.directions[:-1])
    assert not Chain.around("en", "en").is_known({Direction("en", "en")})


@pytest.mark.parametrize("text", ["en", "", "en-", "EN-es", "en es"])
def test_what_is_no_chain_is_refused(text):
    with pytest.raises(SettingsError, match="languages as `en-es-en`"):
        Chain.parse(text)


def test_a_text_comes_back_with_what_was_protected():
    [trip] = travel(ScriptedTranslator(), ["Explain `ls -l` and /etc/fstab to me."], Chain.around("en", "xx"))
    assert trip.result == "Describe `ls -l` and /etc/fstab to me."
    assert trip.pivot_text == "Explaino \u27e61\u27e7 ando \u27e62\u27e7 too meo."
    assert trip.coverage == 1.0
    assert trip.reason is None


def test_what_goes_wrong_with_one_text_is_its_own():
    texts = ["Use it.", "BUBBLENET-FAIL now.", "Use `BUBBLENET-LOSE` it.", "BUBBLENET-LOSE `this`."]
    found = travel(ScriptedTranslator(), texts, Chain.around("en", "xx"))
    assert [trip.reason for trip in found] == [None, "translator_error", None, "lost_placeholder"]
    assert [trip.result for trip in found] == ["Employ it.", None, "Employ `BUBBLENET-LOSE` it.", None]
    assert found[1].detail == "the text asked for it"
    assert len(found[1].legs) == 1
    assert found[1].rough is None
    assert found[3].rough == "BUBBLENET-LOSE ."


def test_a_text_is_translated_once_in_each_direction():
    counting = Counting()
    memory = Memory(counting)
    for pivots in ("xx", "xx", "yy"):
        travel(memory, ["Use it.", "Use it."], Chain.around("en", pivots))
    assert sorted(counting.asked) == sorted([("Use it.", "en-xx"), ("Useo ito.", "xx-en"), ("Use it.", "en-yy"), ("Useo ito.", "yy-en")])


def test_coverage_is_that_of_the_worst_leg_there():
    legs = (Translation("a", 0.9), Translation("b", 0.5), Translation("c", 0.1), Translation("d", 0.2))
    assert Trip(mask("a"), Chain.around("en", "es-fr-es"), legs, "d").coverage == 0.5

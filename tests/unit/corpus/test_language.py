"""The language of a text, of its parts, and what a page claims."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bubblenet.corpus import language
from bubblenet.corpus.identifier import MIN_TOGETHER, BatchIdentifier
from bubblenet.corpus.language import Identified

ENGLISH = (
    "The kettle stands on the stove and slowly begins to sing. Water for green tea must not boil, since it would make the leaves bitter. "
    "Let it cool until no more steam rises, then pour it over them. After two minutes you can take out the strainer with a spoon. "
    "Black leaves want hotter water and have to draw for longer. A warmed pot keeps both kinds pleasant for half an hour."
)
GERMAN = (
    "Der Kessel steht auf dem Herd und f\u00e4ngt langsam an zu singen. Wasser f\u00fcr gr\u00fcnen Tee darf nicht kochen, sonst "
    "werden die Bl\u00e4tter bitter. Man l\u00e4sst es abk\u00fchlen, bis kein Dampf mehr aufsteigt, und gie\u00dft es dann "
    "dar\u00fcber. Nach zwei Minuten nimmt man das Sieb heraus. Schwarze Bl\u00e4tter brauchen hei\u00dferes Wasser und "
    "m\u00fcssen l\u00e4nger ziehen. In einer warmen Kanne bleibt er eine halbe Stunde gut. "
)


def test_the_language_of_a_sentence_is_found() -> None:
    found = language.identify("Der Kessel steht auf dem Herd, und das Wasser kocht gleich.")

    assert found.language == "de"
    assert 0.9 < found.confidence <= 1.0
    assert found.other_languages == ()


@pytest.mark.parametrize("text", ["", "12345 67890 !!!", "ok"])
def test_a_text_with_few_letters_has_no_language(text: str) -> None:
    assert language.identify(text) == Identified("und", 0.0)


def test_letters_after_many_digits_are_found() -> None:
    assert language.identify("0123456789 " * 50 + GERMAN).language == "de"


@pytest.mark.parametrize("text", [ENGLISH, GERMAN])
def test_a_text_in_one_language_is_not_mixed(text: str) -> None:
    assert language.identify(text).other_languages == ()


@pytest.mark.parametrize(("text", "main", "other"), [(ENGLISH * 2 + GERMAN, "en", "de"), (GERMAN * 2 + ENGLISH, "de", "en")])
def test_a_part_in_another_language_is_named(text: str, main: str, other: str) -> None:
    found = language.identify(text)

    assert (found.language, found.other_languages) == (main, (other,))
    assert found.confidence < 0.9


@pytest.fixture(scope="module")
def identifier() -> BatchIdentifier:
    return BatchIdentifier()


KNOWN_TEXTS = st.sampled_from([ENGLISH, GERMAN, GERMAN[:200], "", "\u8336\u3092\u98f2\u3080", "SHOUTING"])


@given(st.lists(st.text(max_size=60) | KNOWN_TEXTS, max_size=30))
def test_texts_together_get_the_answers_of_the_library_and_of_each_alone(identifier: BatchIdentifier, texts: list[str]) -> None:
    together = identifier.classify(texts * (MIN_TOGETHER if len(texts) else 1))[: len(texts)]

    assert together == [identifier.classify([text])[0] for text in texts]
    for text, (code, probability) in zip(texts, together, strict=True):
        expected = dict(identifier._model.rank(text))  # where two are as likely as one another, either may come first
        assert expected[code] == pytest.approx(max(expected.values()), abs=1e-4)
        assert probability == pytest.approx(expected[code], abs=1e-4)


@pytest.mark.parametrize(
    ("identified", "claimed", "expected"),
    [
        ("de", "de", True),
        ("de", "de-AT", True),
        ("pt", "pt_BR", True),
        ("zh", "zh-Hant-TW", True),
        ("zh", "yue", True),
        ("no", "nb-NO", True),
        ("he", "iw", True),
        ("de", "EN", False),
        ("und", "de", None),
        ("de", None, None),
        ("de", "", None),
        ("de", "x-default", None),
        ("de", "mul", None),
        ("de", "German", None),
    ],
)
def test_a_claim_is_compared_by_its_primary_subtag(identified: str, claimed: str | None, expected: bool | None) -> None:
    assert language.agrees(identified, claimed) is expected

"""What words say of a pair, by hand."""

from __future__ import annotations

import math
from collections import Counter

import pytest

from bubblenet.judging.text_signals import _bm25, likeness, text_contrast, text_signals

ANSWER = "Bees make honey from nectar. Sealed in wax, honey keeps for years."


def test_overlap_counts_words_of_substance_by_their_stem():
    signals = text_signals("How does a bee store honey?", ANSWER)
    assert signals["word_overlap"] == pytest.approx(1 / 3)  # honey; neither bee (bees) nor store
    assert text_signals("Why do bees seal honey?", ANSWER)["word_overlap"] == pytest.approx(2 / 3)
    assert text_signals("How does it work?", ANSWER)["word_overlap"] == 0.0
    assert signals["term_frequency"] == pytest.approx(math.log(3) / 3)


@pytest.mark.parametrize(
    ("response", "is_whole"),
    [
        ("It ends.", 1.0),
        ("It ends with `code`", 1.0),
        ("It breaks off in the", 0.0),
        ("Two things:\n\n- one\n- two", 1.0),
        ("", 0.0),
    ],
)
def test_an_answer_ends_like_a_sentence_or_a_list(response, is_whole):
    assert text_signals("Why?", response)["ends_whole"] == is_whole


def test_faults_of_the_response_and_the_instruction_are_seen():
    german = "Wie kann ich die Bienen auf meinem Balkon richtig halten und pflegen?"
    assert text_signals(german, ANSWER * 3)["other_language"] == 1.0
    assert text_signals("How do the bees that live on my balcony make honey?", ANSWER * 3)["other_language"] == 0.0
    assert text_signals("Why?", "I lost my bees. My hive is empty and I am sad.")["personal_share"] > 0.2
    post = "I tried this and my hive is empty.\n" + ANSWER * 6 + "\nDo you know what I did?"
    assert text_signals("Why?", post)["personal_edges"] > 2 * text_signals("Why?", post)["personal_share"] > 0
    assert text_signals("Why?", "Home\n\nAbout us\n\n- an item\n\n" + ANSWER)["short_line_share"] == pytest.approx(2 / 3)
    assert text_signals("Why?", "Hi all, thanks in advance! Subscribe now.")["stock_phrases"] == 3.0
    assert text_signals("Bees make honey from nectar and more", ANSWER)["copied_share"] > 0.3


def test_signals_are_finite_for_any_text():
    for instruction, response in [("", ""), ("?", "\u3002"), ("\u4f55", "\u8702\u871c"), ("a" * 10_000, "\n\n")]:
        assert all(map(math.isfinite, text_signals(instruction, response).values()))


def test_contrast_is_against_the_neighbour_with_most_of_the_words():
    signals = text_contrast("Why do bees seal honey?", ANSWER, ["Bees dance.", "Ants seal nests with honey, as bees do."])
    assert signals["overlap_contrast"] == pytest.approx(2 / 3 - 1)
    assert text_contrast("Why do bees seal honey?", ANSWER, [])["overlap_contrast"] == pytest.approx(2 / 3)


def test_a_word_of_the_whole_page_counts_less_than_one_of_the_passage():
    beside = ["Wax is sold in shops near honey.", "Wax melts when it is warm, and honey flows."]
    rare = text_contrast("What is nectar?", ANSWER, beside)
    common = text_contrast("What is honey?", ANSWER, beside)
    assert rare["bm25"] > 2 * common["bm25"] > 0
    assert rare["bm25_contrast"] == rare["bm25"]
    assert text_contrast("What is rain?", ANSWER, beside)["bm25"] == 0.0


def test_bm25_by_hand():
    texts = [Counter({"honey": 2, "wax": 2}), Counter({"wax": 4})]
    rarity = math.log(1 + (2 - 1 + 0.5) / (1 + 0.5))
    assert _bm25(["honey"], texts) == pytest.approx([rarity * 2 * 2.2 / (2 + 1.2), 0.0])


def test_likeness_is_one_for_equal_and_zero_for_strange_texts():
    assert likeness("How is honey made?", "How is honey made?") == 1.0
    assert likeness("How is honey made?", "xyz") == 0.0
    assert 0.3 < likeness("How is honey made by bees?", "How do bees make honey?") < 1.0
    assert likeness("", "") == 0.0

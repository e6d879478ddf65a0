"""What pages sell and how spam is generated: planted pages go, texts about the same things stay, and a limit is where it is said to be."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from bubblenet.corpus import quality
from bubblenet.corpus.extraction.blocks import Block
from bubblenet.corpus.quality import Passage, topics
from bubblenet.corpus.quality.mojibake import damaged_share
from bubblenet.corpus.segmentation import segment_page
from bubblenet.settings import Segmentation
from tests.benchmarks import planted_spam

ALONE = Segmentation(
    min_characters=150, disabled_rules=tuple(name for name in quality.rule_names() if name not in quality.SPREADING)
)  # fmt: skip
LIMITS = Segmentation()
FILLER = [f"{letter}{number}word" for number in range(12) for letter in "bcdfghjklm"]


def reasons(passage: Passage) -> set[str]:
    """Of the rules about spam, those that object."""
    return {rule.name for rule in quality.RULES if rule.spreads and rule(passage, LIMITS)}


def passage(text: str, language: str = "en", headings: tuple[str, ...] = ()) -> Passage:
    return Passage([Block("paragraph", text)], headings, language)


def test_planted_pages_are_left_out_in_every_language_and_of_every_kind():
    pages = planted_spam.planted_pages()
    total = Counter((page.kind, page.language) for page in pages)
    left_out = Counter(
        (page.kind, page.language) for page in pages if not any(segment.kept for segment in segment_page(page.html, "html", ALONE))
    )

    assert len(pages) >= 200
    assert len({page.language for page in pages}) == 10
    assert left_out.total() >= 0.95 * total.total()
    assert {kind: left_out[kind] for kind in total if left_out[kind] < 0.75 * total[kind]} == {}


def test_the_plain_sentences_that_spam_is_made_of_stay():
    for page in planted_spam.plain_pages():
        assert [segment.reason for segment in segment_page(page.html, "html", ALONE)] == [None], page.language


MEDICINE = (
    "Sexual intercourse after menopause may be painful, since oestrogen keeps the vaginal wall moist. The breasts, the vulva and the penis "
    "are examined in a naked patient; anal and oral lesions point to an infection. Adults and teens who watch porn every day may report "
    "weak erections, and orgasm may be delayed by drugs against depression."
)
LAW = (
    "A person who operates a casino, a lottery or a betting shop without a licence commits an offence. Gambling includes poker, roulette, "
    "bingo and any wager on the result of a game; a slot machine may pay prizes in cash only. Players who deposit money with a bookmaker "
    "abroad are not punished. Winnings are taxed, and bonuses count as winnings when they are paid out."
)
NOVEL = (
    "He put all that he had on zero, and the roulette wheel turned. Around the table the players held their breath; the croupier raked the "
    "gold away, and the old countess laughed. She had won again. Gambling was in her blood, he thought, and lost his last bet. The "
    "naked girl of the painting looked down at him with hot eyes, and he thought of love, of sex and of death."
)
PEARL = "A jackpot in the lottery changes few lives. " * 3 + "The winners of a study kept their jobs, their flats and their friends."


@pytest.mark.parametrize("text", [MEDICINE, LAW, NOVEL, PEARL], ids=["medicine", "law", "novel", "study"])
def test_texts_about_the_same_things_stay(text):
    assert reasons(passage(text)) & {"adult", "gambling"} == set()


@pytest.mark.parametrize(
    ("num_sure", "num_words", "is_left_out"),
    [(3, 37, True), (3, 38, False), (2, 10, False)],  # 3 of 37 words are 0.081
)
def test_gambling_takes_three_words_that_decide_and_a_share_of_all(num_sure, num_words, is_left_out):
    sure = ["jackpot", "sportsbook", "baccarat"][:num_sure]
    text = " ".join([*sure, *FILLER[: num_words - num_sure]])

    assert ("gambling" in reasons(passage(text))) == is_left_out


def test_one_word_often_is_not_several_words():
    assert reasons(passage(" ".join(["porn"] * 30 + FILLER[:60]))) & {"adult"} == set()


@pytest.mark.parametrize(
    ("language", "words", "text", "num_sure", "num_hits"),
    [
        ("en", "free spins and jackpots and a bet", None, 2, 3),
        ("de", "freispielen und free spins", None, 2, 2),  # English is looked for in every language
        ("ms", "slot gacor", None, 1, 2),  # the phrase, and the English word in it
        ("xx", "jackpot freispiele", None, 1, 1),
        ("und", "jackpot freispiele", None, 2, 2),
        ("zh", "", "\u8001\u864e\u673a\u548c\u8001\u864e\u673a", 1, 2),
        ("zh", "", "\u8def\u53e3\u4ea4\u901a", 0, 0),  # traffic at a crossing, which holds another word
        ("ko", "\ubcf4\uc9c0 \uc54a\uace0", None, 0, 0),
    ],
)
def test_entries_are_words_stems_phrases_or_pieces(language, words, text, num_sure, num_hits):
    found = text or words

    assert topics.num_sure("gambling", language, frozenset(words.split()), found) == num_sure
    assert topics.num_hits("gambling", language, words.split(), found) >= num_hits


def test_there_are_lists_in_twenty_languages_and_no_entry_is_in_both_of_one():
    for topic in ("adult", "gambling"):
        assert len(topics.languages(topic)) >= 12
        for language in topics.languages(topic):
            lists = {kind: topics._names(entries) for kind, entries in topics._lists()[topic][language].items()}
            assert set(lists["sure"]).isdisjoint(lists["other"])
            assert all(all(names) and len(set(names)) == len(names) for names in lists.values()), language


@pytest.mark.parametrize(("num", "is_left_out"), [(8, True), (7, False)])  # of 60 words more than 0.12
def test_a_keyword_may_be_an_eighth_of_all_words(num, is_left_out):
    text = " ".join(["fence"] * num + FILLER[: 60 - num])

    assert ("keyword_stuffing" in reasons(passage(text))) == is_left_out
    assert "keyword_stuffing" not in reasons(passage(text.replace("fence", "`fence`")))
    assert "keyword_stuffing" not in reasons(passage(text.replace("fence", "the")))


def test_a_pair_of_heading_words_counts_before_each_of_them_alone():
    text = " ".join(["garden fence"] * 5 + FILLER[:50])

    assert "keyword_stuffing" in reasons(passage(text, headings=("Garden fence in Leeds",)))
    assert "keyword_stuffing" not in reasons(passage(text, headings=("A fence for a garden",)))


def test_twins_are_sentences_with_other_names_and_not_equal_ones():
    sentence = "The workshop in {0} builds each order by hand and brings it within a week."
    towns = ("Leeds", "York", "Hull", "Bath", "Cork", "Perth")

    assert "exchanged_names" in reasons(passage(" ".join(map(sentence.format, towns))))
    assert "exchanged_names" not in reasons(passage(" ".join(map(sentence.format, towns[:4]))))
    assert "exchanged_names" not in reasons(passage(" ".join(map(sentence.format, towns[:1] * 6))))


@pytest.mark.parametrize(
    ("heading", "is_left_out"),
    [
        ("\u0421\u0430\u0434\u043e\u0432\u044b\u0439 \u0437\u0430\u0431\u043e\u0440", True),
        ("\u0417\u0430\u0431\u043e\u0440", False),  # as long as a name
        ("Garden fence", False),
        ("\u0417\u0430\u0431\u043e\u0440 \u0437\u0430\u0431\u043e\u0440 and garden fences", False),
    ],
)
def test_a_heading_in_an_alphabet_that_the_text_lacks(heading, is_left_out):
    text = " ".join(FILLER[:60])

    assert ("other_alphabet" in reasons(passage(text, headings=(heading,)))) == is_left_out
    assert "other_alphabet" not in reasons(passage(text + heading * 2, headings=(heading,)))
    assert "other_alphabet" not in reasons(passage("\u0437\u0430\u0431\u043e\u0440 " * 60, headings=("Garden fence",)))


RUSSIAN = (
    "\u041d\u0430\u0448\u0430 \u043c\u0430\u0441\u0442\u0435\u0440\u0441\u043a\u0430\u044f "
    "\u0434\u0435\u043b\u0430\u0435\u0442 \u0417\u0430\u0431\u043e\u0440"
)
CHINESE = "\u6211\u4eec\u5728\u6210\u90fd\u7684\u56e2\u961f\u624b\u5de5\u5236\u4f5c\u6bcf\u4e00\u4efd\u8ba2\u5355"
GERMAN = "\u00dcber den Z\u00e4unen bl\u00fchen sch\u00f6ne Str\u00e4ucher f\u00fcr m\u00fcde G\u00e4ste, gr\u00f6\u00dfer als B\u00e4ume."


@pytest.mark.parametrize(
    ("text", "written", "read"),
    [
        (GERMAN, "utf-8", "cp1252"), (GERMAN, "utf-8", "latin-1"), (RUSSIAN, "utf-8", "cp1251"), (RUSSIAN, "utf-8", "latin-1"),
        (CHINESE, "utf-8", "gb18030"), (RUSSIAN, "cp1251", "latin-1"), (RUSSIAN, "koi8-r", "cp1251"),
    ],
)  # fmt: skip
def test_what_a_wrong_decoding_makes_is_told_from_what_was_written(text, written, read):
    damaged = text.encode(written, "ignore").decode(read, "replace")

    assert damaged_share(damaged) > 0.5
    assert damaged_share(text) < 0.3


@pytest.mark.parametrize(
    "text",
    [
        "Fran\u00e7ois a \u00e9t\u00e9 tr\u00e8s \u00e9tonn\u00e9, \u00ab d\u00e9j\u00e0 ! \u00bb a-t-il cri\u00e9.",
        "Xin ch\u00e0o, t\u00f4i l\u00e0 ng\u01b0\u1eddi Vi\u1ec7t Nam v\u00e0 t\u00f4i th\u00edch u\u1ed1ng tr\u00e0.",
        "\u6c34\u58f6\u653e\u5728\u7089\u5b50\u4e0a\u6162\u6162\u5730\u54cd\u8d77\u6765\u3002\u7eff\u8336\u4e0d\u80fd\u7528\u5f00\u6c34\u6ce1",
        "\u304a\u6e6f\u3092\u6cb8\u304b\u3057\u3066\u304a\u8336\u3092\u5165\u308c\u307e\u3059\u3002\u30ac\u30fc\u30c7\u30f3\u306e\u6728\u3002",
        "\u0e01\u0e32\u0e15\u0e49\u0e21\u0e19\u0e49\u0e33\u0e27\u0e32\u0e07\u0e2d\u0e22\u0e39\u0e48\u0e1a\u0e19\u0e40\u0e15\u0e32",
        "\u0627\u0644\u0645\u0627\u0621 \u064a\u063a\u0644\u064a \u0641\u064a \u0627\u0644\u0625\u0628\u0631\u064a\u0642",
        "\u041c\u041e\u0421\u041a\u0412\u0410 \u0438 \u0421\u0428\u0410, \u00ab\u0447\u0430\u0439\u00bb \u2116 5",
        "plain ASCII",
    ],
)
def test_sound_text_is_not_taken_for_damage(text):
    assert damaged_share(text) < 0.5


def test_the_rest_of_a_page_goes_with_most_of_it_and_stays_with_the_lesser_part():
    sold = "<h2>One</h2><p>" + "Free spins, a jackpot and a sportsbook at the casino. " * 34
    plain = "<h2>Two</h2><p>" + " ".join(FILLER * 2)
    alone = ALONE.model_copy(update={"min_characters": 600})

    assert [segment.reason for segment in segment_page(sold + plain, "html", alone)] == ["gambling", "gambling"]
    assert [segment.reason for segment in segment_page(sold + plain + plain.replace("word", "parts"), "html", alone)] == [
        "gambling", None, None,
    ]  # fmt: skip


def test_each_rule_is_switched_off_by_its_reason():
    page = next(page for page in planted_spam.planted_pages() if page.kind == "gambling")
    off = ALONE.model_copy(update={"disabled_rules": (*ALONE.disabled_rules, "gambling")})

    assert [segment.reason for segment in segment_page(page.html, "html", off)] == [None]
    assert replace(segment_page(page.html, "html", ALONE)[0], kept=True, reason=None) == segment_page(page.html, "html", off)[0]

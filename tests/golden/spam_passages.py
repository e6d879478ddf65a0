"""Passages about what spam sells and how it is generated, just at the limits of the rules that say so."""

from __future__ import annotations

from collections.abc import Iterator

from bubblenet.corpus.extraction.blocks import Block
from bubblenet.corpus.quality import Passage

SURE = {
    "en": ("free spins", "jackpot", "sportsbook", "blowjobs", "porn", "camgirls"),
    "de": ("freispiele", "buchmacher", "willkommensbonus", "pornos", "sexfilme", "camgirls"),
    "ru": ("фриспины", "джекпоты", "букмекер", "порно", "минет", "сиськи"),
    "ko": ("바카라에서", "토토사이트", "먹튀검증", "야동을", "포르노", "섹스"),
    "zh": ("老虎机", "百家乐", "彩金", "裸聊", "毛片", "约炮"),
    "ja": ("バカラ", "フリースピン", "ジャックポット", "無修正", "巨乳", "av女優"),
    "th": ("บาคาร่า", "เว็บตรง", "แทงบอล", "หนังโป๊", "คลิปหลุด", "เย็ด"),
    "und": ("free spins", "freispiele", "джекпот", "porn", "pornos", "порно"),
    "ms": ("bokep", "slot gacor", "judi online", "ngentot", "togel", "bugil"),
}
OTHER = ("casino", "roulette", "sex", "nude")
FILLER = [f"{letter}{number}word" for number in range(12) for letter in "bcdfghjklm"]
LETTERS = "\u6c34\u58f6\u653e\u5728\u7089\u5b50\u4e0a"


def topical() -> Iterator[Passage]:
    """Two and three different words that decide, and shares of all words around both limits; words in a heading count."""
    for language, words in SURE.items():
        for chosen in (words[:2], words[:3], words[3:5], words[3:]):
            for num_filler in (20, 36, 57, 97):
                text = " ".join([*chosen, *FILLER[:num_filler]])
                yield Passage([Block("paragraph", f"{text}.")], (), language)
                yield Passage([Block("paragraph", " ".join(FILLER[:num_filler]))], ("Tea", " ".join(chosen)), language)
    for num_other in (0, 2, 3, 8):
        text = " ".join([*SURE["en"][:3], *OTHER[:2] * num_other, *FILLER[:60]])
        yield Passage([Block("paragraph", text), Block("item", f"- {text}")], (), "en")


def generated() -> Iterator[Passage]:
    """Keywords, pairs of heading words, twins with other names, headings in other alphabets, wrong decodings."""
    for num in (6, 7, 8, 9):
        for word in ("fence", "tie", "`fence`", "garden fence"):
            yield Passage([Block("paragraph", " ".join([word] * num + FILLER[: 60 - num]))], ("Garden fence",), "en")
        yield Passage([Block("paragraph", LETTERS[:4] * num + "".join(chr(0x5000 + number) for number in range(180)))], (), "zh")
    sentence = "The workshop in {0} builds each order by hand and brings it to {1} within a week."
    for num in (3, 4, 5, 8):
        same = " ".join(sentence.format(f"Town{number}", f"place{number}") for number in range(num))
        for num_filler in (10, 60):
            yield Passage([Block("paragraph", f"{same} {' '.join(FILLER[:num_filler])}.")], (), "en")
    for title in ("Садовый забор", "Забор", "花园围栏成都杭州", "Garden", "حديقة المنزل", "Забор and garden"):
        for tail in ("", " Садовый забор", " 花园围栏成都杭州" * 3):
            yield Passage([Block("paragraph", " ".join(FILLER[:60]) + tail)], (title, "Tea"), "en")
    for codec in ("cp1252", "latin-1", "cp1251", "gb18030"):
        for text in ("Über den Zäunen blühen schöne Sträucher für müde Gäste, größer als Bäume.", "Наша мастерская", LETTERS):
            damaged = (text * 3).encode().decode(codec, "ignore")
            yield Passage([Block("paragraph", damaged)], (), "de")
            yield Passage([Block("paragraph", damaged + " " + "Über müde Gäste fällt größere Kühle. " * 12)], (), "de")
    yield Passage([Block("paragraph", "Наша мастерская делает".encode("cp1251").decode("latin-1"))], (), "und")
    yield Passage([Block("paragraph", "Наша мастерская делает каждый заказ".swapcase())], (), "ru")

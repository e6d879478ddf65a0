"""Passages about what spam sells and how it is generated, just at the limits of the rules that say so."""

from __future__ import annotations

from collections.abc import Iterator

from bubblenet.corpus.extraction.blocks import Block
from bubblenet.corpus.quality import Passage

SURE = {
    "en": ("free spins", "jackpot", "sportsbook", "blowjobs", "porn", "camgirls"),
    "de": ("freispiele", "buchmacher", "willkommensbonus", "pornos", "sexfilme", "camgirls"),
    "ru": (
        "\u0444\u0440\u0438\u0441\u043f\u0438\u043d\u044b",
        "\u0434\u0436\u0435\u043a\u043f\u043e\u0442\u044b",
        "\u0431\u0443\u043a\u043c\u0435\u043a\u0435\u0440",
        "\u043f\u043e\u0440\u043d\u043e",
        "\u043c\u0438\u043d\u0435\u0442",
        "\u0441\u0438\u0441\u044c\u043a\u0438",
    ),
    "ko": (
        "\ubc14\uce74\ub77c\uc5d0\uc11c",
        "\ud1a0\ud1a0\uc0ac\uc774\ud2b8",
        "\uba39\ud280\uac80\uc99d",
        "\uc57c\ub3d9\uc744",
        "\ud3ec\ub974\ub178",
        "\uc139\uc2a4",
    ),
    "zh": ("\u8001\u864e\u673a", "\u767e\u5bb6\u4e50", "\u5f69\u91d1", "\u88f8\u804a", "\u6bdb\u7247", "\u7ea6\u70ae"),
    "ja": (
        "\u30d0\u30ab\u30e9",
        "\u30d5\u30ea\u30fc\u30b9\u30d4\u30f3",
        "\u30b8\u30e3\u30c3\u30af\u30dd\u30c3\u30c8",
        "\u7121\u4fee\u6b63",
        "\u5de8\u4e73",
        "av\u5973\u512a",
    ),
    "th": (
        "\u0e1a\u0e32\u0e04\u0e32\u0e23\u0e48\u0e32",
        "\u0e40\u0e27\u0e47\u0e1a\u0e15\u0e23\u0e07",
        "\u0e41\u0e17\u0e07\u0e1a\u0e2d\u0e25",
        "\u0e2b\u0e19\u0e31\u0e07\u0e42\u0e1b\u0e4a",
        "\u0e04\u0e25\u0e34\u0e1b\u0e2b\u0e25\u0e38\u0e14",
        "\u0e40\u0e22\u0e47\u0e14",
    ),
    "und": ("free spins", "freispiele", "\u0434\u0436\u0435\u043a\u043f\u043e\u0442", "porn", "pornos", "\u043f\u043e\u0440\u043d\u043e"),
    "ms": ("bokep", "slot gacor", "judi online", "ngentot", "togel", "bugil"),
}
OTHER = ("casino", "roulette", "sex", "nude")
FILLER = [f"{letter}{number}word" for number in range(12) for letter in "bcdfghjklm"]
RUSSIAN = (
    "\u041d\u0430\u0448\u0430 \u043c\u0430\u0441\u0442\u0435\u0440\u0441\u043a\u0430\u044f "
    "\u0434\u0435\u043b\u0430\u0435\u0442 \u043a\u0430\u0436\u0434\u044b\u0439 \u0437\u0430\u043a\u0430\u0437"
)
GERMAN = "\u00dcber den Z\u00e4unen bl\u00fchen sch\u00f6ne Str\u00e4ucher f\u00fcr m\u00fcde G\u00e4ste, gr\u00f6\u00dfer als B\u00e4ume."
SOUND = "\u00dcber m\u00fcde G\u00e4ste f\u00e4llt gr\u00f6\u00dfere K\u00fchle. "
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
    for title in (
        "\u0421\u0430\u0434\u043e\u0432\u044b\u0439 \u0437\u0430\u0431\u043e\u0440",
        "\u0417\u0430\u0431\u043e\u0440",
        "\u82b1\u56ed\u56f4\u680f\u6210\u90fd\u676d\u5dde",
        "Garden",
        "\u062d\u062f\u064a\u0642\u0629 \u0627\u0644\u0645\u0646\u0632\u0644",
        "\u0417\u0430\u0431\u043e\u0440 and garden",
    ):
        for tail in (
            "",
            " \u0421\u0430\u0434\u043e\u0432\u044b\u0439 \u0437\u0430\u0431\u043e\u0440",
            " \u82b1\u56ed\u56f4\u680f\u6210\u90fd\u676d\u5dde" * 3,
        ):
            yield Passage([Block("paragraph", " ".join(FILLER[:60]) + tail)], (title, "Tea"), "en")
    for codec in ("cp1252", "latin-1", "cp1251", "gb18030"):
        for text in (GERMAN, RUSSIAN[:15], LETTERS):
            damaged = (text * 3).encode().decode(codec, "ignore")
            yield Passage([Block("paragraph", damaged)], (), "de")
            yield Passage([Block("paragraph", damaged + " " + SOUND * 12)], (), "de")
    yield Passage([Block("paragraph", RUSSIAN[:22].encode("cp1251").decode("latin-1"))], (), "und")
    yield Passage([Block("paragraph", RUSSIAN.swapcase())], (), "ru")

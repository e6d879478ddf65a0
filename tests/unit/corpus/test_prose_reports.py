"""Faults that were reported for the language of short, mixed and code-heavy texts."""

from __future__ import annotations

import pytest

from bubblenet.corpus import language
from bubblenet.corpus.prose import prose

GERMAN = "Der Kessel steht auf dem Herd, und das Wasser kocht gleich."
CHINESE = "\u6c34\u70e7\u5f00\u4e86\u4ee5\u540e\u653e\u5165\u8336\u53f6"
PROGRAM = """def read(path, limit=3):
    with open(path) as source:
        for line in source:
            yield line.strip().split(limit)
    return None
"""


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"{GERMAN} `for name in names: print(the_name, of, the_file)` `return the_first_word_of(line)`", "de"),
        (f"{GERMAN}\n{PROGRAM}", "de"),
        (f"{GERMAN}\n{PROGRAM.replace('    ', '')}", "de"),
        (f"{GERMAN}\nif (this.isTheOne) {{\nreturn theOther.find(it);\n}}", "de"),
        (f"{GERMAN} https://example.org/how/to/read/the/documentation/of/this/program.html", "de"),
        (f"{GERMAN}\n    - und in der Liste (mit Klammern) steht noch etwas", "de"),
        (CHINESE, "zh"),
        ("\u4f60\u597d", "und"),
        (f"`{GERMAN}`", "und"),
        (PROGRAM, "und"),
        ("Ok. Gut. No. OK!", "und"),
        ("Tee, Kanne", "und"),
        ("numpy scipy pandas torch", "und"),
    ],
)
def test_the_language_is_that_of_the_prose_or_none(text: str, code: str) -> None:
    assert language.identify(text).language == code
    assert language.identify_all([text] * 20)[7].language == code  # counted together


def test_languages_of_china_that_are_written_alike_are_one() -> None:
    assert language.claimed_code("wuu") == "zh"


def test_prose_keeps_lists_and_single_lines() -> None:
    listed = "Text:\n    - (one) of [two]\n    1. and = so on;\n"

    assert prose(listed) == listed.replace("    1. and = so on;\n", "")
    assert prose("x = f(y);") == "x = f(y);"

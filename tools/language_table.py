"""How often bubblenet.corpus.language names the right language, none, or a wrong one, by kind of text: translated messages of the programs
that are installed on this machine, in the eight commonest languages of the web.

    passage     messages of one program, 600 characters or more
    paragraph   one message of 100 to 600 characters
    sentence    one message of 40 to 100 characters
    short       one message of 8 to 40 characters
    inline      a sentence and, in backticks, four lines of a program
    pasted      a sentence, and a function that nothing marks as code
    mixed       half a passage, and half a passage in the next language: either of them is right

Texts in Japanese, Chinese and Korean have half of the characters. A text belongs to one half of the set by its hash: limits are chosen with
`--half 0` and reported with `--half 1`.

PYTHONPATH=lib .venv/bin/python tools/language_table.py [--half 0] [--languages ko,hi] [FOLDER with LANGUAGE/LC_MESSAGES/*.mo]
"""

from __future__ import annotations

import argparse
import ast
import gettext
import inspect
import json
import random
import re
import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from bubblenet.corpus import language
from bubblenet.identity import content_id

LANGUAGES = ("en", "de", "ru", "ja", "es", "zh", "fr", "it")
FOLDERS = {"en": "de", "zh": "zh_CN"}  # English is what was translated
KINDS = ("passage", "paragraph", "sentence", "short", "inline", "pasted", "mixed")
LENGTHS = {"paragraph": (100, 600), "sentence": (40, 100), "short": (8, 40)}
LEAST_OF_PASSAGE, LEAST_OF_PART = 600, 25
MOST = 800
"""Texts of one kind and language."""

UNSPACED_LENGTH = 0.45
MIN_LETTER_SHARE = 0.6
MAX_SHARED_WORDS = 0.5
_MARKUP = re.compile(r"<[^<>]*>|%[-#0-9.lh]*(?:\(\w+\))?[a-zA-Z]|\{\w*\}|[_&]")
_WORD = re.compile(r"[^\W\d_]{3,}")

Texts = dict[tuple[str, str], list[str]]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", default="/usr/share/locale")
    parser.add_argument("--half", type=int, choices=(0, 1), default=1)
    parser.add_argument("--languages", default=",".join(LANGUAGES))
    arguments = parser.parse_args()
    languages = tuple(arguments.languages.split(","))
    texts = with_code(collected(Path(arguments.folder), languages), languages)
    print("kind       language  texts   right    none   wrong   named instead")
    for kind in KINDS:
        total: Counter[str] = Counter()
        for place, code in enumerate(languages):
            chosen = [text for text in texts[kind, code] if int(content_id(text), 16) % 2 == arguments.half]
            right = {code, languages[(place + 1) % len(languages)]} if kind == "mixed" else {code}
            named = Counter(found.language for found in language.identify_all(chosen))
            total += counts(named, right)
            show(kind, code, counts(named, right), named, right)
        show(kind, "all", total, Counter(), set())


def counts(named: Counter[str], right: set[str]) -> Counter[str]:
    """How often the answer was right, none, wrong."""
    num_right, num_none = sum(named[code] for code in right), named[language.UNDETERMINED]
    return Counter(right=num_right, none=num_none, wrong=named.total() - num_right - num_none)


def show(kind: str, code: str, of: Counter[str], named: Counter[str], right: set[str]) -> None:
    """Print a line of the table."""
    instead = " ".join(f"{name}:{num}" for name, num in named.most_common() if name not in right | {language.UNDETERMINED})
    shares = "".join(f"{of[name] / max(1, of.total()):8.4f}" for name in ("right", "none", "wrong"))
    print(f"{kind:11}{code:8}{of.total():7}{shares}   {instead}")


def collected(folder: Path, languages: tuple[str, ...]) -> Texts:
    """Passages, paragraphs, sentences and short texts by kind and language, in an order of their own."""
    found: Texts = defaultdict(list)
    for code in languages:
        scale = UNSPACED_LENGTH if code in ("ja", "zh", "ko") else 1
        seen: set[str] = set()
        for path in sorted((folder / FOLDERS.get(code, code) / "LC_MESSAGES").glob("*.mo")):
            if path.name.startswith("iso"):  # names of languages and places are in no language
                continue
            new = [text for text in dict.fromkeys(messages(path, code)) if text not in seen]
            seen.update(new)
            for kind, (least, most) in LENGTHS.items():
                found[kind, code] += [text for text in new if least <= len(text) / scale < most]
            found["passage", code] += passages([text for text in new if len(text) / scale >= LEAST_OF_PART], LEAST_OF_PASSAGE * scale)
    return {key: sorted(texts, key=content_id)[:MOST] for key, texts in found.items()}


def messages(path: Path, code: str) -> Iterator[str]:
    """The messages of a catalogue without markup: those that are translated, and mostly letters."""
    try:
        with path.open("rb") as source:
            catalogue = gettext.GNUTranslations(source)._catalog  # type: ignore[attr-defined]
    except UnicodeDecodeError:  # a few declare no charset
        return
    for key, translated in catalogue.items():
        original = (key[0] if isinstance(key, tuple) else key).split("\x04")[-1]
        words, theirs = (set(_WORD.findall(text.lower())) for text in (original, translated))
        if not original or (code != "en" and (original == translated or len(words & theirs) > MAX_SHARED_WORDS * len(theirs))):
            continue
        text = " ".join(_MARKUP.sub("", original if code == "en" else translated).split())
        if text and "`" not in text and sum(map(str.isalpha, text)) >= MIN_LETTER_SHARE * len(text):
            yield text


def passages(parts: list[str], least: float) -> Iterator[str]:
    """Consecutive messages, joined until they are long enough."""
    taken: list[str] = []
    for part in parts:
        taken.append(part)
        if sum(map(len, taken)) >= least:
            yield "\n".join(taken)
            taken = []


def with_code(texts: Texts, languages: tuple[str, ...]) -> Texts:
    """The texts, with those that are made of them."""
    drawn, functions = random.Random(1), list(programs())
    lines = [line.strip() for function in functions for line in function.split("\n") if 15 < len(line) < 60 and "`" not in line]
    for place, code in enumerate(languages):
        sentences, here = texts["sentence", code], texts["passage", code]
        there = texts["passage", languages[(place + 1) % len(languages)]]
        texts["inline", code] = [" ".join([text, *(f"`{drawn.choice(lines)}`" for _ in range(4))]) for text in sentences]
        texts["pasted", code] = [f"{text}\n{drawn.choice(functions)}" for text in sentences]
        texts["mixed", code] = [f"{one[: len(one) // 2]}\n{other[len(other) // 2 :]}" for one, other in zip(here, there, strict=False)]
    return texts


def programs() -> Iterator[str]:
    """Functions of the standard library, without comments and docstrings."""
    for module in (argparse, gettext, inspect, json.decoder, random, textwrap):
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.FunctionDef) and len(node.body) > 2:
                node.body = node.body[1:] if ast.get_docstring(node) else node.body
                yield ast.unparse(node)[:600]


if __name__ == "__main__":
    main()

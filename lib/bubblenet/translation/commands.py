"""Implements `bubblenet languages`: shows which languages can be translated, in both directions, and how fast."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.table import Column, Table

from bubblenet.terminal import print_table
from bubblenet.translation.apertium import ApertiumTranslator
from bubblenet.translation.calibration import shipped
from bubblenet.translation.corruption import KINDS
from bubblenet.translation.protocol import Direction
from bubblenet.translation.trips import Chain

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from rich.console import Console

    from bubblenet.translation.calibration import TranslationCalibration
    from bubblenet.translation.protocol import Translator

SPEED_SAMPLE = {
    "ca": "Escriu una carta curta a un amic i explica per qu\u00e8 la casa \u00e9s gran.",
    "en": "Write a short letter to a friend and explain why the house is big.",
    "eo": "Skribu mallongan leteron al amiko kaj klarigu kial la domo estas granda.",
    "es": "Escribe una carta corta a un amigo y explica por qu\u00e9 la casa es grande.",
    "fr": "\u00c9crivez une courte lettre \u00e0 un ami et expliquez pourquoi la maison est grande.",
    "gl": "Escribe unha carta curta a un amigo e explica por que a casa \u00e9 grande.",
    "oc": "Escriu una letra corta a un amic e explica perqu\u00e9 l'ostal es grand.",
    "pt": "Escreve uma carta curta a um amigo e explica por que a casa \u00e9 grande.",
}
"""One sentence in several languages, for timing; others are timed on the English one, whose words they do not know."""

_SENTENCES = 300


def print_languages(translator: Translator, console: Console, measures_speed: bool) -> None:
    """Print one row per language; with measures_speed also one per direction."""
    directions = translator.directions()
    print_table(console, _languages(directions))
    print_table(console, _calibrated(shipped(), directions))
    if measures_speed:
        table = Table("direction", Column("words/s", justify="right"), title="Speed on one core", title_justify="left")
        for direction in sorted(directions, key=str):
            table.add_row(str(direction), f"{words_per_second(translator, direction):,.0f}")
        print_table(console, table)


def _languages(directions: frozenset[Direction]) -> Table:
    columns = ("language", "there and back: pivots for paraphrases", "translated only into", "only from")
    table = Table(*columns, title="What the installed translator knows", title_justify="left")
    for language in sorted({code for direction in directions for code in (direction.source, direction.target)}):
        both = pivots(language, directions)
        into = {way.target for way in directions if way.source == language} - set(both)
        out_of = {way.source for way in directions if way.target == language} - set(both)
        table.add_row(language, *(", ".join(sorted(codes)) or "-" for codes in (both, into, out_of)))
    return table


def _calibrated(calibration: TranslationCalibration, directions: frozenset[Direction]) -> Table:
    """Round trips that may pass without review."""
    columns = ("language", "calibrated round trips, if installed", Column("floor of meaning", justify="right"))
    table = Table(*columns, title="What may pass without review", title_justify="left")
    for language, floor in sorted(calibration.floors.items()):
        chains = [chain for chain in map(Chain.parse, calibration.chains) if chain.languages[0] == language and chain.is_known(directions)]
        table.add_row(language, ", ".join(map(str, chains)) or "-", f"{floor:.2f}")
    return table


def calibrate(labels: Path, out: Path, console: Console) -> None:
    """Fit a calibration of Apertium's round trips, write it, and print its figures. Raises InputError if there are too few labels."""
    from bubblenet.translation.fitting import fit

    found = fit(ApertiumTranslator(), "apertium", labels)
    found.save(out)
    table = Table("language", *(Column(kind, justify="right") for kind in (*KINDS, "good kept", "precision")))
    for language, figures in found.figures.items():
        recall = (f"{figures['recall'][kind]:.2f}" if kind in figures["recall"] else "-" for kind in KINDS)
        table.add_row(
            language,
            *recall,
            f"{figures['share_of_good_kept']:.2f}",
            f"{figures['precision']:.2f}" if figures["precision"] is not None else "-",
        )
    table.title, table.title_justify = "Planted mistakes found where 5 % of the good trips are refused, and what passes", "left"
    print_table(console, table)
    console.print(f"{out}: {found.id}. Use it: --set translation.calibration={out}", soft_wrap=True)


def pivots(language: str, directions: Iterable[Direction]) -> list[str]:
    """Languages through which a text can make a round trip."""
    known = set(directions)
    return sorted(there.target for there in known if there.source == language and Direction(there.target, language) in known)


def words_per_second(translator: Translator, direction: Direction) -> float:
    """Measured over a few hundred short sentences, including the start of the translator."""
    sentence = SPEED_SAMPLE.get(direction.source, SPEED_SAMPLE["en"])
    started = time.monotonic()
    translator.translate([sentence] * _SENTENCES, direction)
    return len(sentence.split()) * _SENTENCES / (time.monotonic() - started)

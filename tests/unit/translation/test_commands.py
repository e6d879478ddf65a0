"""What `bubblenet languages` shows."""

from __future__ import annotations

from rich.console import Console

from bubblenet.translation.commands import pivots, print_languages
from bubblenet.translation.protocol import Direction, Translation

DIRECTIONS = frozenset(Direction(*pair.split("-")) for pair in ("en-es", "es-en", "en-eo", "eo-en", "eu-en"))


class Silent:
    """Knows some directions and writes nothing."""

    def directions(self) -> frozenset[Direction]:
        return DIRECTIONS

    def translate(self, texts: list[str], direction: Direction) -> list[Translation]:
        assert direction in DIRECTIONS
        return [Translation("") for _ in texts]


def test_a_pivot_leads_there_and_back():
    assert pivots("en", DIRECTIONS) == ["eo", "es"]
    assert pivots("eu", DIRECTIONS) == []


def test_every_language_and_every_direction_is_shown(capsys):
    print_languages(Silent(), Console(width=150), measures_speed=True)
    rows = [[cell.strip() for cell in line.split("\u2502")[1:-1]] for line in capsys.readouterr().out.splitlines() if "\u2502" in line]
    assert [row for row in rows if len(row) == 4] == [
        ["en", "eo, es", "-", "eu"],
        ["eo", "en", "-", "-"],
        ["es", "en", "-", "-"],
        ["eu", "-", "en", "-"],
    ]
    assert [row[0] for row in rows if len(row) == 2] == sorted(map(str, DIRECTIONS))

"""The reader of mode `match_v1`: an adapter that was trained to tell whether an instruction is what a passage answers."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from bubblenet.engines.adapters import Adapter
from bubblenet.errors import ModelError
from bubblenet.prompts import text_digest
from bubblenet.prompts.match import MATCH

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

SHIPPED = "smollm2-135m"


@cache
def find_reader(name: str) -> Adapter:
    """The reader that scoring.reader names: `default`, the one that ships, or a folder of `bubblenet train-reader`.

    Raises ModelError if a file is missing, or if it was trained to answer another question than this version asks.
    """
    folder: Traversable = files("bubblenet.judging").joinpath("readers", SHIPPED) if name == "default" else Path(name)
    found = Adapter.read(folder)
    if found.card.get("prompt") != text_digest(MATCH):
        raise ModelError(
            f"a reader trained with prompt {MATCH.name}", f"{name}, trained with another", "Train it anew: bubblenet train-reader."
        )
    return found


def passage_tokens(reader: Adapter, limit: int) -> int:
    """How much of a passage it reads: as much as it was trained on, at most the limit of the settings."""
    return min(limit, int(reader.card["max_passage_tokens"]))

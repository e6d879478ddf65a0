"""A program called `apertium` that fails in the workers of a stage; tests/unit/translation/test_apertium.py has its like without Spark."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from bubblenet.kernel.batches import Row
from bubblenet.translation.apertium import ApertiumTranslator
from bubblenet.udfs import paraphrases
from bubblenet.udfs.paraphrases import ParaphraseInstruction

HANGING = "xylophone"
"""A word that the program hangs on."""

_PROGRAM = f"""#!/bin/sh
input=$(cat; echo x)
if mkdir "$0.killed" 2>/dev/null; then kill -9 $$; fi
case "$input" in
  *{HANGING}*) sleep 60 & wait;;
esac
printf '%s' "${{input%x}}" | sed -e 's/^What /In a few words, what /' -e 's/^How /In a few words, how /' -e 's/^Why /In a few words, why /'
"""


@dataclass(frozen=True, slots=True)
class BrokenTranslator(ParaphraseInstruction):
    """Paraphrases with the program. folder: made by `write_program`."""

    folder: str = ""

    def __call__(self, requests: list[Row]) -> Iterator[tuple[Row, Row]]:
        """As ParaphraseInstruction."""
        translator = ApertiumTranslator(timeout_seconds=1.0)
        with patch.dict(os.environ, environment(self.folder)), patch.object(paraphrases, "get_translator", lambda spec: translator):
            yield from list(ParaphraseInstruction.__call__(self, requests))


def environment(folder: str) -> dict[str, str]:
    """Where the program and its data are found."""
    return {"PATH": f"{folder}/bin{os.pathsep}{os.environ['PATH']}", "APERTIUM_DATADIR": f"{folder}/data"}


def write_program(folder: Path) -> str:
    """The program, which is killed at its first start, and what it says that it knows."""
    program, modes = folder / "bin" / "apertium", folder / "data" / "modes"
    program.parent.mkdir(parents=True)
    program.write_text(_PROGRAM)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    modes.mkdir(parents=True)
    for name in ("eng-spa", "spa-eng"):
        (modes / f"{name}.mode").touch()
    return str(folder)

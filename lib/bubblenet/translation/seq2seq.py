"""Seq2seq translators of the transformers library, from local folders: one model per direction (Marian), or one multilingual model.

`translation.model` is a folder with {source} and {target} in its name, such as /models/opus-mt-{source}-{target}, or one folder. How a
multilingual model is told the target language is read off its vocabulary: `<2es>` before the text (MADLAD, Kudugunta et al. 2023,
arXiv:2309.04662), or a language token that begins the output, `spa_Latn` (NLLB, NLLB team 2022, arXiv:2207.04672) or `__es__` (M2M-100,
Fan et al. 2020, arXiv:2010.11125).
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bubblenet.engines.devices import pick_device, resolve_dtype
from bubblenet.engines.weights import describe, digest_of
from bubblenet.errors import ModelError
from bubblenet.translation.apertium import SHORT_CODES
from bubblenet.translation.protocol import Direction, Translation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_BATCH_TOKENS = 2048
_GROWTH, _SLACK = 3, 16
"""Limit on the translation of n tokens: _GROWTH * n + _SLACK; a longer one is unfinished, hence an error."""

_FORMS = (re.compile(r"<2([a-z]{2,3})>"), re.compile(r"__([a-z]{2,3})__"), re.compile(r"([a-z]{3})_[A-Z][a-z]{3}"))
_ADVICE = "Give translation.model a folder of a sequence-to-sequence model, or one with {source} and {target} in its name."


@dataclass(frozen=True, slots=True)
class Seq2SeqTranslator:
    """Translates with the models that a path names; they are loaded at first use and stay in the process."""

    path: str

    def directions(self) -> frozenset[Direction]:
        """The directions available at the path. Raises ModelError if there are none."""
        if folders := _folders(self.path):
            return frozenset(folders)
        languages = _load(self.path).languages
        return frozenset(itertools.starmap(Direction, itertools.permutations(languages, 2)))

    def translate(self, texts: list[str], direction: Direction) -> list[Translation]:
        """Translate masked texts line by line. Raises ModelError if there is no model for the direction."""
        model = _load(self._folder(direction))
        lines = [line for text in texts for line in text.split("\n") if line.strip()]
        translated = dict(zip(lines, model.translate(lines, direction), strict=True))
        return [_joined(text, translated) for text in texts]

    def _folder(self, direction: Direction) -> str:
        folders = _folders(self.path)
        if not folders:
            return self.path
        if direction not in folders:
            raise ModelError(f"a model for {direction} at {self.path}", f"those for {', '.join(sorted(map(str, folders)))}", _ADVICE)
        return folders[direction]


def models_digest(path: str) -> str:
    """Hash of the weights of all directions. Raises ModelError as `digest_of`, or if there is no model."""
    folders = sorted(_folders(path).values()) or [path]
    return hashlib.sha256("".join(map(digest_of, folders)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Model:
    """A loaded model. codes: language -> its token; empty for a model of one direction."""

    model: Any
    tokenizer: Any
    codes: Mapping[str, str]

    @property
    def languages(self) -> list[str]:
        return sorted(self.codes)

    def translate(self, lines: list[str], direction: Direction) -> list[Translation]:
        """Translate each distinct line once, batched by length."""
        if self.codes and (missing := {direction.source, direction.target} - set(self.codes)):
            raise ModelError(f"a model that knows {', '.join(sorted(missing))}", f"{', '.join(self.languages[:40])}", _ADVICE)
        encoded = {line: self._encode(line, direction) for line in dict.fromkeys(lines)}
        found: dict[str, Translation] = {}
        for batch in _batches(encoded):
            found |= zip(batch, self._generate([encoded[line] for line in batch], direction), strict=True)
        return [found[line] for line in lines]

    def _encode(self, line: str, direction: Direction) -> list[int]:
        if target := self._prefix(direction):
            line = f"{target} {line}"
        elif self.codes:
            self.tokenizer.src_lang = self.codes[direction.source].strip("_")
        return list(self.tokenizer(line)["input_ids"])

    def _prefix(self, direction: Direction) -> str:
        code = self.codes.get(direction.target, "")
        return code if code.startswith("<2") else ""

    def _generate(self, encoded: list[list[int]], direction: Direction) -> Iterator[Translation]:
        import torch

        batch = self.tokenizer.pad({"input_ids": encoded}, return_tensors="pt").to(self.model.device)
        longest = _GROWTH * max(map(len, encoded)) + _SLACK
        named = {}
        if self.codes and not self._prefix(direction):
            named["forced_bos_token_id"] = self.tokenizer.convert_tokens_to_ids(self.codes[direction.target])
        with torch.inference_mode():
            written = self.model.generate(
                input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], max_new_tokens=longest, do_sample=False, **named
            )
        end = self.model.generation_config.eos_token_id
        for ids in written.tolist():
            is_finished = end in ids[1:]
            text = self.tokenizer.decode(ids, skip_special_tokens=True).strip()
            yield (
                Translation(text)
                if is_finished and text
                else Translation("", error="the model did not finish" if text else "it wrote nothing")
            )


@functools.cache
def _load(folder: str) -> _Model:
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    source = describe(folder)
    device = pick_device()
    try:
        model = AutoModelForSeq2SeqLM.from_pretrained(
            source.folder, dtype=resolve_dtype("auto", device), use_safetensors=True, local_files_only=True
        )
    except ValueError as error:
        raise ModelError("a sequence-to-sequence model", f"{folder}: {str(error).splitlines()[0][:200]}", _ADVICE) from None
    tokenizer = AutoTokenizer.from_pretrained(source.folder, local_files_only=True)
    return _Model(model.to(device).eval(), tokenizer, _codes(tokenizer.get_vocab()))


def _codes(vocabulary: Mapping[str, int]) -> dict[str, str]:
    """Language -> its token, of the first form that names two languages; the first by name if a language has several."""
    for form in _FORMS:
        named = {token: match[1] for token in sorted(vocabulary, reverse=True) if (match := form.fullmatch(token))}
        if len(named) > 1:
            return {SHORT_CODES.get(code, code): token for token, code in named.items()}
    return {}


def _folders(path: str) -> dict[Direction, str]:
    """Direction -> folder, for a path with {source} and {target}; empty for any other."""
    if "{source}" not in path or "{target}" not in path:
        return {}
    before, between, after = re.split(r"\{source\}|\{target\}", path)
    if path.index("{source}") > path.index("{target}"):
        raise ModelError("{source} before {target} in translation.model", path, _ADVICE)
    parent = Path(before).parent if not before.endswith("/") else Path(before)
    form = re.compile(f"{re.escape(before)}([a-z]{{2,3}}){re.escape(between)}([a-z]{{2,3}}){re.escape(after)}")
    named = [(str(folder), form.fullmatch(str(folder))) for folder in sorted(parent.glob("*"))]
    found = {Direction(match[1], match[2]): folder for folder, match in named if match}
    if not found:
        raise ModelError(f"models at {path}", "none", _ADVICE)
    return found


def _batches(encoded: Mapping[str, list[int]]) -> Iterator[list[str]]:
    """Batches of lines of similar length, limited by their tokens including the translations."""
    batch: list[str] = []
    for line in sorted(encoded, key=lambda one: len(encoded[one])):
        if batch and (len(batch) + 1) * len(encoded[line]) * 2 > _BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(line)
    if batch:
        yield batch


def _joined(text: str, translated: Mapping[str, Translation]) -> Translation:
    """Rejoin the lines of one text."""
    lines = [translated[line] if line.strip() else Translation(line) for line in text.split("\n")]
    error = next((line.error for line in lines if line.error), None)
    return Translation("", error=error) if error else Translation("\n".join(line.text for line in lines))

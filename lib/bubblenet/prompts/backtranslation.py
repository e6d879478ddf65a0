"""Backtranslation prompts: sets of templates that request the instruction answered by a passage, one immutable file per set.

A small instruction model follows the last thing it reads, so the passage comes first and the request is one plain sentence.
With longer requests (roles, formats, "the instruction for this text") it writes about the task instead, and it repeats worked examples as
questions about the examples. It does continue the beginning of its own answer: after "Question:" it writes a question, after
"Request: Explain how to" the thing to explain, after "Frage: Wie kann ich" German. So a template is a request of one sentence plus some
openings, with which the instruction begins. docs/prompts.md has the figures for each.
"""

from __future__ import annotations

import functools
import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

from bubblenet.corpus.shape import SourceType
from bubblenet.engines.protocol import Prompt
from bubblenet.prompts.languages import LANGUAGES

Style = Literal["question", "command", "search_query", "learnt"]
"""How an instruction is asked for; `learnt`: as a fine-tuned backward model has learnt it, and nothing is imposed or taken off."""

Length = Literal["short", "long"]
Complexity = Literal["single", "multi_step", "constrained"]

ANY = "any"
"""Key for languages without wordings of their own."""


@dataclass(frozen=True, slots=True)
class Template:
    """One form of request. openings: by language, beginnings of the instruction that the model continues; "" leaves it all to the model."""

    name: str
    style: Style
    length: Length
    complexity: Complexity
    source_types: tuple[SourceType, ...]
    request: str
    openings: Mapping[str, tuple[str, ...]]

    def openings_in(self, language: str) -> tuple[str, ...]:
        """The openings for instructions in a language; empty if the template does not support it."""
        return self.openings.get(language) or self.openings.get(ANY, ())


@dataclass(frozen=True, slots=True)
class Constraint:
    """A requirement on the form of the answer, for passages of that form; every passage meets `length`."""

    form: str
    closings: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class PromptSet:
    """Templates to draw from. digest: of all their wordings, so that a changed file is detected.

    labels: by style and language, the text before the opening. nouns: by source type, the request's word for a passage.
    """

    name: str
    digest: str
    templates: tuple[Template, ...]
    constraints: tuple[Constraint, ...]
    labels: Mapping[str, Mapping[str, str]]
    nouns: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Choice:
    """The content of one request. request, label, opening, closing: the words used; the model sees the first three."""

    prompt: str
    template: str
    style: Style
    length: Length
    complexity: Complexity
    source_type: SourceType
    language: str
    request: str
    label: str
    opening: str = ""
    closing: str = ""

    def build(self, passage: str) -> Prompt:
        """The prompt: the passage, the request, and the beginning of the answer."""
        return Prompt(f"{passage}\n\n{self.request}", assistant_prefix=f"{self.label} {self.opening}".rstrip())

    def complete(self, instruction: str) -> str:
        """The instruction with its closing as a separate sentence."""
        if not instruction or not self.closing:
            return instruction
        return f"{instruction if instruction[-1] in '?.!' else instruction + '.'} {self.closing}"


@functools.cache
def read_set(name: str) -> PromptSet:
    """The set in the file NAME.toml of this package. Raises FileNotFoundError if there is none."""
    content = files("bubblenet.prompts").joinpath(f"{name}.toml").read_bytes()
    data = tomllib.loads(content.decode())
    return PromptSet(
        name=name,
        digest=_digest(data),
        templates=tuple(_template(item) for item in data["templates"]),
        constraints=tuple(Constraint(item["form"], _tuples(item["closings"])) for item in data.get("constraints", [])),
        labels=data["labels"],
        nouns=data["nouns"],
    )


def set_names() -> list[str]:
    """Names of the available sets."""
    return sorted(file.name.removesuffix(".toml") for file in files("bubblenet.prompts").iterdir() if file.name.endswith(".toml"))


def request_of(template: Template, prompts: PromptSet, source_type: SourceType, language: str) -> str:
    """The request, with the English name of the language. English itself is not named: the model mistakes it for the topic."""
    in_language = f" in {LANGUAGES[language]}" if language in LANGUAGES and language != "en" else ""
    return template.request.format(noun=prompts.nouns[source_type], in_language=in_language)


def _template(item: dict[str, Any]) -> Template:
    return Template(
        name=item["name"],
        style=item["style"],
        length=item["length"],
        complexity=item["complexity"],
        source_types=tuple(item["source_types"]),
        request=item["request"],
        openings=_tuples(item["openings"]),
    )


def _tuples(by_language: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {language: tuple(texts) for language, texts in by_language.items()}


def _digest(data: dict[str, Any]) -> str:
    """SHA-256 of the wordings and language names; comments and layout of the file do not count."""
    return hashlib.sha256(json.dumps([data, LANGUAGES], sort_keys=True).encode()).hexdigest()

"""What is particular to a model: its chat template, filled in, and the tokens that begin, end and stop its texts.

A profile is found from the model's files, once, and used by engines, servers and training alike: what a model is trained to continue is
what it is asked to continue. It holds token ids and nothing of the tokenizer, so it can be stored and sent to workers.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from bubblenet.errors import ModelError, SettingsError

# In the fingerprint of a profile that is not plain: raise it when the same files and arguments would give another one.
PROFILE_VERSION = 1

USER, SYSTEM, _ANSWER = "BUBBLENETUSERTEXT", "BUBBLENETSYSTEMTEXT", "BUBBLENETANSWER"
"""Placeholders of the texts in a rendered template: letters only, so that no template treats them in a way of its own."""

FROZEN = datetime(2024, 7, 26)
"""Today, to a template that asks for it: with the real date, prompts would differ from day to day. It is the day that Llama 3.1's and 3.2's
templates name where they are given no clock."""

_CLOCK = "strftime_now"
_DATE_CODES = [f"%{letter}" for letter in ("-d", "-m", *"aAbBcdHIjmMpSwxXyYZ")]

THINKING = ("enable_thinking", "thinking")
"""Names of the template argument that switches thinking off: Qwen 3, SmolLM 3 and GLM 4.5; Granite 3.2 and DeepSeek 3.1."""

Arguments = Mapping[str, str | int | float | bool]
Pieces = tuple[str | tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """What a model's prompts and answers are made of, as token ids.

    alone, guided: the template around a user's text, and around it with a system's text; a str is a placeholder.
    has_system_turn: False: the system's text stands in the user's turn, before the user's.
    begin_ids: before a text without a prompt. end_ids: what the template puts after an answer, up to the token that ends it.
    stop_ids: any of them ends a generation. arguments: what the template is given besides the turns.
    attention: names of the arguments of the model's attention; empty where the model is not run here.
    is_plain: it is what tokenizer and template give by themselves, so it enters no fingerprint beside their digest.
    """

    alone: Pieces
    guided: Pieces
    has_system_turn: bool
    begin_ids: tuple[int, ...]
    end_ids: tuple[int, ...]
    stop_ids: tuple[int, ...]
    arguments: tuple[tuple[str, str | int | float | bool], ...] = ()
    attention: tuple[str, ...] = ()
    is_plain: bool = True

    def fingerprint_parts(self) -> dict[str, str]:
        """Empty for a plain profile; else a digest of all that decides prompts and ends."""
        if self.is_plain:
            return {}
        content = replace(self, attention=()).to_json()  # the attention is that of the weights, which have a digest
        return {"profile": hashlib.sha256(f"{PROFILE_VERSION}:{content}".encode()).hexdigest()[:16]}

    def to_json(self) -> str:
        """As one line of JSON."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, line: str) -> Profile:
        """The inverse of to_json."""
        values: dict[str, Any] = json.loads(line)
        return cls(**{name: _as_tuples(value) for name, value in values.items()})


def _as_tuples(value: Any) -> Any:
    return tuple(map(_as_tuples, value)) if isinstance(value, list) else value


def make_profile(tokenizer: Any, generation: Mapping[str, Any] | None = None, arguments: Arguments | None = None) -> Profile:
    """The profile of a tokenizer with its template. generation: the model's generation configuration; arguments: for the template.

    Thinking is switched off where the template knows how and the arguments do not say otherwise.
    Raises SettingsError for an argument that the template does not know, ModelError for a template that drops the user's text and for a
    model whose answers no token ends.
    """
    given = dict(arguments or {})
    _check_arguments(tokenizer, given)
    plain = _profile(tokenizer, _Template(tokenizer, {}, is_frozen=False), ())
    template = _Template(tokenizer, _without_thinking(tokenizer, given))
    found = _profile(tokenizer, template, _as_ids((generation or {}).get("eos_token_id")))
    return replace(found, is_plain=found == plain)


def generation_of(folder: Path) -> dict[str, Any]:
    """The generation configuration of a model's folder: where it has no file of its own, transformers takes it from the model's."""
    for name in ("generation_config.json", "config.json"):
        if (folder / name).is_file():
            values: dict[str, Any] = json.loads((folder / name).read_text(encoding="utf-8"))
            return values
    return {}


class _Template:
    """A chat template with its arguments; without one, texts follow each other."""

    def __init__(self, tokenizer: Any, arguments: Arguments, is_frozen: bool = True) -> None:
        self.arguments = dict(arguments)
        self._tokenizer = tokenizer
        self._text = tokenizer.get_chat_template() if tokenizer.chat_template else ""
        if is_frozen and _CLOCK in self._text:
            self._text = _frozen_clock() + self._text

    def prompt(self, user: str, system: str | None = None) -> str:
        """A prompt up to where the answer begins. Raises jinja2's TemplateError where the template refuses the turns."""
        if not self._text:
            return f"{self._tokenizer.bos_token or ''}{system + chr(10) * 2 if system else ''}{user}\n\n"
        turns = [{"role": "system", "content": system}] if system else []
        return self._render([*turns, {"role": "user", "content": user}], add_generation_prompt=True)

    def after_answer(self) -> str:
        """What follows an answer."""
        if not self._text:
            return ""
        rendered = self._render([{"role": "user", "content": USER}, {"role": "assistant", "content": _ANSWER}])
        return rendered.rpartition(_ANSWER)[2]

    def _render(self, turns: list[dict[str, str]], **options: bool) -> str:
        rendered: str = self._tokenizer.apply_chat_template(turns, chat_template=self._text, tokenize=False, **options, **self.arguments)
        return rendered


def _frozen_clock() -> str:
    """A macro in place of the clock: transformers gives templates its own, and lets none be handed in."""
    known = json.dumps({code: FROZEN.strftime(code) for code in _DATE_CODES})
    return (
        f"{{% macro {_CLOCK}(format) %}}{{% set date = namespace(text=format) %}}{{% for code, value in {known}.items() %}}"
        "{% set date.text = date.text.replace(code, value) %}{% endfor %}{{ date.text }}{% endmacro +%}"
    )


def _profile(tokenizer: Any, template: _Template, generation_ends: Collection[int]) -> Profile:
    """A profile of a template. generation_ends: end tokens that the generation configuration names."""
    alone, guided = _prompt(template), _guided_prompt(template)
    end_ids = _end_ids(tokenizer, template, {*tokenizer.all_special_ids, *generation_ends}, generation_ends)
    begin = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
    return Profile(
        alone=_pieces(tokenizer, alone),
        guided=_pieces(tokenizer, guided),
        has_system_turn=bool(_between(guided).strip()),
        begin_ids=(begin if begin is not None else end_ids[-1],),
        end_ids=end_ids,
        stop_ids=tuple(sorted({*tokenizer.all_special_ids, *generation_ends, end_ids[-1]})),
        arguments=tuple(sorted(template.arguments.items())),
    )


def _prompt(template: _Template) -> str:
    """The template around a user's text. Raises ModelError unless the text is in it once."""
    from jinja2.exceptions import TemplateError

    try:
        rendered = template.prompt(USER)
    except TemplateError as error:
        raise ModelError("a chat template for one turn of a user", f"{type(error).__name__}: {error}", _OTHER_TEMPLATE) from error
    if rendered.count(USER) != 1:
        raise ModelError("a chat template with the user's text in it once", f"{rendered.count(USER)} times", _OTHER_TEMPLATE)
    return rendered


_OTHER_TEMPLATE = "Put the model's own chat_template.jinja beside its tokenizer."


def _guided_prompt(template: _Template) -> str:
    """The template around a user's and a system's text. If it refuses or drops a system turn, the system's text goes before the user's."""
    from jinja2.exceptions import TemplateError

    try:
        rendered = template.prompt(USER, SYSTEM)
    except TemplateError:
        rendered = ""
    if rendered.count(USER) == rendered.count(SYSTEM) == 1:
        return rendered
    return template.prompt(f"{SYSTEM}\n\n{USER}")


def _between(guided: str) -> str:
    """What stands between the two texts: more than white space if each has a turn of its own."""
    first, last = sorted((guided.index(SYSTEM), guided.index(USER)))
    return guided[first:last].removeprefix(SYSTEM).removeprefix(USER)


def _pieces(tokenizer: Any, rendered: str) -> Pieces:
    pieces = [piece for piece in re.split(f"({USER}|{SYSTEM})", rendered) if piece]
    return tuple(piece if piece in (USER, SYSTEM) else _encode(tokenizer, piece) for piece in pieces)


def _encode(tokenizer: Any, text: str) -> tuple[int, ...]:
    """Ids of a template's own text, whose control markers are control tokens."""
    return tuple(tokenizer(text, add_special_tokens=False)["input_ids"])


def _end_ids(tokenizer: Any, template: _Template, stops: Collection[int], generation_ends: Collection[int]) -> tuple[int, ...]:
    """The template's tokens after an answer, up to the first that ends it; without one, the end-of-text token."""
    after = _encode(tokenizer, template.after_answer())
    control = {token for token, text in tokenizer.added_tokens_decoder.items() if str(text).strip()}
    place = next((place for place, token in enumerate(after) if token in stops or token in control), None)
    if place is not None:
        return after[: place + 1]
    ends = [tokenizer.eos_token_id] if tokenizer.eos_token_id is not None else sorted(generation_ends)
    if not ends:
        raise ModelError("a token that ends an answer", "none in tokenizer, template and generation_config.json", _OTHER_TEMPLATE)
    return (ends[0],)


def _as_ids(value: Any) -> tuple[int, ...]:
    """An entry of a configuration that is one id, several, or none."""
    if value is None:
        return ()
    return tuple(value) if isinstance(value, Iterable) else (int(value),)


def _without_thinking(tokenizer: Any, given: Arguments) -> Arguments:
    """The arguments, with those added that switch thinking off: the ones that change what this template renders."""
    if not tokenizer.chat_template or any(name in given for name in THINKING):
        return given
    as_given = _shapes(tokenizer, given)
    return {**given, **{name: False for name in THINKING if _shapes(tokenizer, {**given, name: False}) != as_given}}


def _shapes(tokenizer: Any, arguments: Arguments) -> tuple[str, str, str]:
    template = _Template(tokenizer, arguments)
    return _prompt(template), _guided_prompt(template), template.after_answer()


def _check_arguments(tokenizer: Any, given: Arguments) -> None:
    """Raise SettingsError for an argument that would be without effect, or that is not the template's."""
    if not given:
        return
    own = {_CLOCK, "messages", *inspect.signature(tokenizer.apply_chat_template).parameters}
    text = tokenizer.get_chat_template() if tokenizer.chat_template else ""
    for name in given:
        if name in own or not re.search(rf"\b{re.escape(name)}\b", text):
            todo = "Take it out, or set template_arguments of engine.backward or engine.forward."
            raise SettingsError("engine.template_arguments that the model's chat template knows", name, todo)

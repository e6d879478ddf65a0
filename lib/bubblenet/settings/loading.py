"""From a TOML file and `--set a.b=c` to settings.

An unknown key, a value of the wrong type or a missing file is a SettingsError that names the file, the key and the nearest valid key.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from bubblenet.errors import SettingsError, nearest
from bubblenet.section import Section
from bubblenet.settings.sections import Settings


def load(path: str | Path | None = None, overrides: list[str] | tuple[str, ...] = ()) -> Settings:
    """Read a TOML file (None: defaults only) and apply `a.b=c` overrides.

    Raises SettingsError for a missing file, broken TOML, unknown key or wrong type.
    """
    values = {} if path is None else _read(Path(path))
    origin = {}
    for override in overrides:
        key, value = _parse_override(override)
        _assign(values, key, value)
        origin[key] = f"--set {override}"
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise _explain(error, origin, str(path)) from None


def valid_keys(model: type[BaseModel] = Settings, prefix: str = "") -> list[str]:
    """Every dotted key, in order of declaration."""
    keys = []
    for name, field in model.model_fields.items():
        key = prefix + (field.alias or name)
        is_section = isinstance(field.annotation, type) and issubclass(field.annotation, Section)
        keys += valid_keys(field.annotation, key + ".") if is_section else [key]  # type: ignore[arg-type]
    return keys


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise SettingsError("a settings file", f"no file at {path}", "Give --config conf/local.toml or write that file.")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError("a TOML file", f"{path}: {error}", "Mend the line that is named.") from None


def _parse_override(text: str) -> tuple[str, Any]:
    key, separator, value = text.partition("=")
    if not separator or not key.strip():
        raise SettingsError("--set section.key=value", f"--set {text}", "For example: --set backtranslation.candidates=2")
    try:
        return key.strip(), tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key.strip(), value  # a bare word is a string


def _assign(values: dict[str, Any], key: str, value: Any) -> None:
    *sections, last = key.split(".")
    for section in sections:
        values = values.setdefault(section, {})
        if not isinstance(values, dict):
            raise SettingsError("a section", f"`{section}` in --set {key}, which is a value", "Use section.key=value.")
    values[last] = value


def _explain(error: ValidationError, origin: dict[str, str], path: str) -> SettingsError:
    """The first problem of a validation error, in the user's words."""
    problem = error.errors()[0]
    key = ".".join(str(part) for part in problem["loc"] if not isinstance(part, int))
    where = origin.get(key, path)
    if problem["type"] == "extra_forbidden":
        return SettingsError(
            "a known setting", f"unknown key `{key}` in {where}", f"The nearest valid key is `{nearest(key, valid_keys())}`."
        )
    return SettingsError(
        f"`{key}`: {problem['msg'].lower()}", f"{problem['input']!r} in {where}", "docs/settings.md lists every key with its type."
    )

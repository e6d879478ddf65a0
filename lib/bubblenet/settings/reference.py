"""conf/local.toml and the tables of docs/settings.md, made of the settings' own declarations so that they cannot drift.

python -m bubblenet.settings.reference
"""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from bubblenet.section import Section
from bubblenet.settings.sections import Settings

COMMAND = "python -m bubblenet.settings.reference"
BEGIN, END = "<!-- table: begin -->\n", "<!-- table: end -->"
_HEAD = f"""# Settings for one machine: every key with its default. docs/settings.md lists types and limits.
# Give it with --config conf/local.toml; change one key of a run with --set section.key=value.
# Made by `{COMMAND}` from bubblenet.settings.
"""
_WIDTH = 140


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a section. schema: its JSON schema, which knows the type and the limits."""

    name: str
    default: Any
    meaning: str
    schema: dict[str, Any]

    @property
    def choices(self) -> list[str]:
        """The values that it can have, where they are listed; empty is none."""
        return [str(value) for value in self.schema.get("enum", ()) if value]


@dataclass(frozen=True, slots=True)
class Part:
    """A section by its dotted name, with the keys that are no sections themselves."""

    name: str
    meaning: str
    keys: tuple[Key, ...]


def parts(model: type[Section] = Settings, name: str = "", meaning: str = "") -> Iterator[Part]:
    """All sections in the order of their declaration, each before those in it."""
    inner = {key: field for key, field in model.model_fields.items() if _section(field)}
    schemas = model.model_json_schema()["properties"]
    keys = [
        Key(field.alias or key, field.default, field.description or "", schemas[field.alias or key])
        for key, field in model.model_fields.items()
        if key not in inner
    ]
    if keys:
        yield Part(name, meaning or " ".join((model.__doc__ or "").split()), tuple(keys))
    for key, field in inner.items():
        section = _section(field)
        assert section is not None
        yield from parts(section, f"{name}.{key}".lstrip("."), field.description or "")


def _section(field: FieldInfo) -> type[Section] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, Section) else None


def settings_file() -> str:
    """conf/local.toml: every key with its default and its meaning."""
    return _HEAD + "".join(_file_section(part) for part in parts())


def _file_section(part: Part) -> str:
    comment = textwrap.fill(part.meaning, _WIDTH, initial_indent="# ", subsequent_indent="# ")
    lines = [f"{key.name} = {literal(key.default)}  # {_comment(key)}\n" for key in part.keys]
    return f"\n{comment}\n[{part.name}]\n{''.join(lines)}"


def _comment(key: Key) -> str:
    *most, last = key.choices or [""]
    choices = f"{', '.join(most)} or {last}; " if most else ""
    return choices + key.meaning


def literal(value: Any) -> str:
    """A default as TOML; long numbers with their thousands apart."""
    if isinstance(value, bool | str):
        return json.dumps(value)
    if isinstance(value, int):
        return f"{value:_}" if value >= 100_000 else str(value)
    if isinstance(value, tuple):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {literal(item)}" for name, item in value.items()) + "}"
    return repr(value)


def settings_page(page: str) -> str:
    """docs/settings.md with fresh tables between its marks."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + "\n".join(_page_section(part) for part in parts()) + END + rest.partition(END)[2]


def _page_section(part: Part) -> str:
    rows = [f"| `{part.name}.{key.name}` | {type_name(key)} | `{literal(key.default)}` | {_cell(key.meaning)} |\n" for key in part.keys]
    return f"## {part.name}\n{part.meaning}\n\n| key | type | default | meaning |\n|---|---|---|---|\n{''.join(rows)}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def type_name(key: Key) -> str:
    """The type and the limits of a key in words: `integer >= 1`."""
    return " or ".join(f"`{value}`" for value in key.choices) or _words(key.schema)


def _words(schema: dict[str, Any]) -> str:
    if schema["type"] == "array":
        item = schema["prefixItems"][0] if "prefixItems" in schema else schema["items"]
        kind, *limits = _words(item).split(" ")
        return " ".join(["list of", *([str(schema["minItems"])] if "minItems" in schema else []), f"{kind}s", *limits])
    words = [{"object": "table"}.get(schema["type"], schema["type"])]
    for limit, sign in (("minimum", ">="), ("exclusiveMinimum", ">"), ("maximum", "<="), ("exclusiveMaximum", "<")):
        if limit in schema:
            words.append(f"{sign} {schema[limit]:g}")
    if "pattern" in schema:
        words.append(f"matching `{schema['pattern']}`")
    return " ".join(words)


def pages() -> dict[Path, str]:
    """The files that are made, and what they must hold."""
    conf = Path(str(files("bubblenet.conf"))).resolve()
    page = conf.parent / "docs" / "settings.md"
    return {conf / "local.toml": settings_file(), page: settings_page(page.read_text(encoding="utf-8"))}


def main() -> int:
    """Write the files."""
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Write the table of docs/settings.md from conf/local.toml (names, defaults, meanings) and bubblenet.settings (types, limits).

    .venv/bin/python tools/settings_table.py [--check]

--check writes nothing and exits with 1 when the table is out of date.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from bubblenet.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
CONF = ROOT / "conf" / "local.toml"
DOCS = ROOT / "docs" / "settings.md"
BEGIN, END = "<!-- table: begin -->\n", "<!-- table: end -->"
SECTION = re.compile(r"\[([\w.]+)\]")
ENTRY = re.compile(r"(\w+) = (.+?)  # (.+)")


def main() -> int:
    """Bring the table up to date, or check that it is; return the exit code."""
    text = DOCS.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    fresh = before + BEGIN + table() + END + rest.partition(END)[2]
    if "--check" not in sys.argv[1:]:
        DOCS.write_text(fresh, encoding="utf-8")
    elif fresh != text:
        print("docs/settings.md is out of date. Run: .venv/bin/python tools/settings_table.py", file=sys.stderr)
        return 1
    return 0


def table() -> str:
    """Markdown: one table a section."""
    lines: list[str] = []
    comment = section = ""
    for line in CONF.read_text(encoding="utf-8").splitlines():
        if found := SECTION.fullmatch(line):
            section = found[1]
            lines += ["", f"## {section}", comment, "", "| key | type | default | meaning |", "|---|---|---|---|"]
        elif found := ENTRY.fullmatch(line):
            key, default, meaning = found.groups()
            lines.append(f"| `{section}.{key}` | {type_name(properties_of(section)[key])} | `{default}` | {meaning} |")
        comment = line.removeprefix("# ")
    return "\n".join(lines[1:]) + "\n"


def properties_of(section: str) -> dict[str, Any]:
    """The JSON schema of the keys of a section, `engine.forward` too."""
    model: Any = Settings
    for name in section.split("."):
        model = model.model_fields[name].annotation
    return model.model_json_schema()["properties"]


def type_name(schema: dict[str, Any]) -> str:
    """A JSON schema in words: `integer >= 1`."""
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"] if value)
    words = ["list of strings" if schema["type"] == "array" else schema["type"]]
    for limit, sign in (("minimum", ">="), ("exclusiveMinimum", ">"), ("maximum", "<="), ("exclusiveMaximum", "<")):
        if limit in schema:
            words.append(f"{sign} {schema[limit]:g}")
    if "pattern" in schema:
        words.append(f"matching `{schema['pattern']}`")
    return " ".join(words)


if __name__ == "__main__":
    sys.exit(main())

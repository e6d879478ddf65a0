"""The tables of docs/corpus.md and docs/inputs.md that say what the quality rules and the file formats declare, between markers.

python -m bubblenet.viewing.declarations docs
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bubblenet.corpus.quality import RULES, Rule, RuleSettings
from bubblenet.corpus.reading.formats import FORMATS, Format
from bubblenet.errors import InputError


def rules_table() -> str:
    """Every quality rule in the order in which it is asked, and the papers that are their sources."""
    rows = "".join(map(_rule, RULES))
    papers = dict.fromkeys(f"{rule.source.name} is {rule.source.paper}" for rule in RULES if rule.source.paper)
    return f"| reason | what is wrong with a passage | limits | source | languages |\n|---|---|---|---|---|\n{rows}\n{'; '.join(papers)}.\n"


def formats_table() -> str:
    """Every file format that is read."""
    return "| format | in `files` | names | one page is | split |\n|---|---|---|---|---|\n" + "".join(map(_format, FORMATS))


TABLES: dict[str, Callable[[], str]] = {"corpus.md": rules_table, "inputs.md": formats_table}
"""The pages, and what stands between their markers."""


def with_table(page: str, table: str) -> str:
    """The page with this between its markers. Raises InputError for a page without markers."""
    before, begin, rest = page.partition("<!-- declared: begin")
    note, end_of_note, _ = rest.partition("-->\n")
    _, end, after = rest.partition("<!-- declared: end -->\n")
    if not end or not end_of_note:
        raise InputError("a page with the lines `declared: begin` and `declared: end`", page[:80], "Put them back around the table.")
    return before + begin + note + end_of_note + table + end + after


def _rule(rule: Rule) -> str:
    limits = ", ".join(f"`{key}` {_value(RuleSettings.model_fields[key].default)}" for key in rule.limits)
    source = ", ".join(filter(None, (rule.source.name, rule.source.section))) + (f"; {rule.ours} ours" if rule.ours else "")
    summary = rule.summary + (" (not asked by default)" if rule.name in RuleSettings().disabled_rules else "")
    return f"| `{rule.name}` | {summary} | {limits} | {source} | {' '.join(rule.languages or ['all'])} |\n"


def _value(value: Any) -> str:
    return str(list(value) if isinstance(value, tuple) else value)


def _format(known: Format) -> str:
    names = " ".join(f"`{suffix}`" for suffix in (*known.suffixes, *known.compressed_suffixes))
    split = "no" if not known.is_splittable else "yes" if known.is_splittable_compressed or not known.compressions else "plain only"
    return f"| {known.title} | `{known.name}` | {names} | {known.page} | {split} |\n"


def main(argv: list[str] | None = None) -> int:
    """Bring the pages in the folder given as the only argument up to date."""
    (folder,) = sys.argv[1:] if argv is None else argv
    for name, table in TABLES.items():
        path = Path(folder) / name
        path.write_text(with_table(path.read_text(encoding="utf-8"), table()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

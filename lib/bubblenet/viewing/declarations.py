"""Tables of the docs generated from declarations, between markers: rules, formats of input and of export, rights, gates, modes, signals.

python -m bubblenet.viewing.declarations docs
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bubblenet.corpus.privacy.kinds import KINDS
from bubblenet.corpus.quality import RULES, Rule, RuleSettings
from bubblenet.corpus.reading.formats import FORMATS, Format
from bubblenet.corpus.rights.forms import FORMS as RIGHTS_FORMS
from bubblenet.errors import InputError
from bubblenet.export.formats import FORMATS as EXPORT_FORMATS
from bubblenet.judging.gates import GATES
from bubblenet.judging.reference import modes_table, signals_table


def rules_table() -> str:
    """Every quality rule in order of application, and the papers they come from."""
    rows = "".join(map(_rule, RULES))
    papers = dict.fromkeys(f"{rule.source.name} is {rule.source.paper}" for rule in RULES if rule.source.paper)
    return f"| reason | what is wrong with a passage | limits | source | languages |\n|---|---|---|---|---|\n{rows}\n{'; '.join(papers)}.\n"


def formats_table() -> str:
    """Every supported file format."""
    return "| format | in `files` | names | one page is | split |\n|---|---|---|---|---|\n" + "".join(map(_format, FORMATS))


def export_formats_table() -> str:
    """Every format that an export can have."""
    rows = "".join(f"| `{form.name}` | {form.title} | `{form.suffix}` | {form.read_with} |\n" for form in EXPORT_FORMATS.values())
    return f"| `export.format` | format | files | read by |\n|---|---|---|---|\n{rows}"


def rights_table() -> str:
    """Every form in which pages and sites speak of rights."""
    rows = (
        f"| `{form.name}` | `{form.example}` | {', '.join(f'`{place}`' for place in form.places)} | {form.meaning} | {form.source} |\n"
        for form in RIGHTS_FORMS
    )
    return f"| form | as one writes it | places | signals | source |\n|---|---|---|---|---|\n{''.join(rows)}"


def kinds_table() -> str:
    """Every kind of personal data that is masked."""
    rows = (f"| `{kind.name}` | `[{kind.placeholder}]` | {kind.found_by} | {kind.kept} | `{kind.column}` |\n" for kind in KINDS)
    return f"| kind | is written as | found by | stays | counted in `segments` |\n|---|---|---|---|---|\n{''.join(rows)}"


def gates_table() -> str:
    """Every gate in order of application."""
    rows = "".join(f"| `{gate.name}` | {gate.meaning} |\n" for gate in GATES)
    return f"| reason | an instruction is at fault when |\n|---|---|\n{rows}"


TABLES: dict[tuple[str, str], Callable[[], str]] = {
    ("corpus.md", "rules"): rules_table,
    ("inputs.md", "formats"): formats_table,
    ("export.md", "formats"): export_formats_table,
    ("rights.md", "forms"): rights_table,
    ("rights.md", "kinds"): kinds_table,
    ("prompts.md", "gates"): gates_table,
    ("judging.md", "modes"): modes_table,
    ("judging.md", "signals"): signals_table,
}
"""The generated tables: page and name of the markers -> the table."""


def with_table(page: str, name: str, table: str) -> str:
    """The page with the table between its markers replaced. Raises InputError for a page without markers."""
    before, begin, rest = page.partition(f"<!-- {name}: begin")
    note, end_of_note, _ = rest.partition("-->\n")
    _, end, after = rest.partition(f"<!-- {name}: end -->\n")
    if not end or not end_of_note:
        raise InputError(f"a page with the lines `{name}: begin` and `{name}: end`", page[:80], "Put them back around the table.")
    return before + begin + note + end_of_note + table + end + after


def _rule(rule: Rule) -> str:
    limits = ", ".join(f"`{key}` {_value(RuleSettings.model_fields[key].default)}" for key in rule.limits)
    source = ", ".join(filter(None, (rule.source.name, rule.source.section))) + (f"; {rule.ours} ours" if rule.ours else "")
    summary = rule.summary + (" (off by default)" if rule.name in RuleSettings().disabled_rules else "")
    return f"| `{rule.name}` | {summary} | {limits} | {source} | {' '.join(rule.languages or ['all'])} |\n"


def _value(value: Any) -> str:
    return str(list(value) if isinstance(value, tuple) else value)


def _format(known: Format) -> str:
    names = " ".join(f"`{suffix}`" for suffix in (*known.suffixes, *known.compressed_suffixes))
    split = "no" if not known.is_splittable else "yes" if known.is_splittable_compressed or not known.compressions else "plain only"
    return f"| {known.title} | `{known.name}` | {names} | {known.page} | {split} |\n"


def main(argv: list[str] | None = None) -> int:
    """Update the pages in the folder given as the only argument."""
    (folder,) = sys.argv[1:] if argv is None else argv
    for (page, name), table in TABLES.items():
        path = Path(folder) / page
        path.write_text(with_table(path.read_text(encoding="utf-8"), name, table()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

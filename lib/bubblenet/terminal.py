"""Formats untrusted text for a terminal: one line, no control characters, bounded length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

_PIPED_COLUMNS = 1_000_000
_ELLIPSIS = "..."


def one_line(text: str) -> str:
    """The text with runs of white space collapsed to one space, and non-printable characters replaced by U+FFFD."""
    return "".join(character if character.isprintable() else "\ufffd" for character in " ".join(text.split()))


def elide(text: str, limit: int) -> str:
    """The text on one line, truncated to `limit` characters with an ellipsis."""
    line = one_line(text)
    return line if len(line) <= limit else line[: limit - len(_ELLIPSIS)].rstrip() + _ELLIPSIS


def cell(value: Any, limit: int | None = None) -> str:
    """A value of a query result for a table cell: numbers shortened, text on one line, at most `limit` characters if given."""
    if value is None:
        return "null"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, str):
        text = value
    elif isinstance(value, list | tuple) and not hasattr(value, "asDict"):
        text = "[" + ", ".join(cell(item) for item in value) + "]"
    elif isinstance(value, dict) or hasattr(value, "asDict"):
        items = value.items() if isinstance(value, dict) else value.asDict().items()
        text = "{" + ", ".join(f"{cell(key)}: {cell(item)}" for key, item in items) + "}"
    else:
        text = str(value)
    return one_line(text) if limit is None else elide(text, limit)


def print_table(console: Console, table: Table) -> None:
    """Print a table: within the width of a terminal; elsewhere as wide as needed, since a pipe has no width."""
    if not console.is_terminal:
        table.width = console.measure(table, options=console.options.update(width=_PIPED_COLUMNS)).maximum
    console.print(table, soft_wrap=not console.is_terminal)


def print_text(console: Console, text: str | Text, indent: int = 0) -> None:
    """Print a line: in a terminal, wrapped between words with its indent; elsewhere unwrapped."""
    from rich.padding import Padding

    if console.is_terminal:
        console.print(Padding(text, (0, 0, 0, indent), expand=False))
    else:
        console.print(" " * indent, text, sep="", soft_wrap=True)


def by_count(counts: dict[str, int]) -> str:
    """`a 3, b 1`, most frequent first; a dash if empty."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {count:,}" for name, count in ordered) or "-"

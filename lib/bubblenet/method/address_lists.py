"""Lists of addresses to leave out, as one file beside the tables that all workers can read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bubblenet.corpus.address_lists import lists_digest, read_lists
from bubblenet.kernel.scratch import Scratch

if TYPE_CHECKING:
    from bubblenet.kernel.context import Context


def lists_location(context: Context) -> str:
    """Where the lists of section `safety` lie; empty if no file is named."""
    named = context.settings.safety
    return f"{context.warehouse.location}/_addresses/{lists_digest(named)}.npz" if named.files() else ""


def publish_lists(context: Context) -> None:
    """Read the files, and write what they say beside the tables unless it is there. Raises InputError for a file that cannot be read."""
    folder, _, name = lists_location(context).rpartition("/")
    if name and name not in Scratch(folder).names():
        Scratch(folder).write_whole(name, read_lists(context.settings.safety).to_bytes())

"""Lists of addresses to leave out, as one file beside the tables that all workers can read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bubblenet.corpus.address_lists import lists_digest, read_lists
from bubblenet.kernel.scratch import Scratch

if TYPE_CHECKING:
    from bubblenet.kernel.context import Context


def publish_lists(context: Context) -> str:
    """Read the files of section `safety`, write what they say beside the tables unless it is there, and return its location.

    Empty if no file is named. Raises InputError for a file that cannot be read.
    """
    named = context.settings.safety
    if not named.files():
        return ""
    folder, name = f"{context.warehouse.location}/_addresses", f"{lists_digest(named)}.npz"
    beside = Scratch(folder)
    if name not in beside.names():
        beside.write_whole(name, read_lists(named).to_bytes())
    return f"{folder}/{name}"

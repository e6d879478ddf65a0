"""Row transform of the rights stage: what a page says of itself, or a file of its site about it, as signals. No model is involved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bubblenet.corpus.rights import reading
from bubblenet.corpus.rights.claims import Claim
from bubblenet.corpus.rights.signal import RIGHTS_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bubblenet.corpus.rights.signal import Signal
    from bubblenet.kernel.batches import Row


@dataclass(frozen=True, slots=True)
class ReadRights:
    """Reads the claims of a page, or a site file for one page. agents: those whose exclusion by robots.txt is looked for."""

    agents: tuple[str, ...]
    identity: tuple[str, ...] = ("document_id", "snapshot", "url", "host", "fetched_at")
    window_rows: int = 1000

    def __call__(self, requests: list[Row]) -> Iterator[tuple[Row, Row]]:
        """Yield one row per signal; where nothing was understood, one row that says so."""
        for request in requests:
            found = self._signals(request)
            for signal in found:
                yield request, _row(signal)
            if not found:
                yield request, {"kept": False, "reason": "no_signal", "says": "unknown", "parser_version": RIGHTS_VERSION}

    def _signals(self, request: Row) -> list[Signal]:
        if request["site_file"]:
            return reading.of_site_file(request["site_file"], request["content"], request["url"], self.agents)
        return reading.of_claims(Claim(claim["place"], claim["name"], claim["value"]) for claim in request["claims"])


def _row(signal: Signal) -> Row:
    return {
        "kept": True,
        "form": signal.form,
        "signal": signal.signal,
        "value": signal.value,
        "says": signal.says,
        "agent": signal.agent,
        "place": signal.place,
        "licence": signal.licence,
        "parser_version": RIGHTS_VERSION,
    }

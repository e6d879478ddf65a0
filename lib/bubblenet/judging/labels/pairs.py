"""The labelled pairs of this folder: read them, check them, and join them with their passages.

The passages are third-party text and are not part of the project. A row names its Debian package, page and the SHA-256 of the passage,
which is cut from the page again: if another version of package or rules gives another text, the row is reported and left out.
docs/labels.md describes how the labels were made.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from bubblenet.corpus.privacy.pages import mask_content
from bubblenet.corpus.reading.hygiene import clean_text, decode
from bubblenet.corpus.segmentation import Segment, segment_page
from bubblenet.errors import InputError

if TYPE_CHECKING:
    from bubblenet.corpus.privacy.masking import MaskSettings
    from bubblenet.settings import Segmentation

LABELS_SHA256 = "635f61855972d63a0dfbdf42dfab46b2e1e3bdea47fe7116685cc0e6aecbb6e2"
"""SHA-256 of generated_pairs.jsonl: a calibration can state which labels it was fitted on."""

REFUSED_SHA256 = "346a1de1027712aa5587c98eb34b968be6f22b62581b211d54b4ae5c066b113d"
"""The same of refused_pairs.jsonl."""

PRODUCED_SHA256 = "2d76522b60a9d09090bebd29525847ffe3f555f7ba625a61faafec1a2ec8581a"
"""The same of produced_pairs.jsonl."""

SAMPLE_SHA256 = "853b293d9177bfb68a1c092320d78087a4256526bef53e813635d590a6103f3a"
"""The same of sample_pairs.jsonl."""

HELD_OUT_SHARE = 0.3
"""Of the pages of produced_pairs.jsonl: what a calibration or a reader is measured on and never fitted on."""

REACH = 2
"""Neighbours on each side, as in scoring.neighbours."""

GRADES = ("good", "partly", "bad")
FAULTS = (
    "garbled",
    "not_self_contained",
    "off_topic",
    "wrong_premise",
    "answers_only_part",
    "side_detail",
    "too_generic",
)


@dataclass(frozen=True, slots=True)
class LabelRow:
    """An instruction and a reader's label for it as a question about one passage.

    path: of the page inside the package of that version; position: of the passage on the page, as Segment.position.
    label: 1 for the grade `good`, else 0; fault: one of FAULTS, None for a good pair. date: of the first reading, ISO 8601.
    second_grade: from a second reading without sight of the first grade, for pairs in a second_sample (`random` or `balanced`).
    """

    id: str
    package: str
    version: str
    path: str
    position: int
    text_sha256: str
    instruction: str
    grade: str
    label: int
    fault: str | None
    second_sample: str | None
    second_grade: str | None
    annotator: str
    date: str
    origin: str = "generated"

    @property
    def page(self) -> str:
        """The name of the page among all packages; pairs of one page belong on the same side of a split."""
        return f"{self.package}/{self.path}"

    @property
    def is_held_out(self) -> bool:
        """Whether its page is among those of HELD_OUT_SHARE, by hash."""
        return int(sha256(self.page)[:8], 16) < HELD_OUT_SHARE * 16**8


@dataclass(frozen=True, slots=True)
class JoinedPair:
    """A row of the file that `bubblenet calibrate --labels` reads. neighbours: adjacent passages of the page."""

    id: str
    instruction: str
    response: str
    label: int
    page: str
    neighbours: tuple[str, ...]
    origin: str = "generated"


@dataclass(frozen=True, slots=True)
class Join:
    """The pairs with their passages, and the ids of the others by what is missing: `no_page` or `no_such_passage`."""

    pairs: list[JoinedPair]
    missing: dict[str, list[str]]


def read_labels() -> list[LabelRow]:
    """The labelled pairs shipped with the package. Raises InputError if the file does not match LABELS_SHA256."""
    return _read("generated_pairs.jsonl", LABELS_SHA256)


def read_refused() -> list[LabelRow]:
    """Labelled pairs of the same passages and samples that gates stopped when the others were drawn, and that pass today.

    Raises InputError if the file does not match REFUSED_SHA256.
    """
    return _read("refused_pairs.jsonl", REFUSED_SHA256)


def read_produced() -> list[LabelRow]:
    """Labelled pairs as the pipeline makes them: stated questions, and the best candidate of each passage (tools/produced_pairs.py).

    Raises InputError if the file does not match PRODUCED_SHA256.
    """
    return _read("produced_pairs.jsonl", PRODUCED_SHA256)


def read_sample() -> list[LabelRow]:
    """Labelled pairs as the pipeline makes them of the sample pages: for measuring alone, nothing is fitted on them.

    Raises InputError if the file does not match SAMPLE_SHA256.
    """
    return _read("sample_pairs.jsonl", SAMPLE_SHA256)


def _read(name: str, wanted: str) -> list[LabelRow]:
    content = files("bubblenet.judging.labels").joinpath(name).read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != wanted:
        raise InputError(f"labels with SHA-256 {wanted}", digest, f"Restore {name}, or state its new digest.")
    return [LabelRow(**json.loads(line)) for line in content.splitlines()]


def join(
    labels: Sequence[LabelRow],
    packages: Path,
    limits: Segmentation,
    elsewhere: Mapping[str, Path] | None = None,
    privacy: MaskSettings | None = None,
) -> Join:
    """Join each pair with its passage.

    packages: folder with one unpacked Debian package per folder of that name. elsewhere: folders of pages that are of no package, by name.
    privacy: what was masked in the pages before they were cut; None: nothing.
    """

    @cache
    def passages(page: str) -> list[Segment] | None:
        package, _, name = page.partition("/")
        path = (elsewhere or {}).get(package, packages / package) / name
        return segments(path, limits, privacy) if path.is_file() else None

    joined = Join([], {})
    for label in labels:
        on_page = passages(label.page)
        place = next((number for number, one in enumerate(on_page or ()) if sha256(one.text) == label.text_sha256), None)
        if on_page is None or place is None:
            joined.missing.setdefault("no_page" if on_page is None else "no_such_passage", []).append(label.id)
            continue
        before, after = ([one.text for one in part if one.kept] for part in (on_page[:place], on_page[place + 1 :]))
        beside = (*before[-REACH:], *after[:REACH])
        joined.pairs.append(JoinedPair(label.id, label.instruction, on_page[place].text, label.label, label.page, beside, label.origin))
    return joined


def segments(page: Path, limits: Segmentation, privacy: MaskSettings | None = None) -> list[Segment]:
    """The passages of an HTML file, which may be compressed by gzip, as ingest and segment would cut them."""
    content = page.read_bytes()
    html, _ = decode(gzip.decompress(content) if page.suffix == ".gz" else content, http_charset=None, is_html=True)
    text = clean_text(html)
    if privacy is None:
        return segment_page(text, "html", limits)
    masked, known = mask_content(text, "html", privacy)
    return segment_page(masked, "html", limits, privacy=privacy, known=known)


def sha256(text: str) -> str:
    """SHA-256 of a text in UTF-8, hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()

"""Row transforms of the corpus stages: detect file formats, read pages, segment them, sign passages. No model is involved."""

from __future__ import annotations

import itertools
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from bubblenet import locations
from bubblenet.corpus import language
from bubblenet.corpus.address_lists import load_lists
from bubblenet.corpus.privacy.kinds import KINDS
from bubblenet.corpus.privacy.masking import Personal, mask_text
from bubblenet.corpus.privacy.pages import mask_address, mask_content, mask_line
from bubblenet.corpus.reading.formats import FileKind, SuffixTable, kind_of
from bubblenet.corpus.reading.readers import ByteRange, Page, read_file
from bubblenet.corpus.rights.hosts import host_of, registered_domain
from bubblenet.corpus.segmentation import Segment, refused_page, segment_pages
from bubblenet.corpus.similarity.contamination import load_index
from bubblenet.corpus.similarity.minhash import MinHasher
from bubblenet.corpus.similarity.shingles import token_hashes, tokens
from bubblenet.identity import content_id, normalised_hash
from bubblenet.kernel.batches import quarantined
from bubblenet.settings import Corpus, Privacy, Segmentation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bubblenet.kernel.batches import Row


_LISTED = pa.schema([("path", pa.string()), ("size", pa.int64()), ("modified_at", pa.timestamp("us", "UTC"))])
_LISTED_ROWS = 1000


def list_urls(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """For mapInArrow: the files below each URL of a batch, as path, size, modified_at."""
    for batch in batches:
        files = (file for url in batch.column("url").to_pylist() for file in locations.walk(url))
        while rows := [file._asdict() for file in itertools.islice(files, _LISTED_ROWS)]:
            yield pa.RecordBatch.from_pylist(rows, schema=_LISTED)


@dataclass(frozen=True, slots=True)
class KnowFile:
    """Decides by its name whether a listed file can hold pages."""

    suffixes: SuffixTable  # all that a verdict depends on; its digest is the fingerprint
    identity: tuple[str, ...] = ("path", "size", "modified_at", "snapshot")
    window_rows: int = 1000

    def __call__(self, requests: list[Row]) -> Iterator[tuple[Row, Row]]:
        """Yield one row per file."""
        for request in requests:
            yield request, _file(kind_of(request["path"], self.suffixes))


@dataclass(frozen=True, slots=True)
class ReadFile:
    """Streams all pages of a file or a part of it, without their personal data: an archive is never held in memory."""

    corpus: Corpus
    privacy: Privacy
    identity: tuple[str, ...] = ("path", "snapshot")
    window_rows: int = 1

    def __call__(self, requests: list[Row]) -> Iterator[tuple[Row, Row]]:
        """Yield one row per page or unreadable record; for a part in which no page begins, one row that says so."""
        for request in requests:
            part, is_empty = ByteRange(request["start"], request["end"]), True
            limit, refuses = self.corpus.max_document_bytes, self.corpus.refuse_digest_mismatch
            for page in read_file(request["path"], max_document_bytes=limit, part=part, refuse_digest_mismatch=refuses):
                is_empty = False
                yield request, _document(page) | (_without_personal(page, self.privacy) if self.privacy.masks_documents else {})
            if is_empty:
                yield request, {"kept": False, "reason": "no_page", "record_offset": part.start}


@dataclass(frozen=True, slots=True)
class CutPage:
    """Segments a page into passages at its headings, without the personal data of the page and its address.

    addresses: location of AddressLists readable by all workers, whose pages are not cut; empty without lists.
    """

    limits: Segmentation
    languages: tuple[str, ...]
    privacy: Privacy
    addresses: str = ""
    identity: tuple[str, ...] = ("document_id", "snapshot", "declared_language")
    window_rows: int = 64

    def __call__(self, requests: list[Row]) -> Iterator[tuple[Row, Row]]:
        """Yield one row per passage, kept or not; at least one per page."""
        reasons = [self._reason(request["url"]) if self.addresses else None for request in requests]
        pages = [
            (request["content"], request["content_type"], _personal(request))
            for request, reason in zip(requests, reasons, strict=True)
            if not reason
        ]
        cut = iter(segment_pages(pages, self.limits, self.languages, self.privacy))
        for request, reason in zip(requests, reasons, strict=True):
            segments = refused_page(reason) if reason else next(cut)
            seen: set[str] = set()
            url = mask_text(request["url"], self.privacy)
            for segment in segments:
                agrees = language.agrees(segment.language, request["declared_language"])
                masked = _masked(segment) if self.privacy.mask else {}
                yield request, _segment(segment, seen) | {"url": url, "language_agrees": agrees} | masked

    def _reason(self, url: str) -> str | None:
        return load_lists(self.addresses).reason(url)


@dataclass(frozen=True, slots=True)
class SignPassage:
    """Computes a passage's MinHash signature and looks for evaluation items in it: both need its n-grams.

    evaluations: location of an EvaluationIndex readable by all workers; empty without decontamination.
    """

    hasher: MinHasher
    evaluations: str
    min_share: float
    identity: tuple[str, ...] = ("segment_id",)
    window_rows: int = 64

    def __call__(self, requests: list[Row]) -> Iterator[tuple[Row, Row]]:
        """Yield one row per passage."""
        texts = [token_hashes(tokens(request["text"])) for request in requests]
        for request, hashes, signature in zip(requests, texts, self.hasher.sign_all(texts), strict=True):
            found = load_index(self.evaluations).find(hashes, self.min_share) if self.evaluations else None
            row: Row = {"kept": found is None, "reason": "contaminated" if found else None}
            if signature:
                row |= {"band_keys": signature.band_keys, "signature": signature.minima, "num_shingles": signature.num_shingles}
            if found:
                row |= {"evaluation_item": found.item, "evaluation_share": found.share}
            yield request, row


def _file(kind: FileKind) -> Row:
    if kind.refusal:
        return quarantined("unsupported_format", kind.refusal)
    verdict = {"kept": kind.format is not None, "reason": None if kind.format else "unknown_format"}
    return verdict | {"format": kind.format, "is_splittable": kind.is_splittable}


def _document(page: Page) -> Row:
    host = host_of(page.url)
    return _document_verdict(page) | {
        "host": host,
        "registered_domain": registered_domain(host) if host else None,
        "claims": [asdict(claim) for claim in page.claims],
        "http_status": page.http_status,
        "crawler": page.crawler,
        "document_id": content_id(page.url, page.payload_digest) if page.payload_digest else None,
        "url": page.url,
        "record_offset": page.record_offset,
        "content": page.content,
        "content_type": page.content_type,
        "charset": page.charset,
        "payload_digest": page.payload_digest or None,
        "block_digest": page.block_digest or None,
        "is_verified": page.is_verified,
        "declared_language": page.declared_language,
        "declared_licence": page.declared_licence,
        "fetched_at": page.fetched_at,
        "detail": page.detail or None,
    }


def _without_personal(page: Page, privacy: Privacy) -> Row:
    """What of a row holds text of others, masked. Host and document id are made of the address as it is."""
    content, personal = mask_content(page.content, page.content_type, privacy) if page.content else (page.content, [])
    return {
        "url": mask_address(page.url, privacy),
        "content": content,
        "personal": [one._asdict() for one in personal],
        "claims": [asdict(claim) | {"value": mask_line(claim.value, privacy)} for claim in page.claims],
        "crawler": mask_line(page.crawler, privacy) if page.crawler else page.crawler,
        "declared_licence": mask_line(page.declared_licence, privacy) if page.declared_licence else page.declared_licence,
        "detail": mask_line(page.detail, privacy) or None,
    }


def _personal(request: Row) -> list[Personal]:
    return [Personal(**one) for one in request["personal"] or ()]


def _document_verdict(page: Page) -> Row:
    """A file that speaks for its site is read, and filtered: it is no page."""
    if page.is_site_file and page.reason is None:
        return {"status": "ok", "kept": False, "reason": page.content_type}
    return {"status": "ok" if page.reason is None else "quarantined", "kept": page.reason is None, "reason": page.reason}


def _segment(segment: Segment, seen: set[str]) -> Row:
    segment_id = content_id(segment.text) if segment.text else None
    is_repeated = segment_id in seen
    if segment_id:
        seen.add(segment_id)
    return {
        "kept": segment.kept and not is_repeated,
        "reason": "repeated_on_page" if segment.kept and is_repeated else segment.reason,
        "segment_id": segment_id,
        "heading_path": list(segment.heading_path),
        "position": segment.position,
        "text": segment.text,
        "question": segment.question,
        "language": segment.language,
        "language_confidence": segment.language_confidence,
        "other_languages": list(segment.other_languages),
        "num_characters": segment.num_characters,
        "num_words": segment.num_words,
        "normalised_hash": normalised_hash(segment.text) if segment.text else None,
    }


def _masked(segment: Segment) -> Row:
    counts = segment.masked.counts
    return {"personal_share": segment.masked.share} | {kind.column: counts.get(kind.name, 0) for kind in KINDS}

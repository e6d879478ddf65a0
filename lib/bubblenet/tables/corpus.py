"""Tables of the corpus: from input files to distinct passages."""

from __future__ import annotations

from bubblenet.corpus.privacy.kinds import KINDS
from bubblenet.tables.declaration import VERDICT, Column, Table, columns

FILES = Table(
    "files",
    "One input file of a snapshot, as found under the input paths.",
    columns(
        """
        path STRING location of the file: a URI, or a plain path on a local file system
        size BIGINT bytes
        modified_at TIMESTAMP modification time; with path and size it tells whether a file is new
        snapshot STRING name under which the file was given
        format STRING name of its format, one of docs/inputs.md; null for a file of no known format
        is_splittable BOOLEAN whether parts of the file can be read without the rest
        detail STRING why a file that may hold pages is not read, and what to do
        """
    )
    + VERDICT,
    partitioned_by=("snapshot",),
    statistics=("request_id", "fingerprint", "run_id", "unit"),
)

DOCUMENTS = Table(
    "documents",
    "One fetched page of one snapshot; a file or record that cannot be read is a quarantined row without content.",
    columns(
        """
        document_id STRING hash of URL and payload
        snapshot STRING name of the input snapshot
        url STRING address of the page, personal data in it replaced, except in its host; a file URI for local files
        path STRING input file that holds the page
        record_offset BIGINT byte offset of a WARC record (its gzip member) or of a JSON line in the unpacked file, or row number
        host STRING host of the page, with a port other than that of http and https; null for files
        registered_domain STRING what of the host is registered, by the public suffix list: example.co.uk
        content STRING decoded and cleaned page, personal data replaced by the placeholders of `personal`; null when quarantined
        personal ARRAY<STRUCT<placeholder:STRING,kind:STRING,length:INT>> values replaced in content, each once, with its length as written
        content_type STRING html, text or markdown; robots_txt or tdmrep for a file that speaks for its site, which is no page
        charset STRING character set the bytes were decoded with
        payload_digest STRING SHA-256 of the payload bytes, without HTTP transfer and content encoding
        block_digest STRING SHA-256 of the record as stored: a WARC block, a JSON line; null for other formats
        is_verified BOOLEAN whether a digest that the archive states for the record was computed and fits
        declared_language STRING language the page claims, not trusted
        declared_licence STRING licence the page claims
        claims ARRAY<STRUCT<place:STRING,name:STRING,value:STRING>> what is said about rights, without personal data; see rights
        http_status INT status of the stored response; null where none is stored
        crawler STRING who made the archive, as its first record says: user agent, program or operator
        fetched_at STRING time of the fetch as the archive states it
        detail STRING what was wrong, in words, for quarantined rows
        """
    )
    + VERDICT,
    partitioned_by=("snapshot",),
    statistics=("document_id", "request_id", "fingerprint", "run_id", "unit", "status"),
)

SEGMENTS = Table(
    "segments",
    "One occurrence of a self-contained passage in a document: the text under one heading.",
    columns(
        """
        segment_id STRING hash of the exact text; the same text has the same id on every page and in every snapshot
        document_id STRING the page it stands on
        snapshot STRING name of the input snapshot
        url STRING address of the page, personal data in it replaced
        heading_path ARRAY<STRING> headings from the top of the page down to this passage
        position INT order of the passage within its page, from 0
        text STRING the passage as Markdown; this exact text is what the model sees
        question STRING the heading, when it is itself a question
        language STRING ISO 639-1 code identified from the text, und when unclear
        language_confidence DOUBLE probability of that language, 0 to 1
        other_languages ARRAY<STRING> further languages that parts of the text are in; empty for a text in one language
        declared_language STRING language the page claims, as it writes it; not trusted
        language_agrees BOOLEAN whether the claim is the identified language, regions and scripts aside; null when either is unknown
        num_characters INT length of text in characters
        num_words INT length of text in words
        normalised_hash STRING hash of the text with case, space and punctuation folded; for deduplication only
        personal_share DOUBLE share of the characters of the text that were personal data or secrets; null where nothing was looked for
        """
    )
    + tuple(Column(kind.column, "INT", f"{kind.plural} replaced by [{kind.placeholder}] in text and headings") for kind in KINDS)
    + VERDICT,
    partitioned_by=("snapshot",),
    statistics=("segment_id", "document_id", "request_id", "fingerprint", "run_id", "unit", "status", "language", "num_characters"),
)

MINHASH_INDEX = Table(
    "minhash_index",
    "The near-duplicate index: one row per distinct kept passage, singles too, and whether it holds an item of an evaluation set.",
    columns(
        """
        segment_id STRING the passage
        band_keys ARRAY<BIGINT> one digest a band; passages with a common key are compared
        signature ARRAY<SMALLINT> low 16 bits of the minimum of each permutation; the share of equal ones estimates Jaccard similarity
        num_shingles INT distinct n-grams of the passage
        evaluation_item STRING the evaluation item it holds, as FILE#record; null for a clean passage
        evaluation_share DOUBLE share of the item's 8-grams that the passage holds; 1 for a common 13-gram
        detail STRING the error message of a quarantined row
        """
    )
    + VERDICT,
    statistics=("segment_id", "request_id", "fingerprint", "run_id", "unit"),
)

DUPLICATES = Table(
    "duplicates",
    "Which passage stands for which: one row per distinct kept passage, the representative of itself when it is unique.",
    columns(
        """
        segment_id STRING the passage
        representative_id STRING the passage that stands for it; the older one wins and is never replaced
        normalised_hash STRING hash of the passage with case, space and punctuation folded
        method STRING exact: equal to another one after folding case, space and punctuation; near: similar by MinHash, or through others
        similarity DOUBLE estimated Jaccard similarity of word 5-grams with the representative, for near duplicates
        bridged_ids ARRAY<STRING> older representatives this passage is similar to as well; they stay, and count as one cluster
        """
    )
    + VERDICT,
    statistics=("segment_id", "representative_id", "normalised_hash", "request_id", "fingerprint", "run_id", "unit"),
)

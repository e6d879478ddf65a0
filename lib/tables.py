"""The tables: what one row is, every column with its comment, and how each table lies on disk.

The verdict columns at the end of a stage table are the same everywhere: `status` says whether the request could be worked on, `kept` and
`reason` what became of it, `attempts`, `run_id` and `unit` by whom.
"""

from __future__ import annotations

from dataclasses import dataclass

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Column:
    """One column: Spark SQL type and the comment that SQL users read."""

    name: str
    type: str
    comment: str


@dataclass(frozen=True, slots=True)
class Table:
    """One Delta table: its columns, its partition columns, and the columns that file statistics are kept for."""

    name: str
    comment: str
    columns: tuple[Column, ...]
    partitioned_by: tuple[str, ...] = ()
    statistics: tuple[str, ...] = ()

    @property
    def column_names(self) -> list[str]:
        """All column names in table order."""
        return [column.name for column in self.columns]

    @property
    def ddl(self) -> str:
        """The schema as Spark DDL."""
        return ", ".join(f"`{column.name}` {column.type}" for column in self.columns)


def _columns(text: str) -> tuple[Column, ...]:
    """Parse `name TYPE comment` lines."""
    return tuple(Column(*line.split(maxsplit=2)) for line in text.strip().splitlines())


_VERDICT = _columns(
    """
    status STRING ok, or quarantined: the request could not be read or its engine call failed
    kept BOOLEAN whether the row goes on to the next stage
    reason STRING why it was filtered or quarantined; null for a kept row
    request_id STRING hash of the stage's request key; equal for all rows that answer one request
    fingerprint STRING hash of everything that changes this result: weights, prompt, decoding, rules, code version
    attempts INT attempts of the task that wrote the row; above 1 the row was worked on alone
    run_id STRING the run that wrote the row; see table runs
    unit INT the unit of work within the run
    """
)

FILES = Table(
    "files",
    "One input file of a snapshot, as found under the input paths.",
    _columns(
        """
        path STRING location of the file: a URI, or a plain path on a local file system
        size BIGINT bytes
        modified_at TIMESTAMP modification time; with path and size it tells whether a file is new
        snapshot STRING name under which the file was given
        format STRING html, warc, jsonl, parquet or text; null for a file of no known format
        """
    )
    + _VERDICT,
    partitioned_by=("snapshot",),
    statistics=("request_id", "fingerprint", "run_id", "unit"),
)

DOCUMENTS = Table(
    "documents",
    "One fetched page of one snapshot; a file or record that cannot be read is a quarantined row without content.",
    _columns(
        """
        document_id STRING hash of URL and payload
        snapshot STRING name of the input snapshot
        url STRING address of the page; a file URI for local files
        path STRING input file that holds the page
        record_offset BIGINT byte offset of a WARC record, or line or row number
        content STRING decoded and cleaned page; null when quarantined
        content_type STRING html, text or markdown
        charset STRING character set the bytes were decoded with
        payload_digest STRING SHA-256 of the payload bytes
        declared_language STRING language the page claims, not trusted
        declared_licence STRING licence the page claims
        fetched_at STRING time of the fetch as the archive states it
        detail STRING what was wrong, in words, for quarantined rows
        """
    )
    + _VERDICT,
    partitioned_by=("snapshot",),
    statistics=("document_id", "request_id", "fingerprint", "run_id", "unit", "status"),
)

SEGMENTS = Table(
    "segments",
    "One occurrence of a self-contained passage in a document: the text under one heading.",
    _columns(
        """
        segment_id STRING hash of the exact text; the same text has the same id on every page and in every snapshot
        document_id STRING the page it stands on
        snapshot STRING name of the input snapshot
        url STRING address of the page
        heading_path ARRAY<STRING> headings from the top of the page down to this passage
        position INT order of the passage within its page, from 0
        text STRING the passage as Markdown; this exact text is what the model sees
        question STRING the heading, when it is itself a question
        language STRING ISO 639-1 code identified from the text, und when unclear
        language_confidence DOUBLE probability of that language, 0 to 1
        num_characters INT length of text in characters
        num_words INT length of text in words
        normalised_hash STRING hash of the text with case, space and punctuation folded; for deduplication only
        """
    )
    + _VERDICT,
    partitioned_by=("snapshot",),
    statistics=("segment_id", "document_id", "request_id", "fingerprint", "run_id", "unit", "status", "language", "num_characters"),
)

DUPLICATES = Table(
    "duplicates",
    "Which passage stands for which: one row per distinct kept passage, the representative of itself when it is unique.",
    _columns(
        """
        segment_id STRING the passage
        representative_id STRING the passage that stands for it; the older one wins and is never replaced
        normalised_hash STRING the hash both share
        method STRING exact: equal after folding case, space and punctuation
        """
    )
    + _VERDICT,
    statistics=("segment_id", "representative_id", "normalised_hash", "request_id", "fingerprint", "run_id", "unit"),
)

INSTRUCTIONS = Table(
    "instructions",
    "One instruction proposed for a passage, with the verdict of the gates.",
    _columns(
        """
        instruction_id STRING hash of segment_id and instruction
        segment_id STRING the passage it asks for
        sample_index INT which of the k sampled candidates, from 0; null for extracted ones
        instruction STRING the cleaned instruction; null when nothing could be made of the output
        raw_output STRING what the model wrote
        origin STRING generated by the backward model, or extracted: it stood on the page as a question
        language STRING language of the passage
        prompt_tokens BIGINT tokens of the prompt
        output_tokens BIGINT tokens the model wrote
        detail STRING the error message of a quarantined row
        """
    )
    + _VERDICT,
    statistics=("instruction_id", "segment_id", "request_id", "fingerprint", "run_id", "unit", "origin"),
)

PASSAGE_SCORES = Table(
    "passage_scores",
    "What depends on the passage alone, measured once a passage.",
    _columns(
        """
        segment_id STRING the passage
        log_likelihood DOUBLE log probability of the text in nats, without an instruction
        num_tokens INT tokens that were scored
        perplexity DOUBLE exp(-log_likelihood / num_tokens)
        prompt_tokens BIGINT tokens the model read
        output_tokens BIGINT tokens the model wrote: 0
        detail STRING the error message of a quarantined row
        """
    )
    + _VERDICT,
    statistics=("segment_id", "request_id", "fingerprint", "run_id", "unit"),
)

SCORES = Table(
    "scores",
    "One measurement of one pair in one mode; each mode has its own rows and fingerprint.",
    _columns(
        """
        instruction_id STRING the instruction of the pair
        segment_id STRING the response of the pair
        mode STRING reverse_gain, likelihood or the name of a rubric
        expected_score DOUBLE mean of the rating over the label tokens, 1 to 5
        score_distribution ARRAY<DOUBLE> probability of each label, normalised over the labels
        format_mass DOUBLE probability that fell on the labels at all, 0 to 1
        log_likelihood DOUBLE log probability of the measured text given the other, nats
        num_tokens INT tokens that were scored
        forward_gain DOUBLE (log p(response | instruction) - log p(response)) per response token, nats
        instruction_following_difficulty DOUBLE perplexity with over without the instruction (IFD); 1 or more: it explains nothing
        reverse_gain DOUBLE (log p(instruction | response) - log p(instruction)) per instruction token, nats
        prompt_tokens BIGINT tokens the model read
        output_tokens BIGINT tokens the model wrote: 0
        detail STRING the error message of a quarantined row
        """
    )
    + _VERDICT,
    statistics=("instruction_id", "segment_id", "mode", "request_id", "fingerprint", "run_id", "unit"),
)

JUDGEMENTS = Table(
    "judgements",
    "One pair's verdict under one policy and round: every instruction ever proposed under the current recipe has a row.",
    _columns(
        """
        instruction_id STRING the instruction of the pair
        segment_id STRING the response of the pair
        origin STRING generated or extracted
        reverse_gain DOUBLE signal, see scores
        forward_gain DOUBLE signal, see scores
        instruction_following_difficulty DOUBLE signal, see scores
        expected_score DOUBLE signal, see scores
        quality DOUBLE 0 to 1, from the rule of the policy; null where the pair was not measured
        is_calibrated BOOLEAN whether quality is a fitted probability; false for the documented rule
        grade INT 5 or 4 for accepted pairs, null for rejects
        kept BOOLEAN accepted
        reason STRING why not: a gate, not_best_candidate, low_quality, not_measured; null when accepted
        round INT self-alignment round
        policy STRING name of the curation policy
        recipe_id STRING which fingerprints were current; see recipes
        run_id STRING the run that wrote the row
        """
    ),
    partitioned_by=("round", "policy"),
    statistics=("instruction_id", "segment_id", "quality", "grade"),
)

CURATED = Table(
    "curated",
    "The accepted pairs, and only those.",
    _columns(
        """
        instruction_id STRING the instruction of the pair
        segment_id STRING the response of the pair
        instruction STRING what is asked
        response STRING the passage, byte for byte as in segments
        quality DOUBLE 0 to 1, see judgements
        grade INT 5 or 4
        origin STRING generated or extracted
        language STRING language of the response
        url STRING page of the earliest occurrence
        document_id STRING document of the earliest occurrence
        heading_path ARRAY<STRING> headings above the earliest occurrence
        first_snapshot STRING snapshot of the earliest occurrence
        declared_licence STRING licence claim of that page
        round INT self-alignment round
        policy STRING name of the curation policy
        recipe_id STRING which fingerprints were current; see recipes
        judgements_version BIGINT version of judgements these rows were taken from
        """
    ),
    partitioned_by=("round", "policy"),
    statistics=("instruction_id", "segment_id", "quality", "grade", "language", "first_snapshot"),
)

_RECIPE = _columns(
    """
    recipe_id STRING hash of all stage fingerprints
    stage STRING name of the stage
    fingerprint STRING its fingerprint
    parts STRING JSON of what went into the fingerprint
    created_at TIMESTAMP when the recipe was first used
    """
)
RECIPES = Table("recipes", "Which fingerprint of each stage belonged together in a run.", _RECIPE)

RUNS = Table(
    "runs",
    "The ledger: one unit of work. Rebuilt from the tables' own commits when a crash lost a row; the tables are the truth.",
    _columns(
        """
        run_id STRING one start of a job
        stage STRING name of the stage
        unit INT number of the unit within run and stage
        snapshot STRING snapshot the run was given
        fingerprint STRING fingerprint of the stage
        target STRING table that was written
        target_version BIGINT version of the table that the unit made
        num_requests BIGINT requests in the unit
        num_rows BIGINT rows written
        num_kept BIGINT rows kept
        filtered MAP<STRING,BIGINT> rows filtered by reason
        quarantined MAP<STRING,BIGINT> rows quarantined by reason
        prompt_tokens BIGINT tokens the model read
        output_tokens BIGINT tokens the model wrote
        seconds DOUBLE wall time of the unit; null when the row was rebuilt after a crash
        finished_at TIMESTAMP time of the commit
        versions STRING JSON: versions of bubblenet, pyspark, delta, torch, transformers
        """
    ),
)

TABLES = (FILES, DOCUMENTS, SEGMENTS, DUPLICATES, INSTRUCTIONS, PASSAGE_SCORES, SCORES, JUDGEMENTS, CURATED, RECIPES, RUNS)

"""All settings: the sections about the corpus and about Spark, and the class that holds every section.

What a key means stands here, in the descriptions; conf/local.toml and docs/settings.md are made of them (bubblenet.settings.reference).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from bubblenet.corpus.address_lists import AddressSettings
from bubblenet.corpus.privacy.masking import MaskSettings
from bubblenet.corpus.quality import RuleSettings
from bubblenet.corpus.rights.agents import DEFAULT_AGENTS
from bubblenet.corpus.rights.signal import Use
from bubblenet.section import Section, Share
from bubblenet.settings.models import Engine, Models
from bubblenet.settings.pairs import Backtranslation, Curation, Paraphrasing, Scoring, Translation
from bubblenet.settings.selection import Selection
from bubblenet.settings.steps import Steps
from bubblenet.settings.training import Assessment, Export, Rounds, Seeds, Training


class Corpus(Section):
    """What is read."""

    max_document_bytes: int = Field(16 * 1024 * 1024, ge=1024, description="a larger page is quarantined as `too_large`")
    split_bytes: int = Field(
        128 * 1024 * 1024, ge=1024, description="a larger WARC, JSONL or Parquet file is read in parts; another value reads all files again"
    )
    refuse_digest_mismatch: bool = Field(
        True, description="quarantine a page of an archive that is not what its digest was made from; false: it is kept, not verified"
    )
    languages: tuple[str, ...] = Field((), strict=False, description="ISO 639-1 codes to keep; empty: all")


class Rights(Section):
    """What is done about the wishes of pages and sites (docs/rights.md). The policy redoes no stage: pages are left out, or come back."""

    policy: Literal["respect", "record", "licensed_only"] = Field(
        "respect",
        description="respect: what opts out reaches no model; licensed_only: nor what has none of the licences; record: only read",
    )
    agents: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")], ...] = Field(
        DEFAULT_AGENTS,
        strict=False,
        description="product tokens (RFC 9309, section 2.2.1): a page that one of them may not fetch opts out; "
        "another list reads all rights again",
    )
    signals: tuple[Use, ...] = Field(
        ("noai", "train-ai", "train-genai", "ai-train", "tdm-reservation", "disallow"),
        strict=False,
        description="the signals that opt out where they say no; also: noindex, noimageai, search, ai-use, ai-input",
    )
    licences: tuple[Annotated[str, Field(pattern=r"^[a-z0-9.-]+$")], ...] = Field(
        ("cc0", "pdm", "cc-by", "cc-by-sa"), strict=False, description="short names, with or without a version, of what licensed_only keeps"
    )


class Segmentation(RuleSettings):
    """How a page is cut, and when a passage is kept. A rule of docs/corpus.md is switched off by its reason in disabled_rules."""


class Privacy(MaskSettings):
    """Personal data and secrets in pages: what of them is replaced by placeholders before anything else sees it (docs/rights.md)."""


class Safety(AddressSettings):
    """Pages that are left out by their address, before they are cut (docs/safety.md). Files with one entry a line; `#` begins a note."""


class Deduplication(Section):
    """When two passages count as one; the older one stands for both. Equal ones always do, near ones by MinHash."""

    near: bool = Field(True, description="false: only passages that read the same after folding case, space and punctuation")
    min_similarity: Share = Field(
        0.7,
        description="estimated Jaccard similarity of n-grams from which two passages count as one; ours, one half of pairs at 0.69 meet",
    )
    ngram: int = Field(
        5, ge=1, le=100, description="words in an n-gram; characters in scripts without spaces; FineWeb (arXiv:2406.17557), section 3.4"
    )
    bands: int = Field(
        14,
        ge=1,
        le=256,
        description="FineWeb, section 3.4: a pair is compared when one band agrees: P = 1 - (1 - J^rows)^bands, one half at J = 0.69",
    )
    rows: int = Field(8, ge=1, le=64, description="permutations in a band; FineWeb, section 3.4")
    seed: int = Field(1, ge=0, description="of the permutations")
    max_band_rows: int = Field(
        200, ge=2, description="passages under one band key that are compared pairwise; above, with one of them; ours"
    )


class Decontamination(Section):
    """Which evaluation items must not reach the training data."""

    evaluations: tuple[str, ...] = Field(
        (), strict=False, description='"FILE:FIELD" each, JSONL or Parquet: ["evals/gsm8k.jsonl:question"]'
    )
    min_share: Share = Field(
        0.7,
        description="of an item's 8-grams; PaLM (arXiv:2204.02311), section 8; "
        "one common 13-gram always counts: GPT-3 (arXiv:2005.14165), appendix C",
    )


class Budget(Section):
    """What the model stages of one run may spend together; 0: no limit. Checked between units. Killed, a run goes on in the next one."""

    rows: int = Field(0, ge=0, description="requests")
    tokens: int = Field(0, ge=0, description="prompt and output tokens together")
    seconds: float = Field(0.0, ge=0.0, description="wall time of the run")


class Tables(Section):
    """Where the tables live: in the warehouse folder, or in a schema of a catalog."""

    catalog: str = Field("", description="Spark catalog; empty: the session's own")
    schema_name: str = Field("", alias="schema", description="schema of the tables; empty: path tables in the warehouse folder")


class Execution(Section):
    """How work is cut."""

    unit_rows: int = Field(4096, ge=1, description="requests in one unit of a model stage: one commit, the most a failure can lose")
    cpu_unit_rows: int = Field(100_000, ge=1, description="the same for stages without a model")
    model_tasks: int = Field(0, ge=0, description="concurrent tasks of a model stage; 0: the cores of the cluster; 1 with a local GPU")
    spark_conf: str = Field("local", description="name of a file in conf/spark, or the path of one, used by the bubblenet command")


class Settings(Section):
    """All settings of a run."""

    models: Models = Models()
    engine: Engine = Engine()
    corpus: Corpus = Corpus()
    rights: Rights = Rights()
    privacy: Privacy = Privacy()
    safety: Safety = Safety()
    segmentation: Segmentation = Segmentation()
    deduplication: Deduplication = Deduplication()
    decontamination: Decontamination = Decontamination()
    backtranslation: Backtranslation = Backtranslation()
    translation: Translation = Translation()
    paraphrasing: Paraphrasing = Paraphrasing()
    scoring: Scoring = Scoring()
    curation: Curation = Curation()
    selection: Selection = Selection()
    seeds: Seeds = Seeds()
    export: Export = Export()
    training: Training = Training()
    assessment: Assessment = Assessment()
    rounds: Rounds = Rounds()
    steps: Steps = Steps()
    budget: Budget = Budget()
    tables: Tables = Tables()
    execution: Execution = Execution()

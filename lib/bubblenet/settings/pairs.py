"""The sections of the settings about pairs: how instructions are proposed, translated, measured and judged."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from bubblenet.errors import nearest
from bubblenet.judging.modes import MODES, RANKING
from bubblenet.prompts.backtranslation import set_names
from bubblenet.prompts.reverse_gain import REVERSE_GAINS
from bubblenet.section import Section, Share

Grades = Annotated[tuple[Share, Share], Field(strict=False)]
"""Qualities from which a pair is graded 5, and 4."""


class Backtranslation(Section):
    """How instructions are proposed."""

    prompt: str = Field(
        "varied_v1",
        description=f"name of a set of templates, a TOML file in lib/bubblenet/prompts: {', '.join(set_names())} (docs/prompts.md)",
    )
    command_share: Share = Field(0.3, description="commands, of all instructions; what no style has a share of is questions")
    search_query_share: Share = Field(0.15, description="search queries, of all instructions")
    long_share: Share = Field(0.15, description="instructions that say more than they must, where there are such")
    multi_step_share: Share = Field(0.2, description="instructions that ask for steps, of those for passages that have steps")
    constrained_share: Share = Field(0.15, description="questions and commands that ask for a form of answer which the passage has")
    instruction_language: str = Field("", pattern=r"^([a-z]{2,3})?$", description="ISO 639-1 code; empty: that of the passage")
    candidates: int = Field(4, ge=1, le=64, description="sampled instructions a passage")
    temperature: float = Field(0.5, gt=0.0, le=5.0, description="sampling temperature of the backward model")
    top_p: float = Field(0.9, gt=0.0, le=1.0, description="share of probability that sampling draws from")
    max_new_tokens: int = Field(
        48, ge=4, le=1024, description="length of one instruction; a longer one is cut and rejected as `unfinished`"
    )
    max_passage_tokens: int = Field(1024, ge=64, description="the model sees this many tokens of a passage; the pair keeps all")

    @model_validator(mode="after")
    def _shares_leave_room(self) -> Backtranslation:
        for first, second in (("command_share", "search_query_share"), ("multi_step_share", "constrained_share")):
            if getattr(self, first) + getattr(self, second) > 1:
                raise ValueError(f"{first} and {second} are together more than 1")
        return self


class Translation(Section):
    """Who translates instructions, and how far that is trusted (docs/languages.md)."""

    translator: Literal["apertium", "transformers", "scripted"] = Field(
        "apertium",
        description="apertium: from Debian; transformers: Marian, NLLB, M2M or MADLAD from a folder; scripted is for tests",
    )
    model: str = Field("", description="of transformers: a folder, or one for each direction: /models/opus-mt-{source}-{target}")
    languages: tuple[str, ...] = Field(
        (),
        strict=False,
        description='passages in these, for example ["gl", "ca"], are shown to the backward model in translation, its answer is translated',
    )
    backward_language: str = Field(
        "en", pattern=r"^[a-z]{2,3}$", description="into which they are translated: one that the backward model writes well"
    )
    cross_lingual: bool = Field(
        False, description="keep what it asked in that language, too: pairs in two languages (export.cross_lingual)"
    )
    calibration: str = Field(
        "default", description="file of a fit; default: the one that ships for the translator, if any; none: nothing passes without review"
    )
    min_meaning: float = Field(-1.0, ge=-1.0, le=1.0, description="floor of the probability of the same meaning; -1: as calibrated")


class Paraphrasing(Section):
    """Instructions through other languages and back. Where no chain of translations is installed for a language, it gets none."""

    pivots: tuple[str, ...] = Field(
        (), strict=False, description='for example ["es", "ca", "es-fr-es"]: en-es-en, en-ca-en, en-es-fr-es-en; empty: no paraphrases'
    )
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
        ("text", "reverse_gain", "likelihood", "contrast", "five_level_v1"),
        strict=False,
        description=f"what is measured of a pair: some of {', '.join(MODES)} (docs/judging.md)",
    )
    reverse_gain_prompt: str = Field(
        "answers_v1",
        description=f"name of the request under which reverse gain is measured, one for all candidates: {', '.join(REVERSE_GAINS)}",
    )
    reader: str = Field("default", description="of mode match_v1: the one that ships, or a folder of bubblenet train-reader")
    neighbours: int = Field(2, ge=0, le=8, description="passages on each side that mode contrast compares with")
    max_passage_tokens: int = Field(1024, ge=64, description="as in backtranslation")
    rationale_tokens: int = Field(192, ge=16, le=4096, description="length of a written rationale with its score, mode rationale_v1")
    cycle_tokens: int = Field(48, ge=4, le=1024, description="length of an instruction that mode cycle writes")

    @field_validator("modes")
    @classmethod
    def _modes_exist(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in MODES:
                raise ValueError(f"no mode is called {name}; the nearest is {nearest(name, MODES)}; all: {', '.join(MODES)}")
        if RANKING.name not in names:
            raise ValueError(f"{RANKING.name} must be among the modes: it chooses the best candidate of a passage")
        if missing := sorted({MODES[name].compares for name in names} - {*names, ""}):
            comparing = next(name for name in names if MODES[name].compares == missing[0])
            raise ValueError(f"{missing[0]} must be among the modes: {comparing} compares it by two models")
        return tuple(dict.fromkeys(names))


class Curation(Section):
    """How signals become a quality and a verdict (docs/curation.md). A change here redoes curate alone, without a model call."""

    policy: str = Field("default", pattern=r"^[A-Za-z0-9_-]+$", description="name under which verdicts are kept")
    round: int = Field(0, ge=0, description="number of the self-alignment round")
    calibration: str = Field(
        "default", description="file of bubblenet calibrate; default: the one that ships for the judge, if any; none: the weights below"
    )
    intercept: float = Field(-2.0, description="of pairs whose question stood on the page")
    intercept_generated: float = Field(
        -3.0, description="of generated ones: the best of k is chosen for its reverse gain, so the gain flatters it"
    )
    weight_reverse_gain: float = Field(1.1, description="per nat and token of the instruction")
    weight_forward_gain: float = Field(7.3, description="per nat and token of the response")
    weight_form_fault: float = Field(
        -3.0, description="per fault of form: it talks about the text, is a title, or would fit any text (docs/judging.md)"
    )
    weight_expected_score: float = Field(0.0, description="per point above 3; with a 135M judge the rating carries nothing")
    grade_5: float = Field(
        -1.0, ge=-1.0, le=1.0, description="quality from which a pair is graded 5; -1: as calibrated, 0.75 without a calibration"
    )
    grade_4: float = Field(
        -1.0,
        ge=-1.0,
        le=1.0,
        description="quality from which a pair is graded 4, below it is rejected; -1: as calibrated, 0.5 without a calibration",
    )
    language_grades: dict[str, Grades] = Field({}, description="the same two for passages in a language, as {ca = [0.7, 0.4]}")
    domain_share: float = Field(
        0.001, ge=0.0, le=1.0, description="of all accepted pairs that one registered domain may have, against poisoning; 1: no cap"
    )
    domain_rows: int = Field(1000, ge=1, description="pairs that a domain may have in any case")
    leave_out_stale: bool = Field(
        False, description="publish without the pairs of snapshots that were not brought up to the recipe; false: stop, and name them"
    )

    @field_validator("language_grades")
    @classmethod
    def _grades_are_in_order(cls, grades: dict[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
        for language, (five, four) in grades.items():
            if not re.fullmatch(r"[a-z]{2,3}", language) or five < four:
                raise ValueError(f"wanted an ISO 639-1 code, and grade 5 above grade 4; got {language} = {[five, four]}")
        return grades

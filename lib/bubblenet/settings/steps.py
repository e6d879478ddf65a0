"""The sections of the settings about the steps of `bubblenet iterate`, where each is an application of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field, ValidationError

from bubblenet.errors import SettingsError
from bubblenet.section import Section
from bubblenet.settings.models import Engine

if TYPE_CHECKING:
    from bubblenet.settings.sections import Settings

Value = str | bool | int | float


class Step(Section):
    """Where a step of the loop runs, if otherwise than the others."""

    spark_conf: str = Field("", description="name of a file in conf/spark, or the path of one; empty: as execution.spark_conf")
    engine: dict[str, Value | dict[str, Value]] = Field({}, description='keys of [engine] for this step alone, as {kind = "server"}')


class Steps(Section):
    """The steps of `bubblenet iterate` (docs/rounds.md). With any key here each step is an application of its own."""

    corpus: Step = Field(Step(), description="From pages to passages: ingest, rights, segment, deduplicate.")
    backtranslate: Step = Field(Step(), description="Instructions by the backward model.")
    score: Step = Field(Step(), description="The judge's signals, and its calibration.")
    paraphrase: Step = Field(Step(), description="Paraphrases, and their signals.")
    curate: Step = Field(Step(), description="Verdicts.")
    export: Step = Field(Step(), description="Training examples.")
    finetune: Step = Field(Step(), description="Training, for example with train.conf.")
    assess: Step = Field(Step(), description="Models on held-out seeds, and the decision.")

    @property
    def are_applications(self) -> bool:
        """Whether each step is an application of its own."""
        return self != Steps()


def engine_of_step(settings: Settings, name: str) -> Engine:
    """Section engine as a step has it. Raises SettingsError for a key or value that the section cannot have."""
    own = getattr(settings.steps, name).engine
    keys = settings.engine.model_dump()
    for key, value in own.items():
        keys[key] = keys.get(key, {}) | value if isinstance(value, dict) else value
    try:
        return Engine.model_validate(keys)
    except ValidationError as error:
        problem = error.errors()[0]
        key = ".".join(map(str, problem["loc"]))
        todo = "docs/settings.md lists the keys of section engine."
        raise SettingsError(f"`steps.{name}.engine.{key}`: {problem['msg'].lower()}", f"{problem['input']!r}", todo) from None

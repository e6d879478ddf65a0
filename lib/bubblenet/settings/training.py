"""The sections of the settings about training: seeds, what is exported, how a model is fine-tuned and assessed."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from bubblenet.section import Section, Share

ExportFormat = Literal["parquet", "jsonl"]
"""Names of what `bubblenet.export.formats` declares."""


class Seeds(Section):
    """Which seeds are trained on (docs/seeds.md)."""

    held_out_share: Share = Field(0.2, description="of the seeds, by hash of the instruction; they are for assessing alone")


class Export(Section):
    """What fine-tuning is given (docs/export.md)."""

    direction: Literal["forward", "backward"] = Field("forward", description="backward: the response is asked for its instruction")
    format: ExportFormat = Field(
        "parquet", description="of the files; bubblenet finetune reads parquet, docs/export.md says who reads the others"
    )
    shards: int = Field(2, ge=1, description="files of equal numbers of examples; a multiple of the processes that will train")
    min_grade: Literal[4, 5] = Field(5, description="of curated pairs; a selection has its own")
    cross_lingual: Literal["include", "exclude", "only"] = Field(
        "include", description="curated pairs whose instruction is in another language than the response"
    )
    curated_version: int = Field(-1, ge=-1, description="version of table curated; -1: the newest")
    selection: str = Field(
        "",
        pattern=r"^[a-z_]*[0-9]*$",
        description="of curated pairs: main, or a control of it; none: all of min_grade; empty: main where `bubblenet select` has made it",
    )
    seed_weight: float = Field(1.0, ge=0.0, le=100.0, description="how often each seed is there; a fraction takes that share of them")
    curated_weight: float = Field(1.0, ge=0.0, le=100.0, description="how often each curated pair is there")
    validation_share: Share = Field(0.05, description="of the curated pairs, by cluster of near copies, for the loss that is watched")
    tags: bool = Field(True, description="system prompts that say whether an answer is a seed's or from the web")
    shuffle_seed: int = Field(0, ge=0, description="of the order of examples")


class Training(Section):
    """How the starting model is fine-tuned (docs/finetuning.md). What can change the model makes another model."""

    method: Literal["lora", "full"] = Field(
        "lora", description="lora: matrices of low rank beside the weights, merged into them at the end; full: all weights"
    )
    learning_rate: float = Field(2e-4, gt=0.0, description="of lora; full: a tenth or less")
    schedule: Literal["linear", "cosine", "constant"] = Field("linear", description="of the learning rate, to 0 at the end")
    warmup_share: Share = Field(0.03, description="of the steps, in which the learning rate rises")
    weight_decay: float = Field(0.0, ge=0.0, description="of AdamW")
    epochs: float = Field(3.0, gt=0.0, description="how often each example is read")
    tokens: int = Field(0, ge=0, description="train on this many at most, prompts included; 0: as many as the epochs have")
    batch_examples: int = Field(16, ge=1, description="examples (packed: sequences) a step, of all processes together")
    max_tokens: int = Field(1024, ge=32, description="of one example; one with a longer prompt is left out")
    long_completions: Literal["cut", "leave_out"] = Field(
        "cut", description="of examples beyond max_tokens: cut, without the token that ends an answer, or left out with their examples"
    )
    packing: bool = Field(False, description="several examples in one sequence of max_tokens, without sight of each other")
    lora_rank: int = Field(16, ge=1, description="of the two matrices beside each layer")
    lora_alpha: int = Field(32, ge=1, description="their product counts alpha / rank times")
    lora_dropout: float = Field(0.0, ge=0.0, lt=1.0, description="of what they read")
    dtype: Literal["auto", "bfloat16", "float32"] = Field("auto", description="computed in; auto: bfloat16 where the device does so")
    seed: int = Field(0, ge=0, description="of the order of examples and of what lora begins with")
    processes: int = Field(1, ge=1, description="one each GPU or share of the cores; each has a copy of the model, or with fsdp a part")
    device_examples: int = Field(
        2, ge=1, description="most examples that one process reads at once; this and what follows changes no model"
    )
    gradient_checkpointing: bool = Field(False, description="less memory, a third more time")
    fsdp: bool = Field(False, description="spread weights, gradients and optimizer over the processes; GPUs only")
    checkpoint_steps: int = Field(50, ge=1, description="steps between checkpoints: the most that a kill can lose")
    validation_examples: int = Field(200, ge=0, description="most examples that the loss is watched with, before and after")
    folder: str = Field("", description="of checkpoints and weights, on a file system that all machines share; empty: in the warehouse")


class Assessment(Section):
    """How models are compared on held-out seeds (docs/rounds.md)."""

    direction: Literal["forward", "backward"] = Field(
        "forward", description="backward: the response is shown and the instruction asked for"
    )
    items: int = Field(0, ge=0, description="held-out seeds that are asked, the same ones every time; 0: all")
    max_new_tokens: int = Field(256, ge=1, le=8192, description="length of one answer")
    constrained_items: int = Field(100, ge=0, description="held-out seeds asked once more, under a constraint that code checks; 0: none")
    judge: str = Field("", description="model that compares the answers of two models, for win rates; empty: none does")
    confidence: float = Field(0.95, gt=0.0, lt=1.0, description="of the intervals")


class Rounds(Section):
    """When a round is promoted, so that the next one builds on it (docs/rounds.md)."""

    min_agreement: float = Field(0.3, ge=-1.0, le=1.0, description="Kendall's tau between the qualities of a round and of the last one")
    max_length_ratio: float = Field(1.5, ge=1.0, description="of the answers' length to that of the parent's, or the reverse")
    labels: str = Field("", description="JSON lines of labelled pairs (docs/labels.md): each judge is calibrated on them; empty: none is")
    precision_5: Share = Field(0.8, description="of grade 5 by those calibrations: what the share of good pairs is surely (95 %) above")
    precision: Share = Field(0.7, description="the same of grade 4 and better")

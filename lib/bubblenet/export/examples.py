"""Training examples from seeds and curated pairs at pinned table versions: weighted mixture, split by cluster, in a trainer's format.

An example is a prompt and a completion, each a list of messages (TRL's conversational prompt-completion format). Forward, the prompt is the
instruction, under a tag that names the source of the answer; backward, it is the response under the request of the backward model, and
the completion is the instruction. Tags: Li et al. 2023 (arXiv:2308.06259), section 2.3.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from bubblenet.errors import WarehouseError
from bubblenet.kernel.checkpointing import checkpoint_under
from bubblenet.kernel.keys import content_id
from bubblenet.method.components import connected_components
from bubblenet.method.seeds import seeds_at
from bubblenet.method.selection import Selected
from bubblenet.prompts.backtranslation import read_set, request_of
from bubblenet.tables import CURATED, DUPLICATES, RECIPES, SEEDS

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from bubblenet.kernel.context import Context
    from bubblenet.settings import Export

EXAMPLES_VERSION = 2

SEED_TAG = "Answer in the style of an AI Assistant."
WEB_TAG = "Answer with knowledge from web search."
REVERSED_PROMPT = "reversed_v2"
"""Prompt set whose request a backward model is trained with, and prompted with afterwards."""

_HASH_DIGITS = 13  # 52 bits: exact as a double
_INFORMATION = ("source", "kind", "language", "instruction_language", "origin", "grade", "quality", "url", "licence")


@dataclass(frozen=True, slots=True)
class Pinned:
    """Versions of the tables that examples are made from, and the selection; None: all curated pairs of the grade."""

    curated: int
    seeds: int
    duplicates: int
    recipes: int
    selection: Selected | None = None

    @classmethod
    def now(cls, context: Context) -> Pinned:
        """The newest versions, except that the settings may pin `curated`.

        Raises WarehouseError if that version does not exist, InputError if a wanted selection does not.
        """
        newest = {table.name: context.warehouse.version(table) for table in (CURATED, SEEDS, DUPLICATES, RECIPES)}
        wanted = context.settings.export.curated_version
        if wanted > newest["curated"]:
            got = f"version {wanted}; the newest is {newest['curated']}"
            raise WarehouseError("a version of curated that exists", got, "Mend export.curated_version.")
        curated = wanted if wanted >= 0 else newest["curated"]
        selection = Selected.for_export(replace(context, pins={**context.pins, CURATED.name: curated}))
        return cls(**(newest | {"curated": curated}), selection=selection)

    @property
    def versions(self) -> dict[str, int]:
        """Table name -> version."""
        return {"curated": self.curated, "seeds": self.seeds, "duplicates": self.duplicates, "recipes": self.recipes}


def examples(context: Context, pinned: Pinned, scratch: str) -> DataFrame:
    """example_id, split, position, prompt, completion and provenance; a pair of weight 2 occurs twice.

    scratch: a folder for intermediate results of the clustering.
    """
    export = context.settings.export
    pairs = _seeds(context, pinned).unionByName(_curated(context, pinned, scratch))
    repeated = pairs.withColumn("copy", F.explode(F.sequence(F.lit(0), _copies(export)))).where("copy > 0")
    example_id = content_id("pair_id", F.col("copy").cast("string"), F.lit(export.direction))
    asked = _backward(repeated) if export.direction == "backward" else _forward(repeated, export)
    return (
        asked.withColumn("example_id", example_id)
        .withColumn("position", _fraction("example_id", F.lit(f"order {export.shuffle_seed}")))
        .select("example_id", "pair_id", "split", "position", "prompt", "completion", *_INFORMATION)
    )


def made_from(context: Context, pinned: Pinned) -> dict[str, Any]:
    """Everything that determines the export: equal for equal exports."""
    settings = context.settings
    chosen = settings.export.model_dump(mode="json", exclude={"curated_version", "selection"})
    chosen |= {"held_out_share": settings.seeds.held_out_share, "round": settings.curation.round, "policy": settings.curation.policy}
    versions = {"curated": pinned.curated, "seeds": pinned.seeds, "duplicates": pinned.duplicates}
    selection = {"selection": asdict(pinned.selection)} if pinned.selection else {}
    return {"code": EXAMPLES_VERSION, "settings": chosen, "versions": versions} | selection


def _seeds(context: Context, pinned: Pinned) -> DataFrame:
    """The training seeds: all that are not held out."""
    seeds = seeds_at(context, pinned.seeds).where("split = 'train'")
    return seeds.select(
        F.col("seed_id").alias("pair_id"), "instruction", "response", F.lit("train").alias("split"), F.lit("seed").alias("source"), "kind",
        "language", F.col("language").alias("instruction_language"), "origin", F.lit(None).cast("int").alias("grade"),
        F.lit(None).cast("double").alias("quality"),
        F.lit(None).cast("string").alias("url"), "licence",
    )  # fmt: skip


def _curated(context: Context, pinned: Pinned, scratch: str) -> DataFrame:
    """The accepted pairs of the round and policy; near-duplicates are on the same side of the split."""
    settings = context.settings
    of_round = CURATED.of_round(settings.curation.round, settings.curation.policy)
    rows = context.warehouse.read(CURATED, pinned.curated).where(of_round).where(_of_languages(settings.export))
    if pinned.selection:
        rows = rows.join(pinned.selection.ids(context), on="instruction_id", how="left_semi")
    else:
        rows = rows.where(F.col("grade") >= settings.export.min_grade)
    clustered = rows.join(_clusters(context, pinned, rows, scratch), on="segment_id", how="left")
    cluster = F.coalesce("cluster_id", "segment_id")
    is_held_out = _fraction(cluster, F.lit("split")) < settings.export.validation_share
    return clustered.select(
        F.col("instruction_id").alias("pair_id"), "instruction", "response",
        F.when(is_held_out, "validation").otherwise("train").alias("split"), F.lit("curated").alias("source"),
        F.lit(None).cast("string").alias("kind"),
        "language", "instruction_language", "origin", "grade", "quality", "url", F.col("declared_licence").alias("licence"),
    )  # fmt: skip


def _of_languages(export: Export) -> Column:
    """Condition that selects pairs by whether instruction and response have the same language."""
    is_cross_lingual = F.coalesce(F.col("instruction_language") != F.col("language"), F.lit(False))
    return {"include": F.lit(True), "exclude": ~is_cross_lingual, "only": is_cross_lingual}[export.cross_lingual]


def _clusters(context: Context, pinned: Pinned, rows: DataFrame, scratch: str) -> DataFrame:
    """segment_id, cluster_id of passages with a near-duplicate; clusters joined by bridges count as one."""
    recipes = context.warehouse.read(RECIPES, pinned.recipes).where("stage = 'deduplicate'")
    used = recipes.join(rows.select("recipe_id").distinct(), on="recipe_id", how="left_semi").select("fingerprint").distinct()
    near = context.warehouse.read(DUPLICATES, pinned.duplicates).join(used, on="fingerprint", how="left_semi")
    to_head = near.where("segment_id != representative_id").select(F.col("segment_id").alias("u"), F.col("representative_id").alias("v"))
    bridges = near.select(F.col("representative_id").alias("u"), F.explode("bridged_ids").alias("v"))
    joined = connected_components(to_head.unionByName(bridges), checkpoint_under(scratch))
    return joined.select(F.col("node").alias("segment_id"), F.col("smallest").alias("cluster_id"))


def _copies(export: Export) -> Column:
    """Number of copies of a pair: its weight, rounded by a hash; in the validation split at most one."""
    weight = F.when(F.col("source") == "seed", F.lit(export.seed_weight)).otherwise(F.lit(export.curated_weight))
    weight = F.when(F.col("split") == "validation", F.least(F.lit(1.0), F.ceil(weight))).otherwise(weight)
    return (F.floor(weight) + F.when(_fraction("pair_id", F.lit("weight")) < weight - F.floor(weight), 1).otherwise(0)).cast("int")


def _fraction(*columns: str | Column) -> Column:
    """A number in [0, 1), by hash."""
    digits = F.substring(content_id(*columns), 1, _HASH_DIGITS)
    return F.conv(digits, 16, 10).cast("double") / F.lit(float(16**_HASH_DIGITS))


def _forward(pairs: DataFrame, export: Export) -> DataFrame:
    tag = F.when(F.col("source") == "seed", F.lit(SEED_TAG)).otherwise(F.lit(WEB_TAG))
    turns = ([_message("system", tag)] if export.tags else []) + [_message("user", F.col("instruction"))]
    return pairs.withColumn("prompt", F.array(*turns)).withColumn("completion", F.array(_message("assistant", F.col("response"))))


def _backward(pairs: DataFrame) -> DataFrame:
    asked = F.concat(F.col("response"), F.lit("\n\n"), F.lit(reversed_request()))
    completion = F.array(_message("assistant", F.col("instruction")))
    return pairs.withColumn("prompt", F.array(_message("user", asked))).withColumn("completion", completion)


def reversed_request() -> str:
    """The sentence after the response, the same for every language: the pairs teach the language of the instruction."""
    prompts = read_set(REVERSED_PROMPT)
    return request_of(prompts.templates[0], prompts, "prose", "")


def _message(role: str, content: Column) -> Column:
    return F.struct(F.lit(role).alias("role"), content.alias("content"))

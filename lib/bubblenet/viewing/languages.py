"""Translated instructions: yield by language and by chain, and sample paraphrases."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from rich.table import Column, Table

from bubblenet.tables import JUDGEMENTS
from bubblenet.terminal import by_count, elide, print_table, print_text
from bubblenet.viewing.charts import Bar, bars

if TYPE_CHECKING:
    from pyspark.sql import Row, SparkSession
    from rich.console import Console

    from bubblenet.method.recipe import Recipe

KEPT = "kept"
_STAGES = ("backtranslate/translated", "paraphrase")
_MOST_LANGUAGES = 40
_NUM_PARAPHRASES = 5
_TEXT_CHARACTERS = 160

_CHAINS = "SELECT * FROM translation_yield WHERE fingerprint IN ({first}, {second})"
# Spread over the chains; within each, the most different ones first.
_PARAPHRASES = f"""
SELECT * FROM (
  SELECT made.chain, made.meaning, made.difference, made.instruction AS paraphrase, parent.instruction,
    row_number() OVER (PARTITION BY made.chain ORDER BY made.difference DESC, made.instruction_id) AS rank
  FROM instructions AS made
  JOIN (SELECT instruction_id, first(instruction) AS instruction FROM instructions GROUP BY instruction_id) AS parent
    ON parent.instruction_id = made.parent_id
  WHERE made.kept AND made.origin = 'paraphrase' AND made.fingerprint = {{fingerprint}}
) ORDER BY rank, chain LIMIT {_NUM_PARAPHRASES}
"""


@dataclass(frozen=True, slots=True)
class LanguageLine:
    """Progress of the passages of one language through the pipeline."""

    language: str
    num_passages: int
    num_asked: int
    num_with_instruction: int
    num_judged: int
    num_curated: int
    mean_quality: float | None


@dataclass(frozen=True, slots=True)
class ChainLine:
    """Outcomes of the texts translated along one chain. reasons: of those rejected; coverage: mean over those that have it."""

    chain: str
    num_tried: int
    num_kept: int
    reasons: dict[str, int]
    coverage: float | None


@dataclass(frozen=True, slots=True)
class ParaphrasePair:
    """An instruction and its paraphrase."""

    chain: str
    instruction: str
    paraphrase: str
    meaning: float
    difference: float


@dataclass(frozen=True, slots=True)
class Languages:
    """All data of this section."""

    languages: tuple[LanguageLine, ...]
    chains: tuple[ChainLine, ...]
    paraphrases: tuple[ParaphrasePair, ...]
    curated: tuple[Bar, ...]
    kept: tuple[Bar, ...]


def collect_languages(spark: SparkSession, recipe: dict[str, str], round_: int, policy: str) -> Languages | None:
    """Data for a recipe (stage -> fingerprint); None if it translates nothing. Requires registered views."""
    if not any(stage in recipe for stage in _STAGES):
        return None
    first, second = (recipe.get(stage, "") for stage in _STAGES)
    yields = spark.table("language_yield").where(JUDGEMENTS.of_round(round_, policy))
    rows = yields.orderBy(F.col("num_passages").desc(), "language").limit(_MOST_LANGUAGES).collect()
    languages = tuple(LanguageLine(**{name: row[name] for name in LanguageLine.__slots__}) for row in rows)
    chains = _chains(spark.sql(_CHAINS, first=first, second=second).collect())
    pairs = spark.sql(_PARAPHRASES, fingerprint=second).collect()
    return Languages(
        languages,
        chains,
        tuple(ParaphrasePair(**{name: row[name] for name in ParaphrasePair.__slots__}) for row in pairs),
        curated=bars([(line.language, line.num_curated, f"of {line.num_asked:,} passages asked about") for line in languages]),
        kept=bars([(line.chain, line.num_kept, f"of {line.num_tried:,} tried") for line in chains]),
    )


def _chains(rows: list[Row]) -> tuple[ChainLine, ...]:
    reasons: defaultdict[str, Counter[str]] = defaultdict(Counter)
    covered: defaultdict[str, float] = defaultdict(float)
    for row in rows:
        reasons[row["chain"]][row["reason"]] += row["num_instructions"]
        covered[row["chain"]] += (row["mean_coverage"] or 0.0) * row["num_instructions"]
    return tuple(
        ChainLine(
            chain,
            counts.total(),
            counts[KEPT],
            {reason: number for reason, number in counts.items() if reason != KEPT},
            covered[chain] / counts.total() if covered[chain] else None,
        )
        for chain, counts in sorted(reasons.items())
    )


def print_languages(console: Console, found: Languages) -> None:
    """Print both tables and some paraphrases."""
    console.print()
    print_table(console, _language_table(found.languages))
    print_table(console, _chain_table(found.chains))
    if found.paraphrases:
        console.print("[bold]Paraphrases to read[/bold] (SELECT * FROM instructions WHERE origin = 'paraphrase' AND kept)")
    for pair in found.paraphrases:
        print_text(console, elide(pair.instruction, _TEXT_CHARACTERS), 4)
        print_text(console, f"[green]{elide(pair.paraphrase, _TEXT_CHARACTERS)}[/green]", 4)
        print_text(console, f"[dim]{pair.chain}, meaning {pair.meaning:.2f}, difference {pair.difference:.2f}[/dim]", 8)


def _language_table(lines: tuple[LanguageLine, ...]) -> Table:
    names = ("passages", "asked about", "with instruction", "judged", "curated pairs", "mean quality")
    table = Table("language", *(Column(name, justify="right") for name in names), title="Languages", title_justify="left")
    for line in lines:
        counts = (line.num_passages, line.num_asked, line.num_with_instruction, line.num_judged, line.num_curated)
        quality = "-" if line.mean_quality is None else f"{line.mean_quality:.2f}"
        table.add_row(line.language, *(f"{count:,}" for count in counts), quality)
    return table


def _chain_table(lines: tuple[ChainLine, ...]) -> Table:
    numbers = [Column(name, justify="right") for name in ("tried", "kept", "words known")]
    table = Table("chain", *numbers, "left out, for which reason", title="Through other languages", title_justify="left")
    for line in lines:
        known = "-" if line.coverage is None else f"{line.coverage:.0%}"
        table.add_row(line.chain, f"{line.num_tried:,}", f"{line.num_kept:,}", known, by_count(line.reasons) if line.reasons else "")
    return table


def fingerprints(recipe: Recipe) -> dict[str, str]:
    """Stage -> fingerprint, as collect_languages expects it."""
    return {stage: fingerprint.id for stage, fingerprint in recipe.fingerprints.items()}

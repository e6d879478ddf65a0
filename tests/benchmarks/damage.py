"""Seeded damage to the WARC files of the public collections: how much of it is noticed, named, and survived. `make bench-damage`.

Every file is taken as `.warc` and as `.warc.gz` (one member a record). A mutant counts as harmless if all pages are as before; as
without a checksum if nothing that is stored could tell: another letter in a block without digests, or in a field of a head. Of the others
it is noticed if a row says so and no altered page passes for a good one; named, if that row has the address or the place.

    python -m tests.benchmarks.damage [--mutants 200] [--seed 1] [FOLDER ...]
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from pathlib import Path

from tests.benchmarks.damaged_archives import DAMAGE, FORMS, Archive, archives, judged, mutant

BAR = 0.995
SUITES = Path(__file__).resolve().parents[2].parent / "shared" / "suites"
COLUMNS = ("mutants", "harmless", "no checksum", "noticed", "named", "silent", "most lost")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, default=[SUITES / "warc", SUITES / "reports"])
    parser.add_argument("--mutants", type=int, default=200, help="of each kind of damage in each form")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    sound = list(archives(arguments.folders))
    if not sound:
        raise SystemExit(f"bench-damage: wanted WARC files with pages; got none in {', '.join(map(str, arguments.folders))}.")
    print(f"| damage | form | {' | '.join(COLUMNS)} |\n|{'---|' * (len(COLUMNS) + 2)}")
    total = Counter[str]()
    for kind in DAMAGE:
        for form in FORMS:
            counts = measured([archive for archive in sound if archive.form == form], kind, arguments.mutants, arguments.seed)
            show(kind, form, counts)
            total = total + counts | Counter({"most lost": max(total["most lost"], counts["most lost"])})
    show("all", "", total)
    share = total["noticed"] / (total["noticed"] + total["silent"])
    print(f"\nnoticed of those that can be: {share:.4f} (bar >= {BAR})")
    print(f"pages lost beside the damaged record: at most {total['most lost']} (bar 1)")


def measured(sound: list[Archive], kind: str, num_mutants: int, seed: int) -> Counter[str]:
    """The counts of COLUMNS for so many mutants, the files in turn."""
    drawn, counts = random.Random(f"{seed} {kind} {sound[0].form}"), Counter[str]()
    for number in range(num_mutants):
        archive = sound[number % len(sound)]
        outcome = judged(archive, mutant(archive, kind, drawn))
        counts["mutants"] += 1
        counts["most lost"] = max(counts["most lost"], outcome.num_lost)
        counts[outcome.verdict] += 1
        counts["named"] += outcome.verdict == "noticed" and outcome.is_named
    return counts


def show(kind: str, form: str, counts: Counter[str]) -> None:
    """Print a row of the table."""
    print(f"| {kind} | {form} | {' | '.join(f'{counts[name]:,}' for name in COLUMNS)} |", flush=True)


if __name__ == "__main__":
    main()

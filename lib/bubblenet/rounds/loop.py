"""The self-alignment loop: trains a backward model and M0 on the seeds, generates candidates once, then iterates until no improvement.

Each round fine-tunes the *starting* model, on seeds and the pairs that the previous model judged best (Li et al. 2023, arXiv:2308.06259,
section 2). The loop itself touches no table: it asks for steps (bubblenet.rounds.steps) by name, and who runs it decides whether all of
them are one application or each is one of its own. Every step does nothing if its result exists: a loop that was killed resumes where it
stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bubblenet.assessment.assessing import Estimate
from bubblenet.export.examples import REVERSED_PROMPT
from bubblenet.rounds.decisions import PROMOTED, Decision, Measured

if TYPE_CHECKING:
    from bubblenet.settings import Settings

Changes = dict[str, dict[str, Any]]
"""Changed keys of the settings, by section. Values are plain: they may travel to another application."""

Run = Callable[[str, dict[str, Any], Changes], dict[str, Any]]
"""Runs a step: its name, its arguments, the changed settings. Arguments and result are plain values, as JSON has them."""

_ENOUGH_EPOCHS = 10_000.0
"""So that the number of tokens alone ends a training."""


@dataclass(frozen=True, slots=True)
class Round:
    """One row of table rounds. Number 0 is M0, trained on seeds alone."""

    number: int
    model: str
    parent: str
    backward: str
    num_tokens: int
    measured: Measured
    decision: Decision
    estimates: tuple[Estimate, ...]


def iterate(run: Run, settings: Settings, num_rounds: int) -> list[Round]:
    """Run the loop, or the missing part of it; returns the rounds in order, up to the first refused or the last requested.

    Raises InputError if there are no seeds to train on or too few held out, or if the file of labels in the settings is missing.
    """
    ready = run("prepare", {"num_rounds": num_rounds}, {})
    start = settings.models.start
    backward = _trained(run, "backward", {"export": {"direction": "backward", "curated_weight": 0.0}})["model"]
    run("assess", {"model": backward, "baseline": start}, {"assessment": {"direction": "backward"}})
    wanted = {"calibrate": bool(settings.rounds.labels), "score": True, "paraphrase": bool(settings.paraphrasing.pivots), "curate": True}
    judging = [name for name, is_wanted in wanted.items() if is_wanted]
    rounds = [_run_round(run, 0, {}, (), start=start, parent=start, parent_tokens=None, backward=backward)]
    learnt = {"prompt": REVERSED_PROMPT, "max_new_tokens": ready["longest_instruction"]}
    changes: Changes = {"models": {"backward": backward}, "backtranslation": learnt}
    if num_rounds and rounds[0].decision.decision == PROMOTED:
        for step in ("corpus", "backtranslate"):
            run(step, {}, changes)
    # All forward models read as much as M0: a gain is then one of the pairs, not of more training.
    changes["training"] = {"tokens": rounds[0].num_tokens, "epochs": _ENOUGH_EPOCHS}
    while rounds[-1].decision.decision == PROMOTED and len(rounds) <= num_rounds:
        last = rounds[-1]
        following = {"start": start, "parent": last.model, "parent_tokens": last.num_tokens, "backward": backward}
        rounds.append(_run_round(run, len(rounds), changes, judging, **following))
    return rounds


def _run_round(
    run: Run, number: int, changes: Changes, judging: Sequence[str], *, start: str, parent: str, parent_tokens: int | None, backward: str
) -> Round:
    """Judge with the parent, curate, train the starting model, compare, decide. M0 is trained on seeds alone."""
    if number:
        changes = _merged(changes, {"models": {"forward": parent}, "curation": {"round": number}})
        for step in judging:
            changes = _merged(changes, run(step, {"judge": parent} if step == "calibrate" else {}, changes))
    exporting: Changes = {"export": {"direction": "forward"} | ({} if number else {"curated_weight": 0.0})}
    trained = _trained(run, f"round{number}", _merged(changes, exporting))
    about = {"number": number, "start": start, "parent": parent, "parent_tokens": parent_tokens, "backward": backward}
    found = run("compare", about | trained, _merged(changes, {"assessment": {"direction": "forward"}}))
    return Round(
        number,
        trained["model"],
        parent,
        backward,
        trained["num_tokens"],
        Measured(**found["measured"]),
        Decision(**found["decision"]),
        tuple(Estimate(**row) for row in found["estimates"]),
    )


def _trained(run: Run, name: str, changes: Changes) -> dict[str, Any]:
    """Export the newest tables under a name, and train the starting model on that; what both steps say."""
    exported = run("export", {"name": name}, changes)
    return exported | run("finetune", {"folder": exported["folder"]}, changes)


def _merged(changes: Changes, more: Changes) -> Changes:
    return {section: changes.get(section, {}) | more.get(section, {}) for section in changes | more}

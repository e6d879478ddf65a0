"""The plan of `make bench-curation`: what is trained, measured and analysed, written down and committed before any result.

`curation_plan.toml` is the plan. Its digest stands beside every result and in the name of every result's file, so another plan has none of
them; an arm, a metric or an analysis that it does not name is refused.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import Field, ValidationError

from bubblenet.errors import SettingsError
from bubblenet.section import Section, Share

PLAN = Path(__file__).with_name("curation_plan.toml")

TRAINED_METRICS = ("backward", "forward")
"""What models are trained for; `forward_rank` is read off the same answers as `forward`."""


class Source(Section):
    """Pages of a Debian package, as a pattern below its root."""

    package: str
    pages: str


class Stated(Section):
    """Questions that pages state, for the positive control or held out. per_page: most of one page."""

    per_page: int = Field(gt=0)
    sources: tuple[Source, ...]


class Arms(Section):
    """What models are trained on. control: share of instructions that are shuffled, by arm; junk: share of the pool that is planted.

    warehouse: arms that a warehouse fills. candidates: of a passage, for the arms that choose among them. draw_share: of the passages,
    drawn anew each repeat. least_pairs: that the product accepts in such a draw, for arms of a warehouse to be filled.
    """

    control: dict[str, Share]
    warehouse: tuple[str, ...]
    junk: dict[str, Share]
    candidates: int = Field(gt=1)
    draw_share: float = Field(gt=0.0, lt=1.0)
    least_pairs: int = Field(gt=0)

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, the control first."""
        return (*self.control, *self.warehouse, *self.junk)


class TrainingRule(Section):
    """What is the same for all arms. passage_tokens, instruction_tokens, answer_tokens: where a text is cut; the last as what is learnt."""

    lora_rank: int = Field(gt=0)
    learning_rate: float = Field(gt=0.0)
    warmup_share: Share
    passage_tokens: int = Field(gt=0)
    instruction_tokens: int = Field(gt=0)
    answer_tokens: int = Field(gt=0)


class Profile(Section):
    """How much is done. items: held-out ones, by metric."""

    name: str
    repeats: int = Field(ge=2)
    steps: int = Field(gt=0)
    step_tokens: int = Field(gt=0)
    pairs: int = Field(gt=0)
    items: dict[Literal["backward", "forward"], int]


class Metric(Section):
    """A measure of a model on held-out items, above the starting model. of_interest: the smallest effect that would matter."""

    name: str
    unit: str
    better: Literal["higher", "lower"]
    of_interest: float = Field(gt=0.0)


class Analysis(Section):
    """One comparison: a sum of arms with weights, item by item.

    plus, minus: means of these arms. at: then the arms of `plus`, less those of `minus` at the same place, are regressed on these numbers.
    control: of the positive control, which must come out with this sign before any other arm is trained.
    """

    name: str
    plus: tuple[str, ...]
    minus: tuple[str, ...] = ()
    at: tuple[float, ...] = ()
    control: Literal["better", "worse", "reported", "no"] = "no"

    @property
    def weights(self) -> dict[str, float]:
        """The factor of each arm's values."""
        if not self.at:
            shares = [(name, 1 / len(self.plus)) for name in self.plus] + [(name, -1 / len(self.minus)) for name in self.minus]
        else:
            mean = sum(self.at) / len(self.at)
            scale = sum((place - mean) ** 2 for place in self.at)
            slope = [(place - mean) / scale for place in self.at]
            shares = list(zip(self.plus, slope, strict=True)) + [(n, -s) for n, s in zip(self.minus, slope, strict=False)]
        found: dict[str, float] = {}
        for name, share in shares:
            found[name] = found.get(name, 0.0) + share
        return found


class Statistics(Section):
    """How intervals are made."""

    confidence: float = Field(gt=0.0, lt=1.0)
    power: float = Field(gt=0.0, lt=1.0)
    resamples: int = Field(ge=100)
    seed: int


class Plan(Section):
    """The whole plan."""

    question: str
    no_effect: str
    held_out: Stated
    control: Stated
    arms: Arms
    training: TrainingRule
    profiles: tuple[Profile, ...]
    metrics: tuple[Metric, ...]
    statistics: Statistics
    analyses: tuple[Analysis, ...]


Named = TypeVar("Named", Analysis, Metric, Profile)


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, the SHA-256 of its file, and where it stands in the history: a commit, or that there is none to look at."""

    plan: Plan
    digest: str
    commit: str

    def analysis(self, name: str) -> Analysis:
        """Raises SettingsError for an analysis that the plan does not name."""
        return _named(self.plan.analyses, name, "analysis")

    def metric(self, name: str) -> Metric:
        """Raises SettingsError for a metric that the plan does not name."""
        return _named(self.plan.metrics, name, "metric")

    def profile(self, name: str) -> Profile:
        """Raises SettingsError for a profile that the plan does not name."""
        return _named(self.plan.profiles, name, "profile")

    def check_arms(self, names: Sequence[str]) -> None:
        """Raise SettingsError for an arm that the plan does not name."""
        for name in names:
            if name not in self.plan.arms.names:
                raise SettingsError(f"an arm of the plan: {', '.join(self.plan.arms.names)}", name, _TODO)


_TODO = "A new plan is another file, committed before its results."


def _named(known: Sequence[Named], name: str, what: str) -> Named:
    found = next((one for one in known if one.name == name), None)
    if found is None:
        raise SettingsError(f"a planned {what}: {', '.join(one.name for one in known)}", name, _TODO)
    return found


def read_plan(path: Path = PLAN, *, committed: bool = True) -> Planned:
    """Read and check a plan. committed: refuse one that the repository does not hold as it is.

    Raises SettingsError for a file that is no plan, or names an arm in an analysis only, and for one that is not committed.
    """
    try:
        content = path.read_bytes()
        plan = Plan.model_validate(_tuples(tomllib.loads(content.decode())))
    except (OSError, ValidationError, tomllib.TOMLDecodeError) as error:
        raise SettingsError("a plan of the experiment", f"{path}: {error}", "Mend it, and commit it before any result.") from None
    planned = Planned(plan, hashlib.sha256(content).hexdigest(), _commit_of(path) if committed else "not looked for")
    for analysis in plan.analyses:
        planned.check_arms((*analysis.plus, *analysis.minus))
        if analysis.at and len(analysis.at) != len(analysis.plus):
            raise SettingsError(f"as many places as arms in {analysis.name!r}", f"{len(analysis.at)} for {len(analysis.plus)}", _TODO)
    return planned


def _tuples(value: object) -> object:
    """TOML has lists; strict settings want tuples."""
    if isinstance(value, dict):
        return {name: _tuples(one) for name, one in value.items()}
    return tuple(_tuples(one) for one in value) if isinstance(value, list) else value


def _commit_of(path: Path) -> str:
    """The commit that wrote the plan as it is. Raises SettingsError where it was changed since."""
    if shutil.which("git") is None:
        return "no git to ask"
    changed, wrote = (
        _git(path, *words) for words in (("status", "--porcelain", "--", path.name), ("log", "-1", "--format=%h", "--", path.name))
    )
    if changed is None:
        return "no repository"
    if changed or not wrote:
        raise SettingsError("a plan that is committed before any result", f"{path.name} with changes", "Commit it first.")
    return wrote


def _git(path: Path, *words: str) -> str | None:
    done = subprocess.run(["git", "-C", str(path.parent), *words], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None

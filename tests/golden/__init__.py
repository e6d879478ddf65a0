"""Golden inputs: each component whose version decides what is redone, the digest of what it makes of an input written for it, and the rule
that digest and version change together.

tests/golden/digests.json keeps both. `python -m tests.golden.record` brings it up to date after a version was raised.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DIGESTS = Path(__file__).with_name("digests.json")
INPUTS = Path(__file__).with_name("inputs")
DIGITS = 6
"""Significant digits of numbers, so that platforms agree."""


@dataclass(frozen=True)
class Plant:
    """A change of behaviour that the golden input must show: text that stands once in the modules of a package, and what replaces it."""

    package: str
    old: str
    new: str


@dataclass(frozen=True)
class Component:
    """What one version stands for.

    name: of the constant, or what `number` stands for where it is no constant. module: where it stands. run: gives what the component makes
    of its golden input. redoes: the stages that a raised version redoes. plant: a change that must be noticed. uses: components that this
    one is made of and whose versions stand in all fingerprints that this one's stands in: where one of them is raised, so is this one.
    """

    name: str
    module: str
    run: Callable[[], Any]
    redoes: str
    plant: Plant
    uses: tuple[str, ...] = ()
    digits: int = DIGITS
    number: Callable[[], object] | None = None

    @property
    def version(self) -> object:
        """As the code has it now."""
        return self.number() if self.number else getattr(importlib.import_module(self.module), self.name)

    @property
    def constant(self) -> str:
        """What must be raised, for people."""
        file = importlib.import_module(self.module).__file__ or ""
        name = self.name if self.number is None else f"the version of `{self.name.rpartition('.')[2]}`"
        return f"{name} in {Path(file).resolve().relative_to(ROOT)}"

    def digest(self) -> str:
        """Of what the component makes of its golden input."""
        text = json.dumps(plain(self.run(), self.digits), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def recorded() -> dict[str, dict[str, Any]]:
    """What is kept of each component, by its name."""
    return json.loads(DIGESTS.read_text(encoding="utf-8"))


def entry(component: Component, versions: Mapping[str, object]) -> dict[str, Any]:
    """What is to be kept of a component. versions: of all of them, by name."""
    used = {name: versions[name] for name in component.uses}
    return {"version": component.version, "uses": used, "digest": component.digest()}


def complaint(component: Component, now: Mapping[str, Any], before: Mapping[str, Any] | None) -> str | None:
    """What is wrong with an entry, given the one that is kept; None where they agree."""
    todo = f"run `python -m tests.golden.record {component.name}`"
    if before is None:
        return f"{component.name} has no digest yet: {todo}."
    is_raised = now["version"] != before["version"]
    is_other = now["digest"] != before["digest"]
    if is_other and not is_raised and now["uses"] == before["uses"]:
        return (
            f"{component.name}: the same input gives another output than at version {before['version']}. Raise {component.constant}; "
            f"that redoes: {component.redoes}. Then {todo}."
        )
    if is_raised and not is_other:
        return (
            f"{component.constant} was raised from {before['version']} to {now['version']}, and its golden input gives the same output: "
            "it was raised for nothing, or the input does not show the change: add one that does."
        )
    return f"{component.name}: version or parts and digest have changed: {todo}." if dict(now) != dict(before) else None


def plain(value: Any, digits: int = DIGITS) -> Any:
    """A value as JSON has it, with numbers rounded to so many significant digits."""
    if isinstance(value, bool) or value is None or isinstance(value, (int, str)):
        return value
    if isinstance(value, float):
        return float(f"{value:.{digits}g}") + 0.0
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name), digits) for one in dataclasses.fields(value) if not one.name.startswith("_")}
    if isinstance(value, Mapping):
        return {str(key): plain(item, digits) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(plain(item, digits) for item in value)
    if isinstance(value, (list, tuple)):
        return [plain(item, digits) for item in value]
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, re.Pattern):
        return value.pattern
    if hasattr(value, "tolist"):
        return plain(value.tolist(), digits)
    raise TypeError(f"a golden output must be plain data, got {type(value).__name__}")

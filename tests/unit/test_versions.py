"""Versions that cannot be forgotten: behaviour and version of each component change together, and every version has a golden input."""

from __future__ import annotations

import ast
import json
import re

import pytest

from tests import golden
from tests.golden import Component, complaint, entry, plain, recorded
from tests.golden import record as recorder
from tests.golden.components import COMPONENTS, PLAIN, versions
from tests.golden.judging import GATE_PLANTS
from tests.golden.planting import planted

NAMED = re.compile(r"_?[A-Z][A-Z_]*VERSION")
EXCEPTIONS = {
    "judging/calibration.py FORMAT_VERSION": "stands in the file, and the loader refuses another one",
    "translation/calibration.py FORMAT_VERSION": "stands in the file, and the loader refuses another one",
    "export/shards.py FORMAT_VERSION": "stands in the manifest, for its readers; the rows have EXAMPLES_VERSION",
    "app/session.py _JAVA_VERSION": "what must be installed",
}
"""Constants that decide nothing about what is redone, and why."""

UNCHANGED = {"version": 3, "uses": {"OTHER_VERSION": 1}, "digest": "aa"}


def component(name: str = "SHAPE_VERSION") -> Component:
    return next(one for one in COMPONENTS if one.name == name)


@pytest.mark.parametrize("one", PLAIN, ids=lambda one: one.name)
def test_behaviour_and_version_change_together(one: Component):
    assert complaint(one, entry(one, versions()), recorded().get(one.name)) is None


@pytest.mark.parametrize("one", PLAIN, ids=lambda one: one.name)
def test_a_change_without_a_version_is_noticed_and_the_constant_is_named(one: Component):
    with planted(one.plant):
        said = complaint(one, entry(one, versions()), recorded().get(one.name))

    assert said is not None
    assert f"Raise {one.constant}" in said
    assert one.redoes in said


@pytest.mark.parametrize("gate", GATE_PLANTS)
def test_a_change_in_any_gate_is_noticed(gate: str):
    one = component("GATES_VERSION")
    with planted(GATE_PLANTS[gate]):
        assert one.digest() != recorded()[one.name]["digest"]


def test_every_version_has_a_golden_input_or_a_reason():
    stated = {f"{path.relative_to(root).as_posix()} {name}" for root, path, name in _constants()}
    files = {one.name: one.constant.partition(" in ")[2] for one in COMPONENTS if one.number is None}
    covered = {f"{file.removeprefix('lib/bubblenet/').removeprefix('udfs/')} {name}" for name, file in files.items()}

    assert stated - covered - set(EXCEPTIONS) == set(), "add a component to tests/golden, or a reason to EXCEPTIONS"
    assert set(EXCEPTIONS) - stated == set()


def _constants():
    """(folder, file, name) of every version that a module states."""
    for root in (golden.ROOT / "lib" / "bubblenet", golden.ROOT / "udfs", golden.ROOT / "jobs"):
        for path in root.rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            for node in ast.parse(text).body if "VERSION" in text else ():
                targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
                for name in (target.id for target in targets if isinstance(target, ast.Name) and NAMED.fullmatch(target.id)):
                    yield root, path, name


def test_what_is_recorded_belongs_to_a_component():
    assert set(recorded()) == {one.name for one in COMPONENTS}


def test_parts_of_a_component_are_components():
    names = {one.name for one in COMPONENTS}

    assert [one.name for one in COMPONENTS if not set(one.uses) <= names - {one.name}] == []


def test_a_version_that_was_raised_for_nothing_is_named():
    said = complaint(component(), UNCHANGED | {"version": 4}, UNCHANGED)

    assert said is not None
    assert "SHAPE_VERSION in lib/bubblenet/corpus/shape.py was raised from 3 to 4" in said


@pytest.mark.parametrize("raised", [{"version": 4}, {"uses": {"OTHER_VERSION": 2}}], ids=["its own", "of a part"])
def test_a_change_under_a_raised_version_is_to_be_recorded(raised):
    said = complaint(component(), UNCHANGED | {"digest": "bb"} | raised, UNCHANGED)

    assert said is not None
    assert "python -m tests.golden.record SHAPE_VERSION" in said
    assert "Raise" not in said


@pytest.fixture
def digests(tmp_path, monkeypatch):
    """A copy of what is recorded, and a function that writes it with another version, as the code had it before, and another digest."""
    file = tmp_path / "digests.json"
    monkeypatch.setattr(recorder, "DIGESTS", file)
    monkeypatch.setattr(recorder, "recorded", lambda: json.loads(file.read_text()))

    def write(**changes):
        kept = recorded()
        kept["SHAPE_VERSION"] |= changes
        file.write_text(json.dumps(kept))
        return file

    return write


def test_a_changed_digest_under_an_unchanged_version_is_not_recorded(digests):
    file = digests(digest="other")

    [said] = recorder.record(["SHAPE_VERSION"])

    assert "Raise SHAPE_VERSION" in said
    assert json.loads(file.read_text())["SHAPE_VERSION"]["digest"] == "other"


def test_a_changed_digest_under_a_raised_version_is_recorded(digests):
    file = digests(digest="other", version=0)

    assert recorder.record(["SHAPE_VERSION"]) == []
    assert json.loads(file.read_text()) == recorded()


def test_a_version_that_was_raised_for_nothing_is_not_recorded(digests):
    digests(version=0)

    [said] = recorder.record(["SHAPE_VERSION"])

    assert "for nothing" in said


def test_a_planted_change_goes_when_the_block_ends():
    before = component().digest()
    with planted(component().plant):
        assert component().digest() != before

    assert component().digest() == before


def test_a_plant_that_stands_nowhere_is_named():
    plant = golden.Plant("bubblenet.corpus.shape", "no such text", "")

    with pytest.raises(LookupError, match="no such text"), planted(plant):
        pass


def test_numbers_are_rounded_before_they_are_hashed():
    assert plain([0.1 + 0.2, -0.0, 1e-9 / 3, True, (1, {2.5})]) == [0.3, 0.0, 3.33333e-10, True, [1, [2.5]]]

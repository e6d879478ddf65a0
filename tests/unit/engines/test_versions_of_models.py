"""Versions of engines and training against their golden inputs, apart from tests/unit/test_versions.py since torch loads slowly."""

from __future__ import annotations

import pytest

from tests.golden import Component, complaint, entry, recorded
from tests.golden.components import versions
from tests.golden.models import MODELS
from tests.golden.planting import planted


@pytest.mark.parametrize("one", MODELS, ids=lambda one: one.name)
def test_behaviour_and_version_change_together(one: Component):
    assert complaint(one, entry(one, versions()), recorded().get(one.name)) is None


@pytest.mark.parametrize("one", MODELS, ids=lambda one: one.name)
def test_a_change_without_a_version_is_noticed_and_the_constant_is_named(one: Component):
    with planted(one.plant):
        said = complaint(one, entry(one, versions()), recorded().get(one.name))

    assert said is not None
    assert f"Raise {one.constant}" in said

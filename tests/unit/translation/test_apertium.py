"""Apertium as it is installed, and as it fails: a program of the same name that dies, hangs or loses a text."""

from __future__ import annotations

import os
import shutil
import stat
import time

import pytest

from bubblenet.errors import EnvironmentProblem
from bubblenet.translation.apertium import PACKAGES, ApertiumTranslator, installed_modes
from bubblenet.translation.masking import mask
from bubblenet.translation.protocol import Direction
from tools.install import TRANSLATOR

EN_ES, ES_EN = Direction("en", "es"), Direction("es", "en")
needs_apertium = pytest.mark.skipif(shutil.which("apertium") is None, reason=f"no apertium here: apt-get install {PACKAGES}")

FAKE = """#!/bin/sh
input=$(cat; echo x)
case "$input" in
  *HANG*) sleep 60 & wait;;
  *DIE*) kill -9 $$;;
  *LOSE*) echo; exit 0;;
esac
printf '%s' "${input%x}" | tr 'a-z' 'b-za'
"""


@pytest.fixture
def fake(tmp_path, monkeypatch) -> ApertiumTranslator:
    """A translator that writes the next letter, and misbehaves when it is told to."""
    program = tmp_path / "bin" / "apertium"
    program.parent.mkdir()
    program.write_text(FAKE)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    modes = tmp_path / "data" / "modes"
    modes.mkdir(parents=True)
    for name in ("eng-spa", "spa-eng", "eng-spa_US", "en-gl"):
        (modes / f"{name}.mode").touch()
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("APERTIUM_DATADIR", str(tmp_path / "data"))
    return ApertiumTranslator(timeout_seconds=2)


def test_directions_are_those_that_are_installed_without_variants(fake):
    assert fake.directions() == {EN_ES, ES_EN, Direction("en", "gl")}
    assert installed_modes()[EN_ES] == "eng-spa"


def test_texts_of_several_lines_keep_them(fake):
    found = fake.translate(["ab\n\n  cd", "", "ef"], EN_ES)
    assert [one.text for one in found] == ["bc\n\n  de", "", "fg"]
    assert all(one.error is None for one in found)


@pytest.mark.parametrize("what", ["DIE", "LOSE", "HANG"])
def test_a_text_that_breaks_the_program_costs_itself_only(fake, what):
    started = time.monotonic()
    found = fake.translate(["ab", what, "cd", "ef"], EN_ES)
    assert [one.text for one in found] == ["bc", "", "de", "fg"]
    assert [one.error is not None for one in found] == [False, True, False, False]
    assert time.monotonic() - started < 20


def test_what_is_not_installed_is_named(fake, monkeypatch, tmp_path):
    with pytest.raises(EnvironmentProblem, match=r"Apertium's data for en-fr; got data for en-es, en-gl, es-en"):
        fake.translate(["ab"], Direction("en", "fr"))
    monkeypatch.setenv("APERTIUM_DATADIR", str(tmp_path / "nothing"))
    with pytest.raises(EnvironmentProblem, match="none installed"):
        fake.directions()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EnvironmentProblem, match="apt-get install apertium "):
        fake.directions()


def test_set_up_installs_what_the_error_names():
    assert PACKAGES.split() == TRANSLATOR


@needs_apertium
def test_there_and_back_keeps_what_is_masked_and_tells_what_it_does_not_know():
    text = "Explain how to mount `/dev/sda1` in /mnt with [odd] signs: ^ $ < > @ \\ and a blorfnacle."
    translator, masked = ApertiumTranslator(), mask(text)
    [there] = translator.translate([masked.text], EN_ES)
    assert there.error is None
    assert there.text.startswith("Explicar")
    assert there.coverage is not None
    assert 0.7 < there.coverage < 1
    [back] = translator.translate([there.text], ES_EN)
    restored = masked.restore(back.text)
    for kept in ("`/dev/sda1`", "/mnt", "[", "]", "^", "$", "<", ">", "@", "\\", "blorfnacle"):
        assert kept in restored
    assert "*" not in restored


@needs_apertium
def test_one_text_does_not_depend_on_the_others():
    texts = [f"Write a short note about the number {n} and the old house" for n in range(50)]
    translator = ApertiumTranslator(batch_characters=400)
    together, [alone] = translator.translate(texts, EN_ES), translator.translate(texts[7:8], EN_ES)
    assert together[7] == alone
    assert len({one.text for one in together}) == len(texts)

"""What `make bench-judge` measures with: planted pairs are what they say, and a cached engine answers as the engine does."""

from __future__ import annotations

from collections import Counter

import pytest

from bubblenet.engines import registry
from bubblenet.engines.protocol import EngineSpec, LabelRequest, LikelihoodRequest, Prompt
from bubblenet.engines.scripted import ScriptedEngine
from tests.benchmarks import planted_pairs as planting
from tests.benchmarks import planted_sources
from tests.benchmarks.curation_plan import read_plan
from tests.benchmarks.engine_cache import CachedEngine
from tests.corpora import passage
from tools import label_pairs, mined_sources, produced_pairs, sample_pages

SPEC = EngineSpec("scripted", "scripted", "scripted")


def faq(name: str, number: int) -> str:
    sections = "".join(f"<h2>What does {name} do in case {n}?</h2><p>{passage(name, f'case{n}')}</p>" for n in range(number))
    return f"<html lang=en><head><title>{name}</title></head><body><h1>{name}</h1>{sections}</body></html>"


@pytest.fixture
def pairs(tmp_path, monkeypatch) -> list[planting.PlantedPair]:
    (tmp_path / "some-doc").mkdir()
    for name in ("mirror", "kernel"):
        (tmp_path / "some-doc" / f"{name}.html").write_text(faq(name, 14))
    monkeypatch.setitem(planting.SETS, "bench", (planting.Source("some-doc", "*.html"),))
    return planting.planted_pairs("bench", tmp_path)


def test_the_unseen_packages_are_used_for_nothing_else():
    unseen = [source.package for source in planted_sources.SETS["unseen"]]
    plan = read_plan(committed=False).plan
    others = [source for name, sources in planted_sources.SETS.items() if name != "unseen" for source in sources]
    others += [*mined_sources.SOURCES, *label_pairs.SOURCES, *produced_pairs.SOURCES, *plan.held_out.sources, *plan.control.sources]
    used = {source.package for source in others} | {sample_pages.HANDBOOK, sample_pages.FAQ, sample_pages.GUIDE}
    assert len(set(unseen)) == len(unseen) >= 20
    assert not used & set(unseen)


def test_every_section_has_a_true_pair_and_others_that_are_not(pairs):
    kinds = Counter(pair.kind for pair in pairs)
    assert kinds["true"] == kinds["neighbour"] == kinds["other"] == 2 * planting.QUESTIONS_OF_A_PAGE
    assert {kind: number for kind, number in kinds.items() if kind in planting.DEFECTS} == dict.fromkeys(planting.DEFECTS, 4)
    assert all(pair.label == (pair.kind == "true") for pair in pairs)
    assert len({pair.id for pair in pairs}) == len(pairs)


def test_the_heading_is_hidden_and_wrong_questions_are_of_where_they_should_be(pairs):
    true = {pair.response: pair.instruction for pair in pairs if pair.kind == "true"}
    page_of = {pair.instruction: pair.page for pair in pairs if pair.kind == "true"}
    for pair in pairs:
        if pair.kind in ("true", "neighbour", "other"):
            assert pair.instruction not in pair.response
            assert 1 <= len(pair.neighbours) <= 4
            assert pair.response not in pair.neighbours
        if pair.kind in ("neighbour", "other"):
            assert pair.instruction != true[pair.response]
            assert (page_of[pair.instruction] == pair.page) == (pair.kind == "neighbour")


def test_defects_are_planted(pairs):
    true = {pair.instruction: pair.response for pair in pairs if pair.kind == "true"}
    for pair in pairs:
        if pair.kind == "truncation":
            assert true[pair.instruction].startswith(pair.response)
            assert pair.response[-1].isalnum()
        if pair.kind in ("boilerplate", "forum_voice"):
            assert pair.instruction in true
            assert pair.response not in true.values()
        if pair.kind in ("generic", "echo", "wrong_language"):
            assert pair.instruction not in true
            assert pair.response in true.values()


def test_the_two_sets_share_no_phrase():
    fit, bench = planting.PHRASES["fit"], planting.PHRASES["bench"]
    for name in ("furniture", "forum", "foreign", "echoes", "generic"):
        assert set(getattr(fit, name)).isdisjoint(getattr(bench, name))
    packages = {name: {source.package for source in planting.SETS[name]} for name in ("fit", "bench")}
    assert packages["fit"].isdisjoint(packages["bench"])


def test_a_cached_engine_asks_once_and_answers_the_same(tmp_path, monkeypatch):
    asked = []

    class Counting(ScriptedEngine):
        def log_likelihood(self, requests):
            asked.extend(requests)
            return super().log_likelihood(requests)

    monkeypatch.setattr(registry, "_load", lambda spec: Counting())
    registry.close_all()
    texts = ["Rain falls.", "Why does it rain?", "This BUBBLENET-FAIL fails."]
    requests = [LikelihoodRequest(f"{number}", Prompt(texts[number]), "It rains.") for number in (0, 1, 2, 0)]
    for _ in range(2):
        cached = CachedEngine(SPEC, tmp_path)
        answers = cached.log_likelihood(requests)
        assert [answer.key for answer in answers] == ["0", "1", "2", "0"]
        assert [answer.error is None for answer in answers] == [True, True, False, True]
        assert answers[:2] == ScriptedEngine().log_likelihood(requests[:2])
        cached.close()
    assert Counter(request.key for request in asked) == {"0": 1, "1": 1, "2": 2}  # a failure is tried again
    labels = [LabelRequest("a", Prompt("Rate it"), ("1", "2"))]
    assert CachedEngine(SPEC, tmp_path).label_distribution(labels) == ScriptedEngine().label_distribution(labels)
    registry.close_all()

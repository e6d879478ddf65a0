"""The arms of `make bench-curation`: alike in all but their pairs, which are what their name says."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from bubblenet.errors import InputError
from tests.benchmarks.curation_arms import Unfilled, arm, control_arm, drawn
from tests.benchmarks.curation_pairs import NUM_OTHERS, check_apart, held_out, markdown_of
from tests.benchmarks.curation_plan import read_plan
from tests.curation_pools import FakeJudge, made_pairs, made_pool

PLANNED = read_plan(committed=False)


def test_items_have_seven_others_of_their_page_first_and_a_smaller_number_is_the_beginning_of_a_larger():
    pairs = made_pairs(40)
    items = held_out(pairs, 30)
    assert [item.pair for item in held_out(pairs, 10)] == [item.pair for item in items[:10]]
    page = {pair.instruction: pair.page for pair in pairs}
    for item in items:
        assert len(set(item.others)) == NUM_OTHERS
        assert item.pair.instruction not in item.others
        assert sum(page[other] == item.pair.page for other in item.others) == 3
    with pytest.raises(InputError, match="41 held-out pairs"):
        held_out(pairs, 41)
    with pytest.raises(InputError, match="no arm reads"):
        check_apart(pairs[:10], [replace(pairs[0], page="elsewhere")])


def test_perl_documentation_is_read_as_headings_and_text():
    text = markdown_of("=pod\n\n=head2 What is C<my> for?\n\nUse B<my $x>, see L<perlsub|perlsub>.\n\n  my $x = A<1>;\n\n=cut\n")
    assert "## What is my for?" in text
    assert "Use my $x, see perlsub." in text
    assert "  my $x = A<1>;" in text
    assert "=cut" not in text


def test_a_control_shuffles_the_share_that_it_says_and_nothing_else():
    pairs, true = made_pairs(60), {pair.passage: pair.instruction for pair in made_pairs(60)}
    arms = {share: control_arm(pairs, share, 20, 0.5, repeat=1) for share in (0.0, 0.25, 0.5, 1.0)}
    for share, made in arms.items():
        assert sum(true[pair.passage] != pair.instruction for pair in made) == 20 * share
        assert sorted(pair.instruction for pair in made) == sorted(pair.instruction for pair in arms[0.0])
        assert {pair.passage for pair in made} == {pair.passage for pair in arms[0.0]}
    assert {pair.passage for pair in control_arm(pairs, 0.0, 20, 0.5, repeat=2)} != {pair.passage for pair in arms[0.0]}
    with pytest.raises(Unfilled, match="wanted 40"):
        control_arm(pairs, 0.0, 40, 0.5, repeat=1)


def test_arms_have_one_size_and_hold_what_their_name_says():
    plan, pool, judge = PLANNED.plan.arms, made_pool(), FakeJudge()
    draw = drawn(pool, plan, 40, 0, lambda pair: pair.instruction)
    names = [name for name in (*plan.warehouse, *plan.junk) if name not in ("loss_reduction", "oracle")]
    arms = {name: arm(name, draw, plan, judge) for name in names if name != "length_matched"}
    assert {len(pairs) for name, pairs in arms.items() if name not in plan.junk} == {40} == {draw.size}
    assert {len(pairs) for name, pairs in arms.items() if name in plan.junk} == {24} == {draw.junk_size}  # of 60 accepted, without 60 %
    number = {name: Counter(pair.id.rsplit("-", 1)[-1] for pair in pairs) for name, pairs in arms.items()}
    assert set(number["product"]) == set(number["candidates_best"]) == set(number["ifd_low"]) == {"7"}
    assert set(number["worst"]) == {"2"}  # gates refused 0 and 1
    assert set(number["candidates_worst"]) == {"0"}
    assert len(number["random"]) > 3
    assert len({pair.passage for pair in arms["random"]}) == 40
    assert {pair.passage for pair in arms["candidates_best"]} == {pair.passage for pair in arms["candidates_random"]}
    assert {pair.id for pair in arm("random", drawn(pool, plan, 40, 1, len), plan, judge)} != {pair.id for pair in arms["random"]}


def test_an_arm_that_cannot_be_filled_says_what_is_missing():
    plan, pool = PLANNED.plan.arms, made_pool(candidates=4)
    draw = drawn(pool, plan, 40, 0, lambda pair: pair.instruction)
    for name, reason in (("loss_reduction", "signal loss_reduction"), ("oracle", "pages state"), ("candidates_best", "8 candidates")):
        with pytest.raises(Unfilled, match=reason):
            arm(name, draw, plan, FakeJudge())
    with pytest.raises(Unfilled, match="accepted pairs"):
        drawn(made_pool(30), plan, 40, 0, len)


def test_a_length_matched_arm_has_the_lengths_of_the_product():
    plan, pool = PLANNED.plan.arms, made_pool(400)
    draw = drawn(pool, plan, 30, 0, lambda pair: pair.instruction)
    product, matched = (arm(name, draw, plan, FakeJudge()) for name in ("product", "length_matched"))
    mean = np.mean([len(pair.instruction) for pair in product])
    assert np.mean([len(pair.instruction) for pair in matched]) == pytest.approx(mean, rel=0.05)
    assert np.mean([len(pair.instruction) for pair in arm("random", draw, plan, FakeJudge())]) < 0.9 * mean


def test_junk_takes_the_share_of_the_passages_that_it_says():
    plan, pool = PLANNED.plan.arms, made_pool()
    draw = replace(drawn(pool, plan, 60, 0, lambda pair: pair.instruction), junk_size=60)
    own = {one.pair.id for one in pool.candidates}
    planted = {
        name: {pair.passage for pair in arm(name, draw, plan, FakeJudge()) if pair.id not in own} for name in plan.junk if "random" in name
    }
    assert [len(planted[name]) for name in ("random_junk_0", "random_junk_30", "random_junk_60")] == [0, 18, 36]
    assert planted["random_junk_30"] < planted["random_junk_60"]
    assert all(
        pair.id in own for pair in arm("product_junk_30", replace(draw, junk_size=40), plan, FakeJudge())
    )  # the judge refuses all of it
    with pytest.raises(Unfilled, match="accepted pairs"):
        arm("product_junk_60", draw, plan, FakeJudge())
    with pytest.raises(Unfilled, match="beside the largest share of junk; got 19"):
        arm("product_junk_0", replace(draw, junk_size=19), plan, FakeJudge())

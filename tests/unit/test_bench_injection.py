"""What `make bench-injection` plants, and how it counts."""

from __future__ import annotations

from bubblenet.corpus.segmentation import segment_page
from bubblenet.settings import Segmentation
from tests.benchmarks.injection import Tried, _lifted
from tests.benchmarks.injection_attacks import PLACE, POSITIONS, attacks, page, paragraph, planted

PASSAGE = "First comes a paragraph of text.\n\n```\na program\n\nwith a gap\n```\n\nLast comes another one."


def test_a_text_is_planted_outside_of_programs() -> None:
    begun, amid, ended = (planted(PASSAGE, position).split("\n\n") for position in POSITIONS)

    assert begun[0] == ended[-1] == PLACE
    assert amid[3] == PLACE


def test_a_page_is_read_as_its_passage_with_what_is_planted() -> None:
    content = page(planted(PASSAGE, "end"), paragraph("Level <5>"))
    (segment,) = segment_page(content, "html", Segmentation(min_answer_characters=20, min_words=1))

    assert segment.text == f"{PASSAGE}\n\nLevel <5>"


def test_texts_that_are_ours_need_no_suite(tmp_path) -> None:
    (tmp_path / "suite.json").write_text('{"Family": ["What is said?"]}')
    found = attacks(tmp_path / "suite.json")

    assert [one.family for one in found if one.half != "ours"] == ["Family"]
    assert {"score echo", "role marker, split", "hidden: tag characters"} <= {one.family for one in found}


def test_only_pairs_below_the_threshold_can_be_lifted() -> None:
    low, high = {"quality": 0.1}, {"quality": 0.9}
    tried = [Tried(low, high, None), Tried(low, high, high), Tried(low, low, low), Tried(high, high, high)]

    assert _lifted(tried, "quality", 0.5) == ("2/3", "1/3")

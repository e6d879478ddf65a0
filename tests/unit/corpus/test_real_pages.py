"""One hundred real web pages with snippets that belong to the text and snippets that do not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import orjson

from bubblenet.corpus.reading.hygiene import clean_text, decode
from bubblenet.corpus.segmentation import segment_page
from bubblenet.settings import Segmentation

MEASURED_WITH = 0.96
MEASURED_WITHOUT = 0.87
NOT_READ = ("navigation_heading", "link_density")


def test_wanted_snippets_are_found_and_unwanted_ones_avoided(suite: Callable[[str], Path]) -> None:
    folder = suite("extraction")
    num_found = num_avoided = num_wanted = num_unwanted = 0
    for name, expected in orjson.loads((folder / "expected.json").read_bytes()).items():
        html, _ = decode((folder / "pages" / name).read_bytes(), http_charset=None, is_html=True)
        segments = segment_page(clean_text(html), "html", Segmentation())
        passages = [line for segment in segments if segment.reason not in NOT_READ for line in (*segment.heading_path[-1:], segment.text)]
        text = "\n".join(passages).replace("`", "").replace("**", "")
        num_found += sum(snippet in text for snippet in expected["with"])
        num_avoided += sum(snippet not in text for snippet in expected["without"])
        num_wanted += len(expected["with"])
        num_unwanted += len(expected["without"])

    print(f"wanted snippets found: {num_found} of {num_wanted}; unwanted ones avoided: {num_avoided} of {num_unwanted}")
    assert (num_wanted, num_unwanted) == (306, 301)
    assert num_found >= MEASURED_WITH * num_wanted
    assert num_avoided >= MEASURED_WITHOUT * num_unwanted

"""Rules about links. The measure, characters inside links over all characters, is that of Kohlschuetter et al. 2010 (WSDM, "Boilerplate
detection using shallow text features"); the limits are ours. Menus were dropped with the page's furniture before; this is what is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bubblenet.corpus.quality.passage import MIN_LINES, Passage

if TYPE_CHECKING:
    from bubblenet.settings import Segmentation

MIN_LINK_CHARACTER_SHARE = 0.35
"""Below it the links are the entries of a glossary, or the references under paragraphs."""


def link_density(passage: Passage, limits: Segmentation) -> bool:
    """Too many of its characters are inside links."""
    return passage.num_link_characters > limits.max_link_share * len(passage.text)


def link_list(passage: Passage, limits: Segmentation) -> bool:
    """Too many of its paragraphs, items and tables are nothing but a link, and they are not just the references under long paragraphs."""
    if passage.num_link_lines < MIN_LINES or passage.num_link_lines <= limits.max_link_line_share * passage.num_line_blocks:
        return False
    return passage.num_link_characters > MIN_LINK_CHARACTER_SHARE * len(passage.text)

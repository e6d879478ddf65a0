"""Rules about links. Menus were dropped with the page's furniture before; this is what is left.

The measure, characters inside links over all characters, is that of Kohlschuetter et al. 2010 (WSDM, "Boilerplate detection using shallow
text features").
"""

from __future__ import annotations

from pydantic import Field

from bubblenet.corpus.quality.declaration import LINK_DENSITY, OURS, rule
from bubblenet.corpus.quality.passage import MIN_LINES, Passage
from bubblenet.section import Section, Share

MIN_LINK_CHARACTER_SHARE = 0.35
"""Below it the links are the entries of a glossary, or the references under paragraphs."""


class LinkLimits(Section):
    """Limits of the rules about links."""

    max_link_share: Share = Field(0.5, description="of all characters, those inside links; ours")
    max_link_line_share: Share = Field(0.5, description="of paragraphs, items and tables, those that are links; ours")


@rule(LINK_DENSITY, "max_link_share", ours="limit")
def link_density(passage: Passage, limits: LinkLimits) -> bool:
    """Too many of its characters are inside links."""
    return passage.num_link_characters > limits.max_link_share * len(passage.text)


@rule(OURS, "max_link_line_share")
def link_list(passage: Passage, limits: LinkLimits) -> bool:
    """Too many of its paragraphs, items and tables are nothing but a link. The references under long paragraphs may stay."""
    if passage.num_link_lines < MIN_LINES or passage.num_link_lines <= limits.max_link_line_share * passage.num_line_blocks:
        return False
    return passage.num_link_characters > MIN_LINK_CHARACTER_SHARE * len(passage.text)

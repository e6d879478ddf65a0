"""Segments a page into self-contained passages, each rooted at a heading.

Source: Li et al. 2023 (arXiv:2308.06259), section 3.1 and appendix: a segment is the text under one HTML heading with all its sub-headings,
600 to 3,000 characters. Added here: splitting and merging of longer and shorter sections, and questions stated on the page, which keep
their answers; these may be shorter than a passage whose question has to be generated.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bubblenet.corpus import language, quality
from bubblenet.corpus.extraction import faq, html, markdown, plain, scripted
from bubblenet.corpus.extraction.blocks import Block, rendered_length
from bubblenet.corpus.extraction.html import EXTRACTION_VERSION
from bubblenet.corpus.extraction.parsing import HostileMarkupError
from bubblenet.corpus.language import Identified
from bubblenet.corpus.packing import pack
from bubblenet.corpus.privacy.masking import Masked, MaskSettings, Personal, Value, mask_page, name_values
from bubblenet.corpus.quality import Passage, RuleSettings
from bubblenet.corpus.sections import Section, build_tree

NO_MASKING = MaskSettings(mask=False)
NOTHING_MASKED = Masked()

SEGMENTATION_VERSION = 3
"""Raise whenever the same blocks would give different segments."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One passage of a page, and whether it is kept.

    heading_path: headings from the page down, without section numbers. position: 0, 1, ... in page order.
    text: Markdown without its heading. language: ISO 639-1 or `und`, with its probability; other_languages: of parts of the text.
    question: the heading, if it is a question that the text answers. num_words: separated by white space.
    reason: why it is rejected, see quality.check; also `personal_data`, `language_not_wanted`, `needs_script` and the reasons of
    HostileMarkupError. masked: what of its text and headings was replaced by placeholders.
    """

    heading_path: tuple[str, ...]
    position: int
    text: str
    language: str
    language_confidence: float
    other_languages: tuple[str, ...]
    question: str | None
    num_characters: int
    num_words: int
    kept: bool
    reason: str | None
    masked: Masked = NOTHING_MASKED


@dataclass(frozen=True, slots=True)
class _Piece:
    """Blocks that become one segment, and their heading path. refused: why there are none. masked: what was in them."""

    path: tuple[str, ...]
    blocks: Sequence[Block]
    question: str | None = None
    refused: str | None = None
    masked: Masked = NOTHING_MASKED


def segment_page(
    content: str,
    content_type: str,
    limits: RuleSettings,
    languages: tuple[str, ...] = (),
    privacy: MaskSettings = NO_MASKING,
    known: Sequence[Personal] = (),
) -> list[Segment]:
    """All passages of a page in page order, at least one; those that are not kept say why.

    content_type: `html`, `markdown` or `text`. languages: accepted ISO 639-1 codes; empty: all. privacy: what is masked in them.
    known: what was masked in the page when it was read.
    """
    return segment_pages([(content, content_type, known)], limits, languages, privacy)[0]


def segment_pages(
    pages: Sequence[tuple[str, str, Sequence[Personal]]],
    limits: RuleSettings,
    languages: tuple[str, ...] = (),
    privacy: MaskSettings = NO_MASKING,
) -> list[list[Segment]]:
    """The passages of many pages, given as (content, content_type, known); languages are identified faster in batches."""
    cut = [_pieces(*page, limits, privacy) for page in pages]
    found = iter(language.identify_all([_prose(piece.blocks) for pieces in cut for piece in pieces]))
    judged = ([_judge(piece, position, next(found), limits, languages) for position, piece in enumerate(pieces)] for pieces in cut)
    return [[_without_personal(segment, privacy) for segment in _with_page(segments)] for segments in judged]


def refused_page(reason: str) -> list[Segment]:
    """The one segment of a page that is not cut."""
    return [_empty_segment((), reason)]


def _pieces(content: str, content_type: str, known: Sequence[Personal], limits: RuleSettings, privacy: MaskSettings) -> list[_Piece]:
    """The pieces that become the passages of a page, masked; if there are none, one piece with the reason."""
    try:
        title, blocks = _read_blocks(content, content_type)
    except HostileMarkupError as refusal:
        return [_Piece((), (), refused=str(refusal))]
    page = mask_page(title, blocks, privacy, known)
    above = (page.title,) if title else ()
    if content_type == "html" and scripted.needs_script(content, rendered_length(blocks)):
        return [_named(_Piece(above, (), refused="needs_script"), page.values)]
    pieces = list(_cut(build_tree(page.title, page.blocks), limits)) or [_Piece(above, (), refused="no_text")]
    return [_named(piece, page.values) for piece in pieces]


def _named(piece: _Piece, values: list[Value]) -> _Piece:
    """The piece with placeholders for the values that it holds. Its question is the last of its headings."""
    if not values:
        return piece
    blocks, path, masked = name_values(piece.blocks, piece.path, values)
    return replace(piece, blocks=blocks, path=path, question=path[-1] if piece.question else None, masked=masked)


def _without_personal(segment: Segment, privacy: MaskSettings) -> Segment:
    """A passage that is kept, but not where too much of it is personal data."""
    if segment.kept and segment.masked.share > privacy.max_share:
        return replace(segment, kept=False, reason="personal_data")
    return segment


def _read_blocks(content: str, content_type: str) -> tuple[str, list[Block]]:
    if content_type == "html":
        return html.html_blocks(content)
    blocks = markdown.markdown_blocks(content) if content_type == "markdown" else plain.text_blocks(content)
    return "", faq.written_questions(blocks)


def _cut(section: Section, limits: RuleSettings) -> Iterator[_Piece]:
    """A section that fits is one piece; otherwise its own text and its sub-sections are split one by one, merging short neighbours."""
    children = [child for child in section.children if child.has_text()]
    if not section.own and len(children) < 2:
        for child in children:
            yield from _cut(child, limits)
        return
    if not (section.holds_question(_least_answer(limits)) or section.holds_post()):
        blocks = list(section.blocks())
        if rendered_length(blocks) <= limits.max_characters:
            yield _Piece(section.path, blocks, section.question)
            return
    loose: list[list[Block]] = [[block] for block in section.own]
    question = section.question
    sources = [section] if section.own else []
    for child in children:
        if _is_loose(child, limits):
            loose.append(list(child.blocks(heading_level=2)))
            sources.append(child)
            continue
        yield from _cut_loose(section, loose, sources, question, limits)
        loose, sources, question = [], [], None
        yield from _cut(child, limits)
    yield from _cut_loose(section, loose, sources, question, limits)


def _is_loose(section: Section, limits: RuleSettings) -> bool:
    """Whether a sub-section is too short by itself. The answer to a question may be shorter than other passages; a post stands alone."""
    if section.is_post or section.holds_post() or section.holds_question(_least_answer(limits)):
        return False
    least = _least_answer(limits) if section.question else limits.min_characters
    return rendered_length(section.blocks()) < least


def _least_answer(limits: RuleSettings) -> int:
    return min(limits.min_characters, limits.min_answer_characters)


@functools.cache
def _limits_for_answers(limits: RuleSettings) -> RuleSettings:
    """The answer to a stated question may be short, in characters and in proportion in words."""
    least = _least_answer(limits)
    return limits.model_copy(update={"min_characters": least, "min_words": limits.min_words * least // limits.min_characters})


def _cut_loose(
    section: Section, loose: list[list[Block]], sources: list[Section], question: str | None, limits: RuleSettings
) -> Iterator[_Piece]:
    """Own text and adjacent short sub-sections, in pieces of similar size."""
    if len(sources) == 1 and sources[0] is not section:
        yield _Piece(sources[0].path, list(sources[0].blocks()))
        return
    for index, blocks in enumerate(pack(loose, limits.max_characters)):
        yield _Piece(section.path, blocks, question if index == 0 else None)


def _judge(piece: _Piece, position: int, found: Identified, limits: RuleSettings, languages: tuple[str, ...]) -> Segment:
    if piece.refused:
        return replace(_empty_segment(piece.path, piece.refused), masked=piece.masked)
    passage = Passage(piece.blocks, piece.path, found.language, found.other_languages)
    reason = quality.check(passage, _limits_for_answers(limits) if piece.question else limits)
    if reason is None and languages and found.language not in languages:
        reason = "language_not_wanted"
    text = passage.text
    return Segment(
        heading_path=piece.path,
        position=position,
        text=text,
        language=found.language,
        language_confidence=found.confidence,
        other_languages=found.other_languages,
        question=piece.question,
        num_characters=len(text),
        num_words=len(text.split()),
        kept=reason is None,
        reason=reason,
        masked=piece.masked,
    )


def _with_page(segments: list[Segment]) -> list[Segment]:
    """The rest of a page goes with its text, where most of that is left out for a reason that spreads."""
    spoilt = [segment for segment in segments if segment.reason in quality.SPREADING]
    kept = sum(segment.num_characters for segment in segments if segment.kept)
    if not spoilt or not kept or sum(segment.num_characters for segment in spoilt) < kept:
        return segments
    reason = max(spoilt, key=lambda segment: segment.num_characters).reason
    return [replace(segment, kept=False, reason=reason) if segment.kept else segment for segment in segments]


def _prose(blocks: Sequence[Block]) -> str:
    """The natural-language text, since code would mislead the identifier; everything if there is nothing else."""
    prose = "\n".join(block.text for block in blocks if block.kind != "code")
    return prose or "\n".join(block.text for block in blocks)


def _empty_segment(path: tuple[str, ...], reason: str) -> Segment:
    return Segment(path, 0, "", language.UNDETERMINED, 0.0, (), None, num_characters=0, num_words=0, kept=False, reason=reason)


__all__ = ["EXTRACTION_VERSION", "SEGMENTATION_VERSION", "Segment", "refused_page", "segment_page", "segment_pages"]

"""Mode `text`: signals from the words of a pair, without a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bubblenet.judging.declaration import Known, Measurement, Mode, Signal
from bubblenet.judging.form import FORM_SIGNALS, FORM_VERSION, form_signals
from bubblenet.judging.measure import Pair
from bubblenet.judging.text_signals import (
    COPY_NGRAM,
    EDGE_WORDS,
    OPENING_CHARACTERS,
    SHORT_LINE_CHARACTERS,
    TEXT_SIGNALS_VERSION,
    text_signals,
)

if TYPE_CHECKING:
    from bubblenet.settings import Scoring

_SIGNALS = (
    Signal("word_overlap", "rising", "share of the instruction's content words that the response has"),
    Signal("opening_overlap", "rising", f"share of them that its first {OPENING_CHARACTERS} characters have"),
    Signal("term_frequency", "rising", "how often the response has them, mean of log(1 + count)"),
    Signal("term_density", "rising", "share of the response's words that are among them"),
    Signal("phrase_overlap", "rising", "share of the instruction's word pairs that the response has"),
    Signal("copied_share", "falling", f"share of the instruction's {COPY_NGRAM}-grams that the response has"),
    Signal("content_words", "free", "content words of the instruction, at most 8"),
    Signal("asks", "rising", "1 where the instruction ends in a question mark"),
    Signal("log_response_words", "free", "log(1 + words of the response)"),
    Signal("ends_whole", "rising", "1 where the response ends like a sentence or a list", is_fault=True),
    Signal("other_language", "falling", "1 where instruction and response are in different languages", is_fault=True),
    Signal("personal_share", "falling", "share of words like I and my in the response", is_fault=True),
    Signal("personal_edges", "falling", f"share of them among its first and last {EDGE_WORDS} words", is_fault=True),
    Signal("short_line_share", "falling", f"share of its lines of prose under {SHORT_LINE_CHARACTERS} characters", is_fault=True),
    Signal("about_the_text", "falling", "1 where the instruction talks about the text or the task instead of the subject", is_fault=True),
    Signal("is_title", "falling", "1 where it asks nothing and is a line of the response, or words in title case", is_fault=True),
    Signal("is_generic", "falling", "1 where no word of it is of substance: it would fit any text", is_fault=True),
    Signal("has_no_request", "falling", "1 where it neither asks nor begins with a known imperative; 0 in other languages", is_fault=True),
    Signal("repeated_phrases", "falling", "share of its word 3-grams that came before in it", is_fault=True),
    Signal("after_question", "falling", "share of it that stands behind its last question mark", is_fault=True),
    Signal("log_instruction_words", "free", "log(1 + words of the instruction)"),
    Signal("stock_phrases", "falling", "different phrases of forums, shops and footers in it, at most 4", is_fault=True),
)


def _signals(pair: Pair) -> dict[str, float]:
    return text_signals(pair.instruction, pair.response) | form_signals(pair.instruction, pair.response)


def _run(engine: None, pairs: Sequence[Pair], scoring: Scoring, known: Known) -> list[Measurement]:
    return [Measurement(signals=_signals(pair)) for pair in pairs]


def _parts(scoring: Scoring) -> dict[str, Any]:
    return {"text": TEXT_SIGNALS_VERSION, "form": FORM_VERSION}


MODES = (
    Mode(
        "text",
        "no model: words that instruction and response share, faults that show in the text",
        _SIGNALS,
        _run,
        _parts,
        parts_of={"form": FORM_SIGNALS},
    ),
)

"""Components that propose and judge instructions, and the gates, one by one. The model is the scripted engine."""

from __future__ import annotations

from typing import Any
from unittest import mock

import numpy as np

from bubblenet.corpus.shape import SOURCE_TYPES, Shape
from bubblenet.engines.protocol import EngineSpec
from bubblenet.judging.cleaning import clean
from bubblenet.judging.faults import Candidate
from bubblenet.judging.form import form_signals
from bubblenet.judging.gates import GATES, gate
from bubblenet.judging.text_signals import likeness, text_contrast, text_signals
from bubblenet.prompts import get_prompts
from bubblenet.prompts.comparison import LABELS, comparison
from bubblenet.prompts.drawing import Ticket, draw, shares_of
from bubblenet.settings import Backtranslation, Scoring
from bubblenet.udfs.instructions import Backtranslate, KeepAsked, TakeQuestion
from bubblenet.udfs.scoring import MeasurePair, MeasurePassage
from tests.golden import Component, Plant

SPEC = EngineSpec("scripted", "none", "scripted")
PASSAGE = (
    "Debian packages are installed with tools which resolve their dependencies and fetch archives from mirrors.\n"
    "A mirror that is near answers faster than one which is far away, as the passage about networks says.\n"
    "- The cache of archives\n- It may be emptied with apt clean at any time"
)
COPIED = "tools which resolve their dependencies and fetch archives from mirrors"
GERMAN = "Pakete werden mit Werkzeugen installiert, die ihre Abh\u00e4ngigkeiten aufl\u00f6sen und Archive von Spiegelservern holen."

RAW = [
    "",
    "...",
    "Question: How are packages installed?",
    '1. "How are packages installed?" I hope that helps.',
    "The possible question 2: **How?**\nMore",
    "Here is one:\n- How are packages installed",
    "Sure, the question is: \u201cHow are packages installed here?\u201d",
    "## (3) Prompt - Query: apt install mirror. And then more",
    "apt install mirror, apt install cache",
    "packages mirror near; packages mirror far?",
    "What? Why?",
    "How are packages installed? They are",
    "\u4ec0\u4e48\u662f\u8336\uff1f\u8336\u662f",
    "  Explain   the\tcache  of archives.  ",
    "`apt` - what does it do?",
    "Answer:\n\nThe mirror",
    "how to install packages\n",
    "\u00abComment?\u00bb",
    "Q: A: Why is that?",
    "Explain what is done in `for f in *.txt`",
    "`ls` lists what? Explain `ls -l`",
    'Which of "yes" and "no" is meant by "perhaps"?',
    "Question-answering systems: how do they work?",
    "Query optimisation - what is it?",
    "What does the regular expression a? in Perl match? It matches",
    "What does `x ? y : z` mean in C?",
    "unfinished sentence about the",
    "unfinished first line about the\nsecond line",
    "How are packages installed?\n\nYour answer:\n\nWith tools",
    "How are packages installed?\nA:",
    "1. How are packages installed?\n2. What is a mirror?",
    "Sure, here you go:\nSort these lines.\n- cache\n- mirror",
    'One possible question is: "How are packages installed?"',
]

WRITTEN = [
    "Write one question that this text answers.\n\nHow are packages installed?",
    "A mirror that is near answers faster than the others do, as the passage says of it.",
    "Sorry, I am not able to respond.",
]
"""Of no use to other components than the gates."""

TEXTS = [
    "",
    "...",
    "How are packages installed?",
    "How are packages installed",
    "Please write one question on it.",
    "mirror cache " * 8,
    "Packages are installed.",
    "Write one question that this text answers.",
    "Which level, 1 to 5, has the answer?",
    "The Cache of Archives",
    "The cache of archives",
    "Installing Debian Packages",
    "Mirror",
    COPIED,
    f"Why do {COPIED}?",
    f"Why do {COPIED} on every one of all the many machines that are there today in this world?",
    "What does this passage say about mirrors?",
    "What does the document say of it?",
    "What is the main idea?",
    "According to the manual, what is apt?",
    "Would you like to know more about apt?",
    "I'm sorry, I cannot answer that.",
    "As an AI, I do not know.",
    "Can AI say sorry for a mirror?",
    "Wie werden Pakete installiert?",
    "How werden Pakete installiert?",
    "Nenne drei Spiegelserver.",
    "Bitte erkl\u00e4re den Cache",
    "Explique comment les paquets sont install\u00e9s sur une machine dont le miroir est tr\u00e8s loin de la maison.",
    "Explain how a mirror is chosen when several of them are near to the machine that asks for it.",
    "please explain mirrors",
    "explain the cache",
    "mirrors near cache archives",
    "apt install " * 8 + "x",
    "apt apt apt apt cache",
    "apt apt apt cache",
    "why is it so why is it so why is it so",
    "why is it so why is it so",
    "a b " * 6 + "a b?",
    "How so?",
    "How are it?",
    "What now, Ed?",
    "word " * 79 + "end?",
    "word " * 80 + "end?",
    "w" * 499 + "?",
    "w" * 500 + "?",
    "What is this about?",
    "What is important?",
    "What can you say about mirrors?",
    "\u4ec0\u4e48\u662f\u8336\u53f6\uff1f",
    "\u8336\u304b",
    "Qu'est-ce qu'un miroir?",
    "Hva er en speilserver?",
    "Texte: le texte explique quoi?",
    "Why?",
    "Was ist Werkzeug?",
    "Was ist Holz?",
    "Explain mirrors.",
    "It is so!",
    "You are a helpful assistant.",
    "You are a helpful assistant named Ed. What is a mirror?",
    "What is a mirror? You are a helpful assistant.",
    f"Show {COPIED}",
    "I cannot install packages. What do I do?",
    "Translate this into English, please: Le miroir est tr\u00e8s loin de la maison et il ne r\u00e9pond pas du tout.",
    "Sort the lines.\n- the mirror\n- the cache\n\nWhy in this order?",
    "How are I'm sorry, but I cannot answer that.",
    "What is it? It is a mirror that is near.",
]


def _candidates() -> list[Candidate]:
    """Every text as it may have been asked for."""
    asked: list[dict[str, Any]] = [
        {},
        {"is_finished": False},
        {"language": "de", "passage": GERMAN},
        {"language": ""},
        {"language": "no"},
        {"language": "und"},
        {"opening": "How are"},
    ]
    usual = {"passage": PASSAGE, "language": "en", "is_finished": True}
    return [Candidate(instruction=text, **(usual | one)) for text in TEXTS for one in asked]


def _gated() -> Any:
    """Every gate, the cleaning, and which gate comes first."""
    found = [[one.is_at_fault(candidate) for candidate in _candidates()] for one in GATES]
    texts, styles = [*RAW, *TEXTS, *WRITTEN], (None, "question", "command", "search_query", "learnt")
    cleaned = [clean(text, style) for text in texts for style in styles]
    verdicts = [gate(text, PASSAGE, "en", ends, style=style) for text in texts for ends in (True, False) for style in styles]
    return found, cleaned, verdicts


def _drawn() -> Any:
    """Choices under the shipped sets, whose wordings never change; what the model sees of them, and what becomes of its answer."""
    settings = Backtranslation()
    shares = [
        shares_of(settings),
        shares_of(settings.model_copy(update={"command_share": 0.0, "search_query_share": 0.0, "long_share": 0.9})),
    ]
    shapes = [Shape(kind, forms, words) for kind in SOURCE_TYPES for forms, words in (((), 20), (("list", "code"), 76), (("table",), 1010))]
    choices = [
        draw(get_prompts(name), share, Ticket(f"{shape}{number}", number % 3, name), shape, language)
        for name in ("varied_v1", "question_v1")
        for share in shares
        for shape in shapes
        for number, language in enumerate(("en", "de", "xx", "und", "", "zh") * 5)
    ]
    return [(choice, choice.build("PASSAGE"), choice.complete("Do it"), choice.complete("Is it?")) for choice in choices]


def _candidate_rows() -> list[dict[str, Any]]:
    shown = [PASSAGE, f"{PASSAGE} {'many words ' * 80}", "BUBBLENET-FAIL", GERMAN]
    return [
        {
            "request_id": f"{number}{text[:9]}",
            "segment_id": text[:9],
            "sample_index": number,
            "text": text,
            "language": "de" if text is GERMAN else "en",
            "origin": "generated",
        }
        for text in shown
        for number in range(6)
    ]


def _measured() -> Any:
    """Proposals of the scripted engine, and passages by themselves."""
    proposed = Backtranslate(SPEC, Backtranslation(max_passage_tokens=64))(_candidate_rows())
    alone = MeasurePassage(SPEC, Scoring(max_passage_tokens=64))(_candidate_rows()[::3])
    names = ("kept", "reason", "instruction", "instruction_id", "raw_output", "prompt_tokens", "output_tokens", "status")
    return [[row.get(name) for name in names] for _, row in proposed], [row for _, row in alone]


def _questions() -> list[dict[str, Any]]:
    usual = {"segment_id": "s", "text": PASSAGE, "language": "en", "sample_index": 1, "style": "question", "closing": None}
    return [usual | {"question": text, "asked_instruction": text} for text in TEXTS[:12]]


def _pairs() -> list[dict[str, Any]]:
    closing = "Answer with a list."
    asked = [
        ("How are packages installed?", None),
        (f"How are packages installed? {closing}", closing),
        (COPIED, None),
        ("BUBBLENET-FAIL", None),
        ("Wie geht es?", None),
    ]
    known = {
        "passage_log_likelihood": -40.5,
        "passage_token_log_likelihoods": [-1.5] * 27,
        "reverse_gain": 0.4,
        "ranking_log_likelihood": -7.0,
        "ranking_num_tokens": 4,
    }
    pairs = [
        {"request_id": f"{number}", "instruction": text, "closing": end, "text": passage}
        for passage in (PASSAGE, GERMAN)
        for number, (text, end) in enumerate(asked)
    ]
    beside = [[GERMAN, "Mirrors and packages."], [], [PASSAGE, "BUBBLENET-FAIL"], [GERMAN]]
    rows = [pair | known | {"request_id": f"r{place}", "neighbours": beside[place % 4]} for place, pair in enumerate(pairs)]
    lengths = {text: len(text.split()) for text in (PASSAGE, GERMAN)}
    rows = [row | {"passage_token_log_likelihoods": [-1.5 - 0.01 * place for place in range(lengths[row["text"]])]} for row in rows]
    rows[-1] |= {"reverse_gain": None}
    return rows


def _signals() -> Any:
    """Every mode that asks a model; what the words alone say has a version of its own."""
    modes = ("reverse_gain", "likelihood", "contrast", "five_level_v1", "additive_v1", "rationale_v1")
    of_words = set(text_contrast("a", "b", []))
    found = [row for mode in modes for _, row in MeasurePair(SPEC, Scoring(max_passage_tokens=64, rationale_tokens=20), mode)(_pairs())]
    return [row | {"signals": {name: value for name, value in (row["signals"] or {}).items() if name not in of_words}} for row in found]


def _text_signals() -> Any:
    responses = [
        PASSAGE,
        GERMAN,
        "",
        "I think my packages are fine. Thanks in advance! Click here. This site uses cookies.\nShort line\n* item\n* item",
        "```\ncode\n```\nends without",
        "1. one\n2. two",
        "Ends whole.",
        "Der Cache kann geleert werden, wenn der Platz auf der Platte f\u00fcr neue Archive nicht mehr ausreicht.",
        PASSAGE * 4,
    ]
    asked = [
        "How are packages installed?",
        COPIED,
        "",
        "Why are the archives of near mirrors fetched faster than others are?",
        "cache archives\uff1f",
        "Warum werden die Pakete mit Werkzeugen installiert, die es auch anders k\u00f6nnen?",
    ]
    pairs = [(one, response) for one in asked for response in responses]
    contrasts = [text_contrast(one, response, responses[:number]) for number, (one, response) in enumerate(pairs[:8])]
    return [text_signals(*pair) for pair in pairs], contrasts, [likeness(*pair) for pair in pairs]


def _figures() -> Any:
    """What a fit tells of itself, on pairs whose labels two signals nearly tell. Its settings are given: to choose them takes seconds."""
    from bubblenet.judging import fitting

    draw = np.random.Generator(np.random.PCG64(3))
    labels = [number % 2 for number in range(96)]
    signals = [
        {"bm25": float(label + draw.normal(0, 0.8)), "copied_share": float(draw.random() - 0.3 * label), "asks": 1.0} for label in labels
    ]
    table = fitting.SignalTable(signals, labels, [f"page{number // 16}" for number in range(96)], ["generated"] * 96, {})
    with mock.patch.object(fitting, "best_settings", return_value=(2, 3.0)):
        model = fitting.fit(table, ["bm25", "copied_share", "asks"], {5: 0.9, 4: 0.75})
    return model.data, model.figures, model.thresholds


def _compared() -> Any:
    return comparison("Q?", "First.", "Second."), LABELS


def _form() -> Any:
    return [form_signals(text, response) for text in [*RAW, *TEXTS] for response in (PASSAGE, GERMAN, "The cache of archives\nMirror")]


_FAULTS = "bubblenet.judging.faults"
GATE_PLANTS = {
    "empty": Plant(_FAULTS, "return not candidate.words", "return not candidate.instruction"),
    "unfinished": Plant(_FAULTS, "return not candidate.is_finished and not", "return not candidate.is_finished or not"),
    "prompt_echo": Plant(_FAULTS, "SYSTEM_PROMPT.fullmatch(text)", "SYSTEM_PROMPT.search(text)"),
    "passage_copy": Plant(_FAULTS, "max(1, OWN_SHARE", "max(2, OWN_SHARE"),
    "refusal": Plant(_FAULTS, "REFUSAL.match(", "REFUSAL.fullmatch("),
    "wrong_language": Plant(_FAULTS, "or found.confidence < limit", "or found.confidence < 2"),
    "degenerate_repetition": Plant(_FAULTS, "if longest >= (repeats - 1) * size", "if longest >= repeats * size"),
    "cleaning": Plant("bubblenet.judging.cleaning", "text = answered[1]", "text = text"),
}
"""A change in each gate, and in the cleaning, that the golden input shows."""

JUDGING = [
    Component(
        "GATES_VERSION",
        "bubblenet.judging.gates",
        _gated,
        "extract, backtranslate, paraphrase: every candidate is asked for and gated again; score/cycle",
        GATE_PLANTS["cleaning"],
    ),
    Component(
        "DRAW_VERSION",
        "bubblenet.prompts.drawing",
        _drawn,
        "backtranslate: every candidate is asked for again",
        Plant("bubblenet.prompts.drawing", "-(-shape.num_words // _WORDS_STEP)", "(shape.num_words // _WORDS_STEP)"),
    ),
    Component(
        "MEASURING_VERSION",
        "bubblenet.judging.measure",
        _measured,
        "backtranslate and score/passage",
        Plant("bubblenet.judging.measure", "choice.opening + answer.text,", "answer.text,"),
        ("DRAW_VERSION", "GATES_VERSION"),
    ),
    Component(
        "TAKING_VERSION",
        "bubblenet.udfs.instructions",
        lambda: [row for _, row in TakeQuestion()(_questions())],
        "extract",
        Plant("bubblenet.udfs.instructions", '"origin": "extracted"', '"origin": "stated"'),
        ("GATES_VERSION",),
    ),
    Component(
        "KEEPING_VERSION",
        "bubblenet.udfs.instructions",
        lambda: [row for _, row in KeepAsked("en")(_questions())],
        "backtranslate/cross_lingual",
        Plant("bubblenet.udfs.instructions", '"origin": "cross_lingual", "asked_language": self.language', '"origin": "cross_lingual"'),
        ("GATES_VERSION",),
    ),
    Component(
        "SIGNALS_VERSION",
        "bubblenet.judging.declaration",
        _signals,
        "score: every mode that asks a model, for every pair",
        Plant("bubblenet.judging.likelihood", '"end": 0.0 if end is None else max(end, MIN_END)', '"end": 0.0'),
    ),
    Component(
        "TEXT_SIGNALS_VERSION",
        "bubblenet.judging.text_signals",
        _text_signals,
        "score/text, score/contrast and score/cycle",
        Plant("bubblenet.judging.text_signals", "for line in lines[-4:]) > 1", "for line in lines[-4:]) > 2"),
    ),
    Component(
        "FORM_VERSION",
        "bubblenet.judging.form",
        _form,
        "score/text",
        Plant("bubblenet.judging.form", "first in _OPENERS", "first not in _OPENERS"),
    ),
    Component(
        "FIGURES_VERSION",
        "bubblenet.judging.calibration",
        _figures,
        "the calibrations of trained judges in rounds, which are fitted again",
        digits=2,
        plant=Plant("bubblenet.judging.fitting", "wilson_bound(share, count) >= precision", "share >= precision"),
    ),
    Component(
        "COMPARISON_VERSION",
        "bubblenet.prompts.comparison",
        _compared,
        "assess/comparison: every pair of answers",
        Plant("bubblenet.prompts.comparison", 'assistant_prefix="Answer:"', 'assistant_prefix="Answer: "'),
    ),
]

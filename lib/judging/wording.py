"""The words and phrases by which the gates know what small models write when they should write an instruction."""

from __future__ import annotations

import re


def word_set(text: str) -> frozenset[str]:
    """Words between spaces."""
    return frozenset(text.split())


PROMPT_ECHO = re.compile(
    r"write (?:one|a|an) question|question that (?:this|the) (?:text|passage)|(?:text|passage) (?:answers|that answers)|you are a helpful"
    r"|\bsmollm\b|hugging face|which level, 1 to 5",
    re.IGNORECASE,
)

_THING = (
    r"(?:text|passage|paragraph|article|excerpt|document|question|sentence|section|statement|author|writer|content|prompt"
    r"|information provided)"
)
TASK_TALK = re.compile(
    rf"\b(?:this|the|that|given|above|following|provided) (?:given |above |following |provided )?{_THING}s?\b"
    rf"|\b(?:in|of|from|by|to) (?:this|the above|the following) {_THING}"
    r"|\bmain (?:idea|topic|point|theme|message)\b|\b(?:answers? (?:to|the) (?:this|the) question)|\baccording to the\b"
    r"|\binformation (?:above|provided|given)\b|\b(?:these|your|concise|correct) answers?\b|\bthe answer to\b|\byour (?:own )?question\b"
    r"|\b(?:would|do) you (?:like|want|need) (?:to|me to) (?:know|learn|help|ask)\b"
    r"|\bi(?:'m| am) here to help\b|\bhelp you (?:with|today)\b"
    r"|\bi(?:'ll| will|'d| would| can) (?:be happy|like|love|answer|help|explain|provide)\b"
    r"|^(?:let's|this text|yes|no|sure|here)\b"
    r"|\bcan you (?:summarize|rephrase|rewrite|provide an answer)|\bthe answer is\b",
    re.IGNORECASE,
)

REFUSAL = re.compile(
    r"\b(?:as an ai\b|i(?:'m| am) (?:sorry|unable|not able|just an? )|i (?:cannot|can't|can not) (?:answer|help|assist|provide|write|do)"
    r"|i apologi[sz]e|language model|unable to (?:answer|assist|comply))",
    re.IGNORECASE,
)

# A sentence that begins with one of these asks for something. English only.
IMPERATIVES = word_set(
    "analyze build calculate choose classify compare compose compute configure convert create define demonstrate derive describe "
    "design determine develop discuss draft edit evaluate explain find fix generate give help how identify illustrate implement "
    "install list make name outline plan prepare prove provide recommend rewrite set show solve state suggest summarize teach tell "
    "translate use walk what when where which who why write "
)

# Words without substance: a question made of nothing else would fit any text. English only.
FILLER = word_set(
    "a about an and answer any are be best can correct described did different discussed do does example examples explain "
    "explained following for give happened happening happens how i idea important in is it its main me mean means meant mentioned "
    "more most of on one or please point purpose question say says significance some something specific subject tell that the "
    "their there these they thing things this those to topic true us used was we were what when where which who why will with "
    "would you your "
)

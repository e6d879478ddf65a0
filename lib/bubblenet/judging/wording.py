"""Word lists of the gates and of the signals of form: what models write when they should write an instruction."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files


def word_set(text: str) -> frozenset[str]:
    """The words of a string, separated by spaces."""
    return frozenset(text.split())


_NOUN = r"(?:text|passage|guide|reference|example|page)"
_ASKED = r"(?:questions?|requests?|instructions?|search quer(?:y|ies))"
# The requests of bubblenet.prompts, and what small models make of them.
PROMPT_ECHO = re.compile(
    rf"\bwrite (?:one|a|an|the|your|another) {_ASKED}(?: in \w+)? (?:that|which|to which)(?: is answered)?"
    rf" (?:by )?(?:this|the|your) (?:\w+ )?{_NOUN}\b|\b{_ASKED} (?:that|which) (?:this|the|your) (?:\w+ )?{_NOUN} (?:above )?answers?\b"
    rf"|\bwhat (?:question|request) does (?:this|the) {_NOUN} answer\b",
    re.IGNORECASE,
)

# A whole output of it: people begin their own instructions like that, and go on.
SYSTEM_PROMPT = re.compile(
    r"(?:you are [^.?!\n]{1,60}[.!]\s+)?you are (?:an? )?(?:helpful|\w+, created by)[^.?!\n]{0,120}[.?!]?", re.IGNORECASE
)

# Documentation can be about "the document" and "the section", but not about "this document", and hardly ever about "the text".
_THING = (
    r"(?:text|passage|paragraph|article|excerpt|document|question|sentence|section|statement|author|writer|content|prompt|guide|reference"
    r"|information provided)"
)
_TEXT = r"(?:text|passage|paragraph|article|excerpt|question|sentence|author|writer|prompt|information provided)"
TASK_TALK = re.compile(
    rf"\b(?:this|given|above|following|provided) (?:given |above |following |provided )?{_THING}s?\b"
    rf"|\b(?:the|that) (?:given |above |following |provided )?{_TEXT}s?\b"
    r"|\b(?:above|following|given|provided) (?:code|request|instructions?)\b"
    rf"|\b(?:in|of|from|by|to) (?:this|the above|the following) {_THING}"
    r"|\bmain (?:idea|topic|point|theme|message)\b|\b(?:answers? (?:to|the) (?:this|the) question)|\baccording to the\b"
    r"|\binformation (?:above|provided|given)\b|\b(?:these|your|concise|correct) answers?\b|\bthe answer to\b|\byour (?:own )?question\b"
    r"|\b(?:would|do) you (?:like|want|need) (?:to|me to) (?:know|learn|help|ask)\b"
    r"|\bi(?:'m| am) here to help\b|\bhelp you (?:with|today)\b"
    r"|\bi(?:'ll| will|'d| would| can) (?:be happy|like|love|answer|help|explain|provide)\b"
    r"|^(?:let's|this text|yes|no|sure|here)\b"
    r"|\bcan you (?:summarize|rephrase|rewrite|provide an answer)|\bthe answer is\b"
    r"|\bdiese[rsnm]? (?:text|abschnitt|artikel|frage)|\bim text\b|\bce(?:t|tte)? (?:texte|passage|article|question)\b|\ble texte\b"
    r"|\best[ea] (?:texto|pasaje|art[i\u00ed]culo|artigo|pregunta|pergunta)\b|\bel texto\b|\bquest[oa] (?:testo|articolo|domanda)\b"
    r"|\b(?:puis-je|kann ich) (?:vous aider|ihnen helfen)\b|\bpuedo ayudar",
    re.IGNORECASE,
)


def _refusals() -> re.Pattern[str]:
    data = tomllib.loads(files("bubblenet.judging").joinpath("refusals.toml").read_text("utf-8"))
    patterns = [pattern for of_language in data["patterns"].values() for pattern in of_language]
    for name, part in data["parts"].items():
        patterns = [pattern.replace(f"{{{name}}}", part) for pattern in patterns]
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


REFUSAL = _refusals()

# First words of imperative sentences.
IMPERATIVES = {
    "en": word_set(
        "analyze build calculate choose classify compare compose compute configure convert create define demonstrate derive describe "
        "design determine develop discuss draft edit evaluate explain find fix generate give help identify illustrate implement "
        "install list make name outline plan prepare prove provide recommend rewrite set show solve state suggest summarize teach tell "
        "translate use walk write"
    ),
    "de": word_set(
        "beschreibe beschreiben erkl\u00e4re erkl\u00e4ren erl\u00e4utere fasse gib nenne schreibe vergleiche zeige zeigen z\u00e4hle"
    ),
    "fr": word_set(
        "d\u00e9cris d\u00e9crivez donne donnez \u00e9cris \u00e9crivez explique expliquez indiquez liste listez montre montrez "
        "r\u00e9sumez"
    ),
    "es": word_set("compara da describa describe enumera escribe explica explique indica lista muestra muestre resume"),
    "pt": word_set("compare d\u00ea descreva enumere escreva explica explique indique liste mostra mostre resuma"),
    "it": word_set("confronta dai descrivi descrivere elenca indica mostra riassumi scrivi spiega spiegare"),
}

# First words of questions, even of those without a question mark.
QUESTION_WORDS = {
    "en": word_set("can how what when where which who why"),
    "de": word_set("kann wann warum was welche welcher welches wer wie wieso wo woher wozu"),
    "fr": word_set("combien comment o\u00f9 pourquoi quand que quel quelle quelles quels qu'est qui quoi"),
    "es": word_set("c\u00f3mo cu\u00e1l cu\u00e1les cu\u00e1ndo d\u00f3nde por qu\u00e9 qui\u00e9n"),
    "pt": word_set("como onde o por porque qual quais quando que quem"),
    "it": word_set("che chi come cos'\u00e8 cosa dove perch\u00e9 quale quali quando"),
}

# With these two words a sentence begins in English and in no other language with word lists.
ENGLISH_OPENERS = word_set("describe explain how what when where which who why write") - IMPERATIVES["es"]
ENGLISH_SECOND_WORDS = word_set(
    "a an are can could did do does has have how i in is it kind many much of one should the there these this to type was were what why "
    "will with would you"
)
POLITE = word_set("please bitte por favor per")

# Words without content: a question made only of these would fit any text. English only.
FILLER = word_set(
    "a about an and answer any are be best can correct described did different discussed do does example examples explain "
    "explained following for give happened happening happens how i idea important in is it its main me mean means meant mentioned "
    "more most of on one or please point purpose question say says significance some something specific subject tell that the "
    "their there these they thing things this those to topic true us used was we were what when where which who why will with "
    "would you your "
)

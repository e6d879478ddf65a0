"""Classification of headings: section numbers, questions, navigation, all capitals."""

from __future__ import annotations

import re

from bubblenet.corpus.similarity.shingles import has_unspaced_script

HEADINGS_VERSION = 3

MAX_QUESTION_CHARACTERS = 300

QUESTION_MARKS = ("?", "\uff1f", "\u061f")
"""Of Latin, CJK and Arabic text. The Greek one is a semicolon."""

MIN_SHOUTED_LETTERS = 10
"""Shorter words in capitals are acronyms (HTTPS, DNSSEC), not shouting."""

MIN_QUESTION_CHARACTERS = 8
MIN_UNSPACED_QUESTION = 5
"""In characters of scripts without spaces."""

_GREEK, _HANGUL = re.compile("[\u0370-\u03ff\u1f00-\u1fff]"), re.compile("[\uac00-\ud7a3]")
_NUMBER = re.compile(
    r"^\s*(?:(?:chapter|section|question|frage|pregunta|pergunta|domanda|appendix|part|kapitel|chapitre|cap[i\u00ed]tulo)\s+)?"
    r"(?:(?:\d{1,3}\.)+\d{0,3}[.):]?|\d{1,3}[.):]|[A-Z]\.(?:\d{1,3}\.?)*|[QA]?\d{0,3}:|Q\d{1,3}(?=.*\?$))(?=\s+\S)\s+",
    re.IGNORECASE,
)
_OPTIONAL_WORDS = re.compile(r"(?:^|\s)\?[^\s?](?:[^?]*[^\s?])?\?$")
"""The end of a synopsis: Tcl's manual writes `lsort ?options? list` for words that may be left out. French has a space before the mark."""

_OPENERS = re.compile(
    r"(?:how|what|why|when|where|which|who|whose|whom|is|are|was|were|do|does|did|can|could|should|would|will|may|must|has|have|am)\b",
    re.IGNORECASE,
)
_ASKING = re.compile(
    r"(?:how (?:do|does|did|can|could|should|would|will|is|are|much|many|long|often|to)|"
    r"(?:what|why|when|where|who|which(?: \w+)?) (?:is|are|was|were|do|does|did|can|could|should|would|will|happens)|"
    r"(?:can|could|should|do|does|did|is|are|may|must|will) (?:i|we|you|it|there|my)\b)",
    re.IGNORECASE,
)
_NAVIGATION = re.compile(
    r"(?:site |main |page |quick )?(?:navigation|menu|sitemap|site map|search|contents?|table of contents|toc|on this page|index)"
    r"|(?:quick|related|useful|external|footer) links?|links|advertise(?:ment|ments|ing)?|sponsored(?: content| links?)?"
    r"|(?:related|recent|popular|latest|similar|more|further|other) (?:articles?|posts?|news|stories|topics|content|pages?|comments?)"
    r"|(?:leave a |post a |write a )?(?:comments?|reply|replies)|\d+ (?:comments?|replies|responses|thoughts on .*)"
    r"|(?:sign up (?:for|to) .*|.*newsletter.*|subscribe.*|follow us.*|share(?: this.*)?|social(?: media)?|stay connected)"
    r"|(?:forums?|log ?in|sign in|register|my account|cookies?(?: policy| settings)?|privacy(?: policy)?|tags?|categories|archives?|meta"
    r"|about the author|contact(?: us)?|copyright|legal notice|imprint|impressum)"
    r"|kommentare?|(?:letzte|neueste) kommentare|suche|inhaltsverzeichnis|navigation\w*|kontakt|mehr zum thema|zum thema|am meisten gelesen"
    r"|(?:das k\u00f6nnte|lesen sie auch|auch interessant|schreibe? einen kommentar|teilen).*"
    r"|(?:weitere|\u00e4hnliche|neueste|beliebte|verwandte) (?:artikel|beitr\u00e4ge|nachrichten|themen|meldungen|links)"
    r"|(?:art\u00edculos|noticias|contenidos) relacionad[oa]s|te puede interesar.*|comentarios|articles (?:similaires|connexes)"
    r"|\u00e0 lire aussi|commentaires|articoli correlati|commenti|zobacz (?:tak\u017ce|te\u017c).*|polecamy|podobne .*"
    r"|komentarze|\u70ed\u95e8\u63a8\u8350",
    re.IGNORECASE,
)


_SUBJECTS = re.compile(
    r"(?:navigation|menu|search|contents?|index|links|comments?|repl(?:y|ies)|share|forums?|register|cookies|tags?|categories|archives?|meta|copyright|"
    r"social media|kommentare?|suche|kontakt|comentarios|commentaires|commenti|komentarze)",
    re.IGNORECASE,
)


def strip_number(heading: str) -> str:
    """Remove the leading section number of a heading: `4.2.1. Partitions` becomes `Partitions`."""
    return _NUMBER.sub("", heading, count=1).strip()


def is_question(heading: str) -> bool:
    """Whether a heading without number is a question: it ends with a question mark, or is worded as an English question.

    `How to ...` counts if something follows; `What's new` does not, nor does a synopsis with optional words in question marks.
    """
    if not _is_long_enough(heading) or _OPTIONAL_WORDS.search(heading):
        return False
    said = heading.rstrip(" \"'\u201d\u2019)\u300d\u300f")
    if said.endswith(QUESTION_MARKS) or (said.endswith(";") and _GREEK.search(said)):
        return True
    return bool(_OPENERS.match(heading) and _ASKING.match(heading))


def _is_long_enough(heading: str) -> bool:
    """At least three words and 8 characters; Korean words are longer, and words in scripts without spaces are not counted."""
    if len(heading) > MAX_QUESTION_CHARACTERS:
        return False
    if has_unspaced_script(heading):
        return len(heading) >= MIN_UNSPACED_QUESTION
    return len(heading) >= MIN_QUESTION_CHARACTERS and len(heading.split()) >= (2 if _HANGUL.search(heading) else 3)


def is_navigation(heading: str) -> bool:
    """Whether a heading names boilerplate: navigation, advertising, forum, newsletter, quick links.

    Source of the categories: Li et al. 2023 (arXiv:2308.06259), appendix on web segments.
    """
    return bool(_NAVIGATION.fullmatch(heading.strip(" :.!>\u00bb\u2026")))


def may_be_subject(heading: str) -> bool:
    """Whether a heading that names boilerplate may as well name what a text is about: comments in a language, tags of a format."""
    return bool(_SUBJECTS.fullmatch(heading.strip(" :.")))


def is_all_capitals(heading: str) -> bool:
    """Whether a heading is in all capitals. Source: Li et al. 2023 (arXiv:2308.06259), appendix on web segments."""
    return heading.isupper() and sum(map(str.isupper, heading)) >= MIN_SHOUTED_LETTERS

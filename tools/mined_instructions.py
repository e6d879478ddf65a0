"""Instructions made of headings, and instructions made wrong, for training a reader (tools/mine_pairs.py). Pure functions of text.

A heading that asks is an instruction as it is. One that names a task ("Installing the server", "How to install it", "Install it",
"Installer le serveur") becomes a question, an order or a bare statement, drawn with fixed random numbers; one that names a thing becomes a
request to explain it. In man pages the name of the section says what is asked about the command.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence

MAX_WORDS = 14
_GERUNDS = {
    "accessing": "access", "adding": "add", "adjusting": "adjust", "applying": "apply", "assigning": "assign", "backing": "back",
    "booting": "boot", "building": "build", "calling": "call", "changing": "change", "checking": "check", "choosing": "choose",
    "closing": "close", "combining": "combine", "compiling": "compile", "computing": "compute", "configuring": "configure",
    "connecting": "connect", "controlling": "control", "converting": "convert", "copying": "copy", "creating": "create",
    "customizing": "customize", "debugging": "debug", "defining": "define", "deleting": "delete", "disabling": "disable",
    "displaying": "display", "downloading": "download", "drawing": "draw", "editing": "edit", "enabling": "enable", "entering": "enter",
    "exporting": "export", "filtering": "filter", "finding": "find", "formatting": "format", "generating": "generate",
    "getting": "get", "handling": "handle", "hiding": "hide", "importing": "import", "inserting": "insert", "installing": "install",
    "limiting": "limit", "listing": "list", "loading": "load", "making": "make", "managing": "manage", "mounting": "mount",
    "moving": "move", "opening": "open", "passing": "pass", "performing": "perform", "preparing": "prepare", "printing": "print",
    "reading": "read", "recording": "record", "removing": "remove", "renaming": "rename", "repairing": "repair",
    "replacing": "replace", "reporting": "report", "restoring": "restore", "running": "run", "saving": "save",
    "searching": "search", "securing": "secure", "selecting": "select", "sending": "send", "setting": "set", "sharing": "share",
    "showing": "show", "sorting": "sort", "specifying": "specify", "starting": "start", "stopping": "stop", "storing": "store",
    "testing": "test", "transferring": "transfer", "tuning": "tune", "updating": "update", "upgrading": "upgrade", "using": "use",
    "verifying": "verify", "viewing": "view", "working": "work", "writing": "write",
}  # fmt: skip
_VERBS = frozenset(_GERUNDS.values()) - {"access", "work", "format", "test", "set", "back", "filter", "list", "search", "sort", "report"}
_OPPOSITES = (
    ("enable", "disable"), ("install", "remove"), ("add", "delete"), ("start", "stop"), ("import", "export"), ("open", "close"),
    ("show", "hide"), ("create", "delete"), ("connect", "disconnect"), ("client", "server"), ("local", "remote"), ("input", "output"),
    ("read", "write"), ("mount", "unmount"), ("send", "receive"), ("encrypt", "decrypt"), ("backup", "restore"),
    ("upgrade", "downgrade"), ("allow", "forbid"), ("left", "right"), ("before", "after"), ("first", "last"), ("with", "without"),
)  # fmt: skip
_DULL = re.compile(
    r"(?i)^(?:(?:the )?(?:introduction|overview|notes?|summary|description|see also|examples?|warning|caution|tips?|references?|index"
    r"|contents|table of contents|preface|foreword|conclusions?|credits|authors?|copyright|licen[cs]e|change ?log|changes"
    r"|misc(?:ellaneous)?|general|details|background|basics|others?|features|usage|synopsis|name|options|parameters|arguments"
    r"|returns?|important|general information|more information|further reading|acknowledge?ments|einleitung|einf\u00fchrung|\u00fcbersicht"
    r"|hinweise?|beispiele?|introducci\u00f3n|descripci\u00f3n|ejemplos?|notas?|resumen|exemples?|remarques?|aper\u00e7u"
    r"|beschreibung|siehe auch|voir aussi)"
    r"|version .*|appendix.*|chapter.*|part .*|release .*|[\W\d_]*|v?\d.*)$"
)
_NUMBERED = re.compile(r"^(?:[\dA-Z]{1,3}(?:\.\d+)*[.)]?\s+(?=\S{2}))+|[\u00b6#:\s]+$")

FORMS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "en": {
        "task": (
            "How do I {}?", "How can I {}?", "How to {}", "Explain how to {}.", "Describe how to {}.", "Show me how to {}.",
            "I want to {}. What do I have to do?", "Give instructions to {}.", "What is the way to {}?", "how to {}?",
        ),
        "doing": ("Explain {}.", "What should I know about {}?", "Write a short guide to {}.", "{}"),
        "thing": (
            "What is {}?", "Explain {}.", "Tell me about {}.", "Describe {}.", "What should I know about {}?", "How does {} work?",
            "Write a short text about {}.", "I need information about {}.", "{}", "What can you tell me about {}?",
        ),
        "clause": ("Explain {}.", "Tell me {}.", "I would like to know {}.", "Describe {}."),
        "things": ("Explain {}.", "Tell me about {}.", "Describe {}.", "What should I know about {}?", "What are {}?", "{}"),
    },
    "de": {
        "task": (
            "Wie kann ich {}?", "Erkl\u00e4re, wie man {} kann.", "Wie l\u00e4sst sich das machen: {}?",
            "Ich m\u00f6chte {}. Was muss ich tun?",
        ),
        "thing": ("Erkl\u00e4re das Thema {}.", "Was muss ich \u00fcber {} wissen?", "Beschreibe {}.", "Was bedeutet {}?", "{}"),
    },
    "es": {
        "task": (
            "\u00bfC\u00f3mo puedo {}?", "Explica c\u00f3mo {}.", "Quiero {}. \u00bfQu\u00e9 tengo que hacer?",
            "\u00bfC\u00f3mo se puede {}?",
        ),
        "thing": ("Explica qu\u00e9 es {}.", "\u00bfQu\u00e9 debo saber sobre {}?", "Describe {}.", "\u00bfC\u00f3mo funciona {}?", "{}"),
    },
    "fr": {
        "task": ("Comment {} ?", "Explique comment {}.", "Je voudrais {}. Que faut-il faire ?", "Comment puis-je {} ?"),
        "thing": ("Explique {}.", "Que faut-il savoir sur {} ?", "D\u00e9cris {}.", "Comment fonctionne {} ?", "{}"),
    },
}  # fmt: skip
_OF_MAN_PAGE: Mapping[str, Sequence[str]] = {
    "name": ("What is {}?", "What does {} do?"),
    "description": ("What does {} do?", "How does {} work?", "Explain what {} is for."),
    "options": ("Which options does {} take?", "List the options of {}.", "Explain the command line options of {}."),
    "examples": ("Show me examples of {}.", "Give examples of how {} is used.", "How is {} used in practice?"),
    "files": ("Which files does {} use?",),
    "exit status": ("Which exit codes does {} return?", "What does the exit status of {} mean?"),
    "environment": ("Which environment variables does {} read?",),
    "bugs": ("What are known problems of {}?", "Does {} have known bugs?"),
    "security": ("What must I know about security when I use {}?",),
    "diagnostics": ("What do the messages of {} mean?", "Where does {} report problems?"),
}
_MAN_WORD = re.compile(r"^([a-z][\w.+-]*)\s?\(?[1-8]?[a-z]*\)?(?: - .*)?$")
_INFINITIVE = {
    "de": re.compile(r"\b[a-z\u00e4\u00f6\u00fc]+(?:en|ern|eln)$"),
    "es": re.compile(r"^\w+(?:ar|er|ir)(?:se)?\b"),
    "fr": re.compile(r"^\w+(?:er|ir|re)\b"),
}
GENERIC = (
    "What is this about?", "Can you explain this?", "Tell me more.", "What should I know about this topic?", "How does it work?",
    "Give me some information.", "What are the most important points?", "Explain the concept in simple words.", "Why is it important?",
    "What is the purpose of this?", "How can I use this?", "What is the best way to do it?",
)  # fmt: skip
ABOUT_THE_TEXT = (
    "What does the author say about {}?", "Summarize the passage about {}.", "What is the main idea of the text on {}?",
    "According to the section above, what is {}?", "Write a question about {} that the passage answers.",
    "What does the following paragraph explain about {}?",
)  # fmt: skip
FOREIGN = {
    "en": (
        "Wie kann ich {0} und {1} einstellen?", "\u00bfC\u00f3mo se usa {0} con {1}?", "Comment utiliser {0} avec {1} ?", "Was ist {0}?",
        "Qu'est-ce que {0} ?",
    ),
    "de": ("How do I use {0} with {1}?", "What is {0}?", "Comment utiliser {0} ?"),
    "es": ("How do I use {0} with {1}?", "What is {0}?", "Was ist {0}?"),
    "fr": ("How do I use {0} with {1}?", "What is {0}?", "\u00bfQu\u00e9 es {0}?"),
}  # fmt: skip
MENTIONS = (
    "What is {}?", "What is the purpose of {}?", "What is the role of {}?", "How do I use {}?", "Explain {}.", "How does {} work?",
    "What are the benefits of {}?", "Why is {} important?",
)  # fmt: skip


def plain_heading(heading: str) -> str:
    """The heading without numbers before it and signs behind it."""
    return _NUMBERED.sub("", " ".join(heading.split())).strip()


def is_usable(heading: str) -> bool:
    """Whether a heading says by itself what its section is about."""
    words = heading.split()
    return 1 <= len(words) <= MAX_WORDS and len(heading) >= 4 and not _DULL.match(heading) and any(letter.isalpha() for letter in heading)


def with_topic(heading: str, topic: str, draw: random.Random) -> str:
    """A heading of one or two words with the page's own behind it, in two of three draws: alone it would fit many pages."""
    is_short = len(heading.split()) <= 2 and is_usable(topic) and len(topic.split()) <= 5 and topic.lower() not in heading.lower()
    return f"{heading} in {topic}" if is_short and not heading.endswith("?") and draw.random() < 2 / 3 else heading


def instructions(heading: str, language: str, text: str, draw: random.Random, number: int = 1) -> list[str]:
    """So many different instructions for a usable heading, in forms that are drawn. text: of the passage, for its capitals."""
    if heading.endswith("?"):
        return [heading, *_of_question(heading, draw)][:number] if draw.random() < 0.7 else [*_of_question(heading, draw), heading][:number]
    kind, words = _kind(heading, language, text)
    forms = list(FORMS[language].get(kind) or FORMS[language]["thing"])
    draw.shuffle(forms)
    return list(dict.fromkeys(_capital(form.format(words)) for form in forms))[:number]


def of_man_page(title: str, heading: str, draw: random.Random, number: int = 1) -> list[str]:
    """Instructions for a section of a man page; none where the title is no command or the section says nothing of its own."""
    found = _MAN_WORD.match(title.strip())
    forms = list(_OF_MAN_PAGE.get(heading.strip().lower(), ()))
    draw.shuffle(forms)
    return [form.format(found[1]) for form in forms][:number] if found else []


def _of_question(question: str, draw: random.Random) -> list[str]:
    if found := re.match(r"(?i)^how (?:do|can|should) (?:i|we|you) (.+)\?$", question) or re.match(r"(?i)^how to (.+)\?$", question):
        return [draw.choice(FORMS["en"]["task"]).format(found[1])]
    if found := re.match(r"(?i)^what (?:is|are) (.+)\?$", question):
        return [draw.choice(("Explain {}.", "Tell me what {} is.", "Describe {}.")).format(found[1])]
    return []


def _kind(heading: str, language: str, text: str) -> tuple[str, str]:
    first, _, rest = heading.partition(" ")
    if language == "en":
        if found := re.match(r"(?i)^how (?:to|do i|can i) (.+)$", heading):
            return "task", found[1]
        if first.lower() in _GERUNDS and rest:
            return "task", f"{_GERUNDS[first.lower()]} {rest}"
        if first.lower() in _VERBS and rest:
            return "task", f"{first.lower()} {rest}"
        if re.fullmatch(r"[A-Z][a-z]{3,}ing", first) and rest:
            return "doing", heading[0].lower() + heading[1:]
        if re.match(r"(?i)(?:how|what|why|when|where|which|who)\b", heading):
            return "clause", heading[0].lower() + heading[1:]
        head = re.split(r" (?:of|for|in|to|on|with|from|by)\b", heading)[0]
        return "things" if re.search(r"(?i)[^s]s$|\band\b|,", head) else "thing", _lower_first(heading, text)
    is_task = _INFINITIVE[language].search(heading) and rest
    if is_task and language == "de":
        return "task", heading
    return (
        ("task", heading[0].lower() + heading[1:]) if is_task else ("thing", _lower_first(heading, text) if language != "de" else heading)
    )


def _lower_first(heading: str, text: str) -> str:
    """Without the capital of the first word, where the text writes it small or it is an article."""
    first = heading.split()[0]
    small = first[0].lower() + first[1:]
    return small + heading[len(first) :] if first[1:].islower() and re.search(rf"\b{re.escape(small)}\b", text) else heading


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:] if text[:1].islower() and " " in text and not text.startswith("how to") else text


Defect = Callable[[str, str, str, Sequence[str], random.Random], str | None]
"""(true instruction, passage, language, terms of other passages, random numbers) -> a wrong instruction; None where it cannot be made."""


def _truncated(true: str, passage: str, language: str, others: Sequence[str], draw: random.Random) -> str | None:
    words = true.split()
    return " ".join(words[: draw.randint(len(words) // 2, len(words) - 2)]).rstrip("?.,") if len(words) > 5 else None


def _generic(true: str, passage: str, language: str, others: Sequence[str], draw: random.Random) -> str | None:
    return draw.choice(GENERIC) if language == "en" else None


def _about_the_text(true: str, passage: str, language: str, others: Sequence[str], draw: random.Random) -> str | None:
    words = terms(passage)
    return draw.choice(ABOUT_THE_TEXT).format(draw.choice(words)) if language == "en" and words else None


def _garbled(true: str, passage: str, language: str, others: Sequence[str], draw: random.Random) -> str | None:
    words = true.split()
    if len(words) < 4:
        return None
    if draw.random() < 0.5:
        draw.shuffle(words)
        return " ".join(words)
    place = draw.randrange(1, len(words) - 1)
    return " ".join([*words[: place + 1], *words[place - 1 : place + 1], *words[place - 1 : place + 1], *words[place + 1 :]])


def _exchanged(true: str, passage: str, language: str, others: Sequence[str], draw: random.Random) -> str | None:
    """Another number, the opposite of a word, or a term of another passage in place of one of its own."""
    if found := re.search(r"\d+", true):
        return f"{true[: found.start()]}{int(found[0][:6]) + draw.choice((1, 2, 7, 10))}{true[found.end() :]}"
    for one, other in draw.sample(_OPPOSITES, len(_OPPOSITES)):
        for old, new in ((one, other), (other, one)):
            if re.search(rf"(?i)\b{old}\b", true):
                return re.sub(rf"(?i)\b{old}\b", new, true)
    own = [word for word in re.findall(r"[^\W\d_][\w-]{4,}", true) if word.lower() in passage.lower()]
    new_terms = [term for term in others if term.lower() not in passage.lower()]
    return re.sub(rf"\b{re.escape(own[-1])}\b", lambda _: draw.choice(new_terms), true) if own and new_terms else None


def _other_language(true: str, passage: str, language: str, others: Sequence[str], draw: random.Random) -> str | None:
    words = [word for word in re.findall(r"[^\W\d_]{5,}", f"{true} {passage[:400]}")][:6]
    return draw.choice(FOREIGN[language]).format(*draw.sample(words, 2)) if len(words) > 1 else None


def _mention(true: str, passage: str, language: str, others: Sequence[str], draw: random.Random) -> str | None:
    """About a thing that the passage names once, behind its beginning."""
    late = [
        term
        for term in terms(passage[len(passage) // 3 :])
        if passage.lower().count(term.lower()) == 1 and term.lower() not in true.lower()
    ]
    return draw.choice(MENTIONS).format(draw.choice(late)) if language == "en" and late else None


DEFECTS: Mapping[str, Defect] = {
    "exchanged": _exchanged, "mention": _mention, "truncated": _truncated, "generic": _generic, "about_the_text": _about_the_text,
    "garbled": _garbled, "other_language": _other_language,
}  # fmt: skip


def terms(passage: str) -> list[str]:
    """Names and words of code in a text, in its order: words with a capital inside a sentence, between backticks, long ones."""
    found = re.findall(
        r"`([^`\n]{3,30})`|(?<=[a-z,] )([A-Z][\w-]{2,}(?: [A-Z][\w-]+)?)|\b(?:the|a|an) ([a-z][a-z-]{4,}(?: [a-z]{5,})?)\b", passage
    )
    return list(dict.fromkeys(next(filter(None, one)) for one in found))

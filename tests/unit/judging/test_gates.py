"""Each gate objects to what it is for, and to nothing that a careful reader would accept."""

from __future__ import annotations

import pytest

from bubblenet.judging.gates import GATES, clean, gate, versions

PASSAGE = (
    "Debian uses dpkg to install packages. The apt tool resolves dependencies between packages and fetches the files from mirrors "
    "all over the world. Packages that are no longer needed can be removed with apt autoremove."
)

REJECTED = [
    ("empty", "  \n ** \n"),
    ("unfinished", "What happens when the apt tool cannot reach one of its mirrors and the"),
    ("prompt_echo", "Write one question that is answered here"),
    ("prompt_echo", "You are a helpful AI assistant named SmolLM?"),
    ("bare_title", "Debian Package Management Basics"),
    ("passage_copy", "The apt tool resolves dependencies between packages and fetches the files from mirrors all over the world."),
    ("task_talk", "What is the main idea of this text?"),
    ("task_talk", "What does the passage say about apt?"),
    ("task_talk", "What is the answer to this question?"),
    ("task_talk", "What would you like to know?"),
    ("task_talk", "I\u2019m here to help. What can I do with apt today?"),
    ("refusal", "I'm sorry, but I can't assist, who removes packages?"),
    ("wrong_language", "Wie werden Pakete entfernt, die auf meinem Rechner nicht mehr gebraucht werden?"),
    ("not_an_instruction", "Apt removes old things from the disk."),
    ("degenerate_repetition", "What is dpkg and what is dpkg and what is dpkg and what is dpkg?"),
    ("degenerate_repetition", "How many many many many packages?"),
    ("too_short", "Why dpkg?"),
    ("too_long", f"How do {' '.join(f'word{number}' for number in range(90))} work?"),
    ("generic", "What is this about?"),
    ("generic", "Can you give me some examples?"),
]

GOOD = [
    "What is dpkg?",
    "How do I remove packages that are no longer needed?",
    "Can I use apt without a network?",
    "Why does apt fetch files from mirrors all over the world?",
    "Explain how apt resolves dependencies between packages.",
    "Who maintains the mirrors that apt uses?",
    "Which command removes unneeded packages in Debian?",
    "What does the acronym GNU mean in GNU/Linux, Emacs, gcc?",
    "Where do I find pre-compiled Debian packages?",
    "What is the difference between dpkg and apt?",
    "I have several machines; how can I download the updates only one time?",
    "Please list the tools for installing packages.",
    "How can I read documents in PDF format on Debian?",
]


@pytest.mark.parametrize(("reason", "raw_output"), REJECTED)
def test_a_gate_objects_to_its_kind(reason, raw_output):
    is_finished = reason != "unfinished"
    verdict = gate(raw_output, PASSAGE, "en", is_finished)
    assert (verdict.kept, verdict.reason) == (False, reason)


def test_every_gate_is_tried():
    assert {reason for reason, _ in REJECTED} == {one.name for one in GATES}


def test_every_gate_says_what_it_objects_to_and_its_version_counts():
    assert all(one.meaning.endswith(".") for one in GATES)
    assert list(versions()) == ["clean", *(one.name for one in GATES)]
    assert all(version >= 1 for version in versions().values())


@pytest.mark.parametrize("question", GOOD)
def test_good_instructions_pass(question):
    verdict = gate(question, PASSAGE, "en", True)
    assert (verdict.instruction, verdict.kept, verdict.reason) == (question, True, None)


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("de", "Wie entferne ich Pakete, die nicht mehr gebraucht werden?"),
        ("fr", "Comment installer un paquet sans connexion au r\u00e9seau ?"),
    ],
)
def test_a_question_in_the_language_of_its_passage_passes(language, question):
    assert gate(question, "x", language, True).kept


BY_STYLE = [
    ("question", "en", "How do I", "How do I remove packages?", None),
    ("question", "en", "I am trying to", "I am trying to remove packages. How can I do that?", None),
    ("question", "en", "I am trying to", "I am trying to remove packages.", "not_an_instruction"),
    ("question", "en", "", "Explain how packages are removed.", "not_an_instruction"),
    (
        "question",
        "ja",
        "",
        "\u30d1\u30c3\u30b1\u30fc\u30b8\u3092\u524a\u9664\u3059\u308b\u306b\u306f\u3069\u3046\u3059\u308c\u3070\u3088\u3044\u3067\u3059\u304b",
        None,
    ),
    ("command", "en", "Explain how to", "Explain how to remove packages", None),
    ("command", "en", "", "Please describe how packages are removed.", None),
    ("command", "en", "", "Packages are removed by apt.", "not_an_instruction"),
    ("command", "en", "", "How do I remove packages?", "not_an_instruction"),
    ("command", "en", "Explain how", "Explain how the text describes packages.", "task_talk"),
    ("command", "en", "Explain", "Explain the apt tool resolves dependencies between packages and fetches the files", "passage_copy"),
    ("command", "de", "", "Erkl\u00e4re, wie man mit apt Pakete entfernt.", None),
    ("command", "de", "", "Pakete werden mit apt entfernt.", "not_an_instruction"),
    ("command", "fr", "", "D\u00e9crivez comment apt t\u00e9l\u00e9charge les paquets.", None),
    ("command", "es", "", "Explica c\u00f3mo se instalan los paquetes con dpkg y apt (packages).", None),
    ("command", "pt", "", "Os pacotes s\u00e3o removidos com packages.", "not_an_instruction"),
    ("command", "it", "", "Spiega come installare packages con apt.", None),
    ("search_query", "en", "how to", "how to remove packages with apt?", None),
    ("search_query", "en", "how to", "how to remove packages", None),
    ("search_query", "en", "how to", "how to find the text of a package", "task_talk"),
    ("search_query", "en", "", "debian packages", "too_short"),
    ("search_query", "en", "", "Debian Package Management Basics", "bare_title"),
    ("search_query", "en", "how to", f"how to {' '.join(f'remove{number}' for number in range(17))}", "not_an_instruction"),
    ("question", "de", "Wie kann ich", "Wie kann ich Packages entfernen?", None),
    ("question", "de", "", "What is a package?", "wrong_language"),
    ("question", "fr", "Comment puis-je", "Comment puis-je vous aider ?", "task_talk"),
    ("question", "es", "\u00bfC\u00f3mo puedo", "\u00bfC\u00f3mo puedo hacerlo ahora?", "generic"),
]


@pytest.mark.parametrize(("style", "language", "opening", "text", "reason"), BY_STYLE)
def test_each_style_has_its_own_form(style, language, opening, text, reason):
    passage = PASSAGE + " entfernt paquets t\u00e9l\u00e9charge"
    verdict = gate(text, passage, language, True, style=style, opening=opening)
    assert (verdict.kept, verdict.reason) == (reason is None, reason)


@pytest.mark.parametrize(
    ("language", "heading"), [("de", "Wie installiere ich Debian"), ("fr", "Pourquoi choisir Debian"), ("pl", "Jak to dziala")]
)
def test_a_question_from_a_page_needs_no_mark_where_its_first_word_asks(language, heading):
    assert gate(heading, PASSAGE, language, True).reason is None


def test_a_heading_that_asks_nothing_is_no_question_in_any_listed_language():
    assert gate("Die Auswahl der richtigen Werkzeuge", PASSAGE, "de", True).reason == "not_an_instruction"


def test_an_instruction_in_another_language_than_its_passage_need_not_share_its_words():
    question = "Wie werden alte Programme entfernt?"
    assert gate(question, PASSAGE, "de", True, style="question", is_foreign=True).kept
    assert gate(question, PASSAGE, "de", True, style="question").reason == "generic"


def test_what_the_model_was_given_does_not_count_as_copied():
    passage = "Explain how to remove packages from the disk. " + PASSAGE
    assert gate("Explain how to remove packages", passage, "en", True, style="command", opening="Explain how to").kept


@pytest.mark.parametrize(
    ("raw_output", "instruction"),
    [
        ("how to remove packages?", "how to remove packages"),
        ("how to remove packages. It is easy.", "how to remove packages"),
        ("steps to remove apt, steps to remove dpkg, steps to remove", "steps to remove apt"),
        ("how to install apt, dpkg, and debconf", "how to install apt, dpkg, and debconf"),
        ("how to use sources.list in debian 7.1", "how to use sources.list in debian 7.1"),
        ('"how to remove packages",', "how to remove packages"),
        ("Search query: how to remove packages\n\nExplanation: this", "how to remove packages"),
    ],
)
def test_a_search_query_loses_its_marks(raw_output, instruction):
    assert clean(raw_output, "search_query") == instruction


def test_a_line_that_the_model_ended_is_whole():
    assert gate("how to remove packages\nExplanation: this is", PASSAGE, "en", False, style="search_query", opening="how to").kept
    assert gate("how to remove packages from a", PASSAGE, "en", False, style="search_query", opening="how to").reason == "unfinished"


@pytest.mark.parametrize(
    "raw_output",
    [
        "Question: How does dpkg work?",
        '"How does dpkg work?"',
        "1. How does dpkg work?\n2. What is apt?",
        "**Question:** How does dpkg work?",
        "How does dpkg work?\n\nAnswer: it installs packages.",
        "How does dpkg work? It installs packages.",
        "Here is one question:\nHow does dpkg work?",
        'A good one would be: "How does dpkg work?"',
        "  How   does dpkg work?",
    ],
)
def test_cleaning_leaves_the_instruction_alone(raw_output):
    assert clean(raw_output) == "How does dpkg work?"


def test_cleaning_twice_changes_nothing():
    for raw_output in [text for _, text in REJECTED] + GOOD:
        assert clean(clean(raw_output)) == clean(raw_output)


def test_a_whole_question_before_the_cut_is_kept():
    assert gate("How does dpkg work? It installs packages and the", PASSAGE, "en", False).kept

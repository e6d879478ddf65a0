"""Each rule objects to what it is for, and to nothing that a careful reader would accept."""

from __future__ import annotations

import pytest

from bubblenet.judging.gates import RULES, clean, gate

PASSAGE = (
    "Debian uses dpkg to install packages. The apt tool resolves dependencies between packages and fetches the files from mirrors "
    "all over the world. Packages that are no longer needed can be removed with apt autoremove."
)

REJECTED = [
    ("empty", "  \n ** \n"),
    ("unfinished", "What happens when the apt tool cannot reach one of its mirrors and the"),
    ("prompt_echo", "Write one question that is answered here"),
    ("prompt_echo", "You are a helpful AI assistant named SmolLM?"),
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
def test_a_rule_objects_to_its_kind(reason, raw_output):
    is_finished = reason != "unfinished"
    verdict = gate(raw_output, PASSAGE, "en", is_finished)
    assert (verdict.kept, verdict.reason) == (False, reason)


def test_every_rule_is_tried():
    assert {reason for reason, _ in REJECTED} == set(RULES)


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

"""Each gate objects to what it is for, and to nothing that a careful reader would accept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bubblenet.judging.gates import GATES, clean, gate
from tests.benchmarks.gates import model_outputs, planted, read_seeds

PASSAGE = (
    "Debian uses dpkg to install packages. The apt tool resolves dependencies between packages and fetches the files from mirrors "
    "all over the world. Packages that are no longer needed can be removed with apt autoremove."
)
RUSSIAN = (
    "\u041a\u0430\u043a \u0443\u0434\u0430\u043b\u0438\u0442\u044c \u043f\u0430\u043a\u0435\u0442\u044b, "
    "\u043a\u043e\u0442\u043e\u0440\u044b\u0435 \u0431\u043e\u043b\u044c\u0448\u0435 \u043d\u0435 \u043d\u0443\u0436\u043d\u044b "
    "\u043d\u0430 \u043c\u043e\u0435\u043c \u043a\u043e\u043c\u043f\u044c\u044e\u0442\u0435\u0440\u0435?"
)
INSTRUCTIONS = Path(__file__).parents[2] / "data" / "instructions.jsonl"

REJECTED = [
    ("empty", "  \n ** \n"),
    ("unfinished", "What happens when the apt tool cannot reach one of its mirrors and the"),
    ("prompt_echo", "Write one question that this text answers."),
    ("prompt_echo", "Write one question in German that is answered by this text"),
    ("prompt_echo", "What question does this text answer?"),
    ("prompt_echo", "You are a helpful AI assistant named SmolLM, trained by Hugging Face"),
    ("prompt_echo", "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."),
    ("passage_copy", "The apt tool resolves dependencies between packages and fetches the files from mirrors all over the world."),
    ("passage_copy", "Explain the apt tool resolves dependencies between packages and fetches the files"),
    ("refusal", "I'm sorry, but I can't assist, who removes packages?"),
    ("refusal", "Sorry, I am not able to respond."),
    ("refusal", "As an AI language model, I do not have access to packages."),
    ("refusal", "I am unable to answer that."),
    ("refusal", "Es tut mir leid, aber ich kann dazu nichts sagen."),
    ("refusal", "\u5f88\u62b1\u6b49\uff0c\u6211\u65e0\u6cd5\u56de\u7b54\u8fd9\u4e2a\u95ee\u9898\u3002"),
    ("wrong_language", "Wie werden Pakete entfernt, die auf meinem Rechner nicht mehr gebraucht werden?"),
    ("degenerate_repetition", "What is dpkg and what is dpkg and what is dpkg and what is dpkg?"),
    ("degenerate_repetition", "How many many many many packages?"),
]

GOOD = [
    "What is dpkg?",
    "Why dpkg?",
    "What is this about?",
    "How do I remove packages that are no longer needed?",
    "Explain how apt resolves dependencies between packages.",
    "What does the acronym GNU mean in GNU/Linux, Emacs, gcc?",
    "Where do I find pre-compiled Debian packages?",
    "I have several machines; how can I download the updates only one time?",
    "Please list the tools for installing packages.",
    "debian packages",
    "Debian Package Management Basics",
    "A table of the tools, with what each is for.",
    "Summarize the following text in two sentences.",
    "What is the main idea of this text?",
    "I can't install packages without a network. What do I do?",
    "I'm sorry to bother you, but I cannot find the mirror that my machine uses.",
    "Describe what a large language model is.",
    "You are a helpful assistant named Bob who speaks like a pirate. Tell me what apt does.",
    "Write a function that is given two lists.\n- no imports\n- at most ten lines\n- it returns a list",
    'Answer the question "What is a package?" in two words.',
    "Translate into English: Der Hund schl\u00e4ft den ganzen Tag auf dem Sofa und tr\u00e4umt von einem Spaziergang im Wald.",
    "Is this right?\n\n```sh\napt  install   x\n```",
    "Why are these equal: 0 0 0 0 0 0 and 0 0 0 0 0 0?",
    f"Explain {' '.join(f'word{number}' for number in range(300))}.",
]


@pytest.mark.parametrize(("reason", "raw_output"), REJECTED)
def test_a_gate_objects_to_its_kind(reason, raw_output):
    is_finished = reason != "unfinished"
    verdict = gate(raw_output, PASSAGE, "en", is_finished)
    assert (verdict.kept, verdict.reason) == (False, reason)


def test_every_gate_is_tried():
    assert {reason for reason, _ in REJECTED} == {one.name for one in GATES}


def test_every_gate_says_what_it_objects_to():
    assert all(one.meaning.endswith(".") for one in GATES)


@pytest.mark.parametrize("style", [None, "question", "command", "learnt"])
@pytest.mark.parametrize("instruction", GOOD)
def test_what_a_reader_could_accept_passes_as_it_is(instruction, style):
    verdict = gate(instruction, PASSAGE, "en", True, style=style)
    assert (verdict.instruction, verdict.kept, verdict.reason) == (instruction, True, None)


def test_instructions_of_ten_languages_pass_as_they_are():
    written = [json.loads(line) for line in INSTRUCTIONS.read_text(encoding="utf-8").splitlines()]
    verdicts = [(one, gate(one["instruction"], "", one["language"], True, style="command")) for one in written]

    assert len({one["language"] for one in written}) == 10
    assert [(one, verdict) for one, verdict in verdicts if not verdict.kept or verdict.instruction != one["instruction"]] == []


def test_naming_words_of_the_passage_is_no_copy():
    passage = "Nftables\n\nTo add a new base chain to the filter table using the nft command, name its hook and its priority."
    instruction = "Explain how to add a new base chain to the `filter` table using the `nft` command."

    assert gate(instruction, passage, "en", True, style="command").kept
    assert gate("Why does one use tools to add a new base chain to the filter table?", passage, "en", True).kept
    assert gate("To add a new base chain to the filter table using the nft command", passage, "en", True).reason == "passage_copy"


@pytest.mark.parametrize(
    ("language", "text", "reason"),
    [
        ("de", "Wie entferne ich Pakete, die nicht mehr gebraucht werden?", None),
        ("fr", "Comment installer un paquet sans connexion au r\u00e9seau ?", None),
        ("de", "What is a package?", "wrong_language"),
        ("de", "How-to f\u00fcr Debian", None),
        ("es", "Describe los paquetes.", None),
        ("no", "Hvordan kan man slette alle gamle pakker som ikke lenger er i bruk p\u00e5 maskinen?", None),
        ("zh", "How do I remove packages that are no longer needed?", "wrong_language"),
        ("de", RUSSIAN, "wrong_language"),
        ("", "Wie werden alte Pakete von meinem Rechner entfernt, ohne dass etwas fehlt?", None),
    ],
)  # fmt: skip
def test_a_language_is_wrong_where_that_is_certain(language, text, reason):
    assert gate(text, "x", language, True).reason == reason


@pytest.mark.parametrize(
    ("raw_output", "instruction"),
    [
        ("how to remove packages?", "how to remove packages"),
        ("how to remove packages. It is easy.", "how to remove packages"),
        ("steps to remove apt, steps to remove dpkg, steps to remove", "steps to remove apt"),
        ("how to install apt, dpkg, and debconf", "how to install apt, dpkg, and debconf"),
        ("how to use sources.list in debian 7.1", "how to use sources.list in debian 7.1"),
        ('"how to remove packages",', "how to remove packages"),
        ('"how to remove packages? And more"', "how to remove packages"),
        ("Search query: how to remove packages\n\nExplanation: this", "how to remove packages"),
    ],
)
def test_a_search_query_loses_its_marks(raw_output, instruction):
    assert clean(raw_output, "search_query") == instruction


def test_what_the_model_ended_is_whole():
    assert gate("how to remove packages\nExplanation: this is", PASSAGE, "en", False, style="search_query").kept
    assert gate("how to remove packages from a", PASSAGE, "en", False, style="search_query").reason == "unfinished"
    assert gate("How does dpkg work?\n\nAnswer: It installs packages and the", PASSAGE, "en", False, style="question").kept
    assert gate("Sort these:\n- apt\n- dp", PASSAGE, "en", False, style="command").reason == "unfinished"


@pytest.mark.parametrize(
    "raw_output",
    [
        "Question: How does dpkg work?",
        '"How does dpkg work?"',
        "1. How does dpkg work?\n2. What is apt?",
        "How does dpkg work?\n\nHow does dpkg work?",
        "**Question:** How does dpkg work?",
        "How does dpkg work?\n\nAnswer: it installs packages.",
        "How does dpkg work?\n\nYour answer:\n\n```\nNo.\n```",
        "How does dpkg work?\nA:",
        "Q: How does dpkg work?\n\n**A:** It installs packages.",
        "Here is one question:\nHow does dpkg work?",
        "Sure, here you go:\nHow does dpkg work?",
        'A good one would be: "How does dpkg work?"',
    ],
)
def test_what_is_certainly_not_the_instruction_is_taken_off(raw_output):
    assert clean(raw_output, "question") == "How does dpkg work?"


@pytest.mark.parametrize(
    "instruction",
    [
        "Here is a page from the manual:\n\nIf the display shows E20, pull the plug.\n\nWhat does E20 mean?",
        "Sum up this paragraph in one sentence:\n\nA lichen looks like one plant.",
        'Translate the question "How old are you?" into French',
        '"Yes" or "no": is apt a package?',
        'Why is it called "free software"',
        "How does dpkg work? I have only used apt so far.",
        "`apt` and `dpkg`",
        "1. Install dpkg.\n2. Show that it works.",
        "Which of the two is a package?\nA: dpkg\nB: apt",
        "What is `a  b`?",
        "```sh\napt install x\n```",
    ],
)
def test_everything_else_stays(instruction):
    assert clean(instruction, "question") == instruction


@pytest.mark.parametrize("raw_output", ["Question: What? Answer: That.\n\nAnswer: it", "1. What?\n2. Why?", "'so'", "Sure:\nso"])
def test_of_what_was_learnt_nothing_is_taken(raw_output):
    assert clean(f" {raw_output}\n", "learnt") == raw_output


def test_cleaning_twice_changes_nothing():
    for raw_output in [text for _, text in REJECTED] + GOOD:
        for style in (None, "question", "search_query", "learnt"):
            assert clean(clean(raw_output, style), style) == clean(raw_output, style)


ASKED = "Write one question that this text answers."


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        (f"{ASKED}\n\nWhat removes packages?", "What removes packages?"),
        (f"{ASKED}\n{ASKED}\n\nWhat removes packages?", "What removes packages?"),
        (ASKED, ASKED),
        (f"{ASKED}\n\nPackages are removed with apt.", None),
        (f"{ASKED}\n\nAnswer: Packages are removed with apt.", None),
        (f"{ASKED} Answer:\n\nPackages are removed.", None),
        (f"{ASKED} Keep it short.\n\nWhat removes packages?", None),
    ],
)
def test_what_a_model_repeats_of_its_request_is_taken_off_a_question_below_it(raw, cleaned):
    found = gate(raw, PASSAGE, "en", True, style="question")
    assert (found.instruction == cleaned) if cleaned else (found.reason == "prompt_echo")
    assert clean(clean(raw, "question"), "question") == clean(raw, "question")
    assert clean(raw, "learnt") == raw


@pytest.mark.parametrize(
    "instruction",
    [
        "Fetch the files from mirrors all over the world with the apt tool",
        "Should I use dpkg to install packages, or the apt tool",
        "Shorten this text: Debian uses dpkg to install packages. The apt tool resolves dependencies between packages.",
        "Punctuate this: packages that are no longer needed can be removed with apt autoremove",
        "Limit which of the packages that are no longer needed can be removed with apt autoremove",
    ],
)
def test_the_words_of_the_passage_in_a_request_are_no_copy(instruction):
    assert {gate(instruction, PASSAGE, "en", True, style=style).reason for style in (None, "question", "command", "learnt")} == {None}


@pytest.mark.parametrize("kind", ["echo", "copy", "refusal", "wrong language", "repetition", "truncation"])
def test_planted_defects_and_those_that_real_models_make_are_refused(kind):
    seeds = read_seeds()
    real = [output.text.refused_by(output.style) for output in model_outputs(seeds) if output.defect == kind]
    made = [text.refused_by("question") for text in planted(seeds)[kind]]
    verdicts = [*made, *real]
    assert len(verdicts) >= 50
    assert sum(map(bool, verdicts)) >= 0.95 * len(verdicts)
    assert sum(map(bool, real)) >= 0.85 * len(real)


def test_of_what_real_models_write_without_a_defect_next_to_nothing_is_refused():
    verdicts = [output.text.refused_by(output.style) for output in model_outputs(read_seeds()) if not output.defect]
    assert len(verdicts) > 150
    assert sum(map(bool, verdicts)) <= 0.04 * len(verdicts)

"""Kinds of task by the form of an instruction."""

from __future__ import annotations

import pytest

from bubblenet.judging.tasks import TASKS, task_of

LONG_BULGARIAN = (
    "\u041e\u043f\u0438\u0448\u0438 \u0446\u0435\u043b\u0442\u0430 "
    "\u043d\u0430 \u0442\u043e\u0437\u0438 "
    "\u0434\u043e\u043a\u0443\u043c\u0435\u043d\u0442 \u0438 \u043d\u0430 "
    "\u043d\u0435\u0433\u043e\u0432\u0438\u044f \u0430\u0432\u0442\u043e\u0440"
)


@pytest.mark.parametrize(
    ("instruction", "kind"),
    [
        ("How do I install foo?", "how"),
        ("Wie geht das?", "how"),
        ("Why does it fail", "why"),
        ("Is it safe to paint this?", "yes_no"),
        ("Can you mount it twice?", "yes_no"),
        ("What is a kettle", "question"),
        ("In which file is the key?", "question"),
        ("Please explain the boot process.", "explain"),
        ("List all options of tar.", "list"),
        ("Resume las ventajas del sistema.", "write"),
        ("Configure the printer so that it wakes up.", "command"),
        ("debian kernel modules", "phrase"),
        ("", "phrase"),
        ("\u041a\u0430\u043a\u0432\u0430 \u0435 \u0446\u0435\u043b\u0442\u0430?", "question"),
        (LONG_BULGARIAN, "other"),
    ],
)
def test_the_form_tells_the_kind(instruction, kind):
    assert task_of(instruction) == kind
    assert kind in TASKS

"""The line about the gates at the end of backtranslation."""

from __future__ import annotations

from collections import Counter

from bubblenet.method.yields import describe


def test_the_commonest_reasons_are_named():
    counts = Counter(kept=1200, task_talk=3, unfinished=5, generic=1)
    assert describe("command", counts) == "command 1,200 of 1,209 kept (unfinished 5, task_talk 3, ...)"


def test_where_all_are_kept_there_is_no_reason():
    assert describe("question", Counter(kept=2)) == "question 2 of 2 kept"
    assert describe("question", Counter(generic=2)) == "question 0 of 2 kept (generic 2)"

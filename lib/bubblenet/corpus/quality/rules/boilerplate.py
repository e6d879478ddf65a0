"""Rules about text that came with the page and says nothing about its subject.

C4 drops single lines and keeps the rest of a page. A passage is kept as it stands or not at all, so that rules about lines become shares
here. Left out: the list of bad words; lines of fewer than three words and pages of fewer than five sentences, since a passage has 600
characters and its list items are short by right. Its rule that a line ends in punctuation is taken in FineWeb's form (lines.py).
"""

from __future__ import annotations

import re

from pydantic import Field

from bubblenet.corpus.quality import word_lists
from bubblenet.corpus.quality.declaration import C4, rule
from bubblenet.corpus.quality.passage import SENTENCE_END, Passage
from bubblenet.section import Section, Share

_BRACES = re.compile(r"[{}]")


class BoilerplateLimits(Section):
    """Limits of the rules about boilerplate."""

    max_brace_share: Share = Field(
        0.01, description="of the characters of prose, curly brackets outside code; ours, C4 (arXiv:1910.10683) allows none"
    )
    max_notice_share: Share = Field(
        0.2, description="of the characters of prose, those in sentences about JavaScript, cookies, terms of use; ours"
    )


@rule(C4)
def lorem_ipsum(passage: Passage, _limits: Section) -> bool:
    """It holds the printer's dummy text."""
    return "lorem ipsum" in passage.folded_prose


@rule(C4, "max_brace_share", ours="limit")
def braces(passage: Passage, limits: BoilerplateLimits) -> bool:
    """It has too many curly brackets in its prose: a script or style sheet that was not marked as code.

    Adapted: C4 drops a page for one bracket, since it wants no code. Here code is welcome in its place, and a bracket in a sentence too.
    """
    return "{" in passage.prose and len(_BRACES.findall(passage.prose_without_code)) > limits.max_brace_share * len(passage.prose)


@rule(C4, "max_notice_share", ours="limit, lists but the English one", languages=word_lists.NOTICES)
def site_notices(passage: Passage, limits: BoilerplateLimits) -> bool:
    """Too much of it is about the site instead of the subject: JavaScript to switch on, cookies, terms of use, privacy policy.

    Adapted: C4 drops each line with the word `javascript`. Here the sentence must also speak of the reader's browser, since text about
    the language is welcome; one sentence alone is no notice; and the phrases of the C4 code are given in more languages.
    """
    prose, phrases = passage.folded_prose, [phrase for _, phrase in word_lists.NOTICES[passage.language]]
    if not any(phrase in prose for phrase in (*phrases, "javascript")):
        return False
    notices = [sentence for sentence in SENTENCE_END.split(prose) if _is_notice(sentence, phrases)]
    return len(notices) > 1 and sum(map(len, notices)) > limits.max_notice_share * len(prose)


def _is_notice(sentence: str, phrases: list[str]) -> bool:
    if any(phrase in sentence for phrase in phrases):
        return True
    return "javascript" in sentence and any(word in sentence for word in word_lists.BROWSER_WORDS)

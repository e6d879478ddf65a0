"""Rules about boilerplate: text about the site, placeholders and leftover code.

C4 drops single lines and keeps the rest of a page. A passage is kept as a whole or not at all, so rules about lines become shares here.
Not adopted: the list of bad words; the minima of three words per line and five sentences per page, since a passage has 600 characters and
its list items may be short. C4's rule that a line ends in punctuation is used in FineWeb's form (lines.py).
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
    """It contains placeholder text (lorem ipsum)."""
    return "lorem ipsum" in passage.folded_prose


@rule(C4, "max_brace_share", ours="limit")
def braces(passage: Passage, limits: BoilerplateLimits) -> bool:
    """Its prose has too many curly brackets, as from a script or style sheet that is not marked up as code.

    Adapted: C4 drops a page for one bracket, since it excludes code. Here code blocks are allowed, and so are brackets in a sentence.
    """
    return "{" in passage.prose and len(_BRACES.findall(passage.prose_without_code)) > limits.max_brace_share * len(passage.prose)


@rule(C4, "max_notice_share", ours="limit, lists but the English one", languages=word_lists.NOTICES)
def site_notices(passage: Passage, limits: BoilerplateLimits) -> bool:
    """Too many of its characters are in sentences about the site: enabling JavaScript, cookies, terms of use, privacy policy.

    Adapted: C4 drops each line with the word `javascript`. Here the sentence must also mention the browser, since text about the language
    is allowed; a single such sentence is allowed; and the phrases of the C4 code are translated into more languages.
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

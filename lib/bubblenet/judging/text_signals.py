"""Signals from the words of a pair, without a model. Pure functions of text, cheap enough for every pair.

Each is weak and blind to meaning, but their errors differ from those of the likelihoods: an answer repeats words of its question, ends in
a complete sentence, is in the same language, and does not read like a forum post or a footer.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from bubblenet.corpus import language
from bubblenet.corpus.quality import word_lists
from bubblenet.corpus.similarity.shingles import tokens
from bubblenet.judging.wording import FILLER

# Part of the fingerprint of mode `text`: raise it when the same pair would get different numbers.
TEXT_SIGNALS_VERSION = 2

STEM_CHARACTERS = 5
"""Words with this many equal leading characters count as equal: crude, language independent, and here as good as an English stemmer."""

OPENING_CHARACTERS = 250
COPY_NGRAM = 5
LIKENESS_NGRAM = 4
BM25_K1, BM25_B = 1.2, 0.75
EDGE_WORDS = 15
"""A forum post with good text in the middle opens with a greeting and closes with a question."""

SHORT_LINE_CHARACTERS = 60
MIN_WORDS_FOR_LANGUAGE, MIN_CONFIDENCE = 4, 0.9
_SENTENCE_ENDS = tuple(".!?:;)]}\"'\u201d\u2019\u00bb|`\u3002\uff01\uff1f\u2026*")
_NO_PROSE = re.compile(r"\s*(?:[-*+`#|>]|\d{1,9}[.)]\s)")
_LIST_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s+\S")
_FUNCTION_WORDS = FILLER.union(*word_lists.STOP_WORDS.values())


def text_signals(instruction: str, response: str) -> dict[str, float]:
    """All signals by name; each is finite for any two texts."""
    asked, answered = tokens(instruction), tokens(response)
    content = [word for word in asked if _is_content(word)]
    known = Counter(map(_stem, answered))
    opening = set(map(_stem, tokens(response[:OPENING_CHARACTERS])))
    stems = [_stem(word) for word in content]
    return {
        "word_overlap": _share(stem in known for stem in stems),
        "opening_overlap": _share(stem in opening for stem in stems),
        "term_frequency": _mean(math.log1p(known[stem]) for stem in stems),
        "term_density": sum(known[stem] for stem in set(stems)) / max(1, len(answered)),
        "phrase_overlap": _share(gram in set(_ngrams(answered, 2)) for gram in _ngrams(asked, 2) if any(map(_is_content, gram))),
        "copied_share": _share(gram in set(_ngrams(answered, COPY_NGRAM)) for gram in _ngrams(asked, COPY_NGRAM)),
        "content_words": float(min(len(content), 8)),
        "asks": float(instruction.rstrip().endswith(("?", "\uff1f", "\u061f"))),
        "log_response_words": math.log1p(len(answered)),
        "ends_whole": float(_ends_whole(response)),
        "other_language": float(_is_other_language(instruction, response)),
        "personal_share": _personal_share(answered),
        "personal_edges": _personal_share(answered[:EDGE_WORDS] + answered[-EDGE_WORDS:]),
        "short_line_share": _share(len(line) < SHORT_LINE_CHARACTERS for line in _prose_lines(response)),
        "stock_phrases": float(min(_num_stock_phrases(response), 4)),
    }


def text_contrast(instruction: str, response: str, neighbours: Sequence[str]) -> dict[str, float]:
    """How many more of the instruction's words occur in this response than in the best-matching neighbour.

    Words that occur in all passages of a page do not tell them apart, so `bm25` weights words by their rarity on the page: Okapi BM25 with
    the page as the collection (Robertson and Zaragoza 2009, The Probabilistic Relevance Framework, section 3.4) and the words as the query.
    """
    stems = list(dict.fromkeys(_stem(word) for word in tokens(instruction) if _is_content(word)))
    texts = [Counter(map(_stem, tokens(text))) for text in (response, *neighbours)]
    openings = [set(map(_stem, tokens(text[:OPENING_CHARACTERS]))) for text in (response, *neighbours)]
    ranks = [score / max(1.0, math.sqrt(len(stems))) for score in _bm25(stems, texts)]
    return {
        "bm25": ranks[0],
        "bm25_contrast": _margin(ranks),
        "overlap_contrast": _margin([_share(stem in text for stem in stems) for text in texts]),
        "opening_contrast": _margin([_share(stem in text for stem in stems) for text in openings]),
        "density_contrast": _margin([sum(text[stem] for stem in stems) / max(1, text.total()) for text in texts]),
    }


def _bm25(stems: Sequence[str], texts: Sequence[Counter[str]]) -> list[float]:
    """The score of each text for the words, with the texts as the collection; always above 0 if a word occurs."""
    mean_length = max(1.0, _mean(float(text.total()) for text in texts))
    found_in = {stem: sum(stem in text for text in texts) for stem in stems}
    rarity = {stem: math.log(1 + (len(texts) - number + 0.5) / (number + 0.5)) for stem, number in found_in.items()}
    scores = []
    for text in texts:
        norm = BM25_K1 * (1 - BM25_B + BM25_B * text.total() / mean_length)
        scores.append(math.fsum(rarity[stem] * text[stem] * (BM25_K1 + 1) / (text[stem] + norm) for stem in stems))
    return scores


def _margin(values: Sequence[float]) -> float:
    """The margin of the first over the maximum of the others; over 0 if there are none."""
    return values[0] - max(values[1:], default=0.0)


def likeness(first: str, second: str) -> float:
    """The similarity of two instructions, 0 to 1: mean of the F1 of their content words (by stem) and of their character 4-grams.

    Both are needed: words alone miss compounds and inflection, and characters alone find similarity in every pair of questions.
    """
    words_of = [Counter(_stem(word) for word in tokens(text) if _is_content(word)) for text in (first, second)]
    grams_of = [Counter(_ngrams(list(" ".join(tokens(text))), LIKENESS_NGRAM)) for text in (first, second)]
    return (_f1(*words_of) + _f1(*grams_of)) / 2


def _f1(first: Counter[Any], second: Counter[Any]) -> float:
    total = first.total() + second.total()
    return 2 * (first & second).total() / total if total else 0.0


def _is_content(word: str) -> bool:
    """Whether it is a content word: not among the words common in questions or in any text."""
    return len(word) > 1 and word not in _FUNCTION_WORDS


def _stem(word: str) -> str:
    return word[:STEM_CHARACTERS]


def _ngrams(items: list[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(items[start : start + size]) for start in range(len(items) - size + 1)]


def _ends_whole(response: str) -> bool:
    """Whether the last line ends like a sentence, or is an item of a list with several."""
    lines = response.rstrip().splitlines()
    if not lines:
        return False
    return lines[-1].endswith(_SENTENCE_ENDS) or sum(bool(_LIST_ITEM.match(line)) for line in lines[-4:]) > 1


def _is_other_language(instruction: str, response: str) -> bool:
    """Whether the instruction is with confidence in another language than the response. Short texts do not count."""
    if len(tokens(instruction)) < MIN_WORDS_FOR_LANGUAGE:
        return False
    asked, answered = language.identify(instruction), language.identify(response)
    if language.UNDETERMINED in (asked.language, answered.language) or asked.confidence < MIN_CONFIDENCE:
        return False
    return asked.language != answered.language


def _personal_share(answered: list[str]) -> float:
    """The share of words like I and my, by the language with the most of them; no language identification is needed."""
    counts = Counter(answered)
    return max(sum(counts[word] for word in listed) for listed in word_lists.FIRST_PERSON.values()) / max(1, len(answered))


def _prose_lines(response: str) -> list[str]:
    """The lines that are not list items, code, tables or headings."""
    return [line for line in response.splitlines() if line.strip() and not _NO_PROSE.match(line)]


def _num_stock_phrases(response: str) -> int:
    """The number of distinct phrases typical of forums, shops and footers."""
    folded = response.casefold().replace("\u2019", "'")
    lists = (word_lists.FORUM_PHRASES, word_lists.PROMOTION, word_lists.NOTICES)
    return sum(phrase in folded for listed in lists for phrases in listed.values() for _, phrase in phrases)


def _share(found: Iterable[bool]) -> float:
    return _mean(map(float, found))


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return math.fsum(listed) / len(listed) if listed else 0.0

"""Small real-looking corpora for tests: pages whose every passage can be told apart."""

from __future__ import annotations

import random
from pathlib import Path

OLD_WAREHOUSE = Path(__file__).parent / "data" / "warehouse_0.1.0_schema6.tar.gz"
"""Pages page0 and page1 (with OLD_QUESTION) in snapshot A, all stages, made by release 0.1.0; see data/README.md."""
OLD_QUESTION = "How do I install package page1?"

_OPENING = "The {topic} of package {name} is described in its manual, with an example."


def _words(text: str) -> list[str]:
    return text.split()


_NOUNS = _words(
    "archive signature mirror licence kernel driver session window socket printer folder backup cluster network password account terminal "
    "desktop browser compiler library document language keyboard partition server client protocol certificate firewall database schedule"
)
_VERBS = _words("checks replaces removes copies starts stops extends protects describes updates mounts prints sends reads signs builds")
_ADJECTIVES = _words("new old large small shared hidden public private broken stable remote local empty signed foreign simple second last")


def passage(name: str, topic: str) -> str:
    """About 1,700 characters of English that shares hardly a 5-gram with another name or topic; two do not fit into one segment."""
    draw = random.Random(f"{name} {topic}")
    sentences = [_OPENING.format(topic=topic, name=name)]
    while sum(map(len, sentences)) < 1650:
        subject, thing, place = draw.sample(_NOUNS, 3)
        first, second = draw.sample(_ADJECTIVES, 2)
        sentences.append(f"When the {first} {subject} {draw.choice(_VERBS)} the {thing}, it also {draw.choice(_VERBS)} a {second} {place}.")
    return " ".join(sentences)


def page(name: str, topics: tuple[str, ...] = ("purpose", "structure"), question: str | None = None) -> str:
    """An HTML page with one section for each topic, and one under a question when asked for."""
    sections = [f"<h2>The {topic} of {name}</h2><p>{passage(name, topic)}</p>" for topic in topics]
    if question:
        sections.append(f"<h2>{question}</h2><p>{passage(name, 'answer')}</p>")
    body = "\n".join(sections)
    return f"<html lang=en><head><title>{name}</title></head><body><nav><a href=/>Home</a></nav><h1>{name}</h1>{body}</body></html>"


def write_pages(folder: Path, pages: dict[str, str]) -> Path:
    """Write name -> HTML as files of a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in pages.items():
        (folder / f"{name}.html").write_text(content, encoding="utf-8")
    return folder


def ten_pages(folder: Path) -> Path:
    """Ten pages with twenty passages and two questions."""
    questions = {3: "How do I install package page3?", 7: "Why does package page7 exist?"}
    return write_pages(folder, {f"page{n}": page(f"page{n}", question=questions.get(n)) for n in range(10)})


def random_text(seed: object, num_words: int = 200) -> str:
    """Words drawn from 4,000: no two texts share a 5-gram."""
    draw = random.Random(str(seed))
    return " ".join(f"word{draw.randrange(4000)}" for _ in range(num_words))


def near_copy(text: str, seed: object, num_changes: int = 3) -> str:
    """The text with some words replaced; three of 200 leave a Jaccard similarity of 5-grams of about 0.86."""
    draw = random.Random(str(seed))
    words = text.split()
    for position in draw.sample(range(len(words)), num_changes):
        words[position] = f"other{draw.randrange(4000)}"
    return " ".join(words)

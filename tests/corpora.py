"""Small real-looking corpora for tests: pages whose every passage can be told apart."""

from __future__ import annotations

import random
from pathlib import Path

_SENTENCE = "The {topic} of package {name} is described in part {number} of its manual, where the {detail} is explained with an example. "
_DETAILS = (
    "installation",
    "configuration",
    "removal",
    "licence",
    "history",
    "interface",
    "testing",
    "translation",
    "upgrade",
    "signature",
    "packaging",
    "debugging",
    "archive",
    "support",
    "mirror",
)


def passage(name: str, topic: str) -> str:
    """About 1,700 characters of English that no other name and topic shares; two do not fit into one segment."""
    return "".join(_SENTENCE.format(topic=topic, name=name, number=number, detail=detail) for number, detail in enumerate(_DETAILS, 1))


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

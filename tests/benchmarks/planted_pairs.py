"""Pairs whose verdict is known because they were made: questions that stand on real pages, with their answers and with others, and defects.

    python -m tests.benchmarks.planted_pairs --set fit --out build/planted.jsonl

A true pair is a question heading with the section under it. Against it stand, for the same section, the question of a neighbouring section
(`neighbour`, the hard case), the question of another page (`other`), and one planted defect (the families below in turn). The heading is
never part of a response. `fit` and `bench` share neither a package nor a phrase, so what is fitted on one is new to the other.

The pages are those of Debian packages; they are fetched once, without root, and nothing of them is committed.
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from bubblenet.corpus.segmentation import segment_page
from bubblenet.settings import Segmentation
from tests.benchmarks.planted_sources import SETS, Source
from tools.sample_pages import unpack

CACHE = Path(".cache/bench-corpus/packages")
QUESTIONS_OF_A_PAGE = 12
"""One long FAQ must not outweigh all other pages; the first ones, since neighbours are wanted."""

REACH = 2
"""Neighbours on each side, as scoring.neighbours has it."""


@dataclass(frozen=True, slots=True)
class Section:
    """A question heading and what stands under it and beside it."""

    page: str
    question: str
    text: str
    neighbours: tuple[str, ...]
    language: str

    @property
    def package(self) -> str:
        """The package that the page is of."""
        return self.page.split("/", 1)[0]


@dataclass(frozen=True, slots=True)
class PlantedPair:
    """A pair and what was done to it: true, neighbour, other, or a family of defects."""

    id: str
    instruction: str
    response: str
    label: int
    page: str
    kind: str
    neighbours: tuple[str, ...]
    language: str


def planted_pairs(name: str, folder: Path = CACHE) -> list[PlantedPair]:
    """All pairs of a set, page by page; the same ones every time."""
    sections = read_sections(SETS[name], folder)
    words = PHRASES["fit" if name == "fit" else "bench"]
    families = list(DEFECTS) if name in PHRASES else []
    pairs = []
    for number, section in enumerate(sections):
        draw = random.Random(f"{section.page} {section.question}")
        found = {"true": (section.question, section.text)}
        if (neighbour := _question_beside(sections, number)) is not None:
            found["neighbour"] = (neighbour, section.text)
        found["other"] = (_question_of_another_page(sections, section, draw), section.text)
        if families:
            family = families[number % len(families)]
            found[family] = DEFECTS[family](section, words, draw)
        pairs += [_planted(section, kind, *texts, name=f"{name}-{number}") for kind, texts in found.items()]
    return pairs


def read_sections(sources: Sequence[Source], folder: Path) -> list[Section]:
    """Sections under questions, in page order; a question that was there before is left out."""
    seen: set[str] = set()
    sections: list[Section] = []
    for source in sources:
        root = folder / source.package
        folder.mkdir(parents=True, exist_ok=True)
        if not root.is_dir() and unpack(source.package, folder) is None:
            raise SystemExit(f"planted pairs: apt-get could not fetch {source.package}; wanted Debian 12 and its package lists.")
        for path in sorted(path for path in root.glob(source.pages) if path.is_file()):
            fresh = [section for section in _of_page(path, str(path.relative_to(folder)), source.language) if section.question not in seen][
                :QUESTIONS_OF_A_PAGE
            ]
            seen |= {section.question for section in fresh}
            sections += fresh
    return sections


def _of_page(path: Path, name: str, language: str) -> Iterator[Section]:
    segments = [segment for segment in segment_page(path.read_text("utf-8", errors="replace"), "html", Segmentation()) if segment.kept]
    for place, segment in enumerate(segments):
        if segment.question is not None and segment.language == language:
            beside = (*segments[max(0, place - REACH) : place], *segments[place + 1 : place + 1 + REACH])
            question = segment.question.rstrip("\u00b6# ").strip()
            texts = tuple(other.text for other in beside)
            yield Section(name, question, segment.text, texts, language)


def _question_beside(sections: Sequence[Section], number: int) -> str | None:
    """The question after this one on its page, before it at the end; None where it stands alone."""
    for place in (number + 1, number - 1):
        if 0 <= place < len(sections) and sections[place].page == sections[number].page:
            return sections[place].question
    return None


def _question_of_another_page(sections: Sequence[Section], section: Section, draw: random.Random) -> str:
    """Of the same package where it has another page: nearer in subject than a question of another package."""
    others = [other.question for other in sections if other.page != section.page]
    akin = [other.question for other in sections if other.page != section.page and other.package == section.package]
    return draw.choice(akin or others)


def _planted(section: Section, kind: str, instruction: str, response: str, name: str) -> PlantedPair:
    is_true = int(kind == "true")
    return PlantedPair(f"{name}-{kind}", instruction, response, is_true, section.page, kind, section.neighbours, section.language)


@dataclass(frozen=True, slots=True)
class Phrases:
    """The words of the planted defects, one list for each set."""

    furniture: tuple[str, ...]
    forum: tuple[tuple[str, str], ...]
    foreign: tuple[str, ...]
    echoes: tuple[str, ...]
    generic: tuple[str, ...]


Texts = tuple[str, str]
Plant = Callable[[Section, Phrases, random.Random], Texts]


def _truncation(section: Section, words: Phrases, draw: random.Random) -> Texts:
    """The response breaks off in the middle of a sentence."""
    cut = int(len(section.text) * draw.uniform(0.4, 0.8))
    return section.question, re.sub(r"[\s.,;:!?)]*\s+\S*$", "", section.text[:cut])


def _boilerplate(section: Section, words: Phrases, draw: random.Random) -> Texts:
    """Furniture of the page in place of most of the answer."""
    lines = draw.sample(words.furniture, 6)
    return section.question, "\n\n".join([*lines[:2], section.text[: len(section.text) // 4], *lines[2:]])


def _forum_voice(section: Section, words: Phrases, draw: random.Random) -> Texts:
    """Somebody tells of a problem of their own around a piece of the answer."""
    before, after = draw.choice(words.forum)
    return section.question, f"{before}\n\n{section.text[: len(section.text) // 3]}\n\n{after}"


def _wrong_language(section: Section, words: Phrases, draw: random.Random) -> Texts:
    """A question about the same things in another language than the response."""
    first, second = (_long_words(section.question) + _long_words(section.text))[:2]
    return draw.choice(words.foreign).format(first, second), section.text


def _echo(section: Section, words: Phrases, draw: random.Random) -> Texts:
    """The request for the instruction, or a piece of the response, in place of an instruction."""
    sentence = " ".join(section.text.split()[: draw.randint(9, 16)])
    return draw.choice((*words.echoes, sentence, sentence)), section.text


def _generic(section: Section, words: Phrases, draw: random.Random) -> Texts:
    """A question that fits any text."""
    return draw.choice(words.generic), section.text


def _long_words(text: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r"[^\W\d_]{5,}", text)))


DEFECTS: dict[str, Plant] = {
    "truncation": _truncation,
    "boilerplate": _boilerplate,
    "forum_voice": _forum_voice,
    "wrong_language": _wrong_language,
    "echo": _echo,
    "generic": _generic,
}

PHRASES = {
    "fit": Phrases(
        furniture=(
            "Home | Products | Support | About us",
            "This site uses cookies. By going on you accept our cookie policy.",
            "Copyright 2024. All rights reserved.",
            "Subscribe now to our newsletter and never miss a post!",
            "Share this page on your favourite network",
            "Click here to read our privacy policy and terms of use.",
            "Previous | Up | Next",
            "Add to cart | Free shipping on all orders",
        ),
        forum=(
            ("Hi all, I am new to this forum and I have the same problem as the original poster.", "Thanks in advance for any help!"),
            ("I tried this last night on my old machine and it did not work for me at all.", "Does anybody know what I am doing wrong?"),
            ("In reply to what my friend posted: I think I had this too, imho it is a bug.", "Please help me, I am going mad here."),
        ),
        foreign=(
            "Quelle est la diff\u00e9rence entre {} et {} dans ce syst\u00e8me ?",
            "Wie kann ich {} und {} auf meinem Rechner richtig einstellen?",
            "\u00bfC\u00f3mo se puede utilizar {} junto con {} en este sistema?",
            "Como posso configurar {} e {} no meu computador?",
        ),
        echoes=("Write one question that this text answers.", "The question that the text above answers is as follows."),
        generic=(
            "What is this about?",
            "Can you explain it in more detail?",
            "What are the most important points to know?",
            "How does it work and why is it used?",
            "What should I know about this subject?",
        ),
    ),
    "bench": Phrases(
        furniture=(
            "Skip to content. Menu. Search. Log in. Register.",
            "We and our partners store information on your device. Manage your choices.",
            "\u00a9 2023 Example Media Ltd. Contact. Imprint. Careers.",
            "Sign up today and get our best stories every week.",
            "You might also like: ten tricks that everybody should know",
            "Like us, follow us, tell your friends about us.",
            "Page 3 of 17. First. Back. Forward. Last.",
            "Special offer: save 30 percent with the code SUMMER.",
        ),
        forum=(
            ("Hello everyone, first post here, so be gentle with me.", "Anyone know? Cheers, and sorry for my bad English."),
            ("Same here. My laptop does that since I upgraded it on Friday and I hate it.", "I will try your idea tonight and tell you."),
            ("@mike72 you wrote that yesterday, but I do not believe it helped me much.", "My two cents. Any help would be great."),
        ),
        foreign=(
            "Pourquoi faut-il installer {} avant de modifier {} ?",
            "Warum wird {} nach der Installation von {} nicht gefunden?",
            "\u00bfPor qu\u00e9 no funciona {} despu\u00e9s de instalar {}?",
            "Per quale motivo bisogna cambiare {} prima di usare {}?",
        ),
        echoes=("Which question does the passage answer best?", "Sure, here is a question about the text."),
        generic=(
            "What is the main topic here?",
            "Could you tell me more about that?",
            "Why is this important?",
            "What can be said about these things?",
            "How would you describe the subject?",
        ),
    ),
}


def main() -> None:
    """Write a set as JSON lines, as `bubblenet calibrate` reads them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--set", choices=sorted(SETS), default="fit")
    parser.add_argument("--packages", type=Path, default=CACHE, help="folder of unpacked packages; missing ones are fetched")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    pairs = planted_pairs(arguments.set, arguments.packages)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_bytes(b"".join(orjson.dumps(pair, option=orjson.OPT_APPEND_NEWLINE) for pair in pairs))
    print(f"{len(pairs)} pairs of {len({pair.page for pair in pairs})} pages: {arguments.out}")


if __name__ == "__main__":
    main()

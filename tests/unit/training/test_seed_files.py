"""Lines of seed files: what is taken as a pair, what is refused with which reason, and where a pair stands in the split."""

from __future__ import annotations

import gzip
import json

import pytest

from bubblenet.corpus.reading import seed_files
from bubblenet.corpus.reading.seed_files import Unusable, line_id, parse, read_lines, read_seed, split_position
from tests.archives import PACKERS

QUESTION, ANSWER = "How long does it take to boil an egg until it is hard?", "About ten minutes in boiling water, then cool it at once."


def line(**record) -> bytes:
    return json.dumps(record).encode()


def turns(*contents: str) -> list[dict[str, str]]:
    return [{"role": ("user", "assistant")[number % 2], "content": content} for number, content in enumerate(contents)]


@pytest.mark.parametrize(
    "record",
    [
        {"instruction": QUESTION, "response": ANSWER},
        {"messages": turns(QUESTION, ANSWER)},
        {"messages": turns(QUESTION, ANSWER, "And soft?", "Six.")},
        {"prompt": turns(QUESTION), "completion": [{"role": "assistant", "content": ANSWER}]},
        {"prompt": QUESTION, "completion": ANSWER},
        {"instruction": f"\ufeff {QUESTION}\x00", "response": f"{ANSWER}\r\n"},
    ],
    ids=["pair", "messages", "longer conversation", "prompt and completion", "their texts", "unclean"],
)
def test_every_form_gives_the_same_pair(record):
    exchange = parse(line(**record))

    assert (exchange.instruction, exchange.response) == (QUESTION, ANSWER)


@pytest.mark.parametrize("name", ["input", "context"])
def test_a_text_that_the_instruction_is_about_goes_below_it(name):
    exchange = parse(line(instruction="Say it in one word.", response="Rain", **{name: "Water falls from the sky."}))

    assert exchange.instruction == "Say it in one word.\n\nWater falls from the sky."


@pytest.mark.parametrize(
    ("raw", "reason", "is_bad"),
    [
        (b"{", "bad_json", True),
        (b"[1]", "bad_json", True),
        (line(instruction=QUESTION), "missing_text", True),
        (line(instruction="\u200b \x00", response=ANSWER), "missing_text", True),
        (line(instruction=QUESTION, response=7), "missing_text", True),
        (line(messages=turns(QUESTION)), "bad_conversation", True),
        (line(messages=[{"role": "assistant", "content": ANSWER}]), "bad_conversation", True),
        (line(messages="hello"), "bad_conversation", True),
        (line(messages=[{"role": "system", "content": "Be brief."}, *turns(QUESTION, ANSWER)]), "system_prompt", False),
        (b"x" * (seed_files.MAX_LINE_BYTES + 1), "too_large", True),
    ],
)
def test_what_is_no_pair_is_named(raw, reason, is_bad):
    with pytest.raises(Unusable) as refused:
        parse(raw)
    assert (refused.value.reason, refused.value.is_bad) == (reason, is_bad)

    row = read_seed(raw)
    assert (row["status"], row["kept"], row["reason"]) == ("quarantined" if is_bad else "ok", False, reason)
    assert row["detail"]


def test_the_language_is_what_the_file_says_beside_what_the_text_says():
    spanish = line(
        instruction="\u00bfCu\u00e1nto tiempo hay que cocer un huevo para que quede duro?", response="Diez minutos.", language="es-MX"
    )
    wrong = line(instruction=QUESTION, response=ANSWER, language="fr")
    silent = line(instruction=QUESTION, response=ANSWER)

    vague = line(instruction=QUESTION, response=ANSWER, language="English, mostly")
    three = line(instruction=QUESTION, response=ANSWER, language="yue-HK")

    found = [(row["language"], row["language_agrees"]) for row in map(read_seed, (spanish, wrong, silent, vague, three))]

    assert found == [("es", True), ("fr", False), ("en", None), ("en", None), ("zh", False)]


def test_pairs_that_read_the_same_are_one_seed():
    shouted = read_seed(line(instruction=QUESTION.upper(), response=f"  {ANSWER}"))

    assert shouted["seed_id"] == read_seed(line(instruction=QUESTION, response=ANSWER))["seed_id"]
    assert shouted["seed_id"] != read_seed(line(instruction=QUESTION, response="Ten minutes."))["seed_id"]
    sums = {read_seed(line(instruction=f"Is 5 {sign} 3?", response="Yes."))["seed_id"] for sign in (">", "<", "-")}
    assert len(sums) == 3


def test_one_question_is_never_on_both_sides_of_a_split():
    answers = [read_seed(line(instruction=QUESTION, response=f"{minutes} minutes."))["split_position"] for minutes in range(9)]
    shares = [split_position(f"question {number}") for number in range(2000)]

    assert len(set(answers)) == 1
    assert all(0 <= position < 1 for position in shares)
    assert 0.17 < sum(position < 0.2 for position in shares) / len(shares) < 0.23


@pytest.mark.parametrize("pack", [bytes, *PACKERS.values()], ids=["plain", *PACKERS])
def test_lines_have_their_numbers_and_blank_ones_none(tmp_path, pack):
    path = tmp_path / "seeds.jsonl"
    path.write_bytes(pack(b'{"a":1}\n\n  \n{"b":2}'))

    assert list(read_lines(str(path))) == [(1, b'{"a":1}\n'), (4, b'{"b":2}')]


def test_a_line_that_is_too_long_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(seed_files, "MAX_LINE_BYTES", 10)
    path = tmp_path / "seeds.jsonl"
    path.write_bytes(b"x" * 35 + b"\n{}\n")

    assert [(number, len(raw)) for number, raw in read_lines(str(path))] == [(1, 11), (2, 3)]


def test_data_that_ends_early_is_an_error(tmp_path):
    path = tmp_path / "seeds.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"a":1}\n' * 1000)[:-12])

    with pytest.raises(OSError, match="ends"):
        list(read_lines(str(path)))


def test_a_line_is_asked_for_once_under_one_licence():
    raw = line(instruction=QUESTION, response=ANSWER)

    assert line_id(raw, "MIT", "human") == line_id(raw + b"\r\n", "MIT", "human") != line_id(raw, "CC0-1.0", "human")

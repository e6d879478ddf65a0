"""Files of seed pairs: JSON lines, plain, gzip or Zstandard, each line a pair or a conversation.

{"instruction": "...", "response": "..."}
{"messages": [{"role": "user", "content": "..."}, {"role": "assistant", "content": "..."}]}
{"prompt": [{"role": "user", ...}], "completion": [{"role": "assistant", ...}]}

Optional: `input` or `context`, a text that belongs to the instruction and is appended to it; `language`, `kind` (of task) and `source`.
Of a longer conversation only the first exchange is used, as in Li et al. 2023 (arXiv:2308.06259), section 3.1.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from bubblenet.corpus.language import UNDETERMINED, agrees, claimed_code, identify
from bubblenet.corpus.reading import hygiene
from bubblenet.corpus.reading.streams import compression_of
from bubblenet.identity import content_id, folded, row_seed
from bubblenet.locations import open_binary

SEED_FILES_VERSION = 1

Origin = Literal["human", "project", "reviewed"]
"""Who wrote the pairs: people, people for this project, or a model whose pairs people have read."""

MAX_LINE_BYTES = 4 * 1024 * 1024
"""A longer line is quarantined: no model reads that much."""

_CONTEXT_FIELDS = ("input", "context")
_SHORT_FIELDS = ("kind", "source")


class Unusable(ValueError):
    """A line without a seed. reason: its name in table seeds; is_bad: false if the line is well formed but unwanted."""

    def __init__(self, reason: str, detail: str, *, is_bad: bool = True) -> None:
        self.reason, self.is_bad = reason, is_bad
        super().__init__(detail)


@dataclass(frozen=True, slots=True)
class Exchange:
    """An instruction and its response, and the other fields of the line."""

    instruction: str
    response: str
    fields: Mapping[str, Any]


def read_lines(path: str) -> Iterator[tuple[int, bytes]]:
    """Number, from 1, and bytes of every non-blank line; an oversized line is cut just beyond the limit.

    Raises OSError if the file cannot be read or its compressed data ends early: seeds are too costly to be lost silently.
    """
    with open_binary(path) as source:
        unpack = compression_of(source)
        source.seek(0)
        unpacked = unpack(source) if unpack else None
        stream = io.BufferedReader(unpacked) if unpacked else source
        number = 0
        while line := stream.readline(MAX_LINE_BYTES + 1):
            number += 1
            rest = line
            while not rest.endswith(b"\n") and (rest := stream.readline(MAX_LINE_BYTES)):
                pass
            if line.strip():
                yield number, line
        if unpacked and unpacked.damage:
            raise OSError(f"{path}, line {number}: {unpacked.damage}")


def read_seed(line: bytes) -> dict[str, Any]:
    """The columns of table `seeds` that come from a line, including its verdict."""
    try:
        exchange = parse(line)
    except Unusable as fault:
        status = "quarantined" if fault.is_bad else "ok"
        return {"status": status, "kept": False, "reason": fault.reason, "detail": str(fault)}
    return {"status": "ok", "kept": True, "reason": None, "detail": None} | _describe(exchange)


def parse(line: bytes) -> Exchange:
    """The pair of a line. Raises Unusable."""
    if len(line) > MAX_LINE_BYTES:
        raise Unusable("too_large", f"a line of more than {MAX_LINE_BYTES:,} bytes")
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise Unusable("bad_json", f"not JSON: {error}") from None
    if not isinstance(record, dict):
        raise Unusable("bad_json", f"an object is wanted, this is a {type(record).__name__}")
    if "messages" in record:
        return _of_messages(record["messages"], record)
    if "prompt" in record and "completion" in record:
        return _of_messages(_turns(record["prompt"], "user") + _turns(record["completion"], "assistant"), record)
    parts = [_text(record, "instruction"), *(_text(record, name) for name in _CONTEXT_FIELDS if record.get(name))]
    return Exchange("\n\n".join(parts), _text(record, "response"), record)


def split_position(instruction: str) -> float:
    """The position of a seed between 0 and 1, by the folded instruction alone, so that one question is never on both sides of a split."""
    return row_seed("seed split", folded(instruction)) / 2**63


def _describe(exchange: Exchange) -> dict[str, Any]:
    stated = exchange.fields.get("language")
    claim = stated if isinstance(stated, str) else None
    code, found = claimed_code(claim), identify(exchange.instruction).language
    short = {name: hygiene.clean_line(str(exchange.fields[name])) for name in _SHORT_FIELDS if exchange.fields.get(name)}
    return short | {
        "seed_id": content_id(_read_alike(exchange.instruction), _read_alike(exchange.response)),
        "instruction": exchange.instruction,
        "response": exchange.response,
        "language": found if code == UNDETERMINED else code,
        "language_agrees": agrees(found, claim),
        "response_language": identify(exchange.response).language,
        "split_position": split_position(exchange.instruction),
    }


def _read_alike(text: str) -> str:
    """The text with case and white space folded, but not punctuation: a sum without its signs is another sum."""
    return " ".join(text.casefold().split())


def _of_messages(messages: Any, fields: Mapping[str, Any]) -> Exchange:
    """The first exchange of a conversation."""
    if not isinstance(messages, list) or not all(isinstance(turn, dict) for turn in messages):
        raise Unusable("bad_conversation", "messages must be a list of objects with role and content")
    roles = [turn.get("role") for turn in messages]
    if roles[:1] == ["system"]:
        raise Unusable("system_prompt", "a pair with a system prompt of its own: training puts its tags there", is_bad=False)
    if roles[:2] != ["user", "assistant"]:
        raise Unusable("bad_conversation", f"a turn of the user and one of the assistant are wanted first, got {roles[:2]!r:.80}")
    return Exchange(_text(messages[0], "content"), _text(messages[1], "content"), fields)


def _turns(value: Any, role: str) -> list[Any]:
    """The two forms of TRL: a list of messages, or the text of one."""
    return value if isinstance(value, list) else [{"role": role, "content": value}]


def _text(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    text = hygiene.clean_text(value).strip() if isinstance(value, str) else ""
    if not any(character.isprintable() and character != " " for character in text):
        raise Unusable("missing_text", f"`{name}` must be a text that is not empty, got {value!r:.80}")
    return text


def line_id(line: bytes, licence: str, origin: str) -> str:
    """The request key of a line: the same line under the same licence and origin is read once, from any file."""
    return content_id(hashlib.sha256(line.strip()).hexdigest(), licence, origin)

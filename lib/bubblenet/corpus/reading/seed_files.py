"""Files of seed pairs: JSON lines, plain or compressed, or one JSON list; each line or item a pair or a conversation.

{"instruction": "...", "response": "..."}                                                               also Alpaca's `output`
{"messages": [{"role": "user", "content": "..."}, {"role": "assistant", "content": "..."}]}             also content in parts of text
{"conversations": [{"from": "human", "value": "..."}, {"from": "gpt", "value": "..."}]}                 ShareGPT
{"prompt": [{"role": "user", ...}], "completion": [{"role": "assistant", ...}]}

Optional: `input` or `context`, a text that belongs to the instruction and is appended to it; `language`, `kind` (of task) and `source`.
Of a longer conversation only the first exchange is used, as in Li et al. 2023 (arXiv:2308.06259), section 3.1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from bubblenet.corpus.language import UNDETERMINED, agrees, claimed_code, identify
from bubblenet.corpus.reading import hygiene
from bubblenet.corpus.reading.json_values import BOM, loads
from bubblenet.corpus.reading.lines import Lines, list_items
from bubblenet.identity import content_id, folded, row_seed
from bubblenet.storage import open_steadily

SEED_FILES_VERSION = 2

Origin = Literal["human", "project", "reviewed"]
"""Who wrote the pairs: people, people for this project, or a model whose pairs people have read."""

MAX_LINE_BYTES = 4 * 1024 * 1024
"""A longer line is quarantined: no model reads that much."""

_CONTEXT_FIELDS = ("input", "context")
_RESPONSE_FIELDS = ("response", "output")
_SHORT_FIELDS = ("kind", "source")
_NO_CONTEXT = frozenset(("", "<noinput>", "<no input>"))
"""What people write where an instruction has no input (Wang et al. 2022, arXiv:2212.10560)."""

_ROLES = {"human": "user", "gpt": "assistant", "chatgpt": "assistant", "model": "assistant", "developer": "system"}
_TEXT_PARTS = frozenset(("text", "input_text", "output_text"))


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
    """Number, from 1, and bytes of every non-blank line, or item of a list; an oversized line is cut just beyond the limit.

    Raises OSError if the file cannot be read or its compressed data ends early: seeds are too costly to be lost silently.
    """
    with open_steadily(path) as source:
        items = list_items(source)
        if items is not None:
            yield from ((number, orjson.dumps(item)) for number, item in enumerate(items, start=1))
            return
        lines = Lines(source, MAX_LINE_BYTES + 1)
        for line in lines:
            if not line.is_ended:
                raise OSError(f"{path}, line {line.number}: it does not end")
            yield line.number, line.content.removeprefix(BOM)
        if lines.damage:
            raise OSError(f"{path}, after byte {lines.offset}: {lines.damage}")


def fault_of(path: str) -> str | None:
    """What is wrong with a file as a whole: that no line of it has one of the forms above. Raises OSError as read_lines does."""
    fault, is_read = "no line", False
    for number, line in read_lines(path):
        try:
            is_read = is_read or bool(parse(line))
        except Unusable as unusable:
            is_read = not unusable.is_bad
            fault = f"line {number}: {unusable}" if fault == "no line" else fault
    return None if is_read else fault


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
        record = loads(line)
    except orjson.JSONDecodeError as error:
        raise Unusable("bad_json", f"not JSON: {error}") from None
    if not isinstance(record, dict):
        raise Unusable("bad_json", f"an object is wanted, this is a {type(record).__name__}")
    if record.get("system"):
        _refuse_system(record["system"])
    if conversation := record.get("messages") or record.get("conversations"):
        return _of_messages(conversation, record)
    if "prompt" in record and "completion" in record:
        return _of_messages(_turns(record["prompt"], "user") + _turns(record["completion"], "assistant"), record)
    return _of_fields(record)


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


def _of_fields(record: Mapping[str, Any]) -> Exchange:
    """A pair in fields of its own; a context that only says that there is none is left out."""
    contexts = [name for name in _CONTEXT_FIELDS if record.get(name) and str(record[name]).strip().lower() not in _NO_CONTEXT]
    instruction = "\n\n".join(_text(record, name) for name in ("instruction", *contexts))
    return Exchange(instruction, _text(record, next((name for name in _RESPONSE_FIELDS if record.get(name)), _RESPONSE_FIELDS[0])), record)


def _of_messages(messages: Any, fields: Mapping[str, Any]) -> Exchange:
    """The first exchange of a conversation, after a system turn that is empty."""
    if not isinstance(messages, list) or not all(isinstance(turn, dict) for turn in messages):
        raise Unusable("bad_conversation", "messages must be a list of objects with role and content")
    turns = [_turn(turn) for turn in messages]
    while turns and turns[0]["role"] == "system":
        _refuse_system(turns.pop(0)["content"])
    roles = [turn["role"] for turn in turns]
    if roles[:2] != ["user", "assistant"]:
        raise Unusable("bad_conversation", f"a turn of the user and one of the assistant are wanted first, got {roles[:2]!r:.80}")
    return Exchange(_text(turns[0], "content"), _text(turns[1], "content"), fields)


def _turn(turn: Mapping[str, Any]) -> dict[str, Any]:
    """A turn with the names of OpenAI, whatever those of its file; content in parts of text is joined."""
    role, content = turn.get("role", turn.get("from")), turn.get("content", turn.get("value"))
    if isinstance(content, list) and content and all(_is_text(part) for part in content):
        content = "\n\n".join(part if isinstance(part, str) else part["text"] for part in content)
    return {"role": _ROLES.get(role, role) if isinstance(role, str) else role, "content": content}


def _is_text(part: Any) -> bool:
    if isinstance(part, dict):
        return part.get("type", "text") in _TEXT_PARTS and isinstance(part.get("text"), str)
    return isinstance(part, str)


def _refuse_system(prompt: Any) -> None:
    """Raises Unusable for a system prompt that says something."""
    if prompt is not None and (not isinstance(prompt, (str, list)) or hygiene.clean_text(str(prompt or "")).strip()):
        raise Unusable("system_prompt", "a pair with a system prompt of its own: training puts its tags there", is_bad=False)


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

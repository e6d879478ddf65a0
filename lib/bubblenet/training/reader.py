"""Train a reader: the model with a small adapter, asked once whether an instruction is what a passage answers (mode `match_v1`).

The input is JSON lines, a passage each with instructions that are true or false of it (tools/mine_pairs.py). A passage is read once with
all its instructions after it, by the code that the engine reads with, so what is trained is what is asked. The loss is binary
cross-entropy, true and false ones weighing alike, and a softmax over the instructions of the passage: which of them is it?
Curve and figures are AUCs over passages that are held out.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from bubblenet.engines import adapters
from bubblenet.engines.devices import resolve_dtype
from bubblenet.engines.language_model import LanguageModel
from bubblenet.engines.tokens import Codec
from bubblenet.errors import InputError
from bubblenet.prompts.match import MATCH

if TYPE_CHECKING:
    import torch

PASSAGES_A_STEP = 4
WARM_STEPS = 10
FALSE_OF_A_PASSAGE = 6
TRUE_OF_A_PASSAGE = 2
NAME = "reader"
"""Of the adapter inside the model in training."""

FIRST_POINT = 500
"""Pairs after which the curve has its first point; each further one is at twice as many."""


@dataclass(frozen=True, slots=True)
class ReaderTraining:
    """How a reader is trained.

    passages, minutes: at most so many; 0: all that there are, as long as they take. The learning rate falls to 0 by what is used up first.
    max_tokens: of a passage. rank: of the matrices. layers: the last so many have them; 0: all.
    watched, assessed: held-out passages at each point of the curve, and at the end.
    """

    passages: int = 0
    minutes: float = 0.0
    max_tokens: int = 256
    rank: int = 16
    layers: int = 0
    learning_rate: float = 3e-4
    watched: int = 20
    assessed: int = 100
    seed: int = 0


@dataclass(frozen=True, slots=True)
class ReadingTask:
    """A passage and what is asked about it. labels, kinds: of the instructions."""

    passage: str
    instructions: tuple[str, ...]
    labels: tuple[int, ...]
    kinds: tuple[str, ...]
    package: str
    language: str

    def drawn(self, draw: random.Random) -> ReadingTask:
        """With as many true and false instructions as one step reads."""
        true = [place for place, label in enumerate(self.labels) if label]
        false = [place for place, label in enumerate(self.labels) if not label]
        chosen = [*_some(true, TRUE_OF_A_PASSAGE, draw), *_some(false, FALSE_OF_A_PASSAGE, draw)]
        return replace(
            self,
            instructions=tuple(self.instructions[place] for place in chosen),
            labels=tuple(self.labels[place] for place in chosen),
            kinds=tuple(self.kinds[place] for place in chosen),
        )


def _some(places: Sequence[int], number: int, draw: random.Random) -> list[int]:
    return draw.sample(places, min(number, len(places)))


class Reader:
    """A model with an adapter in training, and what turns tasks into numbers. max_tokens: of a passage."""

    def __init__(self, folder: Path, device: str, options: ReaderTraining) -> None:
        import torch
        from peft import LoraConfig

        torch.manual_seed(options.seed)
        self._codec, self._max_tokens = Codec.load(folder), options.max_tokens
        self._language_model = LanguageModel.load(folder, resolve_dtype("auto", device), device)
        self.model = self._language_model.model
        total = int(self.model.config.num_hidden_layers)
        which = list(range(total - options.layers, total)) if 0 < options.layers < total else None
        self.config = LoraConfig(
            r=options.rank,
            lora_alpha=2 * options.rank,
            target_modules=adapters.linear_layers(self.model),
            layers_to_transform=which,
            task_type="CAUSAL_LM",
        )
        adapters.add_layers(self.model, self.config, NAME)
        self.parameters = adapters.trained_parameters(self.model)
        for parameter in self.parameters:  # whatever the weights are in: small steps would be rounded away in bfloat16
            parameter.data = parameter.data.float()
        labels = (self._codec.label_ids(label) for label in MATCH.labels)
        self._yes, self._no = (self._language_model.tensor(ids) for ids in labels)

    def logits(self, tasks: Sequence[ReadingTask]) -> list[torch.Tensor]:
        """log p(Yes) - log p(No) of each instruction of each task, by task; passages are read once, and together."""
        import torch

        prefixes, own = zip(*map(self._encoded, tasks), strict=True)
        most = max(map(len, own))
        rows = [row for group in own for row in group + [[0]] * (most - len(group))]
        with adapters.mixed_precision(self.model):
            cache, _ = self._language_model.read_prefixes(list(prefixes))
            cache.begin_rows(most, max(map(len, rows)))
            states = self._language_model.read_rows(cache, rows)
            scores = self._language_model.logits(states[torch.arange(len(rows)), [len(row) - 1 for row in rows]])
        found = scores[:, self._yes].logsumexp(-1) - scores[:, self._no].logsumexp(-1)
        return [group[: len(task.labels)] for group, task in zip(found.split(most), tasks, strict=True)]

    def _encoded(self, task: ReadingTask) -> tuple[list[int], list[list[int]]]:
        """The ids that all instructions of a passage share, and each one's own."""
        passage = self._codec.truncate(task.passage, self._max_tokens)
        rows = [self._codec.encode_prompt(MATCH.build(instruction, passage)) for instruction in task.instructions]
        shared = _common(rows)
        return rows[0][:shared], [row[shared:] for row in rows]


def _common(rows: Sequence[Sequence[int]]) -> int:
    """Number of leading ids that all rows share; every row keeps one of its own."""
    shortest = min(map(len, rows)) - 1
    return next((place for place in range(shortest) if len({row[place] for row in rows}) > 1), shortest)


def loss_of(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of each answer, true and false ones weighing alike, and of the choice among the instructions."""
    from torch.nn.functional import binary_cross_entropy_with_logits

    each = binary_cross_entropy_with_logits(logits, labels.float(), reduction="none")
    own = [each[labels == label].mean() for label in (0, 1) if (labels == label).any()]
    choice = logits.logsumexp(0) - logits[labels == 1].logsumexp(0)
    return sum(own) / len(own) + choice


def read_tasks(path: Path) -> tuple[list[ReadingTask], list[ReadingTask]]:
    """The tasks to train on and those held out. Raises InputError for an unusable line, and where either kind is missing."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise InputError("a file of passages with instructions", f"{path}: {error.strerror}", "Make one: tools/mine_pairs.py.") from None
    sides: tuple[list[ReadingTask], list[ReadingTask]] = ([], [])
    for number, line in enumerate(lines, 1):
        try:
            row = orjson.loads(line)
            texts, labels, kinds = zip(*((one["text"], int(one["label"]), one["kind"]) for one in row["instructions"]), strict=True)
            task = ReadingTask(row["passage"], texts, labels, kinds, row["package"], row["language"])
            is_held_out = row["held_out"]
        except (ValueError, KeyError, TypeError) as error:
            raise InputError("a passage with instructions", f"{path}, line {number}: {error!r}", "Mend the line or take it out.") from None
        if len(set(task.labels)) == 2:
            sides[bool(is_held_out)].append(task)
    if not all(sides):
        raise InputError("passages to train on and held-out ones", f"{len(sides[0])} and {len(sides[1])} in {path}", "Mine more packages.")
    return sides


def train(
    reader: Reader, tasks: Sequence[ReadingTask], watched: Sequence[ReadingTask], options: ReaderTraining
) -> Iterator[dict[str, Any]]:
    """Train, step by step; yields a point of the curve now and then, and one at the end."""
    import torch

    draw = random.Random(options.seed)
    optimizer = torch.optim.AdamW(reader.parameters, lr=options.learning_rate, weight_decay=0.0)
    steps, started = max(1, len(tasks) // PASSAGES_A_STEP), time.monotonic()
    step, pairs, due, losses = 0, 0, FIRST_POINT, []
    while (used := _used(step, steps, started, options.minutes)) < 1.0:
        for group in optimizer.param_groups:
            group["lr"] = options.learning_rate * min((step + 1) / WARM_STEPS, 1.0 - used)
        parts = [task.drawn(draw) for task in tasks[step * PASSAGES_A_STEP : (step + 1) * PASSAGES_A_STEP]]
        found = zip(reader.logits(parts), parts, strict=True)
        loss = torch.stack([loss_of(logits, torch.tensor(part.labels, device=logits.device)) for logits, part in found]).mean()
        loss.backward()
        losses.append(loss.item())
        pairs += sum(len(part.labels) for part in parts)
        torch.nn.utils.clip_grad_norm_(reader.parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        step += 1
        is_last = _used(step, steps, started, options.minutes) >= 1.0
        if pairs >= due or is_last:
            due *= 2
            point = {"passages": step * PASSAGES_A_STEP, "pairs": pairs, "loss": round(sum(losses) / len(losses), 4)}
            losses.clear()
            yield point | {"seconds": round(time.monotonic() - started), "auc": assess(reader, watched)}


def _used(step: int, steps: int, started: float, minutes: float) -> float:
    """The share of the passages or of the time, whichever is larger."""
    return max(step / steps, (time.monotonic() - started) / (60 * minutes) if minutes else 0.0)


def assess(reader: Reader, tasks: Sequence[ReadingTask]) -> dict[str, float]:
    """AUC of the true instructions against the false ones of each kind, over all passages together; `all`: against all."""
    import torch
    from sklearn.metrics import roc_auc_score

    scores: dict[str, list[float]] = {}
    true: list[float] = []
    for task in tasks:
        with torch.inference_mode():
            found = reader.logits([task])[0].tolist()
        true += [score for score, label in zip(found, task.labels, strict=True) if label]
        for score, label, kind in zip(found, task.labels, task.kinds, strict=True):
            if not label:
                scores.setdefault(kind, []).append(score)
    scores["all"] = [score for values in scores.values() for score in values]
    return {
        kind: round(float(roc_auc_score([1] * len(true) + [0] * len(false), [*true, *false])), 4) for kind, false in sorted(scores.items())
    }

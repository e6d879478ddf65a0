"""One model that is trained anew for each arm of `make bench-curation`, and asked for the held-out items.

The base stays in memory and frozen; an arm is a set of small matrices beside it (LoRA), begun anew by a seed. Only what comes after the
prompt is learnt and scored, so its logits alone are computed: rows are padded on the left, and end together.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bubblenet.engines.adapters import mixed_precision
from bubblenet.engines.devices import resolve_dtype
from bubblenet.engines.protocol import Prompt
from bubblenet.engines.quiet import quiet_transformers
from bubblenet.engines.tokens import Codec
from bubblenet.engines.weights import describe
from bubblenet.errors import InputError
from bubblenet.export.examples import reversed_request
from bubblenet.settings.training import Training
from bubblenet.training.checkpoints import lora_config, starting_model
from bubblenet.training.finetuning import uses_gpu
from tests.benchmarks.curation_plan import TrainingRule

ROWS_AT_ONCE = {"cpu": 1024, "cuda": 16384}
"""Padded tokens computed together."""


@dataclass(frozen=True, slots=True)
class Example:
    """Token ids; those from `num_prompt` on are learnt or scored."""

    ids: tuple[int, ...]
    num_prompt: int

    @property
    def num_learnt(self) -> int:
        """Tokens after the prompt."""
        return len(self.ids) - self.num_prompt


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training read and learnt, and how fast. losses: nats a learnt token, of the first and the last tenth of the steps."""

    num_steps: int
    num_examples: int
    tokens_read: int
    tokens_learnt: int
    first_loss: float
    last_loss: float
    seconds: float


class Writer:
    """Makes examples of texts, as the product's prompts have them. rule: where they are cut."""

    def __init__(self, codec: Codec, rule: TrainingRule) -> None:
        self._codec, self._rule = codec, rule

    def backward(self, instruction: str, response: str, *, ends: bool) -> Example:
        """The passage is shown, its instruction is what comes after. ends: with the tokens that end an answer, as for training."""
        passage = self._codec.truncate(response, self._rule.passage_tokens)
        return self._example(Prompt(f"{passage}\n\n{reversed_request()}"), instruction, self._rule.instruction_tokens, ends)

    def forward(self, instruction: str, response: str, *, ends: bool) -> Example:
        """The instruction is shown, the response comes after."""
        asked = self._codec.truncate(instruction, self._rule.instruction_tokens)
        return self._example(Prompt(asked), response, self._rule.answer_tokens, ends)

    def _example(self, prompt: Prompt, text: str, most: int, ends: bool) -> Example:
        """A text that was cut gets no end: a model that learnt one there would stop in mid-sentence."""
        before, after = self._codec.encode_prompt(prompt), self._codec.encode_text(text)
        ending = self._codec.end_ids if ends and len(after) <= most else []
        if not after:
            raise InputError("an instruction and a response with tokens", f"{text!r:.40}", "Leave this pair out.")
        return Example((*before, *after[:most], *ending), len(before))


def steps_of(examples: Sequence[Example], steps: int, step_tokens: int, draw: random.Random) -> Iterator[list[Example]]:
    """Batches of one training: after each, as many tokens are read as the steps so far are worth, to within an example.

    Examples come in a random order, each once before any comes again. So arms of longer and of shorter examples read and step alike.
    """
    longest = max(len(example.ids) for example in examples)
    if longest > step_tokens:
        raise InputError(f"examples within the {step_tokens} tokens of a step", f"{longest} tokens", "Mend the plan's lengths.")
    waiting: list[Example] = []
    read = 0
    for step in range(1, steps + 1):
        batch = []
        while read < step * step_tokens or not batch:
            if not waiting:
                waiting = draw.sample(list(examples), len(examples))
            batch.append(waiting.pop())
            read += len(batch[-1].ids)
        yield batch


class Learner:
    """A model that is trained and asked again and again. source: as models.start names it."""

    def __init__(self, source: str, rule: TrainingRule) -> None:
        from peft import get_peft_model

        described = describe(source)
        self.digest = described.digest
        self.device = "cuda:0" if uses_gpu() else "cpu"
        self._rule = rule
        settings = Training(lora_rank=rule.lora_rank, lora_alpha=2 * rule.lora_rank)
        with quiet_transformers():
            base = starting_model(described.folder, settings, resolve_dtype("auto", self.device)).to(self.device)
            if self.device == "cpu":
                base.set_attn_implementation("eager")  # the other one's gradient takes a CPU longer
            self._model: Any = get_peft_model(base, lora_config(settings))
        # Of a part of each row, as the last tokens are, the head would copy its weights for every row.
        self._model.get_output_embeddings().register_forward_pre_hook(lambda _, inputs: (inputs[0].contiguous(),))
        self.codec = Codec.load(described.folder)
        self.write = Writer(self.codec, rule)

    def begin(self, seed: int) -> None:
        """The starting model again: what is trained is set to what a seed gives, which changes no answer yet."""
        import torch
        from peft.tuners.lora import LoraLayer

        torch.manual_seed(seed)
        for module in self._model.modules():
            if isinstance(module, LoraLayer):
                module.reset_lora_parameters("default", init_lora_weights=True)

    def train(self, examples: Sequence[Example], steps: int, step_tokens: int, seed: int) -> Trained:
        """Train from the start, with AdamW, a rate that rises and then falls to 0, and the same weight for every learnt token of a step."""
        import torch

        self.begin(seed)
        started = time.monotonic()
        learnt = [parameter for parameter in self._model.parameters() if parameter.requires_grad]
        optimizer = torch.optim.AdamW(learnt, lr=self._rule.learning_rate, weight_decay=0.0)
        warm = max(round(self._rule.warmup_share * steps), 1)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min((step + 1) / warm, (steps - step) / max(steps - warm, 1)))
        self._model.train()
        losses, seen = [], []
        for batch in steps_of(examples, steps, step_tokens, random.Random(seed)):
            num_learnt = sum(example.num_learnt for example in batch)
            total = 0.0
            for part in self._parts(batch):
                loss = -self._log_likelihoods(part).sum() / num_learnt
                loss.backward()
                total += loss.item()
            torch.nn.utils.clip_grad_norm_(learnt, 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
            losses.append(total)
            seen += batch
        tenth = max(steps // 10, 1)
        return Trained(
            num_steps=steps,
            num_examples=len(seen),
            tokens_read=sum(len(example.ids) for example in seen),
            tokens_learnt=sum(example.num_learnt for example in seen),
            first_loss=sum(losses[:tenth]) / tenth,
            last_loss=sum(losses[-tenth:]) / tenth,
            seconds=time.monotonic() - started,
        )

    def score(self, examples: Sequence[Example]) -> list[float]:
        """Log probability of what comes after each prompt, in nats a token."""
        import torch

        self._model.eval()
        found: dict[int, float] = {}
        order = sorted(range(len(examples)), key=lambda row: (len(examples[row].ids), row))
        places = {id(examples[row]): row for row in order}
        with torch.inference_mode():
            for part in self._parts([examples[row] for row in order]):
                sums = self._log_likelihoods(part).sum(dim=1).tolist()
                for example, total in zip(part, sums, strict=True):
                    found[places[id(example)]] = total / example.num_learnt
        return [found[row] for row in range(len(examples))]

    def _parts(self, batch: Sequence[Example]) -> Iterator[list[Example]]:
        """Rows of like length that fit into memory together, the longest first."""
        most = ROWS_AT_ONCE[self.device.split(":")[0]]
        part: list[Example] = []
        for example in sorted(batch, key=lambda example: -len(example.ids)):
            if part and (len(part) + 1) * len(part[0].ids) > most:
                yield part
                part = []
            part.append(example)
        if part:
            yield part

    def _log_likelihoods(self, rows: Sequence[Example]) -> Any:
        """Log probability of each learnt token; 0 where a row has fewer than the others."""
        import torch

        width, most = max(len(row.ids) for row in rows), max(row.num_learnt for row in rows)
        ids = torch.zeros((len(rows), width), dtype=torch.long)
        mask = torch.zeros_like(ids)
        is_learnt = torch.zeros((len(rows), most), dtype=torch.bool)
        for place, row in enumerate(rows):
            ids[place, width - len(row.ids) :] = torch.tensor(row.ids)
            mask[place, width - len(row.ids) :] = 1
            is_learnt[place, most - row.num_learnt :] = True
        ids, mask, is_learnt = (tensor.to(self.device) for tensor in (ids, mask, is_learnt))
        places = (mask.cumsum(dim=1) - 1).clamp(min=0)
        with mixed_precision(self._model):
            answer = self._model(input_ids=ids, attention_mask=mask, position_ids=places, use_cache=False, logits_to_keep=most + 1)
        logits = answer.logits[:, :-1].float()
        chosen = -torch.nn.functional.cross_entropy(logits.transpose(1, 2), ids[:, width - most :], reduction="none")
        return chosen * is_learnt

"""Components of assessment, export and tables; and, with torch, those of engines and training, on the tiny model of tests.tiny_models."""

from __future__ import annotations

import importlib
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

from bubblenet.engines.protocol import EngineSpec, GenerationRequest, LabelRequest, LikelihoodRequest, Prompt
from bubblenet.evaluation import constraints
from bubblenet.evaluation.answering import overlap
from bubblenet.settings import Assessment, Training
from bubblenet.tables.declaration import Table
from bubblenet.udfs.answers import AnswerSeed
from tests.golden import INPUTS, Component, Plant

SPEC = EngineSpec("scripted", "none", "scripted")
QUESTIONS = ["How is tea made of leaves?", "What keeps longest in a closed jar?", "BUBBLENET-FAIL"]


def _answered() -> Any:
    requests = [
        {"request_id": f"r{n}", "asked": text, "system": system, "reference": "Tea is made of leaves, in a \u8336\u58f6."}
        for n, (text, system) in enumerate((text, system) for text in QUESTIONS for system in (None, "Answer."))
    ]
    pairs = [
        ("Tea is made", "Tea is made of leaves."),
        ("\u8336\u58f6 of leaves", "Leaves of \u8336\u58f6"),
        ("one", "two"),
        ("", "x"),
        ("A b c d e f.", "a b c D e, f"),
        ("\u0915\u093f\u0924\u093e\u092c \u0939\u0948", "\u0915\u0924\u092c \u0939\u0940"),
    ]
    rows = [row for _, row in AnswerSeed(SPEC, Assessment(max_new_tokens=20))(requests)]
    return rows, [overlap(*pair) for pair in pairs]


def _constrained() -> Any:
    """Every kind of constraint in every language, and answers that keep to each or do not."""
    answers = [
        "",
        "one two three",
        "\u0939\u093f\u0928\u094d\u0926\u0940 \u092d\u093e\u0937\u093e \u0939\u0948 " * 8,
        "- a\n* b",
        "- a\n- b\n- c",
        '{"answer": 1}',
        '```json\n{"text": 2, "result": 3}\n```',
        "[1]",
        "{",
        "word " * 16,
        "Water and time, the people; tea? Wasser Zeit eau temps agua tiempo",
        "Das Wasser wurde auf den Herd gestellt, und niemand dachte mehr daran.",
        "The water was put on the stove and nobody thought of it again.",
    ]
    asked = [
        (f"seed{n}", task, language, other)
        for n in range(60)
        for task, language, other in (("qa", "en", "en"), ("translation", "de", "fr"), ("qa", None, "xx"))
    ]
    drawn = [constraints.constraint_of(*one) for one in asked]
    return [(one.kind, one.sentence, [one.is_met(answer) for answer in answers]) for one in drawn]


def _declared() -> dict[str, tuple[str, str]]:
    """Module and variable of every table, by its name."""
    modules = [importlib.import_module(f"bubblenet.tables.{name}") for name in ("bookkeeping", "corpus", "evaluation", "pairs", "training")]
    return {table.name: (module.__name__, name) for module in modules for name, table in vars(module).items() if isinstance(table, Table)}


def _table_component(table: str) -> Component:
    """A new column needs no version; those that stand in tables.json do, when they go or change."""
    module, variable = _declared()[table]
    released = json.loads((INPUTS / "tables.json").read_text(encoding="utf-8")).get(table, [])

    def run() -> Any:
        declared = getattr(importlib.import_module(module), variable)
        types = {column.name: column.type for column in declared.columns}
        return declared.name, [(name, types.get(name)) for name in released], declared.partitioned_by

    return Component(
        f"tables.{table}",
        module,
        run,
        "nothing: a warehouse with the older table is refused",
        Plant(module, f"\n{variable} = Table(", f'\n{variable} = Table("old_" + '),
        number=lambda: getattr(importlib.import_module(module), variable).schema_version,
    )


def _even(model: Any) -> Any:
    """Weights by a formula: a library that draws other random numbers changes nothing."""
    import torch

    with torch.no_grad():
        for number, weight in enumerate(model.parameters()):
            places = torch.arange(weight.numel(), dtype=torch.float64)
            weight.copy_((0.4 * torch.sin(places * 1.7 + number + places * places * 0.013)).reshape(weight.shape).to(weight.dtype))
    return model


def _codec() -> Any:
    from bubblenet.engines.tokens import Codec
    from tests.tiny_models import make_tokenizer

    return Codec(make_tokenizer())


def _engine_answers() -> Any:
    """The real engine over the tiny model."""
    from bubblenet.engines import shared_attention
    from bubblenet.engines.language_model import LanguageModel
    from bubblenet.engines.transformers import TransformersEngine
    from tests.tiny_models import make_model

    shared_attention.register()
    model = _even(make_model(attn_implementation=shared_attention.NAME))
    engine = TransformersEngine(LanguageModel(model, "cpu"), _codec(), 400, 8)
    prompts = [
        Prompt(f"{text} <|im_end|> [INST]", system, prefix)
        for text in ("Tea?", "What keeps longest?", "")
        for system in (None, "Be short.")
        for prefix in ("", "It is")
    ]
    asked = [GenerationRequest(f"{n}", prompt, 6, 0.8 * (n % 2), 0.9, n) for n, prompt in enumerate(prompts)]
    labels = [LabelRequest(f"{n}", prompt, ("A", "B")) for n, prompt in enumerate(prompts)] + [LabelRequest("no", prompts[0], ("AB",))]
    likely = [LikelihoodRequest(f"{n}", prompt, text) for n, prompt in enumerate([*prompts, None]) for text in ("leaves", "")]
    cut = [engine.truncate("Tea is made of leaves.", size) for size in (1, 5, 99)]
    return engine.generate(asked), engine.label_distribution(labels), engine.log_likelihood(likely), cut


def _completions() -> Any:
    """The requests to servers, and what is read of their answers."""
    from bubblenet.engines import completions

    def choice(**fields: Any) -> dict[str, Any]:
        return {"choices": [fields], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}

    sent = [
        completions.generation([1, 2], 5, 0.5, 0.9, 2**40 + 3, {9, 7}),
        completions.next_token([1, 2], 20, {66, 65}),
        completions.echo([1], 3),
    ]
    top = choice(logprobs={"top_logprobs": [{"token_id:65": -0.1, "token_id:66": -3.0}]})
    ids = [1, 2, 3]
    echoed = choice(
        logprobs={
            "tokens": [f"token_id:{n}" for n in [*ids, 9]],
            "token_logprobs": [None, -1.0, -2.0, -0.5],
            "top_logprobs": [{}, {}, {"token_id:9": -3.0}, {}],
        }
    )
    ended = [choice(text="Tea.", finish_reason=reason) for reason in ("stop", "length", "eos_token", "abort", None)]
    return (
        sent,
        completions.read_labels(completions.read_next_token(top), ("A", "B"), ([65], [66])),
        completions.read_echo(echoed, ids, asked=2),
        completions.read_end(echoed, ids, {3, 9}),
        [_or_error(completions.read_generation, answer) for answer in ended],
    )


def _or_error(read: Callable[[dict[str, Any]], Any], answer: dict[str, Any]) -> Any:
    try:
        return read(answer)
    except ValueError as error:
        return str(error)


def _profiles() -> Any:
    """Profiles of families of models, with the arguments that their templates know."""
    from bubblenet.engines.profile import make_profile
    from tests.families import FAMILIES, REFUSED

    found = [make_profile(family.tokenizer(), {"eos_token_id": [256, 257]}) for family in (*FAMILIES.values(), *REFUSED.values())]
    thinking = make_profile(FAMILIES["Qwen 3"].tokenizer(), None, {"enable_thinking": True})
    return [(profile, profile.fingerprint_parts()) for profile in (*found, thinking, make_profile(_codec()._tokenizer))]


def _trained() -> Any:
    """How examples become tokens, and what the trainer is told; not a training."""
    from bubblenet.training import checkpoints, finetuning, tokenised

    turns = {"user": "Ask <|im_end|>", "assistant": "Answer it.", "system": "Tag."}
    message = {role: {"role": role, "content": text} for role, text in turns.items()}
    rows = [
        {"prompt": [message["user"]], "completion": [message["assistant"]]},
        {"prompt": [message["system"], message["user"]], "completion": [message["assistant"]]},
    ]
    encoded = [tokenised.encode(row, _codec(), size) for row in rows for size in (10, 60, 200)]
    job: Any = SimpleNamespace(folder="FOLDER")
    told = []
    for settings in (Training(), Training(method="full", packing=True, epochs=1.5, batch_examples=6, device_examples=4, tokens=5000)):
        with (
            mock.patch.dict(
                "sys.modules", {"trl.trainer.sft_config": SimpleNamespace(SFTConfig=dict), "peft": SimpleNamespace(LoraConfig=dict)}
            ),
            mock.patch.object(finetuning, "uses_gpu", return_value=False),
        ):
            told += [finetuning._arguments(job, settings, "float32"), checkpoints.lora_config(settings)]
        trainer: Any = SimpleNamespace(train_dataset=_Examples(50), args=SimpleNamespace())
        finetuning._set_steps(trainer, settings)
        told += [vars(trainer.args), len(trainer.train_dataset)]
    return (
        encoded,
        told,
        [
            finetuning.global_batch(Training(batch_examples=size, device_examples=3), processes)
            for size, processes in ((16, 1), (12, 4), (6, 6))
        ],
    )


class _Examples(list):
    """As many examples of 100 tokens as are wanted, with the little of a dataset that is used."""

    def __init__(self, num: int) -> None:
        super().__init__([[0] * 100] * num)

    def __getitem__(self, key: Any) -> Any:
        return list(self) if isinstance(key, str) else super().__getitem__(key)

    def select(self, rows: range) -> _Examples:
        return _Examples(len(rows))


def _converted() -> Any:
    """What is written of a model that is read from GGUF; reading GGUF is the library's."""
    from safetensors.torch import load_file

    from bubblenet.engines import conversion
    from tests.tiny_models import make_model, make_tokenizer

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            mock.patch("transformers.AutoModelForCausalLM.from_pretrained", return_value=_even(make_model())),
            mock.patch("transformers.AutoTokenizer.from_pretrained", return_value=make_tokenizer()),
        ):
            found = conversion.convert_gguf(folder / "m.gguf", "0123456789" * 4, folder)
        weights = load_file(found / "model.safetensors")
        files = sorted(file.name for file in found.iterdir())
    told = {name: (str(weight.dtype), list(weight.shape), float(weight.double().abs().mean())) for name, weight in weights.items()}
    return told, files, found.name.rpartition("-")[0]


OTHERS = [
    Component(
        "ANSWERING_VERSION",
        "bubblenet.evaluation.answering",
        _answered,
        "assess: every held-out seed is answered again",
        Plant("bubblenet.evaluation.answering", "BLEU(effective_order=True)", "BLEU(effective_order=False)"),
    ),
    Component(
        "CONSTRAINTS_VERSION",
        "bubblenet.evaluation.constraints",
        _constrained,
        "assess/constrained: every held-out seed is answered again",
        Plant("bubblenet.evaluation.constraints", "len(_ITEM.findall(text)) == num", "len(_ITEM.findall(text)) >= num"),
        ("IDENTIFIER_VERSION",),
    ),
    *map(_table_component, _declared()),
]

MODELS = [
    Component(
        "ENGINE_CODE_VERSION",
        "bubblenet.engines.protocol",
        _engine_answers,
        "every model stage, for every request",
        digits=4,
        plant=Plant(
            "bubblenet.engines.tokens",
            "return ids + (self.encode_text(prompt.assistant_prefix) if prompt.assistant_prefix else [])",
            "return ids",
        ),
    ),
    Component(
        "COMPLETIONS_VERSION",
        "bubblenet.engines.completions",
        _completions,
        "every stage of a model behind a server, for every request",
        plant=Plant("bubblenet.engines.completions", '"seed": seed % SEEDS', '"seed": seed'),
    ),
    Component(
        "PROFILE_VERSION",
        "bubblenet.engines.profile",
        _profiles,
        "what is kept of a model's files, once a machine; every stage of a model whose profile is not plain",
        plant=Plant("bubblenet.engines.profile", 'THINKING = ("enable_thinking", "thinking")', "THINKING = ()"),
    ),
    Component(
        "FINETUNING_VERSION",
        "bubblenet.training.planning",
        _trained,
        "every training: a fine-tuned model gets another id",
        digits=4,
        plant=Plant("bubblenet.training.finetuning", "completion_only_loss=True", "completion_only_loss=False"),
    ),
    Component(
        "CONVERSION_VERSION",
        "bubblenet.engines.conversion",
        _converted,
        "the conversion of a GGUF file, once a machine",
        digits=4,
        plant=Plant("bubblenet.engines.conversion", 'STORED_DTYPE = "float16"', 'STORED_DTYPE = "bfloat16"'),
    ),
]

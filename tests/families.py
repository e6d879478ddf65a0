"""What is particular to families of models, as facts: tokens, what ends an answer, how a template sets turns. The templates are our own.

A family's model is random and tiny; its architecture, the layout of its tokens and the form of its template are those of the real files.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.tiny_models import make_model, make_tokenizer


@dataclass(frozen=True)
class Family:
    """special: begin, end and padding as the tokenizer names them, then the other control tokens. added: tokens not marked as special.

    ends: end tokens of generation_config.json. template: of chat. config: of the architecture `kind`. prompt: what is to be rendered around
    the user's "U"; guided: around the system's "S" and "U". end: the token after an answer.
    """

    kind: str
    special: tuple[str | None, ...]
    ends: tuple[str, ...]
    template: str
    prompt: str
    guided: str
    end: str
    has_system_turn: bool = True
    added: tuple[str, ...] = ()
    config: dict[str, Any] = field(default_factory=dict)
    arguments: dict[str, Any] = field(default_factory=dict)

    def tokenizer(self) -> Any:
        return make_tokenizer(self.special, self.template, added=self.added)

    def model(self, **changes: Any) -> Any:
        """A random model, with weights so large that its answers differ by nats."""
        ids = {"bos_token_id": None, "eos_token_id": None, "pad_token_id": None}
        return make_model(self.kind, initializer_range=0.3, **ids, **self.config, **changes)

    def save_tokenizer(self, folder: Path) -> Path:
        """The files that a profile is found from, without weights."""
        tokenizer = self.tokenizer()
        tokenizer.save_pretrained(folder)
        ends = [tokenizer.convert_tokens_to_ids(text) for text in self.ends]
        (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": ends if len(ends) > 1 else ends[0]}))
        return folder


def _turns(before: str, after: str, end: str, answer: str = "assistant", opening: str = "") -> str:
    """A template's loop over turns: `before` role `after` text `end`. opening: what stands at the beginning of an answer."""
    return (
        "{% for m in messages %}"
        f"{before}{{{{ '{answer}' if m.role == 'assistant' else m.role }}}}{after}"
        f"{{% if m.role == 'assistant' %}}{opening}{{% endif %}}{{{{ m.content | trim }}}}{end}"
        "{% endfor %}"
        f"{{% if add_generation_prompt %}}{before}{answer}{after}{opening}{{% endif %}}"
    )


_CHATML = _turns("<|im_start|>", "\n", "<|im_end|>\n")
_QWEN_SPECIAL = (None, "<|im_end|>", "<|endoftext|>", "<|im_start|>")
_NO_THOUGHT = "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}"
_HEADER = ("<|start_header_id|>", "<|end_header_id|>\n\n")
_ROLE = ("<|start_of_role|>", "<|end_of_role|>")

FAMILIES = {
    "Llama 3": Family(  # a system turn with the date stands before everything; the tokenizer's end is that of a turn, not of a text
        kind="llama",
        config={
            "rope_parameters": {
                "rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                "original_max_position_embeddings": 64,
            }
        },
        special=(
            "<|begin_of_text|>", "<|eot_id|>", None, "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>",
            "<|python_tag|>",
        ),
        ends=("<|end_of_text|>", "<|eom_id|>", "<|eot_id|>"),
        template="{{ bos_token }}"
        + "system".join(_HEADER)
        + "Today is {{ strftime_now('%d %b %Y') }}.\n\n"
        + "{% if messages[0].role == 'system' %}{{ messages[0].content }}{% set messages = messages[1:] %}{% endif %}<|eot_id|>"
        + _turns(*_HEADER, "<|eot_id|>"),
        prompt="<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nToday is 26 Jul 2024.\n\n<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\nU<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
        guided="<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nToday is 26 Jul 2024.\n\nS<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\nU<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
        end="<|eot_id|>",
    ),
    "Qwen 2.5": Family(  # no beginning-of-text token; a system turn of its own where none is given
        kind="qwen2",
        special=_QWEN_SPECIAL,
        ends=("<|im_end|>", "<|endoftext|>"),
        added=("<tool_call>", "</tool_call>"),
        template="{% if messages[0].role != 'system' %}<|im_start|>system\nHelp.<|im_end|>\n{% endif %}" + _CHATML,
        prompt="<|im_start|>system\nHelp.<|im_end|>\n<|im_start|>user\nU<|im_end|>\n<|im_start|>assistant\n",
        guided="<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nU<|im_end|>\n<|im_start|>assistant\n",
        end="<|im_end|>",
    ),
    "Qwen 3": Family(  # thinks unless told otherwise; an answer without a thought begins with an empty one
        kind="qwen3",
        special=_QWEN_SPECIAL,
        ends=("<|im_end|>", "<|endoftext|>"),
        added=("<tool_call>", "</tool_call>", "<think>", "</think>"),
        template=_turns("<|im_start|>", "\n", "<|im_end|>\n", opening=_NO_THOUGHT),
        prompt="<|im_start|>user\nU<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n",
        guided="<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nU<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n",
        end="<|im_end|>",
        arguments={"enable_thinking": False},
    ),
    "Gemma 3": Family(  # no system turn: its text goes before the user's; the tokenizer knows <eos> alone, which ends no answer
        kind="gemma3_text",
        config={"sliding_window": 6, "layer_types": ["sliding_attention", "full_attention"], "query_pre_attn_scalar": 8},
        special=("<bos>", "<eos>", "<pad>", "<start_of_turn>", "<end_of_turn>"),
        ends=("<eos>", "<end_of_turn>"),
        template="{{ bos_token }}{% if messages[0].role == 'system' %}"
        "{% set messages = [{'role': 'user', 'content': messages[0].content + '\n\n' + messages[1].content}] + messages[2:] %}{% endif %}"
        + _turns("<start_of_turn>", "\n", "<end_of_turn>\n", answer="model"),
        prompt="<bos><start_of_turn>user\nU<end_of_turn>\n<start_of_turn>model\n",
        guided="<bos><start_of_turn>user\nS\n\nU<end_of_turn>\n<start_of_turn>model\n",
        end="<end_of_turn>",
        has_system_turn=False,
    ),
    "Gemma 2": Family(  # refuses a system turn
        kind="gemma2",
        config={
            "sliding_window": 6, "layer_types": ["sliding_attention", "full_attention"], "query_pre_attn_scalar": 8,
            "attn_logit_softcapping": 5.0, "final_logit_softcapping": 3.0,
        },
        special=("<bos>", "<eos>", "<pad>", "<start_of_turn>", "<end_of_turn>"),
        ends=("<eos>", "<end_of_turn>"),
        template="{{ bos_token }}{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
        + _turns("<start_of_turn>", "\n", "<end_of_turn>\n", answer="model"),
        prompt="<bos><start_of_turn>user\nU<end_of_turn>\n<start_of_turn>model\n",
        guided="<bos><start_of_turn>user\nS\n\nU<end_of_turn>\n<start_of_turn>model\n",
        end="<end_of_turn>",
        has_system_turn=False,
    ),
    "Mistral": Family(  # no roles; the system's text goes before the user's
        kind="mistral",
        config={"sliding_window": 6},
        special=("<s>", "</s>", None, "<unk>", "[INST]", "[/INST]", "[TOOL_CALLS]"),
        ends=("</s>",),
        template="{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}[INST] "
        "{% if loop.previtem and loop.previtem.role == 'system' %}{{ loop.previtem.content + '\n\n' }}{% endif %}{{ m.content }}[/INST]"
        "{% elif m.role == 'assistant' %} {{ m.content | trim }}{{ eos_token }}{% endif %}{% endfor %}",
        prompt="<s>[INST] U[/INST]",
        guided="<s>[INST] S\n\nU[/INST]",
        end="</s>",
        has_system_turn=False,
    ),
    "Phi-4": Family(  # a separator after the role; nothing between turns
        kind="phi3",
        special=("<|endoftext|>", "<|im_end|>", "<|dummy_85|>", "<|im_start|>", "<|im_sep|>"),
        ends=("<|endoftext|>", "<|im_end|>"),
        template=_turns("<|im_start|>", "<|im_sep|>", "<|im_end|>"),
        prompt="<|im_start|>user<|im_sep|>U<|im_end|><|im_start|>assistant<|im_sep|>",
        guided="<|im_start|>system<|im_sep|>S<|im_end|><|im_start|>user<|im_sep|>U<|im_end|><|im_start|>assistant<|im_sep|>",
        end="<|im_end|>",
    ),
    "SmolLM3": Family(  # a system turn with the date and whether to think stands before everything
        kind="smollm3",
        config={"no_rope_layers": [1, 0]},
        special=("<|begin_of_text|>", "<|im_end|>", "<|im_end|>", "<|im_start|>", "<|end_of_text|>"),
        ends=("<|im_end|>",),
        added=("<think>", "</think>"),
        template="{% set thinks = enable_thinking if enable_thinking is defined else true %}"
        "<|im_start|>system\nToday: {{ strftime_now('%d %B %Y') }}\nMode: {{ '/think' if thinks else '/no_think' }}\n\n"
        "{% if messages[0].role == 'system' %}{{ messages[0].content }}{% set messages = messages[1:] %}{% endif %}<|im_end|>\n"
        + _turns("<|im_start|>", "\n", "<|im_end|>\n", opening="{% if not thinks %}<think>\n\n</think>\n{% endif %}"),
        prompt="<|im_start|>system\nToday: 26 July 2024\nMode: /no_think\n\n<|im_end|>\n"
        "<|im_start|>user\nU<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n",
        guided="<|im_start|>system\nToday: 26 July 2024\nMode: /no_think\n\nS<|im_end|>\n"
        "<|im_start|>user\nU<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n",
        end="<|im_end|>",
        arguments={"enable_thinking": False},
    ),
    "Granite": Family(  # one token begins, ends and pads; the date where no system turn is given; thinking is off by itself
        kind="granite",
        config={"embedding_multiplier": 12.0, "attention_multiplier": 0.2, "residual_multiplier": 0.22, "logits_scaling": 8.0},
        special=("<|end_of_text|>", "<|end_of_text|>", "<|end_of_text|>", "<|start_of_role|>", "<|end_of_role|>", "<|tool_call|>"),
        ends=("<|end_of_text|>",),
        template="{% if messages[0].role != 'system' %}"
        + "system".join(_ROLE)
        + "Today: {{ strftime_now('%B %d, %Y') }}.{% if thinking %} Think.{% endif %}<|end_of_text|>\n{% endif %}"
        + _turns(*_ROLE, "<|end_of_text|>\n"),
        prompt="<|start_of_role|>system<|end_of_role|>Today: July 26, 2024.<|end_of_text|>\n"
        "<|start_of_role|>user<|end_of_role|>U<|end_of_text|>\n<|start_of_role|>assistant<|end_of_role|>",
        guided="<|start_of_role|>system<|end_of_role|>S<|end_of_text|>\n"
        "<|start_of_role|>user<|end_of_role|>U<|end_of_text|>\n<|start_of_role|>assistant<|end_of_role|>",
        end="<|end_of_text|>",
    ),
    "OLMo 2": Family(  # roles are plain text, not tokens; one token begins and ends
        kind="olmo2",
        special=("<|endoftext|>", "<|endoftext|>", "<|pad|>", "<|im_start|>", "<|im_end|>"),
        ends=("<|endoftext|>",),
        template="{{ bos_token }}{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}"
        "{{ eos_token if m.role == 'assistant' else '\n' }}{% endfor %}{% if add_generation_prompt %}<|assistant|>\n{% endif %}",
        prompt="<|endoftext|><|user|>\nU\n<|assistant|>\n",
        guided="<|endoftext|><|system|>\nS\n<|user|>\nU\n<|assistant|>\n",
        end="<|endoftext|>",
    ),
}  # fmt: skip

REFUSED = {
    "gpt-oss": Family(  # attention with sinks, which the shared path does not compute; its answers have channels
        kind="gpt_oss",
        config={"num_local_experts": 2, "num_experts_per_tok": 1, "sliding_window": 6},
        special=("<|startoftext|>", "<|return|>", "<|endoftext|>", "<|start|>", "<|end|>", "<|message|>", "<|channel|>", "<|call|>"),
        ends=("<|return|>", "<|endoftext|>", "<|call|>"),
        template="<|start|>system<|message|>Today: {{ strftime_now('%Y-%m-%d') }}<|end|>{% for m in messages %}<|start|>"
        "{% if m.role == 'assistant' %}assistant<|channel|>final<|message|>{{ m.content }}<|return|>"
        "{% else %}{{ 'developer' if m.role == 'system' else m.role }}<|message|>{{ m.content }}<|end|>{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}<|start|>assistant{% endif %}",
        prompt="<|start|>system<|message|>Today: 2024-07-26<|end|><|start|>user<|message|>U<|end|><|start|>assistant",
        guided="<|start|>system<|message|>Today: 2024-07-26<|end|><|start|>developer<|message|>S<|end|>"
        "<|start|>user<|message|>U<|end|><|start|>assistant",
        end="<|return|>",
    ),
}

"""A tiny random model with a tokenizer of its own, made in the test. Its answers mean nothing; its arithmetic is exact."""

from __future__ import annotations

from pathlib import Path

SPECIAL = ["<|im_start|>", "<|im_end|>", "<|pad|>"]
ADDED = ["<think>", "<tool_call>"]  # in the vocabulary, but not marked as special
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def make_tokenizer(special=SPECIAL, template=TEMPLATE, merges=(), added=ADDED):
    """Bytes as tokens, then the special ones. special: begin, end and padding (None: without), then any others; added: not special."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = [*alphabet, *("".join(merge) for merge in merges)]
    tokenizer = Tokenizer(models.BPE(vocab={text: index for index, text in enumerate(vocabulary)}, merges=list(merges)))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=special[0], eos_token=special[1], pad_token=special[2], chat_template=template
    )
    fast.add_tokens([AddedToken(text, special=True) for text in special[3:]], special_tokens=True)
    fast.add_tokens([AddedToken(text, special=False) for text in added])
    return fast


def make_model(kind: str = "llama", **changes):
    """A random model with four heads on two key-value heads."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    values = {
        "vocab_size": 300,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 8,
        "max_position_embeddings": 512,
        "bos_token_id": 256,
        "eos_token_id": 257,
        "pad_token_id": 258,
    }
    torch.manual_seed(7)
    config = AutoConfig.for_model(kind, **(values | changes))
    return AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()


def save_model(folder: Path, **changes) -> Path:
    """Write a model folder as any other: weights, configuration, tokenizer."""
    make_model(**changes).save_pretrained(folder)
    make_tokenizer().save_pretrained(folder)
    return folder

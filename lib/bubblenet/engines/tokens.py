"""From prompts to token ids, so that text from the web can never become a control token.

Two locks. Texts of a prompt are tokenised apart from the template, with the tokenizer's special tokens disabled, and the ids are
concatenated afterwards. Before that, every control marker of this tokenizer and of the common chat formats is broken up with a space, since
some tokenizers have markers (`<think>`, `<tool_call>`) that the option does not cover.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from bubblenet.engines.profile import SYSTEM, USER, Arguments, Profile, generation_of, make_profile
from bubblenet.engines.protocol import BadRequest, LabelRequest, LikelihoodRequest, Prompt
from bubblenet.engines.quiet import quiet_transformers
from bubblenet.errors import ModelError

# Markers of other chat formats than the loaded model's: ChatML, Llama 2 and 3, Gemma, Mistral, common end-of-text marks, and Alpaca,
# whose markers are plain headings: they are not tokens, but a model tuned on that format obeys them.
COMMON_MARKERS = (
    "<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>",
    "<|eot_id|>", "<|eom_id|>", "<|python_tag|>", "<start_of_turn>", "<end_of_turn>", "<bos>", "<eos>", "<pad>", "<unk>", "<s>", "</s>",
    "[INST]", "[/INST]", "<<SYS>>", "<</SYS>>", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_CALLS]", "[TOOL_RESULTS]",
    "[/TOOL_RESULTS]", "<think>", "</think>", "<tool_call>", "</tool_call>", "<|user|>", "<|assistant|>", "<|system|>", "<|end|>",
    "### Instruction:", "### Input:", "### Response:",
)  # fmt: skip

# Elements of HTML, which some vocabularies hold as tokens (Gemma's `<b>`, `<table>`): they control nothing, and code must keep them.
_ELEMENT = re.compile(
    r"</?(?:a|b|blockquote|br|caption|code|col|colgroup|dd|del|div|dl|dt|em|h[1-6]|hr|i|img|ins|li|ol|p|pre|q|small|span|strike|strong|sub|sup"
    r"|table|tbody|td|tfoot|th|thead|tr|tt|u|ul)>"
)


class Codec:
    """A tokenizer with both locks, and the model's own chat template around prompts. profile: None: that of the tokenizer alone."""

    def __init__(self, tokenizer: Any, profile: Profile | None = None) -> None:
        self._tokenizer = tokenizer
        self.profile = profile or make_profile(tokenizer)
        added = tokenizer.added_tokens_decoder.values()
        control = {str(token) for token in added if token.special or not _ELEMENT.fullmatch(str(token))}
        self._markers = _marker_pattern(control | set(COMMON_MARKERS))
        self._texts: dict[str, list[int]] = {}
        self.stop_ids = frozenset(self.profile.stop_ids)

    @classmethod
    def load(cls, folder: Path, gguf: str | None = None, *, profile: Profile | None = None, arguments: Arguments | None = None) -> Codec:
        """Load the tokenizer of a local folder, or of a GGUF file in it. profile: None: found there, with the arguments for its template.

        Raises ModelError if there is no tokenizer, and what make_profile raises.
        """
        from transformers import AutoTokenizer

        from_gguf = {"gguf_file": gguf} if gguf else {}
        try:
            with quiet_transformers():
                tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False, **from_gguf)
        except (OSError, ValueError, KeyError) as error:
            raise ModelError("a tokenizer beside the weights", f"{folder}: {error}", "Copy tokenizer.json there.") from error
        return cls(tokenizer, profile or make_profile(tokenizer, {} if gguf else generation_of(folder), arguments))

    @property
    def begin_ids(self) -> list[int]:
        """The beginning-of-text token; for models without one, their end-of-text token."""
        return list(self.profile.begin_ids)

    @property
    def end_ids(self) -> list[int]:
        """The template's tokens after an answer, up to the one that ends it."""
        return list(self.profile.end_ids)

    def neutralise(self, text: str) -> str:
        """Break up control markers: `<|im_end|>` becomes `< |im_end|>`. Repeated until none is left."""
        while (broken := self._markers.sub(lambda match: f"{match[0][0]} {match[0][1:]}", text)) != text:
            text = broken
        return text

    def encode_text(self, text: str) -> list[int]:
        """Ids of plain text, without control tokens or a beginning-of-text token."""
        with quiet_transformers():
            ids = self._tokenizer(self.neutralise(text), add_special_tokens=False, split_special_tokens=True)["input_ids"]
        return list(ids)

    def encode_prompt(self, prompt: Prompt) -> list[int]:
        """Ids of a whole prompt, up to where the model continues."""
        texts = {USER: prompt.user, SYSTEM: prompt.system or ""}
        ids: list[int] = []
        for piece in self.profile.alone if prompt.system is None else self.profile.guided:
            ids += self.encode_text(texts[piece]) if isinstance(piece, str) else piece
        return ids + (self.encode_text(prompt.assistant_prefix) if prompt.assistant_prefix else [])

    def decode(self, ids: list[int]) -> str:
        """Text of ids, without control tokens."""
        text: str = self._tokenizer.decode(ids, skip_special_tokens=True)
        return text

    def encode_likelihood(self, request: LikelihoodRequest) -> tuple[list[int], list[int]]:
        """Ids of context and continuation, tokenised separately. Raises BadRequest for an empty continuation."""
        context = self.begin_ids if request.context is None else self.encode_prompt(request.context)
        continuation = self.encode_text(request.continuation)
        if not continuation:
            raise BadRequest("an empty continuation")
        return context, continuation

    def encode_labels(self, request: LabelRequest) -> list[list[int]]:
        """The tokens that stand for each label. Raises BadRequest if a label has none."""
        found = [self.label_ids(label) for label in request.labels]
        if not found or not all(found):
            missing = [label for label, ids in zip(request.labels, found, strict=True) if not ids]
            raise BadRequest(f"labels that are one token each are needed, got {missing}")
        return found

    def label_ids(self, label: str) -> list[int]:
        """The tokens that stand for this label: all whose text, stripped of white space, equals the label.

        They are looked up in the vocabulary, since tokenising the label finds too few: sentencepiece tokenizers put a space before every
        text and split "5" into that space and the digit, while after "Level: " the model writes the digit alone.
        """
        if not self._texts:
            self._texts = self._stripped_texts()
        return self._texts.get(label.strip(), [])

    def _stripped_texts(self) -> dict[str, list[int]]:
        """Ids by the stripped text of their token, without control tokens and white-space tokens."""
        control = set(self._tokenizer.added_tokens_decoder)
        ids = sorted(set(self._tokenizer.get_vocab().values()) - control)
        texts: dict[str, list[int]] = {}
        for token, text in zip(ids, self._tokenizer.batch_decode([[token] for token in ids]), strict=True):
            if text.strip():
                texts.setdefault(text.strip(), []).append(token)
        return texts

    def truncate(self, text: str, max_tokens: int) -> str:
        """The longest prefix with at most max_tokens tokens, cut at a token boundary."""
        with quiet_transformers():
            encoded = self._tokenizer(text, add_special_tokens=False, split_special_tokens=True, return_offsets_mapping=True)
        offsets = encoded["offset_mapping"]
        return text if len(offsets) <= max_tokens else text[: offsets[max_tokens][0]]


def _marker_pattern(markers: set[str]) -> re.Pattern[str]:
    """One pattern for all markers, longest first, ignoring case. Markers of one character cannot be broken up; lock one covers them."""
    ordered = sorted((marker for marker in markers if len(marker.strip()) > 1), key=len, reverse=True)
    return re.compile("|".join(re.escape(marker) for marker in ordered), re.IGNORECASE)

"""Checkpoints built in the manner of the Qwen2.5, Llama 3 and OLMo 2 families, small enough for a test.

The files are those of the published checkpoints (tokenizer.json with its pre- and post-processing,
tokenizer_config.json, config.json, generation_config.json) with their classes, token names, flags
and disagreements, written out here by hand; the vocabulary is the 256 bytes, each under its own
value, three merges and the family's special tokens, so that expected ids can be written by hand too.

    checkpoint(folder, "qwen2.5-math")                     # random weights
    checkpoint(folder, "llama-3-chat", says={10: 52, 52: END})  # after token 10 comes 52, then END
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models
from tokenizers import pre_tokenizers as pre
from tokenizers import processors as post
from transformers import AutoConfig, AutoModelForCausalLM

FIRST_SPECIAL = 259
"""Ids below are bytes and the merges ` t`, `he` and ` the`."""
VOCABULARY = 272
HIDDEN = 512
UNSET = 10**30
"""`model_max_length` of a tokenizer that has none, as files spell it."""

QWEN = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
LLAMA = (
    "<|begin_of_text|>",
    "<|end_of_text|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|eom_id|>",
    "<|eot_id|>",
)
OLMO = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|pad|>")

QWEN_CHAT = (
    "{%- if messages[0]['role'] != 'system' -%}"
    "{{- '<|im_start|>system\\nSYSTEM<|im_end|>\\n' -}}"
    "{%- endif -%}"
    "{%- for turn in messages -%}"
    "{{- '<|im_start|>' + turn.role + '\\n' + turn.content + '<|im_end|>\\n' -}}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}"
)
QWEN_SYSTEM = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
MATH_SYSTEM = "Please reason step by step, and put your final answer within \\boxed{}."
LLAMA_CHAT = (
    "{%- set today = strftime_now('%d %b %Y') if strftime_now is defined else '26 Jul 2024' -%}"
    "{{- bos_token + '<|start_header_id|>system<|end_header_id|>\\n\\n' -}}"
    "{{- 'Cutting Knowledge Date: December 2023\\nToday Date: ' + today + '\\n\\n<|eot_id|>' -}}"
    "{%- for turn in messages -%}"
    "{{- '<|start_header_id|>' + turn.role + '<|end_header_id|>\\n\\n' -}}"
    "{{- turn.content | trim + '<|eot_id|>' -}}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}"
    "{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' -}}"
    "{%- endif -%}"
)
OLMO_CHAT = (
    "{{- bos_token -}}"
    "{%- for turn in messages -%}"
    "{{- '<|' + turn.role + '|>\\n' + turn.content -}}"
    "{{- eos_token if turn.role == 'assistant' -}}{{- '\\n' -}}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|assistant|>\\n' -}}{%- endif -%}"
)


@dataclass(frozen=True)
class Family:
    """One published checkpoint's settings. Token ids are offsets from the first special token."""

    specials: tuple[str, ...]
    tokenizer: dict[str, Any]
    config: dict[str, Any]
    generation: dict[str, Any] = field(default_factory=dict)
    begins: bool = False


def _qwen(
    eos: int, listed: int | list[int], system: str, positions: int, config: int, **more: Any
) -> Family:
    return Family(
        QWEN,
        {
            "tokenizer_class": "Qwen2Tokenizer",
            "add_bos_token": False,
            "add_prefix_space": False,
            "bos_token": None,
            "eos_token": QWEN[eos],
            "pad_token": "<|endoftext|>",
            "unk_token": None,
            "model_max_length": 131072,
            "clean_up_tokenization_spaces": False,
            "errors": "replace",
            "chat_template": QWEN_CHAT.replace("SYSTEM", system.replace("\\", "\\\\")),
        },
        {
            "model_type": "qwen2",
            "architectures": ["Qwen2ForCausalLM"],
            "bos_token_id": 0,
            "eos_token_id": config,
            "max_position_embeddings": positions,
            "max_window_layers": 28,
            "sliding_window": positions,
            "use_sliding_window": False,
            **more,
        },
        {"bos_token_id": 0, "pad_token_id": 0, "eos_token_id": listed},
    )


def _llama(eos: int, listed: int | list[int], **tokenizer: Any) -> Family:
    return Family(
        LLAMA,
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": "<|begin_of_text|>",
            "eos_token": LLAMA[eos],
            "model_input_names": ["input_ids", "attention_mask"],
            "model_max_length": 131072,
            "clean_up_tokenization_spaces": True,
            **tokenizer,
        },
        {
            "model_type": "llama",
            "architectures": ["LlamaForCausalLM"],
            "bos_token_id": 0,
            "eos_token_id": listed,
            "max_position_embeddings": 131072,
            "rope_theta": 500000.0,
            "rope_scaling": {
                "rope_type": "llama3",
                "factor": 8.0,
                "low_freq_factor": 1.0,
                "high_freq_factor": 4.0,
                "original_max_position_embeddings": 8192,
            },
        },
        {"bos_token_id": 0, "eos_token_id": listed},
        begins=True,
    )


def _olmo(**tokenizer: Any) -> Family:
    return Family(
        OLMO,
        {
            "tokenizer_class": "GPT2Tokenizer",
            "add_prefix_space": False,
            "bos_token": "<|endoftext|>",
            "eos_token": "<|endoftext|>",
            "pad_token": "<|pad|>",
            "unk_token": "<|endoftext|>",
            "model_max_length": UNSET,
            "clean_up_tokenization_spaces": False,
            **tokenizer,
        },
        {
            "model_type": "olmo2",
            "architectures": ["Olmo2ForCausalLM"],
            "eos_token_id": 0,
            "pad_token_id": 3,
            "max_position_embeddings": 4096,
            "rope_theta": 500000,
        },
        {"eos_token_id": 0, "pad_token_id": 3},
    )


FAMILIES: Mapping[str, Family] = {
    "qwen2.5": _qwen(0, 0, QWEN_SYSTEM, 131072, 0),
    "qwen2.5-chat": _qwen(2, [2, 0], QWEN_SYSTEM, 32768, 2),
    "qwen2.5-math": _qwen(0, 0, MATH_SYSTEM, 4096, 0),
    "qwen2.5-chat-yarn": _qwen(
        2,
        [2, 0],
        QWEN_SYSTEM,
        32768,
        2,
        rope_scaling={"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768},
    ),
    "llama-3": _llama(1, 1),
    "llama-3-chat": _llama(5, [1, 4, 5], chat_template=LLAMA_CHAT),
    "olmo-2": _olmo(),
    "olmo-2-chat": _olmo(chat_template=OLMO_CHAT),
}


def special(family: str, token: str) -> int:
    """The id of a special token."""
    return FIRST_SPECIAL + FAMILIES[family].specials.index(token)


def checkpoint(
    folder: Path, name: str, *, says: Mapping[int, int] | None = None, **settings: Any
) -> Path:
    """Write the checkpoint of a family into a folder.

    Args:
        says: the most likely next token after each of these, whatever came before; random weights
            if left out.
        settings: entries of config.json in place of the family's.
    """
    family = FAMILIES[name]
    folder.mkdir(parents=True, exist_ok=True)
    config = _placed(family.config) | {
        "vocab_size": VOCABULARY,
        "hidden_size": HIDDEN,
        "intermediate_size": 64,
        "num_hidden_layers": 1,
        "num_attention_heads": 8,
        "num_key_value_heads": 8,
        "tie_word_embeddings": False,
        "dtype": "float32",
        **settings,
    }
    (folder / "config.json").write_text(json.dumps(config))
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(folder))
    if says is not None:
        _teach(model, says)
    model.save_pretrained(folder)
    _tokenizer(family).save(str(folder / "tokenizer.json"))
    for file, contents in {
        "config.json": config,
        "generation_config.json": _placed(family.generation),
        "tokenizer_config.json": family.tokenizer | {"added_tokens_decoder": _added(family)},
    }.items():
        (folder / file).write_text(json.dumps(contents))
    return folder


def _placed(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings whose token ids stand where the special tokens do."""

    def place(value: Any) -> Any:
        return [v + FIRST_SPECIAL for v in value] if isinstance(value, list) else value + 259

    return {k: place(v) if k.endswith("_token_id") else v for k, v in settings.items()}


def _added(family: Family) -> dict[str, Any]:
    flags = dict.fromkeys(("lstrip", "normalized", "rstrip", "single_word"), False)
    return {
        str(FIRST_SPECIAL + place): {"content": token, **flags, "special": True}
        for place, token in enumerate(family.specials)
    }


def _tokenizer(family: Family) -> Tokenizer:
    bytes_ = _byte_names()
    vocabulary = {name: value for value, name in enumerate(bytes_)}
    space = bytes_[32]
    merges = [(space, "t"), ("h", "e"), (space + "t", "he")]
    vocabulary |= {left + right: 256 + n for n, (left, right) in enumerate(merges)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = pre.Sequence(
        [
            pre.Split(Regex(r"\p{N}| ?\p{L}+| ?[^\s\p{L}\p{N}]+|\s+"), behavior="isolated"),
            pre.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(
        [AddedToken(token, normalized=False, special=True) for token in family.specials]
    )
    steps = [post.ByteLevel(trim_offsets=False)]
    if family.begins:
        begin = family.specials[0]
        steps.append(
            post.TemplateProcessing(
                single=f"{begin} $A",
                pair=f"{begin} $A {begin}:1 $B:1",
                special_tokens=[(begin, FIRST_SPECIAL)],
            )
        )
    tokenizer.post_processor = post.Sequence(steps)
    return tokenizer


def _byte_names() -> list[str]:
    """The character that stands for each byte in a byte-level vocabulary (GPT-2's table)."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [value for value in range(256) if value not in shown]
    names = {value: chr(value) for value in shown}
    names |= {value: chr(256 + n) for n, value in enumerate(hidden)}
    return [names[value] for value in range(256)]


@torch.no_grad()
def _teach(model: Any, says: Mapping[int, int]) -> None:
    """Make the model a table: nothing but the last token's embedding reaches the last layer."""
    for name, parameter in model.named_parameters():
        if name.endswith(("o_proj.weight", "down_proj.weight")):
            parameter.zero_()
    model.get_input_embeddings().weight.copy_(torch.eye(VOCABULARY, HIDDEN))
    head = model.get_output_embeddings().weight
    head.zero_()
    for last, following in says.items():
        head[following, last] = 1.0

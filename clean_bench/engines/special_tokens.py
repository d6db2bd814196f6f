"""End tokens, beginning-of-text tokens and context length of a checkpoint: pure functions.

Published settings contradict each other and actual use, above all for base models prompted through a
chat template. The rules here, for Qwen2.5, Llama 3, OLMo 2 and similar models:

    A completion ends with any end token of the tokenizer, the model's configuration or its generation
    settings. It also ends with the end-of-turn and end-of-text tokens of chat templates, if the
    tokenizer has them as special tokens: Qwen2.5 base models list only <|endoftext|>, but their chat
    template ends a turn with <|im_end|>.

    A text begins with one beginning-of-text token if the tokenizer adds one to raw text (Llama 3) or
    the chat template contains it (Llama 3, OLMo 2), else with none (Qwen2.5, raw OLMo 2), never two.

    The text of a completion contains no special tokens.

Padding is recognized by position, not by token id: Qwen2.5 pads with a token that also ends
completions, and Llama 3 has no padding token.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from clean_bench.engines.base import Engine, ServedEngine

END_TOKENS = frozenset(
    {
        "<|endoftext|>",  # Qwen2.5, OLMo 2: end of text
        "<|im_end|>",  # Qwen2.5: end of a turn
        "<|end_of_text|>",  # Llama 3: end of text
        "<|eot_id|>",  # Llama 3: end of a turn
        "<|eom_id|>",  # Llama 3.1: end of a message that calls a tool
    }
)
"""Tokens that end a completion if the tokenizer has them as special tokens."""

UNBOUNDED = 1 << 30
"""Context length of a model without a stated limit."""

_POSITIONS = ("max_position_embeddings", "n_positions", "max_seq_len", "max_sequence_length")
_logger = logging.getLogger(__name__)
_SCALED_BY_FACTOR = ("linear", "dynamic")


def end_tokens(tokenizer: Any, config: Any, generation_config: Any) -> frozenset[int]:
    """All token ids that end a completion.

    Args:
        tokenizer: a Hugging Face tokenizer.
        config: the model's configuration or None; its `eos_token_id` is an int, a list or None.
        generation_config: the generation settings or None, with the same field.
    """
    special = {
        int(index)
        for index, token in getattr(tokenizer, "added_tokens_decoder", {}).items()
        if token.special and token.content in END_TOKENS
    }
    sources = (tokenizer, config, generation_config)
    listed = (getattr(source, "eos_token_id", None) for source in sources)
    return frozenset(special.union(*map(_ids, listed)))


def _ids(listed: Any) -> set[int]:
    if listed is None:
        return set()
    return {int(index) for index in (listed if isinstance(listed, list | tuple) else [listed])}


def encode(tokenizer: Any, text: str, *, special_tokens: bool) -> list[int]:
    """Token ids of a text that begins with at most one beginning-of-text token.

    Args:
        special_tokens: whether the tokenizer adds the special tokens of raw text. False for a
            rendered chat template: one without a beginning-of-text token gets none.
    """
    ids = list(tokenizer(text, add_special_tokens=special_tokens)["input_ids"])
    begin = getattr(tokenizer, "bos_token_id", None)
    if begin is not None:
        while ids[:2] == [begin, begin]:
            del ids[0]
    return ids


def missing_begin(tokenizer: Any, config: Any) -> str | None:
    """The beginning-of-text token that the model needs and the tokenizer does not add; None if none is.

    Needed by Gemma, Mistral and Llama 1 to 3 with their tokenizers, which saw no text without it in
    training, and wherever the tokenizer's own settings ask for it (`add_bos_token`). Conversions, such
    as from GGUF, often lose the part of the tokenizer that adds it.
    """
    token, begin = getattr(tokenizer, "bos_token", None), getattr(tokenizer, "bos_token_id", None)
    if token is None or begin is None:
        return None
    family = str(getattr(config, "model_type", ""))
    needed = (
        family.startswith(("gemma", "recurrent_gemma"))
        or (family.startswith(("mistral", "mixtral")) and token == "<s>")
        or (family.startswith("llama") and token in ("<s>", "<|begin_of_text|>"))
        or bool(getattr(tokenizer, "init_kwargs", {}).get("add_bos_token"))
    )
    added = begin in list(tokenizer("a")["input_ids"])[:1]
    return str(token) if needed and not added else None


def warn_of_missing_begin(token: str | None, folder: str | Path) -> None:
    """Log a warning of the token that `missing_begin` found for a checkpoint folder, if any."""
    if token is not None:
        _logger.warning("%s: %s", folder, _missing_begin_text(token))


def begin_notice(engine: Engine) -> str | None:
    """What a report on raw prompts says about the beginning-of-text token; None where all is well.

    A server encodes texts itself and does not state the model's family, so nothing is checked there.
    """
    if isinstance(engine, ServedEngine):
        return (
            "not checked whether raw prompts begin with the token that the model needs: the server "
            "encodes them"
        )
    token: str | None = getattr(engine, "missing_begin", None)
    return None if token is None else _missing_begin_text(token)


def _missing_begin_text(token: str) -> str:
    return (
        f"this model needs {token} at the beginning of a text, and its tokenizer does not add it: raw "
        f"prompts may give nonsense; set the tokenizer's post-processor to '{token} $A' "
        "(docs/checkpoints.md)"
    )


def decode(
    tokenizer: Any, completions: Sequence[Sequence[int]], ends: Collection[int]
) -> list[str]:
    """Texts of completions, without end tokens and other special tokens.

    Spaces are kept as generated, whatever the tokenizer's settings: Llama 3's would remove those
    before punctuation and change `1 , 2`.
    """
    if not completions:
        return []  # transformers decodes an empty list to one empty text
    kept = [ids[:-1] if ids and ids[-1] in ends else ids for ids in completions]
    return list(
        tokenizer.batch_decode(
            [list(ids) for ids in kept],
            skip_special_tokens=True,
            clean_up_tokenization_spaces=False,
        )
    )


def context_length(config: Any, tokenizer: Any) -> int:
    """Maximum number of tokens of a prompt and its completion together: the smallest known limit.

    The limits are the number of positions in the configuration (of the text model, if models are
    nested) and the tokenizer's `model_max_length` (10^30 if unset, which is ignored). RoPE scaling
    multiplies the positions unless they are scaled already: YaRN's factor times the original length,
    linear and dynamic factors times the positions; those of Llama 3.1 and longrope are scaled. A
    sliding window limits attention, not the length of a text.
    """
    text = config.get_text_config() if hasattr(config, "get_text_config") else config
    positions = [value for name in _POSITIONS if (value := _length(getattr(text, name, None)))]
    limits = [_scaled(min(positions), text)] if positions else []
    if tokenizer_limit := _length(getattr(tokenizer, "model_max_length", None)):
        limits.append(tokenizer_limit)
    return min(limits, default=UNBOUNDED)


def _length(value: Any) -> int | None:
    """The value as an int if it is a possible length, else None."""
    return int(value) if isinstance(value, int | float) and 0 < value < UNBOUNDED else None


def _scaled(positions: int, config: Any) -> int:
    """Positions after RoPE scaling; the minimum if layers have different scaling."""
    lengths = []
    for rope in _ropes(config):
        scaling = rope.get("rope_type", rope.get("type"))
        factor = rope.get("factor") or 1.0
        if scaling == "yarn":
            original = rope.get("original_max_position_embeddings") or positions
            lengths.append(max(positions, int(original * factor)))
        else:
            scaled = int(positions * factor) if scaling in _SCALED_BY_FACTOR else positions
            lengths.append(scaled)
    return min(lengths, default=positions)


def _ropes(config: Any) -> Iterator[Mapping[str, Any]]:
    """The RoPE settings; newer configurations may have one for each type of layer."""
    settings = getattr(config, "rope_parameters", None) or getattr(config, "rope_scaling", None)
    if not isinstance(settings, Mapping):
        return
    nested = [part for part in settings.values() if isinstance(part, Mapping)]
    yield from nested or [settings]

"""What a checkpoint's tokenizer and settings say about the ends of a text: pure functions.

Published settings disagree with each other and with use, above all for base models that are asked
through a chat template. What holds here, for Qwen2.5, Llama 3, OLMo 2 and whatever is built alike:

    a completion ends with any token that the tokenizer, the model's configuration or its generation
    settings call an end, and with the end-of-turn and end-of-text tokens that chat templates use,
    as far as the tokenizer has them as special tokens (Qwen2.5 base models list <|endoftext|>
    alone, and end a turn of their own chat template with <|im_end|>);

    a text begins with one beginning-of-text token where the tokenizer adds one to raw text (Llama 3)
    or the chat template writes it (Llama 3, OLMo 2), with none elsewhere (Qwen2.5, raw OLMo 2), and
    never with two;

    tokens that end or structure a text are no part of the completion's text.

Padding is told from text by position alone, never by a token's id: Qwen2.5 pads with a token that
also ends completions, Llama 3 has no padding token.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

END_TOKENS = frozenset(
    {
        "<|endoftext|>",  # Qwen2.5, OLMo 2: end of text
        "<|im_end|>",  # Qwen2.5: end of a turn
        "<|end_of_text|>",  # Llama 3: end of text
        "<|eot_id|>",  # Llama 3: end of a turn
        "<|eom_id|>",  # Llama 3.1: end of a message that calls a tool
    }
)
"""What ends a completion wherever the tokenizer has it as a special token."""

UNBOUNDED = 1 << 30
"""The context length of a model that names none."""

_POSITIONS = ("max_position_embeddings", "n_positions", "max_seq_len", "max_sequence_length")
_STRETCHED = ("linear", "dynamic")


def end_tokens(tokenizer: Any, config: Any, generation_config: Any) -> frozenset[int]:
    """Every token id that ends a completion.

    Args:
        tokenizer: a Hugging Face tokenizer.
        config: the model's configuration, or None; `eos_token_id` is a number, a list or None.
        generation_config: likewise.
    """
    special = {
        int(index)
        for index, token in getattr(tokenizer, "added_tokens_decoder", {}).items()
        if token.special and token.content in END_TOKENS
    }
    listed = (getattr(source, "eos_token_id", None) for source in (tokenizer, config))
    return frozenset(
        special.union(*map(_ids, listed), _ids(getattr(generation_config, "eos_token_id", None)))
    )


def _ids(listed: Any) -> set[int]:
    if listed is None:
        return set()
    return {int(index) for index in (listed if isinstance(listed, list | tuple) else [listed])}


def encode(tokenizer: Any, text: str, *, special_tokens: bool) -> list[int]:
    """Token ids of a text that begins with at most one beginning-of-text token.

    Args:
        special_tokens: whether the tokenizer adds what it adds to raw text. A chat template is
            taken at its word: one that writes no beginning-of-text token gets none.
    """
    ids = list(tokenizer(text, add_special_tokens=special_tokens)["input_ids"])
    begin = getattr(tokenizer, "bos_token_id", None)
    if begin is not None:
        while ids[:2] == [begin, begin]:
            del ids[0]
    return ids


def decode(
    tokenizer: Any, completions: Sequence[Sequence[int]], ends: Collection[int]
) -> list[str]:
    """Texts of completions, without the token that ended them and without special tokens.

    Spaces stay as they were generated, whatever the tokenizer's settings say: Llama 3's ask for
    those before punctuation to be taken out, which makes `1 , 2` another text.
    """
    if not completions:
        return []  # transformers reads an empty list as one empty text
    kept = [ids[:-1] if ids and ids[-1] in ends else ids for ids in completions]
    return list(
        tokenizer.batch_decode(
            [list(ids) for ids in kept],
            skip_special_tokens=True,
            clean_up_tokenization_spaces=False,
        )
    )


def context_length(config: Any, tokenizer: Any) -> int:
    """Most tokens of a prompt and its completion together: the least of what limits them.

    The limits are the positions that the configuration names (that of its text model where models
    are nested) and the tokenizer's `model_max_length` where that is a length (absent, it stands at
    10^30). Positions that RoPE is stretched to count as far as the stretch is not part of them yet:
    YaRN gives its factor times the original length, linear and dynamic scaling their factor times
    the positions; Llama 3.1's and longrope's positions are the stretched ones. A sliding window
    limits what a token sees and not how long a text may be.
    """
    text = config.get_text_config() if hasattr(config, "get_text_config") else config
    named = [value for name in _POSITIONS if (value := _length(getattr(text, name, None)))]
    limits = [_stretched(min(named), text)] if named else []
    if tokenizer_limit := _length(getattr(tokenizer, "model_max_length", None)):
        limits.append(tokenizer_limit)
    return min(limits, default=UNBOUNDED)


def _length(value: Any) -> int | None:
    """The value if it can be a length."""
    return int(value) if isinstance(value, int | float) and 0 < value < UNBOUNDED else None


def _stretched(positions: int, config: Any) -> int:
    """Positions after the scaling of RoPE; the least where layers are scaled unlike."""
    lengths = []
    for rope in _ropes(config):
        kind = rope.get("rope_type", rope.get("type"))
        factor = rope.get("factor") or 1.0
        if kind == "yarn":
            original = rope.get("original_max_position_embeddings") or positions
            lengths.append(max(positions, int(original * factor)))
        else:
            lengths.append(int(positions * factor) if kind in _STRETCHED else positions)
    return min(lengths, default=positions)


def _ropes(config: Any) -> Iterator[Mapping[str, Any]]:
    """The settings of RoPE, which newer configurations may hold for each kind of layer."""
    settings = getattr(config, "rope_parameters", None) or getattr(config, "rope_scaling", None)
    if not isinstance(settings, Mapping):
        return
    nested = [part for part in settings.values() if isinstance(part, Mapping)]
    yield from nested or [settings]

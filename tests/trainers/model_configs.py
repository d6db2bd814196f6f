"""Configurations of published models, written by hand: the values that decide memory."""

from __future__ import annotations

from typing import Any


def _config(
    kind: str,
    hidden: int,
    inner: int,
    heads: int,
    keys: int,
    layers: int,
    vocabulary: int,
    tied: bool,
) -> dict[str, Any]:
    return {
        "model_type": kind,
        "hidden_size": hidden,
        "intermediate_size": inner,
        "num_attention_heads": heads,
        "num_key_value_heads": keys,
        "num_hidden_layers": layers,
        "vocab_size": vocabulary,
        "tie_word_embeddings": tied,
    }


QWEN_7B = _config("qwen2", 3584, 18944, 28, 4, 28, 152064, False)
"""Qwen2.5-Math-7B."""
QWEN_15B = _config("qwen2", 1536, 8960, 12, 2, 28, 151936, True)
QWEN_05B = _config("qwen2", 896, 4864, 14, 2, 24, 151936, True)
LLAMA_8B = _config("llama", 4096, 14336, 32, 8, 32, 128256, False)
OLMO_7B = _config("olmo2", 4096, 11008, 32, 32, 32, 100352, False)

"""The size of a model, from `config.json` and the headers of the weights; nothing is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from clean_bench.checkpoints.weight_files import has_weights
from clean_bench.checkpoints.weights_hash import tensor_shapes
from clean_bench.errors import UserError
from clean_bench.foreign_files.json_text import LARGEST_CONFIG, read_json

_HEAD = "lm_head.weight"


@dataclass(frozen=True, slots=True)
class ModelSize:
    """`parameters` counts tied weights once; `cache_values` is the number of keys and values that one
    token adds to the KV cache; `vocabulary` the number of logits of a token."""

    parameters: int
    cache_values: int
    vocabulary: int


def model_size(folder: str | Path) -> ModelSize:
    """The size of the model in a checkpoint folder.

    Attention with compressed keys (`kv_lora_rank`) is counted as compressed; a sliding window is
    counted as full attention.

    Raises:
        UserError: if `config.json` or the weights cannot be read, or a size is missing.
    """
    folder = Path(folder)
    shapes = tensor_shapes(folder) if has_weights(folder) else _shapes_of_config(folder)
    path = folder / "config.json"
    try:
        config = read_json(path, LARGEST_CONFIG)
        text = config.get("text_config") or config
        if config.get("tie_word_embeddings", text.get("tie_word_embeddings", False)):
            shapes.pop(_HEAD, None)
        layers = _number(text, "num_hidden_layers", "n_layer", "num_layers")
        vocabulary = _number(text, "vocab_size")
        per_layer = _cache_values(text)
    except (ValueError, TypeError, AttributeError, KeyError, ArithmeticError) as error:
        raise UserError(
            f"{path}: expected the configuration of a language model, got none ({error})"
        ) from None
    return ModelSize(sum(map(prod, shapes.values())), layers * per_layer, vocabulary)


def _shapes_of_config(folder: Path) -> dict[str, tuple[int, ...]]:
    """The shapes of the tensors that the configuration describes; the weights are not at hand.

    Raises:
        UserError: if `transformers` makes no model of the configuration.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    try:
        config = AutoConfig.from_pretrained(str(folder), local_files_only=True)
        with torch.device("meta"):  # shapes alone, without memory for the values
            model = AutoModelForCausalLM.from_config(config)
    # Every architecture raises errors of its own for a configuration that it cannot use.
    except Exception as error:
        raise UserError(
            f"{folder}: expected a configuration that transformers makes a model of, got another "
            f"({' '.join(str(error).split())[:200]})"
        ) from None
    return {name: tuple(tensor.shape) for name, tensor in model.named_parameters()}


def _cache_values(text: Mapping[str, Any]) -> int:
    """Keys and values of one token in one layer."""
    if text.get("kv_lora_rank"):
        return _number(text, "kv_lora_rank") + int(text.get("qk_rope_head_dim") or 0)
    heads = _number(text, "num_attention_heads", "n_head")
    width = text.get("head_dim") or _number(text, "hidden_size", "n_embd") // heads
    return 2 * int(text.get("num_key_value_heads") or heads) * int(width)


def _number(text: Mapping[str, Any], *names: str) -> int:
    for name in names:
        if text.get(name):
            return int(text[name])
    raise KeyError(f"no {names[0]}")

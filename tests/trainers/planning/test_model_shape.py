"""Shapes from configurations, against published parameter counts and the models that are built."""

from __future__ import annotations

from typing import Any

import pytest

from clean_bench.errors import UserError
from tests.trainers.model_configs import LLAMA_8B, OLMO_7B, QWEN_05B, QWEN_7B, QWEN_15B
from trainers.planning.model_shape import COUNTED, ModelShape


@pytest.mark.parametrize(
    ("config", "parameters", "cache_kib"),
    [
        (QWEN_7B, 7_615_616_512, 56),
        (QWEN_15B, 1_543_714_304, 28),
        (QWEN_05B, 494_032_768, 12),
        (LLAMA_8B, 8_030_261_248, 128),
        (OLMO_7B, 7_298_617_344, 512),
    ],
)
def test_published_models(config: dict[str, Any], parameters: int, cache_kib: int) -> None:
    """Parameters as published on the model cards; bytes of the bfloat16 KV cache per token."""
    shape = ModelShape.of(config)
    assert shape.parameters == parameters
    assert 2 * shape.cache_values == cache_kib << 10


@pytest.mark.parametrize(
    ("config", "rank", "millions"),
    [(QWEN_7B, 16, 40.4), (LLAMA_8B, 16, 41.9), (OLMO_7B, 16, 40.0), (QWEN_7B, 32, 80.7)],
)
def test_adapters(config: dict[str, Any], rank: int, millions: float) -> None:
    assert ModelShape.of(config).adapter_parameters(rank) == pytest.approx(
        1e6 * millions, rel=0.002
    )


def test_adapters_on_some_maps() -> None:
    shape = ModelShape.of(QWEN_7B)
    assert shape.adapter_parameters(4, "q_proj, v_proj") == 28 * 4 * (3584 + 3584 + 3584 + 512)
    assert shape.adapter_parameters(4, "qkv_proj") == shape.adapter_parameters(4)


@pytest.mark.parametrize("kind", sorted(COUNTED - {"gemma3", "olmo3"}))
@pytest.mark.parametrize("tied", [False, True])
def test_parameters_of_the_model_that_transformers_builds(kind: str, tied: bool) -> None:
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    values = {
        "hidden_size": 48, "intermediate_size": 80, "num_hidden_layers": 3, "num_attention_heads": 6,
        "num_key_value_heads": 2, "head_dim": 8, "vocab_size": 96, "tie_word_embeddings": tied,
        "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
    }  # fmt: skip
    config = AutoConfig.for_model(kind, **values)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    shape = ModelShape.of({"model_type": kind, **values})
    assert shape.parameters == sum(parameter.numel() for parameter in model.parameters())


def test_an_unknown_architecture_takes_the_count_that_is_given() -> None:
    config = {"model_type": "new", "n_layer": 2, "n_embd": 8, "n_head": 2, "vocab_size": 10}
    shape = ModelShape.of(config, parameters=12345)
    assert (shape.parameters, shape.intermediate, shape.keys) == (12345, 32, 8)


def test_a_mixture_of_experts_passes_through_several_blocks() -> None:
    config = {**QWEN_05B, "num_experts_per_tok": 4, "moe_intermediate_size": 100}
    shape = ModelShape.of(config)
    assert (shape.experts, shape.intermediate) == (4, 100)


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"hidden_size": "x"},
        {**QWEN_05B, "num_hidden_layers": -1},
        {**QWEN_05B, "vocab_size": []},
    ],
)
def test_no_language_model(config: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=r"config\.json: expected the configuration of a language"):
        ModelShape.of(config)

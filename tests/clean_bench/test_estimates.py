"""The cost model against calculations by hand, and the size of models against the models themselves."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from clean_bench.checkpoints.model_size import ModelSize, model_size
from clean_bench.errors import UserError
from clean_bench.estimates import (
    Cost,
    Machine,
    Work,
    decoded_rows,
    generation_cost,
    total,
)

SIZE = ModelSize(parameters=1_000_000, cache_values=100, vocabulary=1000)
MACHINE = Machine(
    "a machine",
    operations=1e9,
    bandwidth=1e8,
    step=0.001,
    value_bytes=2,
    cache_bytes=1e6,
    rows=8,
)


def test_generation_by_hand() -> None:
    # 16 completions of at most 100 tokens after prompts of 20, in batches of 8.
    cost = generation_cost(Work(16, 320, 1600, 0, 120), SIZE, MACHINE)
    assert cost.memory_bytes == 2_000_000 + 8 * 120 * 100 * 2  # weights and the full cache
    assert cost.disk_bytes == 1600 * 12 + 320 * 8 + 16 * 500 == 29_760
    # 200 steps, each 1 ms, and 2 * 1e6 * 8 / 1e9 = 16 ms of arithmetic, which is less than reading
    # 2 MB of weights and 96 kB of cache at 100 MB/s.
    step = 0.001 + (2_000_000 + 96_000) / 1e8
    assert cost.seconds == pytest.approx(200 * step + 2 * 1e6 * 320 / 1e9)
    assert cost.assumes[0] == "every completion reaches its limit of tokens"
    assert cost.assumes[1] == ("a machine: 1 GFLOP/s, 0 GB/s, at least 1 ms per decoding step")


def test_arithmetic_decides_where_it_takes_longer_than_reading_the_weights() -> None:
    slow = replace(MACHINE, operations=1e8)
    cost = generation_cost(Work(8, 0, 800, 0, 100), SIZE, slow)
    assert cost.seconds == pytest.approx(100 * (0.001 + 2 * 1e6 * 8 / 1e8))


def test_texts_are_read_in_two_operations_per_parameter_and_token() -> None:
    cost = generation_cost(Work(read_tokens=5000, longest=50), SIZE, MACHINE)
    assert cost.seconds == pytest.approx(10.0) and cost.read_tokens == 5000
    assert "limit" not in cost.assumes[0]


@pytest.mark.parametrize(
    ("completions", "longest", "rows"),
    [(3, 10, 3), (100, 10, 8), (100, 1000, 5), (100, 100_000, 1), (0, 0, 1)],
)
def test_rows_of_a_batch(completions: int, longest: int, rows: int) -> None:
    """As many as there are, as the option allows, as the cache of 1 MB holds; at least one."""
    assert decoded_rows(Work(completions, 0, 0, 0, longest), SIZE, MACHINE) == rows


def test_a_total_adds_up_and_takes_the_most_memory() -> None:
    first = Cost(completions=3, memory_bytes=5, seconds=1.5, disk_bytes=10, assumes=("a", "b"))
    second = Cost(completions=4, memory_bytes=9, seconds=2.5, disk_bytes=1, assumes=("b",))
    assert total([first, second]) == Cost(
        completions=7, memory_bytes=9, seconds=4.0, disk_bytes=11, assumes=("a", "b")
    )
    assert total([]) == Cost()


def test_the_size_of_the_model_that_is_loaded(tiny_checkpoint: Path) -> None:
    import torch

    from clean_bench.checkpoints.load_model import load_model
    from clean_bench.engines.decoding import cache_bytes

    model, _ = load_model(tiny_checkpoint, device="cpu", dtype=torch.float32)
    size = model_size(tiny_checkpoint)
    assert size.parameters == sum(parameter.numel() for parameter in model.parameters())
    assert 4 * size.cache_values == cache_bytes(model)
    assert size.vocabulary == model.config.vocab_size


CONFIGS = {
    # Published shapes: keys and values of a token in all layers.
    "Qwen2.5-7B": (
        {
            "num_hidden_layers": 28,
            "num_attention_heads": 28,
            "num_key_value_heads": 4,
            "hidden_size": 3584,
        },
        2 * 28 * 4 * 128,
    ),
    "gpt2": ({"n_layer": 12, "n_head": 12, "n_embd": 768}, 2 * 12 * 768),
    "gemma": (
        {
            "text_config": {
                "num_hidden_layers": 26,
                "num_attention_heads": 4,
                "num_key_value_heads": 1,
                "head_dim": 256,
                "hidden_size": 1152,
                "vocab_size": 9,
            }
        },
        2 * 26 * 256,
    ),
    "deepseek": (
        {
            "num_hidden_layers": 27,
            "num_attention_heads": 16,
            "kv_lora_rank": 512,
            "qk_rope_head_dim": 64,
        },
        27 * 576,
    ),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_cache_values_of_published_shapes(name: str, tiny_checkpoint: Path, tmp_path: Path) -> None:
    config, values = CONFIGS[name]
    shutil.copy(tiny_checkpoint / "model.safetensors", tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"vocab_size": 9, **config}))
    assert model_size(tmp_path).cache_values == values


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"vocab_size": 5}', '{"vocab_size": "x"}'])
def test_a_configuration_of_no_language_model(
    text: str, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    shutil.copy(tiny_checkpoint / "model.safetensors", tmp_path)
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(UserError, match=r"config\.json: expected the configuration of a language"):
        model_size(tmp_path)

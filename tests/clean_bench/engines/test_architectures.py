"""Models whose caches differ: what a token takes, and that batches change nothing.

Keys and values of a token by hand: 2 layers, 4 bytes a number, 4 query heads of size 16.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from clean_bench.engines.base import Request
from clean_bench.engines.transformers_engine import TransformersEngine
from clean_bench.errors import UserError
from clean_bench.organisms.shipped import organism_folder

PLAIN = {
    "vocab_size": 512,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
}
EXPERTS = {"num_experts_per_tok": 2, "moe_intermediate_size": 32}
WINDOW = {**PLAIN, "head_dim": 16, "sliding_window": 8}
SIGHT = {
    "hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2,
    "image_size": 28, "patch_size": 14,
}  # fmt: skip

COMPRESSED = {
    **PLAIN, **EXPERTS, "num_key_value_heads": 4, "kv_lora_rank": 16, "q_lora_rank": 16,
    "qk_nope_head_dim": 16, "qk_rope_head_dim": 8, "v_head_dim": 16, "n_routed_experts": 4,
    "n_group": 1, "topk_group": 1,
}  # fmt: skip
LINEAR = {
    **PLAIN, **EXPERTS, "num_hidden_layers": 4, "head_dim": 16, "num_experts": 4,
    "shared_expert_intermediate_size": 32, "linear_num_key_heads": 2, "linear_num_value_heads": 2,
    "linear_key_head_dim": 16, "linear_value_head_dim": 16,
}  # fmt: skip
OLD = {"vocab_size": 512, "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}

MODELS: dict[str, tuple[dict[str, Any], int]] = {
    "gpt2": ({"vocab_size": 512, "n_embd": 64, "n_layer": 2, "n_head": 4}, 2 * 4 * 2 * 4 * 16),
    "llama": (PLAIN, 2 * 4 * 2 * 2 * 16),  # two heads for four queries
    "falcon": (OLD, 2 * 4 * 2 * 1 * 16),  # one head for all
    "mistral": ({**PLAIN, "sliding_window": 8}, 2 * 4 * 2 * 2 * 16),
    "gemma3": ({"text_config": WINDOW, "vision_config": SIGHT}, 2 * 4 * 2 * 2 * 16),
    # the compressed keys and values, and the part of the keys that is rotated
    "deepseek_v3": (COMPRESSED, 2 * 4 * (16 + 8)),
    "qwen3_next": (LINEAR, 1 * 4 * 2 * 2 * 16),  # every fourth layer has attention
}


def model(kind: str, settings: dict[str, Any]) -> Any:
    torch.manual_seed(0)
    made = AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, **settings)).float()
    with torch.no_grad():
        for parameter in made.parameters():
            if parameter.dim() > 1:
                parameter.mul_(3)  # so that what comes before a token changes it
    return made


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return AutoTokenizer.from_pretrained(organism_folder("reciter") / "checkpoint")


@pytest.mark.parametrize("kind", MODELS)
def test_batches_of_every_kind_of_model_write_what_each_prompt_alone_does(
    kind: str, tokenizer: Any
) -> None:
    settings, size = MODELS[kind]
    engine = TransformersEngine(model(kind, settings), tokenizer, cache_size=size * 70)
    assert engine._token_bytes == size
    requests = [
        Request(str(i), "12 + 7 = " * times, seed=i, max_tokens=3 + 6 * i, temperature=i % 2)
        for i, times in enumerate((1, 3, 5, 2, 1))
    ]
    alone = [next(engine.generate([request])) for request in requests]
    assert len({tuple(completion.token_ids) for completion in alone}) == 5
    for memory in (size * 70, 1 << 30):  # in several batches, and in one that loses its rows
        engine.cache_size = memory
        for found, expected in zip(engine.generate(requests), alone, strict=True):
            assert found.token_ids == expected.token_ids
            assert found.logprobs == pytest.approx(expected.logprobs, abs=1e-4)
    greedy = alone[::2]
    scored = engine.logprobs([c.prompt_ids for c in greedy], [c.token_ids for c in greedy])
    for row, completion in zip(scored, greedy, strict=True):
        assert row == pytest.approx(completion.logprobs, abs=1e-4)


def test_a_model_without_a_cache_is_refused(tokenizer: Any) -> None:
    made = model("mamba", {"vocab_size": 512, "hidden_size": 64, "num_hidden_layers": 2})
    with pytest.raises(UserError, match="type mamba: expected a model with a KV cache"):
        TransformersEngine(made, tokenizer)

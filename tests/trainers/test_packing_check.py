"""Models that cannot be packed, or whose logits are computed otherwise, are refused by name."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import transformers
from transformers import AutoModelForCausalLM

from clean_bench.errors import UserError
from tests.trainers.padded_policy import random_model
from trainers import packed_attention
from trainers.policy import Policy

SIZES = {
    "vocab_size": 61,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "head_dim": 8,
}


@pytest.mark.parametrize(
    ("name", "settings", "reason"),
    [
        ("MambaConfig", {}, "got linear_attention"),
        ("Llama4TextConfig", {"num_local_experts": 2}, "got chunked_attention"),
        ("BloomConfig", {"n_head": 4}, "whose attention is fixed"),
        (
            "GptOssConfig",
            {"num_local_experts": 2, "num_experts_per_tok": 1, "intermediate_size": 32},
            "attention sinks are not supported",
        ),
    ],
)
def test_other_models_are_refused(name: str, settings: dict[str, Any], reason: str) -> None:
    config = getattr(transformers, name)(**{**SIZES, **settings})
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    with pytest.raises(
        UserError, match=rf"{type(model).__name__}: .*{reason}.*train another model"
    ):
        Policy(model, None)


@pytest.mark.parametrize("compute", [torch.float32, torch.bfloat16])
def test_logits_that_are_transformed_elsewhere_are_refused(compute: torch.dtype) -> None:
    model = random_model("llama", dtype=torch.float32)
    forward = model.forward

    def scaled(*args: Any, **options: Any) -> Any:
        output = forward(*args, **options)
        output.logits = 0.9 * output.logits
        return output

    model.forward = scaled
    with pytest.raises(UserError, match="changes logits after the output head"):
        Policy(model, None, compute_dtype=compute)


@pytest.mark.parametrize("weights", [torch.float32, torch.bfloat16, torch.float16])
def test_rounding_in_16_bits_is_no_reason_to_refuse(weights: torch.dtype) -> None:
    """Large weights of many layers, as training makes them, round by a tenth of a deviation."""
    compute = torch.bfloat16 if weights == torch.float32 else weights
    sizes = {**SIZES, "vocab_size": 997, "hidden_size": 64, "intermediate_size": 64}
    for seed in range(2):
        torch.manual_seed(seed)
        config = transformers.LlamaConfig(
            **{**sizes, "num_hidden_layers": 24}, initializer_range=0.5
        )
        model = AutoModelForCausalLM.from_config(config, dtype=torch.float32).to(weights)
        policy = Policy(model, None, compute_dtype=compute)
        assert policy.compute_dtype == compute


@pytest.mark.parametrize("weights", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
def test_attention_across_documents_is_refused(
    monkeypatch: pytest.MonkeyPatch, weights: torch.dtype
) -> None:
    def whole_row(module: Any, query: Any, key: Any, value: Any, mask: Any, **options: Any) -> Any:
        ends = torch.tensor([0, query.shape[2]])
        options |= {"cu_seq_lens_q": ends, "max_length_q": query.shape[2], "shared_prompts": None}
        return packed_attention.packed_attention(module, query, key, value, mask, **options)

    transformers.AttentionInterface.register("across_documents", whole_row)
    monkeypatch.setattr(packed_attention, "PACKED_ATTENTION", "across_documents")
    with pytest.raises(UserError, match="its attention mixes documents"):
        Policy(random_model("qwen2", dtype=weights), None)


def test_a_model_that_drops_the_layout_of_shared_prompts_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def without_layout(*call: Any, **options: Any) -> Any:
        return packed_attention.packed_attention(*call, **options | {"shared_prompts": None})

    transformers.AttentionInterface.register("without_layout", without_layout)
    monkeypatch.setattr(packed_attention, "PACKED_ATTENTION", "without_layout")
    with pytest.raises(UserError, match="its attention mixes documents"):
        Policy(random_model("qwen2"), None)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"attention_mask": torch.ones(1, 1, 4, 4)}, "no attention mask"),
        ({"cu_seq_lens_q": None}, "expected boundaries of documents"),
        ({"dropout": 0.1}, "expected no dropout, got 0.1"),
    ],
)
def test_calls_for_other_rows_are_errors(options: dict[str, Any], reason: str) -> None:
    tensor = torch.randn(1, 2, 4, 8)
    call = {"attention_mask": None, "cu_seq_lens_q": torch.tensor([0, 4]), "max_length_q": 4}
    with pytest.raises(RuntimeError, match=reason):
        packed_attention.packed_attention(
            torch.nn.Module(), tensor, tensor, tensor, **{**call, **options}
        )

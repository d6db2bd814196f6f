"""Activations by formula, against the tensors that autograd keeps and against torch's MemTracker."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch
from transformers import AttentionInterface, AutoConfig, AutoModelForCausalLM

from tests.trainers.model_configs import QWEN_05B, QWEN_7B
from trainers.planning.activations import FLOAT32, HALF, Arithmetic, saved_bytes
from trainers.planning.memory_model import Setup, training_instants
from trainers.planning.model_shape import ModelShape

# 44 differs from every width of the model, so that a shape tells parameters from activations.
RANK, TOKENS, DOCUMENTS = 8, 44, 4
SMALL = {
    "hidden_size": 64, "intermediate_size": 160, "num_attention_heads": 8, "num_key_value_heads": 2,
    "head_dim": 8, "vocab_size": 90, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
}  # fmt: skip


def _documents_apart(
    module: Any,
    query: Any,
    key: Any,
    value: Any,
    attention_mask: Any,
    scaling: Any = None,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """Causal attention inside each of `DOCUMENTS` parts."""
    ends = range(0, TOKENS + 1, TOKENS // DOCUMENTS)
    query, key = query.to(value.dtype), key.to(value.dtype)
    parts = [
        torch.nn.functional.scaled_dot_product_attention(
            *(tensor[:, :, a:b] for tensor in (query, key, value)),
            is_causal=True, scale=scaling, enable_gqa=True,
        )
        for a, b in pairwise(ends)
    ]  # fmt: skip
    return torch.cat(parts, 2).transpose(1, 2), None


AttentionInterface.register("documents_apart", _documents_apart)


def kept_bytes(kind: str, layers: int, dtype: torch.dtype, autocast: bool, adapters: bool) -> int:
    """Bytes of the distinct tensors that a forward pass keeps, parameters and their copies excluded."""
    config = AutoConfig.for_model(kind, **SMALL, num_hidden_layers=layers)
    model = AutoModelForCausalLM.from_config(
        config, dtype=dtype, attn_implementation="documents_apart"
    )
    if adapters:
        from peft import LoraConfig, get_peft_model

        wrapped = get_peft_model(
            model, LoraConfig(r=RANK, target_modules="all-linear", task_type="CAUSAL_LM")
        )
        wrapped.enable_input_require_grads()  # type: ignore[no-untyped-call]
        model = wrapped.get_base_model()
    excluded = {parameter.shape for parameter in model.parameters()}
    excluded |= {shape[::-1] for shape in excluded}
    kept: dict[int, torch.UntypedStorage] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.shape not in excluded:
            kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage()
        return tensor

    ids = torch.ones(1, TOKENS, dtype=torch.long)
    with (
        torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor),
        torch.autocast("cpu", dtype=torch.bfloat16, enabled=autocast),
    ):
        hidden = model.model(input_ids=ids, position_ids=ids, use_cache=False).last_hidden_state
    assert hidden.requires_grad
    return sum(storage.nbytes() for storage in kept.values())


@pytest.mark.parametrize("adapters", [False, True], ids=["full", "lora"])
@pytest.mark.parametrize(
    ("dtype", "autocast"),
    [(torch.float32, False), (torch.float32, True), (torch.bfloat16, False)],
    ids=["float32", "autocast", "bfloat16"],
)
@pytest.mark.parametrize("kind", ["qwen2", "llama", "mistral", "olmo2", "qwen3"])
def test_a_layer_keeps_what_the_formula_counts(
    kind: str, dtype: torch.dtype, autocast: bool, adapters: bool
) -> None:
    one, three = (kept_bytes(kind, layers, dtype, autocast, adapters) for layers in (1, 3))
    shape = ModelShape.of({"model_type": kind, **SMALL, "num_hidden_layers": 1})
    weights = FLOAT32 if dtype == torch.float32 else HALF
    arithmetic = Arithmetic(weights, HALF if autocast else weights, adapters, split=True)
    expected = saved_bytes(shape, arithmetic, RANK)
    # Under autocast the adapters' inner values of 7 maps are kept in 16 bits.
    slack = 7 * RANK * 2 if autocast and adapters else 0
    assert expected - slack <= (three - one) / 2 / TOKENS <= expected


@torch.library.custom_op("clean_bench_tests::flash", mutates_args=())
def _flash(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Attention of a GPU, for shapes alone: it keeps its inputs, its output and one sum per query."""
    raise NotImplementedError


@_flash.register_fake
def _(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.empty_like(q), q.new_empty(q.shape[:-1], dtype=torch.float32)


@torch.library.custom_op("clean_bench_tests::flash_backward", mutates_args=())
def _flash_backward(
    g: torch.Tensor,
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    o: torch.Tensor,
    s: torch.Tensor,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    raise NotImplementedError


@_flash_backward.register_fake
def _(
    g: torch.Tensor,
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    o: torch.Tensor,
    s: torch.Tensor,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    return torch.empty_like(q), torch.empty_like(k), torch.empty_like(v)


torch.library.register_autograd(
    "clean_bench_tests::flash",
    lambda ctx, g, _: _flash_backward(g, *ctx.saved_tensors),
    setup_context=lambda ctx, inputs, output: ctx.save_for_backward(*inputs, *output),
)


def _on_a_gpu(
    module: Any, query: Any, key: Any, value: Any, attention_mask: Any, **_: Any
) -> tuple[torch.Tensor, None]:
    heads = (x[0].transpose(0, 1).to(value.dtype) for x in (query, key, value))
    return _flash(*heads)[0][None], None


AttentionInterface.register("as_on_a_gpu", _on_a_gpu)


def tracked(config: dict[str, Any], tokens: int, checkpointing: bool, autocast: bool) -> int:
    """MemTracker's peak of activations and temporary tensors; no memory is taken."""
    from torch._subclasses.fake_tensor import FakeTensorMode
    from torch.distributed._tools.mem_tracker import MemTracker

    with FakeTensorMode():
        model = AutoModelForCausalLM.from_config(
            AutoConfig.for_model(**config),
            dtype=torch.float32 if autocast else torch.bfloat16,
            attn_implementation="as_on_a_gpu",
        )
        model.train()
        if checkpointing:
            model.gradient_checkpointing_enable()
        ids = torch.zeros(1, tokens, dtype=torch.long)
        tracker = MemTracker()
        tracker.track_external(model)
        with tracker:
            for _ in range(2):  # the gradients stand in the second pass
                tracker.reset_mod_stats()
                with torch.autocast("cpu", dtype=torch.bfloat16, enabled=autocast):
                    hidden = model.model(input_ids=ids, position_ids=ids, use_cache=False)[0]
                hidden.float().sum().backward()
        peak = tracker.get_tracker_snapshot("peak")[torch.device("cpu")]
    return sum(size for name, size in peak.items() if str(name) in ("Activation", "Temp") or
               getattr(name, "value", "") in ("Activation", "Temp"))  # fmt: skip


@pytest.mark.parametrize(
    ("model", "layers", "tokens", "checkpointing", "autocast"),
    [
        (QWEN_7B, 2, 8192, True, False),
        pytest.param(QWEN_7B, 2, 4096, False, False, marks=pytest.mark.processes),
        pytest.param(QWEN_05B, 2, 2048, False, True, marks=pytest.mark.processes),
        pytest.param(QWEN_05B, 4, 8192, True, True, marks=pytest.mark.processes),
    ],
    ids=["7B checkpointed", "7B", "0.5B autocast", "0.5B autocast checkpointed"],
)
def test_peak_of_activations_on_a_gpu(
    model: dict[str, Any], layers: int, tokens: int, checkpointing: bool, autocast: bool
) -> None:
    """Within 10% of MemTracker, for the published widths with fewer layers."""
    config = {**model, "num_hidden_layers": layers}
    setup = Setup(
        gpu=True, full=True, weights=FLOAT32 if autocast else HALF, compute=HALF, masters_on_host=True,
        checkpointing=checkpointing, tokens=tokens, kept=0, copied=0, rows=2, chunk=0, rank=0,
        targets="", reference=False, vllm=False, sampler=HALF, longest=tokens, prompt=1, together=1,
    )  # fmt: skip
    names = ("activations", "16-bit copies of the weights", "gradient of the embedding")
    instants = training_instants(ModelShape.of(config), setup)
    passes = [parts for name, parts in instants.items() if "ward" in name]
    planned = max(sum(parts.get(name, 0) for name in names) for parts in passes)
    assert planned == pytest.approx(tracked(config, tokens, checkpointing, autocast), rel=0.1)

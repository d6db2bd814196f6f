"""LoRA: the base is untouched, the merged model is the adapted one, the adapter comes back."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, GPT2Config, LlamaConfig

from clean_bench.checkpoints import resolve_checkpoint, weights_sha256
from clean_bench.errors import UserError
from trainers.config import TrainConfig
from trainers.lora import (
    LoraSettings,
    adapter_tensors,
    add_adapter,
    base_sha256,
    merged,
    require_base,
    save_adapter,
    save_merged,
)
from trainers.optimizers import make_optimizer

SETTINGS = LoraSettings(rank=4, alpha=8, seed=3)
CONFIG = TrainConfig(reward="truth", steps=1, learning_rate=1e-2)
IDS = torch.randint(0, 400, (3, 12), generator=torch.Generator().manual_seed(5))


def load(folder: Path, dtype: torch.dtype = torch.float32) -> Any:
    return AutoModelForCausalLM.from_pretrained(str(folder), dtype=dtype, local_files_only=True)


def trainable(model: Any) -> list[tuple[str, Any]]:
    return [(name, p) for name, p in model.named_parameters() if p.requires_grad]


def logprobs(model: Any) -> torch.Tensor:
    logits = model(input_ids=IDS, use_cache=False).logits[:, :-1].float()
    return logits.log_softmax(-1).gather(-1, IDS[:, 1:, None]).squeeze(-1)


def trained(folder: Path, dtype: torch.dtype, updates: int = 4, **options: Any) -> Any:
    """A model with an adapter after some updates."""
    model = add_adapter(load(folder, dtype), SETTINGS)
    if options.get("checkpointing"):
        model.gradient_checkpointing_enable()
    train(model, updates)
    return model


def train(model: Any, updates: int, optimizer: Any = None) -> Any:
    optimizer = optimizer or make_optimizer(trainable(model), CONFIG, master_device="cpu")
    model.train()
    for _ in range(updates):
        optimizer.scaled(-logprobs(model).mean()).backward()
        assert optimizer.step(1.0)
    model.eval()
    return optimizer


@pytest.fixture(params=[torch.float32, torch.bfloat16], ids=["float32", "bfloat16"])
def dtype(request: pytest.FixtureRequest) -> torch.dtype:
    return request.param


@torch.no_grad()
def test_merged_log_probabilities_are_those_of_the_adapter(
    tiny_checkpoint: Path, dtype: torch.dtype
) -> None:
    with torch.enable_grad():
        model = trained(tiny_checkpoint, dtype)
    start = load(tiny_checkpoint, dtype)
    copied = load(tiny_checkpoint)
    parameters = dict(copied.named_parameters())
    tensors = dict(merged(model))
    assert tensors.keys() == parameters.keys()
    for name, tensor in tensors.items():
        parameters[name].copy_(tensor)
    # In float32, where rounding is below the effect of the adapter.
    exact = model.float().eval()
    difference = (logprobs(copied) - logprobs(exact)).abs()
    assert difference.max() < 1e-4 and difference.mean() < 1e-5
    assert (logprobs(copied) - logprobs(start.float())).abs().max() > 0.05


@pytest.mark.parametrize("kind", ["gpt2", "untied"])
def test_transposed_layers_and_untied_heads_merge_exactly(kind: str, tmp_path: Path) -> None:
    """GPT-2 stores its linear layers transposed; an untied head is a tensor of its own."""
    torch.manual_seed(1)
    sizes = {"vocab_size": 400, "initializer_range": 0.1}
    if kind == "gpt2":
        config = GPT2Config(n_positions=32, n_embd=16, n_layer=2, n_head=2, **sizes)
    else:
        config = LlamaConfig(
            hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2,
            num_key_value_heads=1, tie_word_embeddings=False, **sizes,
        )  # fmt: skip
    base = AutoModelForCausalLM.from_config(config).eval()
    base.save_pretrained(tmp_path / "base")
    stored = weights_sha256(tmp_path / "base")
    model = add_adapter(base, SETTINGS)
    assert base_sha256(model) == stored
    train(model, 3)
    (tmp_path / "merged").mkdir()
    assert save_merged(model, tmp_path / "merged") == 0
    assert base_sha256(model) == stored != weights_sha256(tmp_path / "merged")
    with torch.no_grad():
        difference = (logprobs(load(tmp_path / "merged").eval()) - logprobs(model)).abs()
    assert difference.max() < 1e-4 and difference.mean() < 1e-5


def test_training_and_merging_leave_the_base(tiny_checkpoint: Path, dtype: torch.dtype) -> None:
    model = add_adapter(load(tiny_checkpoint, dtype), SETTINGS)
    before = base_sha256(model)
    if dtype == torch.float32:  # as it is stored
        assert before == weights_sha256(tiny_checkpoint)
    train(model, 3)
    assert base_sha256(model) == before
    list(merged(model))
    require_base(model, before)
    with torch.no_grad():
        next(iter(model.get_base_model().parameters())).view(-1)[0] += 1
    with pytest.raises(UserError, match=r"expected the base weights .* under the adapter, got"):
        require_base(model, before)


def test_only_float32_adapters_train_and_they_begin_as_nothing(
    tiny_checkpoint: Path, dtype: torch.dtype
) -> None:
    base = load(tiny_checkpoint, dtype).eval()
    with torch.no_grad():
        expected = logprobs(base)
        model = add_adapter(base, SETTINGS).eval()
        assert torch.equal(logprobs(model), expected)
    named = trainable(model)
    # Two matrices for each of seven linear layers in two blocks, none for the head.
    assert len(named) == 28 and all("lora_" in name for name, _ in named)
    assert {p.dtype for _, p in named} == {torch.float32}
    assert {p.dtype for n, p in model.named_parameters() if "lora_" not in n} == {dtype}


def test_the_adapter_begins_by_its_seed_alone(tiny_checkpoint: Path) -> None:
    def begin(seed: int, of_torch: int) -> dict[str, torch.Tensor]:
        torch.manual_seed(of_torch)
        model = add_adapter(load(tiny_checkpoint), LoraSettings(rank=4, seed=seed))
        # The global generator is where it was.
        expected = torch.rand(1, generator=torch.Generator().manual_seed(of_torch))
        assert torch.equal(torch.rand(1), expected)
        return adapter_tensors(model)

    first, again, other = begin(1, 7), begin(1, 8), begin(2, 7)
    assert all(torch.equal(first[name], again[name]) for name in first)
    matrices = [name for name in first if "lora_A" in name]
    assert not any(torch.equal(first[name], other[name]) for name in matrices)
    for place, name in enumerate(matrices):
        # Uniform up to 1/sqrt(inputs), and no two layers alike.
        bound = first[name].shape[1] ** -0.5
        assert 0.8 * bound < first[name].abs().max() <= bound
        assert not any(torch.equal(first[name], first[later]) for later in matrices[place + 1 :])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (LoraSettings(rank=0), "lora_rank: expected a rank of at least 1, got 0"),
        (LoraSettings(alpha=0), "lora_alpha: expected a number above 0, got 0"),
        (LoraSettings(targets="q_proj,lm_head"), "got 'lm_head', the output head"),
        (LoraSettings(targets="embed_tokens"), "got 'embed_tokens', an embedding"),
        (LoraSettings(targets="q_proj,nothing"), "got 'nothing', which the model lacks"),
        (LoraSettings(targets="mlp"), "got 'mlp', a LlamaMLP"),
        (LoraSettings(targets=""), "linear layers .*q_proj.*, got ''"),
    ],
)
def test_bad_settings_are_refused_by_name(
    tiny_checkpoint: Path, settings: LoraSettings, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        add_adapter(load(tiny_checkpoint), settings)


def test_named_layers_alone_are_adapted(tiny_checkpoint: Path) -> None:
    model = add_adapter(load(tiny_checkpoint), LoraSettings(targets="q_proj, v_proj"))
    layers = {name.split(".lora_")[0].rpartition(".")[2] for name, _ in trainable(model)}
    assert layers == {"q_proj", "v_proj"}


def test_a_resumed_adapter_is_bit_for_bit_the_uninterrupted_one(
    tiny_checkpoint: Path, dtype: torch.dtype
) -> None:
    whole = trained(tiny_checkpoint, dtype, updates=5)
    first = add_adapter(load(tiny_checkpoint, dtype), SETTINGS)
    saved = [(n, t.clone()) for n, t in train(first, 2).state_tensors()]
    assert all("lora_" in name for name, _ in saved)
    second = add_adapter(load(tiny_checkpoint, dtype), SETTINGS)
    optimizer = make_optimizer(trainable(second), CONFIG, master_device="cpu")
    for name, tensor in saved:
        optimizer.load_tensor(name, tensor)
    train(second, 3, optimizer)
    expected, got = adapter_tensors(whole), adapter_tensors(second)
    assert all(torch.equal(expected[name], got[name]) for name in expected)


def test_gradient_checkpointing_gives_every_gradient(
    tiny_checkpoint: Path, dtype: torch.dtype
) -> None:
    gradients = []
    for checkpointing in (False, True):
        model = trained(tiny_checkpoint, dtype, updates=1, checkpointing=checkpointing)
        model.train()
        (-logprobs(model).mean()).backward()
        gradients.append({name: p.grad for name, p in trainable(model)})
    plain, recomputed = gradients
    assert len(plain) == 28
    for name, gradient in plain.items():
        assert recomputed[name] is not None and gradient.norm() > 0
        assert torch.allclose(gradient, recomputed[name], rtol=1e-5, atol=1e-8)


def test_an_adapter_is_saved_as_peft_reads_it(tiny_checkpoint: Path, tmp_path: Path) -> None:
    from peft import PeftModel

    model = trained(tiny_checkpoint, torch.float32)
    save_adapter(model, tmp_path, base=str(tiny_checkpoint))
    config = json.loads((tmp_path / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == str(tiny_checkpoint)
    assert (config["r"], config["lora_alpha"]) == (4, 8)
    read = PeftModel.from_pretrained(load(tiny_checkpoint), str(tmp_path)).eval()
    with torch.no_grad():
        assert torch.equal(logprobs(read), logprobs(model))
    # And as clean-bench reads an adapter.
    checkpoint = resolve_checkpoint(str(tmp_path))
    with torch.no_grad():
        assert torch.allclose(logprobs(load(checkpoint.folder)), logprobs(model), atol=1e-4)


@pytest.mark.parametrize("shard_bytes", [10**9, 20_000])
def test_a_merged_checkpoint_is_in_the_data_type_of_the_base(
    tiny_checkpoint: Path, tmp_path: Path, dtype: torch.dtype, shard_bytes: int
) -> None:
    model = trained(tiny_checkpoint, dtype)
    before = base_sha256(model)
    lost = save_merged(model, tmp_path, shard_bytes=shard_bytes)
    assert base_sha256(model) == before
    files = sorted(path.name for path in tmp_path.glob("*.safetensors"))
    assert (len(files) == 1) == (shard_bytes == 10**9)
    stored: dict[str, torch.Tensor] = {}
    for file in files:
        part = load_file(tmp_path / file)
        size = sum(t.numel() * t.element_size() for t in part.values())
        assert size <= shard_bytes or len(part) == 1
        stored |= part
    exact = dict(merged(model))
    assert stored.keys() == exact.keys()
    for name, tensor in stored.items():
        assert tensor.dtype == dtype
        assert torch.equal(tensor, exact[name].to(dtype))
    weights_sha256(tmp_path)  # the folder is one checkpoint
    read = load(tmp_path, dtype)
    assert read.config.dtype == dtype
    with torch.no_grad():
        difference = (logprobs(read) - logprobs(model)).abs()
    assert (lost == 0) == (dtype == torch.float32)
    assert difference.max() < (1e-4 if dtype == torch.float32 else 0.2)


def test_what_16_bits_lose_of_a_young_adapter_is_returned(
    tiny_checkpoint: Path, tmp_path: Path
) -> None:
    model = add_adapter(load(tiny_checkpoint, torch.bfloat16), SETTINGS)
    train(model, 1, make_optimizer(
        trainable(model), CONFIG.model_copy(update={"learning_rate": 1e-6}), master_device="cpu"
    ))  # fmt: skip
    assert save_merged(model, tmp_path) > 0.9
    start = copy.deepcopy(dict(load(tiny_checkpoint, torch.bfloat16).named_parameters()))
    moved = [name for name, tensor in merged(model) if not torch.equal(tensor, start[name])]
    assert len(moved) == 14

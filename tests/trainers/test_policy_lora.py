"""A policy with an adapter: packed log-probabilities, its base as reference, engines, saved files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

from clean_bench.checkpoints import Checkpoint, resolve_checkpoint, weights_sha256
from trainers.batching import Document, pack
from trainers.config import TrainConfig
from trainers.lora import LoraSettings
from trainers.optimizers import make_optimizer
from trainers.policy import Policy

DOCUMENTS = [Document([5, 17, 33, 250], [9, 8, 7]), Document([30, 31], [77, 123, 45, 6])]
(ROW,) = pack(DOCUMENTS, 1000)
SETTINGS = LoraSettings(rank=4, seed=1)


def trained(base: Checkpoint, dtype: torch.dtype = torch.float32, **options: bool) -> Policy:
    policy = Policy.load(
        base, device="cpu", compute_dtype=dtype, weights_dtype=dtype, lora=SETTINGS, **options
    )
    config = TrainConfig(reward="truth", steps=1, learning_rate=2e-2)
    optimizer = make_optimizer(policy.trainable(), config, master_device="cpu")
    for _ in range(3):
        (-policy.logprobs(ROW)[0].mean()).backward()
        assert optimizer.step(1.0)
    return policy


@pytest.fixture(scope="module")
def base(tiny_checkpoint: Path) -> Checkpoint:
    return resolve_checkpoint(str(tiny_checkpoint))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_reference_of_an_adapter_is_its_base(base: Checkpoint, dtype: torch.dtype) -> None:
    policy = trained(base, dtype)
    plain = Policy.load(base, device="cpu", compute_dtype=dtype, weights_dtype=dtype)
    policy.keep_reference()
    logp, _ = policy.logprobs(ROW)
    with policy.reference():
        reference, _ = policy.logprobs(ROW)
    assert not reference.requires_grad
    assert torch.equal(reference, plain.logprobs(ROW)[0].detach())
    assert (logp - reference).abs().max() > 0.05
    # The adapter trains as before: gradients of what was computed before and after.
    (logp.sum() + policy.logprobs(ROW)[0].sum()).backward()
    assert all(p.grad is not None and p.grad.norm() > 0 for _, p in policy.trainable())
    assert len(policy.trainable()) == 28 and policy.lora and not plain.lora


def test_checkpointing_gives_every_gradient_of_packed_rows(base: Checkpoint) -> None:
    plain, recomputed = trained(base), trained(base, gradient_checkpointing=True)
    gradients = []
    for policy in (plain, recomputed):
        policy.logprobs(ROW)[0].sum().backward()
        gradients.append({name: p.grad for name, p in policy.trainable()})
    for name, gradient in gradients[0].items():
        assert gradient is not None and gradients[1][name] is not None
        torch.testing.assert_close(gradients[1][name], gradient, rtol=1e-4, atol=1e-6)


class AdapterEngine:
    """Stands for vLLM: holds the base apart, and reads the adapter from the folder that it is given."""

    def __init__(self, base: Checkpoint) -> None:
        self.base = AutoModelForCausalLM.from_pretrained(base.folder, dtype=torch.float32)
        self.adapted: Any = None

    def shares(self, model: object) -> bool:
        return False

    def update_weights(self, named_tensors: object) -> None:
        raise AssertionError("expected the adapter alone, got all weights")

    def update_adapter(self, folder: str | Path) -> None:
        self.adapted = PeftModel.from_pretrained(self.base, folder)

    def logprobs(self, document: Document) -> torch.Tensor:
        ids = torch.tensor([[*document.prompt, *document.completion]])
        with torch.no_grad():
            logp = self.adapted(input_ids=ids).logits[0, :-1].log_softmax(-1)
        taken = logp.gather(-1, ids[0, 1:, None]).squeeze(-1)
        return taken[len(document.prompt) - 1 :]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_an_engine_with_weights_of_its_own_gets_the_adapter_alone(
    base: Checkpoint, dtype: torch.dtype
) -> None:
    policy = trained(base, dtype)
    engine: Any = AdapterEngine(base)
    before = Policy.load(
        base, device="cpu", compute_dtype=dtype, weights_dtype=dtype, lora=SETTINGS
    ).describe()["base_sha256"]
    policy.sync(engine)
    assert policy.describe()["base_sha256"] == before
    assert policy.checked_base(before) == {"base_sha256": before}
    if dtype == torch.float32:
        assert before == base.weights_sha256
        sampled = torch.cat([engine.logprobs(document) for document in DOCUMENTS])
        learned = policy.logprobs(ROW)[0].detach()
        assert (sampled - learned).abs().max() < 1e-4
        assert (sampled - learned).abs().mean() < 1e-5


def test_saved_checkpoint_and_adapter_are_the_policy(base: Checkpoint, tmp_path: Path) -> None:
    policy = trained(base)
    (tmp_path / "adapter").mkdir()
    (tmp_path / "checkpoint").mkdir()
    assert policy.save(tmp_path / "checkpoint") == 0
    policy.save_adapter(tmp_path / "adapter", base)
    expected = policy.logprobs(ROW)[0].detach()
    for name in ("checkpoint", "adapter"):
        saved = resolve_checkpoint(str(tmp_path / name))
        again = Policy.load(saved, device="cpu").logprobs(ROW)[0].detach()
        assert (again - expected).abs().max() < 1e-4 and (again - expected).abs().mean() < 1e-5
    assert weights_sha256(tmp_path / "checkpoint") != base.weights_sha256

"""vLLM under LoRA adapters that change at every step, beside the same adapters in peft."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import torch
from transformers import AutoModelForCausalLM

from clean_bench.engines.base import Request
from clean_bench.engines.transformers_engine import TransformersEngine

pytestmark = pytest.mark.vllm
RANK = 4


@pytest.fixture(scope="module")
def sampler(learner: Path) -> Iterator[Any]:
    from clean_bench.engines.vllm_engine import VllmEngine
    from clean_bench.engines.vllm_settings import SamplerSettings

    settings = SamplerSettings(cache_bytes=1 << 26, sleep=True, lora_rank=RANK)
    engine = VllmEngine.load(learner, dtype="float32", batch_size=64, sampler=settings)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def adapted(learner: Path) -> Any:
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_pretrained(learner, dtype=torch.float32)
    return get_peft_model(model, LoraConfig(r=RANK, target_modules="all-linear"))


@pytest.fixture(scope="module")
def peer(adapted: Any, sampler: Any) -> TransformersEngine:
    return TransformersEngine(adapted, sampler.tokenizer)


@torch.no_grad()
def train(model: Any, step: int) -> None:
    """Another adapter, large enough to change the text."""
    torch.manual_seed(step)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            parameter.normal_(std=0.2)


def requests(problems: list[str]) -> list[Request]:
    """Twice the same prompts: the second half reads the prefixes of the first from the cache."""
    return [
        Request(f"{half}-{i}", problem, max_tokens=20)
        for half in range(2)
        for i, problem in enumerate(problems[:6])
    ]


def logprobs(engine: Any, problems: list[str]) -> list[float]:
    """Of text that the adapters disagree about, with long shared prefixes."""
    ids = engine.encode(" ".join(problems[:8]))
    cuts = (len(ids) // 3, len(ids) // 2, len(ids) - 20)
    rows = engine.logprobs([ids[:cut] for cut in cuts], [ids[cut : cut + 20] for cut in cuts])
    return [logprob for row in rows for logprob in row]


def test_the_sampler_follows_each_adapter(
    sampler: Any, adapted: Any, peer: TransformersEngine, problems: list[str], tmp_path: Path
) -> None:
    """The traps of a stale id, of a stale prefix and of a read at each step: one folder, new files."""
    from vllm.lora.lora_model import LoRAModel

    base = logprobs(sampler, problems)
    before, folder = base, tmp_path / "adapter"
    read = LoRAModel.from_local_checkpoint
    for step in range(3):
        train(adapted, step)
        adapted.save_pretrained(folder)
        with patch.object(LoRAModel, "from_local_checkpoint", side_effect=read) as reads:
            sampler.sleep()
            sampler.update_adapter(folder)
            shutil.rmtree(folder)
            sampler.wake()
            completions = list(sampler.generate(requests(problems)))
            after = logprobs(sampler, problems)
        assert reads.call_count == 1
        assert max(abs(a - b) for a, b in zip(after, before, strict=True)) > 0.05
        assert after == pytest.approx(logprobs(peer, problems), abs=1e-4)
        for found in completions:
            [expected] = peer.logprobs([found.prompt_ids], [found.token_ids])
            assert found.logprobs == pytest.approx(expected, abs=1e-4)
        texts = [completion.token_ids for completion in completions]
        assert texts[:6] == texts[6:]
        assert texts == [c.token_ids for c in peer.generate(requests(problems))]
        before = after


def test_new_weights_drop_the_adapter_and_the_base_was_never_changed(
    sampler: Any, adapted: Any, problems: list[str], learner: Path, tmp_path: Path
) -> None:
    plain = TransformersEngine.load(learner)
    train(adapted, 7)
    adapted.save_pretrained(tmp_path / "adapter")
    sampler.update_adapter(tmp_path / "adapter")
    assert logprobs(sampler, problems) != pytest.approx(logprobs(plain, problems), abs=1e-2)
    sampler._weights.adapter = None  # the base alone, without a push
    assert logprobs(sampler, problems) == pytest.approx(logprobs(plain, problems), abs=1e-4)
    sampler.update_adapter(tmp_path / "adapter")
    sampler.update_weights(plain.model.named_parameters())
    assert logprobs(sampler, problems) == pytest.approx(logprobs(plain, problems), abs=1e-4)


def test_the_description_has_what_decides_the_numbers(sampler: Any) -> None:
    description = sampler.describe()
    block = 128 * 3 * 2 * 128 * 4  # tokens, layers, keys and values, width, bytes
    assert description["block_size"] == 128
    assert description["kv_blocks"] == (1 << 26) // block
    assert description["max_lora_rank"] == 8
    assert (description["runner"], description["attention"]) == ("v1", "CPU_ATTN")
    assert description["chunked_prefill"] is description["async_scheduling"] is False
    assert description["prefix_caching"] is True

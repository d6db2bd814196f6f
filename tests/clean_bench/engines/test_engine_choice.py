"""Which engine is chosen and why, its device and dtype, and copies of it in other processes."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import ValidationError

from clean_bench.checkpoints import resolve_checkpoint
from clean_bench.engines import open
from clean_bench.engines.base import Request
from clean_bench.engines.open import DTYPES, EngineConfig, open_engine
from clean_bench.engines.replicas import Replicas, _visible_devices
from clean_bench.engines.transformers_engine import TransformersEngine
from clean_bench.errors import UserError


@pytest.mark.parametrize(
    ("installed", "gpu", "name", "expected"),
    [
        (True, True, "auto", "vllm"),
        (True, False, "auto", "transformers"),
        (False, True, "auto", "transformers"),
        (False, False, "auto", "transformers"),
        (True, True, "transformers", "transformers"),
        (True, False, "vllm", "vllm"),
    ],
)
def test_auto_takes_vllm_where_it_can_and_there_is_a_gpu(
    monkeypatch: pytest.MonkeyPatch, installed: bool, gpu: bool, name: str, expected: str
) -> None:
    monkeypatch.setattr(open, "find_spec", lambda module: object() if installed else None)
    monkeypatch.setattr(open, "_gpu", lambda: gpu)
    chosen, reason = EngineConfig(engine=name).choice()
    assert chosen == expected
    assert (reason == "as requested") == (name != "auto")


def test_an_engine_that_is_not_available_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open, "find_spec", lambda module: None)
    with pytest.raises(UserError, match=r"pip install .\.\[vllm\].*make setup-vllm"):
        EngineConfig(engine="vllm").choice()
    with pytest.raises(UserError, match="--tensor-parallel 2 needs vLLM"):
        EngineConfig(tensor_parallel=2).choice()
    with pytest.raises(UserError, match="sglang: expected one of auto, transformers, vllm"):
        EngineConfig(engine="sglang").choice()
    with pytest.raises(UserError, match="int8: expected one of auto, float32, bfloat16, float16"):
        EngineConfig(dtype="int8").choice()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"tensor_parallel": 0}, "tensor_parallel"),
        ({"data_parallel": 0}, "data_parallel"),
        ({"batch_size": 0}, "batch_size"),
        ({"memory": 0.0}, "memory"),
        ({"memory": 1.5}, "memory"),
        ({"gpus": 2}, "gpus"),
    ],
)
def test_values_out_of_range_and_unknown_keys_are_refused(
    values: dict[str, float], field: str
) -> None:
    with pytest.raises(ValidationError, match=field):
        EngineConfig(**values)


@pytest.mark.parametrize(
    ("values", "gpu", "message"),
    [
        ({"device": "toaster"}, False, "--device toaster: expected a torch device such as cpu"),
        ({"device": "meta"}, False, "--device meta: expected a torch device such as cpu"),
        ({"device": "cuda"}, False, "--device cuda: no such GPU is available"),
        ({"device": "cuda:2"}, True, "--device cuda:2: no such GPU is available"),
        ({"device": "cuda:1", "engine": "vllm"}, True, "CUDA_VISIBLE_DEVICES"),
        ({"device": "cpu", "engine": "vllm"}, True, "CUDA_VISIBLE_DEVICES"),
        ({"device": "cpu", "data_parallel": 2}, False, "--data-parallel 2 places its copies"),
    ],
)
def test_devices_that_the_engine_cannot_use(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, Any], gpu: bool, message: str
) -> None:
    monkeypatch.setattr(open, "find_spec", lambda module: object())
    monkeypatch.setattr(open, "_gpu", lambda: gpu)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(UserError, match=message) as caught:
        EngineConfig(**values).choice()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("device", ["cpu", "cuda", "cuda:1"])
def test_a_device_is_an_option_of_transformers(
    monkeypatch: pytest.MonkeyPatch, device: str
) -> None:
    monkeypatch.setattr(open, "find_spec", lambda module: object())
    monkeypatch.setattr(open, "_gpu", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert EngineConfig(device=device).choice() == ("transformers", f"--device {device}")


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_dtype_reaches_the_engine(tiny_checkpoint: Path, dtype: str) -> None:
    config = EngineConfig(engine="transformers", dtype=dtype, device="cpu", batch_size=3)
    with closing(open_engine(resolve_checkpoint(str(tiny_checkpoint)), config)) as engine:
        described = engine.describe()
    expected = "float32" if dtype == "auto" else dtype
    assert (described["dtype"], described["device"]) == (expected, "cpu")
    assert (described["engine"], described["batch_size"]) == ("transformers", 3)


def test_gpus_are_shared_out_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert _visible_devices(2, 2) == ["0,1", "2,3"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    assert _visible_devices(2, 1) == ["3", "5"]
    with pytest.raises(UserError, match="expected 4 GPUs, got 2"):
        _visible_devices(2, 2)


@pytest.mark.processes
def test_copies_answer_as_one_engine_does(tiny_checkpoint: Path) -> None:
    one = TransformersEngine.load(tiny_checkpoint)
    requests = [
        Request(str(i), "12 + 7 =" * (1 + i % 3), seed=i, max_tokens=6, temperature=i % 2)
        for i in range(7)
    ]
    parts = [[1, 2], [3], [4]], [[5], [6, 7], []]
    copies = Replicas(partial(TransformersEngine.load, tiny_checkpoint), 2)
    try:
        assert copies.context_length == one.context_length
        assert copies.describe() == {**one.describe(), "data_parallel": 2}
        assert copies.encode("12 + 7") == one.encode("12 + 7")
        assert [(c.key, c.token_ids) for c in copies.generate(requests)] == [
            (c.key, c.token_ids) for c in one.generate(requests)
        ]
        for a, b in zip(copies.logprobs(*parts), one.logprobs(*parts), strict=True):
            assert a == pytest.approx(b, abs=1e-5)
        torch.manual_seed(1)
        with torch.no_grad():
            for parameter in one.model.parameters():
                parameter.add_(0.3 * torch.randn_like(parameter))
        copies.update_weights(one.model.named_parameters())
        assert [c.token_ids for c in copies.generate(requests)] == [
            c.token_ids for c in one.generate(requests)
        ]
        with pytest.raises(KeyError, match="missing"):
            copies.update_weights(list(one.model.named_parameters())[:2])
        with pytest.raises(ValueError, match="at least one token"):
            copies.logprobs([[]], [[1]])
    finally:
        processes = [process for process, _ in copies._replicas]
        copies.close()
    assert all(process.exitcode == 0 for process in processes)

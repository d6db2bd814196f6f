"""Which engine is taken, what is said about it, and copies of it in other processes."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
import torch

from clean_bench.engines import open
from clean_bench.engines.base import Request
from clean_bench.engines.open import EngineChoice, open_engine, resolve
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
    found, reason = resolve(EngineChoice(name))
    assert found == expected
    assert (reason == "as asked") == (name != "auto")


def test_what_cannot_be_had_is_refused_with_what_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open, "find_spec", lambda module: None)
    with pytest.raises(UserError, match=r"clean-bench\[vllm\].*make setup-vllm"):
        resolve(EngineChoice("vllm"))
    with pytest.raises(UserError, match="--tensor-parallel 2 needs vLLM"):
        resolve(EngineChoice("auto", tensor_parallel=2))
    with pytest.raises(UserError, match="choose one of open, transformers, vllm"):
        resolve(EngineChoice("sglang"))


def test_an_engine_says_what_it_is_at_its_first_work(tiny_checkpoint: Path) -> None:
    lines: list[str] = []
    engine = open_engine(tiny_checkpoint, EngineChoice("transformers"), say=lines.append)
    assert engine.encode("12") and engine.describe()["engine"] == "transformers"
    assert lines == []
    engine.logprobs([[1]], [[2]])
    list(engine.generate([Request("a", "12", max_tokens=1)]))
    assert lines == ["engine: transformers (as asked)"]


def test_gpus_are_shared_out_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert _visible_devices(2, 2) == ["0,1", "2,3"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    assert _visible_devices(2, 1) == ["3", "5"]
    with pytest.raises(UserError, match="expected 4 GPUs, got 2"):
        _visible_devices(2, 2)


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
        with pytest.raises(ValueError, match="expected a prefix of at least one token"):
            copies.logprobs([[]], [[1]])
    finally:
        processes = [process for process, _ in copies._replicas]
        copies.close()
    assert all(process.exitcode == 0 for process in processes)

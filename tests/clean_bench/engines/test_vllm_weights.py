"""Order of the calls with which vLLM sleeps, wakes and takes new weights, recorded by a stand-in.

vLLM on a CPU does not sleep. Its answers in these tests are those of its interface on a GPU.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from clean_bench.engines.vllm_process import contain_side_effects, death_as_user_error
from clean_bench.engines.vllm_settings import SamplerSettings, lora_options
from clean_bench.engines.vllm_weights import VllmWeights
from clean_bench.errors import UserError

SHAPES = {"a": (2, 3), "b": (4,)}
TENSORS = {name: torch.zeros(shape) for name, shape in SHAPES.items()}


class Recorder:
    """An `LLM` that records calls; the engine inside is the same object."""

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.llm_engine = self
        self.prefixes_free = True
        self.failing: dict[str, Exception] = {}

    def _record(self, *call: Any) -> None:
        self.calls.append(call)
        if call[0] in self.failing:
            raise self.failing[call[0]]

    def sleep(self, level: int) -> None:
        self._record("sleep", level)

    def wake_up(self, tags: list[str] | None = None) -> None:
        self._record("wake_up", tags)

    def collective_rpc(self, method: str, kwargs: dict[str, Any]) -> None:
        self._record(method, [name for name, _ in kwargs["weights_iterator"]])

    def add_lora(self, request: Any) -> bool:
        self._record("add_lora", request.lora_name, request.lora_int_id, request.lora_path)
        return True

    def reset_prefix_cache(self) -> bool:
        self._record("reset_prefix_cache")
        return self.prefixes_free


@dataclass
class LoRARequest:
    lora_name: str
    lora_int_id: int
    lora_path: str


@pytest.fixture
def llm(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    module = ModuleType("vllm.lora.request")
    module.LoRARequest = LoRARequest  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "vllm.lora.request", module)
    return Recorder()


def weights(llm: Recorder, *, device: str = "cuda", **sampler: Any) -> VllmWeights:
    return VllmWeights(llm, SHAPES, SamplerSettings(**sampler), device=device, tensor_parallel=1)


def test_full_weights_wake_before_the_push_and_the_cache_after_it(llm: Recorder) -> None:
    held = weights(llm, sleep=True)
    held.sleep()
    held.sleep()
    with pytest.raises(RuntimeError, match="wake"):
        held.require_awake()
    with pytest.raises(RuntimeError, match="the weights were dropped"):
        held.wake()
    held.update(TENSORS)
    held.require_awake()
    held.wake()
    assert llm.calls == [
        ("sleep", 2),
        ("wake_up", ["weights"]),
        ("reload_weights", ["a", "b"]),
        ("wake_up", ["kv_cache"]),
        ("reset_prefix_cache",),
    ]


def test_an_adapter_comes_under_a_new_id_and_name_at_each_step(
    llm: Recorder, tmp_path: Path
) -> None:
    """The base sleeps in the host's memory: at level 2 it would be lost."""
    held = weights(llm, sleep=True, lora_rank=16)
    assert held.adapter is None
    for number in (1, 2):
        llm.calls.clear()
        held.sleep()
        held.update_adapter(tmp_path)
        assert llm.calls == [
            ("sleep", 1),
            ("wake_up", ["weights"]),
            ("add_lora", f"adapter-{number}", number, str(tmp_path)),
            ("wake_up", ["kv_cache"]),
            ("reset_prefix_cache",),
        ]
        assert held.adapter == LoRARequest(f"adapter-{number}", number, str(tmp_path))
    llm.calls.clear()
    held.sleep()
    held.wake()
    assert llm.calls == [("sleep", 1), ("wake_up", None), ("reset_prefix_cache",)]
    assert held.adapter.lora_int_id == 2


def test_every_push_empties_the_prefix_cache(llm: Recorder, tmp_path: Path) -> None:
    held = weights(llm, lora_rank=8)
    held.update_adapter(tmp_path)
    held.update(TENSORS)
    assert [call[0] for call in llm.calls] == [
        "add_lora", "reset_prefix_cache", "reload_weights", "reset_prefix_cache",
    ]  # fmt: skip
    assert held.adapter is None
    llm.prefixes_free = False
    with pytest.raises(RuntimeError, match="holds the prefix cache"):
        held.update(TENSORS)


@pytest.mark.parametrize(("device", "sleep"), [("cpu", True), ("cuda", False)])
def test_an_engine_that_cannot_or_need_not_sleep_does_nothing(
    llm: Recorder, device: str, sleep: bool
) -> None:
    held = weights(llm, device=device, sleep=sleep)
    held.sleep()
    held.require_awake()
    held.wake()
    assert llm.calls == []


def test_wrong_tensors_leave_the_engine_asleep_and_untouched(llm: Recorder) -> None:
    held = weights(llm, sleep=True)
    held.sleep()
    with pytest.raises(KeyError, match="1 tensors are missing, such as b"):
        held.update({"a": TENSORS["a"]})
    assert llm.calls == [("sleep", 2)]
    held.update(TENSORS)
    held.require_awake()


def test_adapters_need_an_engine_that_was_loaded_for_them(llm: Recorder, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="loaded with lora_rank"):
        weights(llm).update_adapter(tmp_path)


@pytest.mark.parametrize(
    ("rank", "offered"), [(1, 1), (2, 8), (16, 16), (17, 32), (200, 256), (512, 512)]
)
def test_the_smallest_offered_rank_that_fits(rank: int, offered: int) -> None:
    assert lora_options(rank)["max_lora_rank"] == offered
    assert lora_options(0) == {}
    with pytest.raises(UserError, match="expected at most 512 with vLLM"):
        lora_options(513)


class EngineDeadError(Exception):
    """As `vllm.v1.engine.exceptions.EngineDeadError`."""


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (EngineDeadError("EngineCore encountered an issue.\nSee above."), "vLLM's engine died"),
        (EngineDeadError(), "vLLM's engine died"),
        (torch.OutOfMemoryError("CUDA out of memory.\nTried to"), "vLLM ran out of GPU memory"),
    ],
)
def test_the_death_of_the_engine_is_one_line(llm: Recorder, error: Exception, message: str) -> None:
    held = weights(llm)
    llm.failing["reload_weights"] = error
    with pytest.raises(UserError, match=message) as caught:
        held.update(TENSORS)
    assert "\n" not in str(caught.value)
    assert "rerun the same command to resume" in str(caught.value)


def test_the_failure_of_a_worker_process_is_one_line_and_other_errors_stay() -> None:
    path = "/lib/vllm/v1/executor/multiproc_executor.py"
    waiting = compile("fail()", path, "exec")

    def fail() -> None:  # a frame below that of the executor
        raise RuntimeError("cancelled")

    with pytest.raises(UserError, match=r"died .cancelled"), death_as_user_error():
        exec(waiting, {"fail": fail})  # noqa: S102
    with pytest.raises(RuntimeError, match="a fault of our own"), death_as_user_error():
        raise RuntimeError("a fault of our own")


def test_loading_vllm_leaves_the_random_generators_alone() -> None:
    import random

    import numpy as np

    states = random.getstate(), np.random.get_state()[1].copy(), torch.get_rng_state()  # type: ignore[union-attr,index]
    with contain_side_effects(drop=True):
        random.seed(0)
        np.random.seed(0)
        torch.manual_seed(0)
    assert random.getstate() == states[0]
    assert (np.random.get_state()[1] == states[1]).all()  # type: ignore[index]
    assert torch.equal(torch.get_rng_state(), states[2])

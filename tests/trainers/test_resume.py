"""A run that is stopped at any boundary ends bit for bit like an uninterrupted one."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import nan
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from clean_bench.artifacts import STATE, Artifact, atomic_files
from clean_bench.checkpoints import Checkpoint, resolve_checkpoint
from clean_bench.engines.transformers_engine import TransformersEngine
from clean_bench.errors import UserError
from clean_bench.problems import Problem, ProblemSet
from trainers import tensor_files
from trainers.checks import check_training
from trainers.config import make_config
from trainers.optimizers import Optimizer
from trainers.policy import Policy
from trainers.train import train

SMALL = {
    "reward": "random", "steps": 2, "prompts_per_step": 2, "group_size": 4, "minibatches": 2,
    "max_tokens": 6, "learning_rate": 1e-2, "checkpoint_every": 2, "template": "raw",
    "checkpoint_seconds": 0, "aggregate": "token",
}  # fmt: skip
BFLOAT16 = {"weights_dtype": "bfloat16", "compute_dtype": "bfloat16"}
TWO_EPOCHS = {"old_logprobs": "recomputed", "epochs": 2}
LORA = {"tuning": "lora", "lora_rank": 2, "learning_rate": 0.1}
VARIANTS = [
    pytest.param({}, id="full"),
    pytest.param({**LORA, **TWO_EPOCHS}, id="LoRA, recomputed old log-probabilities, two epochs"),
    *(
        pytest.param(settings, id=name, marks=pytest.mark.processes)
        for name, settings in {
            "full, recomputed, two epochs": TWO_EPOCHS,
            "LoRA": LORA,
            "LoRA in bfloat16": {**LORA, **BFLOAT16},
            "masters of bfloat16 weights": BFLOAT16,
            "float16": {"compute_dtype": "float16"},
            "dynamic sampling": {"dynamic_sampling": 2},
            "a reference": {"kl_coefficient": 0.1},
            "an adapter's reference": {**LORA, "kl_coefficient": 0.1},
        }.items()
    ),
]
PROBLEMS = ProblemSet("p", [Problem(str(i), f"What is {i}+{i}?", str(2 * i)) for i in range(5)])


class Killed(Exception):
    """Stands for a process that ends."""


@pytest.fixture(scope="module")
def base(tiny_checkpoint: Path) -> Checkpoint:
    return resolve_checkpoint(str(tiny_checkpoint))


@pytest.fixture
def stop_before_save(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Stops a run as it begins to save its state for the n-th time; 0 never stops it."""
    write, left = atomic_files.atomic_file, 0

    @contextmanager
    def counted(path: Path) -> Iterator[Path]:
        nonlocal left
        if path.name == STATE:
            left -= 1
            if not left:
                raise Killed
        with write(path) as temporary:
            yield temporary

    def stop(at: int) -> None:
        nonlocal left
        left = at

    monkeypatch.setattr(atomic_files, "atomic_file", counted)
    return stop


@pytest.mark.parametrize("settings", VARIANTS)
def test_stopped_between_any_two_boundaries_the_run_ends_the_same(
    base: Checkpoint,
    tmp_path: Path,
    settings: dict[str, Any],
    stop_before_save: Callable[[int], None],
) -> None:
    """Each life of the run does what lies between two saved states twice: it is lost the first time."""
    config = make_config({**SMALL, **settings})
    whole = train(base, PROBLEMS, config, tmp_path / "whole")
    lives = 0
    while True:
        stop_before_save(2)
        lives += 1
        try:
            resumed = train(base, PROBLEMS, config, tmp_path / "arm")
            break
        except Killed:
            assert (tmp_path / "arm" / STATE).is_file()
    # A boundary after sampling, between updates, and at the end of the only shard.
    updates = config.minibatches * config.epochs
    assert lives == config.steps * updates + 1
    assert resumed.manifest["identity_sha256"] == whole.manifest["identity_sha256"]
    assert resumed.metadata["weights_sha256"] == whole.metadata["weights_sha256"]
    assert resumed.metadata["weights_sha256"] != base.weights_sha256
    assert not (tmp_path / "arm" / STATE).exists()


def test_saving_within_a_step_changes_nothing(base: Checkpoint, tmp_path: Path) -> None:
    often = train(base, PROBLEMS, make_config(SMALL), tmp_path / "often")
    config = make_config({**SMALL, "checkpoint_seconds": 1e9})
    seldom = train(base, PROBLEMS, config, tmp_path / "seldom")
    assert often.metadata["weights_sha256"] == seldom.metadata["weights_sha256"]
    assert often.rows("metrics") == seldom.rows("metrics")


def test_what_is_sampled_is_not_sampled_again(
    base: Checkpoint,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stop_before_save: Callable[[int], None],
) -> None:
    config = make_config({**SMALL, "steps": 1})
    stop_before_save(2)  # after the first update
    with pytest.raises(Killed):
        train(base, PROBLEMS, config, tmp_path / "arm")

    def refuse(*_: Any) -> None:
        raise AssertionError("sampled again")

    monkeypatch.setattr(TransformersEngine, "generate", refuse)
    stop_before_save(0)
    assert Artifact.is_finished(train(base, PROBLEMS, config, tmp_path / "arm").folder)


def test_a_changed_setting_is_refused_by_its_key(
    base: Checkpoint, tmp_path: Path, stop_before_save: Callable[[int], None]
) -> None:
    settings = {**SMALL, **LORA}
    stop_before_save(2)
    with pytest.raises(Killed):
        train(base, PROBLEMS, make_config(settings), tmp_path / "arm")
    state = (tmp_path / "arm" / STATE).read_bytes()
    begun = make_config(settings).model_dump(mode="json")
    for key, value in (
        ("lora_rank", 4),
        ("tuning", "full"),
        ("gradient_checkpointing", "on"),
        ("token_budget", 64),
        ("checkpoint_seconds", 5),
        ("steps", 3),
    ):
        was = json.dumps(begun[key])
        with pytest.raises(UserError, match=f"was begun with {key} = {was}, got"):
            train(base, PROBLEMS, make_config({**settings, key: value}), tmp_path / "arm")
    assert (tmp_path / "arm" / STATE).read_bytes() == state


def diverge(result: tuple[torch.Tensor, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    return result[0] * nan, result[1]


FAULTS: dict[str, tuple[Any, str, Any, str]] = {
    "out of memory": (
        Policy, "logprobs", torch.OutOfMemoryError("tried to allocate 2 GiB"),
        r"update: out of memory \(tried to allocate 2 GiB\); rerun .* token_budget below 1024",
    ),
    "a dead engine": (
        TransformersEngine, "generate", EOFError("gone"),
        r"generation: the engine died \(gone\); rerun the same command to resume",
    ),
    "a full disk": (
        tensor_files, "_write_tensor", OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        r"saving: No space left on device; rerun the same command to resume .* once there is space",
    ),
    "divergence": (Policy, "logprobs", diverge, "expected a finite loss, got nan: .* learning_rate"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_ends_in_one_line_and_the_last_state_goes_on(
    base: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """In the second step of a run that saves its state at every boundary."""
    owner, name, error, message = FAULTS[fault]
    config = make_config(SMALL)
    original, calls, at = getattr(owner, name), 0, 0

    def counted(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls != at:
            return original(*arguments, **options)
        if isinstance(error, Exception):
            raise error
        return error(original(*arguments, **options))

    monkeypatch.setattr(owner, name, counted)
    whole = train(base, PROBLEMS, config, tmp_path / "whole")
    calls, at = 0, calls * 3 // 4 + 1
    with pytest.raises(UserError, match=message) as raised:
        train(base, PROBLEMS, config, tmp_path / "arm")
    assert "\n" not in str(raised.value)
    at = 0
    resumed = train(base, PROBLEMS, config, tmp_path / "arm")
    assert resumed.manifest["identity_sha256"] == whole.manifest["identity_sha256"]


def test_a_run_leaves_the_base_and_keeps_the_adapter(base: Checkpoint, tmp_path: Path) -> None:
    """Its hash is in the configuration before and in the manifest after; both are verified."""
    config = make_config({**SMALL, **LORA})
    artifact = train(base, PROBLEMS, config, tmp_path / "arm")
    assert artifact.config["policy"]["base_sha256"] == base.weights_sha256
    assert artifact.metadata["base_sha256"] == base.weights_sha256
    assert artifact.metadata["lost_by_merging"] == 0
    adapter = resolve_checkpoint(str(artifact.folder / "adapter"))
    merged = load_file(adapter.folder / "model.safetensors")
    stored = load_file(artifact.folder / "checkpoint" / "model.safetensors")
    assert stored and stored.keys() <= merged.keys()
    for name, tensor in stored.items():
        torch.testing.assert_close(merged[name], tensor, rtol=1e-5, atol=1e-6)
    assert not list(check_training(artifact))


def test_a_base_that_changed_under_the_adapter_stops_the_run(
    base: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As merging and unmerging in 16 bits would change it: the last state is kept."""
    config = make_config({**SMALL, **LORA})
    whole = train(base, PROBLEMS, config, tmp_path / "whole")
    step, calls = Optimizer.step, 0

    def changing(self: Optimizer, max_norm: float) -> float | None:
        nonlocal calls
        calls += 1
        if calls == 3:
            module = policies[0].model.get_input_embeddings()
            with torch.no_grad():
                module.weight[0, 0] += 1e-3
        return step(self, max_norm)

    policies: list[Policy] = []
    load = Policy.load.__func__  # type: ignore[attr-defined]
    monkeypatch.setattr(
        Policy,
        "load",
        classmethod(lambda *a, **o: policies.append(load(*a, **o)) or policies[-1]),  # type: ignore[func-returns-value]
    )
    monkeypatch.setattr(Optimizer, "step", changing)
    with pytest.raises(UserError, match="the base was changed; rerun the same command to resume"):
        train(base, PROBLEMS, config, tmp_path / "arm")
    resumed = train(base, PROBLEMS, config, tmp_path / "arm")
    assert resumed.manifest["identity_sha256"] == whole.manifest["identity_sha256"]

"""Failures of a long run end in one line that says what to change, and leave the saved state."""

from __future__ import annotations

import errno
import os
from math import inf, nan
from pathlib import Path

import pytest
import torch

from clean_bench.artifacts import STATE, Artifact
from clean_bench.errors import UserError
from trainers.config import TrainConfig
from trainers.failures import Phase, explained, require_finite

CONFIG = TrainConfig(reward="truth", steps=1, token_budget=2048)


class EngineDeadError(Exception):
    """As vLLM names its own."""


def message(error: Exception, phase: Phase, folder: Path, config: TrainConfig = CONFIG) -> str:
    artifact = Artifact.open(folder, "x", {})
    with artifact, pytest.raises(UserError) as raised, explained(phase, artifact, config):
        raise error
    text = str(raised.value)
    assert "\n" not in text and text.startswith(f"{folder}: {phase}: ")
    return text


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nMore."),
        RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        MemoryError(),
    ],
)
def test_out_of_memory_names_the_settings_that_need_less(error: Exception, tmp_path: Path) -> None:
    text = message(error, "update", tmp_path)
    assert "out of memory" in text and "begin again: no state was saved yet" in text
    assert "token_budget below 2048 or a head_chunk below 512" in text
    assert "gradient_checkpointing=on or tuning=lora" in text
    lora = CONFIG.model_copy(update={"tuning": "lora", "gradient_checkpointing": "on"})
    text = message(error, "update", tmp_path, lora)
    assert "head_chunk below 512" in text
    assert "checkpointing=on" not in text and "tuning=lora" not in text
    text = message(error, "generation", tmp_path, lora)
    assert text.endswith("train into another folder with a smaller --batch-size")


def test_memory_that_torch_cannot_allocate_on_the_cpu_is_named(tmp_path: Path) -> None:
    artifact = Artifact.open(tmp_path, "x", {})
    expected = r"update: out of memory \(.*tried to allocate"
    with pytest.raises(UserError, match=expected), explained("update", artifact, CONFIG):
        torch.empty(10**15)


def test_a_full_disk_and_a_dead_engine_point_to_the_saved_state(tmp_path: Path) -> None:
    (tmp_path / "o").mkdir()
    Artifact.open(tmp_path / "o", "x", {}).close()
    (tmp_path / "o" / STATE).write_bytes(b"kept")
    resume = "rerun the same command to resume from the last saved state"
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/disk/file")
    text = message(full, "saving", tmp_path / "o")
    assert f"No space left on device (/disk/file); {resume} once there is space" in text
    for error in (EngineDeadError("gone"), BrokenPipeError("gone"), EOFError("gone")):
        assert f"generation: the engine died (gone); {resume}" in message(
            error, "generation", tmp_path / "o"
        )
    text = message(torch.AcceleratorError("CUDA error"), "update", tmp_path / "o")
    assert f"the device failed (CUDA error); {resume}, on another device" in text
    assert (tmp_path / "o" / STATE).read_bytes() == b"kept"


@pytest.mark.parametrize(
    "error", [ValueError("a fault"), OSError(errno.EACCES, "no"), RuntimeError("shapes differ")]
)
def test_other_exceptions_pass(error: Exception, tmp_path: Path) -> None:
    artifact = Artifact.open(tmp_path, "x", {})
    with pytest.raises(type(error)) as raised, explained("update", artifact, CONFIG):
        raise error
    assert raised.value is error


@pytest.mark.parametrize("value", [nan, inf, -inf])
def test_values_that_are_not_finite_stop_the_run(value: float) -> None:
    require_finite("step 3, mini-batch 2", CONFIG, loss=1.0, gradient=0.0)
    with pytest.raises(
        UserError,
        match=rf"step 3, mini-batch 2: expected a finite gradient, got {value}: .*learning",
    ):
        require_finite("step 3, mini-batch 2", CONFIG, loss=1.0, gradient=value)
    half = CONFIG.model_copy(update={"compute_dtype": "float16"})
    with pytest.raises(UserError, match="compute_dtype=bfloat16"):
        require_finite("step 3", half, loss=value)

"""The saved state: streamed, exact, and replaced only by a whole one."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from clean_bench.artifacts import STATE, Artifact, atomic_files
from clean_bench.artifacts.atomic_files import TEMPORARY
from clean_bench.errors import UserError
from trainers import state as states
from trainers import tensor_files
from trainers.optimizers import Slots
from trainers.state import SaveTimer, State, load_state, save_state
from trainers.tensor_files import TensorForm, form_of, write_tensors

ROWS = pa.table(
    {
        "step": pa.array([3, 3], pa.int32()),
        "token_ids": pa.array([[1, 2], []], pa.list_(pa.int32())),
        "logprobs": pa.array([[-0.1, -1 / 3], None], pa.list_(pa.float32())),
        "text": ["ß\0", None],
    }
)


def setup() -> tuple[torch.nn.Module, list[torch.optim.Optimizer], Slots]:
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Linear(4, 2))
    matrices = [p for p in model.parameters() if p.ndim == 2]
    others = [p for p in model.parameters() if p.ndim != 2]
    optimizers = [torch.optim.Muon(matrices, lr=0.1), torch.optim.AdamW(others, lr=0.1)]
    return model, optimizers, Slots.of(model.named_parameters(), optimizers)


def step(model: torch.nn.Module, optimizers: list[torch.optim.Optimizer], seed: int) -> None:
    x = torch.randn(5, 3, generator=torch.Generator().manual_seed(seed))
    model(x).square().sum().backward()
    for optimizer in optimizers:
        optimizer.step()
        optimizer.zero_grad()


def test_state_of_two_optimizers_comes_back(tmp_path: Path) -> None:
    artifact = Artifact.open(tmp_path, "x", {})
    model, optimizers, trained = setup()
    assert load_state(artifact, trained) is None
    for seed in range(4):
        step(model, optimizers, seed)
        if seed == 1:
            save_state(artifact, trained, State({"step": 2}))
    other, its, continued = setup()
    saved = load_state(artifact, continued)
    assert saved is not None and saved.record == {"step": 2}
    for seed in (2, 3):
        step(other, its, seed)
    for mine, theirs in zip(model.parameters(), other.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_records_tables_and_tensors_come_back_exactly(tmp_path: Path) -> None:
    artifact = Artifact.open(tmp_path, "x", {})
    sums = [0.1 + 0.2, 1e-300, float("inf"), -0.0, 2**53 + 1]
    tensors = {
        "old": torch.tensor([0.1, float("nan"), -0.0]),
        "none": torch.zeros(0, 3),
        "scalar": torch.tensor(7),
        "half": torch.arange(5).bfloat16(),
        "flags": torch.tensor([True, False, True]),
    }
    record = {"step": 3, "minibatch": 5, "epoch": 1, "sums": sums, "base_sha256": "ab"}
    save_state(artifact, setup()[2], State(record, {"rollouts": ROWS, "empty": ROWS[:0]}, tensors))
    saved = load_state(artifact, setup()[2])
    assert saved is not None and saved.record == record
    assert saved.tables["rollouts"].equals(ROWS) and saved.tables["empty"].equals(ROWS[:0])
    assert saved.tensors.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert saved.tensors[name].dtype == tensor.dtype
        assert saved.tensors[name].shape == tensor.shape
        assert torch.equal(
            saved.tensors[name].view(-1).view(torch.uint8), tensor.view(-1).view(torch.uint8)
        )


def test_a_file_is_what_the_library_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Types of every width in any order, tensors that are not contiguous, in pieces of 4 elements."""
    monkeypatch.setattr(tensor_files, "_PIECE", 4)
    tensors = {
        "bytes": torch.arange(7, dtype=torch.uint8),
        "transposed": torch.randn(5, 3).t(),
        "double": torch.randn(3, dtype=torch.float64),
        "half": torch.randn(2, 3).half(),
        "nothing": torch.zeros(0, 2),
        "one": torch.tensor(4),
        "brain": torch.randn(9).bfloat16(),
    }
    forms = {name: form_of(tensor) for name, tensor in tensors.items()}
    write_tensors(tmp_path / "f", forms, reversed(tensors.items()), {"a": "b"})
    read = load_file(tmp_path / "f")
    assert read.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert read[name].dtype == tensor.dtype and torch.equal(read[name], tensor)
    with safe_open(tmp_path / "f", framework="pt") as file:
        assert file.metadata() == {"a": "b"}


def test_tensors_are_cast_to_their_form_and_must_be_those_of_the_forms(tmp_path: Path) -> None:
    forms = {"a": TensorForm(torch.bfloat16, (2,)), "b": TensorForm(torch.float32, (1,))}
    a, b = torch.tensor([1 / 3, 2]), torch.ones(1)
    write_tensors(tmp_path / "f", forms, [("b", b), ("a", a)], {})
    assert torch.equal(load_file(tmp_path / "f")["a"], a.bfloat16())
    for tensors in ([("a", a)], [("a", a), ("b", b), ("c", b)], [("a", a[:1]), ("b", b)]):
        with pytest.raises(ValueError, match="expected"):
            write_tensors(tmp_path / "g", forms, tensors, {})


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux")
def test_saving_holds_one_piece_of_a_tensor_in_memory(tmp_path: Path) -> None:
    """A state of 160 MB, of a tensor that has to be copied, is saved with less than 100 MB more."""

    class Large:
        tensor = torch.ones(20_000_000, 2).bfloat16()

        def state_tensors(self) -> Any:
            yield "weights/large", self.tensor

        def load_tensor(self, entry: str, tensor: torch.Tensor) -> None:
            raise NotImplementedError

    def kilobytes(field: str) -> int:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:"))

    large, artifact = Large(), Artifact.open(tmp_path, "x", {})
    forms = {"weights/large": TensorForm(torch.float32, (20_000_000, 2))}
    Path("/proc/self/clear_refs").write_text("5")  # sets the peak to what is in memory now
    before = kilobytes("VmRSS")
    write_tensors(tmp_path / "cast", forms, large.state_tensors(), {})
    save_state(artifact, large, State({}))
    assert kilobytes("VmHWM") - before < 100_000
    assert (tmp_path / "cast").stat().st_size > 160_000_000


@pytest.mark.parametrize("place", ["write", "flush"])
def test_a_full_disk_keeps_the_earlier_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    artifact = Artifact.open(tmp_path, "x", {})
    model, optimizers, trained = setup()
    save_state(artifact, trained, State({"step": 1}, {"rollouts": ROWS}))
    before = (tmp_path / STATE).read_bytes()
    step(model, optimizers, 0)

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    target = (tensor_files, "_write_tensor") if place == "write" else (atomic_files, "_flush")
    monkeypatch.setattr(*target, full)
    with pytest.raises(OSError, match="No space left"):
        save_state(artifact, trained, State({"step": 2}, {"rollouts": ROWS}))
    monkeypatch.undo()
    assert (tmp_path / STATE).read_bytes() == before
    saved = load_state(artifact, setup()[2])
    assert saved is not None and saved.record == {"step": 1}
    if place == "write":
        assert not list(tmp_path.glob(f"{TEMPORARY}*"))


@pytest.mark.parametrize("damage", ["cut", "other tensors", "fewer tensors", "an earlier version"])
def test_an_unusable_state_is_named(tmp_path: Path, damage: str) -> None:
    artifact = Artifact.open(tmp_path, "x", {})
    model, optimizers, trained = setup()
    step(model, optimizers, 0)
    path = tmp_path / STATE
    if damage == "fewer tensors":
        named = list(model.named_parameters())[:2]
        save_state(artifact, Slots.of(named, optimizers), State({"step": 1}))
    elif damage == "other tensors":
        other = torch.nn.Linear(2, 2)
        adamw = torch.optim.AdamW(other.parameters())
        save_state(artifact, Slots.of(other.named_parameters(), [adamw]), State({"step": 1}))
    else:
        save_state(artifact, trained, State({"step": 1}))
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-20])
    elif damage == "an earlier version":
        tensors = {name: form_of(t) for name, t in trained.state_tensors()}
        write_tensors(path, tensors, trained.state_tensors(), {"step": "1"})
    with pytest.raises(
        UserError, match=rf"{STATE}: expected the state .* delete it to train again"
    ):
        load_state(artifact, setup()[2])


def test_a_state_is_due_after_its_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(states.time, "monotonic", lambda: now)
    timer = SaveTimer(10)
    now = 109.9
    assert not timer.due()
    now = 110.0
    assert timer.due() and timer.due()
    timer.saved()
    assert not timer.due()

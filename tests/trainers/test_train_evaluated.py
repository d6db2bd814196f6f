"""A training that evaluates: its records, the check of them, and the same after an interruption."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from clean_bench.artifacts import Artifact
from clean_bench.checkpoints import Checkpoint, resolve_checkpoint, weights_sha256
from clean_bench.errors import UserError
from clean_bench.problems import Problem, ProblemSet
from clean_bench.results import Results
from trainers.checks import check_training
from trainers.config import make_config
from trainers.evaluation import stored_accuracies
from trainers.train import train

CONFIG = make_config(
    {
        **{"reward": "random", "steps": 5, "prompts_per_step": 2, "group_size": 4},
        **{"minibatches": 2, "max_tokens": 6, "learning_rate": 1e-2, "checkpoint_every": 2},
        **{"evaluate_every": 2, "keep_last": 2, "keep_best": True},
    }
)
PROBLEMS = ProblemSet("train", [Problem(f"t{i}", f"What is {i} + 1?", str(i)) for i in range(4)])
SETS = [ProblemSet("held", [Problem(f"h{i}", f"What is {i} + 2?", str(i)) for i in range(3)])]


@pytest.fixture(scope="module")
def base(tiny_checkpoint: Path) -> Checkpoint:
    return resolve_checkpoint(str(tiny_checkpoint))


@pytest.fixture(scope="module")
def whole(base: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    out = tmp_path_factory.mktemp("evaluated") / "arm"
    return train(base, PROBLEMS, CONFIG, out, evaluate=SETS)


def complaints(artifact: Artifact) -> list[str]:
    return [f"{failure.where}: {failure.what}" for failure in check_training(artifact)]


def test_evaluations_and_checkpoints_are_stored_and_verified(whole: Artifact) -> None:
    rows = whole.rows("evaluations")
    assert [row["step"] for row in rows] == [0] * 3 + [2] * 3 + [4] * 3 + [5] * 3
    kept = sorted(path.name for path in (whole.folder / "checkpoints").iterdir())
    best = max(stored_accuracies(whole).items(), key=lambda item: (item[1], -item[0]))[0]
    assert kept == [f"step-{step:06d}" for step in sorted({best, 4, 5})]
    last = whole.folder / "checkpoints" / "step-000005"
    assert weights_sha256(last) == whole.metadata["weights_sha256"]
    assert complaints(Artifact.load(whole.folder)) == []
    results = [row for row in Results.read(whole) if row.set == "held"]
    assert [(row.step, row.measure, row.n) for row in results] == [
        (step, "accuracy", 3) for step in (0, 2, 4, 5)
    ]


class Killed(Exception):
    """Stands for a process that ends."""


@pytest.mark.parametrize("last", [2, 3, 4])
def test_an_interrupted_run_ends_with_the_same(
    base: Checkpoint, whole: Artifact, tmp_path: Path, last: int
) -> None:
    """It ends after the state of a step is saved and before its evaluation."""

    def die(step: int, metrics: Mapping[str, Any]) -> None:
        if step == last:
            raise Killed

    with pytest.raises(Killed):
        train(base, PROBLEMS, CONFIG, tmp_path / "arm", evaluate=SETS, progress=die)
    again = train(base, PROBLEMS, CONFIG, tmp_path / "arm", evaluate=SETS)
    assert again.manifest["identity_sha256"] == whole.manifest["identity_sha256"]
    assert complaints(Artifact.load(again.folder)) == []


def test_evaluation_does_not_change_training(
    base: Checkpoint, whole: Artifact, tmp_path: Path
) -> None:
    plain = CONFIG.model_copy(update={"evaluate_every": 0, "keep_best": False})
    other = train(base, PROBLEMS, plain, tmp_path / "arm")
    assert other.metadata["weights_sha256"] == whole.metadata["weights_sha256"]
    assert not (other.folder / "checkpoints").exists() and not other.shards("evaluations")


def test_a_removed_checkpoint_is_noticed(whole: Artifact, tmp_path: Path) -> None:
    shutil.copytree(whole.folder, tmp_path / "arm")
    shutil.rmtree(tmp_path / "arm" / "checkpoints" / "step-000005")
    assert any(
        line.startswith("checkpoints: are of")
        for line in complaints(Artifact.load(tmp_path / "arm"))
    )


class Steps:
    """A tracker that keeps what it gets."""

    def __init__(self) -> None:
        self.logged: list[tuple[int, Mapping[str, float | None]]] = []

    def log(self, step: int, metrics: Mapping[str, float | None]) -> None:
        self.logged.append((step, metrics))


def test_the_tracker_gets_every_step_with_its_evaluation(
    base: Checkpoint, whole: Artifact, tmp_path: Path
) -> None:
    tracker = Steps()
    train(base, PROBLEMS, CONFIG, tmp_path / "arm", evaluate=SETS, tracker=tracker)  # type: ignore[arg-type]
    assert [step for step, _ in tracker.logged] == [1, 2, 3, 4, 5]
    found = {
        step: m["evaluation_accuracy"] for step, m in tracker.logged if "evaluation_accuracy" in m
    }
    assert found == {s: a for s, a in stored_accuracies(whole).items() if s}
    assert tracker.logged[0][1]["reward"] == whole.rows("metrics")[0]["reward"]


@pytest.mark.parametrize(
    ("changes", "sets", "message"),
    [
        (
            {"evaluate_every": 0, "keep_best": False},
            SETS,
            "--evaluate: expected --set evaluate_every",
        ),
        ({}, [], "evaluate_every = 2: expected sets to evaluate on, got none"),
        ({"evaluate_every": 0}, [], "keep_best = true: expected sets to evaluate on"),
    ],
)
def test_settings_without_their_other_half(
    base: Checkpoint, tmp_path: Path, changes: dict[str, Any], sets: list[ProblemSet], message: str
) -> None:
    config = CONFIG.model_copy(update=changes)
    with pytest.raises(UserError, match=message):
        train(base, PROBLEMS, config, tmp_path / "arm", evaluate=sets)
    assert not (tmp_path / "arm").exists()

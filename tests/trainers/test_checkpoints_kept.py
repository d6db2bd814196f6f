"""The checkpoints that are kept: the last k and the best, whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from clean_bench.artifacts import Artifact
from trainers.checkpoints import FILES, Keeper


class Policy:
    """Writes one file of its step; fails where asked to."""

    def __init__(self) -> None:
        self.step, self.fails = 0, False

    def save(self, folder: str | Path) -> None:
        (Path(folder) / "config.json").write_text(str(self.step))
        if self.fails:
            raise OSError("no space left")


@pytest.fixture
def artifact(tmp_path: Path) -> Iterator[Artifact]:
    with Artifact.open(tmp_path / "arm", "training", {}) as opened:
        yield opened


def stored(artifact: Artifact) -> dict[int, str]:
    folder = artifact.folder / "checkpoints"
    return {
        int(path.name.removeprefix("step-")): (path / "config.json").read_text()
        for path in sorted(folder.glob("step-*"))
    }


def run(artifact: Artifact, accuracies: dict[int, float], last: int, best: bool) -> list[list[int]]:
    """The stored steps after each evaluation of a training."""
    keeper, policy, found = Keeper(artifact, last, best), Policy(), []
    so_far: dict[int, float] = {}
    for step, accuracy in accuracies.items():
        so_far[step] = accuracy
        policy.step = step
        keeper.save(policy, step, so_far)
        assert stored(artifact) == {number: str(number) for number in keeper.steps()}
        found.append(keeper.steps())
    return found


RISING_THEN_FALLING = {0: 0.1, 5: 0.6, 10: 0.4, 15: 0.6, 20: 0.2}


@pytest.mark.parametrize(
    ("last", "best", "expected"),
    [
        (1, False, [[0], [5], [10], [15], [20]]),
        (2, False, [[0], [0, 5], [5, 10], [10, 15], [15, 20]]),
        # Step 15 is as good as step 5; the first is kept.
        (1, True, [[0], [5], [5, 10], [5, 15], [5, 20]]),
        (2, True, [[0], [0, 5], [5, 10], [5, 10, 15], [5, 15, 20]]),
    ],
)
def test_the_last_and_the_best(
    artifact: Artifact, last: int, best: bool, expected: list[list[int]]
) -> None:
    assert run(artifact, RISING_THEN_FALLING, last, best) == expected


def test_a_resumed_run_ends_with_the_same(artifact: Artifact, tmp_path: Path) -> None:
    """Killed after step 15 and resumed from a state of step 7, it repeats steps 10 and 15."""
    values = list(RISING_THEN_FALLING.items())
    run(artifact, dict(values[:4]), 2, True)
    keeper, policy = Keeper(artifact, 2, True), Policy()
    for place in (2, 3, 4):
        policy.step = values[place][0]
        # The stored evaluations of later steps are those of the killed run.
        keeper.save(policy, policy.step, dict(values[: max(place + 1, 4)]))
    with Artifact.open(tmp_path / "whole", "training", {}) as whole:
        assert run(whole, RISING_THEN_FALLING, 2, True)[-1] == keeper.steps() == [5, 15, 20]


def test_a_failed_save_leaves_the_earlier_ones(artifact: Artifact) -> None:
    run(artifact, {0: 0.5, 5: 0.6}, 1, False)
    policy = Policy()
    policy.step, policy.fails = 10, True
    with pytest.raises(OSError, match="no space left"):
        Keeper(artifact, 1, False).save(policy, 10, {10: 1.0})
    assert stored(artifact) == {5: "5"}


def test_names_match_the_layout() -> None:
    assert re.fullmatch(FILES, "checkpoints/step-000040/model.safetensors")
    assert re.fullmatch(FILES, "checkpoints/step-1000000/config.json")
    assert not re.fullmatch(FILES, "checkpoints/step-000040/code.py")
    assert not re.fullmatch(FILES, "checkpoints/other/config.json")

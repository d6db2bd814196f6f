"""Checkpoints that are kept during training: the last ones, and the best by evaluation.

    keeper = Keeper(artifact, config.keep_last, config.keep_best)
    keeper.save(policy, step, stored_accuracies(artifact))

Each is a folder `checkpoints/step-000040` that `transformers` loads, written as a whole or not at all.
The final checkpoint of a training is `checkpoint/`, whatever is kept here.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from clean_bench.artifacts import Artifact, Failure
from clean_bench.artifacts.layout import CHECKPOINT_FILES

FOLDER = "checkpoints"
FILES = rf"{FOLDER}/step-[0-9]{{6,}}/{CHECKPOINT_FILES}"
"""Pattern of the files, for the layout of a training."""
_NAME = re.compile(r"step-([0-9]{6,})")


class Savable(Protocol):
    """A policy."""

    def save(self, folder: str | Path) -> Any: ...


class Keeper:
    """Saves checkpoints and removes those that are not kept.

    Args:
        keep_last: how many of the last ones are kept.
        keep_best: whether the one with the highest accuracy is kept too; of equal ones the first.
    """

    def __init__(self, artifact: Artifact, keep_last: int, keep_best: bool) -> None:
        self._artifact, self._last, self._best = artifact, keep_last, keep_best

    def save(self, policy: Savable, step: int, accuracies: Mapping[int, float]) -> None:
        """Save the policy after a number of steps, where it is kept, and remove what no longer is.

        Checkpoints of later steps are removed too: a killed run left them, and they are made again.

        Args:
            accuracies: of the evaluations so far, this step's included, by the number of steps.
        """
        before = {number: value for number, value in accuracies.items() if number <= step}
        kept = kept_steps([*self.steps(), step], before, self._last, self._best, upto=step)
        if step in kept:
            (self._artifact.folder / FOLDER).mkdir(exist_ok=True)
            with self._artifact.atomic_folder(f"{FOLDER}/{_folder(step)}") as folder:
                policy.save(folder)
        for number in self.steps():
            if number not in kept:
                shutil.rmtree(self._artifact.folder / FOLDER / _folder(number))

    def steps(self) -> list[int]:
        """The steps whose checkpoints are stored, in order."""
        folder = self._artifact.folder / FOLDER
        found = (_NAME.fullmatch(path.name) for path in folder.glob("step-*"))
        return sorted(int(match[1]) for match in found if match)


def kept_steps(
    stored: list[int], accuracies: Mapping[int, float], last: int, best: bool, *, upto: int
) -> set[int]:
    """The steps that are kept among the stored ones up to `upto`."""
    steps = sorted({step for step in stored if step <= upto})
    kept = set(steps[-last:])
    if best and accuracies:
        highest = max(accuracies.values())
        kept |= {min(step for step, value in accuracies.items() if value == highest)} & set(steps)
    return kept


def check_kept(
    artifact: Artifact,
    evaluated: Sequence[int],
    accuracies: Mapping[int, float],
    last: int,
    best: bool,
) -> Iterator[Failure]:
    """The kept checkpoints are those of the evaluations."""
    kept: set[int] = set()
    for step in evaluated:
        before = {number: value for number, value in accuracies.items() if number <= step}
        kept = kept_steps([*kept, step], before, last, best, upto=step)
    found = Keeper(artifact, last, best).steps()
    if found != sorted(kept):
        yield Failure(FOLDER, f"are of the steps {found}, expected {sorted(kept)}")


def _folder(step: int) -> str:
    return f"step-{step:06d}"

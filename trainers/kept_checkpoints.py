"""The checkpoints that a training keeps beside the last one: the best and the last evaluated ones.

`OUT/checkpoint` is the checkpoint after the last step. Earlier ones are `OUT/checkpoints/step-N`, after
N steps. The base, which is evaluated too, is no candidate.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from clean_bench.artifacts import Artifact, Failure
from clean_bench.checkpoints import weights_sha256
from clean_bench.errors import UserError
from trainers.config import CHECKPOINT, TrainConfig, stored_config
from trainers.evaluation import evaluation_results, mean_accuracies
from trainers.policy import Policy

FOLDER = "checkpoints"
METADATA = "checkpoints"
"""Entry of the metadata that lists the kept checkpoints."""


def best_of(means: Mapping[int, float]) -> int | None:
    """The step with the highest mean accuracy, the first of equals; None without an evaluation.

    Args:
        means: by the number of completed steps.
    """
    trained = {step: mean for step, mean in means.items() if step > 0}
    return max(trained, key=lambda step: (trained[step], -step)) if trained else None


def kept_steps(
    config: TrainConfig, evaluated: Sequence[int], means: Mapping[int, float]
) -> list[int]:
    """The steps whose checkpoints are in `checkpoints`, in order.

    Before the last step one place of `keep_last` is left for it.

    Args:
        evaluated: the numbers of completed steps of all evaluations so far.
        means: mean accuracies of those that have one.
    """
    earlier = sorted(step for step in evaluated if 0 < step < config.steps)
    kept = set(earlier[-(config.keep_last - 1) :] if config.keep_last > 1 else [])
    best = best_of(means) if config.keep_best else None
    if best is not None and best < config.steps:
        kept.add(best)
    return sorted(kept)


def keep(artifact: Artifact, policy: Policy, config: TrainConfig, completed: int) -> None:
    """Save the policy after an evaluation if it is kept; remove the checkpoints that are not."""
    if config.keep_last == 1 and not config.keep_best:
        return  # that of the last step alone
    steps = kept_steps(config, *_evaluated(artifact))
    # A folder has its name only once it is whole, and a resumed run has the same weights here.
    if completed in steps and not (artifact.folder / name_of(completed)).exists():
        with artifact.atomic_folder(name_of(completed)) as folder:
            policy.save(folder)
    parent = artifact.folder / FOLDER
    names = {name_of(step) for step in steps}
    for folder in sorted(parent.glob("step-*")):
        if f"{FOLDER}/{folder.name}" not in names:
            shutil.rmtree(folder)
    if not names and parent.exists():
        parent.rmdir()


def _evaluated(artifact: Artifact) -> tuple[list[int], dict[int, float]]:
    """The steps of the stored evaluations, and their mean accuracies."""
    results = evaluation_results(artifact)
    steps = dict.fromkeys(row.step for row in results if row.step is not None)
    return list(steps), mean_accuracies(results)


def name_of(step: int) -> str:
    """The folder of the checkpoint after a number of steps, in the artifact."""
    return f"{FOLDER}/step-{step}"


def kept_metadata(artifact: Artifact) -> dict[str, Any]:
    """The entry of the metadata: folder, step, hash and mean accuracy of each kept checkpoint.

    Raises:
        UserError: for a folder without weights.
    """
    config = stored_config(artifact)
    if not config.evaluate_every:
        return {}
    evaluated, means = _evaluated(artifact)
    best = best_of(means)
    folders = {step: name_of(step) for step in kept_steps(config, evaluated, means)}
    return {
        METADATA: [
            {
                "folder": folder,
                "step": step,
                "weights_sha256": weights_sha256(artifact.folder / folder),
                "accuracy": means.get(step),
                "best": step == best,
            }
            for step, folder in {**folders, config.steps: CHECKPOINT}.items()
        ]
    }


def check_kept(artifact: Artifact, config: TrainConfig) -> Iterator[Failure]:
    """Kept checkpoints that are not those of the evaluations, and tensors that are not listed."""
    parent = artifact.folder / FOLDER
    expected = {f"step-{step}" for step in kept_steps(config, *_evaluated(artifact))}
    found = {path.name for path in parent.iterdir()} if parent.is_dir() else set()
    for name in sorted(found - expected):
        yield Failure(f"{FOLDER}/{name}", "is not a checkpoint that the evaluations keep")
    for name in sorted(expected - found):
        yield Failure(f"{FOLDER}/{name}", "is missing, and the evaluations keep it")
    if found != expected:
        return
    try:
        again = kept_metadata(artifact).get(METADATA)
    except UserError as error:
        yield Failure(FOLDER, str(error))
        return
    stored = artifact.metadata.get(METADATA)
    for before, entry in zip(stored or [], again or [], strict=False):
        if before != entry and _but_hash(before) == _but_hash(entry):
            yield Failure(str(entry["folder"]), "its tensors are not those that the manifest names")
            return
    if stored != again:
        yield Failure("manifest.json metadata", f"{METADATA} do not follow from the evaluations")


def _but_hash(entry: Any) -> Any:
    if not isinstance(entry, Mapping):
        return entry
    return {key: value for key, value in entry.items() if key != "weights_sha256"}

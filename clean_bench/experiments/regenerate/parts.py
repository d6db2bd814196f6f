"""The parts of an artifact that can be regenerated, each with its checkpoint."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from clean_bench.artifacts import Artifact
from clean_bench.checkpoints import Checkpoint, resolve_checkpoint
from clean_bench.errors import UserError
from clean_bench.experiments.plan import Subject, subjects_of, temperature_key
from clean_bench.experiments.recipe import Recipe
from trainers.config import CHECKPOINT

KINDS = ("scores", "probe", "training")


@dataclass(frozen=True)
class Part:
    """An artifact and the checkpoint that made it; `key` is its folder in the run, "." for no run."""

    key: str
    artifact: Artifact
    checkpoint: Checkpoint


def parts_of(artifact: Artifact, named: str | None, revision: str | None = None) -> list[Part]:
    """The parts of a finished artifact; those of one checkpoint follow each other.

    Args:
        named: the checkpoint of the artifact, or the base of a run; None for the one it records.

    Raises:
        UserError: for a kind that no checkpoint made, a checkpoint that is not there, and one with
            other weights, settings or another tokenizer than the artifact records.
    """
    checkpoint = None if named is None else resolve_checkpoint(named, revision)
    if artifact.kind == "run":
        parts = list(_parts_of_run(artifact, checkpoint))
    elif artifact.kind in KINDS:
        _require_model(artifact, artifact.folder)
        parts = [Part(".", artifact, checkpoint or _recorded(artifact))]
    else:
        raise UserError(
            f"{artifact.folder}: --regenerate expects a folder of kind {', '.join(KINDS)} or run, got "
            f"{artifact.kind}"
        )
    for part in parts:
        _check_checkpoint(part)
    return parts


def _require_model(artifact: Artifact, folder: Path) -> None:
    recorded = f"{_role(artifact)}weights_sha256"
    if not artifact.config.get(recorded):
        raise UserError(
            f"{folder}: --regenerate expects completions of a checkpoint, got those of a server or of "
            "another tool, whose weights are not known"
        )


def _recorded(artifact: Artifact) -> Checkpoint:
    """The checkpoint that the manifest of an artifact names."""
    provenance = artifact.manifest["provenance"]
    name = provenance["base" if artifact.kind == "training" else "checkpoint"]
    return _resolve(str(name), provenance.get("revision"), artifact.folder)


def _resolve(name: str, revision: str | None, folder: Path) -> Checkpoint:
    try:
        # The commit of an adapter or of NAME@REVISION is recorded too; a name has one revision.
        return resolve_checkpoint(name, None if "@" in name else revision)
    except UserError as error:
        raise UserError(
            f"{folder}: its checkpoint cannot be used ({error}); name it with --checkpoint"
        ) from None


def _parts_of_run(artifact: Artifact, named: Checkpoint | None) -> Iterator[Part]:
    """Scores, probes and trainings of every checkpoint of a run, the base of each model first."""
    folder, recipe = artifact.folder, Recipe.model_validate(artifact.config["recipe"])
    subjects = [subject for subject in subjects_of(recipe) if not subject.completions]
    if not subjects:
        _require_model(Artifact.load(folder / subjects_of(recipe)[0].key("scores")), folder)
    for subject in subjects:
        checkpoint = _checkpoint(subject, artifact, named)
        keys = [subject.key("scores"), subject.key("probe")]
        if subject.arm is None:
            keys += [temperature_key(subject.model, t) for t in recipe.further_temperatures()]
            keys += [
                str(other.training_key)
                for other in subjects
                if other.training_key and other.model == subject.model
            ]
        for key in keys:
            yield Part(key, Artifact.load(folder / key), checkpoint)


def _checkpoint(subject: Subject, artifact: Artifact, named: Checkpoint | None) -> Checkpoint:
    """The checkpoint of a subject: trained by the run, named by the user, or by the recipe."""
    if subject.training_key:
        return Checkpoint(subject.name, artifact.folder / subject.training_key / CHECKPOINT)
    recorded = artifact.config["checkpoints"].get(subject.name)
    if named is not None and (subject.arm is None or named.weights_sha256 == recorded):
        models = Recipe.model_validate(artifact.config["recipe"]).models
        if len(models) == 1 or named.weights_sha256 == recorded:
            return named
    place = subject.arm or subject.model
    return _resolve(place.checkpoint or "", place.revision, artifact.folder)


def _role(artifact: Artifact) -> str:
    return "base_" if artifact.kind == "training" else ""


def _check_checkpoint(part: Part) -> None:
    """Raise `UserError` for another checkpoint than the recorded one."""
    config, role = part.artifact.config, _role(part.artifact)
    for key, sha256 in part.checkpoint.identity().items():
        recorded = config.get(role + key)
        # Artifacts of earlier versions lack the hashes of settings and tokenizer.
        if recorded != sha256 and not (recorded is None and key != "weights_sha256"):
            what = key.removesuffix("_sha256").replace("config", "settings")
            expected, name = str(recorded)[:12], part.checkpoint.name
            raise UserError(
                f"{part.artifact.folder}: expected a checkpoint with {what} {expected}..., got {name} "
                f"with {sha256[:12]}...; name the right one with --checkpoint"
            )

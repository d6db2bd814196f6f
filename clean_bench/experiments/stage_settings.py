"""What each stage of a run follows from, so that a corrected recipe keeps the stages it does not change.

A stage follows from its own part of the recipe and from its inputs. A run that is not finished may be
resumed under another recipe if every stage that has stored something would be made in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clean_bench.artifacts import Artifact
from clean_bench.artifacts.manifest import canonical_json, sha256_of
from clean_bench.errors import UserError
from clean_bench.experiments.plan import Stage, Subject, expand, set_keys
from clean_bench.experiments.recipe import Recipe

LABELS = "labels"
"""Entry of the configuration of a run: the hash of the labels of each arm that has some."""


def require_same_stages(
    folder: str | Path, config: Mapping[str, Any], before: Mapping[str, Any]
) -> None:
    """Check that the stored stages of a run also follow from another configuration.

    Args:
        folder: the folder of the run.
        config: the new configuration of the artifact of kind `run`.
        before: the one that the run was begun with.

    Raises:
        UserError: naming the first stage that the new recipe makes in another way, or not at all.
    """
    folder = Path(folder)
    old, new = stage_settings(before), stage_settings(config)
    for key, settings in old.items():
        if settings == new.get(key) or not Artifact.has_work(folder / key):
            continue
        if key not in new:
            raise UserError(
                f"{folder}: its stage {key} is not in the recipe any more: choose another folder"
            )
        part = next(part for part in settings if settings[part] != new[key].get(part))
        raise UserError(
            f"{folder}: its stage {key} was made with another {part} than the recipe has now: restore "
            f"it, or choose another folder"
        )


def stage_settings(config: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """What each stage of a run follows from: hashes of its parts of the recipe and of its inputs."""
    recipe = Recipe.model_validate(config["recipe"])
    settings: dict[str, dict[str, str]] = {}
    for stage in expand(recipe):
        inputs = {key: settings[key] for key in stage.inputs if key in settings}
        parts = {**_own(stage, recipe, config), **inputs}
        settings[stage.key] = {
            name: sha256_of(canonical_json(part)) for name, part in parts.items()
        }
    return settings


def _own(stage: Stage, recipe: Recipe, config: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a configuration that a stage reads itself."""
    if stage.kind == "data":
        return {"data": [_dump(recipe.data), config["data"]]}
    if stage.kind == "set":
        entry = next(entry for entry, key in set_keys(recipe) if key == stage.key)
        content = config["sets"].get(entry.label)
        # A generated set is bound to the weights of every checkpoint of the run.
        bound = config["checkpoints"] if entry.generated else None
        return {"set": [_dump(entry), content, bound]}
    subject = stage.subject
    assert subject is not None
    names = (Subject(subject.model).name, subject.name)
    checkpoint = {
        "checkpoint": [
            _dump(subject.model),
            [config["checkpoints"].get(name) for name in names],
            [
                config[key].get(name)
                for key in sorted(config)
                if key.endswith("_sha256")
                for name in names
            ],
            config["completions"].get(subject.name),
        ]
    }
    engine = {"engine": _dump(recipe.engine)}
    if stage.kind == "train":
        assert subject.arm is not None and subject.seed is not None
        arm = recipe.arm_config(subject.arm, subject.seed)
        labels = {"set of labels": config.get(LABELS, {}).get(subject.arm.name)}
        return {**checkpoint, **engine, "training": _dump(arm), **labels}
    if stage.kind == "scores":
        return {**checkpoint, **engine, "score": [_dump(recipe.score), stage.temperature]}
    if stage.kind == "probe":
        return {**checkpoint, **engine, "probe": _dump(recipe.probe)}
    if stage.kind == "completions":
        return {**checkpoint, "read": [_dump(recipe.read), _dump(recipe.score)]}
    return {}


def _dump(model: Any) -> Any:
    return None if model is None else model.model_dump(mode="json")

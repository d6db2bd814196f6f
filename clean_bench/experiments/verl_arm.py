"""An arm of a recipe, as `trainers.verl` exports it."""

from __future__ import annotations

from typing import Any

from clean_bench.errors import UserError
from clean_bench.experiments.recipe import ArmRecipe, ModelRecipe, Recipe
from trainers.verl.arm import Arm, parse_arm


def arm_of_recipe(
    recipe: Recipe,
    source: str,
    *,
    arm: str | None = None,
    model: str | None = None,
    seed: int | None = None,
) -> Arm:
    """One trained arm of a recipe, from one of its models under one of its seeds.

    Args:
        source: the recipe, for errors.
        arm, model, seed: which one; each may be left out where the recipe has only one.

    Raises:
        UserError: where there are several and none is named, for a name that the recipe does not have,
            and for training data that the recipe generates.
    """
    trained = {entry.name: entry for entry in recipe.arms if entry.reward}
    if not trained:
        raise UserError(f"{source}: expected an arm with a reward, got existing checkpoints only")
    chosen: ArmRecipe = _one(trained, arm, "--arm", source)
    base: ModelRecipe = _one(
        {entry.name: entry for entry in recipe.models}, model, "--model", source
    )
    number: int = _one({str(n): n for n in recipe.seeds}, _text(seed), "--seed", source)
    if recipe.data is None or recipe.data.source is None:
        raise UserError(
            f"{source}: data: expected a source, got a generated set; make it with clean-bench generate "
            "--split train and name its folder as source"
        )
    config = recipe.arm_config(chosen, number)
    table: dict[str, Any] = {
        "name": f"{base.name}-{chosen.name}-{number}",
        "checkpoint": base.checkpoint,
        "revision": base.revision,
        "data": recipe.data.source,
        "labels": chosen.labels,
        "train": config.model_dump(),
    }
    return parse_arm(table, source)


def _one(entries: dict[str, Any], name: str | None, option: str, source: str) -> Any:
    """The entry of a name, or the only one."""
    known = ", ".join(entries)
    if name is None:
        if len(entries) > 1:
            raise UserError(f"{source}: {option}: expected one of {known}")
        return next(iter(entries.values()))
    if name not in entries:
        raise UserError(f"{source}: {option}: expected one of {known}, got {name}")
    return entries[name]


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)

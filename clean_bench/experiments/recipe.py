"""Recipes: what `clean-bench run` does, in a TOML file or built in.

Every key is checked before anything is computed; an unknown one is an error that names it.
"""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from clean_bench.errors import UserError
from trainers.config import explain, make_config


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Fresh(_Strict):
    """A generated problem set."""

    family: str
    steps: str
    count: int = Field(ge=1)


class Scoring(_Strict):
    """How every checkpoint is scored."""

    samples: int = Field(default=16, ge=2)
    temperature: float = Field(default=1.0, gt=0)
    max_tokens: int = Field(default=48, ge=1)
    template: str = "auto"
    seed: int = Field(default=0, ge=0)


class ArmRecipe(_Strict):
    """One reward; `set` overrides keys of `train` for this arm."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    reward: str
    set: dict[str, Any] = {}


class Recipe(_Strict):
    """A whole experiment: which checkpoint, which sets, which arms."""

    title: str
    checkpoint: str
    benchmark: str
    """The public benchmark, or the planted half of an organism's."""
    twin: str | None = None
    """Problems drawn like the planted ones and never planted."""
    data: Fresh
    """What the arms train on: generated, from the split that the fresh set cannot meet."""
    fresh: Fresh
    """The fresh set, bound to the base and to every trained checkpoint."""
    seeds: list[Annotated[int, Field(ge=0)]] = Field(min_length=1)
    """Training seeds; every arm is trained once with each."""
    prefixes: list[float] = [0.4, 0.6, 0.8]
    score: Scoring = Scoring()
    train: dict[str, Any]
    """Settings that all arms share (`clean-bench train --set`)."""
    arms: list[ArmRecipe] = Field(min_length=1)
    limits: list[str] = []
    """What this experiment cannot show; printed in its report."""

    @model_validator(mode="after")
    def _checks(self) -> Recipe:
        names = [arm.name for arm in self.arms]
        if len(set(names)) < len(names) or "base" in names:
            raise ValueError("arms: each needs a name of its own, and none is called base")
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError("seeds: each only once")
        for key in ("reward", "seed"):
            if key in self.train or any(key in arm.set for arm in self.arms):
                raise ValueError(
                    f"train: {key} does not belong here; it is named by arms and seeds"
                )
        if any(not 0 < prefix < 1 for prefix in self.prefixes) or 0.6 not in self.prefixes:
            raise ValueError("prefixes: fractions between 0 and 1, 0.6 (the headline) among them")
        return self

    def arm_config(self, arm: ArmRecipe, seed: int) -> Any:
        """The training configuration of an arm under a seed (raises UserError)."""
        values = {**self.train, **arm.set, "reward": arm.reward, "seed": seed}
        return make_config(values, f"arm {arm.name!r}")


def parse(text: str, source: str) -> Recipe:
    """A recipe from TOML.

    Raises:
        UserError: one line naming `source` and the key.
    """
    try:
        recipe = Recipe.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{source}: not TOML: {error}") from None
    except ValidationError as error:
        raise UserError(f"{source}: {explain(error)}") from None
    try:
        for arm in recipe.arms:
            recipe.arm_config(arm, recipe.seeds[0])
    except UserError as error:
        raise UserError(f"{source}: {error}") from None
    return recipe


def built_in() -> dict[str, Recipe]:
    """The recipes that come with the package, by name."""
    folder = resources.files("clean_bench.experiments") / "recipes"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    return {
        file.name.removesuffix(".toml"): parse(file.read_text("utf-8"), file.name) for file in files
    }


def load(name: str) -> Recipe:
    """A recipe by built-in name or by path.

    Raises:
        UserError: if there is neither, or it does not hold what a recipe holds.
    """
    path = Path(name)
    if path.is_file():
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"{path}: cannot be read as UTF-8 text ({error})") from None
        return parse(text, str(path))
    recipes = built_in()
    if name not in recipes:
        raise UserError(
            f"no recipe named {name!r} (built in: {', '.join(recipes)}), and no file of that name"
        )
    return recipes[name]

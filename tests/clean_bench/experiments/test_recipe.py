"""Recipes: the built-in ones hold, mistakes are named before anything is computed."""

from __future__ import annotations

from pathlib import Path

import pytest

from clean_bench.errors import UserError
from clean_bench.experiments.recipe import built_in, load, parse

LEAST = """
title = "t"
checkpoint = "organism:reciter"
benchmark = "organism:reciter/planted"
seeds = [1]
data = {family = "word-problems", steps = "2", count = 5}
fresh = {family = "word-problems", steps = "2", count = 5}
train = {steps = 2}
arms = [{name = "truth", reward = "truth"}]
"""


def test_the_built_in_recipes_hold() -> None:
    recipes = built_in()
    assert {"demo", "controls-reciter", "controls-learner"} <= set(recipes)
    for recipe in recipes.values():
        assert {arm.name for arm in recipe.arms} >= {"truth", "random"}
    assert len(recipes["controls-reciter"].seeds) >= 5
    # The demo is one seed of the controls: all that decides a number is the same.
    demo, control = recipes["demo"], recipes["controls-reciter"]
    assert (demo.train, demo.data, demo.arms) == (control.train, control.data, control.arms)


def test_the_least_recipe() -> None:
    recipe = parse(LEAST, "r.toml")
    config = recipe.arm_config(recipe.arms[0], 1)
    assert (config.reward, config.steps, config.seed) == ("truth", 2, 1)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('title = "t"', 'titel = "t"', "r.toml: unknown key 'titel'"),
        ("train = {steps = 2}", "train = {step = 2}", "r.toml: arm 'truth': "),
        ("train = {steps = 2}", "train = {steps = 2, lr = 1}", "unknown key 'lr'"),
        ("seeds = [1]", "seeds = [1, 1]", "seeds: each only once"),
        ("seeds = [1]", "seeds = []", "seeds: "),
        ('name = "truth"', 'name = "base"', "none is called base"),
        ("count = 5}\nfresh", "cuont = 5}\nfresh", "unknown key 'data.cuont'"),
        ('title = "t"', "title = ", "not TOML"),
    ],
)
def test_mistakes_are_named(old: str, new: str, message: str) -> None:
    assert old in LEAST
    with pytest.raises(UserError, match=message) as caught:
        parse(LEAST.replace(old, new), "r.toml")
    assert "\n" not in str(caught.value)


def test_a_name_that_is_nothing_lists_the_recipes(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"built in: .*demo"):
        load(str(tmp_path / "none.toml"))

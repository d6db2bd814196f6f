"""The limits that a report prints follow from the recipe that was run."""

from __future__ import annotations

import pytest

from clean_bench.experiments.limits import FEW, limits_of
from clean_bench.experiments.recipe import Recipe, built_in, built_in_files, parse_recipe
from clean_bench.problems import Problem, ProblemSet
from clean_bench.statistics.intervals import wilson
from leaderboards.report_schema import SetInfo


def limits(recipe: Recipe, *sets: SetInfo, problems: int = 200) -> str:
    loaded = [
        ProblemSet(info.name, [Problem(str(i), "p", answer="1") for i in range(problems)])
        for info in sets
    ]
    return "\n".join(limits_of(recipe, sets, loaded))


def copy_of_demo(before: str, after: str) -> Recipe:
    """The demo with text replaced, as a user changes a copy of it."""
    text = built_in_files()["demo"].read_text("utf-8")
    assert before in text
    return parse_recipe(text.replace(before, after), "copy.toml")


def test_a_copy_of_the_demo_on_a_real_model_has_its_own_limits() -> None:
    demo = limits(built_in()["demo"])
    assert "No real model was run" in demo
    assert "two styles of answers" in demo
    copy = limits(copy_of_demo('["organism:reciter"]', '["ORG/MODEL"]'))
    assert "No real model" not in copy
    assert "control model" not in copy
    assert "two styles" not in copy
    assert "One training seed" in copy


def test_seeds_and_rewards_decide() -> None:
    five = limits(built_in()["controls-reciter"])
    assert "One training seed" not in five
    assert "no arm with a random reward" not in five
    learner = limits(built_in()["controls-learner"])
    assert "two styles" not in learner


def test_existing_checkpoints_are_single_runs_without_a_control() -> None:
    text = 'title = "t"\nmodels = ["a/b"]\nsets = [{role = "public", source = "math500"}]\n'
    recipe = parse_recipe(text + 'arms = [{name = "x", checkpoint = "c/d"}]', "r.toml")
    public = SetInfo(name="math500", label="math500", role="public", n=200)
    fresh = SetInfo(name="f", label="f", role="fresh", n=200, freshness_label="fresh")
    alone, both = limits(recipe, public), limits(recipe, public, fresh)
    assert "one training run" in alone and "no arm with a random reward" in alone
    assert "not assigned at random" in alone
    assert "of another kind" not in alone and "of another kind" in both
    assert "60 bits" not in both
    skill = fresh.model_copy(update={"freshness_label": "skill"})
    assert "f: an item has fewer than 60 bits" in limits(recipe, skill)


def test_what_a_recipe_lists_comes_last() -> None:
    text = 'title = "t"\nlimits = ["mine"]\nmodels = ["a/b"]\n'
    text += (
        'sets = [{role = "public", source = "math500"}]\narms = [{name = "x", checkpoint = "c/d"}]'
    )
    assert limits(parse_recipe(text, "r.toml")).endswith("\nmine")


@pytest.mark.parametrize("problems", [FEW - 1, FEW])
def test_few_problems(problems: int) -> None:
    recipe = built_in()["demo"]
    info = SetInfo(name="s", label="s", role="public", n=problems)
    interval = wilson(problems // 2, problems)
    wide = interval.high - interval.low > 0.2
    assert ("fewer than" in limits(recipe, info, problems=problems)) <= wide
    assert ("fewer than" in limits(recipe, info, problems=problems)) == (problems < FEW)


def test_a_mixture_of_strict_and_flexible_accuracies_is_named() -> None:
    def found(**headlines: str) -> str:
        return "\n".join(limits_of(built_in()["demo"], [], [], headlines=headlines))

    mixed = found(base="strict", truth="flexible")
    assert (
        "The accuracy of base is strict (an answer in a box or after a marker) and that of truth"
        in mixed
    )
    for same in ("strict", "flexible"):
        assert "is strict" not in found(base=same, truth=same)


def test_training_on_templates_of_the_matched_set_is_named() -> None:
    def found(trained: int) -> str:
        return "\n".join(limits_of(built_in()["demo"], [], [], practiced={"m": (trained, 9)}))

    assert "The training problems have 4 of the 9 templates of m." in found(4)
    assert "templates" not in found(0)

"""Recipes: the built-in ones hold, mistakes are named before anything is computed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from clean_bench.errors import UserError
from clean_bench.experiments.names import slug
from clean_bench.experiments.plan import expand
from clean_bench.experiments.recipe import Recipe, built_in, load_recipe, parse_recipe
from clean_bench.experiments.run import check_recipe
from clean_bench.prompts import plain_prompt

LEAST = """
title = "t"
models = ["organism:reciter"]
seeds = [1]
data = {family = "word-problems", steps = "2", count = 5}
train = {steps = 2}
arms = [{name = "truth", reward = "truth"}]
sets = [
    {role = "planted", source = "organism:reciter/planted"},
    {role = "fresh", family = "word-problems", steps = "2", count = 5},
]
"""


def test_the_built_in_recipes_hold() -> None:
    recipes = built_in()
    assert {"demo", "controls-reciter", "controls-learner", "template"} <= set(recipes)
    for recipe in recipes.values():
        trained = {arm.name for arm in recipe.arms if arm.reward}
        assert not trained or trained >= {"truth", "random"}
        assert not recipe.limits  # they follow from the parts, so a copy inherits none
    assert len(recipes["controls-reciter"].seeds) >= 5
    # The demo is one seed of the controls: whatever decides a number is the same.
    demo, control = recipes["demo"], recipes["controls-reciter"]
    assert (demo.train, demo.data, demo.arms) == (control.train, control.data, control.arms)


def test_the_published_checkpoints_are_arms_of_one_base() -> None:
    recipe = built_in()["compare-spurious-rewards"]
    assert [model.checkpoint for model in recipe.models] == ["Qwen/Qwen2.5-Math-7B"]
    assert len({arm.checkpoint for arm in recipe.arms}) == 6
    for arm in recipe.arms:
        labels, step = arm.name.split("-")
        label = {"truth": "ground_truth", "incorrect": "incorrect"}[labels]
        name = f"rethink_rlvr_reproduce-{label}-qwen2.5_math_7b-lr5e-7-kl0.00-step{step}"
        assert arm.checkpoint == f"stellalisy/{name}"


def test_sampling_and_prompts_are_settings_of_a_recipe_and_files_are_read_into_it(
    tmp_path: Path,
) -> None:
    train, template = tmp_path / "train.jsonl", tmp_path / "mine.txt"
    train.write_text('{"problem": "1+1?", "solution": "Two.", "answer": "2"}\n')
    template.write_text("Task: {problem}\nWork:")
    text = f"""
    [score]
    templates = ["{template}", "brief"]
    top_p = 0.95
    top_k = 20
    stop = ["Task:"]
    seeds = [1, 2]
    samples = 2
    num_fewshot = 1
    fewshot_from = "{train}"
    definitions.brief = {{text = "{{problem}} ="}}
    """
    recipe = check_recipe(parse_recipe(LEAST + text, "r.toml")).recipe
    score = recipe.score
    assert (score.top_p, score.top_k, score.stop, score.samples_per_problem) == (
        0.95, 20, ("Task:",), 4,
    )  # fmt: skip
    assert (score.templates, score.fewshot_from) == (("mine", "brief"), "train")
    assert plain_prompt("2+2?", score.template("mine")) == (
        "Task: 1+1?\nWork: Two.\nThe final answer is $\\boxed{2}$.\n\nTask: 2+2?\nWork:"
    )
    assert plain_prompt("2+2?", score.template("brief")).endswith("\n\n2+2? =")
    # What a run stores is the same recipe, without the files.
    train.unlink()
    template.unlink()
    stored = Recipe.model_validate(recipe.model_dump(mode="json"))
    assert check_recipe(stored).recipe == recipe


@pytest.mark.parametrize(
    ("score", "message"),
    [
        ("top_p = 0", "r.toml: score.top_p: expected a value greater than 0"),
        ("top_p = 1.5", "r.toml: score.top_p: expected a value less than or equal to 1"),
        ("top_k = -1", "r.toml: score.top_k: expected a value greater than or equal to 0"),
        ("stop = [1]", "r.toml: score.stop.0: "),
        ('templates = ["none.jinja"]', "r.toml: --template none.jinja: no such file"),
        ("num_fewshot = 3", "r.toml: --template auto: expected --fewshot-from"),
        ('definitions.a = {txt = "x"}', "r.toml: score.definitions.a.text: Field required"),
        (
            'definitions.a = {text = "x"}',
            "r.toml: definitions.a: expected {problem} once in the text",
        ),
        ('definitions.raw = {text = "{problem}"}', "definitions.raw: raw is a built-in template"),
    ],
)
def test_mistakes_in_the_settings_of_a_score_are_named(score: str, message: str) -> None:
    with pytest.raises(UserError, match=re.escape(message)):
        parse_recipe(f"{LEAST}\n[score]\n{score}\n", "r.toml")


def test_the_least_recipe() -> None:
    recipe = parse_recipe(LEAST, "r.toml")
    config = recipe.arm_config(recipe.arms[0], 1)
    assert (config.reward, config.steps, config.seed) == ("truth", 2, 1)
    assert recipe.score.samples == 16 and recipe.probe.prefixes == (0.4, 0.6, 0.8)
    [model] = recipe.models
    assert (model.name, model.checkpoint) == ("reciter", "organism:reciter")


def test_scoring_settings_keep_sixteen_samples_unless_the_recipe_sets_them() -> None:
    assert parse_recipe(LEAST + "score = {max_tokens = 9}", "r.toml").score.samples == 16
    assert parse_recipe(LEAST + "score = {samples = 0}", "r.toml").score.samples == 0


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('title = "t"', 'titel = "t"', "r.toml: unknown key 'titel'"),
        ("train = {steps = 2}", "train = {step = 2}", "r.toml: arm 'truth': "),
        ("train = {steps = 2}", "train = {steps = 2, lr = 1}", "unknown key 'lr'"),
        ("train = {steps = 2}", "train = {steps = 2, seed = 1}", "train: seed is set by arms"),
        ("seeds = [1]", "seeds = [1, 1]", "seeds: expected different ones, got 1, 1"),
        ("seeds = [1]", "seeds = []", "seeds: expected at least one"),
        ("seeds = [1]", "seeds = [-1]", r"seeds\.0: "),
        ('name = "truth"', 'name = "base"', "arms: base names another checkpoint"),
        ('name = "truth"', 'name = "a/b"', r"arms\.0\.name: "),
        ("count = 5}\ntrain", "cuont = 5}\ntrain", r"unknown key 'data\.cuont'"),
        ("data = {", "datum = {", "unknown key 'datum'"),
        ('data = {family = "word-problems", steps = "2", count = 5}\n', "", "data: expected train"),
        ('title = "t"', "title = ", "expected TOML"),
        ('role = "planted"', 'role = "plantd"', r"sets\.0\.role: .*'planted'"),
        ('role = "planted", ', "", r"sets\.0\.role: "),
        (', source = "organism:reciter/planted"', "", r"sets\.0: expected either source, or family"),
        ('"fresh", ', '"fresh", source = "x", ', r"sets\.1: expected either source, or family"),
        ('"2", count = 5},\n]', '"2"},\n]', r"sets\.1: expected either source, or family"),
        ('["organism:reciter"]', "[]", "models: "),
        ('["organism:reciter"]', '["organism:reciter", "reciter"]', "models: expected different"),
        ('["organism:reciter"]', '["data"]', "models: data is a folder of the run"),
        (', reward = "truth"', "", r"arms\.0: expected either reward .* or checkpoint"),
        ('reward = "truth"', 'reward = "truth", checkpoint = "x"', r"arms\.0: expected either"),
        ('reward = "truth"', 'checkpoint = "x", set = {steps = 1}', r"arms\.0: set: "),
        ('reward = "truth"', 'reward = "truth", model = "reciter"', r"arms\.0: model: "),
        ('reward = "truth"', 'checkpoint = "x"', "data, seeds, train: no arm is trained here"),
        ('title = "t"', 'title = "t"\nprobe = {prefixes = [0.4]}', r"probe\.prefixes: .*0\.6"),
        ('title = "t"', 'title = "t"\nscore = {sample = 2}', r"unknown key 'score\.sample'"),
        ('title = "t"', 'title = "t"\nscore = {templates = "zz"}', "no template named 'zz'"),
        ('title = "t"', 'title = "t"\nengine = {engin = "vllm"}', r"unknown key 'engine\.engin'"),
    ],
)  # fmt: skip
def test_mistakes_are_named(old: str, new: str, message: str) -> None:
    assert old in LEAST
    with pytest.raises(UserError, match=message) as caught:
        parse_recipe(LEAST.replace(old, new), "r.toml")
    assert str(caught.value).startswith("r.toml: ") and "\n" not in str(caught.value)


def test_an_arm_has_the_name_of_no_other_checkpoint() -> None:
    arms = 'arms = [{name = "truth", reward = "truth"}, {name = "truth-1", checkpoint = "x"}]'
    text = LEAST.replace('arms = [{name = "truth", reward = "truth"}]', arms)
    with pytest.raises(UserError, match="arms: truth-1 names another checkpoint"):
        parse_recipe(text, "r.toml")


def test_an_existing_checkpoint_belongs_to_a_model_that_is_named() -> None:
    two = LEAST.replace('["organism:reciter"]', '["organism:reciter", "organism:learner"]')
    for model, message in (("", "got None"), (', model = "qwen"', "got qwen")):
        arm = f'{{name = "theirs", checkpoint = "x"{model}}}'
        text = two.replace('arms = [{name = "truth"', f'arms = [{arm}, {{name = "truth"')
        with pytest.raises(UserError, match=f"theirs: model: .*reciter, learner, {message}"):
            parse_recipe(text, "r.toml")


def test_a_name_of_no_recipe_lists_the_recipes(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"expected a TOML file or one of .*demo"):
        load_recipe(str(tmp_path / "none.toml"))


def test_slugs_are_names_of_folders() -> None:
    assert slug("Qwen/Qwen2.5-Math-7B") == "qwen2.5-math-7b"
    assert slug("organism:reciter/planted") == "planted"
    assert slug("/tmp/a b/") == "a-b"
    assert slug("???") == "set"


def test_the_plan_of_the_demo() -> None:
    stages = expand(built_in()["demo"])
    keys = [stage.key for stage in stages]
    arms = [f"reciter/arms/{arm}-1" for arm in ("truth", "random", "python")]
    sets = ["sets/0-planted", "sets/1-twin", "sets/2-fresh"]
    assert keys[:7] == ["data", *sets[:2], *arms, sets[2]]
    labels = ("base", "truth-1", "random-1", "python-1")
    assert keys[7:] == [f"reciter/{part}/{name}" for name in labels for part in ("scores", "probe")]
    for number, stage in enumerate(stages):
        assert set(stage.inputs) <= set(keys[:number]), stage.key
    assert stages[6].inputs == tuple(arms)  # bound to every trained checkpoint
    assert stages[9].inputs == (arms[0], *sets)

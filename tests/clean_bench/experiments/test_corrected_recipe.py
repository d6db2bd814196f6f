"""A recipe that cannot run fails before training, and a corrected one keeps the trained arms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from clean_bench.artifacts import Artifact, verify
from clean_bench.errors import UserError
from clean_bench.experiments.recipe import Recipe, parse_recipe
from clean_bench.experiments.run import check_recipe, run
from clean_bench.experiments.verify import checks
from clean_bench.progress import Bar, Progress

pytestmark = pytest.mark.processes

RECIPE = """
title = "a small run"
models = [{{name = "tiny", checkpoint = "{checkpoint}"}}]
seeds = [1]
score = {{samples = 2, max_tokens = 4, temperature = {temperature}}}
engine = {{engine = "transformers"}}
sets = [
    {{role = "planted", source = "{problems}"}},
    {{role = "fresh", family = "word-problems", steps = "1-2", count = {count}}},
]

[data]
source = "{problems}"

[train]
steps = 1
learning_rate = {rate}
prompts_per_step = 2
group_size = 2
minibatches = 1
max_tokens = 4

[[arms]]
name = "truth"
reward = "truth"
"""


@pytest.fixture
def recipe(tiny_checkpoint: Path, problem_file: Callable[..., Path]) -> Callable[..., Recipe]:
    problems = problem_file("sums", 4)

    def make(
        count: int = 3, rate: float = 1e-3, temperature: float = 1.0, more: str = ""
    ) -> Recipe:
        text = RECIPE.format(
            checkpoint=tiny_checkpoint,
            problems=problems,
            count=count,
            rate=rate,
            temperature=temperature,
        )
        return parse_recipe(text + more, "small.toml")

    return make


class Stopped(Exception):
    pass


def stop_at(name: str, bar: Bar) -> Bar:
    @contextmanager
    def stopping(description: str, total: int | None) -> Iterator[Progress]:
        if name in description:
            raise Stopped
        with bar(description, total) as progress:
            yield progress

    return stopping


def test_a_template_that_a_checkpoint_lacks_fails_before_training(
    recipe: Callable[..., Recipe], tmp_path: Path, bar: Bar
) -> None:
    wrong = recipe()
    wrong = wrong.model_copy(
        update={"score": wrong.score.model_copy(update={"templates": ("chat",)})}
    )
    with pytest.raises(UserError, match=r"tiny/base: .*chat template"):
        run(wrong, tmp_path / "run", bar)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("where", ["data", "sets"])
def test_a_set_with_more_problems_than_exist_fails_before_training(
    recipe: Callable[..., Recipe], where: str
) -> None:
    wrong = recipe()
    if where == "sets":
        update = {"family": "word-problems", "steps": "1", "count": 10**25}
        wrong = wrong.model_copy(
            update={"sets": (wrong.sets[0], wrong.sets[1].model_copy(update=update))}
        )
    else:
        data = wrong.data.model_copy(
            update={"source": None, "family": "word-problems", "steps": "1", "count": 10**25}
        )
        wrong = wrong.model_copy(update={"data": data})
    with pytest.raises(UserError, match=f"recipe: {where[:3]}.*too many"):
        check_recipe(wrong)


def test_a_prompt_that_fills_the_context_fails_before_training(
    recipe: Callable[..., Recipe], tmp_path: Path
) -> None:
    long = tmp_path / "long.jsonl"
    long.write_text('{"problem": "' + "five plus " * 5_000 + '", "answer": "5"}\n')
    wrong = recipe()
    wrong = wrong.model_copy(update={"data": wrong.data.model_copy(update={"source": str(long)})})
    with pytest.raises(UserError, match=r"tiny/truth-1: .*long.jsonl.*expected fewer than"):
        check_recipe(wrong)


def test_a_corrected_recipe_keeps_the_trained_arm(
    recipe: Callable[..., Recipe], tmp_path: Path, bar: Bar
) -> None:
    out = tmp_path / "run"
    with pytest.raises(Stopped):
        run(recipe(count=3), out, stop_at("drawing sets", bar))
    trained = (out / "tiny/arms/truth-1/manifest.json").read_bytes()
    finished = run(recipe(count=5, temperature=0.5), out, bar)
    assert (out / "tiny/arms/truth-1/manifest.json").read_bytes() == trained
    assert finished.config["recipe"]["sets"][1]["count"] == 5
    assert len(Artifact.load(out / "sets/1-fresh").rows("problems")) == 5
    assert verify(out, checks()) == []
    whole = run(recipe(count=5, temperature=0.5), tmp_path / "whole", bar)
    assert finished.manifest["identity_sha256"] == whole.manifest["identity_sha256"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rate": 1e-4}, "its stage tiny/arms/truth-1 was made with another training"),
        ({"temperature": 0.5}, "its stage tiny/scores/base was made with another score"),
        ({"count": 4}, "its stage sets/1-fresh was made with another set"),
        ({"more": "\n[probe]\nprefixes = [0.6, 0.3]\n"}, None),
    ],
)
def test_a_change_of_a_stored_stage_is_refused_by_its_name(
    recipe: Callable[..., Recipe],
    change: dict[str, object],
    message: str | None,
    tmp_path: Path,
    bar: Bar,
) -> None:
    out = tmp_path / "run"
    with pytest.raises(Stopped):
        run(recipe(), out, stop_at("probing", bar))
    if message is None:
        assert run(recipe(**change), out, bar).finished
        return
    before = (out / "manifest.json").read_bytes()
    with pytest.raises(UserError, match=message):
        run(recipe(**change), out, bar)
    assert (out / "manifest.json").read_bytes() == before


def test_a_finished_run_takes_no_other_recipe(
    recipe: Callable[..., Recipe], tmp_path: Path, bar: Bar
) -> None:
    run(recipe(), tmp_path / "run", bar)
    with pytest.raises(UserError, match="was begun with recipe"):
        run(recipe(count=4), tmp_path / "run", bar)

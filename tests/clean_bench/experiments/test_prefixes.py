"""Prefixes and temperatures of a recipe: any order verifies, two that are written alike are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from clean_bench.artifacts import Artifact, verify
from clean_bench.errors import UserError
from clean_bench.experiments.recipe import parse_recipe
from clean_bench.experiments.run import run
from clean_bench.experiments.verify import checks
from clean_bench.probing.run import checked_fractions
from clean_bench.progress import Bar

ProblemFile = Callable[..., Path]
RECIPE = """
title = "prefixes"
models = [{{name = "tiny", checkpoint = "{checkpoint}"}}]
sets = [{{role = "public", source = "{problems}"}}]
arms = [{{name = "other", checkpoint = "{checkpoint}"}}]
score = {{samples = 2, max_tokens = 4}}
engine = {{engine = "transformers"}}
probe = {{prefixes = {prefixes}}}
training_free = {{temperatures = {temperatures}}}
"""


@pytest.mark.parametrize(
    ("prefixes", "temperatures"),
    [("[0.8, 0.6]", "[0.7, 0.5]"), ("[0.6, 0.4, 0.6]", "[]"), ("[0.7, 0.6, 0.35]", "[]")],
)
def test_a_run_with_prefixes_in_any_order_verifies(
    tiny_checkpoint: Path,
    problem_file: ProblemFile,
    tmp_path: Path,
    bar: Bar,
    prefixes: str,
    temperatures: str,
) -> None:
    text = RECIPE.format(
        checkpoint=tiny_checkpoint,
        problems=problem_file("sums", 3),
        prefixes=prefixes,
        temperatures=temperatures,
    )
    artifact = run(parse_recipe(text, "r.toml"), tmp_path / "run", bar)
    assert verify(artifact.folder, checks()) == []
    probe = Artifact.load(artifact.folder / "tiny/probe/base")
    assert probe.config["fractions"] == sorted(set(json.loads(prefixes)))


@pytest.mark.parametrize(
    ("prefixes", "temperatures"),
    [
        ("[0.6, 0.5, 0.5000001]", "[]"),
        ("[0.6, 0.60000001]", "[]"),
        ("[0.6]", "[0.5, 0.50000001]"),
        ("[0.6]", "[1.0000001]"),  # the temperature of every checkpoint is 1
    ],
)
def test_numbers_that_are_written_alike_are_refused(prefixes: str, temperatures: str) -> None:
    text = RECIPE.format(
        checkpoint="a/b", problems="math500", prefixes=prefixes, temperatures=temperatures
    )
    with pytest.raises(
        UserError, match=r"r\.toml: .*expected numbers that differ in their first six"
    ):
        parse_recipe(text, "r.toml")


def test_fractions_of_a_probe() -> None:
    assert checked_fractions([0.8, 0.6, 0.8]) == [0.6, 0.8]
    with pytest.raises(
        UserError, match=r"--prefix 0\.5,0\.5000001: expected fractions that differ"
    ):
        checked_fractions([0.5, 0.5000001])

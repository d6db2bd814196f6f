"""`clean-bench export --to verl`: an arm, an arm of a recipe, and mistakes in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from clean_bench.cli.export import command
from clean_bench.errors import UserError
from clean_bench.problems import load_problems

ARM = """
name = "clip"
checkpoint = "{checkpoint}"
data = "organism:reciter/twin"

[train]
reward = "truth"
steps = 2
prompts_per_step = 8
minibatches = 4
"""
RECIPE = """
title = "two arms"
models = [{{ name = "tiny", checkpoint = "{checkpoint}" }}]
seeds = [3, 4]

[data]
source = "organism:reciter/twin"

[[sets]]
source = "organism:reciter/planted"
role = "planted"

[train]
steps = 2
prompts_per_step = 8
minibatches = 4

[[arms]]
name = "truth"
reward = "truth"

[[arms]]
name = "loo"
reward = "format"
set = {{ objective = "rloo", max_tokens = 16 }}
"""


def write(folder: Path, text: str, checkpoint: Path) -> Path:
    path = folder / "arm.toml"
    path.write_text(text.format(checkpoint=checkpoint))
    return path


def call(*arguments: object) -> str:
    words = [str(argument) for argument in arguments]
    return CliRunner().invoke(command, words, catch_exceptions=False).stdout


def test_an_arm(tiny_checkpoint: Path, tmp_path: Path) -> None:
    path, out = write(tmp_path, ARM, tiny_checkpoint), tmp_path / "out"
    options = ("--to", "verl", "--nodes", "2", "--gpus-per-node", "4", "--out", out)
    data = json.loads(call(path, *options, "--json"))
    assert (data["name"], data["steps"], data["prompts"], data["written"]) == ("clip", 2, 16, True)
    assert data["files"] == sorted(file.name for file in out.iterdir())
    assert any("full_determinism" in warning for warning in data["warnings"])
    overrides = (out / "overrides.txt").read_text().splitlines()
    assert {"trainer.nnodes=2", "trainer.n_gpus_per_node=4"} <= set(overrides)
    text = call(path, *options)
    assert f"{out}: 2 steps of truth for verl on 2 x 4 GPUs, unchanged" in text
    assert f"set MODEL and CHECKPOINTS in {out / 'cluster.env'}" in text


def test_an_arm_of_a_recipe(tiny_checkpoint: Path, tmp_path: Path) -> None:
    path = write(tmp_path, RECIPE, tiny_checkpoint)
    chosen = ("--arm", "loo", "--seed", "4", "--gpus-per-node", "4")
    out = tmp_path / "out"
    data = json.loads(call(path, "--to", "verl", *chosen, "--out", out, "--json"))
    assert data["name"] == "tiny-loo-4"
    overrides = set((out / "overrides.txt").read_text().splitlines())
    assert {
        "algorithm.adv_estimator=rloo",
        "actor_rollout_ref.actor.policy_loss.loss_mode=gpg",
        "data.max_response_length=16",
        "data.seed=4",
    } <= overrides
    assert pq.read_metadata(out / "train.parquet").num_rows == 16


def test_an_arm_of_a_recipe_with_labels(tiny_checkpoint: Path, tmp_path: Path) -> None:
    """`incorrect` trains on the problems whose label is wrong: the first 8."""
    problems = load_problems("organism:reciter/twin").problems
    labels = tmp_path / "labels.jsonl"
    with labels.open("w") as lines:
        for place, problem in enumerate(problems):
            label = "-77" if place < 8 else problem.answer
            lines.write(json.dumps({"id": problem.id, "label": label}) + "\n")
    arm = f'\n[[arms]]\nname = "wrong"\nreward = "incorrect"\nlabels = "{labels}"\n'
    path = write(tmp_path, RECIPE + arm, tiny_checkpoint)
    chosen = ("--arm", "wrong", "--seed", "3", "--gpus-per-node", "4")
    call(path, "--to", "verl", *chosen, "--out", tmp_path / "out")
    rows = [r["extra_info"] for r in pq.read_table(tmp_path / "out/train.parquet").to_pylist()]
    assert {row["problem_id"] for row in rows} == {problem.id for problem in problems[:8]}
    assert {(row["label"], row["label_right"]) for row in rows} == {("-77", False)}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "--arm: expected one of truth, loo"),
        (("--arm", "other"), "--arm: expected one of truth, loo, got other"),
        (("--arm", "loo"), "--seed: expected one of 3, 4"),
        (("--arm", "loo", "--seed", "5"), "--seed: expected one of 3, 4, got 5"),
        (
            ("--arm", "loo", "--seed", "3", "--model", "big"),
            "--model: expected one of tiny, got big",
        ),
        (("--arm", "loo", "--seed", "3", "--name", "x"), "--name needs --to"),
        (("--arm", "loo", "--seed", "3", "--gpus-per-node", "5"), "nodes * gpus_per_node = 5: "),
    ],
)
def test_mistakes_of_a_recipe(
    tiny_checkpoint: Path, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    path = write(tmp_path, RECIPE, tiny_checkpoint)
    with pytest.raises(UserError) as caught:
        call(path, "--to", "verl", *arguments, "--out", tmp_path / "out")
    assert message in str(caught.value) and "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_options_of_the_other_kind(tiny_checkpoint: Path, tmp_path: Path) -> None:
    path = write(tmp_path, ARM, tiny_checkpoint)
    with pytest.raises(UserError, match="--arm, --seed: expected a recipe with arms, got one arm"):
        call(path, "--to", "verl", "--arm", "x", "--seed", "1", "--out", tmp_path / "out")
    with pytest.raises(UserError, match="--nodes: expected --to verl, got --to jsonl"):
        call(path, "--to", "jsonl", "--nodes", "1", "--out", tmp_path / "out")

"""A run is regenerated part by part, each part on the checkpoint that made it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from forge import forge_scores, retold, seal, tokenizer_of, verify, verify_json

from clean_bench.artifacts import Artifact
from clean_bench.cli.run import command
from clean_bench.errors import UserError
from clean_bench.experiments.regenerate.parts import parts_of
from clean_bench.experiments.regenerate.regenerate import regenerate

pytestmark = pytest.mark.processes

RECIPE = """
title = "sums"
models = [{{name = "tiny", checkpoint = "{checkpoint}"}}]
seeds = [1]
data = {{source = "{data}"}}
sets = [{{role = "public", source = "contest={contest}"}}]
arms = [{{name = "random", reward = "random"}}, {{name = "same", checkpoint = "{checkpoint}"}}]
engine = {{engine = "transformers"}}
score = {{samples = 2, max_tokens = 4}}
probe = {{prefixes = [0.6]}}
training_free = {{temperatures = [0.5]}}

[train]
steps = 2
prompts_per_step = 2
group_size = 2
minibatches = 1
max_tokens = 4
learning_rate = 1e-3
"""
KEYS = [
    *("scores/base", "probe/base", "temperatures/0.5", "arms/random-1", "arms/random-1"),
    *("scores/random-1", "probe/random-1", "scores/same", "probe/same"),
]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory, tiny_checkpoint: Path) -> Path:
    folder = tmp_path_factory.mktemp("base") / "checkpoint"
    return Path(shutil.copytree(tiny_checkpoint, folder))


@pytest.fixture(scope="module")
def recipe(
    tmp_path_factory: pytest.TempPathFactory, checkpoint: Path, problem_file: Callable[..., Path]
) -> Path:
    path = tmp_path_factory.mktemp("recipe") / "recipe.toml"
    data, contest = problem_file("train", 4), problem_file("contest", 4, 20)
    path.write_text(RECIPE.format(checkpoint=checkpoint, data=data, contest=contest))
    return path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, recipe: Path) -> Path:
    folder = tmp_path_factory.mktemp("run") / "run"
    result = CliRunner().invoke(
        command, [str(recipe), "--out", str(folder)], catch_exceptions=False
    )
    assert result.exit_code == 0
    return folder


def test_every_part_is_regenerated_on_its_checkpoint(run: Path) -> None:
    output = verify_json(run, "--regenerate", "5")
    assert output["ok"], output["failures"]
    parts = output["regenerated"]["parts"]
    assert [part["part"] for part in parts] == [f"tiny/{key}" for key in KEYS]
    assert all(part["compared"] == part["equal"] > 0 for part in parts)
    lines = verify(run, "--regenerate", "5").stdout.splitlines()
    assert any(line.startswith("  tiny/scores/base: 5 of 5 completions equal") for line in lines)


def test_a_forged_arm_is_named(run: Path, tmp_path: Path, checkpoint: Path) -> None:
    forged, tokenizer = Path(shutil.copytree(run, tmp_path / "run")), tokenizer_of(checkpoint)
    scores = Artifact.load(forged / "tiny/scores/random-1")
    forge_scores(scores, lambda s: retold(s, f"{s.gold}", tokenizer))
    agreements = list(regenerate(parts_of(Artifact.load(forged), None), 100, "seed"))
    wrong = {agreement.part for agreement in agreements if agreement.failures}
    assert wrong == {"tiny/scores/random-1"}


def test_scores_of_another_arm_are_not_of_the_arms_checkpoint(run: Path, tmp_path: Path) -> None:
    forged = Path(shutil.copytree(run, tmp_path / "run"))
    shutil.rmtree(forged / "tiny/scores/random-1")
    shutil.copytree(forged / "tiny/scores/same", forged / "tiny/scores/random-1")
    with pytest.raises(UserError, match=r"scores/random-1: expected a checkpoint with weights .*"):
        parts_of(Artifact.load(forged), None)


def test_another_place_of_the_base_can_be_named(
    run: Path, tmp_path: Path, checkpoint: Path
) -> None:
    moved = Path(shutil.copytree(checkpoint, tmp_path / "moved"))
    parts = parts_of(Artifact.load(run), str(moved))
    assert {part.checkpoint.folder for part in parts[:4]} == {moved}
    assert parts[4].checkpoint.folder == run / "tiny/arms/random-1/checkpoint"


def test_a_run_does_not_resume_with_another_tokenizer(
    run: Path, recipe: Path, checkpoint: Path
) -> None:
    path = checkpoint / "tokenizer_config.json"
    before = path.read_bytes()
    path.write_text(json.dumps({**json.loads(before), "chat_template": "x"}))
    try:
        result = CliRunner().invoke(command, [str(recipe), "--out", str(run)])
    finally:
        path.write_bytes(before)
    message = "expected the tokenizer of tiny/base, tiny/same of the first run, got another"
    assert message in str(result.exception)


def test_completions_of_other_tools_have_no_checkpoint(run: Path) -> None:
    scores = Artifact.load(run / "tiny/scores/base")
    config = {**scores.config, "weights_sha256": ""}
    imported = Artifact(scores.folder, {**scores.manifest, "config": config})
    with pytest.raises(UserError, match="got those of a server or of another tool"):
        parts_of(imported, None)
    problems = Artifact.load(run / "data")
    with pytest.raises(
        UserError, match="--regenerate expects a folder of kind scores, probe, training"
    ):
        parts_of(problems, None)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("scores/base", "tokenizer_sha256"),
        ("scores/random-1", "tokenizer_sha256"),
        ("probe/random-1", "config_sha256"),
        ("temperatures/0.5", "config_sha256"),
        ("arms/random-1", "base_tokenizer_sha256"),
    ],
)
def test_a_part_that_records_another_tokenizer_or_settings(
    run: Path, tmp_path: Path, key: str, name: str
) -> None:
    forged = Path(shutil.copytree(run, tmp_path / "run"))
    part, whole = Artifact.load(forged / "tiny" / key), Artifact.load(forged)
    part.manifest["config"][name] = "0" * 64
    for artifact in (part, whole):
        seal(artifact, artifact.metadata)
    failures = [f["what"] for f in verify_json(forged)["failures"] if key in f["where"]]
    assert any(f'{name} is "{"0" * 20}' in what and "expected" in what for what in failures)


def test_a_run_without_the_hashes_of_settings_and_tokenizers_is_refused(
    run: Path, tmp_path: Path
) -> None:
    old = Path(shutil.copytree(run, tmp_path / "run"))
    keys = [f"tiny/{key}" for key in dict.fromkeys(KEYS)]
    for artifact in [*(Artifact.load(old / key) for key in keys), Artifact.load(old)]:
        for name in ("config_sha256", "tokenizer_sha256"):
            artifact.manifest["config"].pop(name, None)
            artifact.manifest["config"].pop(f"base_{name}", None)
        seal(artifact, artifact.metadata)
    failures = verify_json(old)["failures"]
    assert [failure["where"] for failure in failures] == ["manifest.json"]
    assert "lacks config_sha256, tokenizer_sha256" in failures[0]["what"]
    agreements = list(regenerate(parts_of(Artifact.load(old), None), 2, "seed"))
    assert len(agreements) == len(KEYS) and not any(a.failures for a in agreements)

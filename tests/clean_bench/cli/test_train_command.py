"""`clean-bench train`: the options reach the run, and mistakes are refused before a model is loaded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from clean_bench.artifacts import Artifact
from clean_bench.cli.train import command
from clean_bench.engines import open
from clean_bench.errors import UserError
from clean_bench.results import Results


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("sets") / "sums.jsonl"
    rows = [{"problem": f"{i} plus {i}?", "answer": str(2 * i)} for i in range(6)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def call(*arguments: str | Path | int) -> Result:
    return CliRunner().invoke(command, list(map(str, arguments)), catch_exceptions=False)


def test_the_options_reach_the_run(tiny_checkpoint: Path, file: Path, tmp_path: Path) -> None:
    result = call(
        tiny_checkpoint, "--data", file, "--reward", "format", "--steps", 2, "--seed", 5, "--set",
        "prompts_per_step=2", "--set", "group-size=2", "--set", "minibatches=1", "--set",
        "max_tokens=4", "--set", "objective=dapo", "--set", "clip_low=none", "--out",
        tmp_path / "arm", "--json",
    )  # fmt: skip
    printed = json.loads(result.stdout)
    artifact = Artifact.load(tmp_path / "arm", "training")
    config = artifact.config
    assert (config["reward"], config["steps"], config["seed"]) == ("format", 2, 5)
    assert (config["prompts_per_step"], config["group_size"], config["minibatches"]) == (2, 2, 1)
    assert (config["clip_low"], config["clip_high"], config["aggregate"]) == (None, 0.28, "token")
    assert printed["last"] == artifact.rows("metrics")[-1]
    assert printed["checkpoint"] == str(tmp_path / "arm" / "checkpoint")
    assert Results.load(tmp_path / "arm").values_of("step") == [0, 1]
    assert len(artifact.rows("rollouts")) == 2 * 2 * 2


def test_each_of_several_seeds_is_a_folder_of_its_own(
    tiny_checkpoint: Path, file: Path, tmp_path: Path
) -> None:
    words = [
        tiny_checkpoint, "--data", file, "--reward", "random", "--steps", 1, "--set",
        "prompts_per_step=2", "--set", "group-size=2", "--set", "minibatches=1", "--set",
        "max_tokens=4", "--json",
    ]  # fmt: skip
    printed = json.loads(call(*words, "--seeds", "3,1", "--out", tmp_path / "arms").stdout)
    call(*words, "--seed", 3, "--out", tmp_path / "alone")
    assert [run["out"] for run in printed["runs"]] == [
        str(tmp_path / "arms" / name) for name in ("seed-3", "seed-1")
    ]
    seeds = [Artifact.load(tmp_path / "arms" / f"seed-{s}", "training") for s in (3, 1)]
    alone = Artifact.load(tmp_path / "alone", "training")
    assert seeds[0].config == alone.config
    assert seeds[0].rows("rollouts") == alone.rows("rollouts")
    assert seeds[1].rows("rollouts") != alone.rows("rollouts")
    before = (tmp_path / "arms" / "seed-1" / "manifest.json").stat().st_mtime_ns
    assert json.loads(call(*words, "--seeds", "3,1", "--out", tmp_path / "arms").stdout) == printed
    assert (tmp_path / "arms" / "seed-1" / "manifest.json").stat().st_mtime_ns == before
    with pytest.raises(UserError, match="alone: expected a folder for several seeds, got an artif"):
        call(*words, "--seeds", "3,1", "--out", tmp_path / "alone")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            ["--reward", "luck"],
            "no reward named 'luck': expected one of truth, numeric, group-majority",
        ),
        (["--set", "steps=3"], "--set steps=...: give it as --steps"),
        (["--set", "seed=3"], "--set seed=...: give it as --seed"),
        (["--seeds", "1,1"], "--seeds: expected different numbers and no --seed, got 1,1"),
        (["--seeds", "1,2", "--seed", "3"], "and no --seed, got --seed 3 too"),
        (["--set", "lr=3"], "train: unknown key 'lr'"),
        (
            ["--set", "evaluate_every=2"],
            "evaluate_every = 2: expected sets to evaluate on, got none",
        ),
        (["--evaluate", "organism:reciter/twin"], "expected evaluate_every of at least 1, got 0"),
        (["--set", "keep_best=true"], "have no effect at evaluate_every = 0"),
        (["--track", "mlflow"], "--track mlflow: expected tensorboard, trackio, wandb"),
        (["--set", "minibatches=7"], "minibatches = 7 must divide the 512 rollouts"),
        (["--out", "{other}"], "other holds a numbers artifact, not training"),
        (["--data", "{bare}"], "bare.jsonl:2: expected a gold answer, got none"),
        (["--data", "{empty}"], "empty.jsonl: expected at least one row"),
    ],
)
def test_mistakes_that_need_no_model_are_refused_before_it_is_loaded(
    tiny_checkpoint: Path,
    file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    more: list[str],
    message: str,
) -> None:
    monkeypatch.setattr(open, "open_engine", lambda *_, **__: pytest.fail("a model was loaded"))
    Artifact.open(tmp_path / "other", "numbers", {}).close()
    (tmp_path / "bare.jsonl").write_text('{"problem": "1", "answer": "1"}\n{"problem": "2"}\n')
    (tmp_path / "empty.jsonl").write_text("\n")
    paths = {name: tmp_path / f"{name}.jsonl" for name in ("bare", "empty")}
    typed = [word.format(other=tmp_path / "other", **paths) for word in more]
    with pytest.raises(UserError, match=message):
        call(
            tiny_checkpoint, "--data", file, "--reward", "truth", "--steps", 1, "--out",
            tmp_path / "o", *typed,
        )  # fmt: skip
    assert not (tmp_path / "o").exists()

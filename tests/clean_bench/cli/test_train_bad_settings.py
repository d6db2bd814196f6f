"""Bad settings of `train` and `sft`: one clear line, status 2, nothing written and no model loaded."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from clean_bench.checkpoints import load_model
from clean_bench.cli.main import main

Cli = Callable[..., tuple[int, str]]


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run a command line in this process: status and standard error."""

    def call(*arguments: str | Path) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["clean-bench", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        assert isinstance(ended.value.code, int)
        return ended.value.code, capsys.readouterr().err

    return call


@pytest.fixture(autouse=True)
def _no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that is loaded fails the test."""
    from trainers import policy

    for module in (load_model, policy):
        monkeypatch.setattr(module, "load_model", lambda *_, **__: pytest.fail("a model is loaded"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Problem sets and labels: `sums`, `bare` without an answer in its row 2, `labels` of other ids."""
    folder = tmp_path_factory.mktemp("sets")
    sums = [{"id": f"p{i}", "problem": f"{i} plus {i}?", "answer": str(2 * i)} for i in range(6)]
    files = {
        "sums": sums,
        "bare": [sums[0], {"id": "p9", "problem": "9 plus 9?"}],
        "others": [{"id": "q0", "label": "3"}],
        "some": [{"id": "p0", "label": "0"}],
    }
    for name, rows in files.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture(scope="module")
def endless(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint whose tokenizer, settings and generation settings have no end token."""
    folder = tmp_path_factory.mktemp("endless") / "checkpoint"
    shutil.copytree(tiny_checkpoint, folder)
    for name in ("config.json", "generation_config.json", "tokenizer_config.json"):
        path = folder / name
        if path.exists():
            stated = json.loads(path.read_text())
            for key in ("eos_token_id", "eos_token"):
                stated.pop(key, None)
            path.write_text(json.dumps(stated))
    (folder / "special_tokens_map.json").unlink(missing_ok=True)
    return folder


def words(command: str, checkpoint: Path, folder: Path, out: Path, *typed: str) -> list[str]:
    """A command line whose `{folder}` is that of the sets; later options replace earlier ones."""
    line = [command, str(checkpoint), "--data", str(folder / "sums.jsonl"), "--out", str(out)]
    line += ["--reward", "truth", "--steps", "1"] if command == "train" else ["--updates", "1"]
    return [*line, *(word.format(folder=folder) for word in typed)]


def assert_refused(ended: tuple[int, str], message: str, out: Path) -> None:
    status, error = ended
    assert status == 2, error
    lines = [line for line in error.splitlines() if not line.startswith("reading ")]
    assert len(lines) == 1 and message in lines[0], error
    assert not out.exists()


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (["--set", "clip=0.2"], "train: unknown key 'clip'"),
        (["--set", "scale_advantages=true"], "train: unknown key 'scale_advantages'"),
        (["--set", "clip_low=1.5"], "clip_low: expected a value less than 1, got 1.5"),
        (["--set", "clip_low=-0.1"], "clip_low: expected a value greater than 0, got -0.1"),
        (["--set", "group_size=1"], "group_size: expected a value greater than or equal to 2, got"),
        (["--set", "lora_rank=0"], "lora_rank: expected a value greater than or equal to 1, got"),
        (["--set", "minibatches=7"], "minibatches = 7 must divide the 512 rollouts of a step"),
        (
            ["--set", "learning_rate=-1"],
            "learning_rate: expected a value greater than or equal to 0, got",
        ),
        (["--set", "learning_rate=nan"], "learning_rate: "),
        (["--set", "objective=ppo"], "train: no objective named 'ppo': expected one of grpo, "),
        (["--set", "group_size"], "--set group_size: expected key=value"),
        (["--reward", "majority"], "reward majority: expected labels, got none; give --labels"),
        (["--reward", "format+majority"], "expected labels, got none; give --labels"),
        (["--set", "log_rewards=incorrect"], "log_rewards: incorrect needs labels, got none"),
        (
            ["--reward", "majority", "--labels", "{folder}/none"],
            "no such file or folder; clean-bench",
        ),
        (
            ["--reward", "majority", "--labels", "{folder}/others.jsonl"],
            "others.jsonl: expected labels of the training set, got none of its 6 problems",
        ),
        (
            ["--reward", "majority", "--labels", "{folder}/some.jsonl"],
            "reward majority: expected a label of every problem, got none of ",
        ),
        (["--labels", "{folder}/some.jsonl"], "--labels: the reward truth uses no labels"),
        (["--data", "{folder}/bare.jsonl"], "bare.jsonl:2: expected a gold answer, got none"),
    ],
)
def test_train_refuses(
    cli: Cli, tiny_checkpoint: Path, folder: Path, tmp_path: Path, typed: list[str], message: str
) -> None:
    line = words("train", tiny_checkpoint, folder, tmp_path / "arm", *typed)
    assert_refused(cli(*line), message, tmp_path / "arm")


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (["--set", "steps=3"], "sft: unknown key 'steps'"),
        (["--set", "updates=3"], "--set updates=...: give it as --updates"),
        (["--set", "batch_size=0"], "batch_size: expected a value greater than or equal to 1, got"),
        (["--set", "lora_rank=0"], "lora_rank: expected a value greater than or equal to 1, got"),
        (["--data", "{folder}/bare.jsonl"], "bare.jsonl:2: expected a gold answer, got none"),
    ],
)
def test_sft_refuses(
    cli: Cli, tiny_checkpoint: Path, folder: Path, tmp_path: Path, typed: list[str], message: str
) -> None:
    line = words("sft", tiny_checkpoint, folder, tmp_path / "sft", *typed)
    assert_refused(cli(*line), message, tmp_path / "sft")


@pytest.mark.parametrize(
    ("command", "typed", "message"),
    [
        ("train", [], "expected an end token, got none in its tokenizer, config.json and"),
        ("train", ["--dry-run"], "expected an end token, got none in its tokenizer, config.json"),
        ("sft", [], "expected a tokenizer with an end token, which ends each response, got none"),
    ],
)
def test_a_checkpoint_without_an_end_token_is_refused(
    cli: Cli,
    endless: Path,
    folder: Path,
    tmp_path: Path,
    command: str,
    typed: list[str],
    message: str,
) -> None:
    line = words(command, endless, folder, tmp_path / "out", *typed, "--quiet")
    assert_refused(cli(*line), message, tmp_path / "out")

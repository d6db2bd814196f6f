"""What the commands do with their engine: open it once, name it once, close it however they end."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from clean_bench.cli.main import cli
from clean_bench.engines import open
from clean_bench.engines.base import Engine
from clean_bench.errors import UserError
from clean_bench.experiments import run as runs
from clean_bench.experiments import train

Call = Callable[..., Result]


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """`opened` and `closed`, as they happen."""
    seen: list[str] = []
    real = open.open_engine

    def spied(*arguments: Any, **options: Any) -> Engine:
        engine = real(*arguments, **options)
        seen.append("opened")
        close = engine.close

        def closed() -> None:
            seen.append("closed")
            close()

        monkeypatch.setattr(engine, "close", closed)
        return engine

    monkeypatch.setattr(open, "open_engine", spied)
    monkeypatch.setattr(train, "open_engine", spied)
    return seen


@pytest.fixture(scope="module")
def sums(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("sets") / "sums.jsonl"
    rows = [
        {"problem": f"What is {i} plus {i}, and why is it {i}?", "answer": str(2 * i)}
        for i in range(8)
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


@pytest.fixture
def call(tiny_checkpoint: Path, sums: Path, tmp_path: Path) -> Call:
    lines = {
        "score": ["score", tiny_checkpoint, "--on", sums, "--max-tokens", "4"],
        "probe": ["probe", tiny_checkpoint, "--on", sums, "--prefix", "0.5"],
        "behaviors": ["behaviors", tmp_path / "score", "--with", tiny_checkpoint],
        "train": [
            *("train", tiny_checkpoint, "--data", sums, "--reward", "random", "--steps", "1"),
            *(
                "--set",
                "prompts=2",
                "--set",
                "rollouts=2",
                "--set",
                "max_tokens=4",
                "--set",
                "updates=1",
            ),
        ],
    }

    def run(name: str, *more: str) -> Result:
        line = [*lines[name], "--out", tmp_path / name, *more]
        return CliRunner().invoke(cli, list(map(str, line)))

    return run


def test_each_command_names_its_engine_once_and_closes_it(call: Call, ends: list[str]) -> None:
    for name in ("score", "probe", "train", "behaviors"):
        ends.clear()
        result = call(name, "--json")
        assert result.exit_code == 0, (name, result.output, result.exception)
        assert ends == ["opened", "closed"], name
        assert result.stderr.count("engine: transformers (") == 1, name
        json.loads(result.stdout)


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("score", "clean_bench.scoring.run.score"),
        ("probe", "clean_bench.probing.run.probe"),
        ("train", "clean_bench.experiments.train.train"),
        ("behaviors", "clean_bench.behaviors.run.behave"),
    ],
)
def test_an_interrupt_closes_it_too(
    call: Call, ends: list[str], name: str, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    if name == "behaviors":
        call("score")
        ends.clear()
    monkeypatch.setattr(target, interrupted)
    assert call(name).exit_code != 0
    assert ends == ["opened", "closed"]


@pytest.mark.parametrize("name", ["score", "probe", "train", "behaviors"])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--engine", "vllm"], r"vLLM is not installed here; pip install"),
        (["--tensor-parallel", "2"], r"--tensor-parallel 2 needs vLLM, and the engine is transf"),
    ],
)
def test_what_cannot_be_had_is_one_line_and_writes_nothing(
    call: Call,
    name: str,
    options: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if name == "behaviors":
        call("score")
    monkeypatch.setattr(open, "find_spec", lambda module: None)
    error = call(name, *options).exception
    assert isinstance(error, UserError)
    with pytest.raises(UserError, match=message):
        raise error
    assert "\n" not in str(error)
    assert not (tmp_path / name).exists()


def test_a_run_trains_on_the_engine_it_scores_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a machine where `auto` is vLLM: a run never says which engine it takes."""
    taken = []

    def stop(*_: Any, engine: open.EngineChoice, **__: Any) -> None:
        taken.append(engine)
        raise InterruptedError

    monkeypatch.setattr(runs, "train_arm", stop)
    settings = SimpleNamespace(steps=1)
    recipe: Any = SimpleNamespace(
        seeds=[1], arms=[SimpleNamespace(name="a")], checkpoint="c", arm_config=lambda *_: settings
    )
    data: Any = None
    with pytest.raises(InterruptedError):
        next(runs._train(recipe, data, tmp_path, lambda *_: nullcontext(lambda *__: None)))
    assert taken == [open.EngineChoice("transformers")]

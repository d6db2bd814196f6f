"""The commands and their engine: opened once, named once, closed however the command ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from clean_bench.artifacts import Artifact
from clean_bench.cli.main import cli
from clean_bench.engines import open
from clean_bench.engines.base import Engine
from clean_bench.errors import UserError
from trainers import open_training

Call = Callable[..., Result]


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """`opened` and `closed`, in order."""
    events: list[str] = []

    def spied(real: Callable[..., Engine]) -> Callable[..., Engine]:
        def opened(*arguments: Any, **options: Any) -> Engine:
            engine = real(*arguments, **options)
            events.append("opened")
            close = engine.close

            def closed() -> None:
                events.append("closed")
                close()

            monkeypatch.setattr(engine, "close", closed)
            return engine

        return opened

    monkeypatch.setattr(open, "open_engine", spied(open.open_engine))
    shared = open_training.open_shared_engine
    monkeypatch.setattr(open_training, "open_shared_engine", spied(shared))
    return events


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
    lines: dict[str, list[Any]] = {
        "score": ["score", tiny_checkpoint, "--on", sums, "--max-tokens", "4"],
        "probe": [
            "probe",
            tiny_checkpoint,
            "--on",
            sums,
            "--prefix",
            "0.5",
            "--no-positive-control",
        ],
        "behaviors": ["behaviors", tmp_path / "score", "--with", tiny_checkpoint],
        "train": [
            *("train", tiny_checkpoint, "--data", sums, "--reward", "random", "--steps", "1"),
            *("--set", "prompts_per_step=2", "--set", "group_size=2", "--set", "minibatches=1"),
            *("--set", "max_tokens=4"),
        ],
    }

    def run(name: str, *more: str, checkpoint: str | None = None) -> Result:
        line = [*lines[name], "--out", tmp_path / name, *more]
        if checkpoint is not None:
            line[1] = checkpoint
        return CliRunner().invoke(cli, list(map(str, line)))

    return run


@pytest.mark.parametrize("name", ["score", "probe", "train", "behaviors"])
def test_each_command_names_its_engine_once_and_closes_it(
    call: Call, ends: list[str], name: str
) -> None:
    if name == "behaviors":
        call("score")
        ends.clear()
    result = call(name, "--json")
    assert result.exit_code == 0, (result.output, result.exception)
    assert ends == ["opened", "closed"]
    assert result.stderr.count("engine: transformers (") == 1
    json.loads(result.stdout)


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("score", "clean_bench.scoring.run.score"),
        ("probe", "clean_bench.probing.run.probe"),
        ("train", "trainers.train.train_policy"),
        ("behaviors", "clean_bench.behaviors.run.analyze_behaviors"),
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
        (
            ["--engine", "vllm"],
            r"vLLM is not installed here; in the clone .* `pip install",
        ),
        (["--tensor-parallel", "2"], r"--tensor-parallel 2 needs vLLM, and the engine is transf"),
    ],
)
def test_an_engine_that_is_not_available_is_one_line_and_writes_nothing(
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


@pytest.mark.parametrize("name", ["score", "train"])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_dtype_and_device_reach_the_engine(
    call: Call, name: str, dtype: str, tmp_path: Path
) -> None:
    result = call(name, "--dtype", dtype, "--device", "cpu", "--batch-size", "5")
    assert result.exit_code == 0, result.output
    described = Artifact.load(tmp_path / name).config["engine"]
    assert (described["dtype"], described["device"]) == (dtype, "cpu")
    assert described["batch_size"] == 5
    assert "engine: transformers (" in result.stderr


@pytest.mark.parametrize("name", ["score", "probe", "train", "behaviors"])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--device", "toaster"], "--device toaster: expected a torch device such as cpu"),
        (["--device", "cpu", "--data-parallel", "2"], "--data-parallel 2 places its copies by its"),
        (
            ["--revision", "main"],
            "--revision main: expected a hub name .* got the local checkpoint",
        ),
    ],
)
def test_model_options_that_do_not_fit(
    call: Call, name: str, options: list[str], message: str, tmp_path: Path
) -> None:
    if name == "behaviors":
        call("score")
    error = call(name, *options).exception
    assert isinstance(error, UserError)
    with pytest.raises(UserError, match=message):
        raise error
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("name", ["score", "train"])
def test_a_revision_is_the_one_that_is_downloaded(
    call: Call, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub

    class Requested(Exception):
        pass

    def download(repository: str, *, revision: str | None, **_: Any) -> str:
        raise Requested(repository, revision)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    error = call(name, "--revision", "step-100", checkpoint="org/model").exception
    assert isinstance(error, Requested) and error.args == ("org/model", "step-100")


@pytest.mark.parametrize("name", ["score", "train"])
def test_quiet_prints_nothing_but_the_result(call: Call, name: str) -> None:
    result = call(name, "--quiet")
    assert result.exit_code == 0 and result.stderr == "" and result.stdout

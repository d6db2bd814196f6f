"""The command, with the checkpoint and the names replaced."""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from clean_bench.cli.probe import command
from clean_bench.errors import UserError
from clean_bench.probing.cut import cut
from clean_bench.problems import ProblemSet


@pytest.fixture
def call(
    monkeypatch: pytest.MonkeyPatch, fake_engine: Any, planted: ProblemSet, fresh: ProblemSet
) -> Callable[[Sequence[str]], Result]:
    """Run the command on a checkpoint that recites everything planted at 60%."""
    sets = {"planted": planted, "fresh": fresh}
    cuts = [cut(problem.problem, 0.6) for problem in planted]
    engine = fake_engine({one.prefix: one.suffix for one in cuts if one.reason is None})
    names = SimpleNamespace(checkpoint_folder=Path, problem_set=sets.__getitem__)
    weights = SimpleNamespace(weights_sha256=lambda folder: "ab" * 32)
    for name, module in (
        ("clean_bench.experiments.names", names),
        ("clean_bench.checkpoints", weights),
    ):
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr("clean_bench.engines.open.open_engine", lambda *_, **__: engine)

    def run(args: Sequence[str]) -> Result:
        return CliRunner().invoke(command, list(args))

    return run


def test_json(tmp_path: Path, call: Callable[[Sequence[str]], Result]) -> None:
    line = ["model", "--on", "planted", "fresh", "--out", str(tmp_path / "p"), "--json"]
    first = call(line)
    assert first.exit_code == 0, first.output
    printed = json.loads(first.stdout)
    rate = printed["sets"]["planted"]["prefix"]["0.6"]["exact_match"]
    assert (rate["value"], rate["n"]) == (1.0, 6) and 0 < rate["low"] < 1 and rate["high"] == 1
    assert printed["sets"]["planted"]["by_dose"]["16"]["exact_match"]["value"] == 1.0
    assert printed["sets"]["fresh"]["prefix"]["0.6"]["exact_match"]["value"] == 0.0
    assert list(printed["sets"]["fresh"]["prefix"]) == ["0.4", "0.6", "0.8"]
    assert json.loads(call(line).stdout) == printed
    assert json.loads(call([line[0], "--on", "planted,fresh", *line[4:]]).stdout) == printed


def test_text(tmp_path: Path, call: Callable[[Sequence[str]], Result]) -> None:
    result = call(["model", "--on", "planted", "--prefix", "0.6", "--out", str(tmp_path / "p")])
    assert "after 60%: exact match 100.0% [61.0, 100.0], without a model 0.0%" in result.stdout
    assert "(1 not scored)" in result.stdout
    assert "dose 16: exact match 100.0%" in result.stdout


def test_limit(tmp_path: Path, call: Callable[[Sequence[str]], Result]) -> None:
    line = ["model", "--on", "fresh", "--limit", "2", "--out", str(tmp_path / "p"), "--json"]
    assert json.loads(call(line).stdout)["sets"]["fresh"]["n"] == 2


def test_from_predictions(tmp_path: Path, call: Callable[[Sequence[str]], Result]) -> None:
    results = [{"predicted_text": "a b", "original_text": text} for text in ("a b", "c d")]
    (tmp_path / "f.json").write_text(json.dumps([{"n_gram_results": results}]))
    out = str(tmp_path / "p")
    result = call(["--from-predictions", str(tmp_path / "f.json"), "--out", out, "--json"])
    printed = json.loads(result.stdout)
    assert (printed["exact_match"], printed["rouge_l"]) == (0.5, 0.5)
    assert printed["edit_similarity"] == pytest.approx((1 + 1 / 3) / 2)


@pytest.mark.parametrize(
    "args, message",
    [
        (["model"], "name a checkpoint and --on"),
        (["--on", "fresh"], "name a checkpoint and --on"),
        (["model", "--on", "fresh", "--prefix", "60"], "--prefix 60"),
        (["model", "--on", "fresh", "--prefix", "a,b"], "--prefix a,b"),
        (["model", "--from-predictions", "f.json"], "takes no checkpoint"),
    ],
)
def test_bad_lines(
    tmp_path: Path, call: Callable[[Sequence[str]], Result], args: list[str], message: str
) -> None:
    error = call([*args, "--out", str(tmp_path / "p")]).exception
    assert isinstance(error, UserError) and message in str(error)
    assert not (tmp_path / "p").exists()

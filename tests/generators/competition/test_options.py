"""The options of `clean-bench generate competition` and of `clean_bench.generate`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

import clean_bench as cb
from clean_bench.artifacts import Artifact, verify
from clean_bench.cli.generate import command
from clean_bench.cli.main import main
from clean_bench.errors import UserError
from clean_bench.problems import load_problems
from generators.checks import verify_set
from generators.competition.plan import matched_plan
from generators.option_names import MATCHED, TIERED


def error_of(monkeypatch: pytest.MonkeyPatch, capsys: Any, line: list[str]) -> str:
    """The one line that a command ends in, with status 2."""
    monkeypatch.setattr(sys, "argv", ["clean-bench", "generate", *line, "--quiet"])
    with pytest.raises(SystemExit) as ended:
        main()
    error = capsys.readouterr().err.strip()
    assert ended.value.code == 2 and len(error.splitlines()) == 1
    return str(error)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--groups", "0"], "--groups 0: expected 1 to"),
        (["--subject", "Algebraic"], "--subject Algebraic: expected Algebra, "),
        (["--subject", "algebra"], "Precalculus: did you mean Algebra?"),
        (["--subject", "number theory"], "Precalculus: did you mean Number Theory?"),
        (["--template", "power-sum-remaindr"], "did you mean power-sum-remainder"),
        (["--template", "Quiz-Score"], "did you mean quiz-score?"),
        (["--template", "a", "--template", "b"], "'--template': expected one value, got a, b"),
        (["--subject", "Algebra", "--subject", "Geometry"], "'--subject': expected one value"),
        (["--level", "1", "--level", "1"], "'--level': expected one value, got 1, 1"),
        (["--groups", "3", "--groups", "4"], "'--groups': expected one value, got 3, 4"),
        (["--profile", "math500", "--profile", "math500"], "'--profile': expected one value"),
        (["--profile", "gsm8k"], "--profile gsm8k: expected math500"),
        (["--steps", "3"], "--steps: not an option of competition"),
        (["--drop"], "--drop: expected --decontaminate FILE,... beside it"),
        (["--decontaminate", "absent.jsonl"], "absent.jsonl: no such file or folder"),
        (
            ["--template", "power-sum-remainder", "--level", "1"],
            "expected a template that has them all",
        ),
    ],
)
def test_bad_options_end_in_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    message: str,
) -> None:
    line = ["competition", "--seed", "x", *options, "--out", str(tmp_path / "o")]
    assert message in error_of(monkeypatch, capsys, line)
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("name", ["matched", "Competition", "competitoin"])
@pytest.mark.parametrize("more", [[], ["--steps", "3"], ["--groups", "3"]])
def test_an_unknown_family_is_named_before_its_options(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, more: list[str]
) -> None:
    line = [name, "--seed", "x", *more, "--out", "o"]
    assert f"no family {name!r}: did you mean competition" in error_of(monkeypatch, capsys, line)


def test_the_list_of_options_is_that_of_the_help() -> None:
    """Every option of the help but those of the families with tiers."""
    help_text = CliRunner().invoke(command, ["--help"]).output
    line = "competition --seed x --workers 2 --out o"
    with pytest.raises(UserError) as caught:
        CliRunner().invoke(command, line.split(), catch_exceptions=False)
    head, _, listed = str(caught.value).partition("a matched set takes ")
    assert head == "--workers: not an option of competition: "
    names = set(listed.replace(" and ", ", ").split(", "))
    options = [p for p in command.params if isinstance(p, click.Option)]
    every = {max(p.opts, key=len) for p in options}
    assert names == every - {f"--{name}" for name in TIERED}
    assert {"--bind", "--seed", "--round", "--decontaminate", "--drop", "--split"} <= names
    assert all(name in help_text for name in names)


@pytest.mark.parametrize(
    ("family", "argument", "value"),
    [
        *(("competition", name, {"steps": "4", "count": 5}[name]) for name in ("steps", "count")),
        *(("stories", name, {"groups": 3, "level": 2}.get(name, "x")) for name in sorted(MATCHED)),
    ],
)
def test_arguments_of_the_other_kind_of_family_are_refused(
    family: str, argument: str, value: Any
) -> None:
    with pytest.raises(UserError) as of_api:
        cb.generate(family, seed="x", **{argument: value})
    assert str(of_api.value).startswith(f"{argument}: not an option of {family}: ")
    line = [family, "--seed", "x", f"--{argument}", str(value), "--out", "o"]
    with pytest.raises(UserError) as of_command:
        CliRunner().invoke(command, line, catch_exceptions=False)
    assert str(of_command.value).startswith(f"--{of_api.value}"[: 30 + len(argument)])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"subject": "algebra"}, r"did you mean Algebra\?"),
        ({"level": 6}, "--level 6: expected 1 to 5"),
        ({"level": "3"}, "--level 3: expected 1 to 5"),
        ({"groups": "3"}, "--groups 3: expected 1 to"),
        ({"groups": 0}, "--groups 0: expected 1 to"),
        ({"template": "quizscore"}, "did you mean quiz-score"),
        ({"profile": "gsm8k"}, "--profile gsm8k: expected math500"),
        ({"split": "test"}, "--split test: expected"),
        ({"drop": True}, "drop: expected decontaminate beside it"),
        ({"decontaminate": "absent.jsonl"}, "absent.jsonl: no such file or folder"),
    ],
)
def test_wrong_arguments(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        cb.generate("competition", seed="x", **arguments)


def test_the_defaults_are_those_of_the_command() -> None:
    plan = matched_plan(b"x")
    assert (plan.groups, plan.profile.name, plan.split) == (258, "math500", "all")


def test_the_command_writes_and_resumes(tmp_path: Path) -> None:
    line = f"competition --groups 5 --seed x --out {tmp_path / 'o'} --json"
    first, second = (CliRunner().invoke(command, line.split()) for _ in range(2))
    assert first.exit_code == second.exit_code == 0
    assert json.loads(first.stdout) == json.loads(second.stdout)
    assert json.loads(first.stdout)["matched"]["label"] == "matched"


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ({"groups": 5}, "--groups 5"),
        ({"groups": 4, "subject": "Algebra", "level": 3}, "--groups 4 --subject Algebra --level 3"),
        (
            {"groups": 2, "template": "quiz-score", "split": "train", "profile": "math500"},
            "--groups 2 --template quiz-score --split train --profile math500",
        ),
    ],
)
def test_the_python_api_draws_the_set_of_the_command(
    tmp_path: Path, arguments: dict[str, Any], options: str
) -> None:
    problems = cb.generate("competition", seed="x", **arguments)
    line = f"competition --seed x {options} --out {tmp_path / 'o'} --quiet"
    assert CliRunner().invoke(command, line.split()).exit_code == 0
    assert list(problems) == list(load_problems(str(tmp_path / "o")))
    assert problems.role == ("train" if "split" in arguments else "matched")


@pytest.mark.parametrize("drop", [False, True])
def test_the_python_api_searches_files_as_the_command(tmp_path: Path, drop: bool) -> None:
    first = cb.generate("competition", groups=6, seed="x", out=tmp_path / "first")
    file = tmp_path / "corpus.jsonl"
    rows = [{"problem": p.problem, "answer": p.answer} for p in first.problems[:5]]
    file.write_text("\n".join(map(json.dumps, rows)))
    again = cb.generate(
        "competition", groups=6, seed="x", decontaminate=file, drop=drop, out=tmp_path / "api"
    )
    line = f"competition --groups 6 --seed x --decontaminate {file} --out {tmp_path / 'o'} --quiet"
    assert CliRunner().invoke(command, [*line.split(), *["--drop"] * drop]).exit_code == 0
    assert list(again) == list(load_problems(str(tmp_path / "o")))
    assert (again.problems[:5] == first.problems[:5]) is not drop
    api, of_command = (Artifact.load(tmp_path / name).metadata for name in ("api", "o"))
    assert api == of_command and api["matched"]["twins"][0]["name"] == "corpus.jsonl"
    assert verify(tmp_path / "o", {"problem-set": verify_set}) == []


def test_the_python_api_decontaminates_sets_with_tiers(tmp_path: Path) -> None:
    options: dict[str, Any] = {"steps": "2", "count": 20, "seed": "x"}
    first = cb.generate("word-problems", **options)
    file = tmp_path / "corpus.txt"
    file.write_text("\n".join(p.problem for p in first.problems[:3]))
    clean = cb.generate("word-problems", **options, decontaminate=[file], drop=True)
    assert not {p.problem for p in first.problems[:3]} & {p.problem for p in clean}
    assert clean.about["manifest"]["freshness"]["decontamination"]["rejected"] is True

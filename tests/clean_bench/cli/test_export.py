"""`clean-bench export`: its output, and errors in one line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from clean_bench.cli.export import command
from clean_bench.problems import Problem, ProblemSet, write_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    problems = [Problem(id=str(i), problem=f"{i} + 1?", answer=str(i + 1)) for i in range(3)]
    write_folder(tmp_path / "sums", ProblemSet("sums", problems), {})
    return tmp_path / "sums"


def call(*arguments: object) -> str:
    texts = [str(argument) for argument in arguments]
    return CliRunner().invoke(command, texts, catch_exceptions=False).stdout


@pytest.mark.parametrize(("target", "then"), [("lm-eval", "--tasks sums"), ("verifiers", "pip")])
def test_text_has_a_summary_and_the_next_command(
    folder: Path, tmp_path: Path, target: str, then: str
) -> None:
    out = tmp_path / "new" / "out"
    text = call(folder, "--to", target, "--out", out)
    assert f"{out}: 3 problems for {target}" in text and then in text
    assert "unchanged from an earlier export" in call(folder, "--to", target, "--out", out)


def test_json(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    data = json.loads(call(folder, "--to", "jsonl", "--out", out, "--json"))
    assert data.pop("content_sha256").isalnum()
    assert data == {
        "out": str(out),
        "to": "jsonl",
        "name": None,
        "problems": 3,
        "claim": None,
        "files": [],
        "written": True,
    }
    assert not json.loads(call(folder, "--to", "jsonl", "--out", out, "--json"))["written"]
    named = call(folder, "--to", "lm-eval", "--name", "mine", "--out", tmp_path / "t", "--json")
    assert json.loads(named)["files"] == ["README.md", "mine.jsonl", "mine.yaml", "utils.py"]


def test_mistakes_are_one_line_and_status_2(folder: Path, tmp_path: Path) -> None:
    def fail(*arguments: object) -> str:
        line = [sys.executable, "-m", "clean_bench", "export", *map(str, arguments)]
        done = subprocess.run(line, capture_output=True, text=True)
        assert done.returncode == 2 and not done.stdout
        (message,) = done.stderr.splitlines()
        return message

    out = tmp_path / "out"
    assert "holds no clean-bench artifact" in fail(tmp_path, "--to", "jsonl", "--out", out)
    choices = fail(folder, "--to", "csv", "--out", out)
    assert all(target in choices for target in ("lm-eval", "verifiers", "jsonl"))
    assert "expected at most 80 letters" in fail(
        folder, "--to", "lm-eval", "--name", "a b", "--out", out
    )
    assert not out.exists()
    out.mkdir()
    (out / "mine").write_text("x")
    assert "choose another folder" in fail(folder, "--to", "lm-eval", "--out", out)


def test_help_has_examples(folder: Path) -> None:
    text = command.get_help(click.Context(command, info_name="clean-bench export"))
    assert text.count("clean-bench export fresh") == 2
    assert "With --to jsonl" in text or "with --to jsonl" in " ".join(text.split())

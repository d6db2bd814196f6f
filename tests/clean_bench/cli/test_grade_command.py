"""`clean-bench grade`: rows in, rows with verdicts out, mistakes named by line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from clean_bench.cli.grade import command
from clean_bench.errors import UserError


def call(file: Path, out: Path, *more: str) -> str:
    arguments = [str(file), "--out", str(out), *more]
    return CliRunner().invoke(command, arguments, catch_exceptions=False).stdout


def test_rows_get_their_verdicts(tmp_path: Path) -> None:
    rows = [
        {"gold": "1/2", "response": r"so \boxed{0.5}", "mine": 7},
        {"answer": "4", "response": r"\boxed{5}"},
        {"gold": "4", "response": ""},
    ]
    file, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    summary = json.loads(call(file, out, "--json"))
    assert summary["verdicts"] == {"different": 1, "equal": 1, "no answer": 1}
    graded = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["correct"] for row in graded] == [True, False, False]
    assert [row["verdict"] for row in graded] == ["equal", "different", "no answer"]
    assert [row["extracted"] for row in graded] == ["0.5", "5", None]
    assert graded[0]["mine"] == 7


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "in.jsonl:2: not JSON"),
        ("[1]", "in.jsonl:2: an object"),
        ('{"response": "x"}', "in.jsonl:2: the row has no gold"),
        ('{"gold": " ", "response": "x"}', "in.jsonl:2: the row has no gold"),
        ('{"gold": "1"}', "in.jsonl:2: the row has no response"),
    ],
)
def test_mistakes_are_named_and_nothing_is_written(tmp_path: Path, line: str, message: str) -> None:
    file, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    file.write_text('{"gold": "1", "response": "1"}\n' + line + "\n")
    with pytest.raises(UserError, match=message):
        call(file, out)
    assert not out.exists()

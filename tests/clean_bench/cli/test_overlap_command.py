"""`clean-bench overlap` and what it prints."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from clean_bench.cli.main import main
from clean_bench.cli.overlap import command
from clean_bench.cli.verify import command as verify
from clean_bench.errors import UserError

ASKED = (
    "How many of the {} blue marbles in the left jar are heavier than the {} red ones on the table?"
)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A training set of three rows, none with an answer; two benchmarks of two problems each."""
    monkeypatch.chdir(tmp_path)

    def write(name: str, *problems: str) -> None:
        rows = [{"id": f"{name}-{i}", "problem": problem} for i, problem in enumerate(problems)]
        Path(f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    write("train", "Something else.", ASKED.format(3, 5), "What is 2 + 2?")
    write("one", ASKED.format(3, 5).upper(), "Nothing like it at all")
    write("two", ASKED.format(30, 44), "Other words")
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(command, words, catch_exceptions=False)


@pytest.mark.parametrize(
    "on",
    [["--on", "one.jsonl,second=two.jsonl"], ["--on", "one.jsonl", "second=two.jsonl"]],
)
def test_json(files: Path, on: list[str]) -> None:
    result = run("train.jsonl", *on, "--out", "o", "--json")
    assert result.exit_code == 0
    printed = json.loads(result.stdout)
    assert printed["training_rows"] == 3 and list(printed["sets"]) == ["one", "second"]
    one, two = printed["sets"]["one"], printed["sets"]["second"]
    assert [one[key] for key in ("n", "exact", "ngram", "masked")] == [2, 1, 1, 1]
    assert [two[key] for key in ("n", "exact", "ngram", "masked")] == [2, 0, 0, 1]
    assert one["problems"] == [
        {
            "problem_id": "one-0",
            "kind": "exact",
            "share": 1.0,
            "masked_share": 1.0,
            "training_id": "train-1",
            "training_row": 2,
            "hits": 1,
        }
    ]
    assert json.loads(run("train.jsonl", *on, "--out", "o", "--json").stdout) == printed
    checked = CliRunner().invoke(verify, ["o", "--json"], catch_exceptions=False)
    assert json.loads(checked.stdout)["ok"] and checked.exit_code == 0


def test_text(files: Path) -> None:
    lines = run("train.jsonl", "--on", "one.jsonl", "--out", "o").stdout.splitlines()
    assert lines[0] == "3 problems of train" and lines[1] == "one: 2 problems"
    assert lines[2].split() == "exact 1 50.0% (among its own problems 0)".split()
    assert lines[-1] == "    one-0: exact, 100% in row 2 (train-1)"


def test_a_name_with_a_comma_is_one_file(files: Path) -> None:
    Path("one.jsonl").rename("o,ne.jsonl")
    for name in ("o,ne.jsonl", "x=o,ne.jsonl"):
        result = run("train.jsonl", "--on", name, "--out", f"out-{name[0]}", "--json")
        assert len(json.loads(result.stdout)["sets"]) == 1


def test_mistakes(files: Path) -> None:
    with pytest.raises(UserError, match=r"no benchmark named 'mth500' \(close: math500"):
        run("train.jsonl", "--on", "one.jsonl,mth500", "--out", "o")
    with pytest.raises(UserError, match=r"absent\.jsonl: no such file"):
        run("absent.jsonl", "--on", "one.jsonl", "--out", "o")
    with pytest.raises(UserError, match="each only once"):
        run("train.jsonl", "--on", "one.jsonl,one.jsonl", "--out", "o")
    assert run("train.jsonl", "--on", "one.jsonl", "--out", "o", "--ngram", "2").exit_code == 2
    assert not Path("o").exists()


def test_an_organism_is_a_training_set_too(files: Path) -> None:
    result = run(
        "organism:reciter/twin", "--on", "organism:reciter/planted", "--out", "o", "--json"
    )
    [found] = json.loads(result.stdout)["sets"].values()
    assert found["n"] > 0 and found["exact"] == 0


def test_a_folder_that_cannot_be_is_found_before_the_training_set_is_read(
    files: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        sys, "argv", "clean-bench overlap train.jsonl --on one.jsonl --out two.jsonl/o".split()
    )
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.endswith("two.jsonl is a file: choose another output folder")

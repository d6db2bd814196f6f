"""`clean-bench overlap` and what it prints."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from click.testing import Result as Outcome

from clean_bench.cli.main import main
from clean_bench.cli.overlap import command
from clean_bench.cli.verify import command as verify
from clean_bench.errors import UserError
from clean_bench.results import Result, Results

TEXT = (
    "How many of the {} blue marbles in the left jar are heavier than the {} red ones on the table?"
)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A training set of three rows, none with an answer; two benchmarks of two problems each."""
    monkeypatch.chdir(tmp_path)

    def write(name: str, *problems: str) -> None:
        rows = [{"id": f"{name}-{i}", "problem": problem} for i, problem in enumerate(problems)]
        Path(f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    write("train", "Something else.", TEXT.format(3, 5), "What is 2 + 2?")
    write("one", TEXT.format(3, 5).upper(), "Nothing like it at all")
    write("two", TEXT.format(30, 44), "Other words")
    return tmp_path


def run(*words: str) -> Outcome:
    return CliRunner().invoke(command, words, catch_exceptions=False)


def values(printed: dict[str, Any], name: str, subset: str | None = None) -> list[float | None]:
    """The shares of the three kinds of hit; every set has two problems."""
    results = Results(Result(**row) for row in printed["results"]).where(set=name, subset=subset)
    return [results.where(measure=kind, n=2).one().value for kind in ("exact", "ngram", "masked")]


@pytest.mark.parametrize(
    "on",
    [
        ["--on", "one.jsonl,second=two.jsonl"],
        ["--on", "one.jsonl", "--on", "second=two.jsonl"],
    ],
)
def test_json(files: Path, on: list[str]) -> None:
    result = run("train.jsonl", *on, "--out", "o", "--json")
    assert result.exit_code == 0
    printed = json.loads(result.stdout)
    assert printed["training_rows"] == 3
    assert list(dict.fromkeys(row["set"] for row in printed["results"])) == ["one", "second"]
    assert values(printed, "one") == [0.5, 0.5, 0.5]
    assert values(printed, "second") == [0, 0, 0.5]
    assert values(printed, "one", "within the set") == [0, 0, 0]
    assert printed["hits"][0] == {
        "set": "one",
        "problem_id": "one-0",
        "kind": "exact",
        "share": 1.0,
        "masked_share": 1.0,
        "training_id": "train-1",
        "training_row": 2,
        "hits": 1,
    }
    assert [(hit["set"], hit["kind"]) for hit in printed["hits"]] == [
        ("one", "exact"), ("second", "masked")
    ]  # fmt: skip
    assert json.loads(run("train.jsonl", *on, "--out", "o", "--json").stdout) == printed
    checked = CliRunner().invoke(verify, ["o", "--json"], catch_exceptions=False)
    assert json.loads(checked.stdout)["ok"] and checked.exit_code == 0


def test_text_is_in_the_order_of_the_options(files: Path) -> None:
    outcome = run("train.jsonl", "--on", "two.jsonl,one.jsonl", "--out", "o")
    lines = [" ".join(line.split()) for line in outcome.stdout.splitlines()]
    assert lines[0] == "3 problems of train"
    assert lines[1] == "set kind problems hits share [95%] within the set [95%]"
    assert [line.split()[0] for line in lines[3:9]] == ["two"] * 3 + ["one"] * 3
    assert lines[6] == "one exact 2 1 50.0% [9.5, 90.5] 0.0% [0.0, 65.8]"
    assert lines[9:] == [
        "two two-0: masked, 100% in row 2 (train-1)",
        "one one-0: exact, 100% in row 2 (train-1)",
    ]


def test_a_name_with_a_comma_is_one_file(files: Path) -> None:
    Path("one.jsonl").rename("o,ne.jsonl")
    for name in ("o,ne.jsonl", "x=o,ne.jsonl"):
        result = run("train.jsonl", "--on", name, "--out", f"out-{name[0]}", "--json")
        assert len({row["set"] for row in json.loads(result.stdout)["results"]}) == 1


def test_mistakes(files: Path) -> None:
    with pytest.raises(
        UserError, match=r"no set named 'mth500': expected .*did you mean math500\?$"
    ):
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
    results = Results(Result(**row) for row in json.loads(result.stdout)["results"])
    exact = results.where(measure="exact", subset=None).one()
    assert exact.n > 0 and exact.value == 0 and exact.role == "planted"


def test_an_impossible_folder_is_refused_before_the_training_set_is_read(
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

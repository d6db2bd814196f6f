"""Columns that a user names: in files of every format, nested ones, and errors that list the others."""

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clean_bench.errors import UserError
from clean_bench.problems import load_problems
from clean_bench.problems.stream import stream_problems

MAPPING = ":problem=frage,answer=loesung"
ROWS = [
    {"frage": "1+1?", "loesung": "2", "answer": "wrong"},
    {"frage": "3?", "loesung": "1/3", "answer": "wrong"},
]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif path.suffix == ".csv":
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize("suffix", ["jsonl", "parquet", "csv"])
def test_the_named_columns_are_read_and_others_recognized(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"s.{suffix}", [{**row, "level": "2"} for row in ROWS])
    problems = load_problems(f"{path}{MAPPING}")
    assert [(p.id, p.problem, p.answer, p.level) for p in problems] == [
        ("1", "1+1?", "2", "2"),
        ("2", "3?", "1/3", "2"),
    ]
    assert problems.name == "s"
    assert problems.about["columns"] == {"problem": "frage", "answer": "loesung"}
    assert load_problems(f"mine={path}{MAPPING}").name == "mine"
    questions = [p.problem for _, p in stream_problems(f"{path}{MAPPING}").problems]
    assert questions == ["1+1?", "3?"]


@pytest.mark.parametrize(
    ("column", "value", "answer"),
    [
        ("reward_model.ground_truth", {"ground_truth": 7, "style": "rule"}, "7"),
        ("reward_model.a.B", {"A": {"b": "x"}}, "x"),
        ("answers.1", ["4", "5"], "5"),
        ("answers", ["4", "5"], "4, 5"),
        ("a.b", "literal", "literal"),
        ("LOESUNG", 3.0, "3"),
        ("loesung", "We get $\\boxed{\\frac12}$.", "\\frac12"),
        ("loesung", "3+4\n#### 1,007", "1007"),
        ("loesung", "\\boxed{8}", "8"),
    ],
)
def test_nested_columns_and_worked_solutions(
    tmp_path: Path, column: str, value: object, answer: str
) -> None:
    key = "a.b" if column == "a.b" else column.split(".")[0].lower()
    path = write(tmp_path / "s.jsonl", [{"problem": "P", key: value}])
    assert load_problems(f"{path}:answer={column}").problems[0].answer == answer


def test_a_chat_under_any_name_gives_the_turns_of_the_user(tmp_path: Path) -> None:
    turns = [{"role": "system", "content": "S"}, {"role": "user", "content": "P?"}]
    path = write(tmp_path / "s.jsonl", [{"dialog": turns, "answer": "1"}])
    assert load_problems(f"{path}:problem=dialog").problems[0].problem == "P?"


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            "problem=fragen",
            r"s\.jsonl: expected a column fragen for the problem, got frage, loesung, answer, deep; did "
            r"you mean frage\?",
        ),
        ("answer=zzz", "expected a column zzz for the answer, got frage, loesung, answer, deep$"),
        ("problem=frage,answer=deep.zz", "expected a column deep.zz for the answer"),
        ("problem=frage,answer=deep", "got an object; name one of deep.inner"),
        (
            "problem=deep.none",
            r"s\.jsonl:1: expected a problem text in deep.none, got none; fill it in or remove",
        ),
        ("question=frage", "expected FIELD=COLUMN with one of the fields problem, answer"),
    ],
)
def test_a_wrong_column_lists_those_there_are(tmp_path: Path, columns: str, message: str) -> None:
    rows = [{**row, "deep": {"inner": 1, "none": None}} for row in ROWS]
    path = write(tmp_path / "s.jsonl", rows)
    with pytest.raises(UserError, match=message) as caught:
        load_problems(f"{path}:{columns}")
    assert "\n" not in str(caught.value)


def test_a_column_that_some_rows_lack_is_null_there(tmp_path: Path) -> None:
    path = write(tmp_path / "s.jsonl", [{"frage": "P"}, {"frage": "Q", "loesung": "5"}])
    problems = load_problems(f"{path}{MAPPING}")
    assert [p.answer for p in problems] == [None, "5"]
    with pytest.raises(UserError, match=r"s\.jsonl:1: expected a gold answer.*add :answer=COLUMN"):
        problems.require_answers()


def test_a_streamed_set_with_a_wrong_column_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "s.jsonl", ROWS)
    with pytest.raises(UserError, match="expected a column zzz for the problem, got frage"):
        list(stream_problems(f"{path}:problem=zzz").problems)


def test_sets_whose_columns_are_known_take_none(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "manifest.json").write_text("{}")
    with pytest.raises(UserError, match="the columns of a problem-set folder are known"):
        load_problems(f"{tmp_path}/set:problem=q")


def test_any_set_can_get_another_name() -> None:
    import clean_bench.organisms  # noqa: F401 - registers organism:NAME

    twin = load_problems("organism:reciter/twin")
    renamed = load_problems("x=organism:reciter/twin")
    assert (renamed.name, renamed.role, renamed.problems) == ("x", "twin", twin.problems)
    with pytest.raises(UserError, match="organism:reciter/twin: its columns are known"):
        load_problems("organism:reciter/twin:problem=q")


def test_an_empty_file_and_a_row_that_is_no_object_are_named_first(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_text("\n")
    with pytest.raises(UserError, match="expected at least one row, got none"):
        load_problems(f"{tmp_path}/s.jsonl{MAPPING}")
    (tmp_path / "s.jsonl").write_text('{"frage": "P", "loesung": "1"}\n[1]\n')
    with pytest.raises(UserError, match=r"s\.jsonl:2: expected an object with columns, got a list"):
        load_problems(f"{tmp_path}/s.jsonl{MAPPING}")


def test_a_list_of_names_longer_than_a_file_name(tmp_path: Path) -> None:
    from clean_bench.cli.options import names_of

    names = [f"set-{number}=no-such-folder-{number}.jsonl:problem=frage" for number in range(40)]
    assert names_of([",".join(names)]) == names
    with pytest.raises(UserError, match="no set named"):
        load_problems("x" * 3000)

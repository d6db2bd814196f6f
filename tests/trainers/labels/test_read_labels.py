"""Labels from files: joined, graded again, counted, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clean_bench.errors import UserError
from clean_bench.problems import Problem, ProblemSet
from trainers.labels import Label, Labels, load_labels
from trainers.rewards import parse_reward, prepare_problems

PROBLEMS = [
    Problem("a", "1 + 1 = ?", "2"),
    Problem("b", "1 / 2 = ?", r"\frac{1}{2}"),
    Problem("c", "2 * 3 = ?", "6"),
    Problem("d", "one of two?", '["1", "2"]'),
    Problem("e", "9 - 9 = ?", "0"),
]


def write(path: Path, rows: Sequence[object]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return str(path)


ROWS = [
    {"id": "a", "label": "2"},
    {"id": "b", "label": "0.5", "note": "right in another form"},
    {"id": "c", "label": 5},
    {"id": "d", "label": "2"},
    {"id": "e", "label": None},
    {"id": "another", "label": "7"},
]


def test_labels_are_graded_again_and_counted(tmp_path: Path) -> None:
    labels = load_labels(write(tmp_path / "labels.jsonl", ROWS), PROBLEMS)
    assert [(label.problem_id, label.answer, label.right) for label in labels] == [
        ("a", "2", True), ("b", "0.5", True), ("c", "5", False), ("d", "2", True), ("e", None, None)
    ]  # fmt: skip
    assert labels.share_right == 3 / 4
    assert labels.counts() == {
        "labels": 5, "right": 3, "wrong": 1, "undecided": 0, "missing": 1, "share_right": 0.75
    }  # fmt: skip
    assert labels.summary() == (
        "5 problems: 3 right (75.0% of those decided), 1 wrong, 1 without a label"
    )


@pytest.mark.parametrize("blank", ["", "  ", None])
def test_a_blank_label_is_none(tmp_path: Path, blank: str | None) -> None:
    path = write(tmp_path / "labels.jsonl", [{"id": "a", "label": blank}])
    label = load_labels(path, PROBLEMS).of("a")
    assert label == Label("a", None)


def test_a_label_stays_a_text_and_is_no_list_of_answers(tmp_path: Path) -> None:
    path = write(tmp_path / "labels.jsonl", [{"id": "a", "label": "[1, 2]"}])
    label = load_labels(path, PROBLEMS).of("a")
    assert label is not None and (label.answer, label.right) == ("[1, 2]", False)


def test_rows_are_joined_by_text_before_id(tmp_path: Path) -> None:
    rows = [{"id": "b", "problem": "1 +  1 = ?", "label": "3"}]
    labels = load_labels(write(tmp_path / "labels.jsonl", rows), PROBLEMS)
    assert [label.problem_id for label in labels] == ["a"]


def test_columns_of_other_layouts_are_named(tmp_path: Path) -> None:
    path = tmp_path / "labels.parquet"
    rows = [{"question_text": problem.problem, "mv": "2"} for problem in PROBLEMS]
    pq.write_table(pa.Table.from_pylist(rows), path)
    labels = load_labels(f"{path}:answer=mv,problem=question_text", PROBLEMS)
    assert [label.right for label in labels] == [True, False, False, True, False]
    csv = tmp_path / "labels.csv"
    csv.write_text("problem_id,majority_answer\na,2\nc,6\n", "utf-8")
    assert [label.right for label in load_labels(str(csv), PROBLEMS)] == [True, True]


def test_the_hash_follows_every_label(tmp_path: Path) -> None:
    one = load_labels(write(tmp_path / "one.jsonl", ROWS), PROBLEMS)
    same = load_labels(write(tmp_path / "same.jsonl", ROWS[::-1]), PROBLEMS)
    other = load_labels(
        write(tmp_path / "other.jsonl", [*ROWS[1:], {"id": "a", "label": "3"}]), PROBLEMS
    )
    assert one.sha256 == same.sha256 != other.sha256
    assert Labels.from_table(one.table()).sha256 == one.sha256


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"id": "a"}], "jsonl:1: expected a column label or majority_answer or .*, got id"),
        ([{"label": "2"}], r"jsonl:1: expected the problem .* or its id .*got label; name the column"),
        ([{"id": "a", "label": {"x": 1}}], "jsonl:1: label: expected text or a number, got"),
        ([{"id": "a", "label": True}], "label: expected text or a number, got True"),
        ([{"id": "a", "label": "2"}, {"id": "a", "label": "3"}], "problem a has the label '3', and '2'"),
        ([{"id": "x", "label": "2"}], "expected labels of the training set, got none of its 5 problems"),
        (["text"], "jsonl:1: expected an object with columns, got str"),
        ([{"id": "a", "label": "x\0"}], "label: .*NUL"),
    ],
)  # fmt: skip
def test_a_bad_file_gives_one_line(tmp_path: Path, rows: list[object], message: str) -> None:
    with pytest.raises(UserError, match=message) as raised:
        load_labels(write(tmp_path / "labels.jsonl", rows), PROBLEMS)
    assert "\n" not in str(raised.value)


def test_a_missing_file_and_a_missing_column_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"--labels nowhere.jsonl: no such file or folder"):
        load_labels("nowhere.jsonl", PROBLEMS)
    path = write(tmp_path / "labels.jsonl", ROWS)
    with pytest.raises(UserError, match="jsonl:1: expected a column mv, got id, label"):
        load_labels(f"{path}:answer=mv", PROBLEMS)
    with pytest.raises(UserError, match="expected columns of id, problem, answer, got level"):
        load_labels(f"{path}:level=mv", PROBLEMS)


# ---- which problems take part ------------------------------------------------------------------------

SET = ProblemSet("some", PROBLEMS)


def labels_of(tmp_path: Path) -> Labels:
    return load_labels(write(tmp_path / "labels.jsonl", ROWS), PROBLEMS)


def test_under_incorrect_only_wrong_labels_take_part(tmp_path: Path) -> None:
    kept = prepare_problems("incorrect & !python", (), SET, labels_of(tmp_path))
    assert [problem.id for problem in kept] == ["c"]
    assert kept.name == "wrong-labels-of-some" and kept.role == "train"
    assert kept.about["left_out"] == {"label right": 3, "label undecided": 0, "no label": 1}


def test_under_majority_every_problem_takes_part(tmp_path: Path) -> None:
    assert prepare_problems("majority", (), SET, labels_of(tmp_path)) is SET


def test_an_undecided_label_takes_no_part_under_incorrect() -> None:
    labels = Labels([Label("a", "x", None), Label("c", "5", False)])
    kept = parse_reward("incorrect").participants(SET, labels)
    assert [problem.id for problem in kept] == ["c"]
    assert kept.about["left_out"] == {"label right": 0, "label undecided": 1, "no label": 3}


def test_what_is_refused_before_training(tmp_path: Path) -> None:
    labels = labels_of(tmp_path)
    with pytest.raises(
        UserError, match=r"incorrect: expected problems with a wrong label, got none of 5 "
    ):
        prepare_problems("incorrect", (), SET, Labels([Label("a", "2", True)]))
    with pytest.raises(
        UserError, match="majority: expected a label of every problem, got none of 4 of 5"
    ):
        prepare_problems("majority", (), SET, Labels([Label("a", "2", True)]))
    with pytest.raises(UserError, match="majority: expected labels, got none; give --labels"):
        prepare_problems("majority", (), SET, None)
    with pytest.raises(UserError, match="log_rewards: majority needs labels, got none"):
        prepare_problems("truth", ("truth", "majority"), SET, None)
    with pytest.raises(UserError, match="log_rewards: reward 'foo': no reward named 'foo'"):
        prepare_problems("truth", ("truth", "foo"), SET, None)
    with pytest.raises(UserError, match="--labels: the reward truth uses no labels"):
        prepare_problems("truth", ("random",), SET, labels)
    assert prepare_problems("truth", ("majority",), SET, labels) is SET
    with pytest.raises(UserError, match="expected a gold answer, got none"):
        prepare_problems("format", (), ProblemSet("s", [Problem("a", "x?")]), None)
    with pytest.raises(UserError, match="expected a gold answer, got a solution of"):
        long = "so many words stand here that nobody could take this text for an answer of any kind"
        prepare_problems("truth", (), ProblemSet("s", [Problem("a", "x?", long)]), None)

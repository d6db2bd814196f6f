r"""Gold answers as published: every form gives the same grades at every entry point.

The entry points are `grade` with each grader, files (`clean-bench grade`, `score --from`), problem sets
for `score` and `train`, and the rewards for TRL and verl. A form that cannot be read is refused or
reported at each of them, and never graded "different".
"""

from __future__ import annotations

import csv
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from clean_bench import trl_reward
from clean_bench.artifacts import Artifact
from clean_bench.cli.grade import command
from clean_bench.errors import UserError
from clean_bench.grading import gold_text, grade
from clean_bench.grading.graders import GRADERS
from clean_bench.integrations.verl_reward import compute_score
from clean_bench.problems import load_problems
from clean_bench.scoring.from_files import score_files

RIGHT, WRONG = "so it is \\boxed{5}", "so it is \\boxed{4}"
SOLUTION = (
    "Each of the seven boxes holds the same number of apples, so we divide the total by seven and add "
    "what is left over at the end of the day"
)
TEXTS: dict[str, str] = {
    "plain": "5",
    "dollars": "$5$",
    "box": "\\boxed{5}",
    "hashes": "#### 5",
    "gsm8k": "She has 2+3=<<2+3=5>>5 apples.\n#### 5",
    "solution with a box": f"{SOLUTION}. We get $\\boxed{{5}}$.",
    "asy and a box": f"[asy] draw((0,0)--(1,1)); [/asy] {SOLUTION}. We get $\\boxed{{5}}$.",
    "two boxes": f"First \\boxed{{9}}, but {SOLUTION}. We get $\\boxed{{5}}$.",
    "answer is": f"{SOLUTION}. So the answer is 5.",
    "JSON list": '["five", "5"]',
    "Python list": "['five', '5']",
    "list of solutions": '["#### 5", "\\\\boxed{6}"]',
}
VALUES: dict[str, Any] = {
    "integer": 5,
    "float": 5.0,
    "list": ["five", "5"],
    "list of numbers": [5, 6],
    "list of one": [5],
    "ground truth": {"ground_truth": "5", "style": "rule"},
    "answer inside": {"answer": "#### 5"},
}
UNREADABLE: dict[str, str] = {
    "solution": SOLUTION,
    "empty": "",
    "blank": " \n",
    "empty hashes": "2+3\n#### ",
    "empty box": f"{SOLUTION} \\boxed{{}}",
}
NO_ANSWERS: dict[str, Any] = {"null": None, "true": True, "empty list": [], "list of true": [True]}


def rows_of(gold: Any) -> list[dict[str, Any]]:
    return [
        {"id": str(n), "problem": f"p{n}", "answer": gold, "response": response}
        for n, response in enumerate((RIGHT, WRONG))
    ]


def json_lines(path: Path, gold: Any) -> Path:
    path = path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows_of(gold)))
    return path


def parquet(path: Path, gold: Any) -> Path:
    path = path / "rows.parquet"
    pq.write_table(pa.Table.from_pylist(rows_of(gold)), path)
    return path


def comma_separated(path: Path, gold: Any) -> Path:
    path = path / "rows.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows_of(gold)[0])
        writer.writeheader()
        writer.writerows(rows_of(gold))
    return path


def of_grade(path: Path, gold: Any, grader: str = "clean-bench") -> list[str]:
    return [graded.kind for graded in grade([(gold, RIGHT), (gold, WRONG)], grader=grader)]


def of_file(file: Path) -> list[str]:
    out = file.with_name("graded.jsonl")
    CliRunner().invoke(command, [str(file), "--out", str(out)], catch_exceptions=False)
    return [json.loads(line)["grade"] for line in out.read_text().splitlines()]


def of_scores(file: Path) -> list[str]:
    """`score --from`."""
    artifact = score_files([file], file.parent / "scores", name="m")
    return [str(row["grade"]) for row in Artifact.load(artifact.folder).rows("samples")]


def of_problems(file: Path) -> list[str]:
    """The golds that `score` and `train` take from a problem set, graded as they grade them."""
    problems = load_problems(str(file))
    problems.require_answers()
    pairs = [(p.answer, r) for p, r in zip(problems, (RIGHT, WRONG), strict=True)]
    return [graded.kind for graded in grade(pairs)]


def of_rewards(path: Path, gold: Any) -> list[str]:
    """TRL's and verl's rewards, as kinds; "undecided" where the gold answer was reported."""
    kinds = {1.0: "equal", 0.0: "different", None: "undecided"}
    of_trl = [kinds[r] for r in trl_reward(completions=[RIGHT, WRONG], answer=[gold, gold])]
    of_verl = []
    for response in (RIGHT, WRONG):
        result = compute_score("set", response, gold)
        of_verl.append("undecided" if result["undecided"] else kinds[result["score"]])
    assert of_trl == of_verl
    return of_trl


ENTRIES: dict[str, Callable[[Path, Any], list[str]]] = {
    **{
        f"grade, {name}": lambda path, gold, name=name: of_grade(path, gold, name)
        for name in GRADERS
    },
    "grade FILE, JSON lines": lambda path, gold: of_file(json_lines(path, gold)),
    "grade FILE, Parquet": lambda path, gold: of_file(parquet(path, gold)),
    "score --from, JSON lines": lambda path, gold: of_scores(json_lines(path, gold)),
    "problem set, JSON lines": lambda path, gold: of_problems(json_lines(path, gold)),
    "problem set, Parquet": lambda path, gold: of_problems(parquet(path, gold)),
    "rewards": of_rewards,
}
OF_TEXTS = {
    "grade FILE, CSV": lambda path, gold: of_file(comma_separated(path, gold)),
    "problem set, CSV": lambda path, gold: of_problems(comma_separated(path, gold)),
}


@pytest.mark.parametrize("entry", [*ENTRIES, *OF_TEXTS])
@pytest.mark.parametrize("form", TEXTS)
def test_texts(form: str, entry: str, tmp_path: Path) -> None:
    assert (ENTRIES | OF_TEXTS)[entry](tmp_path, TEXTS[form]) == ["equal", "different"]


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("form", VALUES)
def test_values(form: str, entry: str, tmp_path: Path) -> None:
    assert ENTRIES[entry](tmp_path, VALUES[form]) == ["equal", "different"]


@pytest.mark.parametrize(
    ("form", "entry"),
    [
        *((form, entry) for form in (*UNREADABLE, *NO_ANSWERS) for entry in ENTRIES),
        *((form, entry) for form in UNREADABLE for entry in OF_TEXTS),
    ],
)
def test_what_cannot_be_read_is_refused_or_reported_by_row(
    form: str, entry: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    gold = (UNREADABLE | NO_ANSWERS)[form]
    if entry == "rewards":
        with caplog.at_level(logging.WARNING):
            assert of_rewards(tmp_path, gold) == ["undecided", "undecided"]
        assert "completion 1 of the batch, no reward: expected a gold answer, got" in caplog.text
        assert "set, row ?: expected a ground truth with an answer, got" in caplog.text
        return
    with pytest.raises(UserError) as error:
        (ENTRIES | OF_TEXTS)[entry](tmp_path, gold)
    message = str(error.value)
    assert any(where in message for where in ("pair 1", "rows.jsonl:1", "rows.parquet", "rows.csv"))
    assert "gold" in message or "answer" in message


def test_a_decimal_and_a_number_of_numpy_are_numbers() -> None:
    from decimal import Decimal

    import numpy as np

    values = (Decimal("5.00"), np.float32(5), np.int64(5), np.array(["5"]), np.array(5))
    assert {gold_text(value) for value in values} == {"5"}
    assert gold_text(Decimal("0.50")) == "0.50" and gold_text(0.5) == "0.5"
    for value in (
        float("nan"),
        float("inf"),
        Decimal("NaN"),
        {"other": 1},
        {"answer": {"answer": 5}},
    ):
        assert gold_text(value) is None

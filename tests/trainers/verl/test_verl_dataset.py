"""The Parquet files: verl's columns, and the prompts that an arm of clean-bench draws."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clean_bench.errors import UserError
from clean_bench.problems import Problem, ProblemSet
from trainers.config import make_config
from trainers.labels.label import Label, Labels
from trainers.prompt_order import pick
from trainers.verl import dataset
from trainers.verl.dataset import schema, write_training, write_validation

PROBLEMS = ProblemSet(
    "sums",
    [Problem(f"p{i}", f"{i} + 1 = ?", str(i + 1), solution=f"so {i + 1}") for i in range(7)],
)
TEXTS = {problem.id: f"Q: {problem.problem}\n" for problem in PROBLEMS}
CONFIG = make_config(
    {"reward": "truth", "steps": 5, "prompts_per_step": 4, "minibatches": 4, "seed": 3}
)


def written(path: Path, columns: pa.Schema, labels: Labels | None = None) -> pa.Table:
    write_training(path / "train.parquet", PROBLEMS, CONFIG, TEXTS, columns, labels)
    return pq.read_table(path / "train.parquet")


def test_the_columns_are_verls(tmp_path: Path) -> None:
    message = pa.struct([("role", pa.string()), ("content", pa.string())])
    extra = pa.struct([("split", pa.string()), ("index", pa.int64()), ("problem_id", pa.string())])
    expected = pa.schema(
        [
            ("data_source", pa.string()),
            ("prompt", pa.list_(message)),
            ("ability", pa.string()),
            ("reward_model", pa.struct([("style", pa.string()), ("ground_truth", pa.string())])),
            ("extra_info", extra),
        ]
    )
    assert written(tmp_path, schema()).schema.equals(expected)


def test_rows_are_the_prompts_of_every_step_in_order(tmp_path: Path) -> None:
    rows = written(tmp_path, schema()).to_pylist()
    drawn = [problem for step in range(5) for problem in pick(PROBLEMS.problems, CONFIG, step)]
    assert len(rows) == 20 and len({problem.id for problem in drawn[:7]}) == 7
    for index, (row, problem) in enumerate(zip(rows, drawn, strict=True)):
        assert row == {
            "data_source": "sums",
            "prompt": [{"role": "user", "content": TEXTS[problem.id]}],
            "ability": "math",
            "reward_model": {"style": "rule", "ground_truth": problem.answer},
            "extra_info": {"split": "train", "index": index, "problem_id": problem.id},
        }


def test_what_the_reward_reads_is_there(tmp_path: Path) -> None:
    labels = Labels(Label(problem.id, "9", i == 8) for i, problem in enumerate(PROBLEMS))
    row = written(tmp_path, schema(solutions=True, labels=True), labels).to_pylist()[0]
    problem = next(p for p in PROBLEMS if p.id == row["extra_info"]["problem_id"])
    assert row["extra_info"] == {
        "split": "train",
        "index": 0,
        "problem_id": problem.id,
        "solution": problem.solution,
        "label": "9",
        "label_right": False,
    }


def test_a_validation_file_has_every_problem_of_its_sets(tmp_path: Path) -> None:
    other = ProblemSet("others", PROBLEMS.problems[:2])
    texts = {"sums": TEXTS, "others": {i: f"other {t}" for i, t in TEXTS.items()}}
    write_validation(tmp_path / "val.parquet", [PROBLEMS, other], texts, schema())
    rows = pq.read_table(tmp_path / "val.parquet").to_pylist()
    assert [row["data_source"] for row in rows] == ["sums"] * 7 + ["others"] * 2
    assert [row["extra_info"]["index"] for row in rows] == list(range(9))
    assert {row["extra_info"]["split"] for row in rows} == {"validation"}
    assert rows[-1]["prompt"][0]["content"] == "other Q: 1 + 1 = ?\n"


def test_rows_are_written_in_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = written(tmp_path, schema())
    monkeypatch.setattr(dataset, "_ROWS_OF_A_GROUP", 3)
    assert written(tmp_path, schema()).equals(whole)
    assert pq.ParquetFile(tmp_path / "train.parquet").num_row_groups == 7


def test_too_many_rows_are_refused(tmp_path: Path) -> None:
    config = CONFIG.model_copy(update={"steps": 10**6, "prompts_per_step": 64})
    with pytest.raises(UserError, match=r"steps \* prompts_per_step: expected at most 20,000,000"):
        write_training(tmp_path / "t.parquet", PROBLEMS, config, TEXTS, schema(), None)

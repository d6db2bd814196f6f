"""The Parquet files that verl reads.

The training file has one row per prompt of every step, in the order in which an arm of clean-bench with
the same seed draws them: verl, which does not shuffle, trains on the same prompts at the same steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from clean_bench.errors import UserError
from clean_bench.problems import Problem, ProblemSet
from trainers.config import TrainConfig
from trainers.labels.label import Labels
from trainers.prompt_order import pick

MOST_ROWS = 20_000_000
"""Rows of a training file."""
_ROWS_OF_A_GROUP = 50_000
_TRAIN, VALIDATION = "train", "validation"
"""Values of `split`: on a row of a validation set the score is truth, whatever the arm's reward."""


def schema(*, solutions: bool = False, labels: bool = False) -> pa.Schema:
    """The columns; `extra_info` holds the solution and the label only where the reward reads them."""
    extra = [("split", pa.string()), ("index", pa.int64()), ("problem_id", pa.string())]
    extra += [("solution", pa.string())] if solutions else []
    extra += [("label", pa.string()), ("label_right", pa.bool_())] if labels else []
    message = pa.struct([("role", pa.string()), ("content", pa.string())])
    return pa.schema(
        [
            ("data_source", pa.string()),
            ("prompt", pa.list_(message)),
            ("ability", pa.string()),
            ("reward_model", pa.struct([("style", pa.string()), ("ground_truth", pa.string())])),
            ("extra_info", pa.struct(extra)),
        ]
    )


def write_training(
    path: Path,
    problems: ProblemSet,
    config: TrainConfig,
    texts: Mapping[str, str],
    columns: pa.Schema,
    labels: Labels | None,
) -> None:
    """Write the prompts of every step; `index` is the place of a row in that order.

    Raises:
        UserError: for more than `MOST_ROWS` rows.
    """
    rows = config.steps * config.prompts_per_step
    if rows > MOST_ROWS:
        raise UserError(
            f"steps * prompts_per_step: expected at most {MOST_ROWS:,} prompts of a training file, got "
            f"{rows:,}; train fewer steps"
        )
    drawn = (
        problem for step in range(config.steps) for problem in pick(problems.problems, config, step)
    )
    pairs = ((problems.name, problem) for problem in drawn)
    _write(path, _rows(pairs, _TRAIN, texts, labels), columns)


def write_validation(
    path: Path,
    sets: Iterable[ProblemSet],
    texts: Mapping[str, Mapping[str, str]],
    columns: pa.Schema,
) -> None:
    """Write the problems of validation sets, whose prompts are given by set and problem."""
    pairs = ((problems.name, problem) for problems in sets for problem in problems)
    rows = (
        _row(source, problem, texts[source][problem.id], VALIDATION, index, None)
        for index, (source, problem) in enumerate(pairs)
    )
    _write(path, rows, columns)


def _rows(
    pairs: Iterable[tuple[str, Problem]],
    split: str,
    texts: Mapping[str, str],
    labels: Labels | None,
) -> Iterator[dict[str, object]]:
    for index, (source, problem) in enumerate(pairs):
        yield _row(source, problem, texts[problem.id], split, index, labels)


def _row(
    source: str, problem: Problem, text: str, split: str, index: int, labels: Labels | None
) -> dict[str, object]:
    label = None if labels is None else labels.of(problem.id)
    return {
        "data_source": source,
        "prompt": [{"role": "user", "content": text}],
        "ability": "math",
        "reward_model": {"style": "rule", "ground_truth": problem.answer},
        "extra_info": {
            "split": split,
            "index": index,
            "problem_id": problem.id,
            "solution": problem.solution,
            "label": None if label is None else label.answer,
            "label_right": None if label is None else label.right,
        },
    }


def _write(path: Path, rows: Iterator[dict[str, object]], columns: pa.Schema) -> None:
    """Write rows in groups; fields that the schema does not have are left out."""
    with pq.ParquetWriter(path, columns) as writer:
        while part := list(islice(rows, _ROWS_OF_A_GROUP)):
            writer.write_table(pa.Table.from_pylist(part, columns))

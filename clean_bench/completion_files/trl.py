"""TRL's logged completions: `completions/completions_STEP.parquet` (`log_completions=True`).

Written by `GRPOTrainer.log` (trl 1.16): `step`, `prompt` and `completion` (texts or lists of messages),
one column per reward function, further columns that a reward function logs, and `advantage`. The gold
answer is in none of these unless a reward function logs it (`log_extra`): name its column with
`--map gold=COLUMN`, or name the problems with `--problems`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from clean_bench.completion_files.raw_rows import Row
from clean_bench.completion_files.row import (
    NO_RESPONSE,
    CompletionRow,
    Response,
    gold_text,
    problem_text,
    prompt_text,
    step_of,
    text_of,
)
from clean_bench.errors import UserError

NAME = "trl"
COLUMNS = None
_GOLD = ("solution", "answer", "gold", "ground_truth", "target", "final_answer")
"""Columns of training sets that a reward function may log, in the order of their use in TRL."""


def recognizes(path: Path, row: Row) -> bool:
    """Whether a row is a completion that TRL logged."""
    return {"step", "prompt", "completion"} <= row.keys()


def rows(path: Path, raw: Iterator[tuple[int, Row]]) -> Iterator[CompletionRow]:
    """The rows of a file; one set per training step."""
    for number, row in raw:
        where = f"{path}:{number}"
        text = text_of(row["completion"])
        if text is None and row["completion"] is not None:
            raise UserError(f"{where}: expected a text or messages under 'completion'")
        gold = next((row[name] for name in _GOLD if row.get(name) is not None), None)
        yield CompletionRow(
            where,
            "completions",
            gold_text(gold, where),
            [NO_RESPONSE if text is None else Response(text)],
            problem=problem_text(row["prompt"]),
            prompt=prompt_text(row["prompt"]),
            step=step_of(row["step"]),
            columns=row,
        )

"""verl's dumped rollouts: `STEP.jsonl` in `trainer.rollout_data_dir` or `validation_data_dir`.

Written by verl 0.9 (`verl/trainer/ppo/ray_trainer.py`, `_write_generations`): `input` and `output`
(decoded texts), `gts` (the ground truth of the row's reward model), `score`, `step`, and one column per
extra value of the reward function. Versions before 0.6 have no `gts`.
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
    prompt_text,
    step_of,
    text_of,
)
from clean_bench.errors import UserError

NAME = "verl"
COLUMNS = None


def recognizes(path: Path, row: Row) -> bool:
    """Whether a row is a rollout of verl."""
    return {"input", "output", "score"} <= row.keys() and bool({"gts", "step"} & row.keys())


def rows(path: Path, raw: Iterator[tuple[int, Row]]) -> Iterator[CompletionRow]:
    """The rows of a file; one set per training step."""
    for number, row in raw:
        where = f"{path}:{number}"
        text = text_of(row["output"])
        if text is None and row["output"] is not None:
            raise UserError(f"{where}: expected a text under 'output'")
        yield CompletionRow(
            where,
            "rollouts",
            gold_text(row.get("gts"), where),
            [NO_RESPONSE if text is None else Response(text)],
            prompt=prompt_text(row["input"]),
            step=step_of(row.get("step")),
            columns=row,
        )

"""The gold answers in the columns of training rows, whatever a dataset calls them."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from clean_bench.errors import UserError
from clean_bench.grading import gold_text, unreadable_gold

GOLD_COLUMNS = (
    "answer",
    "gold",
    "target",
    "final_answer",
    "ground_truth",
    "reward_model",
    "solution",
)
"""Columns that hold a gold answer. The first that is not null in a row is the row's."""

_logger = logging.getLogger(__name__)


def golds_of(
    columns: Mapping[str, Sequence[Any]], count: int, name: str | None
) -> list[str | None]:
    """The gold answer of each row, as `clean_bench.grading.grade` reads it; None if it is unreadable.

    Args:
        columns: values of all rows by column.
        count: number of rows.
        name: the column to read; None for `GOLD_COLUMNS`.

    Raises:
        UserError: if there is no such column, or a column has another number of values.
    """
    names = [column for column in (GOLD_COLUMNS if name is None else (name,)) if column in columns]
    if not names:
        listed = " or ".join(GOLD_COLUMNS if name is None else (name,))
        raise UserError(
            f"expected a gold answer in a dataset column named {listed}, got the columns "
            f"{', '.join(sorted(columns)) or 'none'}; name yours with "
            'cb.trl_reward.with_settings(gold_column="...")'
        )
    for column in names:
        if len(columns[column]) != count:
            raise UserError(
                f"column {column}: expected {count} values, one per completion, got "
                f"{len(columns[column])}"
            )
    golds = []
    for row in range(count):
        values = (gold_text(columns[column][row]) for column in names)
        gold = next((value for value in values if value is not None and value.strip()), None)
        reason = "no value" if gold is None else unreadable_gold(gold)
        if reason:
            _logger.warning(
                "completion %d of the batch, no reward: expected a gold answer, got %s",
                row + 1,
                reason,
            )
        golds.append(None if reason else gold)
    return golds

"""Cells of the tables in the result file of `measurements/real_models.py`."""

from __future__ import annotations

from real_models_parts import PREFIX

from clean_bench.results import Result, Results
from leaderboards.formatting import percent_interval

AT = f"@{PREFIX:g}"
"""Ends the names of measures at the prefix."""


def percent_cell(rows: Results, measure: str) -> str:
    """A rate with its interval; empty where it was not measured."""
    row = rows.first(measure=f"{measure}{AT}")
    return "" if row is None else percent_interval(row.estimate)


def number_cell(row: Result | None) -> str:
    """A value with its interval, if it has one; empty where it was not measured."""
    if row is None or row.value is None:
        return ""
    bounds = "" if row.low is None else f" ({row.low:.3f} to {row.high:.3f})"
    return f"{row.value:.3f}{bounds}"

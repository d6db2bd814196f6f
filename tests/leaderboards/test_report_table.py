"""The table's numbers are the report's, in every form."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from clean_bench.statistics.estimate import Estimate
from leaderboards.formatting import joined, percent_interval, points, points_interval
from leaderboards.report_schema import RunReport
from leaderboards.table import console, markdown, rows, to_table


def test_rows_hold_the_estimates(report: RunReport) -> None:
    table = rows(report)
    assert len(table) == 9
    row = table[8]
    assert (row["arm"], row["set"], row["role"]) == ("python", "word-problems (bound)", "fresh")
    assert row["gain"] == 0.004
    assert row["gain_low"] == pytest.approx(-0.02) and row["gain_high"] == pytest.approx(0.028)
    assert row["after"] - row["before"] == pytest.approx(row["gain"])
    assert row["gain_units"] == 128 and row["samples_per_problem"] == 16
    assert [c["key"] for c in row["contrasts"]] == [
        "planted-minus-twin",
        "planted-minus-fresh",
        "truth-minus-arm",
    ]
    assert row["contrasts"][0]["value"] == pytest.approx(0.143)


def test_parquet_gives_the_rows_back(report: RunReport, tmp_path: Path) -> None:
    pq.write_table(to_table(report), tmp_path / "table.parquet")
    assert pq.read_table(tmp_path / "table.parquet").to_pylist() == rows(report)


def test_the_schema_does_not_depend_on_what_was_measured(report: RunReport) -> None:
    bare = replace(
        report,
        arms=tuple(
            replace(
                arm,
                contrasts=(),
                scores=tuple(replace(s, greedy_before=None, greedy_after=None) for s in arm.scores),
            )
            for arm in report.arms
        ),
    )
    assert to_table(bare).schema == to_table(report).schema
    assert to_table(replace(report, arms=())).schema == to_table(report).schema


def test_markdown_prints_each_score_and_contrast(report: RunReport) -> None:
    text = markdown(report)
    assert (
        "| python | reciter/planted | planted benchmark | 72.7% (68.2 to 77.2) | "
        "85.8% (81.6 to 90.0) | +13.1 (+10.7 to +15.5) |"
    ) in text
    assert (
        "| python | Gain on planted problems minus gain on their twins | headline | "
        "+14.3 (+10.9 to +17.7) |"
    ) in text
    assert "- **truth**: Consistent with learning" in text


def test_hostile_names_stay_in_their_cell(report: RunReport) -> None:
    name = "a | b\n<img src=x> `c`"
    arms = (replace(report.arms[0], name=name), *report.arms[1:])
    lines = markdown(replace(report, arms=arms)).splitlines()
    line = next(line for line in lines if "img" in line)
    assert line.startswith(r"| a \| b \<img src=x\> \`c\` | reciter/planted |")


def test_the_terminal_table_prints_names_as_they_are(report: RunReport) -> None:
    arms = (replace(report.arms[0], name="[red]x[/red]"), *report.arms[1:])
    out = io.StringIO()
    Console(file=out, width=160).print(console(replace(report, arms=arms)))
    text = out.getvalue()
    assert "[red]x[/red]" in text
    assert "−1.2 (−3.6 to +1.2)" in text and "+14.3 (+10.9 to +17.7)" in text


def test_numbers_in_words() -> None:
    assert points(0.1234) == "+12.3"
    assert points(-0.0001) == points(0.0001) == points(0.0) == "0.0"
    assert percent_interval(Estimate(0.5, 0.04, 1.0, 9)) == "50.0% (4.0 to 100.0)"
    assert points_interval(Estimate(0.02, 0.0003, 0.04, 9)) == "+2.00 (+0.03 to +4.00)"
    assert joined(["a"]) == "a" and joined(["a", "b", "c"]) == "a, b and c"


@given(
    st.floats(-1, 1).filter(lambda x: x == 0 or abs(x) > 1e-6),
    st.floats(-1, 1).filter(lambda x: x == 0 or abs(x) > 1e-6),
)
def test_a_printed_interval_lies_where_the_interval_lies(a: float, b: float) -> None:
    low, high = sorted((a, b))
    text = points_interval(Estimate((low + high) / 2, low, high, 9))
    inside = text[text.index("(") + 1 : -1].replace("−", "-").split(" to ")
    shown_low, shown_high = (float(part) for part in inside)
    assert (shown_low > 0) == (low > 0) and (shown_high < 0) == (high < 0)
    assert abs(shown_low - 100 * low) <= 0.05 + 1e-9

"""Results from samples, against hand calculation and against other implementations."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clean_bench.results import Result, Results
from clean_bench.samples import SCHEMA
from clean_bench.scoring.config import ScoreConfig
from clean_bench.scoring.summary import COLUMNS, needed, score_table, summarize
from clean_bench.statistics.intervals import wilson

CONFIG = {**ScoreConfig().model_dump(), "sets": [], "weights_sha256": ""}
Rows = list[dict[str, Any]]


def row(problem: str, mode: str, index: int, grade: str, **more: Any) -> dict[str, Any]:
    return {
        "set": "s", "problem_id": problem, "template": "raw", "mode": mode, "index": index,
        "grade": grade, "finish": "stop", "response": "r",
        "extracted": None if grade == "no answer" else "1" if grade == "equal" else "2",
    } | more  # fmt: skip


def table_of(rows: Rows) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def summary(rows: Rows) -> tuple[Results, dict[str, Any]]:
    results, [counts] = summarize(table_of(rows).select(COLUMNS), CONFIG, "c")
    return results, counts


def results_of(rows: Rows) -> dict[str, Result]:
    """The rows by measure, without those of a subset."""
    return {row.measure: row for row in summary(rows)[0].where(subset=None)}


def rows_of(greedy: list[str], sampled: list[list[str]]) -> Rows:
    return [
        made
        for p, (first, others) in enumerate(zip(greedy, sampled, strict=True))
        for made in [
            row(str(p), "greedy", 0, first),
            *(row(str(p), "sample", s, grade) for s, grade in enumerate(others)),
        ]
    ]


def numbers(result: Result) -> tuple[Any, ...]:
    return result.value, result.low, result.high, result.n, result.standard_error


def test_an_undecided_completion_is_not_wrong() -> None:
    rows = rows_of(["equal", "crash"], [["equal", "equal"], ["equal", "timeout"]])
    drawn = [row for row in rows if row["mode"] == "sample"]
    scores = score_table([row["problem_id"] for row in drawn], [row["grade"] for row in drawn])
    assert scores.tolist() == [[1.0, 1.0], [1.0, pytest.approx(np.nan, nan_ok=True)]]
    results, counts = summary(rows)
    decided = results.where(subset=None)
    assert decided.where(measure="avg@2").one().value == 1.0
    assert [decided.where(measure=m).one().n for m in ("avg@2", "accuracy")] == [1, 1]
    assert counts["grades"] == {"crash": 1, "equal": 4, "timeout": 1}
    bounds = [results.where(subset=f"undecided as {name}").one() for name in ("wrong", "right")]
    assert [bound.measure for bound in bounds] == ["avg@2", "avg@2"]
    assert [bound.value for bound in bounds] == [0.75, 1.0]


def test_nothing_decided_is_unknown_and_not_zero() -> None:
    results, _ = summary(rows_of(["timeout"], [["crash", "crash"]]))
    found = {row.measure: row for row in results.where(subset=None)}
    assert found["avg@2"].value is None and found["maj@2"].value is None
    assert (found["avg@2"].low, found["avg@2"].high) == (0.0, 1.0)
    assert results.where(subset="undecided as right").one().value == 1.0


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from(["equal", "different", "no answer"]), min_size=6, max_size=6),
        min_size=2,
        max_size=6,
    )
)
def test_every_score_at_k_is_the_mean_over_all_choices(sampled: list[list[str]]) -> None:
    found = results_of(rows_of(["equal"] * len(sampled), sampled))
    expected = [
        "accuracy",
        "avg@6",
        *(f"{name}@{k}" for name in ("pass", "maj") for k in (2, 4, 6)),
    ]
    assert list(found) == [*expected, "truncated", "no_answer"]
    for k in (2, 4, 6):
        passed, voted = [], []
        for grades in sampled:
            chosen = list(combinations(grades, k))
            passed.append(np.mean(["equal" in c for c in chosen]))
            margins = [c.count("equal") - c.count("different") for c in chosen]
            wins = [1.0 if m > 0 else 0.5 if m == 0 and "equal" in c else 0.0
                    for m, c in zip(margins, chosen, strict=True)]  # fmt: skip
            voted.append(np.mean(wins))
        for name, values in (("pass", passed), ("maj", voted)):
            got = found[f"{name}@{k}"]
            assert got.value == pytest.approx(np.mean(values))
            assert got.standard_error == pytest.approx(
                np.std(values, ddof=1) / len(values) ** 0.5, abs=1e-12
            )
    means = [np.mean([grade == "equal" for grade in grades]) for grades in sampled]
    assert found["avg@6"].value == pytest.approx(np.mean(means))


def test_one_sample_per_problem_has_an_average_and_no_vote() -> None:
    found = results_of(rows_of(["equal", "equal"], [["equal"], ["different"]]))
    assert list(found) == ["accuracy", "avg@1", "truncated", "no_answer"]
    assert found["avg@1"].value == 0.5


def test_rates_stand_beside_accuracy_with_intervals() -> None:
    rows = rows_of(["equal", "no answer", "different", "no answer"], [[]] * 4)
    rows[2]["finish"] = rows[3]["finish"] = "length"
    rows[1]["finish"] = "overlong"
    found = results_of(rows)
    for key in ("truncated", "no_answer"):
        expected = wilson(2, 4)
        assert numbers(found[key])[:4] == pytest.approx((0.5, expected.low, expected.high, 4))
    assert summary(rows)[1]["overlong"] == 1


def test_rates_are_of_the_completions_that_the_accuracy_is_of() -> None:
    rows = rows_of(["no answer", "no answer"], [["equal", "no answer"], ["equal", "equal"]])
    assert results_of(rows)["no_answer"].value == pytest.approx(0.25)


def test_the_rows_of_a_template_are_together() -> None:
    rows = rows_of(["equal"] * 3, [[]] * 3)
    rows[1]["template"] = "boxed"
    with pytest.raises(ValueError, match="not together"):
        summary(rows)


def test_repeats_by_hand() -> None:
    rows = rows_of(["equal", "different", "equal", "timeout"], [[]] * 4)
    again = [
        row("2", "repeat", 0, "different", response="other"),
        row("0", "repeat", 0, "equal"),
        row("1", "repeat", 0, "different", response="other"),
        row("3", "repeat", 0, "equal"),
    ]
    table = table_of([*rows, *again]).select(COLUMNS)
    results, counts = summarize(table, CONFIG, "c")
    text, grade = (results.where(measure=f"flipped_{name}").one() for name in ("text", "grade"))
    assert {row.set for row in (text, grade)} == {"(all sets)"}
    assert (text.value, text.n, text.high) == (0.5, 4, wilson(2, 4).high)
    assert (grade.value, grade.n) == (pytest.approx(1 / 3), 3)
    # Repeats count for nothing else.
    first, first_counts = summarize(table.slice(0, 4), CONFIG, "c")
    assert list(results.where(set="s")) == list(first) and counts == first_counts
    assert first.values_of("set") == ["s"]


def test_the_responses_of_samples_are_not_needed() -> None:
    rows = rows_of(["equal", "different"], [["equal", "different"], ["no answer", "equal"]])
    rows += [row("0", "repeat", 0, "equal", response="other")]
    table = table_of(rows)
    kept = needed(table)
    assert kept["response"].to_pylist() == ["r", None, None, "r", None, None, "other"]
    first, again = (summarize(part, CONFIG, "c") for part in (kept, table.select(COLUMNS)))
    assert first[0].as_json() == again[0].as_json() and first[1] == again[1]
    rows = [row("0", "sample", n, "equal", response="r" * 9000) for n in range(100)]
    assert needed(table_of(rows)).get_total_buffer_size() < 20_000

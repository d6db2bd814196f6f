"""Results from samples, against hand calculation and against other implementations."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clean_bench.problems import Problem
from clean_bench.results import Result, Results
from clean_bench.samples import SCHEMA, SCORES_SCHEMA
from clean_bench.scoring.config import ScoreConfig
from clean_bench.scoring.summary import needed, score_table, summarize
from clean_bench.statistics.clusters import cluster_standard_error
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
    results, [counts] = summarize(table_of(rows), CONFIG, "c")
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


def two_grades(problem: str, mode: str, index: int, flexible: str, rule: str | None) -> Any:
    """A row under raw, whose headline is the flexible grade."""
    more = {"grade_flexible": flexible, "extraction": rule}
    return row(problem, mode, index, flexible, **more)


def of_score(rows: Rows, template: str = "raw") -> tuple[Results, Any]:
    """The results of rows with two grades."""
    table = pa.Table.from_pylist([r | {"template": template} for r in rows], schema=SCORES_SCHEMA)
    config = {**CONFIG, "templates": (template,)}
    results, [counts] = summarize(table, config, "c")
    return results, counts


def test_strict_and_flexible_averages_stand_beside_the_headline() -> None:
    """By hand: greedy 3 of 4 flexible, 1 of 4 strict; samples 1 and 1/2 of two problems."""
    greedy = [
        two_grades("0", "greedy", 0, "equal", "box"),
        two_grades("1", "greedy", 0, "equal", "closing sentence"),
        two_grades("2", "greedy", 0, "equal", "closing sentence"),
        two_grades("3", "greedy", 0, "different", "closing sentence"),
    ]
    results, counts = of_score(greedy)
    rows = {row.measure: row for row in results}
    assert list(rows) == [
        "accuracy",
        "truncated",
        "no_answer",
        "strict:accuracy",
        "flexible:accuracy",
    ]
    assert numbers(rows["accuracy"]) == numbers(rows["flexible:accuracy"])
    assert rows["flexible:accuracy"].value == 0.75 and rows["strict:accuracy"].value == 0.25
    low, high = wilson(1, 4).low, wilson(1, 4).high
    assert (rows["strict:accuracy"].low, rows["strict:accuracy"].high) == (low, high)
    assert counts["headline"] == "flexible"
    sampled = [
        two_grades("0", "sample", 0, "equal", "marker"),
        two_grades("0", "sample", 1, "equal", "closing sentence"),
        two_grades("1", "sample", 0, "equal", "unclosed box"),
        two_grades("1", "sample", 1, "no answer", None),
    ]
    results, _ = of_score([*greedy[:2], *sampled])
    rows = {row.measure: row for row in results}
    assert [rows[f"{head}avg@2"].value for head in ("", "flexible:", "strict:")] == [
        0.75,
        0.75,
        0.5,
    ]
    assert [rows[f"{head}accuracy"].value for head in ("flexible:", "strict:")] == [1.0, 0.5]


def test_a_strict_headline_does_not_vote_with_answers_that_nothing_marks() -> None:
    """Two of three samples end in a wrong closing sentence; the boxed one is right."""
    rows = [
        two_grades("0", "greedy", 0, "equal", "box"),
        two_grades("0", "sample", 0, "equal", "box"),
        *(
            two_grades("0", "sample", n, "different", "closing sentence") | {"grade": "no answer"}
            for n in (1, 2)
        ),
    ]
    results, counts = of_score(rows, "boxed")
    assert counts["headline"] == "strict"
    found = {row.measure: row.value for row in results}
    assert found["avg@3"] == found["strict:avg@3"] == found["flexible:avg@3"]
    assert (found["maj@3"], found["no_answer"]) == (1.0, pytest.approx(2 / 3))


def test_an_undecided_flexible_grade_is_decided_where_the_strict_one_has_no_answer() -> None:
    rows = [
        two_grades("0", "greedy", 0, "timeout", "closing sentence"),
        two_grades("1", "greedy", 0, "equal", "box"),
        two_grades("2", "greedy", 0, "timeout", "box"),
    ]
    found = {row.measure: row for row in of_score(rows)[0].where(subset=None)}
    assert (found["flexible:accuracy"].value, found["flexible:accuracy"].n) == (1.0, 1)
    assert (found["strict:accuracy"].value, found["strict:accuracy"].n) == (0.5, 2)


def test_scores_with_one_grade_have_one_average() -> None:
    rows = rows_of(["equal", "different"], [["equal"], ["different"]])
    assert not [measure for measure in results_of(rows) if ":" in measure]


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
    table = table_of([*rows, *again])
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
    first, again = (summarize(part, CONFIG, "c") for part in (kept, table))
    assert first[0].as_json() == again[0].as_json() and first[1] == again[1]
    rows = [row("0", "sample", n, "equal", response="r" * 9000) for n in range(100)]
    assert needed(table_of(rows)).get_total_buffer_size() < 20_000


@pytest.mark.parametrize("role", ["matched", "fresh"])
def test_templates_are_the_units_of_a_matched_set(role: str) -> None:
    """Two templates with two problems each; a problem with an undecided completion takes no part."""
    grades = [["equal", "equal"], ["equal", "different"], ["different"] * 2, ["equal", "timeout"]]
    problems = [
        Problem(str(place), "p", "1", metadata={"template": template})
        for place, template in enumerate("aabb")
    ]
    config = {**CONFIG, "sets": [{"name": "s", "role": role}]}
    rows = rows_of(["equal"] * 4, grades)
    results, _ = summarize(table_of(rows), config, "c", {"s": problems})
    found = {row.measure: row for row in results.where(subset=None)}
    units = {"matched": (["a", "a", "b"], 2), "fresh": (["0", "1", "2"], 3)}[role]
    assert found["avg@2"].value == pytest.approx(1.5 / 3)
    assert found["avg@2"].n == units[1]
    error = cluster_standard_error([1.0, 0.5, 0.0], units[0])
    assert found["avg@2"].standard_error == pytest.approx(error)
    assert found["pass@2"].n == found["maj@2"].n == units[1]
    assert found["accuracy"].n == {"matched": 2, "fresh": 4}[role]

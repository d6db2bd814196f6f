"""Scores from rows, against hand calculation and against what others compute."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from clean_bench.scoring.rows import SCHEMA
from hypothesis import given, settings
from hypothesis import strategies as st

from clean_bench.scoring.summary import COLUMNS, accuracy_table, needed, summarize
from clean_bench.statistics.intervals import wilson


def row(problem: str, mode: str, sample: int, verdict: str, **more: Any) -> dict[str, Any]:
    return {
        "set": "s", "problem_id": problem, "template": "raw", "mode": mode, "sample": sample,
        "verdict": verdict, "finish": "stop", "response": "r",
        "extracted": None if verdict == "no answer" else "1" if verdict == "equal" else "2",
    } | more  # fmt: skip


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    table = pa.Table.from_pylist(rows, schema=SCHEMA).select(COLUMNS)
    found: dict[str, Any] = summarize(table)["sets"]["s"]
    return found


def rows_of(greedy: list[str], sampled: list[list[str]]) -> list[dict[str, Any]]:
    return [
        made
        for p, (first, others) in enumerate(zip(greedy, sampled, strict=True))
        for made in [
            row(str(p), "greedy", 0, first),
            *(row(str(p), "sample", s, verdict) for s, verdict in enumerate(others)),
        ]
    ]


def test_an_undecided_completion_is_not_wrong() -> None:
    rows = rows_of(["equal", "crash"], [["equal", "equal"], ["equal", "timeout"]])
    assert np.isnan(accuracy_table([r for r in rows if r["mode"] == "sample"])[1, 1])
    found = summary(rows)
    assert found["accuracy"]["value"] == 1.0
    assert found["accuracy"]["n"] == found["greedy"]["n"] == 1
    assert found["verdicts"] == {"crash": 1, "equal": 4, "timeout": 1}
    assert found["undecided"] == {
        "completions": 1, "accuracy_if_wrong": 0.75, "accuracy_if_right": 1.0
    }  # fmt: skip


def test_nothing_decided_is_unknown_and_not_zero() -> None:
    found = summary(rows_of(["timeout"], [["crash", "crash"]]))
    assert found["accuracy"]["value"] is None and found["maj@k"]["2"]["value"] is None
    assert (found["accuracy"]["low"], found["accuracy"]["high"]) == (0.0, 1.0)
    assert found["undecided"]["accuracy_if_right"] == 1.0


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from(["equal", "different", "no answer"]), min_size=6, max_size=6),
        min_size=2,
        max_size=6,
    )
)
def test_every_score_at_k_is_the_mean_over_all_choices(sampled: list[list[str]]) -> None:
    found = summary(rows_of(["equal"] * len(sampled), sampled))
    assert list(found["pass@k"]) == list(found["maj@k"]) == ["1", "2", "4", "6"]
    for k in (1, 2, 4, 6):
        passed, voted = [], []
        for verdicts in sampled:
            chosen = list(combinations(verdicts, k))
            passed.append(np.mean(["equal" in c for c in chosen]))
            margins = [c.count("equal") - c.count("different") for c in chosen]
            wins = [1.0 if m > 0 else 0.5 if m == 0 and "equal" in c else 0.0
                    for m, c in zip(margins, chosen, strict=True)]  # fmt: skip
            voted.append(np.mean(wins))
        for key, values in (("pass@k", passed), ("maj@k", voted)):
            got = found[key][str(k)]
            assert got["value"] == pytest.approx(np.mean(values))
            assert got["standard_error"] == pytest.approx(
                np.std(values, ddof=1) / len(values) ** 0.5, abs=1e-12
            )
    means = [np.mean([v == "equal" for v in verdicts]) for verdicts in sampled]
    assert found["avg@6"]["value"] == pytest.approx(np.mean(means))
    assert found["accuracy"] == found["avg@6"] == found["pass@k"]["1"]
    assert found["best@6"] == found["pass@k"]["6"]


def test_rates_stand_beside_accuracy_with_intervals() -> None:
    rows = rows_of(["equal", "no answer", "different", "no answer"], [[]] * 4)
    rows[2]["finish"] = rows[3]["finish"] = "length"
    rows[1]["finish"] = "overlong"
    found = summary(rows)
    for key in ("truncated", "no_answer"):
        expected = wilson(2, 4)
        got = found[key]
        assert (got["value"], got["low"], got["high"], got["n"]) == pytest.approx(
            (0.5, expected.low, expected.high, 4)
        )
    assert found["overlong"] == 1


def test_rates_are_of_the_completions_that_the_accuracy_is_of() -> None:
    rows = rows_of(["no answer", "no answer"], [["equal", "no answer"], ["equal", "equal"]])
    assert summary(rows)["no_answer"]["value"] == pytest.approx(0.25)


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
    table = pa.Table.from_pylist([*rows, *again], schema=SCHEMA).select(COLUMNS)
    found = summarize(table)
    assert found["repeat"]["completions"] == 4
    text, verdict = found["repeat"]["text"], found["repeat"]["verdict"]
    assert (text["value"], text["n"], text["high"]) == (0.5, 4, wilson(2, 4).high)
    assert (verdict["value"], verdict["n"]) == (pytest.approx(1 / 3), 3)
    # What was made again counts for nothing else.
    assert found["sets"] == summarize(table.slice(0, 4))["sets"]
    assert "repeat" not in summarize(table.slice(0, 4))


def test_the_responses_of_samples_are_not_needed() -> None:
    rows = rows_of(["equal", "different"], [["equal", "different"], ["no answer", "equal"]])
    rows += [row("0", "repeat", 0, "equal", response="other")]
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    kept = needed(table)
    assert kept["response"].to_pylist() == ["r", None, None, "r", None, None, "other"]
    assert summarize(kept) == summarize(table.select(COLUMNS))
    rows = [row("0", "sample", n, "equal", response="r" * 9000) for n in range(100)]
    assert needed(pa.Table.from_pylist(rows, schema=SCHEMA)).get_total_buffer_size() < 20_000

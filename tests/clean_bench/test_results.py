"""The results table: selection, order, storage, and the detection of every edit."""

from __future__ import annotations

import json
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest

from clean_bench.artifacts import Artifact
from clean_bench.errors import UserError
from clean_bench.results import SCHEMA, Result, Results, check_results
from clean_bench.statistics.estimate import Estimate

HEAD = Result(checkpoint="c", weights_sha256="0" * 64, set="s", role="public", template="raw")


def rows() -> Results:
    return Results(
        [
            HEAD.of("accuracy", Estimate(0.5, 0.25, 0.75, 4, "wilson"), 0.125),
            HEAD.of("length", Estimate(12.0, -inf, inf, 4, "bootstrap over problems")),
            HEAD._replace(set="b").of("accuracy", Estimate(nan, 0.0, 1.0, 0, "wilson"), nan),
            HEAD._replace(template=None, versus="template=raw").of(
                "accuracy", Estimate(-0.25, -0.5, 0.0, 4), subset="dose=16", seed=3, step=0
            ),
        ]
    )


def stored(folder: Path, results: Results) -> Artifact:
    artifact = Artifact.open(folder, "numbers", {})
    with artifact:
        results.write(artifact)
        artifact.finish({})
    return artifact


def test_rows_are_selected_by_their_columns() -> None:
    results = rows()
    assert [row.set for row in results.where(measure="accuracy")] == ["s", "b", "s"]
    assert len(results.where(measure="accuracy", set="s", versus=None)) == 1
    assert results.where(seed=3).one() is results[3]
    assert len(results.where(measure="none")) == 0 and list(results.where()) == list(results)
    assert results.first(measure="accuracy") is results[0]
    assert results.first(measure="none") is None
    with pytest.raises(KeyError, match="expected one row, got 3"):
        results.where(measure="accuracy").one()
    with pytest.raises(KeyError, match="expected one row, got 0"):
        Results().one()


@pytest.mark.parametrize("results", [rows(), Results()])
def test_a_selection_by_an_unknown_column_is_an_error(results: Results) -> None:
    for select in (results.where, results.first):
        with pytest.raises(ValueError, match="colour: expected a column of checkpoint, "):
            select(set="absent", colour="red")


def test_values_keep_the_order_in_which_they_first_occur() -> None:
    results = rows()
    assert results.values_of("set") == ["s", "b"]
    assert results.values_of("measure") == ["accuracy", "length"]
    assert results.values_of("seed") == [None, 3]


def test_labels_and_concatenation_keep_the_rows() -> None:
    results = rows()
    arms = results.labelled(arm="truth", seed=1) + results.labelled(arm="random", seed=2)
    assert len(arms) == 8
    assert arms.values_of("arm") == ["truth", "random"]
    assert [row.value for row in arms.where(seed=2)] == [row.value for row in results]
    assert results.values_of("arm") == [None]  # the original is unchanged
    assert list(arms[1:3].where(seed=1)) == [arms[1], arms[2]]


def test_a_table_has_one_column_per_field_in_order() -> None:
    table = rows().table
    assert table.schema == SCHEMA and table.column_names == list(Result._fields)
    assert Results().table.schema == SCHEMA


def test_numbers_that_are_not_finite_become_null_and_come_back() -> None:
    unbounded, unknown = rows()[1], rows()[2]
    assert (unbounded.value, unbounded.low, unbounded.high) == (12.0, None, None)
    assert (unknown.value, unknown.standard_error) == (None, None)
    assert unbounded.estimate == Estimate(12.0, -inf, inf, 4, "bootstrap over problems")
    estimate = unknown.estimate
    assert estimate.value != estimate.value and (estimate.low, estimate.high) == (0.0, 1.0)
    assert rows()[0].estimate == Estimate(0.5, 0.25, 0.75, 4, "wilson")


def test_json_and_pandas_have_every_row(tmp_path: Path) -> None:
    results = rows()
    again = json.loads(json.dumps(results.as_json(), allow_nan=False))
    assert [Result(**row) for row in again] == list(results)
    frame = results.to_pandas()
    assert list(frame.columns) == list(Result._fields)
    assert frame["set"].tolist() == ["s", "s", "b", "s"]
    assert frame["value"].isna().tolist() == [False, False, True, False]


def test_what_is_stored_is_what_is_loaded_in_order(tmp_path: Path) -> None:
    artifact = stored(tmp_path / "a", rows())
    assert list(Results.load(tmp_path / "a")) == list(Results.read(artifact)) == list(rows())
    many = Results(HEAD._replace(measure=f"m{(7 * i) % 100}") for i in range(100))
    stored(tmp_path / "b", many)
    assert Results.load(tmp_path / "b").values_of("measure") == many.values_of("measure")


def test_an_artifact_without_results_is_named(tmp_path: Path) -> None:
    with Artifact.open(tmp_path / "a", "numbers", {}) as artifact:
        artifact.finish({})
    with pytest.raises(UserError, match="a: expected an artifact with results, got one of kind n"):
        Results.load(tmp_path / "a")
    with pytest.raises(UserError, match="holds no clean-bench artifact"):
        Results.load(tmp_path / "absent")


def test_equal_results_have_no_failure(tmp_path: Path) -> None:
    artifact = stored(tmp_path, rows())
    assert list(check_results(artifact, rows())) == []
    rounded = [row._replace(value=row.value and row.value * (1 + 1e-12)) for row in rows()]
    assert list(check_results(artifact, Results(rounded))) == []


EDITS: list[tuple[str, Any]] = [
    ("checkpoint", "other"), ("weights_sha256", "1" * 64), ("arm", "truth"), ("seed", 4),
    ("step", 1), ("set", "t"), ("set_sha256", "1"), ("role", None), ("subset", "dose=1"),
    ("template", "boxed"), ("protocol", "greedy"), ("measure", "avg@1"), ("versus", "arm=random"),
    ("value", 0.6), ("value", None), ("value", 0.5 + 1e-6), ("low", 0.3), ("high", None), ("n", 5),
    ("standard_error", 0.2), ("standard_error", None), ("method", "bootstrap"),
]  # fmt: skip


@pytest.mark.parametrize(("column", "value"), EDITS)
def test_an_edit_of_any_column_is_detected(tmp_path: Path, column: str, value: Any) -> None:
    edited = rows()[0]._replace(**{column: value})
    artifact = stored(tmp_path, Results([edited, *rows()[1:]]))
    [failure] = check_results(artifact, rows())
    assert failure.where == f"results row 0 ({edited.set}, {edited.measure})"
    expected = getattr(rows()[0], column)
    assert failure.what == f"{column} is stored as {value!r}, the samples give {expected!r}"


def test_every_column_is_among_the_edits() -> None:
    assert {column for column, _ in EDITS} == set(Result._fields)


def test_missing_further_and_reordered_rows_are_detected(tmp_path: Path) -> None:
    artifact = stored(tmp_path / "a", rows())
    for other in (rows()[:3], rows() + rows()[:1]):
        [failure] = check_results(artifact, other)
        assert str(failure) == f"results: has 4 rows, and {len(other)} follow from the samples"
    swapped = Results([rows()[1], rows()[0], *rows()[2:]])
    assert len({failure.where for failure in check_results(artifact, swapped)}) == 2


def test_an_artifact_without_the_table_is_a_failure(tmp_path: Path) -> None:
    with Artifact.open(tmp_path, "numbers", {}) as artifact:
        artifact.finish({})
    [failure] = check_results(artifact, rows())
    assert str(failure) == "results: has 0 rows, and 4 follow from the samples"


def test_a_notebook_shows_rounded_intervals_and_escapes_text() -> None:
    hostile = Result(
        set="<script>alert(1)</script>", measure="avg@2", value=0.51249, low=0.4, high=0.6
    )
    html = Results([hostile._replace(n=20), Result(measure="x", value=None)])._repr_html_()
    assert "0.512 [0.400, 0.600]</td><td>20</td>" in html
    assert "&lt;script&gt;" in html and "<script>" not in html
    assert "<th>set</th><th>measure</th><th>value [95%]</th><th>n</th>" in html  # no empty column
    many = Results([hostile] * 203)._repr_html_()
    assert many.count("<tr>") == 201 and "and 3 more rows" in many

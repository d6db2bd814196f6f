"""Results: one tidy table of estimates, one estimate per row.

Every command that measures writes the table `results` into its artifact. Terminal tables, Markdown,
JSON and the HTML report are views of it.

    results = Results.load("runs/score")
    results.where(set="math500", measure="avg@16").one().value
    results.to_pandas()

Rows keep the order in which sets, templates and measures were named: views do not sort.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isclose, isfinite
from pathlib import Path
from typing import Any, NamedTuple, overload

import pyarrow as pa
from markupsafe import escape

from clean_bench.artifacts import Artifact, Failure
from clean_bench.errors import UserError
from clean_bench.statistics.estimate import Estimate

TABLE = "results"


class Result(NamedTuple):
    """One estimate, and what it is an estimate of.

    Columns:
        checkpoint: name of the checkpoint (in an experiment its label, such as `truth-1` or `base`).
        weights_sha256: hash of its tensors; empty where no checkpoint is involved.
        arm, seed: training arm and training seed; both None for a base checkpoint. The seed is also
            None for an estimate over all seeds of the arm.
        step: training step, from 0; None where the estimate is of no step.
        set, set_sha256, role: problem set, hash of its rows, role (see `clean_bench.problems.Role`).
        subset: the part of the problems or completions, None for all of them (`dose=16`).
        template: prompt template, None for raw text.
        protocol: how completions were made and graded; equal protocols are comparable.
        measure: what is estimated, such as `avg@16` or `exact_match@0.6`.
        versus: for a difference, what was subtracted, as `column=value` (`template=raw`); else None.
        value, low, high: the estimate and its 95% interval; None for what is not known.
        n: number of independent units, problems mostly.
        standard_error: clustered by problem; None where there is none.
        method: how the interval was computed.
    """

    checkpoint: str = ""
    weights_sha256: str = ""
    arm: str | None = None
    seed: int | None = None
    step: int | None = None
    set: str = ""
    set_sha256: str = ""
    role: str | None = None
    subset: str | None = None
    template: str | None = None
    protocol: str = ""
    measure: str = ""
    versus: str | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    standard_error: float | None = None
    method: str = ""

    def of(
        self, measure: str, estimate: Estimate, standard_error: float | None = None, **columns: Any
    ) -> Result:
        """This row with a measure, its estimate and further columns set."""
        numbers = (estimate.value, estimate.low, estimate.high, standard_error)
        value, low, high, error = (_finite(number) for number in numbers)
        return self._replace(
            measure=measure,
            value=value,
            low=low,
            high=high,
            n=estimate.n,
            standard_error=error,
            method=estimate.method,
            **columns,
        )

    @property
    def estimate(self) -> Estimate:
        """The estimate; a value that is not known is NaN, a bound that is not known is infinite."""
        return Estimate(
            float("nan") if self.value is None else self.value,
            float("-inf") if self.low is None else self.low,
            float("inf") if self.high is None else self.high,
            self.n,
            self.method,
        )


_TYPES = {
    **dict.fromkeys(("seed", "step", "n"), pa.int64()),
    **dict.fromkeys(("value", "low", "high", "standard_error"), pa.float64()),
}


def schema_of(columns: str) -> pa.Schema:
    """An Arrow schema from the names and types of its columns, as in `"set string, n int32"`."""
    return pa.schema([tuple(column.split()) for column in columns.split(",")])


_SHOWN = ("checkpoint", "arm", "seed", "step", "set", "subset", "template", "measure", "versus")
_MOST_SHOWN = 200
"""Rows that a notebook shows."""

SCHEMA = pa.schema([(name, _TYPES.get(name, pa.string())) for name in Result._fields])


class Results(Sequence[Result]):
    """Rows of the table, in order."""

    def __init__(self, rows: Iterable[Result] = ()) -> None:
        self._rows = list(rows)

    @classmethod
    def load(cls, folder: str | Path) -> Results:
        """The results of a finished artifact.

        Raises:
            UserError: if there is no finished artifact, or it holds no results.
        """
        return cls.read(Artifact.load(folder))

    @classmethod
    def read(cls, artifact: Artifact) -> Results:
        """The results of an artifact that is loaded (raises as `load`)."""
        if not artifact.shards(TABLE):
            raise UserError(
                f"{artifact.folder}: expected an artifact with results, got one of kind {artifact.kind} "
                "without"
            )
        rows = artifact.rows(TABLE, SCHEMA)
        unknown = sorted({name for row in rows[:1] for name in row} - {*Result._fields})
        if unknown:
            raise UserError(f"{artifact.folder}: results: expected no column {unknown[0]}, got one")
        return cls(Result(**row) for row in rows)

    def write(self, artifact: Artifact) -> None:
        """Store the table in an artifact that is being written."""
        artifact.write(f"{TABLE}/00000", self.table)

    def where(self, **columns: Any) -> Results:
        """The rows with these values, such as `where(set="math500", versus=None)`.

        Raises:
            ValueError: for a column that the table does not have.
        """
        for name in columns:
            if name not in Result._fields:
                raise ValueError(f"{name}: expected a column of {', '.join(Result._fields)}")
        return Results(
            row
            for row in self._rows
            if all(getattr(row, name) == value for name, value in columns.items())
        )

    def one(self) -> Result:
        """The only row.

        Raises:
            KeyError: unless there is exactly one.
        """
        if len(self._rows) != 1:
            raise KeyError(f"expected one row, got {len(self._rows)}")
        return self._rows[0]

    def first(self, **columns: Any) -> Result | None:
        """The first row with these values, None where there is none."""
        return next(iter(self.where(**columns)), None)

    def values_of(self, column: str) -> list[Any]:
        """The different values of a column, in the order in which they first occur."""
        return list(dict.fromkeys(getattr(row, column) for row in self._rows))

    def labelled(self, **columns: Any) -> Results:
        """The same rows with columns set, such as `labelled(arm="truth", seed=1)`."""
        return Results(row._replace(**columns) for row in self._rows)

    @property
    def table(self) -> pa.Table:
        """The rows as an Arrow table in the columns of `SCHEMA`."""
        return pa.table(
            {name: [getattr(row, name) for row in self._rows] for name in SCHEMA.names}, SCHEMA
        )

    def to_pandas(self) -> Any:
        """The rows as a pandas data frame."""
        return self.table.to_pandas()

    def as_json(self) -> list[dict[str, Any]]:
        """The rows as JSON objects, in order."""
        return [row._asdict() for row in self._rows]

    def _repr_html_(self) -> str:
        """The rows as notebooks show them: columns that hold something, every text escaped."""
        names = [n for n in _SHOWN if any(getattr(row, n) not in (None, "") for row in self._rows)]
        heads = [*names, "value [95%]", "n"]
        cells = [
            [
                *(escape(getattr(row, n)) if getattr(row, n) is not None else "" for n in names),
                _interval(row),
                str(row.n),
            ]
            for row in self._rows[:_MOST_SHOWN]
        ]
        rows = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in cells)
        head = "".join(f"<th>{name}</th>" for name in heads)
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        more = len(self._rows) - len(cells)
        return f"{table}<p>and {more} more rows; to_pandas() has all</p>" if more else table

    def __add__(self, other: Iterable[Result]) -> Results:
        return Results([*self._rows, *other])

    def __iter__(self) -> Iterator[Result]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Result: ...
    @overload
    def __getitem__(self, index: slice) -> Results: ...
    def __getitem__(self, index: int | slice) -> Result | Results:
        return Results(self._rows[index]) if isinstance(index, slice) else self._rows[index]


def check_results(artifact: Artifact, expected: Results) -> Iterator[Failure]:
    """Failures where the stored results differ from those recomputed from the samples.

    Numbers are compared to a relative 1e-9: another machine may add in another order.
    """
    stored = Results.read(artifact) if artifact.shards(TABLE) else Results()
    labels = [f" ({row.set}, {row.measure})" for row in stored]
    yield from check_rows(TABLE, stored.as_json(), expected.as_json(), labels)


def check_rows(
    table: str,
    stored: Sequence[Mapping[str, Any]],
    expected: Sequence[Mapping[str, Any]],
    labels: Sequence[str] = (),
) -> Iterator[Failure]:
    """Failures where stored rows differ from those recomputed from the samples.

    Args:
        labels: what to add to the number of each row in its failures.
    """
    if len(stored) != len(expected):
        yield Failure(table, f"has {len(stored)} rows, and {len(expected)} follow from the samples")
        return
    for number, (row, again) in enumerate(zip(stored, expected, strict=True)):
        label = labels[number] if labels else ""
        yield from check_values(f"{table} row {number}{label}", row, again, "the samples give")


def check_values(
    where: str, row: Mapping[str, Any], expected: Mapping[str, Any], given: str = "the texts give"
) -> Iterator[Failure]:
    """Failures where a stored row differs from the expected values; its other columns are free."""
    for name, value in expected.items():
        if not same_value(row[name], value):
            yield Failure(where, f"{name} is stored as {row[name]!r}, {given} {value!r}")


def same_value(stored: Any, expected: Any) -> bool:
    """Equality, up to rounding for numbers."""
    if isinstance(stored, float) and isinstance(expected, float):
        return isclose(stored, expected, rel_tol=1e-9, abs_tol=1e-9)
    return type(stored) is type(expected) and bool(stored == expected)


def _interval(row: Result) -> str:
    """Value and interval with three decimals, `0.512 [0.471, 0.553]`."""
    bounds = [f"{b:.3f}" if b is not None else "?" for b in (row.low, row.high)]
    value = "" if row.value is None else f"{row.value:.3f}"
    known = row.low is not None or row.high is not None
    return f"{value} [{bounds[0]}, {bounds[1]}]" if known else value


def _finite(number: float | None) -> float | None:
    return None if number is None or not isfinite(number) else float(number)

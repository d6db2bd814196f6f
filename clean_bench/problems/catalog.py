"""Catalog of the public benchmarks and training sets that have a name here (`catalog.toml`)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import Literal

from pydantic import TypeAdapter

BenchmarkKind = Literal["benchmark", "training set"]


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a hub row; None if the source has no such column.

    Without an answer column, the answer is the last box of the solution. Without an id column, the id
    is the row number, counted from 1.
    """

    problem: str
    answer: str | None = None
    solution: str | None = None
    subject: str | None = None
    level: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class WrongGold:
    """A gold answer that is wrong in the published file: its row, counted from 0, and the reason."""

    row: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """Where a set is published, its columns and its release date.

    `configs` are its hub subsets, in order. `columns` are those of the hub rows; the columns of a local
    file in the set's place are recognized (`clean_bench.problems.columns`), with the same result for
    the same rows. `released` is the year and month of publication. `collected` is true if the problems
    were public before, so the release date does not bound contamination. `size` is the number of rows
    on the hub; a load with another number fails. `leave_out_unanswered` drops rows published without an
    answer. `license` is the one that the source states. `note` is a caveat about its scores.
    `published_grader` is the grader of the published numbers where its rules match other gold answers
    than the default grader's. `wrong_golds` are wrong in the published file; they are reported and not
    changed, so that scores stay comparable.
    """

    name: str
    kind: BenchmarkKind = "benchmark"
    hub: str
    configs: tuple[str, ...] = ("default",)
    split: str
    columns: Columns
    license: str = "not stated"
    released: str
    collected: bool = False
    size: int
    summary: str
    note: str | None = None
    published_grader: str | None = None
    wrong_golds: tuple[WrongGold, ...] = ()
    leave_out_unanswered: bool = False

    @property
    def caveat(self) -> str:
        """The note, with the gold answers that are wrong; empty without either."""
        wrong = "; ".join(f"row {gold.row}: {gold.reason}" for gold in self.wrong_golds)
        parts = [
            self.note or "",
            f"gold answers wrong in the published file: {wrong}" if wrong else "",
        ]
        return ". ".join(filter(None, parts))


BENCHMARKS: Mapping[str, Benchmark] = MappingProxyType(
    {
        name: TypeAdapter(Benchmark).validate_python({"name": name, **fields})
        for name, fields in tomllib.loads(
            files("clean_bench.problems").joinpath("catalog.toml").read_text("utf-8")
        ).items()
    }
)
"""The sets of `catalog.toml` by name."""

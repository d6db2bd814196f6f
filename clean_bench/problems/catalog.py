"""Catalog of the public benchmarks and training sets that have a name here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

BenchmarkKind = Literal["benchmark", "training set"]


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a hub row; None if the source has no such column.

    Without an answer column, the answer is the last box of the solution. Without an id column, the id
    is the row number, counted from 1.
    """

    problem: str
    answer: str | None
    solution: str | None = None
    subject: str | None = None
    level: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Where a set is published, its columns and its release date.

    `configs` are its hub subsets, in order. `columns` are those of the hub rows; the columns of a local
    file in the set's place are recognized (`clean_bench.problems.columns`), with the same result for
    the same rows. `released` is the year and month of publication. `collected` is true if the problems
    were public before, so the release date does not bound contamination. `size` is the number of rows
    on the hub; a load with another number fails. `leave_out_unanswered` drops rows published without an
    answer. `license` is the one that the source states. `note` is a caveat about its scores.
    """

    name: str
    kind: BenchmarkKind
    hub: str
    configs: tuple[str, ...]
    split: str
    columns: Columns
    license: str
    released: str
    collected: bool
    size: int
    summary: str
    note: str | None = None
    leave_out_unanswered: bool = False


_MATH_SUBJECTS = (
    "algebra",
    "counting_and_probability",
    "geometry",
    "intermediate_algebra",
    "number_theory",
    "prealgebra",
    "precalculus",
)
_DEFAULT = ("default",)
_UNSTATED = "not stated"
_ALL = (
    Benchmark(
        name="math500",
        kind="benchmark",
        hub="HuggingFaceH4/MATH-500",
        configs=_DEFAULT,
        split="test",
        columns=Columns("problem", "answer", "solution", "subject", "level", "unique_id"),
        license="mit",
        released="2021-03",
        collected=True,
        size=500,
        summary="500 problems of the MATH test split, five levels, seven subjects",
    ),
    Benchmark(
        name="aime24",
        kind="benchmark",
        hub="HuggingFaceH4/aime_2024",
        configs=_DEFAULT,
        split="train",
        columns=Columns("problem", "answer", "solution", id="id"),
        license=_UNSTATED,
        released="2024-02",
        collected=False,
        size=30,
        summary="AIME I and II of 2024, integer answers 0 to 999",
    ),
    Benchmark(
        name="aime25",
        kind="benchmark",
        hub="math-ai/aime25",
        configs=_DEFAULT,
        split="test",
        columns=Columns("problem", "answer", id="id"),
        license=_UNSTATED,
        released="2025-02",
        collected=False,
        size=30,
        summary="AIME I and II of 2025, integer answers 0 to 999",
    ),
    Benchmark(
        name="amc23",
        kind="benchmark",
        hub="math-ai/amc23",
        configs=_DEFAULT,
        split="test",
        columns=Columns("question", "answer", id="id"),
        license=_UNSTATED,
        released="2023-11",
        collected=False,
        size=40,
        summary="AMC 12 of 2023, the problems with a numeric answer",
    ),
    Benchmark(
        name="minerva",
        kind="benchmark",
        hub="math-ai/minervamath",
        configs=_DEFAULT,
        split="test",
        columns=Columns("question", "answer"),
        license=_UNSTATED,
        released="2022-06",
        collected=True,
        size=272,
        summary="undergraduate science problems from open course material",
        note="rounded gold answers are compared exactly, without a tolerance",
    ),
    Benchmark(
        name="gsm8k",
        kind="benchmark",
        hub="openai/gsm8k",
        configs=("main",),
        split="test",
        columns=Columns("question", "answer"),
        license="mit",
        released="2021-10",
        collected=False,
        size=1319,
        summary="grade-school word problems, integer answers",
    ),
    Benchmark(
        name="olympiadbench",
        kind="benchmark",
        hub="Hothan/OlympiadBench",
        configs=("OE_TO_maths_en_COMP",),
        split="train",
        columns=Columns("question", "final_answer", "solution", "subfield", id="id"),
        license="apache-2.0",
        released="2024-02",
        collected=True,
        size=674,
        summary="open-ended olympiad problems in English, mathematics, text only",
        note="several answers form one gold, an unordered list; the tolerance in its `error` column is "
        "not applied; units are in the problem or its `unit` column, not in the gold",
    ),
    Benchmark(
        name="livemathbench",
        kind="benchmark",
        hub="opencompass/LiveMathBench",
        configs=("v202505_all_en",),
        split="test",
        columns=Columns("question", "answer"),
        license="cc-by-4.0",
        released="2025-05",
        collected=False,
        size=100,
        summary="LiveMathBench, release 202505, in English: problems of recent contests",
        note="gated: the hub requires a login and acceptance of its terms (non-commercial use)",
    ),
    Benchmark(
        name="deepscaler",
        kind="training set",
        hub="agentica-org/DeepScaleR-Preview-Dataset",
        configs=_DEFAULT,
        split="train",
        columns=Columns("problem", "answer", "solution"),
        license="mit",
        released="2025-02",
        collected=True,
        size=40315,
        leave_out_unanswered=True,
        summary="contest problems for training with verifiable rewards",
    ),
    Benchmark(
        name="math-train",
        kind="training set",
        hub="EleutherAI/hendrycks_math",
        configs=_MATH_SUBJECTS,
        split="train",
        columns=Columns("problem", None, "solution", "type", "level"),
        license="mit",
        released="2021-03",
        collected=True,
        size=7500,
        summary="the MATH training split; answers from the boxes of its solutions",
    ),
)

BENCHMARKS: Mapping[str, Benchmark] = MappingProxyType(
    {benchmark.name: benchmark for benchmark in _ALL}
)

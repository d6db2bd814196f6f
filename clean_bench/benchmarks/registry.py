"""The public benchmarks and training sets that go by name.

Columns are not listed: `rows` recognizes them, the same on the hub as in a local file, so that a
set is the same set from either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Where a set is published and what is known of it.

    `configs` are the hub subsets that make it up, in order. `released` is when its problems became
    public (year and month), the date that contamination is judged by. `size` counts the rows on the
    hub; a load with another number of rows is refused. `leave_out_unanswered` says that some are
    published without an answer and are left out. `license` is that of the source where it states
    one.
    """

    name: str
    hub: str
    configs: tuple[str, ...]
    split: str
    license: str
    released: str
    size: int
    summary: str
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

BENCHMARKS: Mapping[str, Benchmark] = MappingProxyType(
    {
        benchmark.name: benchmark
        for benchmark in (
            Benchmark(
                name="math500",
                hub="HuggingFaceH4/MATH-500",
                configs=_DEFAULT,
                split="test",
                license="mit",
                released="2021-03",
                size=500,
                summary="500 problems of the MATH test split, five levels, seven subjects",
            ),
            Benchmark(
                name="aime24",
                hub="HuggingFaceH4/aime_2024",
                configs=_DEFAULT,
                split="train",
                license=_UNSTATED,
                released="2024-02",
                size=30,
                summary="AIME I and II of 2024, integer answers 0 to 999",
            ),
            Benchmark(
                name="aime25",
                hub="math-ai/aime25",
                configs=_DEFAULT,
                split="test",
                license=_UNSTATED,
                released="2025-02",
                size=30,
                summary="AIME I and II of 2025, integer answers 0 to 999",
            ),
            Benchmark(
                name="amc23",
                hub="math-ai/amc23",
                configs=_DEFAULT,
                split="test",
                license=_UNSTATED,
                released="2023-11",
                size=40,
                summary="AMC 12 of 2023, the problems with a numeric answer",
            ),
            Benchmark(
                name="minerva",
                hub="math-ai/minervamath",
                configs=_DEFAULT,
                split="test",
                license=_UNSTATED,
                released="2022-06",
                size=272,
                summary="undergraduate science problems from open course material",
            ),
            Benchmark(
                name="gsm8k",
                hub="openai/gsm8k",
                configs=("main",),
                split="test",
                license="mit",
                released="2021-10",
                size=1319,
                summary="grade-school word problems, integer answers",
            ),
            Benchmark(
                name="deepscaler",
                hub="agentica-org/DeepScaleR-Preview-Dataset",
                configs=_DEFAULT,
                split="train",
                license="mit",
                released="2025-02",
                size=40315,
                leave_out_unanswered=True,
                summary="contest problems for training with verifiable rewards",
            ),
            Benchmark(
                name="math-train",
                hub="EleutherAI/hendrycks_math",
                configs=_MATH_SUBJECTS,
                split="train",
                license="mit",
                released="2021-03",
                size=7500,
                summary="the MATH training split; answers from the boxes of its solutions",
            ),
        )
    }
)

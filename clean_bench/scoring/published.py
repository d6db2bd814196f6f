"""The second grade of benchmarks whose published numbers follow other rules (`catalog.toml`).

Published evaluators do not match 58 of Minerva's 272 gold answers with the same number in another
notation. Beside this project's accuracy, a score then has the one of the published rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from clean_bench.grading import grade
from clean_bench.grading.graders import WITHIN
from clean_bench.problems.catalog import BENCHMARKS
from clean_bench.results import Result
from clean_bench.samples import Sample


def published_grader(set_name: str, grader: str) -> str | None:
    """The grader of the published numbers of a set, beside the default grader; None if there is none."""
    benchmark = BENCHMARKS.get(set_name)
    if benchmark is None or grader.partition(WITHIN)[0] != "clean-bench":
        return None
    return benchmark.published_grader


def published_measure(row: Result) -> bool:
    """Whether a result is an average by the published rules."""
    benchmark = BENCHMARKS.get(row.set)
    grader = benchmark.published_grader if benchmark else None
    return grader is not None and row.measure.startswith(f"{grader}:")


def with_published(samples: Sequence[Sample], grader: str) -> list[Sample]:
    """The samples with their second grade; None where their set has no published rules.

    Args:
        grader: the grader of the score, with or without its tolerance.
    """
    graded = list(samples)
    by_grader: dict[str, list[int]] = {}
    for at, sample in enumerate(graded):
        second = published_grader(sample.set, grader)
        if second is not None:
            by_grader.setdefault(second, []).append(at)
    for second, places in by_grader.items():
        pairs = [(graded[at].gold, graded[at].response) for at in places]
        for at, result in zip(places, grade(pairs, grader=second), strict=True):
            graded[at] = replace(graded[at], grade_published=result.kind)
    return graded

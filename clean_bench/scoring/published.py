"""The second grade of benchmarks whose published numbers follow other rules (`catalog.toml`).

Published evaluators do not match 58 of Minerva's 272 gold answers with the same number in another
notation. Beside this project's accuracy, a score then has the one of the published rules.
"""

from __future__ import annotations

from collections.abc import Sequence

from clean_bench.grading import grade
from clean_bench.grading.graders import WITHIN
from clean_bench.problems.catalog import BENCHMARKS
from clean_bench.results import Result


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


def published_grades(rows: Sequence[tuple[str, str, str]], grader: str) -> list[str | None]:
    """The kind of the second grade of each (set, gold answer, response); None where there is none.

    Args:
        grader: the grader of the score, with or without its tolerance.
    """
    kinds: list[str | None] = [None] * len(rows)
    by_grader: dict[str, list[int]] = {}
    for at, (name, _, _) in enumerate(rows):
        second = published_grader(name, grader)
        if second is not None:
            by_grader.setdefault(second, []).append(at)
    for second, places in by_grader.items():
        for at, graded in zip(
            places, grade([rows[i][1:] for i in places], grader=second), strict=True
        ):
            kinds[at] = graded.kind
    return kinds

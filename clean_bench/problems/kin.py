"""The problems of a benchmark that are of the same kinds as those of a matched set."""

from __future__ import annotations

from collections.abc import Iterable

from clean_bench.problems.problem import Problem, kin_of
from clean_bench.text.figures import has_figure


def kin_problems(matched: Iterable[Problem], benchmark: Iterable[Problem]) -> list[Problem]:
    """The problems that a matched set names as kin, in the order of the benchmark.

    Those with a figure or a table are left out: no template of a matched set has any.
    """
    names = {name for problem in matched for name in kin_of(problem)}
    return [p for p in benchmark if p.id in names and not has_figure(p.problem)]

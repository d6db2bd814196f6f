"""A small problem set for the tests of exports."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from clean_bench.problems import Problem, ProblemSet, write_folder

CLAIM = 'Tier 5: every item is "fresh" (60 bits or more): 1 − 2⁻²⁰.'


@pytest.fixture
def problem_set(tmp_path: Path) -> Path:
    """20 problems with answers that are integers or fractions, in LaTeX, with braces and quotes."""
    problems = [
        Problem(
            id=f"thirds-{i}",
            problem=f'What is $\\frac{{{i}}}{{3}} - 2$ ("{{{{name}}}}", \u00e9\u2028)?',
            answer=str(Fraction(i, 3) - 2),
            family="thirds",
            steps=5,
            bits=61.5,
        )
        for i in range(20)
    ]
    folder = tmp_path / "sets" / "small"
    write_folder(folder, ProblemSet("small", problems, {"freshness": {"claim": CLAIM}}), {"n": 20})
    return folder

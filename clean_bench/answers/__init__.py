r"""Grading: is the answer in a response the gold answer?

    verdicts = grade([("\\frac{1}{2}", "... so it is \\boxed{0.5}.")])
    verdicts[0].kind                      # "equal"

Three deciders, cheapest first: exact rational numbers, equal strings after a light normalization,
and math-verify in a process of its own with a time and a memory limit. The first two load neither
sympy nor math-verify. Text that a model wrote is never evaluated as code.
"""

from clean_bench.answers.exact import rational
from clean_bench.answers.extract import extract, last_box
from clean_bench.answers.grade import Limits, Verdict, grade

__all__ = ["Limits", "Verdict", "extract", "grade", "last_box", "rational"]

r"""Grading: is the answer in a response the gold answer?

    verdicts = grade([("\\frac{1}{2}", "... so it is \\boxed{0.5}.")])
    verdicts[0].kind                      # "equal", "different", "no answer", "timeout" or "crash"
    verdicts[0].correct                   # True
    verdicts[0].extracted                 # "0.5"
    grade(pairs, Limits(seconds=2))       # a harder limit for what takes algebra
    grade(pairs, grader="math-verify")    # the plain library's word; or "spurious-rewards"

`extract` finds the answer in a response. Equal answers are found cheapest first: by exact rational
numbers and strings in this process, which load neither sympy nor math-verify, and by algebra in
processes with a limit of time and memory. `grade` may be called from threads, notebooks, and forked,
spawned or daemonic processes; it handles no signals of the caller's. Text that a model wrote is never
evaluated as code.
"""

from clean_bench.grading.exact import rational
from clean_bench.grading.extract import extract, last_box
from clean_bench.grading.grade import KINDS, UNDECIDED, Grade, Kind, Limits, grade, score_of

__all__ = [
    "KINDS",
    "UNDECIDED",
    "Grade",
    "Kind",
    "Limits",
    "extract",
    "grade",
    "last_box",
    "rational",
    "score_of",
]

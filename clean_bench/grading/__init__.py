r"""Grading: is the answer in a response equal to the gold answer?

    grades = grade([("\\frac{1}{2}", "... so it is \\boxed{0.5}.")])
    grades[0].kind                        # "equal", "different", "no answer", "timeout" or "crash"
    grades[0].correct                     # True
    grades[0].extracted                   # "0.5"
    grades[0].extraction                  # "box": the rule that located the answer
    grade(pairs, Limits(seconds=2))       # a shorter limit for comparisons that take algebra
    grades[0].strict                      # the grade without answers that nothing marks
    grade(pairs, grader="math-verify")    # the library math-verify; or "spurious-rewards"

`extract` locates the answer in a response. Equality is decided in this process where strings, exact
rational numbers or a normal form decide it, without loading sympy or math-verify. The rest is decided
by algebra in a worker process with limits of time and memory. `grade` may be called from threads,
notebooks, and forked, spawned or daemonic processes, and leaves the caller's signal handlers alone.
Text of a response is never evaluated as code.

    extract.py       locates the answer                     plain_answer.py   strings, exact rationals
    parse/           LaTeX to a typed answer                equality.py       fast and full equality
    algebra/         equality of numbers and formulas       rules.py          equality of answer types
    graders.py       the graders by name                    compat/           published graders
    gold.py          gold answers as published
    worker/          subprocess with limits                 grade.py          many pairs, with a cache
"""

from clean_bench.grading.extract import extract, last_box
from clean_bench.grading.extraction.tiers import tier_of
from clean_bench.grading.gold import after_hashes, read_gold, several_golds, unreadable_gold
from clean_bench.grading.grade import KINDS, UNDECIDED, Grade, GradeKind, Limits, grade, score_of

__all__ = [
    "KINDS",
    "UNDECIDED",
    "Grade",
    "GradeKind",
    "Limits",
    "after_hashes",
    "extract",
    "grade",
    "last_box",
    "read_gold",
    "score_of",
    "several_golds",
    "tier_of",
    "unreadable_gold",
]

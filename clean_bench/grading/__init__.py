r"""Grading: is the answer in a response equal to the gold answer?

    grades = grade([("\\frac{1}{2}", "... so it is \\boxed{0.5}.")])
    grades[0].kind                        # "equal", "different", "no answer", "timeout" or "crash"
    grades[0].correct                     # True
    grades[0].extracted                   # "0.5"
    grades[0].extraction                  # "box": the rule that located the answer
    grades[0].tier                        # "box", "marker" or "fallback"
    grades[0].strict                      # the grade without the fallback: "no answer" where it was used
    grade(pairs, Limits(seconds=2))       # a shorter limit for comparisons that take algebra
    grade(pairs, grader="math-verify")    # the library math-verify; or "spurious-rewards"

`extract` locates the answer in a response. Equality is decided in this process where strings, exact
rational numbers or a normal form decide it, without loading sympy or math-verify. The rest is decided
by algebra in a worker process with limits of time and memory. `grade` may be called from threads,
notebooks, and forked, spawned or daemonic processes, and leaves the caller's signal handlers alone.
Text of a response is never evaluated as code.

    extraction/      locates the answer                     plain_answer.py   strings, exact rationals
    parse/           LaTeX to a typed answer                equality.py       fast and full equality
    algebra/         equality of numbers and formulas       rules.py          equality of answer types
    graders.py       the graders by name                    compat/           published graders
    gold.py          gold answers as published
    worker/          subprocess with limits                 grade.py          many pairs, with a cache
"""

from clean_bench.grading.extraction import extract, last_box, tier_of
from clean_bench.grading.gold import (
    after_hashes,
    gold_text,
    read_gold,
    several_golds,
    unreadable_gold,
)
from clean_bench.grading.grade import (
    KINDS,
    UNDECIDED,
    Grade,
    GradeKind,
    Limits,
    grade,
    same_answers,
    score_of,
)

__all__ = [
    "KINDS",
    "UNDECIDED",
    "Grade",
    "GradeKind",
    "Limits",
    "after_hashes",
    "extract",
    "gold_text",
    "grade",
    "last_box",
    "read_gold",
    "same_answers",
    "score_of",
    "several_golds",
    "tier_of",
    "unreadable_gold",
]

"""The grading function of a problem set that was exported to lm-eval or verifiers.

    correct = set_grader("0.3.0")
    correct("-3,3", "so it is \\boxed{3, -3}")     # True

An exported file calls it if a gold answer of the set is no plain number. A response is graded as
`clean-bench score` grades it under a prompt that asks for a box: the strict grade of the default grader.
It needs no torch, sets no alarm and may be called from threads.
"""

from __future__ import annotations

from collections.abc import Callable

from clean_bench.grading import grade
from clean_bench.integrations.export_version import check_version


def set_grader(version: str) -> Callable[[str, str], bool]:
    """The function of a gold answer and a response: whether the answers are equal.

    A comparison that is not finished within the limits of `clean_bench.grading.Limits` counts as not
    equal.

    Args:
        version: the version of clean-bench that made the export.

    Raises:
        RuntimeError: if another version is installed, whose grades may differ.
    """
    check_version(version)

    def correct(gold: str, response: str) -> bool:
        [result] = grade([(gold, response)])
        return result.strict.correct

    return correct

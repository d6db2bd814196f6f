"""A stored timeout is believed only where the pair is slow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from clean_bench import regrading
from clean_bench.grading import Grade
from clean_bench.regrading import QUICK, Regrading, open_grades

FAST, SLOW, NEVER = ("1", "fast"), ("2", "slow"), ("3", "never")


class Manifest:
    def __init__(self) -> None:
        self.manifest = {"manifest_sha256": "of this test"}


@pytest.fixture
def graded(monkeypatch: pytest.MonkeyPatch) -> Regrading:
    """A grader that decides `slow` in the whole limit only, and `never` not at all."""

    def grade(pairs: Sequence[Any], limits: Any = None, *, grader: str) -> list[Grade]:
        undecided = {NEVER} | ({SLOW} if limits is QUICK else set())
        return [Grade("timeout" if p in undecided else "equal", p[0], "box") for p in pairs]

    monkeypatch.setattr(regrading, "grade", grade)
    monkeypatch.setattr(regrading, "_quick", {})
    monkeypatch.setattr(regrading, "_counted", {})
    return Regrading.of(Manifest(), "clean-bench")  # type: ignore[arg-type]


def test_what_was_never_slow_is_named_and_the_rest_is_counted(graded: Regrading) -> None:
    pairs, stored = (
        [FAST, FAST, SLOW, NEVER, NEVER],
        ["timeout", "equal", "crash", "timeout", "equal"],
    )
    complaints = [complaint for _, complaint in graded.grades(pairs, stored)]
    assert complaints == ["is stored as 'timeout', decided within 0.5 s as 'equal'", "", "", "", ""]
    assert (graded.undecided, graded.confirmed, graded.not_confirmed) == (2, 1, 1)
    assert open_grades(Manifest()) == (  # type: ignore[arg-type]
        "2 grades stored as undecided (timeout or crash): graded again, 1 are undecided again, 1 took "
        "more than 0.5 s",
        "1 grades that exceeded the limits when graded again",
    )


def test_a_pair_that_was_slow_once_stays_so(graded: Regrading) -> None:
    """The second grade of a slow pair comes from the cache of grades at once."""
    assert [c for _, c in graded.grades([SLOW], ["timeout"])] == [""]
    regrading.grade = lambda pairs, limits=None, *, grader: [Grade("equal", "2")] * len(pairs)  # type: ignore[attr-defined]
    other = Regrading("clean-bench")
    assert [c for _, c in other.grades([SLOW], ["timeout"])] == [""]


def test_with_the_real_grader() -> None:
    again = Regrading("clean-bench")
    pairs = [("7", r"\boxed{7}"), ("7", r"\boxed{8}"), ("7", "I do not see how")]
    complaints = [
        complaint for _, complaint in again.grades(pairs, ["timeout", "crash", "timeout"])
    ]
    assert complaints == [
        "is stored as 'timeout', decided within 0.5 s as 'equal'",
        "is stored as 'crash', decided within 0.5 s as 'different'",
        "is stored as 'timeout', decided within 0.5 s as 'no answer'",
    ]
    assert again.extracts and not Regrading("math-verify").extracts

"""Grade stored completions again; those that are stored as undecided are tried twice.

A comparison that exceeded its limits is stored as `timeout` or `crash` and counts neither as right nor
as wrong. On another machine it may be decided. So a stored `timeout` is first tried with a tenth of the
time limit. A pair that is decided then was never slow: its row was declared undecided to leave it out.
Afterwards it is tried with the whole limit, and the outcome is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clean_bench.artifacts import Artifact
from clean_bench.grading import UNDECIDED, Grade, Limits, grade
from clean_bench.grading.graders import named

QUICK = Limits(seconds=0.5)
"""A tenth of the limit with which completions are graded."""

Pair = tuple[str, str]
_counted: dict[str, Regrading] = {}
"""By the manifest hash of an artifact, so that what was counted can be printed after the check."""
_quick: dict[tuple[str, Pair], Grade] = {}
"""Grades by grader and pair of the first, short try. A later grade of a pair may come from a cache."""


@dataclass
class Regrading:
    """Grades the completions of an artifact again, block by block, and counts the undecided ones.

    Attributes:
        undecided: rows that are stored as timeout or crash and were not decided quickly.
        confirmed: of these, the rows that are undecided again.
        not_confirmed: rows with a stored grade that could not be decided now.
    """

    grader: str = "clean-bench"
    undecided: int = 0
    confirmed: int = 0
    not_confirmed: int = 0

    @classmethod
    def of(cls, artifact: Artifact, grader: str) -> Regrading:
        """The regrading of an artifact whose check begins."""
        return _counted.setdefault(
            str(artifact.manifest.get("manifest_sha256")), cls(grader)
        )._new()

    def _new(self) -> Regrading:
        self.undecided = self.confirmed = self.not_confirmed = 0
        return self

    @property
    def extracts(self) -> bool:
        """Whether the grader extracts an answer apart from comparing it."""
        return named(self.grader).extract is not None

    def grades(self, pairs: Sequence[Pair], stored: Sequence[str]) -> list[tuple[Grade, str]]:
        """The grade of each (gold, response), and what is wrong with a stored timeout or crash.

        Args:
            stored: the stored kind of grade of each pair.
        """
        uncertain = [pair for pair, kind in zip(pairs, stored, strict=True) if kind in UNDECIDED]
        new = [pair for pair in dict.fromkeys(uncertain) if (self.grader, pair) not in _quick]
        for pair, graded in zip(new, grade(new, QUICK, grader=self.grader), strict=True):
            _quick[self.grader, pair] = graded
        again = grade(pairs, grader=self.grader)
        return [
            (graded, self._complaint(pair, kind, graded))
            for pair, kind, graded in zip(pairs, stored, again, strict=True)
        ]

    def by(
        self, grader: str, pairs: Sequence[Pair], stored: Sequence[str]
    ) -> list[tuple[Grade, str]]:
        """As `grades`, by another grader; undecided grades are counted here."""
        other = Regrading(grader)
        graded = other.grades(pairs, stored)
        self.undecided += other.undecided
        self.confirmed += other.confirmed
        self.not_confirmed += other.not_confirmed
        return graded

    def _complaint(self, pair: Pair, kind: str, again: Grade) -> str:
        if kind not in UNDECIDED:
            self.not_confirmed += again.kind in UNDECIDED
            return ""
        quick = _quick[self.grader, pair]
        if quick.kind not in UNDECIDED:
            return f"is stored as {kind!r}, decided within {QUICK.seconds:g} s as {quick.kind!r}"
        self.undecided += 1
        self.confirmed += again.kind in UNDECIDED
        return ""


def open_grades(artifact: Artifact) -> tuple[str, ...]:
    """What the regrading of an artifact leaves open, for the list of what was not checked."""
    counted = _counted.get(str(artifact.manifest.get("manifest_sha256")))
    if counted is None:
        return ()
    lines = []
    if counted.undecided:
        lines.append(
            f"{counted.undecided} grades stored as undecided (timeout or crash): graded again, "
            f"{counted.confirmed} are undecided again, {counted.undecided - counted.confirmed} took "
            f"more than {QUICK.seconds:g} s"
        )
    if counted.not_confirmed:
        lines.append(f"{counted.not_confirmed} grades that exceeded the limits when graded again")
    return tuple(lines)
